//! No secret leaves through anything but the door that is made for it.

use aro_api::request::{self, Conversion, Method};
use aro_api::secret::{SealError, Sealer};
use aro_api::{ApiVersion, stored, view};
use serde_json::json;
use zeroize::Zeroizing;

use super::sample::{Catalogue, canaries, full};

/// Seals by counting, so that what is sealed says nothing.
struct Opaque;

impl Sealer for Opaque {
    fn seal(&self, context: &str, plain: &[u8]) -> Result<String, SealError> {
        Ok(format!("sealed {} for {}", plain.len(), context.len()))
    }

    fn open(&self, context: &str, _: &str) -> Result<Zeroizing<Vec<u8>>, SealError> {
        Err(SealError::Refused {
            context: context.to_owned(),
        })
    }
}

fn assert_clean(what: &str, text: &str) {
    assert!(
        !text.contains("canary") && !text.contains("Y2FuYXJ5"),
        "{what} contains a secret: {text}"
    );
}

#[test]
fn every_secret_member_is_a_canary() {
    let found = canaries();
    let paths = found.keys().map(String::as_str).collect::<Vec<_>>();
    for path in [
        "/properties/clusterProfile/pullSecret",
        "/properties/clusterProfile/boundServiceAccountSigningKey",
        "/properties/servicePrincipalProfile/clientSecret",
        "/properties/registryProfiles/0/password",
        "/properties/kubeadminPassword",
        "/properties/sshKey",
        "/properties/adminKubeconfig",
        "/properties/userAdminKubeconfig",
        "/properties/aroServiceKubeconfig",
        "/properties/aroSREKubeconfig",
    ] {
        assert!(paths.contains(&path), "{path} is not secret");
    }
}

#[test]
fn views_and_debug_output_are_clean() {
    let cluster = full();
    assert_clean("Debug", &format!("{cluster:?} {cluster:#?}"));
    for version in ApiVersion::all() {
        for bytes in [
            view::cluster(&cluster, version),
            view::writable_part(&cluster, version),
            view::cluster_list(std::slice::from_ref(&cluster), version, Some("next")),
        ] {
            assert_clean(version.name(), &String::from_utf8(bytes).unwrap());
        }
    }
}

#[test]
fn the_stored_form_is_clean() {
    assert_clean("store", &stored::to_string(&full(), &Opaque, "document").unwrap());
}

#[test]
fn errors_are_clean() {
    let catalogue = Catalogue::new();
    let mut bodies = [
        json!({"properties": {"clusterProfile": {"pullSecret": "canary"}}}),
        json!({"properties": {"clusterProfile": {"pullSecret": ["canary"]}}}),
        json!({"properties": {"servicePrincipalProfile": {"clientSecret": {"canary": "canary"}}}}),
        json!({"properties": {"servicePrincipalProfile": {"clientSecret": "canary", "clientId": 5}}}),
        json!({"properties": {"workerProfiles": "canary"}}),
    ]
    .iter()
    .map(ToString::to_string)
    .collect::<Vec<_>>();
    bodies.push("{\"properties\":{\"clusterProfile\":{\"pullSecret\":\"canary".to_owned());
    bodies
        .push("{\"properties\":{\"clusterProfile\":{\"pullSecret\":\"canary\",\"pullSecret\":\"canary\"}}}".to_owned());
    for version in ApiVersion::all() {
        for body in &bodies {
            for method in [Method::Put, Method::Patch] {
                let request = catalogue.request(version, method, body.as_bytes());
                for error in [
                    request::create(&request).map(drop).err(),
                    request::update(&request, &full()).map(drop).err(),
                    request::convert(&full(), version, method, body.as_bytes(), Conversion::default())
                        .map(drop)
                        .err(),
                ]
                .into_iter()
                .flatten()
                {
                    assert_clean("an error", &format!("{error} {error:?}"));
                    assert_clean("an error body", &String::from_utf8(error.body_json()).unwrap());
                }
            }
        }
    }
}
