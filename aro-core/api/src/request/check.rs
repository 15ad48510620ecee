//! What is wrong with a request, without making anything of it.

use super::create::skeleton;
use super::ground::{LaidOver, lay_over};
use super::update::recognize_secrets;
use super::{Method, OPERATOR_FLAGS, PutOrPatch};
use crate::error::CloudError;
use crate::model::Cluster;
use crate::resource::change::changed;
use crate::validate::{self, Finding, Subject, identity_pointer};

/// Whether the static rules accept a request: those for a new cluster without `current`, else those for an update and
/// what an update may not change. Neither enabled versions nor role sets are looked at.
///
/// # Errors
/// The first thing that is wrong, as a reply.
pub fn check(request: &PutOrPatch<'_>, current: Option<&Cluster>) -> Result<(), CloudError> {
    match current {
        None => checked_new(request, &skeleton(request)).map(drop),
        Some(current) => checked_update(request, current, OPERATOR_FLAGS).map(drop),
    }
}

/// Everything that the static rules have against a request, in the order of the rules; the change rules, which come
/// after them, add their first finding.
///
/// # Errors
/// 400 for a body that cannot be read, and what is wrong with a request to the admin API.
pub fn findings(request: &PutOrPatch<'_>, current: Option<&Cluster>) -> Result<Vec<Finding>, CloudError> {
    let Some(current) = current else {
        let skeleton = skeleton(request);
        let laid = lay_over_new(request, &skeleton)?;
        return Ok(validate::findings(&subject(request, &laid, None)));
    };
    let laid = lay_over_current(request, current, OPERATOR_FLAGS)?;
    let mut all = validate::findings(&subject(request, &laid, Some(&laid.shown)));
    if let Some(change) = changed(&laid.merged, &*laid.shown, request.version) {
        let error = CloudError::property_change_not_allowed(change.path);
        all.push(finding(error, Some(change.pointer)));
    } else if let Err(error) = check_other_changes(request, &laid) {
        all.push(finding(error, None));
    }
    Ok(all)
}

/// An error as a finding. Without a pointer its target names members only.
fn finding(error: CloudError, pointer: Option<String>) -> Finding {
    Finding {
        pointer: pointer.unwrap_or_else(|| format!("/{}", error.target.replace('.', "/"))),
        code: error.code,
        target: error.target,
        message: error.message,
    }
}

/// The body laid over what a new cluster starts from, accepted by the rules.
pub(super) fn checked_new<'a>(request: &PutOrPatch<'_>, skeleton: &'a Cluster) -> Result<LaidOver<'a>, CloudError> {
    let laid = lay_over_new(request, skeleton)?;
    validate::check(&subject(request, &laid, None))?;
    Ok(laid)
}

fn lay_over_new<'a>(request: &PutOrPatch<'_>, skeleton: &'a Cluster) -> Result<LaidOver<'a>, CloudError> {
    if request.version.is_admin() {
        validate::admin::check_cluster(&Cluster::default(), None)?;
    }
    let mut laid = lay_over(skeleton, request.version, Method::Patch, request.body, None)?;
    drop_null_identities(&mut laid);
    let version = &mut laid.merged.properties.cluster_profile.version;
    if version.is_empty() {
        validate::enabled::default_version(request.versions)?.clone_into(version);
    }
    Ok(laid)
}

/// A new cluster does without the operator identities that the body gives as null: there is nothing that they could
/// take away.
fn drop_null_identities(laid: &mut LaidOver<'_>) {
    let profile = &mut laid.merged.properties.platform_workload_identity_profile;
    let Some(profile) = profile
        .as_mut()
        .filter(|profile| profile.platform_workload_identities.is_some())
    else {
        return;
    };
    let nulls = &laid.nulls;
    profile
        .platform_workload_identities
        .as_map_mut()
        .retain(|name, _| !nulls.contains(&identity_pointer(name)));
}

