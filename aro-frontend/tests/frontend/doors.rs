//! Every route and everybody who may knock.

use std::sync::Arc;

use aro_frontend::auth::{ByAudience, Caller, ExactSubject};
use axum::body::Body;
use http::Request;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use time::macros::datetime;

use crate::support::{CLUSTER, NOW, Service};

const ARM: &str = "arm.example";
const ADMIN: &str = "admin.example";
const ID: &str = "11111111-1111-1111-1111-111111111111";

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn caller(issuer: &CertifiedIssuer<'_, KeyPair>, name: &str, expired: bool) -> Caller {
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.not_before = datetime!(2020-01-01 00:00 UTC);
    params.not_after = if expired {
        datetime!(2021-01-01 00:00 UTC)
    } else {
        NOW + time::Duration::days(1)
    };
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, issuer).unwrap();
    Caller {
        certificates: Arc::new([certificate.der().clone()]),
        peer: None,
    }
}

/// Method, path and whether it is for operators.
fn routes() -> Vec<(&'static str, String, bool)> {
    let v = "?api-version=2024-08-12-preview";
    let provider = "/subscriptions/00000000-0000-0000-0000-000000000000/providers/Microsoft.RedHatOpenShift";
    let group =
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/g/providers/Microsoft.RedHatOpenShift";
    let places = format!("{provider}/locations/eastus");
    let mut routes = Vec::new();
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        routes.push((method, format!("{CLUSTER}{v}"), false));
        routes.push((method, format!("{CLUSTER}?api-version=admin"), true));
    }
    for (method, path) in [
        ("POST", format!("{CLUSTER}/listCredentials{v}")),
        ("POST", format!("{CLUSTER}/listAdminCredentials{v}")),
        ("GET", format!("{provider}/openShiftClusters{v}")),
        ("GET", format!("{group}/openShiftClusters{v}")),
        ("POST", format!("{group}/deployments/d/preflight{v}")),
        ("GET", format!("{places}/operationsstatus/{ID}{v}")),
        ("GET", format!("{places}/operationresults/{ID}{v}")),
        ("GET", format!("{places}/openshiftversions{v}")),
        ("GET", format!("{places}/openshiftversions/4.16.30{v}")),
        ("GET", format!("{places}/platformworkloadidentityrolesets{v}")),
        ("GET", format!("{places}/platformworkloadidentityrolesets/4.16{v}")),
        ("PUT", format!("/subscriptions/{ID}?api-version=2.0")),
        ("GET", "/providers/Microsoft.RedHatOpenShift/operations".to_string()),
        ("GET", "/nothing".to_string()),
    ] {
        routes.push((method, path, false));
    }
    for (method, path) in [
        ("GET", "versions".to_string()),
        ("PUT", "versions".to_string()),
        ("GET", "platformworkloadidentityrolesets".to_string()),
        ("PUT", "platformworkloadidentityrolesets".to_string()),
        ("GET", "supportedvmsizes".to_string()),
        ("GET", "clusters".to_string()),
        (
            "GET",
            "providers/Microsoft.RedHatOpenShift/openShiftClusters".to_string(),
        ),
        ("GET", "billingdocuments".to_string()),
        ("GET", "billingdocuments/b".to_string()),
        ("GET", "maintenancemanifests/queued".to_string()),
        ("POST", "maintenancemanifests/cancel".to_string()),
        ("GET", "maintenanceschedules".to_string()),
        ("PUT", "maintenanceschedules".to_string()),
        ("GET", "maintenanceschedules/s".to_string()),
        ("GET", format!("{}/maintenancemanifests", &CLUSTER[1..])),
        ("PUT", format!("{}/maintenancemanifests", &CLUSTER[1..])),
        ("GET", format!("{}/maintenancemanifests/m", &CLUSTER[1..])),
        ("DELETE", format!("{}/maintenancemanifests/m", &CLUSTER[1..])),
        ("POST", format!("{}/maintenancemanifests/m/cancel", &CLUSTER[1..])),
        ("GET", format!("{}/selectors", &CLUSTER[1..])),
        ("GET", "nothing".to_string()),
    ] {
        routes.push((method, format!("/admin/{path}"), true));
    }
    routes
}

#[tokio::test]
async fn each_door_opens_to_its_own_callers_only() {
    let (arm, admin, other) = (authority("arm"), authority("admin"), authority("other"));
    let service = Service::with(|parts| {
        parts.authorizer = Arc::new(ByAudience {
            arm: Arc::new(ExactSubject::new([arm.der().clone()], ARM).unwrap()),
            admin: Arc::new(ExactSubject::new([admin.der().clone()], ADMIN).unwrap()),
        });
    })
    .await;
    let callers = [
        ("nothing", Caller::default()),
        ("ARM", caller(&arm, ARM, false)),
        ("admin", caller(&admin, ADMIN, false)),
        ("expired ARM", caller(&arm, ARM, true)),
        ("expired admin", caller(&admin, ADMIN, true)),
        ("wrong name", caller(&arm, "x.example", false)),
        ("wrong name of an operator", caller(&admin, "x.example", false)),
        ("wrong chain", caller(&other, ARM, false)),
        ("wrong chain of an operator", caller(&other, ADMIN, false)),
    ];
    for (method, path, for_operators) in routes() {
        for (who, caller) in &callers {
            let mut request = Request::builder()
                .method(method)
                .uri(&path)
                .body(Body::empty())
                .unwrap();
            request.extensions_mut().insert(caller.clone());
            let answer = service.raw(request).await;
            let welcome = *who == if for_operators { "admin" } else { "ARM" };
            assert_eq!(answer.status != 403, welcome, "{who}: {method} {path} {}", answer.text);
            if !welcome {
                assert_eq!(answer.error(), (403, "Forbidden".to_string(), String::new()));
            }
        }
    }
}
