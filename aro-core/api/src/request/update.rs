//! A PUT or PATCH of a cluster that is there.

use super::check::checked_update;
use super::ground::{LaidOver, lay_over};
use super::{Method, OPERATOR_FLAGS, PutOrPatch, Secrets, commit_rules, headers, set_defaults, state};
use crate::error::CloudError;
use crate::model::Cluster;
use crate::resource::commit::commit;
use crate::secret::Secret;
use crate::validate;
use crate::version::ApiVersion;

/// Makes the cluster that a request turns `current` into, in state Updating or AdminUpdating. `current` is what the
/// client sees with GET; whether its state allows a write is for the caller
/// ([`check_state_for_write`](super::check_state_for_write)).
///
/// # Errors
/// What is wrong with the request, as a reply.
pub fn update(request: &PutOrPatch<'_>, current: &Cluster) -> Result<Cluster, CloudError> {
    update_with_flags(request, current, OPERATOR_FLAGS)
}

/// As [`update`], with other switches of the operator than [`OPERATOR_FLAGS`] where defaults are needed.
///
/// # Errors
/// As [`update`].
pub fn update_with_flags(
    request: &PutOrPatch<'_>,
    current: &Cluster,
    flags: &[(&str, &str)],
) -> Result<Cluster, CloudError> {
    let version = request.version;
    let laid = checked_update(request, current, flags)?;
    let mut cluster = take(current, laid, version)?;
    headers::take_system_data(&mut cluster, request.system_data);
    validate::role_sets::check_identities(&cluster, request.role_sets)?;
    if version.is_admin() {
        state::begin_admin_update(&mut cluster);
    } else {
        state::begin_update(&mut cluster);
    }
    headers::take_identity(&mut cluster, request)?;
    set_defaults(&mut cluster, flags);
    Ok(cluster)
}

/// What a [`convert`] may know beside the body.
#[derive(Clone, Copy, Default)]
pub struct Conversion<'a> {
    /// The switches of the operator that an admin PATCH may fall back to; without them its wish to do so is ignored.
    pub flags: Option<&'a [(&'a str, &'a str)]>,
    /// Opens the secrets of the cluster, to recognize those that the body repeats.
    pub secrets: Option<Secrets<'a>>,
}

/// Lays a body over a cluster and takes over what changed, without any rule, state or default.
///
/// # Errors
/// 400 when the body cannot be read, or gives a cluster an identity through the admin API.
pub fn convert(
    current: &Cluster,
    version: ApiVersion,
    method: Method,
    body: &[u8],
    knowing: Conversion<'_>,
) -> Result<Cluster, CloudError> {
    let mut laid = lay_over(current, version, method, body, knowing.flags)?;
    if let Some(secrets) = knowing.secrets {
        recognize_secrets(&mut laid.merged, &laid.shown, secrets);
    }
    take(current, laid, version)
}

fn take(current: &Cluster, laid: LaidOver<'_>, version: ApiVersion) -> Result<Cluster, CloudError> {
    let (shown, merged) = commit_rules::prepare(laid, version)?;
    let mut cluster = current.clone();
    commit(&mut cluster, Some(&*shown), &merged, version);
    commit_rules::apply(current, &mut cluster, version);
    Ok(cluster)
}

/// Puts the stored secret in the place of one that the body only repeats: it then counts as unchanged, and what is
/// stored stays as it is. One that cannot be opened counts as changed.
pub(super) fn recognize_secrets(merged: &mut Cluster, shown: &Cluster, secrets: Secrets<'_>) {
    let recognize = |new: &mut Secret, old: &Secret| {
        let repeated = new.plain().is_some_and(|plain| {
            let opened = old
                .sealed_text()
                .and_then(|_| old.open(secrets.sealer, secrets.document).ok());
            opened.is_some_and(|opened| *opened == plain)
        });
        if repeated {
            new.clone_from(old);
        }
    };
    recognize(
        &mut merged.properties.cluster_profile.pull_secret,
        &shown.properties.cluster_profile.pull_secret,
    );
    let profiles = (
        &mut merged.properties.service_principal_profile,
        &shown.properties.service_principal_profile,
    );
    if let (Some(new), Some(old)) = profiles {
        recognize(&mut new.client_secret, &old.client_secret);
    }
}
