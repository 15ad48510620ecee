//! Entra ID and Graph.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::client::{Azure, read};

#[tokio::test]
async fn entra_refuses_as_it_does() {
    let azure = Azure::start().await;
    let at = azure.world.endpoints().clone();
    let scope = format!("{}/.default", at.arm_audience);
    let principal = &at.service_principals[0];
    let wrong = azure.token_request(&principal.client_id, "wrong", &scope).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(wrong.body["error"], "invalid_client");
    assert!(
        wrong.body["error_description"]
            .as_str()
            .unwrap()
            .starts_with("AADSTS7000215:")
    );
    let unknown = azure
        .token_request("11111111-1111-1111-1111-111111111111", "x", &scope)
        .await;
    assert_eq!(unknown.body["error_codes"], json!([700016]));
    let scope = azure
        .token_request(
            &principal.client_id,
            &principal.secret,
            "https://nothing.example/.default",
        )
        .await;
    assert_eq!(scope.body["error"], "invalid_resource");
    let tenant = azure
        .http
        .post(format!("{}/other/oauth2/v2.0/token", at.login))
        .body("")
        .send()
        .await
        .unwrap();
    assert!(
        read(tenant).await.body["error_description"]
            .as_str()
            .unwrap()
            .starts_with("AADSTS90002:")
    );
}

#[tokio::test]
async fn discovery_leads_to_the_token_endpoint() {
    let azure = Azure::start().await;
    let at = azure.world.endpoints().clone();
    let instance: Value = azure
        .http
        .get(format!("{}/common/discovery/instance?api-version=1.1", at.login))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let document: Value = azure
        .http
        .get(instance["tenant_discovery_endpoint"].as_str().unwrap())
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        document["token_endpoint"],
        json!(format!("{}/{}/oauth2/v2.0/token", at.login, at.tenant))
    );
    let keys: Value = azure
        .http
        .get(document["jwks_uri"].as_str().unwrap())
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(keys["keys"][0]["alg"], "RS256");
}

#[tokio::test]
async fn graph_makes_applications_that_can_log_in() {
    let azure = Azure::start().await;
    let at = azure.world.endpoints().clone();
    let principal = at.service_principals[0].clone();
    let scope = format!("{}/.default", at.graph_audience);
    let token = azure
        .token_request(&principal.client_id, &principal.secret, &scope)
        .await
        .body["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let url = |path: &str| format!("{}/v1.0/{path}", at.graph);
    let get = |path: String| azure.http.get(path).bearer_auth(&token).send();
    let filter = format!("servicePrincipals?$filter=appId eq '{}'", aro_sim::FIRST_PARTY_APP_ID);
    let found: Value = get(url(&filter)).await.unwrap().json().await.unwrap();
    assert_eq!(found["value"][0]["id"], json!(at.first_party.principal.object_id));

    let post = |path: String, body: Value| azure.http.post(path).bearer_auth(&token).json(&body).send();
    let app = read(post(url("applications"), json!({"displayName": "new"})).await.unwrap()).await;
    assert_eq!(app.status, StatusCode::CREATED);
    let id = app.body["id"].as_str().unwrap();
    let client_id = app.body["appId"].as_str().unwrap();
    let secret = read(
        post(url(&format!("applications/{id}/addPassword")), json!({}))
            .await
            .unwrap(),
    )
    .await;
    let secret = secret.body["secretText"].as_str().unwrap().to_owned();
    let arm = format!("{}/.default", at.arm_audience);
    let early = azure.token_request(client_id, &secret, &arm).await;
    assert_eq!(early.body["error_codes"], json!([7000229]), "no service principal yet");
    let made = read(
        post(url("servicePrincipals"), json!({"appId": client_id}))
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(made.status, StatusCode::CREATED);
    let token = azure.token_of(client_id, &secret).await;
    // A newcomer may do nothing.
    let refused = azure.http.put(format!(
        "{}/subscriptions/{}/resourceGroups/x?api-version=2021-04-01",
        at.arm, azure.subscription
    ));
    let refused = read(
        refused
            .bearer_auth(token)
            .json(&json!({"location": "eastus"}))
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.code(), "AuthorizationFailed");
}

#[tokio::test]
async fn an_assertion_is_as_good_as_a_secret() {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let azure = Azure::start().await;
    let at = azure.world.endpoints().clone();
    let url = format!("{}/{}/oauth2/v2.0/token", at.login, at.tenant);
    let ask = |subject: &str| {
        let pem = std::fs::read_to_string(&at.first_party.key_file).unwrap();
        let key = rcgen::KeyPair::from_pkcs8_pem_and_sign_algo(&pem, &rcgen::PKCS_RSA_SHA256).unwrap();
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = json!({"aud": url, "iss": subject, "sub": subject, "exp": 4_000_000_000_u64, "jti": "1"});
        let message = format!("{}.{}", part(json!({"alg": "RS256", "typ": "JWT"})), part(claims));
        let signature = rcgen::SigningKey::sign(&key, message.as_bytes()).unwrap();
        let form = [
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", aro_sim::FIRST_PARTY_APP_ID.to_owned()),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned(),
            ),
            (
                "client_assertion",
                format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)),
            ),
            ("scope", "https://management.azure.com/.default".to_owned()),
        ];
        azure.http.post(&url).form(&form).send()
    };
    let good = read(ask(aro_sim::FIRST_PARTY_APP_ID).await.unwrap()).await;
    assert!(good.body["access_token"].is_string(), "{}", good.body);
    let claims = good.body["access_token"]
        .as_str()
        .unwrap()
        .split('.')
        .nth(1)
        .map(|part| URL_SAFE_NO_PAD.decode(part).unwrap())
        .unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(
        (claims["oid"].as_str(), claims["tid"].as_str()),
        (
            Some(at.first_party.principal.object_id.as_str()),
            Some(at.tenant.as_str())
        )
    );
    let bad = read(ask("somebody-else").await.unwrap()).await;
    assert_eq!(bad.body["error_codes"], json!([700021]));
}
