//! Settings of a new cluster.

use aro_cluster::openshift::kinds;
use kube::api::PostParams;
use serde_json::{Value, json};

use super::{super::context::Cx, FIELD_MANAGER, all, merge};
use crate::{Change, StepError, Verdict};

/// The sources of the operator hub that need Red Hat's pull secret.
const SOURCES: [&str; 4] = [
    "certified-operators",
    "community-operators",
    "redhat-marketplace",
    "redhat-operators",
];

/// Whether the customer gave no pull secret: then nothing that needs Red Hat's registry works.
fn without_pull_secret(cx: &Cx) -> Result<bool, StepError> {
    let stored = &cx.properties().cluster_profile.pull_secret;
    let opened = stored.open(cx.environment.store.sealer(), &cx.document.id)?;
    Ok(opened.trim().is_empty())
}

/// The console says whose it is.
pub(crate) async fn brand_console(cx: Cx) -> Result<Verdict, StepError> {
    let consoles = all(&cx.kube().await?, &kinds::console());
    let change = json!({"spec": {"customization": {"brand": "azure"}}});
    merge(&consoles, "cluster", &change).await?;
    Ok(Change::none().into())
}

/// Samples that could not be pulled are not offered.
pub(crate) async fn disable_samples(cx: Cx) -> Result<Verdict, StepError> {
    if !without_pull_secret(&cx)? {
        return Ok(Change::none().into());
    }
    let samples = all(&cx.kube().await?, &kinds::samples());
    let change = json!({"spec": {"managementState": "Removed"}});
    if !super::merge_if_there(&samples, "cluster", &change).await? {
        let made = serde_json::from_value(json!({
            "apiVersion": "samples.operator.openshift.io/v1", "kind": "Config",
            "metadata": {"name": "cluster"}, "spec": change["spec"],
        }))
        .map_err(|error| StepError::Unexpected(error.to_string()))?;
        let parameters = PostParams {
            field_manager: Some(FIELD_MANAGER.to_owned()),
            ..PostParams::default()
        };
        samples.create(&parameters, &made).await?;
    }
    Ok(Change::none().into())
}

/// Operators that could not be pulled are not offered; sources of somebody else stay.
pub(crate) async fn disable_operator_hub(cx: Cx) -> Result<Verdict, StepError> {
    if !without_pull_secret(&cx)? {
        return Ok(Change::none().into());
    }
    let hubs = all(&cx.kube().await?, &kinds::operator_hub());
    let hub = hubs.get("cluster").await?;
    let known = hub.data.pointer("/spec/sources").and_then(Value::as_array);
    let sources = disabled(known.map(Vec::as_slice).unwrap_or_default());
    // The version says what the list was made from: somebody else's change in between is not lost.
    let change = json!({
        "metadata": {"resourceVersion": hub.metadata.resource_version}, "spec": {"sources": sources},
    });
    merge(&hubs, "cluster", &change).await?;
    Ok(Change::none().into())
}

/// The sources with ours disabled; others are kept in their order.
fn disabled(known: &[Value]) -> Vec<Value> {
    let others = known
        .iter()
        .filter(|source| !SOURCES.iter().any(|name| source["name"] == *name));
    others
        .cloned()
        .chain(SOURCES.iter().map(|name| json!({"name": name, "disabled": true})))
        .collect()
}

/// Nobody is asked for updates until the customer chooses a channel. What was installed from the provider's mirror is from
/// now on what its makers publish: the customer's cluster does not depend on the mirror.
pub(crate) async fn disable_updates(cx: Cx) -> Result<Verdict, StepError> {
    let versions = all(&cx.kube().await?, &kinds::cluster_version());
    let mut change = json!({"spec": {"upstream": null, "channel": null}});
    let hive = cx.environment.config.hive.as_ref();
    if let Some(hive) = hive.filter(|_| cx.properties().hive_profile.created_by_hive) {
        let found = versions.get("version").await?;
        let installed = |name: &str| {
            let text = found.data.pointer("/status/desired")?[name].as_str();
            text.filter(|text| !text.is_empty())
        };
        let known = installed("version").zip(installed("image"));
        let (version, image) = known
            .ok_or_else(|| StepError::NotYet("the cluster does not say yet which version is installed".to_owned()))?;
        // Somebody else's change in between is not lost.
        change["metadata"] = json!({"resourceVersion": found.metadata.resource_version});
        change["spec"]["desiredUpdate"] = json!({
            "version": without_build(version), "image": hive.published(image),
        });
    }
    merge(&versions, "version", &change).await?;
    Ok(Change::none().into())
}

/// A version without what stands for its build.
fn without_build(version: &str) -> &str {
    version.split('+').next().unwrap_or(version)
}

/// The version up to which somebody has checked the identities, for the credentials' operator.
pub(crate) async fn upgrade_annotation(cx: Cx) -> Result<Verdict, StepError> {
    let profile = cx.properties().platform_workload_identity_profile.as_ref();
    let Some(version) = profile.and_then(|profile| profile.upgradeable_to.as_ref()) else {
        return Ok(Change::none().into());
    };
    let credentials = all(&cx.kube().await?, &kinds::cloud_credential());
    let change = json!({"metadata": {"annotations": {"cloudcredential.openshift.io/upgradeable-to": version}}});
    merge(&credentials, "cluster", &change).await?;
    Ok(Change::none().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_of_others_stay_as_they_are() {
        let known = [
            json!({"name": "mine", "disabled": false}),
            json!({"name": "redhat-operators"}),
        ];
        let found = disabled(&known);
        assert_eq!(found.len(), 5);
        assert_eq!(found[0], known[0]);
        assert_eq!(found[4], json!({"name": "redhat-operators", "disabled": true}));
        assert_eq!(disabled(&found), found, "again changes nothing");
    }
}
