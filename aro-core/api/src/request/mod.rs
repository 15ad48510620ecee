//! From a PUT or PATCH to the cluster as it is to be stored.
//!
//! What the version shows of the cluster is the ground, the body is laid over it, the rules look at the result, and
//! what changed is taken into the stored cluster. Nothing here reads a clock, a store or a network.

pub mod catalogue;
mod check;
mod commit_rules;
mod create;
mod defaults;
mod ground;
mod headers;
mod maintenance;
pub mod preflight;
mod state;
mod update;

use time::OffsetDateTime;

use crate::error::CloudError;
use crate::model::{OpenShiftVersion, PlatformWorkloadIdentityRoleSet, SystemData};
use crate::resource::merge;
use crate::secret::Sealer;
use crate::version::ApiVersion;

pub use crate::resource::merge::Method;
pub use check::{check, findings};
pub use create::create;
pub use defaults::{OPERATOR_FLAGS, set_defaults};
pub use maintenance::{check_manifest, check_schedule, read_manifest, read_schedule};
pub use state::{check_state_for_credentials, check_state_for_delete, check_state_for_write};
pub use update::{Conversion, convert, update, update_with_flags};

/// A request that creates or changes a cluster, and what it is judged by.
#[derive(Clone, Copy)]
pub struct PutOrPatch<'a> {
    /// The version of the request.
    pub version: ApiVersion,
    /// PUT or PATCH.
    pub method: Method,
    /// The path of the request, in the letter case that the client sent.
    pub path: &'a str,
    /// The body.
    pub body: &'a [u8],
    /// The time of the request.
    pub now: OffsetDateTime,
    /// Who makes the request, as ARM says.
    pub system_data: Option<&'a SystemData>,
    /// The header `x-ms-identity-url`.
    pub identity_url: Option<&'a str>,
    /// The header `x-ms-home-tenant-id`.
    pub home_tenant_id: Option<&'a str>,
    /// What there is to know about this service.
    pub rp: &'a RpFacts<'a>,
    /// The OpenShift versions that can be installed.
    pub versions: &'a [OpenShiftVersion],
    /// The roles that operators need.
    pub role_sets: &'a [PlatformWorkloadIdentityRoleSet],
    /// Opens stored secrets, to compare them with those of the body. Without it a repeated secret counts as changed.
    pub secrets: Option<Secrets<'a>>,
}

/// What opens the secrets of the stored cluster.
#[derive(Clone, Copy)]
pub struct Secrets<'a> {
    /// The key ring.
    pub sealer: &'a dyn Sealer,
    /// The id of the document that holds the cluster.
    pub document: &'a str,
}

/// What there is to know about this service.
#[derive(Clone, Copy, Debug)]
pub struct RpFacts<'a> {
    /// The Azure region that it serves.
    pub location: &'a str,
    /// The domain of the clusters whose customers bring none, as `eastus.aroapp.io`.
    pub domain: &'a str,
    /// Whether workers have to have one of the small sizes of development.
    pub require_d2s_workers: bool,
    /// The build.
    pub commit: &'a str,
    /// Whether new clusters reach the service through the gateway.
    pub gateway_enabled: bool,
}

/// Reads the header `X-Ms-Arm-Resource-System-Data`.
///
/// # Errors
/// 400 `InvalidRequestContent` when it is not a JSON object with these members.
pub fn system_data(header: &[u8]) -> Result<SystemData, CloudError> {
    let mut data = SystemData::default();
    merge::merge(&mut data, ApiVersion::latest(), Method::Patch, header)?;
    Ok(data)
}
