//! The storage accounts of a cluster, after they were made.

use aro_azure::{blob::BlobClient, resources::Deployment, storage::StorageAccount};
use time::Duration;

use super::{
    base,
    context::Cx,
    template::{self, Storage},
};
use crate::{Change, StepError, Verdict};

/// Name of the deployment; no other plan uses it.
const DEPLOYMENT: &str = "aro-storage";
/// How long a signature for the blobs of a cluster is good.
const SIGNATURE: Duration = Duration::hours(1);

/// Brings the firewalls of both accounts up to date: subnets of the provider, and of the cluster, come and go. How they
/// encrypt cannot be changed and is not written.
pub(crate) async fn migrate(cx: Cx) -> Result<Verdict, StepError> {
    let arm = cx.arm().await?;
    let subnets = base::storage_subnets(&cx, &arm).await?;
    let location = cx.cluster().location.to_lowercase();
    let resources = template::storage(&Storage {
        suffix: cx.storage_suffix()?,
        location: &location,
        subnets: &subnets,
        shared_keys: !cx.cluster().uses_workload_identity(),
        new: false,
    });
    let id = cx.managed("Microsoft.Resources/deployments", DEPLOYMENT)?;
    match arm.put(&id, &Deployment::of(resources)).await {
        Ok(_) => Ok(Change::none().into()),
        Err(error) if error.is_deployment_active() => Ok(Verdict::not_yet(
            "an earlier deployment of the storage accounts is still running",
        )),
        Err(error) => Err(error.into()),
    }
}

/// The blobs of the cluster's storage account, to read them: by a role where the account's keys open nothing, else by a
/// signature that is good for an hour.
pub(crate) async fn blobs(cx: &Cx) -> Result<BlobClient, StepError> {
    let arm = cx.arm().await?;
    let account = format!("cluster{}", cx.storage_suffix()?);
    let id = cx.managed("Microsoft.Storage/storageAccounts", &account)?;
    let found: StorageAccount = arm.get(&id).await?;
    let place = found.blob_endpoint().and_then(|place| place.parse().ok());
    let place = place.ok_or_else(|| {
        StepError::Unexpected(format!(
            "the storage account {account} does not say where its blobs are"
        ))
    })?;
    let azure = &cx.environment.azure;
    if cx.cluster().uses_workload_identity() {
        return Ok(azure.blobs(&place, cx.first_party().await?, &cx.operation));
    }
    let signature = arm.account_signature(&id, "o", "r", cx.now + SIGNATURE).await?;
    let signature = signature.ok_or_else(|| StepError::Unexpected("Azure gave no signature for blobs".to_owned()))?;
    Ok(azure.blobs_with_signature(&place, signature.to_string(), &cx.operation))
}
