//! Checks the names in the path of a route before anything else looks at them.

use aro_api::{CloudError, Code};
use axum::extract::{RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use crate::fault::Fault;
use crate::router::App;

/// The provider namespace, lower case.
pub(crate) const NAMESPACE: &str = "microsoft.redhatopenshift";
/// The cluster resource type, lower case.
pub(crate) const RESOURCE_TYPE: &str = "openshiftclusters";

pub(crate) async fn layer(
    State(app): State<App>,
    params: Result<RawPathParams, axum::extract::rejection::RawPathParamsRejection>,
    request: Request,
    next: Next,
) -> Response {
    let params = match params {
        Ok(params) => params,
        // A part of the path that is no UTF-8 names nothing.
        Err(_) => return Fault::from(super::super::controllers::unknown_path()).into_response(),
    };
    for (name, value) in &params {
        if let Err(error) = check(name, value, &app.parts.settings.location) {
            return Fault::from(error).into_response();
        }
    }
    next.run(request).await
}

fn check(name: &str, value: &str, location: &str) -> Result<(), CloudError> {
    let shown = value.replace('"', "'");
    let refuse = |code: Code, message: String| Err(CloudError::bad_request(code, "", message));
    match name {
        "subscription" if Uuid::try_parse(value).is_err() => refuse(
            Code::INVALID_SUBSCRIPTION_ID,
            format!("The subscription id '{shown}' is malformed. Use the UUID of the subscription."),
        ),
        "resource_group" if !is_name(value) => refuse(
            Code::RESOURCE_GROUP_NOT_FOUND,
            format!(
                "The resource group '{shown}' cannot exist. Names are up to 90 letters, digits, '-', '_', '.', '(' and \
                 ')', and do not end in '.'."
            ),
        ),
        "namespace" if value != NAMESPACE => refuse(
            Code::INVALID_RESOURCE_NAMESPACE,
            format!("The resource namespace '{shown}' is not served here. Use Microsoft.RedHatOpenShift."),
        ),
        "type" if value != RESOURCE_TYPE => refuse(
            Code::INVALID_RESOURCE_TYPE,
            format!(
                "The resource type '{shown}' does not exist in the namespace Microsoft.RedHatOpenShift. Use \
                 openShiftClusters."
            ),
        ),
        "name" if !is_name(value) => refuse(
            Code::RESOURCE_NOT_FOUND,
            format!(
                "The resource name '{shown}' is malformed. Names are up to 90 letters, digits, '-', '_', '.', '(' and \
                 ')', and do not end in '.'."
            ),
        ),
        "location" if !value.eq_ignore_ascii_case(location) => refuse(
            Code::INVALID_LOCATION,
            format!("The location '{shown}' is not served here. This service serves {location}."),
        ),
        "operation" if Uuid::try_parse(value).is_err() => refuse(
            Code::INVALID_OPERATION_ID,
            format!("The operation id '{shown}' is malformed. Use the link that the service gave."),
        ),
        _ => Ok(()),
    }
}

/// What ARM allows as a resource group name, in lower case; cluster names follow the same rule.
fn is_name(value: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '(' | ')' | '.');
    (1..=90).contains(&value.len()) && value.chars().all(allowed) && !value.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names_follow_arm() {
        for good in ["a", "a.b", "(x)_-1", &"a".repeat(90)] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "a.", "a b", "ü", "a!", "A", &"a".repeat(91)] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
