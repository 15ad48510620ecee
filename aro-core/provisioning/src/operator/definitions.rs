//! Definitions of the operator's own kinds: one table says their members.

use serde_json::{Map, Value, json};

/// What a member holds.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Number,
    Switch,
    Texts,
    TextByName,
    Object(&'static [(&'static str, Shape)]),
}

use Shape::{Number, Object, Switch, Text, TextByName, Texts};

/// `spec` of `clusters.aro.openshift.io`.
const CLUSTER: &[(&str, Shape)] = &[
    ("resourceId", Text),
    ("clusterResourceGroupId", Text),
    ("domain", Text),
    ("acrDomain", Text),
    ("azEnvironment", Text),
    ("location", Text),
    ("infraId", Text),
    ("storageSuffix", Text),
    ("architectureVersion", Number),
    ("genevaLogging", Object(&[])),
    ("internetChecker", Object(&[("urls", Texts)])),
    ("vnetId", Text),
    ("apiIntIP", Text),
    ("ingressIP", Text),
    ("gatewayDomains", Texts),
    ("gatewayTelemetryDomain", Text),
    ("gatewayPrivateEndpointIP", Text),
    ("banner", Object(&[("content", Text)])),
    ("serviceSubnets", Texts),
    ("operatorflags", TextByName),
];

/// `spec.nsgFlowLogs` of `previewfeatures.preview.aro.openshift.io`.
const FLOW_LOGS: &[(&str, Shape)] = &[
    ("enabled", Switch),
    ("version", Number),
    ("networkWatcherID", Text),
    ("storageAccountResourceId", Text),
    ("retentionDays", Number),
    ("trafficAnalyticsLogAnalyticsWorkspaceId", Text),
    ("trafficAnalyticsInterval", Text),
];

fn schema(shape: Shape) -> Value {
    match shape {
        Text => json!({"type": "string"}),
        Number => json!({"type": "integer"}),
        Switch => json!({"type": "boolean"}),
        Texts => json!({"type": "array", "items": {"type": "string"}}),
        TextByName => json!({"type": "object", "additionalProperties": {"type": "string"}}),
        Object([]) => json!({"type": "object"}),
        Object(members) => {
            let members: Map<String, Value> = members
                .iter()
                .map(|(name, shape)| ((*name).to_owned(), schema(*shape)))
                .collect();
            json!({"type": "object", "properties": members})
        }
    }
}

/// How conditions are written, with the operator's version; `more` are further members of the status.
fn status(more: &[(&str, Shape)]) -> Value {
    let mut status = schema(Object(&[("operatorVersion", Text)]));
    status["properties"]["conditions"] = json!({"type": "array", "items": {
        "type": "object", "required": ["type"],
        "properties": {
            "type": {"type": "string"}, "status": {"type": "string"}, "reason": {"type": "string"},
            "message": {"type": "string"}, "lastTransitionTime": {"type": "string", "format": "date-time"},
        },
    }});
    for (name, shape) in more {
        status["properties"][*name] = schema(*shape);
    }
    status
}

fn definition(group: &str, kind: &str, plural: &str, spec: &Value, status: &Value) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group, "scope": "Cluster",
            "names": {"kind": kind, "listKind": format!("{kind}List"), "plural": plural, "singular": kind.to_lowercase()},
            "versions": [{
                "name": "v1alpha1", "served": true, "storage": true, "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                    "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"},
                    "spec": spec, "status": status,
                }}},
            }],
        },
    })
}

fn flow_logs() -> Value {
    let mut schema = schema(Object(FLOW_LOGS));
    schema["required"] = json!(["enabled"]);
    let members = &mut schema["properties"];
    members["version"]["enum"] = json!([1, 2]);
    members["version"]["default"] = json!(2);
    members["retentionDays"]["format"] = json!("int32");
    members["retentionDays"]["default"] = json!(90);
    members["trafficAnalyticsInterval"]["enum"] = json!(["60m", "10m"]);
    members["trafficAnalyticsInterval"]["default"] = json!("60m");
    json!({"type": "object", "properties": {"nsgFlowLogs": schema}})
}

/// All definitions.
pub(super) fn all() -> Vec<Value> {
    vec![
        definition(
            "aro.openshift.io",
            "Cluster",
            "clusters",
            &schema(Object(CLUSTER)),
            &status(&[("redHatKeysPresent", Texts)]),
        ),
        definition(
            "preview.aro.openshift.io",
            "PreviewFeature",
            "previewfeatures",
            &flow_logs(),
            &status(&[]),
        ),
    ]
}
