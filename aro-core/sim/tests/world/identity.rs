//! The managed-identity data plane, and tokens that federated credentials trust.

use aro_sim::{CertificateForm, WorldConfig};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::client::{Answer, Azure, quick, read};

const VERSION: &str = "2024-11-30";
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A user-assigned identity in a group of its own.
async fn identity(azure: &Azure) -> Value {
    let location = azure.world.endpoints().location.clone();
    azure
        .put("resourceGroups/ids", "2021-04-01", json!({"location": location}))
        .await;
    azure
        .make(
            "resourceGroups/ids/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one",
            VERSION,
            json!({"location": location}),
        )
        .await
}

/// A JWT signed with RSA and SHA-256, and the public key for it as JWKS has it.
fn sign(key_pem: &str, header: &Value, claims: &Value) -> String {
    let key = rcgen::KeyPair::from_pkcs8_pem_and_sign_algo(key_pem, &rcgen::PKCS_RSA_SHA256).unwrap();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = rcgen::SigningKey::sign(&key, message.as_bytes()).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Modulus and exponent of a key, base64url, from its DER: a sequence of two integers.
fn public(key_pem: &str) -> (String, String) {
    let key = rcgen::KeyPair::from_pkcs8_pem_and_sign_algo(key_pem, &rcgen::PKCS_RSA_SHA256).unwrap();
    let der = rcgen::PublicKeyData::der_bytes(&key).to_vec();
    // 30 82 len len 02 82 01 01 00 <256 bytes> 02 03 <exponent>, as RSA 2048 always is.
    let (modulus, exponent) = (&der[9..9 + 256], &der[der.len() - 3..]);
    (URL_SAFE_NO_PAD.encode(modulus), URL_SAFE_NO_PAD.encode(exponent))
}

async fn token(azure: &Azure, client_id: &str, assertion: &str, resource: &str) -> Answer {
    let at = azure.world.endpoints();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client_id),
        ("client_assertion_type", ASSERTION),
        ("client_assertion", assertion),
        ("scope", &format!("{resource}/.default")),
    ];
    let url = format!("{}/{}/oauth2/v2.0/token", at.login, at.tenant);
    read(azure.http.post(url).form(&form).send().await.unwrap()).await
}

/// An assertion about oneself.
fn own_assertion(azure: &Azure, client_id: &str, key_pem: &str) -> String {
    let at = azure.world.endpoints();
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    let claims = json!({
        "iss": client_id, "sub": client_id, "aud": format!("{}/{}/oauth2/v2.0/token", at.login, at.tenant),
        "nbf": now, "exp": now + 600, "jti": "1",
    });
    sign(key_pem, &json!({"alg": "RS256", "typ": "JWT"}), &claims)
}

#[tokio::test]
async fn the_provider_gets_certificates_that_work() {
    // In the form that this test can read.
    let azure = Azure::start_with(WorldConfig {
        identity_certificates: CertificateForm::Pem,
        ..quick()
    })
    .await;
    let one = identity(&azure).await;
    let at = azure.world.endpoints();
    let base = super::relay::identity_url(&azure).await;
    let body = json!({"identityIds": [one["id"]]});
    let ask = |url: String, token: Option<String>, body: Value| {
        let request = azure.http.post(url).json(&body);
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        async move { read(request.send().await.unwrap()).await }
    };
    let challenged = ask(base.clone(), None, body.clone()).await;
    assert_eq!(challenged.status, StatusCode::UNAUTHORIZED);
    assert!(
        challenged
            .header("www-authenticate")
            .unwrap()
            .contains("authorization=")
    );

    let key = std::fs::read_to_string(&at.first_party.key_file).unwrap();
    let first = at.first_party.principal.client_id.clone();
    let provider = token(
        &azure,
        &first,
        &own_assertion(&azure, &first, &key),
        "https://serviceidentity.azure.net",
    )
    .await;
    let provider = provider.body["access_token"].as_str().unwrap().to_owned();
    let wrong = ask(
        format!("{}&api-version=2024-01-01", base.replace("oid=", "oid=0")),
        Some(provider.clone()),
        body.clone(),
    )
    .await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert_eq!(wrong.code(), "BadRequest");
    let nobody = json!({"identityIds": [format!("{}-that-is-not-there", one["id"].as_str().unwrap())]});
    let url = format!("{base}&api-version=2024-01-01");
    let missing = ask(url.clone(), Some(provider.clone()), nobody).await;
    assert_eq!(missing.code(), "ResourceNotFound");

    let given = ask(url, Some(provider), body).await;
    assert_eq!(given.status, StatusCode::OK, "{}", given.body);
    let given = &given.body["explicit_identities"][0];
    assert_eq!(given["resource_id"], one["id"]);
    assert_eq!(given["object_id"], one["properties"]["principalId"]);
    let client_id = given["client_id"].as_str().unwrap();
    let pem = STANDARD.decode(given["client_secret"].as_str().unwrap()).unwrap();
    let pem = String::from_utf8(pem).unwrap();
    let key = &pem[..pem.find("-----BEGIN CERTIFICATE").unwrap()];
    let arm = at.arm_audience.clone();
    let own = token(&azure, client_id, &own_assertion(&azure, client_id, key), &arm).await;
    assert!(own.body["access_token"].is_string(), "{}", own.body);
    let shown = azure.get(one["id"].as_str().unwrap(), VERSION).await.body;
    assert!(!shown.to_string().contains("ertificate"), "{shown}");
    azure.world.shutdown().await;
}

