//! What leaves the building when something is wrong: `CloudError`, the error body of the ARM resource provider
//! contract.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The `code` of an error body: a stable, machine-readable word.
///
/// Every code that this resource provider gives is a constant here; codes of other services (inside `details`) are
/// carried as they came.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Code(Cow<'static, str>);

macro_rules! codes {
    ($($(#[$doc:meta])* $constant:ident = $text:literal;)*) => {
        impl Code {
            $($(#[$doc])* pub const $constant: Code = Code(Cow::Borrowed($text));)*

            /// Every code that this resource provider gives by itself.
            pub const ALL: &'static [Code] = &[$(Code::$constant),*];
        }
    };
}

codes! {
    /// Something unexpected, status 500.
    INTERNAL_SERVER_ERROR = "InternalServerError";
    /// A deployment in the managed resource group or the installation failed.
    DEPLOYMENT_FAILED = "DeploymentFailed";
    /// A member of the request has a value that is not allowed.
    INVALID_PARAMETER = "InvalidParameter";
    /// The body is no JSON, or a member has the wrong type.
    INVALID_REQUEST_CONTENT = "InvalidRequestContent";
    /// The body could not be read or is too large.
    INVALID_RESOURCE = "InvalidResource";
    /// Another cluster uses the managed resource group.
    DUPLICATE_RESOURCE_GROUP = "DuplicateResourceGroup";
    /// The provider namespace of the URL is not ours.
    INVALID_RESOURCE_NAMESPACE = "InvalidResourceNamespace";
    /// The type of the URL or its api-version is unknown, or the version lacks the endpoint.
    INVALID_RESOURCE_TYPE = "InvalidResourceType";
    /// The subscription id of the URL is malformed.
    INVALID_SUBSCRIPTION_ID = "InvalidSubscriptionID";
    /// The `id` of the body is not the one of the URL.
    MISMATCHING_RESOURCE_ID = "MismatchingResourceID";
    /// The `name` of the body is not the one of the URL.
    MISMATCHING_RESOURCE_NAME = "MismatchingResourceName";
    /// The `type` of the body is not the one of the URL.
    MISMATCHING_RESOURCE_TYPE = "MismatchingResourceType";
    /// A member that cannot change after creation has another value than the stored one.
    PROPERTY_CHANGE_NOT_ALLOWED = "PropertyChangeNotAllowed";
    /// The request is not possible in the current state of the resource.
    REQUEST_NOT_ALLOWED = "RequestNotAllowed";
    /// The resource group of the URL is malformed.
    RESOURCE_GROUP_NOT_FOUND = "ResourceGroupNotFound";
    /// The managed resource group exists already.
    CLUSTER_RESOURCE_GROUP_ALREADY_EXISTS = "ClusterResourceGroupAlreadyExists";
    /// The resource does not exist.
    RESOURCE_NOT_FOUND = "ResourceNotFound";
    /// The content type is not `application/json`.
    UNSUPPORTED_MEDIA_TYPE = "UnsupportedMediaType";
    /// The virtual network does not fit.
    INVALID_LINKED_VNET = "InvalidLinkedVNet";
    /// A subnet does not fit.
    INVALID_LINKED_SUBNET = "InvalidLinkedSubnet";
    /// A route table does not fit.
    INVALID_LINKED_ROUTE_TABLE = "InvalidLinkedRouteTable";
    /// A NAT gateway does not fit.
    INVALID_LINKED_NAT_GATEWAY = "InvalidLinkedNatGateway";
    /// A disk encryption set does not fit.
    INVALID_LINKED_DISK_ENCRYPTION_SET = "InvalidLinkedDiskEncryptionSet";
    /// The thing asked for does not exist (operations, maintenance, admin).
    NOT_FOUND = "NotFound";
    /// The caller may not do this.
    FORBIDDEN = "Forbidden";
    /// The subscription is not in a state that allows the request.
    INVALID_SUBSCRIPTION_STATE = "InvalidSubscriptionState";
    /// The service principal cannot sign in.
    INVALID_SERVICE_PRINCIPAL_CREDENTIALS = "InvalidServicePrincipalCredentials";
    /// The token of the service principal is not usable.
    INVALID_SERVICE_PRINCIPAL_TOKEN = "InvalidServicePrincipalToken";
    /// The token of the service principal lacks claims.
    INVALID_SERVICE_PRINCIPAL_CLAIMS = "InvalidServicePrincipalClaims";
    /// The resource provider itself lacks permissions.
    INVALID_RESOURCE_PROVIDER_PERMISSIONS = "InvalidResourceProviderPermissions";
    /// The service principal lacks permissions.
    INVALID_SERVICE_PRINCIPAL_PERMISSIONS = "InvalidServicePrincipalPermissions";
    /// A platform workload identity lacks permissions.
    INVALID_WORKLOAD_IDENTITY_PERMISSIONS = "InvalidWorkloadIdentityPermissions";
    /// The cluster identity lacks permissions.
    INVALID_CLUSTER_MSI_PERMISSIONS = "InvalidClusterMSIPermissions";
    /// The location of the URL is not served here.
    INVALID_LOCATION = "InvalidLocation";
    /// The operation id of the URL is malformed.
    INVALID_OPERATION_ID = "InvalidOperationID";
    /// Another cluster uses the client id or the cluster identity.
    DUPLICATE_CLIENT_ID = "DuplicateClientID";
    /// Another cluster uses the domain.
    DUPLICATE_DOMAIN = "DuplicateDomain";
    /// The quota of the subscription does not suffice.
    RESOURCE_QUOTA_EXCEEDED = "ResourceQuotaExceeded";
    /// Worker machines could not be made for want of quota.
    QUOTA_EXCEEDED = "QuotaExceeded";
    /// A needed resource provider is not registered in the subscription.
    RESOURCE_PROVIDER_NOT_REGISTERED = "ResourceProviderNotRegistered";
    /// A private link service keeps a load balancer from being deleted.
    CANNOT_DELETE_LOAD_BALANCER_WITH_PRIVATE_LINK_SERVICE = "CannotDeleteLoadBalancerWithPrivateLinkService";
    /// A subnet that is in use cannot be deleted.
    IN_USE_SUBNET_CANNOT_BE_DELETED = "InUseSubnetCannotBeDeleted";
    /// A lock forbids the deletion.
    SCOPE_LOCKED = "ScopeLocked";
    /// An Azure policy forbids the request.
    REQUEST_DISALLOWED_BY_POLICY = "RequestDisallowedByPolicy";
    /// An address has bits set outside its network prefix.
    INVALID_NETWORK_ADDRESS = "InvalidNetworkAddress";
    /// An address range overlaps a reserved one.
    INVALID_CIDR_RANGE = "InvalidCIDRRange";
    /// Too many requests.
    THROTTLING_LIMIT_EXCEEDED = "ThrottlingLimitExceeded";
    /// The platform workload identities are not those the version needs.
    PLATFORM_WORKLOAD_IDENTITY_MISMATCH = "PlatformWorkloadIdentityMismatch";
    /// A platform workload identity has a federated credential that does not belong to it.
    PLATFORM_WORKLOAD_IDENTITY_CONTAINS_INVALID_CREDENTIAL = "PlatformWorkloadIdentityContainsInvalidCredential";
    /// The number of cluster identities is wrong.
    INVALID_CLUSTER_MSI_COUNT = "InvalidClusterMSICount";
    /// A platform workload identity is not usable.
    INVALID_PLATFORM_WORKLOAD_IDENTITY = "InvalidPlatformWorkloadIdentity";
    /// A resource id is malformed.
    INVALID_RESOURCE_ID = "InvalidResourceID";
}

impl Code {
    /// A code given by another service.
    pub fn other(code: impl Into<Cow<'static, str>>) -> Self {
        Self(code.into())
    }

    /// The code as it stands in JSON.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The `error` member of a reply, an entry of `details`, and the `error` of an async operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloudErrorBody {
    /// What kind of error.
    #[serde(default, skip_serializing_if = "Code::is_empty")]
    pub code: Code,
    /// What is wrong, where, and what to do about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The member or resource that is at fault.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// Causes, as far as they are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<CloudErrorBody>,
}

impl fmt::Display for CloudErrorBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_text(f, &self.code, &self.target, &self.message, &self.details)
    }
}

fn write_text(
    f: &mut fmt::Formatter<'_>,
    code: &Code,
    target: &str,
    message: &str,
    details: &[CloudErrorBody],
) -> fmt::Result {
    write!(f, "{code}: {target}: {message}")?;
    for (i, detail) in details.iter().enumerate() {
        f.write_str(if i == 0 { " Details: " } else { ", " })?;
        fmt::Display::fmt(detail, f)?;
    }
    Ok(())
}

/// An error as the resource provider answers it: a status code and a body.
///
/// `Display` gives the form of logs and of preflight messages:
/// `400: InvalidParameter: location: The location ….`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudError {
    /// HTTP status code of the reply.
    pub status_code: u16,
    /// What kind of error.
    pub code: Code,
    /// What is wrong, where, and what to do about it.
    pub message: String,
    /// The member or resource that is at fault; empty when it is the request as a whole.
    pub target: String,
    /// Causes, as far as they are known.
    pub details: Vec<CloudErrorBody>,
}

impl CloudError {
    /// An error with a status code, a code, a target (may be empty) and a message.
    pub fn new(status_code: u16, code: Code, target: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status_code,
            code,
            message: message.into(),
            target: target.into(),
            details: Vec::new(),
        }
    }

    /// An error of status 400.
    pub fn bad_request(code: Code, target: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(400, code, target, message)
    }

    /// Status 400, `InvalidParameter`.
    pub fn invalid_parameter(target: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(400, Code::INVALID_PARAMETER, target, message)
    }

    /// Status 400, `InvalidRequestContent`, without a target: the body as a whole cannot be understood.
    pub fn invalid_request_content(message: impl Into<String>) -> Self {
        Self::new(400, Code::INVALID_REQUEST_CONTENT, "", message)
    }

    /// Status 400, `PropertyChangeNotAllowed` at `target`.
    pub fn property_change_not_allowed(target: impl Into<String>) -> Self {
        let target = target.into();
        let message = format!(
            "Changing property '{}' is not allowed. Send the value that the resource has, or leave it out.",
            target.replace('"', "'")
        );
        Self::new(400, Code::PROPERTY_CHANGE_NOT_ALLOWED, target, message)
    }

    /// Adds a cause.
    #[must_use]
    pub fn with_detail(mut self, detail: CloudErrorBody) -> Self {
        self.details.push(detail);
        self
    }

    /// The body without the status code.
    pub fn body(&self) -> CloudErrorBody {
        CloudErrorBody {
            code: self.code.clone(),
            message: self.message.clone(),
            target: self.target.clone(),
            details: self.details.clone(),
        }
    }

    /// The bytes of the reply: `{"error": {…}}` in the one JSON form of this product.
    pub fn body_json(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Envelope {
            error: CloudErrorBody,
        }
        // Four strings and a list cannot fail to serialize; an empty object is still a valid reply body.
        crate::json::to_vec(&Envelope { error: self.body() }).unwrap_or_else(|_| b"{}\n".to_vec())
    }
}

