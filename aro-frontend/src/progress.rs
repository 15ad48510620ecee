//! How far a running operation is.

use aro_api::view::OperationProgress;
use aro_store::ClusterDocument;

/// Reads from the record of a cluster's running plan how far it is.
pub trait ProgressReader: Send + Sync + 'static {
    /// `None` where nothing is known, for example before the first step.
    fn read(&self, document: &ClusterDocument) -> Option<OperationProgress>;
}

/// Knows nothing: the status of an operation shows its state only.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl ProgressReader for NoProgress {
    fn read(&self, _: &ClusterDocument) -> Option<OperationProgress> {
        None
    }
}
