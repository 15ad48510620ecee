//! What is wrong with a request, without making anything of it.

use super::create::skeleton;
use super::ground::{LaidOver, lay_over};
use super::update::recognize_secrets;
use super::{Method, OPERATOR_FLAGS, PutOrPatch};
use crate::error::CloudError;
use crate::model::Cluster;
use crate::resource::change::changed;
use crate::validate::{self, Finding, Subject};

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
        let laid = lay_over_new(request, &skeleton(request))?;
        return Ok(validate::findings(&subject(request, &laid, None)));
    };
    let laid = lay_over_current(request, current, OPERATOR_FLAGS)?;
    let mut all = validate::findings(&subject(request, &laid, Some(&laid.shown)));
    if let Err(error) = check_changes(request, &laid) {
        let pointer = format!(
            "/{}",
            error
                .target
                .replace("['", "/")
                .replace("']", "")
                .replace(['.', '['], "/")
                .replace(']', "")
        );
        all.push(Finding {
            code: error.code,
            target: error.target,
            pointer,
            message: error.message,
        });
    }
    Ok(all)
}

/// The body laid over what a new cluster starts from, accepted by the rules.
pub(super) fn checked_new(request: &PutOrPatch<'_>, skeleton: &Cluster) -> Result<LaidOver, CloudError> {
    let laid = lay_over_new(request, skeleton)?;
    validate::check(&subject(request, &laid, None))?;
    Ok(laid)
}

fn lay_over_new(request: &PutOrPatch<'_>, skeleton: &Cluster) -> Result<LaidOver, CloudError> {
    if request.version.is_admin() {
        validate::admin::check_cluster(&Cluster::default(), None)?;
    }
    let mut laid = lay_over(skeleton, request.version, Method::Patch, request.body, None)?;
    let version = &mut laid.merged.properties.cluster_profile.version;
    if version.is_empty() {
        validate::enabled::default_version(request.versions)?.clone_into(version);
    }
    Ok(laid)
}

/// The body laid over the current cluster, accepted by the rules.
pub(super) fn checked_update(
    request: &PutOrPatch<'_>,
    current: &Cluster,
    flags: &[(&str, &str)],
) -> Result<LaidOver, CloudError> {
    let laid = lay_over_current(request, current, flags)?;
    validate::check(&subject(request, &laid, Some(&laid.shown)))?;
    check_changes(request, &laid)?;
    Ok(laid)
}

fn lay_over_current(
    request: &PutOrPatch<'_>,
    current: &Cluster,
    flags: &[(&str, &str)],
) -> Result<LaidOver, CloudError> {
    let mut laid = lay_over(current, request.version, request.method, request.body, Some(flags))?;
    if let Some(secrets) = request.secrets {
        recognize_secrets(&mut laid.merged, &laid.shown, secrets);
    }
    Ok(laid)
}

fn check_changes(request: &PutOrPatch<'_>, laid: &LaidOver) -> Result<(), CloudError> {
    if let Some(path) = changed(&laid.merged, &laid.shown, request.version) {
        return Err(CloudError::property_change_not_allowed(path));
    }
    if request.version.is_admin() {
        validate::admin::check_cluster(&laid.merged, Some(&laid.shown))
    } else {
        validate::check_identities_kept(&laid.shown, &laid.merged)
    }
}

fn subject<'a>(request: &PutOrPatch<'a>, laid: &'a LaidOver, current: Option<&'a Cluster>) -> Subject<'a> {
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
