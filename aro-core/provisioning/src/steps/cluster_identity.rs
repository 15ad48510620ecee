//! The cluster's own managed identity: with it the service acts on the identities of the cluster's operators.
//!
//! Its certificate comes from the data plane of managed identities and is kept in a vault, never in a document. Whoever
//! needs it reads it there.

use std::{collections::BTreeMap, sync::Arc};

use aro_api::{CloudError, Code};
use aro_azure::{
    ArmClient,
    identity_credentials::{IdentityCredential, IdentityCredentials},
    vault::{NewVaultSecret, VaultClient},
};
use aro_http::TokenSource;
use url::Url;
use zeroize::Zeroizing;

use super::context::{Cx, missing, unset};
use crate::{Change, StepError, Verdict};

/// The identity's resource id.
fn identity(cx: &Cx) -> Result<&str, StepError> {
    cx.cluster()
        .cluster_identity_id()
        .ok_or_else(|| missing("an identity of its own"))
}

fn secret_name(cx: &Cx) -> String {
    format!("msi-{}", cx.document.id)
}

async fn vault(cx: &Cx) -> Result<VaultClient, StepError> {
    let vault = cx.provider().identity_vault.as_ref();
    let vault = vault.ok_or_else(|| unset("a vault for the credentials of identities (provider.identity_vault)"))?;
    let credential = cx.provider_credential().await?;
    Ok(cx.environment.azure.vault(vault, credential, &cx.operation))
}

/// The tenant of the identity is that of the subscription; conversions between versions of the API have lost it.
pub(crate) async fn tenant(cx: Cx) -> Result<Verdict, StepError> {
    let tenant = cx.tenant().await?;
    Ok(Change::document(move |document| {
        if let Some(identity) = &mut document.cluster.identity {
            identity.tenant_id.clone_from(&tenant);
        }
    })
    .into())
}

/// The credential in the vault, when there is one that can be used. One that cannot be read is as good as none.
async fn kept(cx: &Cx, vault: &VaultClient) -> Result<Option<IdentityCredential>, StepError> {
    let Some(secret) = vault.secret(&secret_name(cx)).await? else {
        return Ok(None);
    };
    let parsed = IdentityCredentials::parse(&secret.value);
    let own = parsed
        .as_ref()
        .and_then(|all| identity(cx).ok().and_then(|id| all.of(id)));
    Ok(own
        .filter(|one| one.pem().is_some() && one.client_id.is_some())
        .cloned())
}

/// A new credential, and the text that says it.
async fn issue(cx: &Cx) -> Result<(Zeroizing<String>, IdentityCredential), StepError> {
    let identity = identity(cx)?;
    let resource = address(cx)?;
    let client = cx
        .environment
        .azure
        .identity_credentials(cx.first_party().await?, &cx.operation);
    let text = match client.issue(&resource, &[identity]).await {
        Err(error) if error.is_not_found() => {
            let text = format!(
                "The managed identity {identity} of the cluster does not exist. Create it, or name one that exists."
            );
            return Err(
                CloudError::bad_request(Code::INVALID_PARAMETER, "identity.userAssignedIdentities", text).into(),
            );
        }
        text => text?,
    };
    let all = IdentityCredentials::parse(&text);
    let own = all.as_ref().and_then(|all| all.of(identity)).cloned();
    match own.filter(|own| own.pem().is_some() && own.client_id.is_some()) {
        Some(own) => Ok((text, own)),
        None => Err(StepError::Unexpected(
            "the data plane of managed identities gave no credential of the cluster's identity".to_owned(),
        )),
    }
}

/// Where credentials are asked for: what ARM said when the cluster was written. A token goes there, so it must be a place
/// of the service's own.
fn address(cx: &Cx) -> Result<Url, StepError> {
    let endpoint = cx.provider().identity_endpoint.as_ref();
    let endpoint = endpoint.ok_or_else(|| unset("the data plane of identities (provider.identity_endpoint)"))?;
    let told = cx
        .cluster()
        .identity
        .as_ref()
        .map(|identity| identity.identity_url.as_str());
    let told = told
        .filter(|url| !url.is_empty())
        .ok_or_else(|| missing("an identity URL"))?;
    match Url::parse(told) {
        Ok(url) if lies_below(&url, endpoint) => Ok(url),
        _ => Err(StepError::Unexpected(
            "the identity URL of the cluster does not lead to the data plane of managed identities".to_owned(),
        )),
    }
}