#[tokio::test]
async fn federated_credentials_trust_the_issuer_they_name() {
    let azure = Azure::start().await;
    let one = identity(&azure).await;
    let client_id = one["properties"]["clientId"].as_str().unwrap().to_owned();
    let arm = azure.world.endpoints().arm_audience.clone();
    let issuer = format!("{}/nowhere/$web/x", azure.world.endpoints().blob);
    let path = format!("{}/federatedIdentityCredentials/first", one["id"].as_str().unwrap());
    let credential = json!({"properties": {"issuer": issuer, "subject": "system:sa:a", "audiences": ["openshift"]}});
    azure.make(&path, VERSION, credential).await;
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    let key = std::fs::read_to_string(&azure.world.endpoints().first_party.key_file).unwrap();
    let assertion = |subject: &str| {
        let claims = json!({"iss": issuer, "sub": subject, "aud": ["openshift"], "exp": now + 600});
        sign(&key, &json!({"alg": "RS256", "kid": "k"}), &claims)
    };
    let text = |answer: &Answer| answer.body["error_description"].as_str().unwrap_or_default().to_owned();
    let other = token(&azure, &client_id, &assertion("system:sa:b"), &arm).await;
    assert!(text(&other).contains("AADSTS700213"), "{}", other.body);
    let unpublished = token(&azure, &client_id, &assertion("system:sa:a"), &arm).await;
    assert!(text(&unpublished).contains("AADSTS50166"), "{}", unpublished.body);

    // The issuer publishes its keys in blobs; then its word is good.
    let location = azure.world.endpoints().location.clone();
    let account = "resourceGroups/ids/providers/Microsoft.Storage/storageAccounts/nowhere";
    let body = json!({"location": location, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}});
    azure.make(account, "2023-05-01", body).await;
    let container = format!("{account}/blobServices/default/containers/$web");
    azure.make(&container, "2023-05-01", json!({})).await;
    let expiry = time::OffsetDateTime::now_utc() + time::Duration::hours(1);
    let wish = json!({
        "signedServices": "b", "signedResourceTypes": "o", "signedPermission": "rw", "signedProtocol": "https",
        "signedExpiry": expiry.format(&time::format_description::well_known::Rfc3339).unwrap(),
    });
    let sas = azure
        .post(&format!("{account}/listAccountSas"), "2023-05-01", wish)
        .await;
    let sas = sas.body["accountSasToken"].as_str().unwrap().to_owned();
    let (n, e) = public(&key);
    let about = json!({"issuer": issuer, "jwks_uri": format!("{issuer}/openid/v1/jwks")});
    let keys = json!({"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "k", "n": n, "e": e}]});
    for (at, document) in [(".well-known/openid-configuration", about), ("openid/v1/jwks", keys)] {
        let put = azure
            .http
            .put(format!("{issuer}/{at}?{sas}"))
            .header("x-ms-blob-type", "BlockBlob");
        let status = put.body(document.to_string()).send().await.unwrap().status();
        assert_eq!(status, StatusCode::CREATED, "{at}");
    }
    let good = token(&azure, &client_id, &assertion("system:sa:a"), &arm).await;
    assert!(good.body["access_token"].is_string(), "{}", good.body);
    let (before, signature) = assertion("system:sa:a")
        .rsplit_once('.')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let forged = format!("{before}.{}", signature.chars().rev().collect::<String>());
    let forged = token(&azure, &client_id, &forged, &arm).await;
    assert_ne!(forged.status, StatusCode::OK);
    azure.world.shutdown().await;
}
