//! Key vaults: what they keep, for whom, and what they keep of what was deleted.

use std::time::Duration;

use aro_sim::{CertificateForm, Pace, WorldConfig};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Answer, Azure, quick, read};

const CERTIFICATES: &str = "microsoft.keyvault/vaults/certificates";
const ROLE_ASSIGNMENTS: &str = "2022-04-01";
const VAULTS: &str = "2023-07-01";

/// A vault, as one caller sees it.
struct Vault<'a> {
    azure: &'a Azure,
    base: String,
    token: String,
}

impl<'a> Vault<'a> {
    async fn of(azure: &'a Azure, name: &str, client_id: &str, secret: &str) -> Self {
        let token = azure
            .token_request(client_id, secret, "https://vault.azure.net/.default")
            .await;
        Self {
            azure,
            base: format!("{}/{name}", azure.world.endpoints().vault),
            token: token.body["access_token"].as_str().unwrap().to_owned(),
        }
    }

    async fn of_provider(azure: &'a Azure, name: &str) -> Self {
        let principal = azure.world.endpoints().first_party.principal.clone();
        Self::of(azure, name, &principal.client_id, &principal.secret).await
    }

    async fn of_customer(azure: &'a Azure, name: &str) -> Self {
        let principal = azure.world.endpoints().service_principals[0].clone();
        Self::of(azure, name, &principal.client_id, &principal.secret).await
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> Answer {
        let request = self
            .azure
            .http
            .request(method, format!("{}/{path}?api-version=7.4", self.base))
            .bearer_auth(&self.token);
        let request = if body.is_null() { request } else { request.json(&body) };
        read(request.send().await.unwrap()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, Value::Null).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, Value::Null).await
    }
}

fn inner(answer: &Answer) -> (u16, &str, &str) {
    let inner = answer.body["error"]["innererror"]["code"].as_str().unwrap_or_default();
    (answer.status.as_u16(), answer.code(), inner)
}

fn policy(form: Option<&str>) -> Value {
    let mut policy = json!({"issuer": {"name": "OneCertV2-PublicCA"}, "x509_props": {
        "subject": "CN=api.one.example", "sans": {"dns_names": ["api.one.example"]}}});
    if let Some(form) = form {
        policy["secret_props"] = json!({"contentType": form});
    }
    json!({"policy": policy})
}

