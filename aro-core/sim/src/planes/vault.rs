//! Key vaults: secrets with versions and tags, certificates signed by the world's authority.

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::arm::types::vaults::VAULT;
use crate::call::{Call, Reply};
use crate::seed::VAULT_RESOURCE;
use crate::shared::Shared;
use crate::state::{State, VaultSecret};

fn refuse(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({"error": {"code": code, "message": message}}))
}

pub(super) fn answer(shared: &Arc<Shared>, call: &Call, rest: &[&str]) -> Reply {
    let at = &shared.facts.endpoints;
    let good = call.caller.as_ref().is_some_and(|caller| {
        let aud = caller.aud.trim_end_matches('/');
        aud.eq_ignore_ascii_case(VAULT_RESOURCE) || aud.starts_with(at.vault.as_str())
    });
    if !good {
        let challenge = format!(
            "Bearer authorization=\"{}/{}\", resource=\"{VAULT_RESOURCE}\"",
            at.login, at.tenant
        );
        return refuse(
            401,
            "Unauthorized",
            "AKV10000: Request is missing a Bearer or PoP token.",
        )
        .with("www-authenticate", &challenge);
    }
    let Some((vault, rest)) = rest.split_first() else {
        return refuse(404, "NotFound", "No vault is named.");
    };
    let vault = vault.to_lowercase();
    let mut state = shared.state();
    if !state
        .resources
        .values()
        .any(|one| one.kind == VAULT && one.name.eq_ignore_ascii_case(&vault))
    {
        return refuse(404, "VaultNotFound", "The vault does not exist.");
    }
    let now = shared.clock.now().unix_timestamp();
    let base = format!("{}/{vault}", at.vault);
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let rest: Vec<String> = rest.iter().map(|one| (*one).to_owned()).collect();
    let parts: Vec<&str> = rest.iter().map(String::as_str).collect();
    match (&call.method, parts.as_slice()) {
        (&Method::GET, ["secrets"]) => {
            let prefix = format!("{vault}/secrets/");
            let value: Vec<Value> = state
                .secrets
                .under(&prefix)
                .filter(|(_, one)| !one.deleted)
                .filter_map(|(_, one)| one.versions.last())
                .map(|one| json!({"id": one["id"], "attributes": one["attributes"], "tags": one["tags"]}))
                .collect();
            Reply::json(200, &json!({"value": value, "nextLink": null}))
        }
        (&Method::PUT, ["secrets", name]) => put_secret(&mut state, &vault, &base, name, &body, now),
        (&Method::GET, ["secrets", name, "versions"]) => {
            let versions = state
                .secrets
                .get(&format!("{vault}/secrets/{name}"))
                .map(|one| one.versions.clone())
                .unwrap_or_default();
            let value: Vec<Value> = versions
                .iter()
                .map(|one| json!({"id": one["id"], "attributes": one["attributes"], "tags": one["tags"]}))
                .collect();
            Reply::json(200, &json!({"value": value, "nextLink": null}))
        }
        (&Method::GET, ["secrets", name, rest @ ..]) => {
            let found = state
                .secrets
                .get(&format!("{vault}/secrets/{name}"))
                .filter(|one| !one.deleted);
            let version = match rest.first() {
                Some(version) => found.and_then(|one| {
                    one.versions
                        .iter()
                        .find(|one| one["id"].as_str().is_some_and(|id| id.ends_with(version)))
                }),
                None => found.and_then(|one| one.versions.last()),
            };
            match version {
                Some(version) => Reply::json(200, version),
                None => refuse(
                    404,
                    "SecretNotFound",
                    &format!("A secret with (name/id) {name} was not found in this key vault."),
                ),
            }
        }
        (&Method::DELETE, [kind @ ("secrets" | "certificates"), name]) => {
            remove(&mut state, &vault, &base, kind, name, now)
        }
        (&Method::DELETE, ["deletedsecrets" | "deletedcertificates", name]) => {
            for kind in ["secrets", "certificates"] {
                state.secrets.remove(&format!("{vault}/{kind}/{name}"));
            }
            Reply::empty(204)
        }
        (&Method::POST, ["certificates", name, "create"]) => {
            create_certificate(shared, &mut state, &vault, &base, name, &body)
        }
        (&Method::GET, ["certificates", name, "pending"]) => match certificate(&state, &vault, name) {
            Some(_) => Reply::json(200, &operation(&base, name)),
            None => refuse(
                404,
                "PendingCertificateNotFound",
                &format!("Pending certificate not found: {name}."),
            ),
        },
        (&Method::GET, ["certificates", name, "policy"]) => match certificate(&state, &vault, name) {
            Some(one) => Reply::json(200, &one["policy"]),
            None => refuse(
                404,
                "CertificateNotFound",
                &format!("A certificate with (name/id) {name} was not found in this key vault."),
            ),
        },
        (&Method::PATCH, ["certificates", name, "policy"]) => {
            let policy = state.secrets.change(&format!("{vault}/certificates/{name}"), |one| {
                let last = one.versions.last_mut()?;
                for (member, value) in body.as_object().into_iter().flatten() {
                    last["policy"][member] = value.clone();
                }
                Some(last["policy"].clone())
            });
            match policy.flatten() {
                Some(policy) => Reply::json(200, &policy),
                None => refuse(
                    404,
                    "CertificateNotFound",
                    &format!("A certificate with (name/id) {name} was not found in this key vault."),
                ),
            }
        }
        (&Method::GET, ["certificates", name, ..]) => match certificate(&state, &vault, name) {
            Some(one) => Reply::json(200, one),
            None => refuse(
                404,
                "CertificateNotFound",
                &format!("A certificate with (name/id) {name} was not found in this key vault."),
            ),
        },
        _ => refuse(400, "BadParameter", "Method or path is not supported."),
    }
}

