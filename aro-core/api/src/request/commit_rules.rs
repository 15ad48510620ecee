//! What a change brings with it, beyond the members that a request names. One function for each rule.

use crate::model::Cluster;

/// Applies all rules to a cluster that takes the place of `before`.
pub(super) fn apply(before: &Cluster, after: &mut Cluster) {
    service_principal(before, after);
    cluster_identity(before, after);
    operator_identities(before, after);
}

/// Another service principal, or another secret of it, has to be looked up anew.
fn service_principal(before: &Cluster, after: &mut Cluster) {
    let (Some(old), Some(new)) =
        (&before.properties.service_principal_profile, &mut after.properties.service_principal_profile)
    else {
        return;
    };
    if old.client_id != new.client_id || old.client_secret != new.client_secret {
        new.sp_object_id.clear();
    }
}

/// Another cluster identity has other ids.
fn cluster_identity(before: &Cluster, after: &mut Cluster) {
    let (Some(old), Some(new)) = (&before.identity, &mut after.identity) else { return };
    if !old.user_assigned_identities.keys().eq(new.user_assigned_identities.keys()) {
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
    for (name, identity) in new.platform_workload_identities.as_map_mut() {
        let before = old.platform_workload_identities.get(name);
        if before.is_some_and(|before| before.resource_id != identity.resource_id) {
            identity.client_id.clear();
            identity.object_id.clear();
        }
    }
}
