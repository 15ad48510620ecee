//! What a customer can do about an error of Azure: the one table.

use aro_api::Code;
use aro_http::AzureError;

/// What errors of Azure become, and the advice that goes with them.
pub(crate) struct Remedy {
    /// Azure's codes, as its services send them; and the reasons of installers, which have a prefix of their own.
    azure: &'static [&'static str],
    pub(crate) status: u16,
    pub(crate) code: Code,
    pub(crate) target: &'static str,
    pub(crate) advice: &'static str,
}

const CREDENTIALS: &str = "properties.servicePrincipalProfile";
const IDENTITIES: &str = "properties.platformWorkloadIdentityProfile";
const OUTBOUND: &str = "properties.networkProfile.loadBalancerProfile.managedOutboundIps.count";

const fn row(
    azure: &'static [&'static str],
    status: u16,
    code: Code,
    target: &'static str,
    advice: &'static str,
) -> Remedy {
    Remedy {
        azure,
        status,
        code,
        target,
        advice,
    }
}

/// Rows in order: who calls, what is forbidden, what the subscription lacks, what is used up, what is in the way, what is
/// malformed, what passes. Codes are those that Azure publishes; each group says where.
static TABLE: &[Remedy] = &[
    // === who calls ===
    // AADSTS…: learn.microsoft.com/entra/identity-platform/reference-error-codes. The others are Microsoft Graph's, and ARM's
    // for a token of another tenant.
    row(
        &["AADSTS700016", "AADSTS7000229", "AADSTS7000112"],
        400,
        Code::INVALID_SERVICE_PRINCIPAL_CREDENTIALS,
        CREDENTIALS,
        "Check that clientId is the id of an application of the tenant of this subscription, that the application has a \
         service principal there, and that it has not been deleted or disabled.",
    ),
    row(
        &["AADSTS7000215", "AADSTS7000216", "AADSTS7000218"],
        400,
        Code::INVALID_SERVICE_PRINCIPAL_CREDENTIALS,
        CREDENTIALS,
        "Send a valid client secret of the application; the value of the secret is needed, not its id.",
    ),
    row(
        &["AADSTS7000222"],
        400,
        Code::INVALID_SERVICE_PRINCIPAL_CREDENTIALS,
        CREDENTIALS,
        "The client secret has expired. Send a new one: az ad app credential reset makes it.",
    ),
    row(
        &["AADSTS53003", "AADSTS53000", "AADSTS50076", "AADSTS50079"],
        400,
        Code::INVALID_SERVICE_PRINCIPAL_CREDENTIALS,
        CREDENTIALS,
        "Exempt the application from the conditional access policy that keeps it from signing in.",
    ),
    row(
        &["AADSTS90002", "AADSTS900023"],
        400,
        Code::INVALID_SERVICE_PRINCIPAL_CREDENTIALS,
        CREDENTIALS,
        "Check that the subscription is still in the tenant that it was registered with, and that the tenant exists.",
    ),
    row(
        &["AADSTS70021", "AADSTS700211", "AADSTS700212", "AADSTS700213"],
        400,
        Code::PLATFORM_WORKLOAD_IDENTITY_CONTAINS_INVALID_CREDENTIAL,
        IDENTITIES,
        "Check the federated credentials of the platform identities: issuer, subject and audience must be those of the \
         cluster. An update of the cluster makes them again.",
    ),
    row(
        &["AADSTS500011", "AADSTS650057", "AADSTS65001"],
        400,
        Code::INVALID_RESOURCE_PROVIDER_PERMISSIONS,
        "",
        "Check that the resource provider is registered in the subscription (az provider register --namespace \
         Microsoft.RedHatOpenShift --wait): that makes its application known in the tenant.",
    ),
    row(
        &["Authorization_IdentityNotFound", "Request_ResourceNotFound"],
        400,
        Code::INVALID_SERVICE_PRINCIPAL_CREDENTIALS,
        CREDENTIALS,
        "Check that the application has a service principal in the tenant of this subscription.",
    ),
    row(
        &["Authorization_RequestDenied"],
        400,
        Code::INVALID_SERVICE_PRINCIPAL_CREDENTIALS,
        CREDENTIALS,
        "Check that the service principal may read itself at Microsoft Graph: no policy of the directory may forbid it.",
    ),
    row(
        &["InvalidAuthenticationTokenTenant"],
        400,
        Code::INVALID_RESOURCE_PROVIDER_PERMISSIONS,
        "",
        "Check whether the subscription has been moved to another tenant; a cluster cannot move with it.",
    ),
    // === what is forbidden ===
    // learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors; of storage accounts:
    // learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes.
    row(
        &["LinkedAuthorizationFailed", "LinkedAccessCheckFailed"],
        400,
        Code::INVALID_SERVICE_PRINCIPAL_PERMISSIONS,
        "",
        "Give the principal that Azure names the permission on the linked resource that it names, and try again.",
    ),
    row(
        &[
            "AuthorizationFailed",
            "AuthorizationPermissionMismatch",
            "InsufficientAccountPermissions",
        ],
        400,
        Code::INVALID_RESOURCE_PROVIDER_PERMISSIONS,
        "",
        "Give the principal that Azure names the permission that it names (the role Network Contributor on the virtual \
         network covers what a cluster needs there), and check that no lock or deny assignment stands against it.",
    ),
    row(
        &["DenyAssignmentAuthorizationFailed"],
        400,
        Code::INVALID_RESOURCE_PROVIDER_PERMISSIONS,
        "",
        "Remove the deny assignment that Azure names, or exempt the principal that it names from it.",
    ),
    row(
        &["RoleAssignmentLimitExceeded"],
        400,
        Code::RESOURCE_QUOTA_EXCEEDED,
        "",
        "Remove role assignments of the subscription that are not used, and try again.",
    ),
    row(
        &["PrincipalNotFound"],
        400,
        Code::INVALID_PLATFORM_WORKLOAD_IDENTITY,
        "",
        "Check that the identities and applications that the cluster names have not been deleted and made anew.",
    ),
    row(
        &["RequestDisallowedByPolicy", "AzureRequestDisallowedByPolicy"],
        400,
        Code::REQUEST_DISALLOWED_BY_POLICY,
        "",
        "Exempt the managed resource group, or the subnets, from the policy that Azure names, and try again.",
    ),
    row(
        &[
            "RequestDisallowedByAzure",
            "LocationNotAvailableForResourceType",
            "LocationNotAvailableForResourceGroup",
        ],
        400,
        Code::INVALID_LOCATION,
        "location",
        "Choose another region, or ask Azure to open this one for the subscription.",
    ),
    row(
        &["ScopeLocked"],
        409,
        Code::SCOPE_LOCKED,
        "",
        "Remove the lock that Azure names, and try again.",
    ),
    row(
        &[
            "KeyBasedAuthenticationNotPermitted",
            "AzureKeyBasedAuthenticationNotPermitted",
        ],
        400,
        Code::DEPLOYMENT_FAILED,
        "",
        "Exempt the cluster's storage accounts from the policy that forbids key based access, and try again.",
    ),
    row(
        &[
            "AuthorizationFailure",
            "NetworkAclsValidationFailure",
            "PublicAccessNotPermitted",
        ],
        400,
        Code::DEPLOYMENT_FAILED,
        "",
        "Exempt the cluster's storage accounts from the policy that changes their network rules, and check that the subnets \
         have the service endpoint Microsoft.Storage.",
    ),
    row(
        &["KeyVaultAccessForbidden"],
        400,
        Code::INVALID_LINKED_DISK_ENCRYPTION_SET,
        "",
        "Give the identity of the disk encryption set access to its key, and check that key and vault exist, are enabled and \
         are in the region of the cluster.",
    ),
    // === what the subscription lacks ===
    // common-deployment-errors; of storage accounts: learn.microsoft.com/rest/api/storagerp/srp_error_codes_common.
    row(
        &[
            "MissingSubscriptionRegistration",
            "SubscriptionNotRegistered",
            "NoRegisteredProviderFound",
        ],
        400,
        Code::RESOURCE_PROVIDER_NOT_REGISTERED,
        "",
        "Register the resource provider that Azure names in the subscription (az provider register --wait), and try again.",
    ),
    row(
        &["SubscriptionNotRegisteredForFeature"],
        400,
        Code::INVALID_PARAMETER,
        "",
        "Register the feature that Azure names in the subscription (az feature register), and try again.",
    ),
    row(
        &[
            "ReadOnlyDisabledSubscription",
            "SubscriptionDisabled",
            "SubscriptionStateForbidden",
            "AccountIsDisabled",
        ],
        409,
        Code::INVALID_SUBSCRIPTION_STATE,
        "",
        "The subscription is disabled. Check its billing, enable it, and try again.",
    ),
    row(
        &["SubscriptionNotFound", "InvalidSubscriptionId"],
        400,
        Code::INVALID_SUBSCRIPTION_STATE,
        "",
        "Check that the subscription exists and has not been moved to another tenant.",
    ),
    row(
        &[
            "ResourcePurchaseValidationFailed",
            "MarketplacePurchaseEligibilityFailed",
        ],
        400,
        Code::DEPLOYMENT_FAILED,
        "",
        "Check that the subscription may buy from the marketplace: its offer, its billing, the terms of the image and the \
         private marketplace.",
    ),
    row(
        &["PlatformImageNotFound", "ImageNotFound", "GalleryImageNotFound"],
        400,
        Code::DEPLOYMENT_FAILED,
        "",
        "Choose another OpenShift version: the image of this one is not available in the region. Ask for support with the \
         correlation id if it should be.",
    ),
    // === what is used up ===
    // common-deployment-errors; of machines: learn.microsoft.com/troubleshoot/azure/virtual-machines/windows/error-messages
    // and …/allocation-failure.
    row(
        &[
            "PublicIPCountLimitReached",
            "StaticPublicIPCountLimitReached",
            "IPv4StandardSkuPublicIpCountLimitReached",
        ],
        400,
        Code::RESOURCE_QUOTA_EXCEEDED,
        OUTBOUND,
        "Ask for a higher limit of public addresses in this region, or delete addresses that are not used.",
    ),
    row(
        &["QuotaExceeded"],
        400,
        Code::RESOURCE_QUOTA_EXCEEDED,
        "",
        "Ask for more quota of the machine family in this region (az quota update), or choose another machine size.",
    ),
    row(
        &[
            "ResourceQuotaExceeded",
            "MaxStorageAccountsCountPerSubscriptionExceeded",
            "ResourceGroupQuotaExceeded",
            "ResourceCountExceedsLimitDueToTemplate",
        ],
        400,
        Code::RESOURCE_QUOTA_EXCEEDED,
        "",
        "Ask for a higher limit of what Azure names in this region, or delete what is not used.",
    ),
    row(
        &["DeploymentQuotaExceeded"],
        400,
        Code::RESOURCE_QUOTA_EXCEEDED,
        "",
        "Remove old deployments from the history of the resource group (az deployment group delete), and try again.",
    ),
    row(
        &["SkuNotAvailable", "NotAvailableForSubscription"],
        400,
        Code::INVALID_PARAMETER,
        "",
        "Choose a machine size that is available to the subscription in this region (az vm list-skus).",
    ),
    row(
        &[
            "ZonalAllocationFailed",
            "OverconstrainedZonalAllocationRequest",
            "AzureZonalAllocationFailed",
        ],
        400,
        Code::DEPLOYMENT_FAILED,
        "",
        "Azure has no such machines left in a zone at the moment. Try again later, or choose another machine size.",
    ),
    row(
        &["AllocationFailed", "OverconstrainedAllocationRequest"],
        400,
        Code::DEPLOYMENT_FAILED,
        "",
        "Azure has no such machines left at the moment. Try again later, or choose another machine size.",
    ),
    row(
        &["AvailabilityZoneNotSupported"],
        400,
        Code::INVALID_PARAMETER,
        "",
        "Choose a region or a machine size whose zones are open to the subscription.",
    ),
    row(
        &["SubnetIsFull"],
        400,
        Code::INVALID_LINKED_SUBNET,
        "",
        "Remove what uses addresses in the subnet, or choose a larger one.",
    ),
    // === what is in the way ===
    // common-deployment-errors; of networks: learn.microsoft.com/troubleshoot/azure/azure-kubernetes/error-codes, which lists
    // what deleting a group of machines and load balancers meets.
    row(
        &[
            "NetcfgInvalidSubnet",
            "NetcfgSubnetRangesOverlap",
            "NetcfgSubnetRangeOutsideVnet",
        ],
        400,
        Code::INVALID_LINKED_SUBNET,
        "",
        "Check the range of the subnet, and try again.",
    ),
    row(
        &[
            "PrivateEndpointCannotBeCreatedInSubnetThatHasNetworkPoliciesEnabled",
            "PrivateLinkServiceCannotBeCreatedInSubnetThatHasNetworkPoliciesEnabled",
        ],
        400,
        Code::INVALID_LINKED_SUBNET,
        "properties.masterProfile.subnetId",
        "Check that no policy turns the private link policies of the control plane's subnet on again, and try again.",
    ),
    row(
        &["SubnetsHaveNoServiceEndpointsConfigured"],
        400,
        Code::INVALID_LINKED_SUBNET,
        "",
        "Check that the subnet has its service endpoints, and that no policy takes them away.",
    ),
    row(
        // A service that is linked to the subnet holds the delegation.
        &["SubnetMissingRequiredDelegation"],
        400,
        Code::INVALID_LINKED_SUBNET,
        "",
        "Choose a subnet that no other service uses, or remove what Azure names from this one first.",
    ),
    row(
        &["InUseSubnetCannotBeDeleted"],
        400,
        Code::IN_USE_SUBNET_CANNOT_BE_DELETED,
        "",
        "Remove what still uses the subnet, and try again.",
    ),
    row(
        &["CannotDeleteLoadBalancerWithPrivateLinkService"],
        400,
        Code::CANNOT_DELETE_LOAD_BALANCER_WITH_PRIVATE_LINK_SERVICE,
        "",
        "Remove the private link service that Azure names, and try again.",
    ),
    row(
        &[
            "InUseNetworkSecurityGroupCannotBeDeleted",
            "InUseRouteTableCannotBeDeleted",
            "PublicIPAddressCannotBeDeleted",
            "NicInUse",
            "LoadBalancerInUseByVirtualMachineScaleSet",
            "PrivateLinkServiceWithPrivateEndpointConnectionsCannotBeDeleted",
            "CannotDeleteResource",
            "ResourceGroupDeletionBlocked",
            "LeaseIdMissing",
        ],
        400,
        Code::DEPLOYMENT_FAILED,
        "",
        "Remove what still uses the resource that Azure names, and try again.",
    ),
    row(
        &[
            "StorageAccountAlreadyTaken",
            "StorageAccountAlreadyExists",
            "StorageAccountInAnotherResourceGroup",
        ],
        400,
        Code::DEPLOYMENT_FAILED,
        "",
        "Remove the storage account of that name from the other resource group, or ask for support with the correlation id.",
    ),
    row(
        &["InvalidResourceGroupLocation"],
        400,
        Code::CLUSTER_RESOURCE_GROUP_ALREADY_EXISTS,
        "properties.clusterProfile.resourceGroupId",
        "Choose a managed resource group that does not exist yet.",
    ),
    row(
        &["ResourceGroupBeingDeleted", "ResourceGroupNotFound"],
        400,
        Code::RESOURCE_GROUP_NOT_FOUND,
        "properties.clusterProfile.resourceGroupId",
        "Check that nobody deletes the managed resource group. A cluster that has lost it can only be deleted.",
    ),
    row(
        &["RoleDefinitionDoesNotExist"],
        400,
        Code::PLATFORM_WORKLOAD_IDENTITY_MISMATCH,
        IDENTITIES,
        "Check that the built-in roles of Azure Red Hat OpenShift are known in the tenant (az role definition list).",
    ),
    row(
        &[
            "ResourceNotFound",
            "ParentResourceNotFound",
            "InvalidResourceReference",
            "LinkedInvalidPropertyId",
        ],
        400,
        Code::RESOURCE_NOT_FOUND,
        "",
        "Check that the resource that Azure names exists. In the managed resource group an update of the cluster makes it \
         again.",
    ),
    // === what the machines say ===
    // learn.microsoft.com/troubleshoot/azure/virtual-machines/windows/error-messages.
    row(
        &[
            "OSProvisioningTimedOut",
            "AzureOSProvisioningTimedOut",
            "OSProvisioningClientError",
            "OSProvisioningInternalError",
        ],
        400,
        Code::DEPLOYMENT_FAILED,
        "",
        "A machine did not come up in time. Check that nothing blocks the cluster's way to the internet and to its DNS \
         servers, and try again.",
    ),
    row(
        &[
            "VMStartTimedOut",
            "VMAgentStatusCommunicationError",
            "VMExtensionProvisioningError",
        ],
        400,
        Code::DEPLOYMENT_FAILED,
        "",
        "A machine did not start as it should. Check that no policy puts extensions on the cluster's machines, and try again.",
    ),
    row(
        &["InvalidTemplateDeployment", "AzureInvalidTemplateDeployment"],
        400,
        Code::DEPLOYMENT_FAILED,
        "",
        "Check what Azure names in the details, and try again.",
    ),
    // === what passes ===
    // learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling; common-deployment-errors.
    row(
        &[
            "SubscriptionRequestsThrottled",
            "TenantRequestsThrottled",
            "TooManyRequests",
            "ResourceCollectionRequestsThrottled",
        ],
        429,
        Code::THROTTLING_LIMIT_EXCEEDED,
        "",
        "Azure allows no more calls in the subscription at the moment. Try again in some minutes, and check what else calls \
         so often.",
    ),
    row(
        &[
            "AnotherOperationInProgress",
            "ReferencedResourceNotProvisioned",
            "RetryableError",
            "StorageAccountOperationInProgress",
            "DeploymentActive",
            "OperationPreempted",
        ],
        409,
        Code::DEPLOYMENT_FAILED,
        "",
        "Somebody else is changing the same resource. Try again when that has ended.",
    ),
];

