//! Secrets with their versions, and the lists that certificates have too.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Asked, not_found, refuse, refuse_as};
use crate::call::Reply;
use crate::state::VaultSecret;

/// What is shown of a version in lists: everything but what is secret, or long.
fn item(version: &Value) -> Value {
    let mut shown = json!({"id": version["id"], "attributes": version["attributes"]});
    for member in ["tags", "contentType", "managed", "subject"] {
        if !version[member].is_null() {
            shown[member] = version[member].clone();
        }
    }
    shown
}

/// The id of a version without the version.
fn without_version(mut shown: Value) -> Value {
    let id = shown["id"].as_str().and_then(|id| id.rsplit_once('/'));
    if let Some((id, _)) = id {
        shown["id"] = json!(id);
    }
    shown
}

/// A version by its name; the newest where none is named.
pub(super) fn version<'a>(row: &'a VaultSecret, name: Option<&str>) -> Option<&'a Value> {
    match name.filter(|name| !name.is_empty()) {
        None => row.versions.last(),
        Some(name) => row.versions.iter().find(|one| {
            let id = one["id"].as_str().and_then(|id| id.rsplit('/').next());
            id.is_some_and(|id| id.eq_ignore_ascii_case(name))
        }),
    }
}

/// The conflict that a deleted name is.
pub(super) fn still_deleted(what: &str, name: &str) -> Reply {
    let message = format!(
        "{what} {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the \
         {} can only be recovered or purged.",
        what.to_lowercase()
    );
    refuse_as(409, "Conflict", "ObjectIsDeletedButRecoverable", &message)
}

impl Asked<'_> {
    pub(super) fn list(&self, kind: &str) -> Reply {
        let rows = self.state.secrets.rows_under(&format!("{}/{kind}/", self.vault));
        let kept = rows.into_iter().filter(|one| !one.deleted);
        let shown = kept
            .filter_map(|one| one.versions.last())
            .map(item)
            .map(without_version);
        Reply::json(200, &json!({"value": shown.collect::<Vec<_>>(), "nextLink": null}))
    }

    pub(super) fn versions(&self, kind: &str, name: &str) -> Reply {
        let row = self.state.secrets.get(&self.key(kind, name)).filter(|one| !one.deleted);
        let shown: Vec<Value> = row.into_iter().flat_map(|one| &one.versions).map(item).collect();
        Reply::json(200, &json!({"value": shown, "nextLink": null}))
    }

    pub(super) fn secret(&self, name: &str, wanted: Option<&str>) -> Reply {
        let row = self
            .state
            .secrets
            .get(&self.key("secrets", name))
            .filter(|one| !one.deleted);
        let Some(found) = row.and_then(|row| version(row, wanted)) else {
            return not_found("secrets", name);
        };
        if found["attributes"]["enabled"] == false {
            let message = "Operation get is not allowed on a disabled secret.";
            return refuse_as(403, "Forbidden", "SecretDisabled", message);
        }
        Reply::json(200, found)
    }

    pub(super) fn put_secret(&mut self, name: &str) -> Reply {
        let Some(value) = self.body["value"].as_str() else {
            return refuse(400, "BadParameter", "Property has invalid value: value.");
        };
        let now = self.now();
        let mut attributes = self.body["attributes"].as_object().cloned().unwrap_or_default();
        attributes.entry("enabled").or_insert(json!(true));
        attributes.insert("created".to_owned(), json!(now));
        attributes.insert("updated".to_owned(), json!(now));
        attributes.insert("recoveryLevel".to_owned(), json!("Recoverable+Purgeable"));
        let version = json!({
            "value": value, "id": format!("{}/secrets/{name}/{}", self.base, Uuid::new_v4().simple()),
            "attributes": attributes, "tags": self.body["tags"], "contentType": self.body["contentType"],
        });
        let key = self.key("secrets", name);
        let mut row = self.state.secrets.get(&key).cloned().unwrap_or_default();
        if row.deleted {
            return still_deleted("Secret", name);
        }
        row.versions.push(version.clone());
        self.state.secrets.put(key, row);
        Reply::json(200, &version)
    }

    /// Changes what is said about a version, never its value.
    pub(super) fn change_secret(&mut self, name: &str, wanted: &str) -> Reply {
        let (body, now) = (self.body.clone(), self.now());
        let changed = self.state.secrets.change(&self.key("secrets", name), |row| {
            let id = version(row, Some(wanted)).filter(|_| !row.deleted)?["id"].clone();
            let found = row.versions.iter_mut().find(|one| one["id"] == id)?;
            for (member, value) in body["attributes"].as_object().into_iter().flatten() {
                found["attributes"][member] = value.clone();
            }
            found["attributes"]["updated"] = json!(now);
            for member in ["tags", "contentType"] {
                if let Some(value) = body.get(member) {
                    found[member] = value.clone();
                }
            }
            Some(item(found))
        });
        match changed.flatten() {
            Some(shown) => Reply::json(200, &shown),
            None => not_found("secrets", name),
        }
    }
}
