//! The front of ARM and resource groups.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::client::{Azure, quick, read};

const V: &str = "2021-04-01";

#[tokio::test]
async fn a_group_comes_stays_and_goes() {
    let azure = Azure::start().await;
    let path = "resourceGroups/My-Group";
    let made = azure
        .put(path, V, json!({"location": "East US", "tags": {"a": "b"}}))
        .await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(made.body["location"], "eastus");
    assert_eq!(made.body["properties"]["provisioningState"], "Succeeded");
    // Any case, any number of slashes, spelling of the first PUT.
    let again = azure.get("resourcegroups//my-group", V).await;
    assert_eq!(again.body["name"], "My-Group");
    let head = azure.request(Method::HEAD, path, V).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::NO_CONTENT);

    let gone = azure.delete(path, V).await;
    assert_eq!(gone.status, StatusCode::ACCEPTED);
    assert!(gone.header("location").is_some());
    assert_eq!(azure.finish(&gone).await["status"], "Succeeded");
    assert_eq!(azure.get(path, V).await.code(), "ResourceGroupNotFound");
    let head = azure.request(Method::HEAD, path, V).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_front_refuses_as_azure_does() {
    let azure = Azure::start().await;
    let arm = azure.world.endpoints().arm.clone();
    let bare = read(
        azure
            .http
            .get(format!("{arm}/subscriptions?api-version=2022-12-01"))
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(bare.status, StatusCode::UNAUTHORIZED);
    assert!(bare.header("www-authenticate").unwrap().contains("authorization_uri"));
    assert!(bare.header("x-ms-request-id").is_some());
    let wrong = read(
        azure
            .http
            .get(format!("{arm}/subscriptions"))
            .bearer_auth("a.b.c")
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(wrong.code(), "InvalidAuthenticationToken");
    let no_version = azure
        .http
        .get(format!("{arm}/subscriptions"))
        .bearer_auth(&azure.token)
        .send()
        .await
        .unwrap();
    assert_eq!(read(no_version).await.code(), "MissingApiVersionParameter");
    assert_eq!(
        azure.get("resourceGroups", "1999-01-01").await.code(),
        "InvalidApiVersionParameter"
    );
    let vnet = "resourceGroups/aro-dev/providers/Microsoft.Network/virtualNetworks/aro-vnet";
    assert_eq!(azure.get(vnet, "1999-01-01").await.code(), "NoRegisteredProviderFound");
    assert_eq!(
        azure
            .get("/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups", V)
            .await
            .code(),
        "SubscriptionNotFound"
    );
    assert_eq!(
        azure
            .get("resourceGroups/aro-dev/providers/Microsoft.None/things/x", V)
            .await
            .code(),
        "InvalidResourceNamespace"
    );
    assert_eq!(
        azure
            .get(
                "resourceGroups/aro-dev/providers/Microsoft.Network/nothings/x",
                "2024-05-01"
            )
            .await
            .code(),
        "InvalidResourceType"
    );
    let location = azure.put("resourceGroups/x", V, json!({"location": "mars"})).await;
    assert_eq!(location.code(), "LocationNotAvailableForResourceGroup");
    assert_eq!(
        azure.put("resourceGroups/x", V, json!({})).await.code(),
        "LocationRequired"
    );
    assert_eq!(
        azure
            .put("resourceGroups/x", V, json!({"location": "eastus", "foo": 1}))
            .await
            .code(),
        "InvalidRequestContent"
    );
}

#[tokio::test]
async fn subscriptions_and_providers() {
    let azure = Azure::start().await;
    let subscriptions = azure.get("/subscriptions", "2022-12-01").await.body;
    assert_eq!(subscriptions["value"][0]["subscriptionId"], json!(azure.subscription));
    assert_eq!(
        subscriptions["value"].as_array().unwrap().len(),
        1,
        "the provider's own subscription is not the client's"
    );
    let tenants = azure.get("/tenants", "2022-12-01").await.body;
    assert_eq!(tenants["value"][0]["tenantId"], json!(azure.world.endpoints().tenant));
    let network = azure.get("providers/Microsoft.Network", "2024-11-01").await.body;
    assert_eq!(network["registrationState"], "Registered");
}

#[tokio::test]
async fn the_world_is_remembered() {
    let directory = tempfile::tempdir().unwrap();
    let config = aro_sim::WorldConfig {
        data_dir: Some(directory.path().to_owned()),
        ..quick()
    };
    let mut azure = Azure::start_with(config.clone()).await;
    let principal = azure.world.endpoints().service_principals[0].clone();
    let scope = "https://management.azure.com/.default";
    let answer = azure
        .token_request(&principal.client_id, &principal.secret, scope)
        .await;
    azure.token = answer.body["access_token"].as_str().unwrap().to_owned();
    let before = azure.world.endpoints().clone();
    azure.put("resourceGroups/kept", V, json!({"location": "eastus"})).await;
    azure
        .put("resourceGroups/dropped", V, json!({"location": "eastus"}))
        .await;
    let gone = azure.delete("resourceGroups/dropped", V).await;
    azure.finish(&gone).await;
    let second = aro_sim::World::start(config.clone())
        .await
        .err()
        .map(|error| error.to_string());
    assert!(
        second
            .as_ref()
            .is_some_and(|text| text.contains("in use by another simulated world")),
        "{second:?}"
    );
    // Not shut down: what was acknowledged is there all the same, as after a kill.
    let Azure { world, token, .. } = azure;
    std::mem::drop(world);
    let azure = Azure::start_with(config).await;
    let after = azure.world.endpoints();
    assert_eq!(before.tenant, after.tenant);
    assert_eq!(before.service_principals, after.service_principals);
    assert_eq!(before.ca_file, after.ca_file);
    assert_eq!(azure.get("resourceGroups/kept", V).await.status, StatusCode::OK);
    assert_eq!(
        azure.get("resourceGroups/dropped", V).await.status,
        StatusCode::NOT_FOUND
    );
    // Even tokens of the earlier life are good.
    let old = azure
        .http
        .get(format!("{}/subscriptions?api-version=2022-12-01", after.arm))
        .bearer_auth(token);
    assert_eq!(old.send().await.unwrap().status(), StatusCode::OK);
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(directory.path().join("ca.key"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn nonsense_is_answered_not_suffered() {
    let azure = Azure::start().await;
    let paths = [
        "/",
        "//",
        "/subscriptions",
        "/subscriptions/x",
        "/subscriptions/%00%ff/resourceGroups",
        "/providers",
        "/providers/x/y/z/w",
        "resourceGroups/aro-dev/providers",
        "resourceGroups/aro-dev/providers/Microsoft.Network",
        "resourceGroups/aro-dev/providers/Microsoft.Network/virtualNetworks",
        "resourceGroups/aro-dev/providers/Microsoft.Network/virtualNetworks/aro-vnet/subnets",
        "resourceGroups/aro-dev/providers/Microsoft.Network/virtualNetworks/aro-vnet/subnets/master/x",
        "resourceGroups/aro-dev/providers/Microsoft.Compute/virtualMachines/none/start",
        "resourceGroups/aro-dev/providers/Microsoft.Network/dnsZones/a.b/A/*.apps",
        "providers/Microsoft.Compute/skus",
        "providers/Microsoft.Features/providers/A/features/b/c",
        "resourcegroups/aro-dev/x/y",
        "providers/Microsoft.Network/locations/eastus/operations/00000000-0000-0000-0000-000000000000",
    ];
    let bodies = [
        "",
        "null",
        "[]",
        "{",
        "{}",
        "{\"location\":1}",
        "{\"location\":\"eastus\",\"properties\":null}",
        "{\"location\":\"eastus\",\"properties\":[]}",
        "{\"location\":\"eastus\",\"properties\":{\"addressSpace\":[],\"subnets\":{}}}",
        "{\"properties\":{\"addressPrefix\":7}}",
    ];
    for path in paths {
        for method in [
            Method::GET,
            Method::HEAD,
            Method::PUT,
            Method::PATCH,
            Method::POST,
            Method::DELETE,
            Method::OPTIONS,
        ] {
            for body in bodies {
                let answer = azure
                    .request(method.clone(), path, "2024-05-01")
                    .body(body)
                    .send()
                    .await;
                let answer = read(answer.unwrap_or_else(|error| panic!("{method} {path} {body}: {error}"))).await;
                assert!(
                    answer.status.as_u16() < 500,
                    "{method} {path} {body}: {} {}",
                    answer.status,
                    answer.body
                );
                if answer.status.is_client_error() && method != Method::HEAD {
                    assert!(
                        !answer.code().is_empty(),
                        "{method} {path} {body}: {} without a code",
                        answer.status
                    );
                }
            }
        }
    }
}
