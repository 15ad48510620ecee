//! What a body is laid over.

use std::borrow::Cow;

use super::defaults::operator_flags;
use crate::error::{CloudError, Code};
use crate::model::{Cluster, Dict, ServicePrincipalProfile, UserAssignedIdentity};
use crate::resource::merge::{self, Method};
use crate::resource::projection::project;
use crate::resource::strip::{hide, strip};
use crate::version::ApiVersion;

/// A body laid over a cluster.
pub(super) struct LaidOver<'a> {
    /// What the version showed before.
    pub shown: Cow<'a, Cluster>,
    /// What it shows with the body laid over it; what it does not show is as it was.
    pub merged: Cluster,
    /// JSON pointers of list elements and map values that the body gives as null.
    pub nulls: Vec<String>,
}

/// Lays a body over a cluster.
///
/// # Errors
/// 400 for what cannot be read; see [`merge::merge`] and [`flags_strategy`].
pub(super) fn lay_over<'a>(
    current: &'a Cluster,
    version: ApiVersion,
    method: Method,
    body: &[u8],
    flags: Option<&[(&str, &str)]>,
) -> Result<LaidOver<'a>, CloudError> {
    let shown = project(current, version);

    let mut merged = Cluster::clone(&shown);
    match method {
        Method::Put => {
            hide(&mut merged, version);
            carry(&mut merged, &shown);
        }
        Method::Patch => {
            if version.is_admin()
                && let Some(flags) = flags
                && flags_strategy(body)? == FlagsStrategy::Reset
            {
                merged.properties.operator_flags = operator_flags(flags);
            }
            if merged.uses_workload_identity() {
                swap_identity(&mut merged, body);
            }
        }
    }
    strip(&mut merged, version);
    let nulls = merge::merge(&mut merged, version, method, body)?;
    if method == Method::Put {
        keep_encryption_of_workers(&mut merged, &shown);
    }
    if version.is_admin() {
        // What the admin API says about it is ignored, as it may be the default that it showed before.
        let network = &mut merged.properties.network_profile;
        network
            .preconfigured_nsg
            .clone_from(&shown.properties.network_profile.preconfigured_nsg);
    }
    Ok(LaidOver { shown, merged, nulls })
}

/// What a PUT need not repeat: who the cluster is, its secrets and version, and choices that had a default when they
/// were made.
fn carry(merged: &mut Cluster, shown: &Cluster) {
    merged.id.clone_from(&shown.id);
    merged.name.clone_from(&shown.name);
    merged.r#type.clone_from(&shown.r#type);
    merged.system_data.clone_from(&shown.system_data);

    let (to, from) = (&mut merged.properties, &shown.properties);
    to.provisioning_state.clone_from(&from.provisioning_state);
    to.cluster_profile
        .pull_secret
        .clone_from(&from.cluster_profile.pull_secret);
    to.cluster_profile.version.clone_from(&from.cluster_profile.version);
    to.cluster_profile
        .fips_validated_modules
        .clone_from(&from.cluster_profile.fips_validated_modules);
    to.master_profile
        .encryption_at_host
        .clone_from(&from.master_profile.encryption_at_host);
    to.network_profile
        .outbound_type
        .clone_from(&from.network_profile.outbound_type);
    to.network_profile
        .preconfigured_nsg
        .clone_from(&from.network_profile.preconfigured_nsg);
    to.network_profile
        .load_balancer_profile
        .clone_from(&from.network_profile.load_balancer_profile);
    if let Some(profile) = &from.service_principal_profile {
        // The client secret alone; which service principal it is the body has to say.
        to.service_principal_profile = Some(ServicePrincipalProfile {
            client_secret: profile.client_secret.clone(),
            ..Default::default()
        });
    }
}

/// As [`carry`], for workers, which exist only after the body was laid over.
fn keep_encryption_of_workers(merged: &mut Cluster, shown: &Cluster) {
    for worker in merged
        .properties
        .worker_profiles
        .iter_mut()
        .filter(|worker| worker.encryption_at_host.is_unset())
    {
        let before = shown
            .properties
            .worker_profiles
            .iter()
            .find(|before| before.name == worker.name);
        if let Some(before) = before {
            worker.encryption_at_host.clone_from(&before.encryption_at_host);
        }
    }
}

/// A PATCH that names another cluster identity means to replace the one there is: laid over each other there would be
/// two, and a cluster has one.
fn swap_identity(merged: &mut Cluster, body: &[u8]) {
    let mut wish = Cluster::default();
    // A body that cannot be read is refused when it is laid over the cluster.
    let read = merge::merge(&mut wish, ApiVersion::latest(), Method::Patch, body);
    if let (Ok(_), Some(wish), Some(identity)) = (read, wish.identity, &mut merged.identity)
        && !wish.user_assigned_identities.is_empty()
    {
        let fresh = wish
            .user_assigned_identities
            .keys()
            .map(|id| (id.clone(), UserAssignedIdentity::default()));
        identity.user_assigned_identities = fresh.collect::<Dict<_>>();
    }
}

#[derive(PartialEq, Eq)]
enum FlagsStrategy {
    Merge,
    Reset,
}

/// How the operator flags of an admin PATCH are laid over those of the cluster.
fn flags_strategy(body: &[u8]) -> Result<FlagsStrategy, CloudError> {
    let mut wish = Cluster::default();
    merge::merge(&mut wish, ApiVersion::admin(), Method::Patch, body)?;
    match wish.operator_flags_merge_strategy.as_str() {
        "" | "merge" => Ok(FlagsStrategy::Merge),
        "reset" => Ok(FlagsStrategy::Reset),
        other => Err(CloudError::new(
            400,
            Code::INVALID_PARAMETER,
            "",
            format!(
                "The operatorFlagsMergeStrategy '{}' is not known. Use 'merge' or 'reset', or leave it out.",
                other.replace('"', "'")
            ),
        )),
    }
}
