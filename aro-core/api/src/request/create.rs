//! The first PUT of a cluster.

use super::check::checked_new;
use super::{OPERATOR_FLAGS, PutOrPatch, commit_rules, headers, set_defaults};
use crate::arm_id::CLUSTER_TYPE;
use crate::error::CloudError;
use crate::model::{ArchitectureVersion, Cluster, ProvisioningState};
use crate::resource::commit::commit;
use crate::validate;

/// Makes the cluster that a request wishes for, in state Creating. What needs Azure to be judged is for the caller.
///
/// # Errors
/// What is wrong with the request, as a reply. 500 when it names no OpenShift version and there is no default one.
pub fn create(request: &PutOrPatch<'_>) -> Result<Cluster, CloudError> {
    let skeleton = skeleton(request);
    let laid = checked_new(request, &skeleton)?;

    let (shown, merged) = commit_rules::prepare(laid, request.version)?;
    let mut cluster = skeleton.clone();
    commit(&mut cluster, Some(&*shown), &merged, request.version);
    // The body may spell them otherwise; the path is what counts.
    cluster.id = skeleton.id;
    cluster.name = skeleton.name;
    cluster.r#type = skeleton.r#type;

    headers::take_system_data(&mut cluster, request.system_data);
    validate::role_sets::check_identities(&cluster, request.role_sets)?;
    validate::enabled::check_version(&cluster.properties.cluster_profile.version, request.versions)?;

    let properties = &mut cluster.properties;
    properties.cluster_profile.resource_group_id = properties.cluster_profile.resource_group_id.to_lowercase();
    properties.provisioning_state = ProvisioningState::Creating;
    headers::take_identity(&mut cluster, request)?;
    set_defaults(&mut cluster, OPERATOR_FLAGS);
    Ok(cluster)
}

/// What is known of a new cluster before anybody looks at the body.
pub(super) fn skeleton(request: &PutOrPatch<'_>) -> Cluster {
    let mut cluster = Cluster::default();
    request.path.clone_into(&mut cluster.id);
    let mut segments = request.path.trim_end_matches('/').rsplit('/');
    segments.next().unwrap_or_default().clone_into(&mut cluster.name);
    let kind = segments.next();
    let namespace = segments.next();
    cluster.r#type = match (namespace, kind) {
        (Some(namespace), Some(kind)) => format!("{namespace}/{kind}"),
        _ => CLUSTER_TYPE.to_owned(),
    };
    let properties = &mut cluster.properties;
    properties.architecture_version = ArchitectureVersion::V2;
    properties.provisioning_state = ProvisioningState::Succeeded;
    properties.created_at = Some(request.now);
    request.rp.commit.clone_into(&mut properties.created_by);
    request.rp.commit.clone_into(&mut properties.provisioned_by);
    properties.feature_profile.gateway_enabled = request.rp.gateway_enabled;
    cluster
}
