//! Hive's kinds, as its API documents them (hive.openshift.io/v1).
//!
//! What Hive's admission webhook refuses is written here as rules of the schema: the specification of a ClusterDeployment
//! does not change but for a few members.

use serde_json::{Map, Value, json};

pub(super) const GROUP: &str = "hive.openshift.io";

fn text() -> Value {
    json!({"type": "string"})
}

fn flag() -> Value {
    json!({"type": "boolean"})
}

fn number() -> Value {
    json!({"type": "integer"})
}

fn any() -> Value {
    json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})
}

fn many(items: &Value) -> Value {
    json!({"type": "array", "items": items})
}

/// An object; members whose name ends in `!` are required.
fn object(members: &[(&str, Value)]) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, schema) in members {
        let bare = name.trim_end_matches('!');
        if bare.len() != name.len() {
            required.push(bare);
        }
        properties.insert(bare.to_owned(), schema.clone());
    }
    let mut schema = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn reference() -> Value {
    object(&[("name", text())])
}

fn conditions() -> Value {
    many(&object(&[
        ("type!", text()),
        ("status!", text()),
        ("reason", text()),
        ("message", text()),
        ("lastProbeTime", json!({"type": "string", "format": "date-time"})),
        ("lastTransitionTime", json!({"type": "string", "format": "date-time"})),
    ]))
}

fn cluster_deployment() -> Value {
    let provisioning = object(&[
        ("installConfigSecretRef", reference()),
        ("releaseImage", text()),
        ("installerImageOverride", text()),
        ("imageSetRef", object(&[("name!", text())])),
        ("manifestsConfigMapRef", reference()),
        ("manifestsSecretRef", reference()),
        ("sshPrivateKeySecretRef", reference()),
        ("sshKnownHosts", many(&text())),
        (
            "installerEnv",
            many(&object(&[("name!", text()), ("value", text()), ("valueFrom", any())])),
        ),
    ]);
    let azure = object(&[
        ("credentialsSecretRef!", reference()),
        ("region!", text()),
        ("baseDomainResourceGroupName", text()),
        ("cloudName", text()),
    ]);
    let metadata = object(&[
        ("clusterID!", text()),
        ("infraID!", text()),
        ("adminKubeconfigSecretRef!", reference()),
        ("adminPasswordSecretRef", reference()),
        ("platform", any()),
    ]);
    let mut spec = object(&[
        ("clusterName!", text()),
        ("baseDomain!", text()),
        ("platform!", object(&[("azure", azure), ("aws", any()), ("gcp", any())])),
        ("pullSecretRef", reference()),
        ("preserveOnDelete", flag()),
        (
            "controlPlaneConfig",
            object(&[
                ("servingCertificates", any()),
                ("apiURLOverride", text()),
                ("apiServerIPOverride", text()),
            ]),
        ),
        ("ingress", many(&any())),
        ("certificateBundles", many(&any())),
        ("manageDNS", flag()),
        ("clusterMetadata", metadata),
        ("installed", flag()),
        ("provisioning", provisioning),
        ("clusterInstallRef", any()),
        ("clusterPoolRef", any()),
        (
            "powerState",
            json!({"type": "string", "enum": ["", "Running", "Hibernating"]}),
        ),
        ("hibernateAfter", text()),
        ("installAttemptsLimit", number()),
        ("boundServiceAccountSigningKeySecretRef", reference()),
    ]);
    let unchanged = |member: &str, required: bool| {
        let rule = if required {
            format!("self.{member} == oldSelf.{member}")
        } else {
            format!(
                "has(self.{member}) == has(oldSelf.{member}) && (!has(self.{member}) || self.{member} == oldSelf.{member})"
            )
        };
        json!({"rule": rule, "message": format!("Attempted to change ClusterDeployment.Spec.{member} which is immutable")})
    };
    spec["x-kubernetes-validations"] = json!([
        unchanged("clusterName", true),
        unchanged("baseDomain", true),
        unchanged("platform", true),
        unchanged("provisioning", false),
        unchanged("manageDNS", false),
    ]);
    let status = object(&[
        ("installRestarts", number()),
        ("apiURL", text()),
        ("webConsoleURL", text()),
        ("installerImage", text()),
        ("installVersion", text()),
        ("cliImage", text()),
        ("conditions", conditions()),
        ("certificateBundles", many(&any())),
        ("installStartedTimestamp", text()),
        ("installedTimestamp", text()),
        ("provisionRef", reference()),
        ("powerState", text()),
        ("platformStatus", any()),
    ]);
    root(&spec, &status)
}

fn cluster_provision() -> Value {
    let spec = object(&[
        ("clusterDeploymentRef!", reference()),
        ("podSpec!", any()),
        ("attempt!", number()),
        (
            "stage!",
            json!({"type": "string", "enum": ["initializing", "provisioning", "complete", "failed"]}),
        ),
        ("clusterID", text()),
        ("infraID", text()),
        ("installLog", text()),
        ("metadata", any()),
        ("adminKubeconfigSecretRef", reference()),
        ("adminPasswordSecretRef", reference()),
        ("prevClusterID", text()),
        ("prevInfraID", text()),
        ("prevProvisionName", text()),
    ]);
    root(&spec, &object(&[("jobRef", reference()), ("conditions", conditions())]))
}

fn cluster_image_set() -> Value {
    root(&object(&[("releaseImage!", text())]), &any())
}

fn root(spec: &Value, status: &Value) -> Value {
    object(&[
        ("apiVersion", text()),
        ("kind", text()),
        ("metadata", json!({"type": "object"})),
        ("spec", spec.clone()),
        ("status", status.clone()),
    ])
}

/// All definitions.
pub(super) fn definitions() -> Vec<Value> {
    let column = |name: &str, path: &str| json!({"name": name, "type": "string", "jsonPath": path});
    vec![
        definition(
            ("ClusterDeployment", "clusterdeployments", "Namespaced", &["cd"]),
            &cluster_deployment(),
            &[
                column("InfraID", ".spec.clusterMetadata.infraID"),
                column("Platform", ".metadata.labels.hive\\.openshift\\.io/cluster-platform"),
                column("Region", ".metadata.labels.hive\\.openshift\\.io/cluster-region"),
                column("ProvisionStatus", ".status.conditions[?(@.type=='Provisioned')].reason"),
            ],
        ),
        definition(
            ("ClusterProvision", "clusterprovisions", "Namespaced", &[]),
            &cluster_provision(),
            &[
                column("ClusterDeployment", ".spec.clusterDeploymentRef.name"),
                column("Stage", ".spec.stage"),
                column("InfraID", ".spec.infraID"),
            ],
        ),
        definition(
            ("ClusterImageSet", "clusterimagesets", "Cluster", &["imgset"]),
            &cluster_image_set(),
            &[column("Release", ".spec.releaseImage")],
        ),
    ]
}

fn definition(names: (&str, &str, &str, &[&str]), schema: &Value, columns: &[Value]) -> Value {
    let (kind, plural, scope, short) = names;
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{GROUP}")},
        "spec": {
            "group": GROUP, "scope": scope,
            "names": {
                "kind": kind, "listKind": format!("{kind}List"), "plural": plural, "singular": kind.to_lowercase(),
                "shortNames": short,
            },
            "versions": [{
                "name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema},
                "subresources": {"status": {}}, "additionalPrinterColumns": columns,
            }],
        },
    })
}