#[tokio::test]
async fn a_secret_has_versions_and_its_name_is_taken_until_it_is_purged() {
    let azure = Azure::start().await;
    let vault = Vault::of_provider(&azure, "arosim-msi").await;
    let bare = azure.http.get(format!("{}/secrets/x?api-version=7.4", vault.base));
    let bare = read(bare.send().await.unwrap()).await;
    assert_eq!(bare.status, StatusCode::UNAUTHORIZED);
    assert!(bare.header("www-authenticate").unwrap().contains("resource="));

    let put = |value: &str| json!({"value": value, "tags": {"renew_after": "2030-01-01T00:00:00Z"}});
    let first = vault.call(Method::PUT, "secrets/msi-1", put("v")).await;
    assert_eq!(first.status, StatusCode::OK);
    vault.call(Method::PUT, "secrets/msi-1", put("w")).await;
    let got = vault.get("secrets/MSI-1").await.body;
    assert_eq!(
        (&got["value"], &got["tags"]["renew_after"]),
        (&json!("w"), &json!("2030-01-01T00:00:00Z"))
    );
    let first = first.body["id"]
        .as_str()
        .unwrap()
        .strip_prefix(&format!("{}/", vault.base))
        .unwrap()
        .to_owned();
    assert_eq!(vault.get(&first).await.body["value"], "v");
    let versions = vault.get("secrets/msi-1/versions").await.body;
    assert_eq!(versions["value"].as_array().unwrap().len(), 2);
    assert!(!versions.to_string().contains("\"value\":\"v\""));
    let off = json!({"attributes": {"enabled": false}});
    assert_eq!(vault.call(Method::PATCH, &first, off).await.status, StatusCode::OK);
    assert_eq!(inner(&vault.get(&first).await), (403, "Forbidden", "SecretDisabled"));

    assert_eq!(vault.get("deletedsecrets/msi-1").await.code(), "SecretNotFound");
    let deleted = vault.delete("secrets/msi-1").await.body;
    assert!(
        deleted["recoveryId"]
            .as_str()
            .unwrap()
            .ends_with("/deletedsecrets/msi-1")
    );
    assert!(deleted.get("value").is_none() && deleted["scheduledPurgeDate"].is_i64());
    assert_eq!(vault.get("secrets/msi-1").await.code(), "SecretNotFound");
    assert_eq!(vault.delete("secrets/msi-1").await.status, StatusCode::NOT_FOUND);
    let again = vault.call(Method::PUT, "secrets/msi-1", put("x")).await;
    assert_eq!(inner(&again), (409, "Conflict", "ObjectIsDeletedButRecoverable"));
    let list = vault.get("deletedsecrets").await.body;
    assert_eq!(list["value"].as_array().unwrap().len(), 1);

    let recovered = vault
        .call(Method::POST, "deletedsecrets/msi-1/recover", Value::Null)
        .await;
    assert_eq!(recovered.status, StatusCode::OK);
    assert_eq!(vault.get("secrets/msi-1").await.body["value"], "w");
    vault.delete("secrets/msi-1").await;
    assert_eq!(
        vault.delete("deletedsecrets/msi-1").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(vault.delete("deletedsecrets/msi-1").await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        vault.call(Method::PUT, "secrets/msi-1", put("x")).await.status,
        StatusCode::OK
    );
    azure.world.shutdown().await;
}

#[tokio::test]
async fn a_certificate_takes_its_secret_along_and_comes_in_the_form_of_its_policy() {
    let azure = Azure::start().await;
    let vault = Vault::of_provider(&azure, "arosim-cls").await;
    for (name, form, shown) in [
        ("pem", Some("application/x-pem-file"), "application/x-pem-file"),
        ("pfx", None, "application/x-pkcs12"),
    ] {
        let create = format!("certificates/{name}/create");
        let made = vault.call(Method::POST, &create, policy(form)).await;
        assert_eq!(
            (made.status.as_u16(), &made.body["status"]),
            (202, &json!("inProgress"))
        );
        let pending = vault.get(&format!("certificates/{name}/pending")).await.body;
        assert_eq!(pending["status"], "completed");
        let certificate = vault.get(&format!("certificates/{name}")).await.body;
        assert_eq!(certificate["policy"]["issuer"]["name"], "OneCertV2-PublicCA");
        assert!(certificate["cer"].is_string());
        let secret = vault.get(&format!("secrets/{name}")).await.body;
        assert_eq!(secret["contentType"], shown);
        let value = secret["value"].as_str().unwrap();
        match form {
            Some(_) => assert!(value.contains("PRIVATE KEY") && value.contains("CERTIFICATE")),
            None => assert_eq!(STANDARD.decode(value).unwrap()[0], 0x30, "DER"),
        }
    }
    assert_eq!(vault.delete("certificates/pem").await.status, StatusCode::OK);
    assert_eq!(vault.get("certificates/pem").await.code(), "CertificateNotFound");
    assert_eq!(vault.get("secrets/pem").await.code(), "SecretNotFound");
    assert_eq!(
        vault.get("certificates/pem/pending").await.code(),
        "PendingCertificateNotFound"
    );
    let again = vault.call(Method::POST, "certificates/pem/create", policy(None)).await;
    assert_eq!(inner(&again), (409, "Conflict", "ObjectIsDeletedButRecoverable"));
    vault
        .call(Method::POST, "deletedcertificates/pem/recover", Value::Null)
        .await;
    assert!(vault.get("secrets/pem").await.body["value"].is_string());
    vault.delete("certificates/pem").await;
    assert_eq!(
        vault.delete("deletedcertificates/pem").await.status,
        StatusCode::NO_CONTENT
    );
    let again = vault.call(Method::POST, "certificates/pem/create", policy(None)).await;
    assert_eq!(again.status, StatusCode::ACCEPTED);
    azure.world.shutdown().await;
}

#[tokio::test]
async fn an_authority_takes_its_time() {
    let slow = WorldConfig {
        pace: Pace {
            types: [(CERTIFICATES.to_owned(), Duration::from_secs(36_000))].into(),
            ..Pace::default()
        },
        ..WorldConfig::default()
    };
    let azure = Azure::start_with(slow).await;
    let vault = Vault::of_provider(&azure, "arosim-cls").await;
    vault.call(Method::POST, "certificates/one/create", policy(None)).await;
    let pending = vault.get("certificates/one/pending").await.body;
    assert_eq!(
        (&pending["status"], pending.get("target")),
        (&json!("inProgress"), None)
    );
    let certificate = vault.get("certificates/one").await.body;
    assert_eq!(certificate["attributes"]["enabled"], false);
    assert!(certificate.get("cer").is_none() && certificate["pending"]["id"].is_string());
    assert_eq!(vault.get("secrets/one").await.code(), "SecretNotFound");
    let second = vault.call(Method::POST, "certificates/one/create", policy(None)).await;
    assert_eq!((second.status.as_u16(), second.code()), (409, "Conflict"));
    let cancel = json!({"cancellation_requested": true});
    let cancelled = vault.call(Method::PATCH, "certificates/one/pending", cancel).await.body;
    assert_eq!(cancelled["status"], "cancelled");
    let third = vault.call(Method::POST, "certificates/one/create", policy(None)).await;
    assert_eq!(third.status, StatusCode::ACCEPTED);
    azure.world.shutdown().await;
}

#[tokio::test]
async fn who_may_do_what_is_said_by_roles_or_by_policies_and_never_by_both() {
    let azure = Azure::start().await;
    // The provider may read the secrets of this vault, and not write them; the customer may nothing.
    let own = Vault::of_provider(&azure, "arosim-cls").await;
    let stranger = Vault::of_customer(&azure, "arosim-cls").await;
    let put = || json!({"value": "v"});
    for (vault, method, path, body) in [
        (&own, Method::PUT, "secrets/x", put()),
        (&stranger, Method::GET, "secrets/x", Value::Null),
        (&stranger, Method::POST, "certificates/x/create", policy(None)),
        (&stranger, Method::DELETE, "deletedcertificates/x", Value::Null),
    ] {
        let refused = vault.call(method, path, body).await;
        assert_eq!(inner(&refused), (403, "Forbidden", "ForbiddenByRbac"), "{path}");
        let message = refused.body["error"]["message"].as_str().unwrap();
        assert!(message.contains("Action: 'Microsoft.KeyVault/vaults/"), "{message}");
    }
    assert_eq!(own.get("secrets/x").await.code(), "SecretNotFound", "it may read");

    let group = azure.world.endpoints().network.resource_group.clone();
    let id = format!(
        "/subscriptions/{}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults/customers",
        azure.subscription
    );
    let tenant = azure.world.endpoints().tenant.clone();
    let customer = azure.world.endpoints().service_principals[0].clone();
    let vault = |rbac: bool, permissions: &[&str]| {
        json!({"location": azure.world.endpoints().location, "properties": {
            "tenantId": tenant, "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": rbac,
            "accessPolicies": [{"tenantId": tenant, "objectId": customer.object_id,
                "permissions": {"secrets": permissions}}]}})
    };
    azure
        .finish(&azure.put(&id, VAULTS, vault(false, &["Get", "set"])).await)
        .await;
    let by_policy = Vault::of_customer(&azure, "customers").await;
    assert_eq!(
        by_policy.call(Method::PUT, "secrets/x", put()).await.status,
        StatusCode::OK
    );
    assert_eq!(by_policy.get("secrets/x").await.body["value"], "v");
    let refused = by_policy.delete("secrets/x").await;
    assert_eq!(inner(&refused), (403, "Forbidden", "ForbiddenByPolicy"));
    let message = refused.body["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("does not have secrets delete permission on key vault 'customers;location="),
        "{message}"
    );

    // Its owner, and the policy, give no right to what is in a vault that goes by roles.
    azure.finish(&azure.put(&id, VAULTS, vault(true, &["all"])).await).await;
    assert_eq!(
        inner(&by_policy.get("secrets/x").await),
        (403, "Forbidden", "ForbiddenByRbac")
    );
    let role = format!("{id}/providers/Microsoft.Authorization/roleAssignments/9c0ff6a5-0000-4000-8000-000000000001");
    let officer = "/providers/Microsoft.Authorization/roleDefinitions/b86a8fe4-44ce-4948-aee5-eccb2c155cd7";
    let given = json!({"properties": {"roleDefinitionId": officer, "principalId": customer.object_id}});
    assert_eq!(
        azure.put(&role, ROLE_ASSIGNMENTS, given).await.status,
        StatusCode::CREATED
    );
    assert_eq!(by_policy.get("secrets/x").await.body["value"], "v");
    azure.world.shutdown().await;
}

#[tokio::test]
async fn certificates_of_identities_come_in_either_form() {
    for (form, begins) in [
        (CertificateForm::Pkcs12, &[0x30_u8][..]),
        (CertificateForm::Pem, b"-----BEGIN "),
    ] {
        let config = WorldConfig {
            identity_certificates: form,
            ..quick()
        };
        let azure = Azure::start_with(config).await;
        let at = azure.world.endpoints().clone();
        let id = format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one",
            azure.subscription, at.network.resource_group
        );
        azure.put(&id, "2023-01-31", json!({"location": at.location})).await;
        let principal = &at.first_party.principal;
        let token = azure
            .token_request(
                &principal.client_id,
                &principal.secret,
                "https://serviceidentity.azure.net/.default",
            )
            .await;
        let cluster = format!("{}/x", id.replace("userAssignedIdentities/one", "clusters"));
        let url = azure.world.identity_url(&cluster);
        let asked = azure
            .http
            .post(format!("{url}&api-version=2024-01-01"))
            .bearer_auth(token.body["access_token"].as_str().unwrap())
            .json(&json!({"identityIds": [id]}));
        let answer = read(asked.send().await.unwrap()).await;
        let secret = answer.body["explicit_identities"][0]["client_secret"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(STANDARD.decode(secret).unwrap().starts_with(begins), "{form:?}");
        azure.world.shutdown().await;
    }
}
