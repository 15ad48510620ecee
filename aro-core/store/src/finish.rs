//! How the work on a cluster ends.
//!
//! The operation is finalised before the cluster is released, in one batch with it. On an engine without atomic
//! batches a worker may die in between: then the work is repeated and the operation finalised again.

use std::sync::Arc;

use aro_api::CloudErrorBody;
use aro_api::model::{Cluster, MaintenanceTask, ProvisioningState};
use time::OffsetDateTime;

use crate::backend::{Address, LeaseChange, Write};
use crate::core::Core;
use crate::document::{AsyncOperationDocument, ClusterDocument, Stored};
use crate::leased::Leased;
use crate::{StoreError, secrets};

/// How often the end is written again after somebody else has written to the cluster or its operation.
const RACES: usize = 5;

/// The end of an operation on a cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// State of the cluster from now on.
    pub state: ProvisioningState,
    /// What the operation failed at, as shown with a failed cluster; unset after a success.
    pub failed_state: ProvisioningState,
    /// Status of the operation. That of an admin update may differ from the state of the cluster.
    pub status: ProvisioningState,
    /// What the client is told if the operation failed.
    pub error: Option<CloudErrorBody>,
    /// Text for `lastAdminUpdateError`; `None` leaves it as it is.
    pub last_admin_update_error: Option<String>,
}

impl Outcome {
    /// All went well.
    #[must_use]
    pub fn succeeded() -> Self {
        Self {
            state: ProvisioningState::Succeeded,
            failed_state: ProvisioningState::Unset,
            status: ProvisioningState::Succeeded,
            error: None,
            last_admin_update_error: None,
        }
    }

    /// The operation that began in `failed_state` failed.
    #[must_use]
    pub fn failed(failed_state: ProvisioningState, error: CloudErrorBody) -> Self {
        Self {
            state: ProvisioningState::Failed,
            failed_state,
            status: ProvisioningState::Failed,
            error: Some(error),
            last_admin_update_error: None,
        }
    }
}

impl Leased<ClusterDocument> {
    /// Ends the operation: its status, the state of the cluster, the removal of progress and the release of the lease
    /// in one batch. `amend` changes what else belongs to the end, such as removing the mark of a running
    /// installation; it may run several times. An operation that has expired is no obstacle.
    ///
    /// # Errors
    /// `LeaseLost`, `Conflict`, `Invalid`, `Unavailable`. After the last it may be repeated; `LeaseLost` then means that
    /// it took place or that another worker is at it.
    pub async fn finish(
        &self,
        outcome: &Outcome,
        mut amend: impl FnMut(&mut ClusterDocument) + Send,
    ) -> Result<Arc<Stored<ClusterDocument>>, StoreError> {
        let core = self.core();
        let _turn = self.turn().await;
        for _ in 0..=RACES {
            let current = self.stored();
            let mut next = Stored::clone(&current);
            let operation_id = std::mem::take(&mut next.document.async_operation_id);
            amend(&mut next.document);
            end(&mut next.document, outcome);

            let mut batch = Vec::with_capacity(2);
            let cluster = Some(&next.document.cluster);
            batch.extend(
                self.finalise(&operation_id, &outcome.status, outcome.error.as_ref(), cluster)
                    .await?,
            );
            let release = LeaseChange::Release {
                token: self.token().to_owned(),
                rest: std::time::Duration::ZERO,
            };
            let next = core.prepare_replace(next, release)?;
            batch.push(next.write.clone());
            match core.write(batch).await {
                Ok(written) => return Ok(self.keep(next.done(written.last()))),
                Err(error) => self.again_after(error, &current).await?,
            }
        }
        Err(self.overtaken())
    }

    /// Ends a deletion: the operation has succeeded and the cluster's document is gone, in one batch.
    ///
    /// # Errors
    /// `LeaseLost`, `Unavailable`. After the last it may be repeated; `LeaseLost` then means that it took place or
    /// that another worker is at it.
    pub async fn finish_removed(&self) -> Result<(), StoreError> {
        let core = self.core();
        let _turn = self.turn().await;
        for _ in 0..=RACES {
            let current = self.stored();
            let operation_id = &current.document.async_operation_id;
            let mut batch = Vec::with_capacity(2);
            batch.extend(
                self.finalise(operation_id, &ProvisioningState::Succeeded, None, None)
                    .await?,
            );
            batch.push(Core::delete(&current, Some(self.token().to_owned())));
            match core.write(batch).await {
                Ok(_) => return Ok(()),
                Err(error) => self.again_after(error, &current).await?,
            }
        }
        Err(self.overtaken())
    }

    /// The write that ends the operation, unless there is none to end.
    async fn finalise(
        &self,
        operation_id: &str,
        status: &ProvisioningState,
        error: Option<&CloudErrorBody>,
        cluster: Option<&Cluster>,
    ) -> Result<Option<Write>, StoreError> {
        if operation_id.is_empty() {
            return Ok(None);
        }
        let core = self.core();
        let address = Address {
            partition: operation_id.to_owned(),
            id: operation_id.to_owned(),
        };
        let mut stored = match core.read::<AsyncOperationDocument>(&address).await {
            Ok(Some(stored)) => stored,
            Ok(None) => return Ok(None),
            // A damaged operation must not keep the cluster from ending its own.
            Err(error @ StoreError::Corrupt { .. }) => {
                tracing::error!(error = %error, "an operation cannot be finalised");
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let now: OffsetDateTime = core.backend.now().await?;
        let operation = &mut stored.document.async_operation;
        operation.status = status.clone();
        operation.end_time = Some(now);
        operation.error = error.cloned();
        stored.document.openshift_cluster = cluster.map(without_secrets);
        core.prepare_replace(stored, LeaseChange::Untouched)
            .map(|prepared| Some(prepared.write))
    }

    /// `Ok` if the end should be written again on what is there now.
    async fn again_after(&self, error: StoreError, current: &Stored<ClusterDocument>) -> Result<(), StoreError> {
        match error {
            // Either document may be the one that has changed or, for the operation, expired meanwhile.
            StoreError::PreconditionFailed { .. } | StoreError::NotFound { .. } => self.read_again(current).await,
            error => Err(error),
        }
    }
}

fn end(document: &mut ClusterDocument, outcome: &Outcome) {
    document.lease = None;
    document.dequeues = 0;
    document.progress = None;
    document.async_operation_id.clear();
    document.correlation_data = Default::default();
    let properties = &mut document.cluster.properties;
    properties.provisioning_state = outcome.state.clone();
    properties.failed_provisioning_state = outcome.failed_state.clone();
    properties.last_provisioning_state = ProvisioningState::Unset;
    properties.maintenance_task = MaintenanceTask::Unset;
    if let Some(text) = &outcome.last_admin_update_error {
        properties.last_admin_update_error.clone_from(text);
    }
}

/// The copy that the result of the operation shows. Nobody opens secrets there, so there are none.
fn without_secrets(cluster: &Cluster) -> Cluster {
    let mut copy = cluster.clone();
    secrets::clear(&mut copy);
    copy
}