/// The body laid over the current cluster, accepted by the rules.
pub(super) fn checked_update<'a>(
    request: &PutOrPatch<'_>,
    current: &'a Cluster,
    flags: &[(&str, &str)],
) -> Result<LaidOver<'a>, CloudError> {
    let laid = lay_over_current(request, current, flags)?;
    validate::check(&subject(request, &laid, Some(&laid.shown)))?;
    check_changes(request, &laid)?;
    Ok(laid)
}

fn lay_over_current<'a>(
    request: &PutOrPatch<'_>,
    current: &'a Cluster,
    flags: &[(&str, &str)],
) -> Result<LaidOver<'a>, CloudError> {
    let mut laid = lay_over(current, request.version, request.method, request.body, Some(flags))?;
    if let Some(secrets) = request.secrets {
        recognize_secrets(&mut laid.merged, &laid.shown, secrets);
    }
    Ok(laid)
}

fn check_changes(request: &PutOrPatch<'_>, laid: &LaidOver<'_>) -> Result<(), CloudError> {
    if let Some(change) = changed(&laid.merged, &*laid.shown, request.version) {
        return Err(CloudError::property_change_not_allowed(change.path));
    }
    check_other_changes(request, laid)
}

/// What may not change beyond the access of single members.
fn check_other_changes(request: &PutOrPatch<'_>, laid: &LaidOver<'_>) -> Result<(), CloudError> {
    if request.version.is_admin() {
        validate::admin::check_cluster(&laid.merged, Some(&laid.shown))
    } else {
        validate::check_identities_kept(&laid.shown, &laid.merged)
    }
}

fn subject<'a>(request: &PutOrPatch<'a>, laid: &'a LaidOver<'_>, current: Option<&'a Cluster>) -> Subject<'a> {
    Subject {
        version: request.version,
        cluster: &laid.merged,
        current,
        resource_id: request.path,
        location: request.rp.location,
        domain: request.rp.domain,
        require_d2s_workers: request.rp.require_d2s_workers,
        null_elements: &laid.nulls,
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::model::OpenShiftVersion;
    use crate::request::RpFacts;
    use crate::{ApiVersion, Code};

    const PATH: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/group/providers/\
                        Microsoft.RedHatOpenShift/openShiftClusters/name";

    fn ask(body: &str) -> (Result<(), CloudError>, Vec<Finding>) {
        let mut default = OpenShiftVersion::default();
        default.properties.version = "4.16.30".into();
        default.properties.enabled = true;
        default.properties.default = true;
        let request = PutOrPatch {
            version: ApiVersion::latest(),
            method: Method::Put,
            path: PATH,
            body: body.as_bytes(),
            now: datetime!(2024-06-07 08:09:10 UTC),
            system_data: None,
            identity_url: None,
            home_tenant_id: None,
            rp: &RpFacts {
                location: "eastus",
                domain: "eastus.aroapp.io",
                require_d2s_workers: false,
                commit: "unknown",
                gateway_enabled: true,
            },
            versions: &[default],
            role_sets: &[],
            secrets: None,
        };
        (check(&request, None), findings(&request, None).unwrap())
    }

    #[test]
    fn all_findings_come_with_the_first_one_first() {
        let (first, all) = ask(r#"{"location":"x","properties":{"servicePrincipalProfile":{"clientId":"y"}}}"#);
        let first = first.unwrap_err();
        assert_eq!(
            (first.code, first.target.as_str()),
            (Code::INVALID_PARAMETER, "location")
        );
        assert_eq!(all[0].pointer, "/location");
        assert!(
            all.iter()
                .any(|finding| finding.pointer == "/properties/servicePrincipalProfile/clientId")
        );
        assert!(all.len() > 10);
    }

    #[test]
    fn null_identities_of_a_new_cluster_are_none() {
        let body = r#"{"location":"eastus","identity":{"userAssignedIdentities":{"/x":{}}},
            "properties":{"platformWorkloadIdentityProfile":{"platformWorkloadIdentities":{"a":null}}}}"#;
        assert_eq!(
            ask(body).0.unwrap_err().target,
            "properties.platformWorkloadIdentityProfile.platformWorkloadIdentities"
        );
    }
}
