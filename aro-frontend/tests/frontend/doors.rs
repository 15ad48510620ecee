//! Every route and everybody who may knock.

use std::sync::Arc;

use aro_frontend::auth::{ByAudience, Caller, ExactSubject};
use axum::body::Body;
use http::Request;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use time::macros::datetime;

use crate::routes::filled;
use crate::support::{NOW, Service};

const ARM: &str = "arm.example";
const ADMIN: &str = "admin.example";

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

/// Method, path and whether it is for operators: every route of the router, and paths that it does not have.
fn requests() -> Vec<(String, String, bool)> {
    let mut requests = Vec::new();
    for route in aro_frontend::routes() {
        let path = filled(&route.path);
        // Load balancers have no certificate.
        if path == "/healthz/ready" {
            continue;
        }
        let for_operators = path.starts_with("/admin");
        requests.push((
            route.method.clone(),
            format!("{path}?api-version=2024-08-12-preview"),
            for_operators,
        ));
        if !for_operators {
            requests.push((route.method, format!("{path}?api-version=admin"), true));
        }
    }
    requests.push(("GET".to_string(), "/nothing".to_string(), false));
    requests.push(("GET".to_string(), "/admin/nothing".to_string(), true));
    requests
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
    for (method, path, for_operators) in requests() {
        for (who, caller) in &callers {
            let mut request = Request::builder()
                .method(method.as_str())
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
