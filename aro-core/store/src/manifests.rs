//! Lists of planned maintenance.

use crate::StoreError;
use crate::backend::Values;
use crate::document::{MaintenanceManifestDocument, OF};
use crate::documents::{Documents, Page};

/// Which pieces of maintenance a list is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManifestScope {
    /// Those of a cluster, named by its resource id in any letter case.
    Cluster(String),
    /// Those that wait for their time.
    Pending,
    /// Those of them that a schedule made, named by its id.
    PendingOfSchedule(String),
}

impl Documents<MaintenanceManifestDocument> {
    /// The maintenance in a scope by id, some at a time.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn page_in(
        &self,
        scope: &ManifestScope,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<MaintenanceManifestDocument>, StoreError> {
        let (key, values) = match scope {
            ManifestScope::Cluster(id) => ("cluster", Values::Prefix(format!("{}{OF}", id.to_lowercase()))),
            ManifestScope::Pending => ("pending", Values::All),
            ManifestScope::PendingOfSchedule(id) => ("pending_of_schedule", Values::Prefix(format!("{id}{OF}"))),
        };
        self.page_of(key, None, values, after, limit).await
    }
}
