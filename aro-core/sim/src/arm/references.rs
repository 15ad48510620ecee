//! What refers to what: ids that must exist, and who uses a resource.

use serde_json::{Map, Value};

use super::cx::Cx;
use super::error::ArmError;
use super::id::{ArmPath, key};
use super::registry::{Dialect, Kind};
use super::shape::shape;
use crate::state::{Resource, State};

pub(crate) fn references_exist(
    cx: &Cx<'_>,
    body: &Map<String, Value>,
    kind: &Kind,
    path: &ArmPath,
) -> Result<(), ArmError> {
    let mut found = Vec::new();
    shape(kind.shape).references(body, "", &mut found);
    let own = format!("{}/", key(&path.text));
    for (at, id) in found {
        if !id.starts_with('/') || !(id.to_lowercase().contains("/providers/")) {
            return Err(ArmError::bad(
                "LinkedInvalidPropertyId",
                format!(
                    "Property id '{id}' at path '{at}' is invalid. Expect fully qualified resource Id that start with \
                         '/subscriptions/{{subscriptionId}}' or '/providers/{{resourceProviderNamespace}}/'."
                ),
            ));
        }
        let wanted = key(&id);
        let known = match wanted.strip_prefix(&own) {
            Some(below) => element_exists(body, below),
            None => exists(cx.state, &wanted),
        };
        if known {
            continue;
        }
        return Err(match kind.dialect {
            Dialect::Compute => ArmError::new(
                404,
                "NotFound",
                format!("Resource {id} referenced by {} not found.", path.text),
            )
            .target(at),
            _ => ArmError::bad(
                "InvalidResourceReference",
                format!(
                    "Resource {id} referenced by resource {} was not found. Please make sure that the referenced \
                     resource exists, and that both resources are in the same region.",
                    path.text
                ),
            ),
        });
    }
    Ok(())
}

/// Whether a resource, or a named element inside one (`…/loadBalancers/x/probes/y`), exists.
pub(crate) fn exists(state: &State, wanted: &str) -> bool {
    if state.resources.contains(wanted) {
        return true;
    }
    let path = ArmPath::parse(wanted);
    let Some(parent) = path.parent() else { return false };
    let Some(parent) = state.resources.get(&key(&parent.text)) else {
        return false;
    };
    let below = [path.types.last(), path.names.last()]
        .map(|one| one.cloned().unwrap_or_default())
        .join("/");
    element_exists(&parent.body, &below)
}

/// Whether `list/name` is an element of the properties of a body.
fn element_exists(body: &Map<String, Value>, below: &str) -> bool {
    let Some((list, name)) = below.split_once('/') else {
        return false;
    };
    let properties = body.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .filter(|(member, _)| member.eq_ignore_ascii_case(list))
        .any(|(_, items)| {
            items
                .as_array()
                .into_iter()
                .flatten()
                .any(|item| item["name"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(name)))
        })
}

/// Keys a body refers to outside the resource.
pub(crate) fn references(resource: &Resource, own_key: &str) -> Vec<String> {
    fn collect(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                for (name, value) in object {
                    match value {
                        Value::String(text) if is_reference(name, text) => found.push(key(text)),
                        _ => collect(value, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    fn is_reference(name: &str, text: &str) -> bool {
        (name == "id" || name.ends_with("Id")) && text.starts_with("/subscriptions/")
    }
    let mut found = Vec::new();
    let holds = ["Microsoft.Network/", "Microsoft.Compute/", "Microsoft.Storage/"];
    if !holds.iter().any(|namespace| resource.kind.starts_with(namespace)) {
        return found;
    }
    if let Some(properties) = resource.body.get("properties") {
        collect(properties, &mut found);
    }
    let inside = format!("{own_key}/");
    found.retain(|one| one != own_key && !one.starts_with(&inside));
    found.sort_unstable();
    found.dedup();
    found
}

/// Recomputes what a resource refers to, after its body changed outside a PUT.
pub(crate) fn refresh_references(state: &mut State, own_key: &str) {
    if let Some(resource) = state.resources.get(own_key) {
        let refs = references(resource, own_key);
        state.resources.change(own_key, |resource| resource.refs = refs);
    }
}

/// Resources that refer to the given one, or to an element inside it.
pub(crate) fn users<'a>(state: &'a State, wanted: &'a str) -> impl Iterator<Item = (&'a String, &'a Resource)> {
    let inside = format!("{wanted}/");
    state.resources.iter().filter(move |(user, resource)| {
        !user.starts_with(&inside)
            && user.as_str() != wanted
            && resource
                .refs
                .iter()
                .any(|one| one == wanted || one.starts_with(&inside))
    })
}
