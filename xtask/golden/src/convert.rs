//! `convert`: what versions show, what requests make of a cluster, defaults, the stored form, and small rules.

pub(crate) mod admin;
pub(crate) mod deviations;
pub(crate) mod recorded;
mod small_rules;
mod text;

use aro_api::model::{Cluster, OpenShiftVersion, PlatformWorkloadIdentityRoleSet};
use aro_api::request::{self, Conversion, Method, Secrets};
use aro_api::resource::Node;
use aro_api::secret::InTheClear;
use aro_api::{ApiVersion, CloudError, stored, view};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::case::Context;
use crate::compare::result;

/// The document of recorded clusters; their secrets are in the clear, so it does not matter.
const DOCUMENT: &str = "document";

/// What this product makes of a case, in the form in which the outcome was recorded.
pub(crate) fn run(case: &Value, context: &Context) -> Value {
    outcome(case, context).unwrap_or_else(|fault| json!({ "fault": fault }))
}

fn outcome(case: &Value, context: &Context) -> Result<Value, String> {
    let op = case["op"].as_str().unwrap_or_default();
    if let Some(rule) = op.strip_prefix("helper.") {
        return small_rules::run(rule, &case["args"]["value"]);
    }
    let input = &case["in"];
    let knowing = Conversion {
        flags: None,
        secrets: Some(Secrets {
            sealer: &InTheClear,
            document: DOCUMENT,
        }),
    };
    let version = || ApiVersion::parse(case["apiVersion"].as_str().unwrap_or_default()).ok_or("unknown version");
    match op {
        "toExternal" => Ok(text(view::cluster(&read(input)?, version()?))),
        "toExternalNoReadOnly" => Ok(text(view::writable_part(&read(input)?, version()?))),
        "toExternalList" => {
            let next_link = case.pointer("/args/nextLink").and_then(Value::as_str);
            Ok(text(view::cluster_list(
                &read_all::<Cluster>(input)?,
                version()?,
                next_link,
            )))
        }
        "toExternalThenToInternalOverEmpty" => {
            let known = view::known_part(&read(input)?, version()?);
            // Whether a request could say this; what comes of it is the known part itself.
            let shown = view::cluster(&known, version()?);
            Ok(
                match request::convert(&Cluster::default(), version()?, Method::Patch, &shown, knowing) {
                    Ok(_) => json!({ "out": write(&known)? }),
                    refused => converted(refused),
                },
            )
        }
        "credentials" => {
            let password = read::<Cluster>(input)?.properties.kubeadmin_password;
            let password = password
                .open(&InTheClear, DOCUMENT)
                .map_err(|error| error.to_string())?;
            Ok(text(view::credentials(Some(&password), version()?)))
        }
        "adminKubeconfig" => {
            let kubeconfig = read::<Cluster>(input)?.properties.user_admin_kubeconfig;
            let kubeconfig = kubeconfig
                .open(&InTheClear, DOCUMENT)
                .map_err(|error| error.to_string())?;
            Ok(text(view::admin_credentials(Some(&kubeconfig), version()?)))
        }
        "operationList" => {
            let list: Value = serde_json::from_slice(&view::operations()).map_err(|error| error.to_string())?;
            // The texts are compared where the whole service answers.
            let count = list["value"].as_array().map_or(0, Vec::len);
            Ok(json!({ "outText": format!("{count} operations") }))
        }
        "createMerge" => Ok(converted(request::convert(
            &new_cluster(),
            version()?,
            Method::Patch,
            &body(case),
            knowing,
        ))),
        "putMerge" | "patchMerge" => {
            let method = if op == "putMerge" { Method::Put } else { Method::Patch };
            let current = current(case, context)?;
            Ok(converted(request::convert(
                &current,
                version()?,
                method,
                &body(case),
                knowing,
            )))
        }
        "version.toExternal" => Ok(text(view::openshift_version(&read(input)?, version()?))),
        "version.toExternalList" => Ok(text(view::openshift_versions(
            &read_all::<OpenShiftVersion>(input)?,
            version()?,
        ))),
        "roleSet.toExternal" => Ok(text(view::role_set(&read(input)?, version()?))),
        "roleSet.toExternalList" => Ok(text(view::role_sets(
            &read_all::<PlatformWorkloadIdentityRoleSet>(input)?,
            version()?,
        ))),
        "setDefaults" => {
            let mut cluster = read::<Cluster>(input)?;
            let flags = case["args"]["defaultOperatorFlags"]
                .as_object()
                .cloned()
                .unwrap_or_default();
            let flags = flags
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default()));
            request::set_defaults(&mut cluster, &flags.collect::<Vec<_>>());
            Ok(json!({ "out": write(&cluster)? }))
        }
        "codec.decodeThenEncode" => codec(&case["args"]["text"]),
        other => Err(format!("nothing runs {other}")),
    }
}

