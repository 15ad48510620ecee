//! Waiting until parts of the cluster are as they should be.

use aro_api::{CloudError, Code};
use aro_cluster::{
    conditions::{Readiness, look},
    openshift::kinds,
};

use super::{super::context::Cx, all};
use crate::{Change, StepError, Verdict};

pub(super) fn verdict(readiness: Readiness) -> Result<Verdict, StepError> {
    match readiness {
        Readiness::Ready => Ok(Change::none().into()),
        Readiness::NotYet { reason } => Ok(Verdict::not_yet(reason)),
        Readiness::Never { reason } => Err(StepError::Unexpected(reason)),
    }
}

/// The API server answers and is at rest.
pub(crate) async fn api_server(cx: Cx) -> Result<Verdict, StepError> {
    verdict(look::api_server(&cx.kube().await?).await)
}

/// Enough workers run.
pub(crate) async fn workers(cx: Cx) -> Result<Verdict, StepError> {
    match look::workers(&cx.kube().await?).await {
        Readiness::Never { reason } => {
            let text = format!(
                "Azure has no room for the cluster's workers: {} Raise the quota or choose another size or region.",
                crate::failure::quote(&reason)
            );
            let target = "properties.workerProfiles[0].VMSize";
            Err(CloudError::new(500, Code::other("QuotaExceeded"), target, text).into())
        }
        readiness => verdict(readiness),
    }
}

/// The console's settings exist.
pub(crate) async fn console_exists(cx: Cx) -> Result<Verdict, StepError> {
    let consoles = all(&cx.kube().await?, &kinds::console());
    match consoles.get_opt("cluster").await {
        Ok(Some(_)) => Ok(Change::none().into()),
        Ok(None) => Ok(Verdict::not_yet("there is no console yet")),
        Err(error) => Ok(Verdict::not_yet(format!("the console cannot be read: {error}"))),
    }
}

/// The console is at rest.
pub(crate) async fn console(cx: Cx) -> Result<Verdict, StepError> {
    verdict(look::operator(&cx.kube().await?, "console").await)
}

/// The ingress is at rest.
pub(crate) async fn ingress(cx: Cx) -> Result<Verdict, StepError> {
    verdict(look::operator(&cx.kube().await?, "ingress").await)
}

/// The version is complete.
pub(crate) async fn version(cx: Cx) -> Result<Verdict, StepError> {
    verdict(look::version(&cx.kube().await?).await)
}

/// The operators that the steps before have touched are at rest.
pub(crate) async fn settled(cx: Cx) -> Result<Verdict, StepError> {
    verdict(look::settled(&cx.kube().await?).await)
}
