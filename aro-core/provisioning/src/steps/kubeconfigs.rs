//! The kubeconfigs of a cluster: made after the installation, and made anew before they end.

use aro_api::SecretBytes;
use aro_cluster::{Graph, GraphError, Identity, Kubeconfig, KubeconfigError, kubeconfig};

use super::{context::Cx, install};
use crate::{Change, StepError, Verdict};

/// One kubeconfig for each of `identities`, in their order. Keys are made where blocking is allowed.
async fn issue(cx: &Cx, graph: Graph, identities: &'static [Identity]) -> Result<Vec<SecretBytes>, StepError> {
    let (settings, now) = (cx.environment.config.cluster.kubeconfig.clone(), cx.now);
    let work = move || -> Result<Vec<SecretBytes>, GraphError> {
        let (admin, signer) = (graph.admin_kubeconfig()?, graph.admin_signer()?);
        let issue = |identity: &Identity| {
            let made = kubeconfig::issue(*identity, &admin, &signer, &settings, now)?;
            bytes(&made)
        };
        Ok(identities.iter().map(issue).collect::<Result<_, _>>()?)
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| StepError::Unexpected(format!("making kubeconfigs was given up: {error}")))?
        .map_err(unusable)
}

fn bytes(kubeconfig: &Kubeconfig) -> Result<SecretBytes, KubeconfigError> {
    Ok(SecretBytes::new(kubeconfig.to_yaml()?.as_bytes()))
}

fn unusable(error: GraphError) -> StepError {
    StepError::Unexpected(error.to_string())
}

/// Makes all of them.
pub(crate) async fn generate(cx: Cx) -> Result<Verdict, StepError> {
    let graph = install::graph(&cx).await?;
    let admin = graph.admin_kubeconfig().map_err(unusable)?;
    let admin = bytes(&admin).map_err(|error| unusable(error.into()))?;
    let made = issue(&cx, graph, &[Identity::Service, Identity::Sre, Identity::User]).await?;
    let [service, sre, user] = made.as_slice() else {
        return Err(StepError::Unexpected("three kubeconfigs were asked for".to_owned()));
    };
    let (service, sre, user) = (service.clone(), sre.clone(), user.clone());
    Ok(Change::document(move |document| {
        let properties = &mut document.cluster.properties;
        properties.admin_kubeconfig = admin.clone();
        properties.aro_service_kubeconfig = service.clone();
        properties.aro_sre_kubeconfig = sre.clone();
        properties.user_admin_kubeconfig = user.clone();
    })
    .into())
}

/// Makes the customer's anew when it must be.
pub(crate) async fn fix_user(cx: Cx) -> Result<Verdict, StepError> {
    let stored = &cx.properties().user_admin_kubeconfig;
    let stored = stored.open(cx.environment.store.sealer(), &cx.document.id)?;
    let Some(reason) = kubeconfig::renewal(&stored, cx.now) else {
        return Ok(Change::none().into());
    };
    tracing::info!(?reason, "the customer's kubeconfig is made anew");
    let graph = install::graph(&cx).await?;
    let user = issue(&cx, graph, &[Identity::User]).await?.remove(0);
    Ok(Change::document(move |document| {
        document.cluster.properties.user_admin_kubeconfig = user.clone();
    })
    .into())
}

/// Makes the engineers' where there is none.
pub(crate) async fn fix_sre(cx: Cx) -> Result<Verdict, StepError> {
    if !cx.properties().aro_sre_kubeconfig.is_empty() {
        return Ok(Change::none().into());
    }
    let graph = install::graph(&cx).await?;
    let sre = issue(&cx, graph, &[Identity::Sre]).await?.remove(0);
    Ok(Change::document(move |document| document.cluster.properties.aro_sre_kubeconfig = sre.clone()).into())
}
