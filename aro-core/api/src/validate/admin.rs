//! Rules of the admin API.

use crate::model::{Cluster, MaintenanceTask};
use crate::validate::text::quoted;
use crate::{CloudError, Code};

/// Checks what an admin PATCH may set. The admin API changes clusters and never makes them.
///
/// # Errors
/// Status 400: `RequestNotAllowed` without a current cluster, `InvalidParameter` for an unknown maintenance task.
pub fn check_cluster(merged: &Cluster, current: Option<&Cluster>) -> Result<(), CloudError> {
    if current.is_none() {
        let message = "The admin API cannot create clusters. Use the customer's API.";
        return Err(CloudError::bad_request(Code::REQUEST_NOT_ALLOWED, "", message));
    }
    let task = &merged.properties.maintenance_task;
    if let MaintenanceTask::Other(word) = task {
        return Err(CloudError::invalid_parameter(
            "properties.maintenanceTask",
            format!(
                "The maintenance task {} is invalid. Use one of: {}.",
                quoted(word),
                MaintenanceTask::WORDS.join(", ")
            ),
        ));
    }
    Ok(())
}
