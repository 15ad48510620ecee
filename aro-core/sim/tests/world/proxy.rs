//! Azure's own host names through the proxy.

use serde_json::Value;

use crate::client::{Azure, read};

#[tokio::test]
async fn public_names_reach_this_world() {
    let azure = Azure::start().await;
    let at = azure.world.endpoints().clone();
    let ca = reqwest::Certificate::from_pem_bundle(&std::fs::read(&at.ca_file).unwrap()).unwrap();
    let proxy = reqwest::Proxy::https(&at.proxy).unwrap();
    let http = reqwest::Client::builder()
        .tls_certs_only(ca)
        .proxy(proxy)
        .build()
        .unwrap();
    let discovery = format!(
        "https://login.microsoftonline.com/{}/v2.0/.well-known/openid-configuration",
        at.tenant
    );
    let document: Value = http.get(discovery).send().await.unwrap().json().await.unwrap();
    let token_url = document["token_endpoint"].as_str().unwrap().to_owned();
    assert!(
        token_url.starts_with("https://login.microsoftonline.com/"),
        "{token_url}"
    );
    let principal = &at.service_principals[0];
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", principal.client_id.as_str()),
        ("client_secret", principal.secret.as_str()),
        ("scope", "https://management.core.windows.net//.default"),
    ];
    let token: Value = http
        .post(token_url)
        .form(&form)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let token = token["access_token"].as_str().unwrap().to_owned();
    let group = format!(
        "https://management.azure.com/subscriptions/{}/resourceGroups/proxied?api-version=2021-04-01",
        azure.subscription
    );
    let body = serde_json::json!({"location": "eastus"});
    assert!(
        http.put(&group)
            .bearer_auth(&token)
            .json(&body)
            .send()
            .await
            .unwrap()
            .status()
            .is_success()
    );
    let gone = read(http.delete(&group).bearer_auth(&token).send().await.unwrap()).await;
    assert!(
        gone.header("location")
            .unwrap()
            .starts_with("https://management.azure.com/subscriptions/")
    );
    assert!(
        http.get("https://example.com/").send().await.is_err(),
        "nothing else is reached"
    );
}
