//! Trust of the operators' identities in the tokens of their service accounts.

use std::collections::BTreeSet;

use aro_azure::{
    ArmClient,
    identities::{self, FederatedCredential, FederatedCredentialProperties},
};
use aro_http::AzureError;

use super::{
    cluster_identity,
    context::{Cx, missing},
    role_sets,
};
use crate::{Change, StepError, Verdict, names};

/// For whom the tokens of service accounts are meant.
const AUDIENCE: &str = "openshift";

fn below(identity: &str) -> String {
    format!("{identity}/federatedIdentityCredentials")
}

async fn list(arm: &ArmClient, identity: &str) -> Result<Vec<FederatedCredential>, AzureError> {
    arm.list(&below(identity), identities::API_VERSION, &[]).await
}

/// Whether a credential was made for this cluster.
fn is_ours(credential: &FederatedCredential, issuer: &str) -> bool {
    let properties = &credential.properties;
    properties.issuer == issuer && matches!(&properties.audiences[..], [only] if only == AUDIENCE)
}

/// Lets each identity trust the service accounts of its operator, and no others of this cluster. What is there already
/// is left as it is, whatever its name.
pub(crate) async fn ensure(cx: Cx) -> Result<Verdict, StepError> {
    let issuer = cx.properties().cluster_profile.oidc_issuer.as_deref();
    let issuer = issuer
        .filter(|issuer| !issuer.is_empty())
        .ok_or_else(|| missing("an issuer of tokens"))?;
    let profile = cx.properties().platform_workload_identity_profile.as_ref();
    let profile = profile.ok_or_else(|| missing("platform identities"))?;
    let operators = role_sets::operators(&cx).await?;
    let arm = cluster_identity::arm(&cx).await?;
    for (name, identity) in profile.platform_workload_identities.iter() {
        let Some(operator) = operators.iter().find(|one| one.operator_name == *name) else {
            continue;
        };
        let subjects: BTreeSet<&str> = operator.service_accounts.iter().map(String::as_str).collect();
        let there = list(&arm, &identity.resource_id).await?;
        let stale =
            |one: &&FederatedCredential| is_ours(one, issuer) && !subjects.contains(one.properties.subject.as_str());
        for old in there.iter().filter(stale) {
            arm.delete(&old.id, identities::API_VERSION).await?;
        }
        // One after the other: an identity takes one write of its credentials at a time.
        for subject in subjects {
            let same = there
                .iter()
                .find(|one| one.properties.issuer == issuer && one.properties.subject == subject);
            let id = match same {
                Some(known) if is_ours(known, issuer) => continue,
                // Issuer and subject can be there once only; so this one gets the right audience.
                Some(known) => known.id.clone(),
                None => {
                    let name = names::federated_credential(&cx.cluster().name, &identity.resource_id, subject);
                    format!("{}/{name}", below(&identity.resource_id))
                }
            };
            let credential = FederatedCredential {
                properties: FederatedCredentialProperties {
                    issuer: issuer.to_owned(),
                    subject: subject.to_owned(),
                    audiences: vec![AUDIENCE.to_owned()],
                },
                ..FederatedCredential::default()
            };
            arm.put(&id, &credential).await?;
        }
    }
    Ok(Change::none().into())
}

/// Takes the trust away again. A customer who has taken away the rights for it, or an identity, must not keep the cluster
/// from being deleted: what Azure refuses for good is logged and left.
pub(crate) async fn remove(cx: Cx) -> Result<Verdict, StepError> {
    let issuer = cx.properties().cluster_profile.oidc_issuer.clone().unwrap_or_default();
    let profile = cx.properties().platform_workload_identity_profile.as_ref();
    let Some(profile) = profile.filter(|_| !issuer.is_empty()) else {
        return Ok(Change::none().into());
    };
    let arm = match cluster_identity::arm_once(&cx).await {
        Ok(arm) => arm,
        Err(error) => return left(error),
    };
    let now = profile.platform_workload_identities.values();
    for identity in now.chain(profile.replaced_identities.iter()) {
        if let Err(error) = remove_from(&arm, &identity.resource_id, &issuer).await {
            left(error.into())?;
        }
    }
    Ok(Change::none().into())
}

/// Takes the trust in this cluster from an identity that no operator has any more. `false` when Azure refuses that for good.
pub(super) async fn forsake(arm: &ArmClient, identity: &str, issuer: &str) -> Result<bool, StepError> {
    match remove_from(arm, identity, issuer).await {
        Ok(()) => Ok(true),
        Err(error) => left(error.into()).map(|_| false),
    }
}

async fn remove_from(arm: &ArmClient, identity: &str, issuer: &str) -> Result<(), AzureError> {
    let there = match list(arm, identity).await {
        Err(error) if error.is_not_found() => return Ok(()),
        there => there?,
    };
    for own in there.iter().filter(|one| is_ours(one, issuer)) {
        arm.delete(&own.id, identities::API_VERSION).await?;
    }
    Ok(())
}

/// Trouble that passes is waited for; the rest is not.
fn left(error: StepError) -> Result<Verdict, StepError> {
    if error.is_retryable() || error.is_cancelled() {
        return Err(error);
    }
    tracing::warn!(%error, "federated credentials of the cluster are left on its identities");
    Ok(Change::none().into())
}
