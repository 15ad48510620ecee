//! Planned maintenance in the admin API.

use super::Method;
use crate::calendar;
use crate::error::CloudError;
use crate::model::{MaintenanceManifest, MaintenanceSchedule, MaintenanceSelector};
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
        Some(change) => Err(CloudError::property_change_not_allowed(change.path)),
        None => Ok(()),
    }
}

/// Reads a schedule, which is sent as a whole.
///
/// # Errors
/// 400 `InvalidRequestContent` when the body cannot be read.
pub fn read_schedule(body: &[u8]) -> Result<MaintenanceSchedule, CloudError> {
    let mut schedule = MaintenanceSchedule::default();
    merge(&mut schedule, ApiVersion::admin(), Method::Put, body)?;
    Ok(schedule)
}

/// Checks a schedule. Of one that is there, id and task cannot be changed.
///
/// # Errors
/// 400 `InvalidParameter` for what is missing or malformed, `PropertyChangeNotAllowed` for a change to `current`.
pub fn check_schedule(schedule: &MaintenanceSchedule, current: Option<&MaintenanceSchedule>) -> Result<(), CloudError> {
    let required = |name: &str, missing: bool| {
        let message = format!("The member '{name}' must be provided. Add it and send the request again.");
        if missing {
            Err(CloudError::invalid_parameter(name, message))
        } else {
            Ok(())
        }
    };
    required("maintenanceTaskID", schedule.maintenance_task_id.is_empty())?;
    if schedule.look_forward_count < 0 {
        let message = "The member 'lookForwardCount' is negative. Use 0 or more.";
        return Err(CloudError::invalid_parameter("LookForwardCount", message));
    }
    required("schedule", schedule.schedule.is_empty())?;
    required("scheduleAcross", schedule.schedule_across.is_empty())?;
    if !calendar::is_span(&schedule.schedule_across) {
        let message = "The member 'scheduleAcross' is no span of time. Use numbers with units, as '24h' or '1h30m'.";
        return Err(CloudError::invalid_parameter("scheduleAcross", message));
    }
    required("selectors", schedule.selectors.is_empty())?;
    for (index, selector) in schedule.selectors.iter().enumerate() {
        check_selector(index, selector)?;
    }
    if let Err(malformed) = calendar::check(&schedule.schedule) {
        let message = format!(
            "The member 'schedule' cannot be read: {malformed}. Use the form 'Mon,Thu 2026-*-* 02:15', where minutes are \
             quarter hours and weekdays may be left out."
        );
        return Err(CloudError::invalid_parameter("schedule", message));
    }
    match current.and_then(|current| changed(schedule, current, ApiVersion::admin())) {
        Some(change) => Err(CloudError::property_change_not_allowed(change.path)),
        None => Ok(()),
    }
}

/// A selector compares with one value or with a list, never with both.
fn check_selector(index: usize, selector: &MaintenanceSelector) -> Result<(), CloudError> {
    let fault = |member: &str, message: &str| {
        Err(CloudError::invalid_parameter(
            format!("selectors[{index}].{member}"),
            message,
        ))
    };
    let (one, many) = (!selector.value.is_empty(), !selector.values.is_empty());
    match selector.operator.as_str() {
        "in" | "notin" if !many => fault("values", "The operators 'in' and 'notin' need 'values'. Give a list."),
        "in" | "notin" if one => fault("value", "The operators 'in' and 'notin' have no 'value'. Leave it out."),
        "in" | "notin" => Ok(()),
        "eq" if !one => fault("value", "The operator 'eq' needs a 'value'. Give one."),
        "eq" if many => fault("values", "The operator 'eq' has no 'values'. Leave them out."),
        "eq" => Ok(()),
        _ => fault(
            "operator",
            "The operator of the selector is not known. Use 'eq', 'in' or 'notin'.",
        ),
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

    fn verdict(body: &str) -> String {
        match read_schedule(body.as_bytes()).and_then(|schedule| check_schedule(&schedule, None)) {
            Ok(()) => "ok".to_owned(),
            Err(error) => error.target,
        }
    }

    #[test]
    fn schedules_are_checked_in_order() {
        let body = |schedule: &str, across: &str, selector: &str| {
            format!(
                r#"{{"maintenanceTaskID":"t","schedule":"{schedule}","scheduleAcross":"{across}","selectors":[{selector}]}}"#
            )
        };
        let eq = r#"{"key":"k","operator":"eq","value":"v"}"#;
        assert_eq!(verdict(&body("*-*-* 0:0", "24h", eq)), "ok");
        assert_eq!(verdict("{}"), "maintenanceTaskID");
        assert_eq!(
            verdict(r#"{"maintenanceTaskID":"t","lookForwardCount":-1}"#),
            "LookForwardCount"
        );
        assert_eq!(verdict(&body("", "24h", eq)), "schedule");
        assert_eq!(verdict(&body("*-*-* 0:0", "", eq)), "scheduleAcross");
        assert_eq!(verdict(&body("*-*-* 0:0", "24", eq)), "scheduleAcross");
        assert_eq!(verdict(&body("*-*-* 0:0", "24h", "")), "selectors");
        assert_eq!(
            verdict(&body("x", "24h", r#"{"operator":"ne"}"#)),
            "selectors[0].operator"
        );
        assert_eq!(
            verdict(&body("x", "24h", r#"{"operator":"in","value":"v"}"#)),
            "selectors[0].values"
        );
        assert_eq!(
            verdict(&body("x", "24h", r#"{"operator":"notin","value":"v","values":["v"]}"#)),
            "selectors[0].value"
        );
        assert_eq!(verdict(&body("x", "24h", r#"{"operator":"eq"}"#)), "selectors[0].value");
        assert_eq!(
            verdict(&body("x", "24h", r#"{"operator":"eq","value":"v","values":["v"]}"#)),
            "selectors[0].values"
        );
        assert_eq!(verdict(&body("x", "24h", eq)), "schedule");
    }

    #[test]
    fn of_a_schedule_only_id_and_task_stay() {
        let full = r#"{"id":"i","maintenanceTaskID":"t","schedule":"*-*-* 0:0","scheduleAcross":"24h",
            "selectors":[{"key":"k","operator":"eq","value":"v"}]}"#;
        let stored = read_schedule(full.as_bytes()).unwrap();
        let mut other = stored.clone();
        other.look_forward_count = 3;
        other.schedule_across = "1h".into();
        assert!(check_schedule(&other, Some(&stored)).is_ok());
        other.maintenance_task_id = "u".into();
        assert_eq!(
            check_schedule(&other, Some(&stored)).unwrap_err().target,
            "maintenanceTaskID"
        );
    }
}
