//! How Azure checks the tokens of the cluster's service accounts: the cluster is an OpenID issuer, and publishes its key.
//!
//! The key is made once and written down, sealed, before it is published; whoever publishes again publishes the same.

use aro_api::Secret;
use aro_azure::blob::BlobClient;
use bytes::Bytes;
use serde_json::json;

use super::context::{Cx, missing, unset};
use crate::{Change, OidcSettings, RsaKey, RsaSize, StepError, Verdict, keys::WebKey};

const DISCOVERY: &str = ".well-known/openid-configuration";
const KEYS: &str = "openid/v1/jwks";

fn settings(cx: &Cx) -> Result<&OidcSettings, StepError> {
    let settings = cx.provider().oidc.as_ref();
    settings.ok_or_else(|| unset("a place for OpenID documents (provider.oidc)"))
}

/// The directory of the cluster's documents: the provider's tenant, and the id of the document.
fn directory(cx: &Cx) -> String {
    format!("{}/{}", cx.environment.config.tenant, cx.document.id)
}

async fn blobs(cx: &Cx, settings: &OidcSettings) -> Result<BlobClient, StepError> {
    let credential = cx.provider_credential().await?;
    Ok(cx.environment.azure.blobs(&settings.account, credential, &cx.operation))
}

/// Makes the key with which the cluster signs the tokens of its service accounts, once.
pub(crate) async fn key(cx: Cx) -> Result<Verdict, StepError> {
    if cx
        .properties()
        .cluster_profile
        .bound_service_account_signing_key
        .is_some()
    {
        return Ok(Change::none().into());
    }
    let key = cx.environment.keys.rsa(RsaSize::Bits4096).await?;
    let kept = Secret::new(key.pem().as_str());
    Ok(Change::document(move |document| {
        let profile = &mut document.cluster.properties.cluster_profile;
        profile
            .bound_service_account_signing_key
            .get_or_insert_with(|| kept.clone());
    })
    .into())
}

/// What an issuer says about itself.
fn discovery(issuer: &str) -> Bytes {
    let document = json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/{KEYS}"),
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["aud", "exp", "sub", "iat", "iss"],
    });
    Bytes::from(document.to_string())
}

/// The keys that check an issuer's signatures.
fn web_keys(key: &WebKey) -> Bytes {
    let key = json!({"use": "sig", "kty": "RSA", "alg": "RS256", "kid": key.id, "n": key.n, "e": key.e});
    Bytes::from(json!({"keys": [key]}).to_string())
}

/// Publishes the two documents and notes the issuer.
pub(crate) async fn publish(cx: Cx) -> Result<Verdict, StepError> {
    let settings = settings(&cx)?;
    let profile = &cx.properties().cluster_profile;
    let key = profile.bound_service_account_signing_key.as_ref();
    let key = key.ok_or_else(|| missing("a key for the tokens of service accounts"))?;
    let key = key.open(cx.environment.store.sealer(), &cx.document.id)?;
    let key = RsaKey::from_pem(&key)?.web_key()?;
    let directory = directory(&cx);
    let fresh = format!("{}/{directory}", settings.issuer.as_str().trim_end_matches('/'));
    // An issuer that is noted is in credentials already, and stays.
    let issuer = profile
        .oidc_issuer
        .clone()
        .filter(|issuer| !issuer.is_empty())
        .unwrap_or(fresh);
    let blobs = blobs(&cx, settings).await?;
    // The keys first: who reads the one document goes on to the other.
    for (name, content) in [(KEYS, web_keys(&key)), (DISCOVERY, discovery(&issuer))] {
        let name = format!("{directory}/{name}");
        blobs
            .put(&settings.container, &name, "application/json", content)
            .await?;
    }
    Ok(Change::document(move |document| {
        document.cluster.properties.cluster_profile.oidc_issuer = Some(issuer.clone());
    })
    .into())
}

/// Removes the two documents.
pub(crate) async fn remove(cx: Cx) -> Result<Verdict, StepError> {
    let Some(settings) = &cx.provider().oidc else {
        return Ok(Change::none().into());
    };
    let blobs = blobs(&cx, settings).await?;
    for name in [DISCOVERY, KEYS] {
        blobs
            .delete(&settings.container, &format!("{}/{name}", directory(&cx)))
            .await?;
    }
    Ok(Change::none().into())
}