fn certificate<'a>(state: &'a State, vault: &str, name: &str) -> Option<&'a Value> {
    state
        .secrets
        .get(&format!("{vault}/certificates/{name}"))
        .filter(|one| !one.deleted)?
        .versions
        .last()
}

/// What was deleted keeps its name until it is purged.
fn taken(what: &str, name: &str) -> Reply {
    refuse(
        409,
        "Conflict",
        &format!(
            "{what} {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the {} can only be recovered or purged.",
            what.to_lowercase()
        ),
    )
}

fn put_secret(state: &mut State, vault: &str, base: &str, name: &str, body: &Value, now: i64) -> Reply {
    let Some(value) = body["value"].as_str() else {
        return refuse(400, "BadParameter", "Property has invalid value: value.");
    };
    let mut attributes = body["attributes"].as_object().cloned().unwrap_or_default();
    attributes.entry("enabled").or_insert(json!(true));
    attributes.insert("created".to_owned(), json!(now));
    attributes.insert("updated".to_owned(), json!(now));
    attributes.insert("recoveryLevel".to_owned(), json!("Recoverable+Purgeable"));
    let version = json!({
        "value": value, "id": format!("{base}/secrets/{name}/{}", Uuid::new_v4().simple()), "attributes": attributes,
        "tags": body["tags"], "contentType": body["contentType"],
    });
    let key = format!("{vault}/secrets/{name}");
    let mut row = state.secrets.get(&key).cloned().unwrap_or(VaultSecret {
        versions: Vec::new(),
        deleted: false,
    });
    if row.deleted {
        return taken("Secret", name);
    }
    row.versions.push(version.clone());
    state.secrets.put(key, row);
    Reply::json(200, &version)
}

fn remove(state: &mut State, vault: &str, base: &str, kind: &str, name: &str, now: i64) -> Reply {
    let (code, what) = if kind == "secrets" {
        ("SecretNotFound", "secret")
    } else {
        ("CertificateNotFound", "certificate")
    };
    let key = format!("{vault}/{kind}/{name}");
    let Some(row) = state.secrets.get(&key).filter(|one| !one.deleted).cloned() else {
        return refuse(
            404,
            code,
            &format!("A {what} with (name/id) {name} was not found in this key vault."),
        );
    };
    state.secrets.change(&key, |one| one.deleted = true);
    if kind == "certificates" {
        state
            .secrets
            .change(&format!("{vault}/secrets/{name}"), |one| one.deleted = true);
    }
    let mut shown = row.versions.last().cloned().unwrap_or_default();
    if let Some(shown) = shown.as_object_mut() {
        shown.remove("value");
        shown.insert("recoveryId".to_owned(), json!(format!("{base}/deleted{kind}/{name}")));
        shown.insert("deletedDate".to_owned(), json!(now));
    }
    Reply::json(200, &shown)
}

fn operation(base: &str, name: &str) -> Value {
    json!({
        "id": format!("{base}/certificates/{name}/pending"), "status": "completed", "status_details": null,
        "target": format!("{base}/certificates/{name}"), "request_id": Uuid::new_v4().simple().to_string(), "cancellation_requested": false,
    })
}

fn create_certificate(shared: &Shared, state: &mut State, vault: &str, base: &str, name: &str, body: &Value) -> Reply {
    let names: Vec<String> = body["policy"]["x509_props"]["sans"]["dns_names"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let subject = body["policy"]["x509_props"]["subject"]
        .as_str()
        .unwrap_or_default()
        .trim_start_matches("CN=")
        .to_owned();
    if subject.is_empty() {
        return refuse(400, "BadParameter", "Property policy.x509_props.subject is required.");
    }
    let is_deleted = |kind: &str| {
        let known = state.secrets.get(&format!("{vault}/{kind}/{name}"));
        known.is_some_and(|one| one.deleted)
    };
    if is_deleted("certificates") || is_deleted("secrets") {
        return taken("Certificate", name);
    }
    let now = shared.clock.now();
    let made = match shared
        .facts
        .pki
        .server_leaf(&subject, &names, now, time::Duration::days(90))
    {
        Ok(made) => made,
        Err(error) => {
            return refuse(
                400,
                "BadParameter",
                &format!("The certificate could not be made: {error}."),
            );
        }
    };
    let version = Uuid::new_v4().simple().to_string();
    let attributes = json!({
        "enabled": true, "nbf": made.not_before.unix_timestamp(), "exp": made.not_after.unix_timestamp(),
        "created": now.unix_timestamp(), "updated": now.unix_timestamp(), "recoveryLevel": "Recoverable+Purgeable",
    });
    let certificate = json!({
        "id": format!("{base}/certificates/{name}/{version}"), "sid": format!("{base}/secrets/{name}/{version}"),
        "kid": format!("{base}/keys/{name}/{version}"), "cer": made.der_base64(), "attributes": attributes, "policy": body["policy"],
    });
    let secret = json!({
        "value": format!("{}{}{}", made.key_pem, made.certificate_pem, shared.facts.pki.ca_pem),
        "contentType": "application/x-pem-file", "id": format!("{base}/secrets/{name}/{version}"), "managed": true,
        "attributes": attributes, "kid": format!("{base}/keys/{name}/{version}"),
    });
    for (kind, value) in [("certificates", certificate), ("secrets", secret)] {
        let key = format!("{vault}/{kind}/{name}");
        let mut row = state.secrets.get(&key).cloned().unwrap_or(VaultSecret {
            versions: Vec::new(),
            deleted: false,
        });
        row.versions.push(value);
        state.secrets.put(key, row);
    }
    let mut reply = operation(base, name);
    reply["status"] = json!("inProgress");
    Reply::json(202, &reply)
}
