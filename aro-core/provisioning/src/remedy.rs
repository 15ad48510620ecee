//! What a customer can do about an error of Azure: the one table.

use aro_api::Code;
use aro_http::AzureError;

/// What an error of Azure becomes, and the advice that goes with it.
pub(crate) struct Remedy {
    /// Azure's code.
    azure: &'static str,
    pub(crate) status: u16,
    pub(crate) code: Code,
    pub(crate) target: &'static str,
    pub(crate) advice: &'static str,
}

const CREDENTIALS: &str = "properties.servicePrincipalProfile";

const fn row(azure: &'static str, status: u16, code: Code, target: &'static str, advice: &'static str) -> Remedy {
    Remedy {
        azure,
        status,
        code,
        target,
        advice,
    }
}

/// Rows in order: the first that fits wins.
static TABLE: &[Remedy] = &[
    row(
        "AADSTS700016",
        400,
        Code::INVALID_SERVICE_PRINCIPAL_CREDENTIALS,
        CREDENTIALS,
        "Check that clientId is the id of an application of the tenant of this subscription and that the application has not \
         been deleted.",
    ),
    row(
        "AADSTS7000215",
        400,
        Code::INVALID_SERVICE_PRINCIPAL_CREDENTIALS,
        CREDENTIALS,
        "Send a valid client secret of the application; the value of the secret is needed, not its id.",
    ),
    row(
        "AADSTS7000222",
        400,
        Code::INVALID_SERVICE_PRINCIPAL_CREDENTIALS,
        CREDENTIALS,
        "The client secret has expired: make a new one for the application and send it.",
    ),
    row(
        "Authorization_IdentityNotFound",
        400,
        Code::INVALID_SERVICE_PRINCIPAL_CREDENTIALS,
        CREDENTIALS,
        "Check that the application has a service principal in the tenant of this subscription.",
    ),
    row(
        "LinkedAuthorizationFailed",
        400,
        Code::INVALID_SERVICE_PRINCIPAL_PERMISSIONS,
        "",
        "Give the principal that Azure names the permission on the linked resource that it names, and try again.",
    ),
    row(
        "AuthorizationFailed",
        400,
        Code::INVALID_RESOURCE_PROVIDER_PERMISSIONS,
        "",
        "Give the principal that Azure names the permission that it names (the role Network Contributor on the virtual \
         network covers what a cluster needs there), and check that no lock or deny assignment stands against it.",
    ),
    row(
        "RequestDisallowedByPolicy",
        400,
        Code::REQUEST_DISALLOWED_BY_POLICY,
        "",
        "Exempt the managed resource group, or the subnets, from the policy that Azure names, and try again.",
    ),
    row(
        "ScopeLocked",
        409,
        Code::SCOPE_LOCKED,
        "",
        "Remove the lock that Azure names, and try again.",
    ),
    row(
        "InUseSubnetCannotBeDeleted",
        400,
        Code::IN_USE_SUBNET_CANNOT_BE_DELETED,
        "",
        "Remove what still uses the subnet, and try again.",
    ),
    row(
        "CannotDeleteLoadBalancerWithPrivateLinkService",
        400,
        Code::CANNOT_DELETE_LOAD_BALANCER_WITH_PRIVATE_LINK_SERVICE,
        "",
        "Delete the private link service that Azure names, and try again.",
    ),
    row(
        "MissingSubscriptionRegistration",
        400,
        Code::RESOURCE_PROVIDER_NOT_REGISTERED,
        "",
        "Register the resource provider that Azure names in the subscription, and try again.",
    ),
    row(
        "SubscriptionNotRegistered",
        400,
        Code::RESOURCE_PROVIDER_NOT_REGISTERED,
        "",
        "Register the resource provider that Azure names in the subscription, and try again.",
    ),
    row(
        "PublicIPCountLimitReached",
        400,
        Code::RESOURCE_QUOTA_EXCEEDED,
        "properties.networkProfile.loadBalancerProfile.managedOutboundIps.count",
        "Ask for a higher limit of public addresses in this region, or delete addresses that are not used.",
    ),
    row(
        "QuotaExceeded",
        400,
        Code::RESOURCE_QUOTA_EXCEEDED,
        "",
        "Ask for more quota of the machine family in this region, or choose another machine size.",
    ),
    row(
        "SkuNotAvailable",
        400,
        Code::INVALID_PARAMETER,
        "",
        "Choose a machine size that is available to the subscription in this region.",
    ),
    row(
        "NotAvailableForSubscription",
        400,
        Code::INVALID_PARAMETER,
        "",
        "Choose a machine size that is available to the subscription in this region.",
    ),
    row(
        "ZonalAllocationFailed",
        400,
        Code::DEPLOYMENT_FAILED,
        "",
        "Azure has no such machines left in a zone at the moment: try again later or choose another machine size.",
    ),
    row(
        "AllocationFailed",
        400,
        Code::DEPLOYMENT_FAILED,
        "",
        "Azure has no such machines left at the moment: try again later or choose another machine size.",
    ),
    row(
        "OSProvisioningTimedOut",
        400,
        Code::DEPLOYMENT_FAILED,
        "",
        "A machine did not come up in time: check that nothing blocks the cluster's way to the internet, and try again.",
    ),
    row(
        "KeyBasedAuthenticationNotPermitted",
        400,
        Code::DEPLOYMENT_FAILED,
        "",
        "Exempt the cluster's storage accounts from the policy that forbids key based access, and try again.",
    ),
    row(
        "SubnetIsFull",
        400,
        Code::INVALID_LINKED_SUBNET,
        "",
        "Free addresses in the subnet or choose a larger one.",
    ),
    row(
        "NetcfgInvalidSubnet",
        400,
        Code::INVALID_LINKED_SUBNET,
        "",
        "Check the range of the subnet, and try again.",
    ),
    row(
        "ReadOnlyDisabledSubscription",
        409,
        Code::INVALID_SUBSCRIPTION_STATE,
        "",
        "The subscription is disabled: enable it, and try again.",
    ),
];

/// The row for what Azure said anywhere in its error, the innermost included.
pub(crate) fn for_azure(error: &AzureError) -> Option<&'static Remedy> {
    if error.is_vm_sku_error() {
        return TABLE
            .iter()
            .find(|row| error.has_code(row.azure))
            .or_else(|| for_code("QuotaExceeded"));
    }
    TABLE.iter().find(|row| {
        error.has_code(row.azure) || (row.azure.starts_with("AADSTS") && error.mentions(&format!("{}:", row.azure)))
    })
}

/// The row for a code alone.
pub(crate) fn for_code(code: &str) -> Option<&'static Remedy> {
    TABLE.iter().find(|row| row.azure == code)
}
