//! Asynchronous operations.

use aro_api_derive::Resource;
use time::OffsetDateTime;

use super::{Extra, ProvisioningState};
use crate::error::CloudErrorBody;

/// An asynchronous operation on a cluster.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "AsyncOperation")]
pub struct AsyncOperation {
    /// The path of the operation's status.
    #[aro(name = "id", in("2019-12-31-preview".., "admin"))]
    pub id: String,
    /// The operation id, a UUID.
    #[aro(name = "name", in("2019-12-31-preview".., "admin"))]
    pub name: String,
    /// What the status is while the operation runs.
    #[aro(name = "initialStatus")]
    pub initial_status: ProvisioningState,
    /// The status of the operation itself.
    #[aro(name = "status", in("2019-12-31-preview".., "admin"))]
    pub status: ProvisioningState,
    /// When the operation began.
    #[aro(name = "startTime", in("2019-12-31-preview".., "admin"), always("2019-12-31-preview".., "admin"))]
    pub start_time: Option<OffsetDateTime>,
    /// When it ended.
    #[aro(name = "endTime", in("2019-12-31-preview".., "admin"))]
    pub end_time: Option<OffsetDateTime>,
    /// Why it failed.
    #[aro(name = "error", in("2019-12-31-preview".., "admin"))]
    pub error: Option<CloudErrorBody>,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}
