//! When a cluster can be written, deleted or asked for its credentials, and what state a write brings it into.

use crate::error::{CloudError, Code};
use crate::model::{Cluster, MaintenanceState, MaintenanceTask, ProvisioningState};

/// Whether a PUT or PATCH may begin: no operation is running, and the last one did not leave a torso.
///
/// # Errors
/// 400 `RequestNotAllowed`.
pub fn check_state_for_write(cluster: &Cluster) -> Result<(), CloudError> {
    check_terminal(cluster)?;
    let properties = &cluster.properties;
    let torso = matches!(
        properties.failed_provisioning_state,
        ProvisioningState::Creating | ProvisioningState::Deleting
    );
    if properties.provisioning_state == ProvisioningState::Failed && torso {
        return Err(refused(format!(
            "The cluster cannot be changed because {} it failed. Delete it and create it again.",
            doing(&properties.failed_provisioning_state)
        )));
    }
    Ok(())
}

/// Whether a DELETE may begin: no operation is running.
///
/// # Errors
/// 400 `RequestNotAllowed`.
pub fn check_state_for_delete(cluster: &Cluster) -> Result<(), CloudError> {
    check_terminal(cluster)
}

/// Whether there are credentials to give: the cluster was created and is not being deleted.
///
/// # Errors
/// 400 `RequestNotAllowed`.
pub fn check_state_for_credentials(cluster: &Cluster) -> Result<(), CloudError> {
    let properties = &cluster.properties;
    let state = match properties.provisioning_state {
        ProvisioningState::Failed => &properties.failed_provisioning_state,
        ref state => state,
    };
    match state {
        ProvisioningState::Creating | ProvisioningState::Deleting => Err(refused(format!(
            "There are no credentials for a cluster in provisioning state '{}' that is or was being {}.",
            properties.provisioning_state,
            if *state == ProvisioningState::Creating {
                "created"
            } else {
                "deleted"
            }
        ))),
        _ => Ok(()),
    }
}

fn check_terminal(cluster: &Cluster) -> Result<(), CloudError> {
    let state = &cluster.properties.provisioning_state;
    if state.is_terminal() {
        return Ok(());
    }
    Err(refused(format!(
        "The request is not allowed while the cluster is in provisioning state '{}'. Send it again when the running \
         operation has ended.",
        state.as_str().replace('"', "'")
    )))
}

fn doing(state: &ProvisioningState) -> &'static str {
    if *state == ProvisioningState::Creating {
        "creating"
    } else {
        "deleting"
    }
}

fn refused(message: String) -> CloudError {
    CloudError::new(400, Code::REQUEST_NOT_ALLOWED, "", message)
}

/// An update of the customer begins.
pub(super) fn begin_update(cluster: &mut Cluster) {
    let properties = &mut cluster.properties;
    properties.last_provisioning_state =
        std::mem::replace(&mut properties.provisioning_state, ProvisioningState::Updating);
}

/// An update of the service begins, or only a word about maintenance is said.
pub(super) fn begin_admin_update(cluster: &mut Cluster) {
    let properties = &mut cluster.properties;
    let said = match properties.maintenance_task {
        MaintenanceTask::Pending => MaintenanceState::Pending,
        MaintenanceTask::None => MaintenanceState::None,
        MaintenanceTask::CustomerActionNeeded => MaintenanceState::CustomerActionNeeded,
        _ => {
            properties.last_provisioning_state =
                std::mem::replace(&mut properties.provisioning_state, ProvisioningState::AdminUpdating);
            properties.last_admin_update_error.clear();
            properties.maintenance_state = match properties.maintenance_state {
                MaintenanceState::Pending => MaintenanceState::Planned,
                _ => MaintenanceState::Unplanned,
            };
            return;
        }
    };
    properties.maintenance_state = said;
    properties.maintenance_task = MaintenanceTask::Unset;
}