/// The row for what Azure said: for the innermost code, else for any other in its error.
pub(crate) fn for_azure(error: &AzureError) -> Option<&'static Remedy> {
    if let Some(row) = error.cause().0.and_then(for_code) {
        return Some(row);
    }
    if error.status.is_some_and(|status| status == 429) {
        return for_code("TooManyRequests");
    }
    if error.is_vm_sku_error() {
        return for_code("QuotaExceeded");
    }
    TABLE.iter().find(|row| {
        row.azure
            .iter()
            .any(|code| error.has_code(code) || (code.starts_with("AADSTS") && error.mentions(&format!("{code}:"))))
    })
}

/// The row for a code alone.
pub(crate) fn for_code(code: &str) -> Option<&'static Remedy> {
    TABLE.iter().find(|row| row.azure.contains(&code))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use aro_http::ErrorDetail;

    use super::*;

    #[test]
    fn each_code_stands_once_and_each_advice_is_one() {
        let codes: Vec<&str> = TABLE.iter().flat_map(|row| row.azure).copied().collect();
        let distinct: BTreeSet<&str> = codes.iter().copied().collect();
        assert_eq!(codes.len(), distinct.len());
        let verbs = [
            "Ask ",
            "ask ",
            "Check ",
            "Choose ",
            "Exempt ",
            "Give ",
            "Register ",
            "Remove ",
            "Send ",
            "Try again",
        ];
        for row in TABLE {
            assert!(verbs.iter().any(|verb| row.advice.contains(verb)), "{}", row.advice);
            assert!(row.advice.ends_with('.') && !row.advice.contains('"'), "{}", row.advice);
            assert!((400..500).contains(&row.status));
        }
    }

    #[test]
    fn the_innermost_code_decides() {
        let response = |body: &str| {
            let response = http::Response::builder()
                .status(409)
                .body(bytes::Bytes::copy_from_slice(body.as_bytes()));
            AzureError::from_response(&response.unwrap())
        };
        let deployment = response(
            r#"{"error":{"code":"InvalidTemplateDeployment","message":"m","details":[
                {"code":"RequestDisallowedByPolicy","message":"policy"}]}}"#,
        );
        assert_eq!(for_azure(&deployment).unwrap().code, Code::REQUEST_DISALLOWED_BY_POLICY);
        let quota = response(
            r#"{"error":{"code":"OperationNotAllowed","message":"exceeding approved standardDSv3Family Cores quota"}}"#,
        );
        assert_eq!(for_azure(&quota).unwrap().code, Code::RESOURCE_QUOTA_EXCEEDED);
        let mut throttled = http::Response::new(bytes::Bytes::new());
        *throttled.status_mut() = http::StatusCode::TOO_MANY_REQUESTS;
        assert_eq!(for_azure(&AzureError::from_response(&throttled)).unwrap().status, 429);
        let unknown = response(r#"{"error":{"code":"Strange","message":"m"}}"#);
        assert!(for_azure(&unknown).is_none());
        let detail = ErrorDetail {
            code: Some("Unknown".to_owned()),
            message: "AADSTS7000222: The provided client secret keys are expired.".to_owned(),
            ..ErrorDetail::default()
        };
        let expired = AzureError::operation_failed("Failed", Some(detail));
        assert_eq!(for_azure(&expired).unwrap().target, CREDENTIALS);
    }
}
