//! The managed-identity data plane: certificates with which a resource provider acts as a customer's user-assigned
//! identities. Its address is what ARM sends as `x-ms-identity-url`.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::arm::error::ArmError;
use crate::arm::id::key;
use crate::arm::types::identities::{CERTIFICATES, IDENTITY};
use crate::call::{Call, Reply};
use crate::clock::rfc3339;
use crate::pki::{CertificateForm, PkiError};
use crate::seed::{FIRST_PARTY_APP_ID, IDENTITY_RESOURCE, named_uuid};
use crate::shared::Shared;
use crate::state::State;

/// Life of a certificate, and how old it may and must be when it is renewed.
const LIFE: Duration = Duration::days(90);
const RENEW_AFTER: Duration = Duration::days(46);
/// Certificates of an identity that are still taken: the last one and the one before.
const KEPT: usize = 2;
/// Identities one request may name.
const MOST: usize = 50;

pub(super) fn answer(shared: &Arc<Shared>, call: &Call, rest: &[&str]) -> Reply {
    let at = &shared.facts.endpoints;
    let trusted = call.caller.as_ref().is_some_and(|caller| {
        let audience = caller.aud.trim_end_matches('/');
        audience.eq_ignore_ascii_case(IDENTITY_RESOURCE) || audience.starts_with(at.identity.as_str())
    });
    if !trusted {
        let challenge = format!(
            "Bearer authorization=\"{}/{}\", resource=\"{IDENTITY_RESOURCE}\"",
            at.login, at.tenant
        );
        return ArmError::new(
            401,
            "Unauthorized",
            "A bearer token for the identity service is required.",
        )
        .reply()
        .with("www-authenticate", &challenge);
    }
    credentials(shared, call, rest).unwrap_or_else(|error| error.reply())
}

fn credentials(shared: &Arc<Shared>, call: &Call, rest: &[&str]) -> Result<Reply, ArmError> {
    let first_party = call
        .caller
        .as_ref()
        .is_some_and(|caller| caller.appid.eq_ignore_ascii_case(FIRST_PARTY_APP_ID));
    if !first_party {
        return Err(ArmError::new(
            403,
            "Forbidden",
            "Only the resource provider may ask for credentials of its resources' identities.",
        ));
    }
    let Some(("credentials", resource)) = rest.split_last().map(|(last, before)| (*last, before.join("/"))) else {
        return Err(ArmError::new(
            404,
            "ResourceNotFound",
            format!("There is nothing at {}.", call.path),
        ));
    };
    let object_id = named_uuid(&key(&format!("/{resource}"))).to_string();
    if call.query("oid") != Some(&object_id) || call.query("tid") != Some(&shared.facts.endpoints.tenant) {
        return Err(ArmError::bad(
            "BadRequest",
            "The identity URL is not the one that came with the resource.",
        ));
    }
    if call.method != Method::POST {
        return Err(ArmError::new(
            405,
            "MethodNotAllowed",
            "Credentials of user-assigned identities are asked for with POST.",
        ));
    }
    if call.api_version().is_empty() {
        return Err(ArmError::bad(
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        ));
    }
    let body: Value = serde_json::from_slice(&call.body)
        .map_err(|error| ArmError::bad("BadRequest", format!("The request content was invalid: '{error}'.")))?;
    let wanted: Option<Vec<&str>> = body["identityIds"]
        .as_array()
        .filter(|ids| (1..=MOST).contains(&ids.len()))
        .and_then(|ids| ids.iter().map(Value::as_str).collect());
    let wanted = wanted.ok_or_else(|| {
        ArmError::bad(
            "BadRequest",
            format!("The member identityIds must name 1 to {MOST} user-assigned identities."),
        )
    })?;
    let now = shared.clock.now();
    let mut state = shared.state();
    let missing = wanted
        .iter()
        .find(|id| state.resources.get(&key(id)).is_none_or(|one| one.kind != IDENTITY));
    if let Some(missing) = missing {
        return Err(ArmError::new(
            404,
            "ResourceNotFound",
            format!("The user-assigned identity '{missing}' does not exist."),
        ));
    }
    let explicit = wanted
        .iter()
        .map(|id| one(shared, &mut state, id, now))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Reply::json(
        200,
        &json!({
            "client_id": null, "client_secret": null, "client_secret_url": null, "object_id": null, "tenant_id": null,
            "internal_id": object_id, "authentication_endpoint": format!("{}/", shared.facts.endpoints.login),
            "not_before": null, "not_after": null, "renew_after": null, "cannot_renew_after": null,
            "explicit_identities": explicit, "delegated_resources": [],
        }),
    ))
}

fn unmade(error: PkiError) -> ArmError {
    let text = format!("A certificate could not be made: {error}.");
    ArmError::new(503, "ServiceUnavailable", text)
}

/// A fresh certificate of one identity.
fn one(shared: &Shared, state: &mut State, id: &str, now: OffsetDateTime) -> Result<Value, ArmError> {
    let own_key = key(id);
    let gone = || {
        ArmError::new(
            404,
            "ResourceNotFound",
            format!("The user-assigned identity '{id}' does not exist."),
        )
    };
    let (client_id, object_id) = {
        let identity = state.resources.get(&own_key).ok_or_else(gone)?;
        let text = |name: &str| identity.property_text(name).unwrap_or_default().to_owned();
        (text("clientId"), text("principalId"))
    };
    let leaf = shared.facts.pki.assertion_leaf(&client_id, now, LIFE).map_err(unmade)?;
    let der = leaf.der_base64();
    state.resources.change(&own_key, |identity| {
        let properties = identity.properties_mut();
        let mut kept = properties
            .get(CERTIFICATES)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        kept.push(json!(der));
        let old = kept.len().saturating_sub(KEPT);
        kept.drain(..old);
        properties.insert(CERTIFICATES.to_owned(), Value::Array(kept));
    });
    let at = &shared.facts.endpoints;
    let secret = match shared.facts.identity_certificates {
        CertificateForm::Pem => format!("{}{}", leaf.key_pem, leaf.certificate_pem).into_bytes(),
        CertificateForm::Pkcs12 => leaf.pkcs12(&[]).map_err(unmade)?,
    };
    let secret = STANDARD.encode(secret);
    Ok(json!({
        "client_id": client_id, "client_secret": secret, "object_id": object_id, "tenant_id": at.tenant,
        "resource_id": id, "authentication_endpoint": format!("{}/", at.login),
        "mtls_authentication_endpoint": format!("{}/", at.login),
        "client_secret_url": format!("{}{id}/credentials?tid={}&oid={object_id}&aid={client_id}", at.identity, at.tenant),
        "not_before": rfc3339(leaf.not_before), "not_after": rfc3339(leaf.not_after),
        "renew_after": rfc3339(now + RENEW_AFTER), "cannot_renew_after": rfc3339(leaf.not_after),
    }))
}
