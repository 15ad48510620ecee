//! What is done inside the cluster, through its API server.
//!
//! What is written is a patch of the members that change, so that what others have written stays; a patch that changes
//! nothing is no change for the cluster either.

pub(crate) mod credentials;
pub(crate) mod facts;
pub(crate) mod identities;
pub(crate) mod machine_config;
pub(crate) mod operator;
mod pair;
pub(crate) mod pull_secret;
pub(crate) mod ready;
pub(crate) mod serving;
pub(crate) mod settings;
pub(crate) mod storage;

use kube::{
    Api, Client,
    api::{DynamicObject, Patch, PatchParams},
    core::{ApiResource, GroupVersionKind},
};
use serde_json::Value;

use crate::StepError;

/// Who is said to have written what the service writes.
const FIELD_MANAGER: &str = "aro-rp";

/// Says on a secret that what reads it has yet to start anew.
const PENDING: &str = "aro.openshift.io/roll-out-pending";

/// Objects of a kind that live in no namespace.
fn all(client: &Client, kind: &ApiResource) -> Api<DynamicObject> {
    Api::all_with(client.clone(), kind)
}

/// Changes members of an object.
async fn merge(api: &Api<DynamicObject>, name: &str, change: &Value) -> Result<(), StepError> {
    let parameters = PatchParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PatchParams::default()
    };
    api.patch(name, &parameters, &Patch::Merge(change)).await?;
    Ok(())
}

/// As [`merge`], where the object need not exist. Whether it does.
async fn merge_if_there(api: &Api<DynamicObject>, name: &str, change: &Value) -> Result<bool, StepError> {
    if api.get_opt(name).await?.is_none() {
        return Ok(false);
    }
    merge(api, name, change).await?;
    Ok(true)
}

/// Applies an object: what it says is so, what others have written besides stays.
async fn apply(client: &Client, object: &Value) -> Result<DynamicObject, StepError> {
    let text = |member: &Value| member.as_str().unwrap_or_default().to_owned();
    let version = text(&object["apiVersion"]);
    let (group, version) = version.split_once('/').unwrap_or(("", &version));
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, &text(&object["kind"])));
    let api = match object["metadata"]["namespace"].as_str() {
        Some(namespace) => Api::<DynamicObject>::namespaced_with(client.clone(), namespace, &kind),
        None => all(client, &kind),
    };
    let parameters = PatchParams::apply(FIELD_MANAGER).force();
    let name = text(&object["metadata"]["name"]);
    Ok(api.patch(&name, &parameters, &Patch::Apply(object)).await?)
}
