//! `admin`: planned maintenance.

use aro_api::model::MaintenanceManifest;
use aro_api::request::{check_manifest, read_manifest};
use aro_api::{stored, view};
use serde_json::{Value, json};

use crate::case::body;
use crate::compare::result;

/// Runs a case about maintenance; `None` for other cases.
pub(crate) fn run(case: &Value) -> Option<Value> {
    let of_cluster = case.pointer("/args/clusterNamespaced") == Some(&Value::Bool(true));
    let outcome = match case["op"].as_str()? {
        "manifest" => put(case),
        "manifest.toExternal" => document(&case["in"]).map(|manifest| text(&view::manifest(&manifest, of_cluster))),
        "manifest.toExternalList" => {
            let list: Result<Vec<_>, _> = case["in"].as_array().into_iter().flatten().map(document).collect();
            let next = case.pointer("/args/nextLink").and_then(Value::as_str);
            list.map(|list| text(&view::manifests(&list, of_cluster, next)))
        }
        _ => return None,
    };
    Some(outcome.unwrap_or_else(|error| json!({"unreadable document": error})))
}

fn put(case: &Value) -> Result<Value, String> {
    let current = case.get("current").map(document).transpose()?;
    let checked =
        read_manifest(&body(case)).and_then(|manifest| check_manifest(&manifest, current.as_ref()).map(|()| manifest));
    Ok(match checked {
        Err(error) => json!({"result": result(Err(&error))}),
        Ok(mut manifest) => {
            // The cluster is that of the URL, whatever the body says.
            manifest.cluster_resource_id.clear();
            let id = std::mem::take(&mut manifest.id);
            let inner =
                stored::to_json(&manifest, &aro_api::secret::InTheClear, "document").map_err(|e| e.to_string())?;
            let mut out = json!({"maintenanceManifest": inner});
            if !id.is_empty() {
                out["id"] = Value::from(id);
            }
            json!({"out": out, "result": {"ok": true}})
        }
    })
}

/// A document as it is stored: the id and the cluster stand beside the manifest.
fn document(value: &Value) -> Result<MaintenanceManifest, String> {
    let mut members = value["maintenanceManifest"].clone();
    for name in ["id", "clusterResourceID"] {
        if let Some(member) = value.get(name) {
            members[name] = member.clone();
        }
    }
    stored::from_json(&members).map_err(|error| error.to_string())
}

fn text(bytes: &[u8]) -> Value {
    json!({"outText": String::from_utf8_lossy(bytes).trim_end()})
}
