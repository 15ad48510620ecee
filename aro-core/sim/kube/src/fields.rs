//! Fields that selectors may name, by kind.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::meta;
use crate::registry::Resource;
use crate::selector::Fields;
use crate::status::Status;

/// Fields beside name and namespace of kinds that offer a fixed set.
fn offered(resource: &Resource) -> Option<&'static [(&'static str, &'static str)]> {
    // Field, and the pointer to its value.
    Some(match (resource.group.as_ref(), resource.plural.as_ref()) {
        ("", "pods") => &[
            ("spec.nodeName", "/spec/nodeName"),
            ("spec.restartPolicy", "/spec/restartPolicy"),
            ("spec.schedulerName", "/spec/schedulerName"),
            ("spec.serviceAccountName", "/spec/serviceAccountName"),
            ("spec.hostNetwork", "/spec/hostNetwork"),
            ("status.phase", "/status/phase"),
            ("status.podIP", "/status/podIP"),
            ("status.podIPs", "/status/podIP"),
            ("status.nominatedNodeName", "/status/nominatedNodeName"),
        ],
        ("", "nodes") => &[("spec.unschedulable", "/spec/unschedulable")],
        ("", "namespaces") => &[("status.phase", "/status/phase")],
        ("", "secrets") => &[("type", "/type")],
        ("", "services") => &[("spec.clusterIP", "/spec/clusterIP"), ("spec.type", "/spec/type")],
        ("", "replicationcontrollers") => &[("status.replicas", "/status/replicas")],
        ("apps", "replicasets") => &[("status.replicas", "/status/replicas")],
        ("batch", "jobs") => &[("status.successful", "/status/succeeded")],
        ("certificates.k8s.io", "certificatesigningrequests") => &[("spec.signerName", "/spec/signerName")],
        ("", "events") => &[
            ("involvedObject.kind", "/involvedObject/kind"),
            ("involvedObject.namespace", "/involvedObject/namespace"),
            ("involvedObject.name", "/involvedObject/name"),
            ("involvedObject.uid", "/involvedObject/uid"),
            ("involvedObject.apiVersion", "/involvedObject/apiVersion"),
            ("involvedObject.resourceVersion", "/involvedObject/resourceVersion"),
            ("involvedObject.fieldPath", "/involvedObject/fieldPath"),
            ("reason", "/reason"),
            ("reportingComponent", "/reportingComponent"),
            ("source", "/source/component"),
            ("type", "/type"),
        ],
        ("events.k8s.io", "events") => &[
            ("regarding.kind", "/involvedObject/kind"),
            ("regarding.namespace", "/involvedObject/namespace"),
            ("regarding.name", "/involvedObject/name"),
            ("regarding.uid", "/involvedObject/uid"),
            ("regarding.apiVersion", "/involvedObject/apiVersion"),
            ("regarding.resourceVersion", "/involvedObject/resourceVersion"),
            ("regarding.fieldPath", "/involvedObject/fieldPath"),
            ("reason", "/reason"),
            ("reportingController", "/reportingComponent"),
            ("type", "/type"),
        ],
        _ => return None,
    })
}

/// `selectableFields` of a version of a custom resource: field and pointer.
fn selectable(resource: &Resource, version: &str) -> Vec<(String, String)> {
    resource
        .custom_version(version)
        .map(|version| version.selectable.as_slice())
        .unwrap_or_default()
        .iter()
        .map(|path| {
            let path = path.trim_start_matches('.');
            (path.to_owned(), format!("/{}", path.replace('.', "/")))
        })
        .collect()
}

/// Refuses fields that the kind does not offer.
pub(crate) fn check(resource: &Resource, version: &str, selector: &Fields) -> Result<(), Status> {
    let own = selectable(resource, version);
    let fixed = offered(resource);
    for name in selector.names() {
        if name == "metadata.name" || name == "metadata.namespace" {
            continue;
        }
        if own.iter().any(|(field, _)| field == name)
            || fixed.is_some_and(|fields| fields.iter().any(|(field, _)| *field == name))
        {
            continue;
        }
        let message = if resource.is_custom() || fixed.is_some() {
            format!("field label not supported: {name}")
        } else {
            format!("\"{name}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
        };
        return Err(Status::bad_request(message));
    }
    Ok(())
}

/// The values of a stored object that a selector may ask for.
pub(crate) fn values(resource: &Resource, version: &str, object: &Value) -> BTreeMap<String, String> {
    let mut values = BTreeMap::from([("metadata.name".to_owned(), meta::name(object).to_owned())]);
    if resource.namespaced {
        values.insert("metadata.namespace".to_owned(), meta::namespace(object).to_owned());
    }
    let shown = |value: Option<&Value>| match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    for (field, pointer) in offered(resource).into_iter().flatten() {
        let mut value = shown(object.pointer(pointer));
        if value.is_empty() {
            value = match *field {
                "spec.hostNetwork" | "spec.unschedulable" => "false".to_owned(),
                "status.replicas" | "status.successful" => "0".to_owned(),
                "source" => shown(object.pointer("/reportingComponent")),
                _ => value,
            };
        }
        values.insert((*field).to_owned(), value);
    }
    for (field, pointer) in selectable(resource, version) {
        values.insert(field, shown(object.pointer(&pointer)));
    }
    values
}