impl From<CloudError> for CloudErrorBody {
    fn from(error: CloudError) -> Self {
        Self {
            code: error.code,
            message: error.message,
            target: error.target,
            details: error.details,
        }
    }
}

impl fmt::Display for CloudError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.status_code)?;
        write_text(f, &self.code, &self.target, &self.message, &self.details)
    }
}

impl std::error::Error for CloudError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_carries_status_and_details() {
        let error = CloudError::bad_request(Code::MISMATCHING_RESOURCE_ID, "id", "Message.")
            .with_detail(CloudErrorBody {
                code: Code::FORBIDDEN,
                message: "A.".into(),
                ..Default::default()
            })
            .with_detail(CloudErrorBody {
                code: Code::other("Conflict"),
                target: "t".into(),
                message: "B.".into(),
                details: vec![CloudErrorBody {
                    code: Code::NOT_FOUND,
                    ..Default::default()
                }],
            });
        assert_eq!(
            error.to_string(),
            "400: MismatchingResourceID: id: Message. Details: Forbidden: : A., Conflict: t: B. Details: NotFound: : "
        );
    }

    #[test]
    fn body_omits_what_is_empty_and_never_carries_the_status() {
        let error = CloudError::invalid_request_content("The body is <not> JSON.");
        let text = String::from_utf8(error.body_json()).unwrap();
        assert_eq!(
            text,
            "{\n    \"error\": {\n        \"code\": \"InvalidRequestContent\",\n        \"message\": \"The body is \\u003cnot\\u003e JSON.\"\n    }\n}\n"
        );
    }

    #[test]
    fn bodies_survive_a_round_trip_with_codes_of_other_services() {
        let text = r#"{"code":"SkuNotAvailable","details":[{"message":"x"}]}"#;
        let body: CloudErrorBody = serde_json::from_str(text).unwrap();
        assert_eq!(body.code, Code::other("SkuNotAvailable"));
        assert_eq!(serde_json::to_string(&body).unwrap(), text);
    }

    #[test]
    fn codes_are_distinct() {
        let mut all: Vec<&str> = Code::ALL.iter().map(Code::as_str).collect();
        all.sort_unstable();
        let count = all.len();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
