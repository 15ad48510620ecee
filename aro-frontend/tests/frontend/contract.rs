//! Every operation of the API description is answered by its own handler, in every version that describes it.

use aro_api::ApiVersion;
use aro_api::swagger::{self, Json, OPERATIONS};
use http::Method;

use crate::support::Service;

#[tokio::test]
async fn every_described_operation_is_routed() {
    let service = Service::start().await;
    let mut asked = 0;
    for version in ApiVersion::all() {
        let Some(document) = swagger::document(version) else {
            continue;
        };
        for (path, methods) in document.get("paths").map(Json::members).unwrap_or_default() {
            for (method, _) in methods.members() {
                let url = format!("{}?api-version={version}", filled(path));
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                let body = if matches!(method, Method::PUT | Method::PATCH) {
                    "{}"
                } else {
                    ""
                };
                let answer = service.send(method.clone(), &url, body.into()).await;
                let code = answer.json()["error"]["code"].clone();
                assert_ne!(answer.status, 405, "{method} {url}");
                // Nothing exists here, but the path does, and the version has it.
                assert_ne!(
                    (answer.status.as_u16(), code.as_str()),
                    (404, Some("NotFound")),
                    "{method} {url}"
                );
                assert_ne!(code, "InvalidResourceType", "{method} {url}");
                asked += 1;
            }
        }
    }
    assert!(asked > OPERATIONS.len() * 5, "{asked}");
}

fn filled(path: &str) -> String {
    let values = [
        ("{subscriptionId}", "00000000-0000-0000-0000-000000000000"),
        ("{resourceGroupName}", "resourceGroup"),
        ("{resourceName}", "resourceName"),
        ("{location}", "eastus"),
        ("{openShiftVersion}", "4.14.40"),
        ("{openShiftMinorVersion}", "4.14"),
    ];
    values
        .iter()
        .fold(path.to_owned(), |path, (name, value)| path.replace(name, value))
}
