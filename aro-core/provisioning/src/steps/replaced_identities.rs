//! What the cluster gave identities that operators had before, taken away again.
//!
//! ```text
//! PUT replaces A by B    the request notes A in the document, in the same write
//! update                 B gets rights and trust, the cluster B's ids; then A loses the trust in this cluster's tokens and
//!                        its rights in the managed resource group, and the note goes with the record of the step
//! ```
//!
//! A worker that dies in between is followed by one that finds the note and does the same again. Trust in other clusters and
//! rights of others are left alone.

use aro_azure::authorization::{self, RoleAssignment};

use super::{
    cluster_identity,
    context::{Cx, missing},
    federation,
};
use crate::{Change, StepError, Verdict};

/// Takes trust and rights from every identity that is noted as replaced, and forgets it. One whose trust Azure does not let
/// be taken stays noted: the next update tries again.
pub(crate) async fn forsake(cx: Cx) -> Result<Verdict, StepError> {
    let profile = cx.properties().platform_workload_identity_profile.as_ref();
    let profile = profile.ok_or_else(|| missing("platform identities"))?;
    let replaced = &profile.replaced_identities;
    if replaced.is_empty() {
        return Ok(Change::none().into());
    }
    let issuer = cx.properties().cluster_profile.oidc_issuer.as_deref();
    let issuer = issuer
        .filter(|issuer| !issuer.is_empty())
        .ok_or_else(|| missing("an issuer of tokens"))?;
    let scope = cx.managed_group()?;

    let of_rights = cx.arm().await?;
    let rights = of_rights.role_assignments_at(scope).await?;
    let has_lost = |one: &&RoleAssignment| {
        let holder = one.properties.principal_id.as_str();
        let is = |id: &str| !id.is_empty() && id.eq_ignore_ascii_case(holder);
        let mut now = profile.platform_workload_identities.values();
        replaced.iter().any(|old| is(&old.object_id)) && !now.any(|used| is(&used.object_id))
    };
    for old in rights.iter().filter(has_lost) {
        of_rights.delete(&old.id, authorization::API_VERSION).await?;
    }

    let of_trust = cluster_identity::arm(&cx).await?;
    let mut done: Vec<String> = Vec::new();
    for identity in replaced.iter() {
        if federation::forsake(&of_trust, &identity.resource_id, issuer).await? {
            done.push(identity.resource_id.clone());
        }
    }
    Ok(Change::document(move |document| {
        if let Some(profile) = &mut document.cluster.properties.platform_workload_identity_profile {
            let noted = profile.replaced_identities.iter();
            let left = noted.filter(|one| !done.contains(&one.resource_id)).cloned();
            profile.replaced_identities = left.collect::<Vec<_>>().into();
        }
    })
    .into())
}
