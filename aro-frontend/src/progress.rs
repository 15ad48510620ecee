//! How far a running operation is.

use aro_api::view::OperationProgress;
use aro_store::ClusterDocument;

/// Reads from the record of a cluster's running plan how far it is.
pub trait ProgressReader: Send + Sync + 'static {
    /// `None` where nothing is known, for example before the first step.
    fn read(&self, document: &ClusterDocument) -> Option<OperationProgress>;
}

/// Reads the record with the plans of the backend.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlanProgress;

impl ProgressReader for PlanProgress {
    fn read(&self, document: &ClusterDocument) -> Option<OperationProgress> {
        let status = aro_provisioning::status(document)?;
        Some(OperationProgress {
            percent_complete: status.percent,
            step: status.step,
            steps_done: status.done,
            steps_total: status.total,
        })
    }
}

/// Knows nothing: the status of an operation shows its state only.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl ProgressReader for NoProgress {
    fn read(&self, _: &ClusterDocument) -> Option<OperationProgress> {
        None
    }
}
