//! Tokens of other issuers that a managed identity trusts: its federated credentials, and the issuer's keys, which a
//! cluster publishes in blob storage.

use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

use super::Refused;
use super::token::part;
use crate::arm::id::key;
use crate::shared::Shared;
use crate::state::{Resource, State};

/// Seconds by which clocks may differ.
const PATIENCE: i64 = 300;

/// Whether an assertion is another issuer's word about the client, not the client's own.
pub(super) fn is_foreign(assertion: &str, client_id: &str) -> bool {
    part(assertion, 1).is_some_and(|claims| {
        claims["iss"]
            .as_str()
            .is_some_and(|issuer| !issuer.eq_ignore_ascii_case(client_id))
    })
}

/// Checks that a federated credential of the identity trusts the assertion, and that its issuer signed it.
pub(super) fn check(shared: &Shared, state: &State, identity: &Resource, assertion: &str) -> Result<(), Refused> {
    let refused = |code: u32, text: String| Refused::new(401, "invalid_client", code, text);
    let malformed = || refused(50027, "JWT token is invalid or malformed.".to_owned());
    let header = part(assertion, 0).ok_or_else(malformed)?;
    let claims = part(assertion, 1).ok_or_else(malformed)?;
    let (message, signature) = assertion.rsplit_once('.').ok_or_else(malformed)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| malformed())?;
    let claim = |name: &str| claims[name].as_str().unwrap_or_default();
    let (issuer, subject) = (claim("iss"), claim("sub"));
    let audiences: Vec<&str> = match &claims["aud"] {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };

    check_trust(state, identity, issuer, subject, &audiences)?;
    let now = shared.clock.now().unix_timestamp();
    let expires = claims["exp"].as_i64().ok_or_else(malformed)?;
    if now > expires + PATIENCE || claims["nbf"].as_i64().is_some_and(|from| now < from - PATIENCE) {
        return Err(refused(
            700_024,
            "Client assertion is not within its valid time range.".to_owned(),
        ));
    }

    let keys = published_keys(shared, state, issuer).ok_or_else(|| {
        refused(
            50166,
            format!("Request to External OIDC endpoint failed: no keys are published by the issuer {issuer}."),
        )
    })?;
    let signed = keys
        .iter()
        .filter(|one| header["kid"].is_null() || one["kid"] == header["kid"])
        .any(|one| {
            let number = |name: &str| URL_SAFE_NO_PAD.decode(one[name].as_str().unwrap_or_default()).ok();
            let (Some(n), Some(e)) = (number("n"), number("e")) else {
                return false;
            };
            header["alg"] == "RS256"
                && PublicKeyComponents { n, e }
                    .verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature)
                    .is_ok()
        });
    if signed {
        Ok(())
    } else {
        Err(refused(
            700_028,
            "Client assertion signature verification failed: no key of the issuer made it.".to_owned(),
        ))
    }
}

/// Checks that a federated credential of the identity trusts the issuer's word about the subject.
pub(super) fn check_trust(
    state: &State,
    identity: &Resource,
    issuer: &str,
    subject: &str,
    audiences: &[&str],
) -> Result<(), Refused> {
    let prefix = format!("{}/federatedidentitycredentials/", key(&identity.id));
    let trusted = state.resources.under(&prefix).any(|(_, one)| {
        let wanted = one.property("audiences").and_then(Value::as_array);
        one.property_text("issuer") == Some(issuer)
            && one.property_text("subject") == Some(subject)
            && wanted
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .any(|wanted| audiences.contains(&wanted))
    });
    if trusted {
        return Ok(());
    }
    Err(Refused::new(
        401,
        "invalid_client",
        700_213,
        format!(
            "No matching federated identity record found for presented assertion subject '{subject}'. Check your \
             federated identity credential Subject, Audience and Issuer against the presented assertion."
        ),
    ))
}

/// The keys an issuer publishes below its discovery document; both are blobs of this world.
fn published_keys(shared: &Shared, state: &State, issuer: &str) -> Option<Vec<Value>> {
    let read = |url: &str| -> Option<Value> {
        let path = url.strip_prefix(shared.facts.endpoints.blob.as_str())?;
        let blob = state.blobs.get(path.trim_start_matches('/'))?;
        serde_json::from_slice(&STANDARD.decode(&blob.content_base64).ok()?).ok()
    };
    let about = read(&format!(
        "{}/.well-known/openid-configuration",
        issuer.trim_end_matches('/')
    ))?;
    if about["issuer"].as_str() != Some(issuer) {
        return None;
    }
    read(about["jwks_uri"].as_str()?)?["keys"].as_array().cloned()
}
