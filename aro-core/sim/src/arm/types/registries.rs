//! Container registries: scope maps, tokens and their passwords.

use std::time::Duration;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Behaviour, Put};
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::front::ArmCall;
use crate::arm::id::{ArmPath, key, last};
use crate::arm::registry::{Dialect, Flow, Kind, any_name, never_in_use};
use crate::call::Reply;
use crate::clock::rfc3339;
use crate::planes::graph::new_secret;
use crate::state::Resource;

const SCOPE_MAP: &str = "Microsoft.ContainerRegistry/registries/scopeMaps";

/// Scope maps every registry comes with, and what each allows on all repositories.
const SYSTEM_MAPS: [(&str, &[&str]); 3] = [
    ("_repositories_pull", &["repositories/*/content/read"]),
    (
        "_repositories_push",
        &["repositories/*/content/read", "repositories/*/content/write"],
    ),
    (
        "_repositories_admin",
        &[
            "repositories/*/content/read",
            "repositories/*/content/write",
            "repositories/*/content/delete",
            "repositories/*/metadata/read",
            "repositories/*/metadata/write",
        ],
    ),
];

const fn row(name: &'static str, shape: &'static str, located: bool, behaviour: &'static dyn Behaviour) -> Kind {
    Kind {
        name,
        dialect: Dialect::Plain,
        shape,
        located,
        valid_name: any_name,
        put: Flow::Watched,
        delete: Flow::Watched,
        put_time: Duration::from_millis(60),
        delete_time: Duration::from_millis(60),
        etag: false,
        in_use: never_in_use,
        behaviour,
    }
}

pub(super) const KINDS: &[Kind] = &[
    Kind {
        valid_name: registry_name,
        ..row(
            "Microsoft.ContainerRegistry/registries",
            "sku!{name! tier} identity{*} properties{ adminUserEnabled loginServer~ creationDate~ provisioningState~ status~ * }",
            true,
            &Registries,
        )
    },
    row(
        SCOPE_MAP,
        "properties!{ description actions![] type~ creationDate~ provisioningState~ }",
        false,
        &ScopeMaps,
    ),
    row(
        "Microsoft.ContainerRegistry/registries/tokens",
        "properties!{ scopeMapId! credentials{*} status creationDate~ provisioningState~ }",
        false,
        &Tokens,
    ),
];

/// 5 to 50 letters and digits.
fn registry_name(name: &str) -> bool {
    (5..=50).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric())
}

struct Registries;

impl Behaviour for Registries {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let server = format!("{}.azurecr.io", new.name.to_lowercase());
        let created = created(put);
        let properties = new.properties_mut();
        properties.insert("loginServer".to_owned(), json!(server));
        properties.insert("creationDate".to_owned(), created);
        Ok(())
    }

    fn written(&self, cx: &mut Cx<'_>, own_key: &str) -> Result<(), ArmError> {
        let Some(registry) = cx.state.resources.get(own_key).cloned() else {
            return Ok(());
        };
        let at = rfc3339(cx.now);
        for (name, actions) in SYSTEM_MAPS {
            let id = format!("{}/scopeMaps/{name}", registry.id);
            if cx.state.resources.contains(&key(&id)) {
                continue;
            }
            let mut body = Map::new();
            body.insert(
                "properties".to_owned(),
                json!({"type": "SystemDefined", "actions": actions, "creationDate": at, "provisioningState": "Succeeded"}),
            );
            let map = Resource {
                id: id.clone(),
                kind: SCOPE_MAP.to_owned(),
                name: name.to_owned(),
                location: None,
                body,
                etag: Uuid::new_v4().to_string(),
                created_at: at.clone(),
                changed_at: at.clone(),
                operation: None,
                deleting: false,
                refs: Vec::new(),
            };
            cx.state.resources.put(key(&id), map);
        }
        Ok(())
    }

    fn action(
        &self,
        cx: &mut Cx<'_>,
        arm: &ArmCall<'_>,
        own_key: &str,
        action: &str,
    ) -> Option<Result<Reply, ArmError>> {
        action
            .eq_ignore_ascii_case("generateCredentials")
            .then(|| arm.body().and_then(|body| generate(cx, own_key, &body)))
    }
}