/// The stored form, read and written. Only the cluster inside of a document is ours to read.
fn codec(text: &Value) -> Result<Value, String> {
    let text = text.as_str().unwrap_or_default();
    let mut document: Map<String, Value> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match document.get("openShiftCluster") {
        None => {}
        Some(Value::Null) => {
            document.remove("openShiftCluster");
        }
        Some(cluster) => match stored::from_json::<Cluster>(cluster) {
            Ok(cluster) => {
                document.insert("openShiftCluster".to_owned(), write(&cluster)?);
            }
            Err(error) => return Ok(json!({ "result": internal(&error.to_string()) })),
        },
    }
    Ok(json!({ "out": document }))
}

fn internal(error: &str) -> Value {
    json!({"ok": false, "statusCode": 500, "code": "InternalServerError", "target": "", "internalError": error})
}

/// A new cluster before the body is looked at.
fn new_cluster() -> Cluster {
    let mut cluster = Cluster::default();
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/resourceGroup/providers/\
     Microsoft.RedHatOpenShift/openShiftClusters/resourceName"
        .clone_into(&mut cluster.id);
    "resourceName".clone_into(&mut cluster.name);
    "Microsoft.RedHatOpenShift/openShiftClusters".clone_into(&mut cluster.r#type);
    cluster.properties.provisioning_state = aro_api::model::ProvisioningState::Succeeded;
    cluster
}

fn current(case: &Value, context: &Context) -> Result<Cluster, String> {
    let name = case["args"]["currentRef"].as_str().unwrap_or_default();
    read(
        context
            .documents
            .get(name)
            .ok_or_else(|| format!("unknown document {name}"))?,
    )
}

fn body(case: &Value) -> Vec<u8> {
    let raw = case.get("rawBody").or_else(|| case.pointer("/args/rawBody"));
    match (raw, case.pointer("/args/bodyBase64")) {
        (Some(Value::String(raw)), _) => raw.clone().into_bytes(),
        (_, Some(Value::String(encoded))) => STANDARD.decode(encoded).unwrap_or_default(),
        _ => case["in"].to_string().into_bytes(),
    }
}

fn read<T: Node + Default>(value: &Value) -> Result<T, String> {
    stored::from_json(value).map_err(|error| error.to_string())
}

fn read_all<T: Node + Default>(values: &Value) -> Result<Vec<T>, String> {
    values.as_array().into_iter().flatten().map(read).collect()
}

fn write<T: Node>(resource: &T) -> Result<Value, String> {
    stored::to_json(resource, &InTheClear, DOCUMENT).map_err(|error| error.to_string())
}

fn text(bytes: Vec<u8>) -> Value {
    let text = String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned();
    text::taken_apart(&text)
}

fn converted(made: Result<Cluster, CloudError>) -> Value {
    match made.as_ref().map(write) {
        Ok(Ok(out)) => json!({ "out": out }),
        Ok(Err(fault)) => json!({ "fault": fault }),
        Err(error) => json!({ "result": result(Err(error)) }),
    }
}
