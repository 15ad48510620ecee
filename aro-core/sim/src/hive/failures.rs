//! Failures of installations: on order, and as Hive names what it finds in an installer's log.

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::arm::error::ArmError;

/// How an installation can be ordered to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub enum InstallFailure {
    /// A policy has turned off the keys of the cluster's storage account.
    KeyBasedAuthenticationNotPermitted,
    /// A policy forbids the machines.
    RequestDisallowedByPolicy,
    /// The template with the machines is refused.
    InvalidTemplateDeployment,
    /// There is no room for the machines in a zone.
    ZonalAllocationFailed,
    /// A machine's operating system does not come up.
    OsProvisioningTimedOut,
    /// The bootstrap machine never ends its work: nothing that Azure would explain.
    BootstrapTimedOut,
}

impl InstallFailure {
    /// What the installer meets.
    pub(crate) fn error(self, account: &str) -> ArmError {
        let deployment = |code: &str, message: &str| {
            ArmError::new(
                409,
                "DeploymentFailed",
                "At least one resource deployment operation failed. Please list deployment operations for details. Please see \
                 https://aka.ms/arm-deployment-operations for usage details.",
            )
            .detail(code, message)
        };
        let template = |code: &str, message: &str| {
            ArmError::bad(
                "InvalidTemplateDeployment",
                "The template deployment failed with multiple errors. Please see details for more information.",
            )
            .detail(code, message)
        };
        match self {
            Self::KeyBasedAuthenticationNotPermitted => ArmError::new(
                403,
                "KeyBasedAuthenticationNotPermitted",
                format!("HEAD https://{account}.blob.core.windows.net/aro/graph"),
            ),
            Self::RequestDisallowedByPolicy => template(
                "RequestDisallowedByPolicy",
                "Resource 'master-0' was disallowed by policy. Policy identifiers: '[{\"policyAssignment\":{\"name\":\"no-machines\"}}]'.",
            ),
            Self::InvalidTemplateDeployment => template(
                "SkuNotAvailable",
                "The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: Standard_D8s_v3' is \
                 currently not available in location 'eastus'.",
            ),
            Self::ZonalAllocationFailed => deployment(
                "ZonalAllocationFailed",
                "Allocation failed. We do not have sufficient capacity for the requested VM size in this zone.",
            ),
            Self::OsProvisioningTimedOut => deployment(
                "OSProvisioningTimedOut",
                "OS Provisioning for VM 'master-0' did not finish in the allotted time.",
            ),
            Self::BootstrapTimedOut => ArmError::new(
                500,
                "BootstrapTimedOut",
                "failed to wait for bootstrapping to complete: timed out waiting for the condition",
            ),
        }
    }
}

/// What Hive is set up to find in logs: the reason and the pattern, in order of priority.
static REASONS: LazyLock<Vec<(&'static str, Option<Regex>)>> = LazyLock::new(|| {
    [
        (
            "AzureKeyBasedAuthenticationNotPermitted",
            r"(?s)cluster[a-z0-9]{10}.*KeyBasedAuthenticationNotPermitted",
        ),
        (
            "AzureRequestDisallowedByPolicy",
            r#""code":\s*"InvalidTemplateDeployment".*"code":\s*"RequestDisallowedByPolicy""#,
        ),
        (
            "AzureInvalidTemplateDeployment",
            r#""code":\s*"InvalidTemplateDeployment""#,
        ),
        (
            "AzureZonalAllocationFailed",
            r#""code":\s*"DeploymentFailed".*"code":\s*"ZonalAllocationFailed""#,
        ),
        (
            "AzureOSProvisioningTimedOut",
            r#""code":\s*"DeploymentFailed".*"code":\s*"OSProvisioningTimedOut""#,
        ),
    ]
    .map(|(reason, pattern)| (reason, Regex::new(pattern).ok()))
    .to_vec()
});

/// The reason that Hive gives for a log.
pub(super) fn reason(log: &str) -> &'static str {
    let found = REASONS
        .iter()
        .find(|(_, pattern)| pattern.as_ref().is_some_and(|pattern| pattern.is_match(log)));
    found.map_or("UnknownError", |(reason, _)| reason)
}

/// The log of an installer that has met an error of Azure.
pub(super) fn log(error: &Value) -> String {
    let step = "[AuthorizationRetryingAction installer.(*manager).deployResourceTemplate-fm]";
    let begin = format!("level=info msg=running step {step}\n");
    let end = "level=fatal msg=failed to create cluster\n";
    let text = |name: &str| error[name].as_str().unwrap_or_default();
    let told = match text("code") {
        // An answer of the blob service, which has no body.
        code @ "KeyBasedAuthenticationNotPermitted" => format!(
            "level=error msg={}\nlevel=error msg=RESPONSE 403: 403 Key based authentication is not permitted on this storage \
             account.\nlevel=error msg=ERROR CODE: {code}\nlevel=error msg=Response contained no body\n",
            text("message")
        ),
        "InvalidTemplateDeployment" | "DeploymentFailed" => deployment(error),
        "BootstrapTimedOut" | "InternalServerError" => format!("level=error msg={}\n", text("message")),
        // What a resource is refused with, a deployment of it is refused with.
        _ => deployment(&json!({
            "code": "InvalidTemplateDeployment",
            "message": "The template deployment failed with multiple errors. Please see details for more information.",
            "details": [error],
        })),
    };
    format!("{begin}{told}{end}")
}

fn deployment(error: &Value) -> String {
    format!(
        "level=error msg=step encountered error: 400: DeploymentFailed: : Deployment failed. Details: : : {error}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_is_found_by_its_own_reason() {
        for (failure, expected) in [
            (
                InstallFailure::KeyBasedAuthenticationNotPermitted,
                "AzureKeyBasedAuthenticationNotPermitted",
            ),
            (
                InstallFailure::RequestDisallowedByPolicy,
                "AzureRequestDisallowedByPolicy",
            ),
            (
                InstallFailure::InvalidTemplateDeployment,
                "AzureInvalidTemplateDeployment",
            ),
            (InstallFailure::ZonalAllocationFailed, "AzureZonalAllocationFailed"),
            (InstallFailure::OsProvisioningTimedOut, "AzureOSProvisioningTimedOut"),
            (InstallFailure::BootstrapTimedOut, "UnknownError"),
        ] {
            assert_eq!(reason(&log(&failure.error("cluster0123456789").body())), expected);
        }
        let refused = ArmError::new(403, "RequestDisallowedByPolicy", "Policy x.").body();
        assert_eq!(reason(&log(&refused)), "AzureRequestDisallowedByPolicy");
        assert_eq!(reason(""), "UnknownError");
    }
}
