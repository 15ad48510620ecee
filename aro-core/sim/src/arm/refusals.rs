//! How providers word their refusals.

use super::error::ArmError;
use super::id::ArmPath;
use super::registry::{Dialect, Kind};
use super::shape::Problem;

/// Codes of providers that have their own word for what is missing.
const OWN_WORDS: [(&str, &str); 6] = [
    ("Microsoft.Authorization/roleAssignments", "RoleAssignmentNotFound"),
    ("Microsoft.Authorization/roleDefinitions", "RoleDefinitionDoesNotExist"),
    ("Microsoft.Authorization/denyAssignments", "DenyAssignmentNotFound"),
    ("Microsoft.Authorization/locks", "LockNotFound"),
    ("Microsoft.Authorization/policyAssignments", "PolicyAssignmentNotFound"),
    ("Microsoft.Authorization/policyDefinitions", "PolicyDefinitionNotFound"),
];

pub(crate) fn not_found(path: &ArmPath, kind: &Kind) -> ArmError {
    if let Some((_, code)) = OWN_WORDS.iter().find(|(name, _)| *name == kind.name) {
        return ArmError::new(404, *code, format!("{} '{}' does not exist.", kind.name, path.name()));
    }
    match (&path.group, kind.dialect, path.types.len()) {
        (Some(_), Dialect::Network | Dialect::Dns, 2..) => {
            ArmError::new(404, "NotFound", format!("Resource {} not found.", path.text))
        }
        (Some(group), _, _) => ArmError::new(
            404,
            "ResourceNotFound",
            format!(
                "The Resource '{}/{}' under resource group '{group}' was not found. For more details please go to \
                 https://aka.ms/ARMResourceNotFoundFix",
                kind.name,
                path.names.join("/")
            ),
        ),
        (None, _, _) => ArmError::new(
            404,
            "ResourceNotFound",
            format!("The Resource '{}' was not found.", path.text),
        ),
    }
}

pub(crate) fn parent_missing(parent: &ArmPath) -> ArmError {
    ArmError::new(
        404,
        "ParentResourceNotFound",
        format!(
            "Can not perform requested operation on nested resource. Parent resource '{}' not found.",
            parent.names.join("/")
        ),
    )
}

pub(crate) fn busy(kind: &Kind, operation: &str) -> ArmError {
    match kind.dialect {
        Dialect::Network => ArmError::new(
            409,
            "AnotherOperationInProgress",
            format!(
                "Another operation on this or dependent resource is in progress. Please retry later. Operation: \
                 {operation}."
            ),
        ),
        Dialect::Compute => ArmError::new(
            409,
            "OperationNotAllowed",
            "The request cannot be performed because another operation is in progress on the resource. Please retry later.",
        ),
        Dialect::Storage => ArmError::new(
            409,
            "StorageAccountOperationInProgress",
            "An operation is currently performing on this storage account that requires exclusive access. Please retry later.",
        ),
        Dialect::Plain | Dialect::Dns => ArmError::new(
            409,
            "Conflict",
            "Another operation on the resource is in progress. Please retry later.",
        ),
    }
}

pub(crate) fn active(path: &ArmPath) -> ArmError {
    ArmError::new(
        409,
        "DeploymentActive",
        format!(
            "The deployment with resource id '{}' cannot be saved, because this would overwrite an existing deployment \
             which is still active. Please see https://aka.ms/arm-deploy for usage details.",
            path.text
        ),
    )
}

pub(crate) fn refuse(problem: &Problem, kind: &Kind, path: &ArmPath) -> ArmError {
    let model = super::id::last(kind.name);
    match (kind.dialect, problem) {
        (Dialect::Network, Problem::Unknown { path: at, member }) => {
            ArmError::bad("InvalidRequestFormat", "Cannot parse the request.").detail(
                "InvalidJson",
                format!("Could not find member '{member}' on object of type '{model}'. Path '{at}', line 1."),
            )
        }
        (Dialect::Network, Problem::Missing { path: at }) if at.ends_with(".id") => {
            ArmError::bad("InvalidRequestFormat", "Cannot parse the request.").detail(
                "MissingJsonReferenceId",
                format!("Value for reference id is missing. Path {at}."),
            )
        }
        (Dialect::Network, Problem::Missing { path: at }) => {
            ArmError::bad("InvalidRequestFormat", "Cannot parse the request.").detail(
                "InvalidRequestFormat",
                format!(
                    "Required property '{}' not found in JSON. Path '{at}', line 1.",
                    super::id::last(&at.replace('.', "/"))
                ),
            )
        }
        (Dialect::Network, Problem::WrongType { path: at, wanted }) => {
            ArmError::bad("InvalidRequestFormat", "Cannot parse the request.").detail(
                "InvalidJson",
                format!("Error converting value to {wanted}. Path '{at}', line 1."),
            )
        }
        (Dialect::Compute, Problem::Unknown { path: at, member }) => ArmError::bad(
            "BadRequest",
            format!("Could not find member '{member}' on object of type '{model}'. Path '{at}', line 1."),
        )
        .target(at.clone()),
        (Dialect::Compute, Problem::Missing { path: at }) => ArmError::bad(
            "InvalidParameter",
            format!("Required parameter '{at}' is missing (null)."),
        )
        .target(at.clone()),
        (Dialect::Storage, Problem::Missing { path: at }) => ArmError::bad(
            "InvalidValuesForRequestParameters",
            format!("Values for request parameters are invalid: {at}."),
        ),
        (_, Problem::Unknown { path: at, member }) => ArmError::bad(
            "InvalidRequestContent",
            format!(
                "The request content was invalid and could not be deserialized: 'Could not find member '{member}' on \
                 object of type '{model}'. Path '{at}', line 1.'."
            ),
        ),
        (_, Problem::Missing { path: at }) => ArmError::bad(
            "InvalidRequestContent",
            format!(
                "The request content was invalid: required property '{at}' of '{}' is missing.",
                path.name()
            ),
        ),
        (_, Problem::WrongType { path: at, wanted }) => ArmError::bad(
            "InvalidRequestContent",
            format!("The request content was invalid: '{at}' must be a JSON {wanted}."),
        ),
    }
}
