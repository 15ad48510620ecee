//! The operator that the service runs in the cluster.
//!
//! That its pods start anew after a change of their credentials is not lost with a worker: the deployment says from which
//! content of the secret its pods were started, and whoever comes next compares.

use std::{collections::BTreeMap, future::Future, sync::Arc};

use aro_cluster::{
    conditions::look,
    openshift::{ClusterVersion, HistoryEntry, kinds},
};
use aws_lc_rs::digest;
use k8s_openapi::{
    ByteString,
    api::{
        apps::v1::Deployment,
        core::v1::{Pod, Secret},
    },
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{
    Api, Client, ResourceExt as _,
    api::{DynamicObject, ListParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use super::{super::context::Cx, FIELD_MANAGER, all, apply, merge, ready::verdict};
use crate::{
    Change, OperatorRelease, OperatorSubject, StepError, Verdict,
    operator::{self, CLUSTER, CREDENTIALS, FORCE_RECONCILIATION, MASTER, NAMESPACE},
    steps::{
        context::{missing, unset},
        dns, registry,
    },
};

/// How often what comes within a minute is looked at.
const LOOKS: u32 = 60;
/// Says on the deployment's pods from which credentials they were started.
const STARTED_FROM: &str = "checksum/secret-azure-cloud-credentials";
/// Says to people when they were.
const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

fn release(cx: &Cx) -> Result<Arc<dyn OperatorRelease>, StepError> {
    let release = cx.environment.operator.clone();
    release.ok_or_else(|| unset("an operator (operator.image)"))
}

/// What the operator's objects are made from besides the document.
struct Facts {
    tenant: String,
    domain: String,
    openshift: (u32, u32),
}

impl Facts {
    async fn of(cx: &Cx, client: &Client) -> Result<Self, StepError> {
        let version = Api::<ClusterVersion>::all(client.clone()).get("version").await?;
        Ok(Self {
            tenant: cx.tenant().await?,
            domain: dns::full_domain(cx),
            openshift: openshift(&version.status.history)?,
        })
    }

    fn subject<'a>(&'a self, cx: &'a Cx) -> Result<OperatorSubject<'a>, StepError> {
        Ok(OperatorSubject {
            cluster: cx.cluster(),
            tenant: &self.tenant,
            subscription: cx.subscription()?,
            domain: &self.domain,
            openshift: self.openshift,
        })
    }
}

/// Major and minor of the version that the cluster has come to last.
fn openshift(history: &[HistoryEntry]) -> Result<(u32, u32), StepError> {
    let complete = history.iter().find(|entry| entry.state == "Completed");
    let version = complete
        .or_else(|| history.first())
        .map(|entry| entry.version.as_str())
        .unwrap_or_default();
    let mut numbers = version.split('.').map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Ok((major, minor)),
        _ => Err(StepError::NotYet(
            "the cluster does not say which version it is".to_owned(),
        )),
    }
}

/// Does what the API server may refuse until it, or its garbage collector, knows a kind that was just defined.
async fn once_known<F, R, T>(cx: &Cx, attempt: F) -> Result<T, StepError>
where
    F: Fn() -> R,
    R: Future<Output = Result<T, StepError>>,
{
    let unknown = |error: &StepError| match error {
        StepError::Cluster(error) => matches!(error.answer(), Some((403 | 404 | 409, ..))),
        _ => false,
    };
    for _ in 1..LOOKS {
        match attempt().await {
            Err(error) if unknown(&error) => tracing::debug!(%error, "the API server does not know the kind yet"),
            result => return result,
        }
        tokio::time::sleep(cx.environment.config.pace.cluster_poll).await;
    }
    attempt().await
}

/// Applies a definition, and waits until the API server serves it.
async fn establish(cx: &Cx, client: &Client, definition: &Value) -> Result<(), StepError> {
    let name = apply(client, definition).await?.name_any();
    let definitions = Api::<CustomResourceDefinition>::all(client.clone());
    let mut reason = String::new();
    for _ in 0..LOOKS {
        let status = definitions.get(&name).await?.status.unwrap_or_default();
        let conditions = status.conditions.unwrap_or_default();
        let lacks = ["NamesAccepted", "Established"]
            .into_iter()
            .find(|kind| !conditions.iter().any(|one| one.type_ == *kind && one.status == "True"));
        let Some(lacks) = lacks else { return Ok(()) };
        let said = conditions.into_iter().find(|one| one.type_ == lacks);
        reason = said.and_then(|one| one.message).unwrap_or_default();
        tokio::time::sleep(cx.environment.config.pace.cluster_poll).await;
    }
    Err(StepError::NotYet(format!(
        "the definition {name} is not established. {reason}"
    )))
}

fn clusters(client: &Client) -> Api<DynamicObject> {
    all(client, &kinds::aro_cluster())
}

/// Writes the service's part of the pull secret, which goes with the object `Cluster` where there is one.
pub(super) async fn keep_pull_secret(cx: &Cx, client: &Client, owner: Option<&DynamicObject>) -> Result<(), StepError> {
    let mut object = operator::pull_secret(&registry::pull_secret(cx).await?);
    if let Some(owner) = owner {
        object["metadata"]["ownerReferences"] = json!([{
            "apiVersion": "aro.openshift.io/v1alpha1", "kind": "Cluster", "name": owner.name_any(),
            "uid": owner.uid().unwrap_or_default(), "controller": true, "blockOwnerDeletion": true,
        }]);
    }
    once_known(cx, || apply(client, &object)).await?;
    Ok(())
}

/// The object `Cluster` as it is, where there is one.
pub(super) async fn cluster_object(client: &Client) -> Result<Option<DynamicObject>, StepError> {
    Ok(clusters(client).get_opt(CLUSTER).await?)
}

async fn roll_out(cx: &Cx, with_cluster: bool) -> Result<Verdict, StepError> {
    let (client, release) = (cx.kube().await?, release(cx)?);
    let facts = Facts::of(cx, &client).await?;
    let of = facts.subject(cx)?;
    // Nothing is written unless all can be.
    let objects = release.objects(&of).map_err(|what| missing(&what))?;
    let object = match with_cluster {
        true => Some(release.cluster_object(&of).map_err(|what| missing(&what))?),
        false => None,
    };
    for definition in release.definitions() {
        establish(cx, &client, &definition).await?;
    }
    for object in &objects {
        apply(&client, object).await?;
    }
    let owner = match &object {
        Some(object) => Some(once_known(cx, || apply(&client, object)).await?),
        None => cluster_object(&client).await?,
    };
    keep_pull_secret(cx, &client, owner.as_ref()).await?;
    for workload in release.workloads(&of) {
        apply(&client, &workload).await?;
    }
    Ok(Change::none().into())
}

/// Brings the operator into a new cluster.
pub(crate) async fn install(cx: Cx) -> Result<Verdict, StepError> {
    roll_out(&cx, true).await
}

/// Brings the operator up to date. What tells it its flags is left for later, when the new version runs.
pub(crate) async fn ensure(cx: Cx) -> Result<Verdict, StepError> {
    roll_out(&cx, false).await
}

/// Tells the operator what the document says.
pub(crate) async fn sync(cx: Cx) -> Result<Verdict, StepError> {
    let (client, release) = (cx.kube().await?, release(&cx)?);
    let facts = Facts::of(&cx, &client).await?;
    let object = release
        .cluster_object(&facts.subject(&cx)?)
        .map_err(|what| missing(&what))?;
    let owner = apply(&client, &object).await?;
    keep_pull_secret(&cx, &client, Some(&owner)).await?;
    Ok(Change::none().into())
}

async fn force(cx: &Cx, value: &str) -> Result<Verdict, StepError> {
    let change = json!({"spec": {"operatorflags": {FORCE_RECONCILIATION: value}}});
    merge(&clusters(&cx.kube().await?), CLUSTER, &change).await?;
    Ok(Change::none().into())
}

/// Lets the operator make changes that reboot nodes: nothing runs on a new cluster yet.
pub(crate) async fn enable_reconciliation(cx: Cx) -> Result<Verdict, StepError> {
    force(&cx, "true").await
}

/// From now on such changes wait for an upgrade.
pub(crate) async fn disable_reconciliation(cx: Cx) -> Result<Verdict, StepError> {
    force(&cx, "false").await
}

/// Its deployments run.
pub(crate) async fn ready(cx: Cx) -> Result<Verdict, StepError> {
    let client = cx.kube().await?;
    for name in release(&cx)?.deployments() {
        let readiness = look::deployment(&client, NAMESPACE, name).await;
        if !readiness.is_ready() {
            return verdict(readiness);
        }
    }
    Ok(Change::none().into())
}

/// Deployments and pods are of the version that is wanted.
pub(crate) async fn runs_desired_version(cx: Cx) -> Result<Verdict, StepError> {
    let (client, release) = (cx.kube().await?, release(&cx)?);
    let wanted = release.version(cx.cluster());
    let deployments = Api::<Deployment>::namespaced(client.clone(), NAMESPACE);
    let pods = Api::<Pod>::namespaced(client, NAMESPACE);
    for name in release.deployments() {
        let deployment = deployments.get_opt(name).await?;
        let labelled = deployment.as_ref().and_then(|one| one.labels().get("version"));
        if labelled != Some(&wanted) {
            let found = labelled.map_or("no version", String::as_str);
            return Ok(Verdict::not_yet(format!(
                "the deployment {name} is of {found}, not {wanted}"
            )));
        }
        let mut running = pods
            .list(&ListParams::default().labels(&format!("app={name}")))
            .await?
            .items;
        running.retain(|pod| pod.metadata.deletion_timestamp.is_none());
        if running.is_empty() {
            return Ok(Verdict::not_yet(format!("the deployment {name} has no pods")));
        }
        for pod in &running {
            let container = pod.spec.as_ref().and_then(|spec| spec.containers.first());
            let found = operator::tag(container.and_then(|one| one.image.as_deref()).unwrap_or_default());
            if found != wanted {
                let pod = pod.name_any();
                return Ok(Verdict::not_yet(format!("the pod {pod} runs {found}, not {wanted}")));
            }
        }
    }
    Ok(Change::none().into())
}

/// A digest of a secret's content.
fn checksum(data: &BTreeMap<String, ByteString>) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for (name, value) in data {
        for part in [name.as_bytes(), b": ", &value.0, b"\n"] {
            context.update(part);
        }
    }
    context
        .finish()
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Starts the pods that reach Azure anew, where their credentials have changed since they were started. Pods wait by
/// themselves for credentials that are not there at all.
pub(crate) async fn restart_master(cx: Cx) -> Result<Verdict, StepError> {
    let client = cx.kube().await?;
    let secrets = Api::<Secret>::namespaced(client.clone(), NAMESPACE);
    let deployments = Api::<Deployment>::namespaced(client, NAMESPACE);
    let Some(deployment) = deployments.get_opt(MASTER).await? else {
        return Ok(Change::none().into());
    };
    let Some(secret) = secrets.get_opt(CREDENTIALS).await? else {
        return Ok(Change::none().into());
    };
    let now = checksum(&secret.data.unwrap_or_default());
    let template = deployment.spec.and_then(|spec| spec.template.metadata);
    let started_from = template.and_then(|metadata| metadata.annotations?.remove(STARTED_FROM));
    if started_from.as_ref() == Some(&now) {
        return Ok(Change::none().into());
    }
    let time = cx
        .now
        .format(&Rfc3339)
        .map_err(|error| StepError::Unexpected(error.to_string()))?;
    let change = json!({"spec": {"template": {"metadata": {"annotations": {STARTED_FROM: now, RESTARTED_AT: time}}}}});
    let parameters = PatchParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PatchParams::default()
    };
    deployments.patch(MASTER, &parameters, &Patch::Merge(&change)).await?;
    Ok(Change::none().into())
}

/// The operator runs again, where the cluster has one.
pub(crate) async fn restarted(cx: Cx) -> Result<Verdict, StepError> {
    let deployments = Api::<Deployment>::namespaced(cx.kube().await?, NAMESPACE);
    if deployments.get_opt(MASTER).await?.is_none() {
        tracing::warn!("the cluster has no operator yet; maintenance brings one");
        return Ok(Change::none().into());
    }
    ready(cx).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_last_one_that_was_completed() {
        let entry = |state: &str, version: &str| HistoryEntry {
            state: state.to_owned(),
            version: version.to_owned(),
        };
        let of = |history: &[HistoryEntry]| openshift(history).ok();
        assert_eq!(
            of(&[entry("Partial", "4.11.0"), entry("Completed", "4.10.9")]),
            Some((4, 10))
        );
        assert_eq!(of(&[entry("Partial", "4.11.0")]), Some((4, 11)));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn a_checksum_tells_keys_and_values_apart() {
        let data = |key: &str, value: &str| BTreeMap::from([(key.to_owned(), ByteString(value.as_bytes().to_vec()))]);
        assert_eq!(checksum(&data("a", "b")), checksum(&data("a", "b")));
        assert_ne!(checksum(&data("a", "b")), checksum(&data("a", "c")));
        assert_eq!(checksum(&BTreeMap::new()).len(), 64);
    }
}
