//! Planned maintenance in the admin API.

use super::Method;
use crate::error::CloudError;
use crate::model::MaintenanceManifest;
use crate::resource::change::changed;
use crate::resource::merge::merge;
use crate::version::ApiVersion;

/// Reads a piece of maintenance, which is sent as a whole.
///
/// # Errors
/// 400 `InvalidRequestContent` when the body cannot be read.
pub fn read_manifest(body: &[u8]) -> Result<MaintenanceManifest, CloudError> {
    let mut manifest = MaintenanceManifest::default();
    merge(&mut manifest, ApiVersion::admin(), Method::Put, body)?;
    Ok(manifest)
}

/// Checks a piece of maintenance after defaults were filled in. What is there already cannot be changed.
///
/// # Errors
/// 400 `InvalidParameter` for a task or a time that is missing, `PropertyChangeNotAllowed` for a change to `current`.
pub fn check_manifest(manifest: &MaintenanceManifest, current: Option<&MaintenanceManifest>) -> Result<(), CloudError> {
    for (name, missing) in [
        ("maintenanceTaskID", manifest.maintenance_task_id.is_empty()),
        ("runAfter", manifest.run_after == 0),
        ("runBefore", manifest.run_before == 0),
    ] {
        if missing {
            let message = format!("The member '{name}' must be provided. Add it and send the request again.");
            return Err(CloudError::invalid_parameter(name, message));
        }
    }
    match current.and_then(|current| changed(manifest, current, ApiVersion::admin())) {
        Some(path) => Err(CloudError::property_change_not_allowed(path)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn required_members_come_before_changes() {
        let full = br#"{"id":"i","maintenanceTaskID":"t","runAfter":5,"runBefore":6,"priority":2}"#;
        let stored = read_manifest(full).unwrap();
        assert!(check_manifest(&stored, None).is_ok());
        assert!(check_manifest(&stored, Some(&stored)).is_ok());
        let mut other = stored.clone();
        other.priority = 0;
        assert_eq!(check_manifest(&other, Some(&stored)).unwrap_err().target, "priority");
        other.run_before = 0;
        assert_eq!(check_manifest(&other, Some(&stored)).unwrap_err().target, "runBefore");
        assert!(read_manifest(br#"{"priority":1.5}"#).is_err());
    }
}
