//! What ARM tells with a request: who did it, and how to find it in ARM's logs.

use aro_api_derive::Resource;
use time::OffsetDateTime;

use super::{CreatedByType, Extra};

/// Who created and last changed a resource, as ARM says.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "SystemData")]
pub struct SystemData {
    /// The identity that created the resource.
    #[aro(name = "createdBy", in("2021-09-01-preview"..))]
    pub created_by: String,
    /// The type of identity that created the resource.
    #[aro(name = "createdByType", in("2021-09-01-preview"..))]
    pub created_by_type: CreatedByType,
    /// When the resource was created (UTC).
    #[aro(name = "createdAt", in("2021-09-01-preview"..))]
    pub created_at: Option<OffsetDateTime>,
    /// The identity that last modified the resource.
    #[aro(name = "lastModifiedBy", in("2021-09-01-preview"..))]
    pub last_modified_by: String,
    /// The type of identity that last modified the resource.
    #[aro(name = "lastModifiedByType", in("2021-09-01-preview"..))]
    pub last_modified_by_type: CreatedByType,
    /// When the resource was last modified (UTC).
    #[aro(name = "lastModifiedAt", in("2021-09-01-preview"..))]
    pub last_modified_at: Option<OffsetDateTime>,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// What connects the logs of ARM, of this service and of Azure for one request.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "CorrelationData")]
pub struct CorrelationData {
    /// ARM's correlation id.
    #[aro(name = "correlationId")]
    pub correlation_id: String,
    /// The client's request id.
    #[aro(name = "clientRequestId")]
    pub client_request_id: String,
    /// Our operation id.
    #[aro(name = "operationID")]
    pub operation_id: String,
    /// Our request id.
    #[aro(name = "requestID")]
    pub request_id: String,
    /// The name of the principal that made the request.
    #[aro(name = "clientPrincipalName")]
    pub client_principal_name: String,
    /// When the request arrived.
    #[aro(name = "requestTime")]
    pub request_time: Option<OffsetDateTime>,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}
