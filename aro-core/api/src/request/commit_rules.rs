//! What a change brings with it, beyond the members that a request names. One function for each rule.

use std::borrow::Cow;

use super::ground::LaidOver;
use crate::error::CloudError;
use crate::model::{Cluster, PlatformWorkloadIdentity, PlatformWorkloadIdentityProfile};
use crate::resource::Described;
use crate::version::ApiVersion;

/// What is decided before changes are taken over: what was shown, and what it becomes.
///
/// # Errors
/// 400 `PropertyChangeNotAllowed` for an identity that a cluster gets through the admin API.
pub(super) fn prepare(laid: LaidOver<'_>, version: ApiVersion) -> Result<(Cow<'_, Cluster>, Cluster), CloudError> {
    let LaidOver {
        shown,
        mut merged,
        nulls,
    } = laid;
    identities_with_their_map(&mut merged, &shown);
    null_is_no_identity(&mut merged, &shown, &nulls);
    if version.is_admin() && shown.identity.is_none() && merged.identity.is_some() {
        // The change rules say so too; without them this is the one place left.
        return Err(CloudError::property_change_not_allowed("identity"));
    }
    identity_has_a_map(&mut merged, version);
    Ok((shown, merged))
}

/// null for the identity of an operator says nothing about it.
fn null_is_no_identity(merged: &mut Cluster, shown: &Cluster, nulls: &[String]) {
    const IDENTITIES: &str = "/properties/platformWorkloadIdentityProfile/platformWorkloadIdentities/";
    let Some(profile) = merged.properties.platform_workload_identity_profile.as_mut() else {
        return;
    };
    let before = shown.properties.platform_workload_identity_profile.as_ref();
    for name in nulls.iter().filter_map(|pointer| pointer.strip_prefix(IDENTITIES)) {
        let name = name.replace("~1", "/").replace("~0", "~");
        let identities = profile.platform_workload_identities.as_map_mut();
        match before.and_then(|before| before.platform_workload_identities.get(&name)) {
            Some(before) => identities.insert(name, before.clone()),
            None => identities.remove(&name),
        };
    }
}

/// The profile of the operators' identities counts only with its map.
fn identities_with_their_map(merged: &mut Cluster, shown: &Cluster) {
    let profile = &mut merged.properties.platform_workload_identity_profile;
    if profile
        .as_ref()
        .is_some_and(|profile| profile.platform_workload_identities.is_none())
    {
        profile.clone_from(&shown.properties.platform_workload_identity_profile);
    }
}

/// A managed identity that a request wrote has a map, empty or not.
fn identity_has_a_map(merged: &mut Cluster, version: ApiVersion) {
    let written = Cluster::described()
        .fields
        .iter()
        .any(|field| field.name == "identity" && field.visible.contains(version));
    if let Some(identity) = merged.identity.as_mut().filter(|_| written) {
        identity.user_assigned_identities.as_map_mut();
    }
}

/// Applies all rules to a cluster that takes the place of `before`.
pub(super) fn apply(before: &Cluster, after: &mut Cluster, version: ApiVersion) {
    if !version.is_admin() {
        // The admin API shows the object id, so there it is what the request says.
        service_principal(before, after);
    }
    cluster_identity(before, after);
    operator_identities(before, after);
}

/// Another service principal, or another secret of it, has to be looked up anew.
fn service_principal(before: &Cluster, after: &mut Cluster) {
    let (Some(old), Some(new)) = (
        &before.properties.service_principal_profile,
        &mut after.properties.service_principal_profile,
    ) else {
        return;
    };
    if old.client_id != new.client_id || old.client_secret != new.client_secret {
        new.sp_object_id.clear();
    }
}

/// Another cluster identity has other ids.
fn cluster_identity(before: &Cluster, after: &mut Cluster) {
    let (Some(old), Some(new)) = (&before.identity, &mut after.identity) else {
        return;
    };
    if !old
        .user_assigned_identities
        .keys()
        .eq(new.user_assigned_identities.keys())
    {
        new.principal_id.clear();
        new.tenant_id.clear();
    }
}

/// Another identity of an operator has other ids.
fn operator_identities(before: &Cluster, after: &mut Cluster) {
    let (Some(old), Some(new)) = (
        &before.properties.platform_workload_identity_profile,
        &mut after.properties.platform_workload_identity_profile,
    ) else {
        return;
    };
    if new.platform_workload_identities.is_none() {
        return;
    }
    let mut replaced = false;
    for (name, identity) in new.platform_workload_identities.as_map_mut() {
        let before = old.platform_workload_identities.get(name);
        if before.is_some_and(|before| before.resource_id != identity.resource_id) {
            replaced = true;
            identity.client_id.clear();
            identity.object_id.clear();
        }
    }
    let old_names = old.platform_workload_identities.keys();
    if replaced || !old_names.eq(new.platform_workload_identities.keys()) {
        replaced_identities(old, new);
    }
}

/// What an operator had before is remembered, with its ids, until an update has taken away what the cluster gave it. One
/// that comes back meanwhile is in use again.
fn replaced_identities(old: &PlatformWorkloadIdentityProfile, new: &mut PlatformWorkloadIdentityProfile) {
    let mut replaced: Vec<PlatformWorkloadIdentity> = Vec::new();
    for identity in old
        .replaced_identities
        .iter()
        .chain(old.platform_workload_identities.values())
    {
        let same = |one: &PlatformWorkloadIdentity| one.resource_id.eq_ignore_ascii_case(&identity.resource_id);
        if !replaced.iter().any(same) && !new.platform_workload_identities.values().any(same) {
            replaced.push(identity.clone());
        }
    }
    if !replaced.is_empty() || !new.replaced_identities.is_empty() {
        new.replaced_identities = replaced.into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_that_operators_had_are_noted_until_they_come_back() {
        let mut cluster = Cluster::default();
        let set = |cluster: &mut Cluster, id: &str| {
            let profile = &mut cluster.properties.platform_workload_identity_profile;
            let all = profile
                .get_or_insert_default()
                .platform_workload_identities
                .as_map_mut();
            let identity = all.entry("ingress".to_owned()).or_default();
            id.clone_into(&mut identity.resource_id);
        };
        set(&mut cluster, "/A");
        for (next, noted) in [("/a", ""), ("/B", "/a"), ("/C", "/a /B"), ("/A", "/B /C")] {
            let before = cluster.clone();
            set(&mut cluster, next);
            apply(&before, &mut cluster, ApiVersion::latest());
            let profile = cluster.properties.platform_workload_identity_profile.as_mut().unwrap();
            let found: Vec<&str> = profile
                .replaced_identities
                .iter()
                .map(|one| one.resource_id.as_str())
                .collect();
            assert_eq!(found.join(" "), noted, "after {next}");
            // The worker looks the ids up; what is noted keeps them.
            assert!(
                profile
                    .replaced_identities
                    .iter()
                    .all(|one| one.object_id.starts_with("of-"))
            );
            let identity = profile
                .platform_workload_identities
                .as_map_mut()
                .get_mut("ingress")
                .unwrap();
            identity.object_id = format!("of-{next}");
        }
    }
}