/// When the resource was first written.
fn created(put: &Put<'_, '_>) -> Value {
    put.old
        .and_then(|old| old.property("creationDate").cloned())
        .unwrap_or_else(|| json!(rfc3339(put.cx.now)))
}

/// New passwords of a token: shown once, here; afterwards only that they exist.
fn generate(cx: &mut Cx<'_>, own_key: &str, body: &Value) -> Result<Reply, ArmError> {
    let token = body["tokenId"].as_str().unwrap_or_default().to_owned();
    let token_key = key(&token);
    if !token_key.starts_with(&format!("{own_key}/tokens/")) || !cx.state.resources.contains(&token_key) {
        return Err(ArmError::bad(
            "InvalidTokenId",
            format!("The token '{token}' does not exist in the registry."),
        ));
    }
    let both = ["password1", "password2"];
    let names: Vec<&str> = match body["name"].as_str() {
        None => both.to_vec(),
        Some(wanted) => both.into_iter().filter(|name| *name == wanted).collect(),
    };
    if names.is_empty() {
        return Err(ArmError::bad(
            "InvalidPasswordName",
            format!("A token has passwords named {}.", both.join(" and ")),
        ));
    }
    let at = rfc3339(cx.now);
    let mut passwords = Vec::new();
    for name in names {
        let secret = new_secret(None, cx.now + time::Duration::days(180)).secret;
        let mut password = json!({"name": name, "creationTime": at});
        if body["expiry"].is_string() {
            password["expiry"] = body["expiry"].clone();
        }
        let known = password.clone();
        cx.state.resources.change(&token_key, |token| {
            let properties = token.properties_mut();
            let credentials = properties.entry("credentials").or_insert_with(|| json!({}));
            let mut kept = credentials["passwords"].as_array().cloned().unwrap_or_default();
            kept.retain(|one| one["name"] != json!(name));
            kept.push(known);
            kept.sort_by_key(|one| one["name"].to_string());
            credentials["passwords"] = json!(kept);
        });
        password["value"] = json!(secret);
        passwords.push(password);
    }
    Ok(Reply::json(
        200,
        &json!({"username": last(&token), "passwords": passwords}),
    ))
}

struct ScopeMaps;

impl Behaviour for ScopeMaps {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        system_stays(new)?;
        let created = created(put);
        let properties = new.properties_mut();
        properties.insert("type".to_owned(), json!("UserDefined"));
        properties.insert("creationDate".to_owned(), created);
        Ok(())
    }

    fn may_delete(&self, _cx: &Cx<'_>, resource: &Resource) -> Result<(), ArmError> {
        system_stays(resource)
    }
}

fn system_stays(map: &Resource) -> Result<(), ArmError> {
    if SYSTEM_MAPS.iter().any(|(name, _)| name.eq_ignore_ascii_case(&map.name)) {
        return Err(ArmError::bad(
            "SystemDefinedScopeMap",
            format!(
                "The scope map '{}' is defined by the registry and cannot be changed.",
                map.name
            ),
        ));
    }
    Ok(())
}

struct Tokens;

impl Behaviour for Tokens {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let map = new.property_text("scopeMapId").unwrap_or_default().to_owned();
        let registry = put.path.parent().map(|one| key(&one.text)).unwrap_or_default();
        // The maps of a registry may be named by an id that lacks its subscription's spelling, never by another registry's.
        let below = ArmPath::parse(&map).parent().map(|one| key(&one.text));
        if below.as_deref() != Some(&registry) || !put.cx.state.resources.contains(&key(&map)) {
            return Err(ArmError::bad(
                "InvalidScopeMapId",
                format!("The scope map '{map}' does not exist in the registry."),
            ));
        }
        let created = created(put);
        let credentials = put.old.and_then(|old| old.property("credentials").cloned());
        let properties = new.properties_mut();
        properties.entry("status").or_insert(json!("enabled"));
        properties.insert("creationDate".to_owned(), created);
        if let (Some(credentials), false) = (credentials, properties.contains_key("credentials")) {
            properties.insert("credentials".to_owned(), credentials);
        }
        Ok(())
    }
}