fn lies_below(url: &Url, endpoint: &Url) -> bool {
    let base = endpoint.path().trim_end_matches('/');
    let rest = url.path().strip_prefix(base);
    url.origin() == endpoint.origin()
        && url.username().is_empty()
        && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Keeps a credential that works in the vault, renewed when its time has come, and learns whose it is.
pub(crate) async fn credentials(cx: Cx) -> Result<Verdict, StepError> {
    let vault = vault(&cx).await?;
    let known = kept(&cx, &vault).await?.filter(|one| !one.is_due(cx.now));
    let credential = match known {
        Some(known) => known,
        None => {
            let (text, credential) = issue(&cx).await?;
            let tag = |name: &str, value: &Option<String>| value.clone().map(|value| (name.to_owned(), value));
            let tags: BTreeMap<String, String> = [
                tag("renew_after", &credential.renew_after),
                tag("cannot_renew_after", &credential.cannot_renew_after),
            ]
            .into_iter()
            .flatten()
            .collect();
            let secret = NewVaultSecret { value: &text, tags };
            vault.set_secret(&secret_name(&cx), &secret).await?;
            credential
        }
    };
    let id = identity(&cx)?.to_owned();
    let (client_id, object_id) = (
        credential.client_id.unwrap_or_default(),
        credential.object_id.unwrap_or_default(),
    );
    Ok(Change::document(move |document| {
        let identities = document.cluster.identity.as_mut();
        let identities = identities.map(|all| all.user_assigned_identities.as_map_mut());
        // Ids have no case, and the customer's spelling stays.
        let own = identities.and_then(|all| all.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(&id)));
        if let Some((_, own)) = own {
            own.client_id.clone_from(&client_id);
            own.principal_id.clone_from(&object_id);
        }
    })
    .into())
}

/// The identity as a caller, with the credential in the vault.
async fn sign_in(cx: &Cx, credential: &IdentityCredential) -> Result<Arc<dyn TokenSource>, StepError> {
    let (Some(pem), Some(client_id)) = (credential.pem(), &credential.client_id) else {
        return Err(StepError::Unexpected(
            "the credential of the cluster's identity cannot be used".to_owned(),
        ));
    };
    let tenant = match &credential.tenant_id {
        Some(tenant) => tenant.clone(),
        None => cx.tenant().await?,
    };
    Ok(cx
        .environment
        .azure
        .client_certificate(&tenant, client_id, &pem, &cx.operation)?)
}

/// ARM in the customer's subscription, as the cluster's identity.
pub(crate) async fn arm(cx: &Cx) -> Result<ArmClient, StepError> {
    let vault = vault(cx).await?;
    let kept = kept(cx, &vault).await?;
    let credential = kept.ok_or_else(|| {
        StepError::Unexpected("the vault has no credential of the cluster's identity that can be used".to_owned())
    })?;
    Ok(cx.environment.azure.arm(sign_in(cx, &credential).await?, &cx.operation))
}

/// As [`arm`], for the last time: a credential that is missing or old is asked for and not kept. A vault does not take a
/// secret again that it has deleted.
pub(crate) async fn arm_once(cx: &Cx) -> Result<ArmClient, StepError> {
    let vault = vault(cx).await?;
    let credential = match kept(cx, &vault).await?.filter(|one| !one.is_due(cx.now)) {
        Some(kept) => kept,
        None => issue(cx).await?.1,
    };
    Ok(cx.environment.azure.arm(sign_in(cx, &credential).await?, &cx.operation))
}

/// Removes the credential from the vault.
pub(crate) async fn remove(cx: Cx) -> Result<Verdict, StepError> {
    // A provider without such a vault has never kept one.
    if cx.provider().identity_vault.is_some() {
        vault(&cx).await?.delete_secret(&secret_name(&cx)).await?;
    }
    Ok(Change::none().into())
}

#[cfg(test)]
mod tests {
    use super::lies_below;

    #[test]
    fn tokens_go_to_the_service_only() {
        let endpoint = "https://identity.example/plane/".parse().unwrap();
        let fits = |url: &str| lies_below(&url.parse().unwrap(), &endpoint);
        assert!(fits("https://identity.example/plane/subscriptions/1?tid=2"));
        for foreign in [
            "https://identity.example.evil/plane/x",
            "https://identity.example@evil/plane/x",
            "http://identity.example/plane/x",
            "https://identity.example/planes/x",
            "https://identity.example:8443/plane/x",
            "https://identity.example/plane/../x",
        ] {
            assert!(!fits(foreign), "{foreign}");
        }
    }
}
