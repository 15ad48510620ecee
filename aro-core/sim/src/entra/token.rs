//! Access tokens: issuing and checking.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::shared::Facts;

/// Seconds an access token lives.
pub(crate) const LIFETIME: i64 = 3600;

/// What a token of ours says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) aud: String,
    pub(crate) iss: String,
    pub(crate) iat: i64,
    pub(crate) nbf: i64,
    pub(crate) exp: i64,
    pub(crate) appid: String,
    pub(crate) appidacr: String,
    pub(crate) idp: String,
    pub(crate) idtyp: String,
    pub(crate) oid: String,
    pub(crate) sub: String,
    pub(crate) tid: String,
    pub(crate) uti: String,
    pub(crate) ver: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) roles: Vec<String>,
}

/// Why a bearer token was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Missing,
    Malformed,
    Signature,
    Expired,
}

/// A signed token; `None` if the signing key fails.
pub(crate) fn issue(facts: &Facts, claims: &Claims) -> Option<String> {
    let header = json!({"typ": "JWT", "alg": "RS256", "kid": facts.signing.id, "x5t": facts.signing.id});
    let claims = serde_json::to_vec(claims).ok()?;
    let message = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(claims)
    );
    let signature = facts.signing.sign(message.as_bytes())?;
    Some(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// The claims of the request's bearer token, if it is ours and valid now.
pub(crate) fn bearer(facts: &Facts, headers: &HeaderMap, now: OffsetDateTime) -> Result<Claims, Refusal> {
    let header = headers.get(http::header::AUTHORIZATION).ok_or(Refusal::Missing)?;
    let header = header.to_str().map_err(|_| Refusal::Malformed)?;
    let (scheme, token) = header.split_once(' ').ok_or(Refusal::Malformed)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refusal::Malformed);
    }
    let (message, signature) = token.trim().rsplit_once('.').ok_or(Refusal::Malformed)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refusal::Malformed)?;
    if !facts.signing.verifies(message.as_bytes(), &signature) {
        return Err(Refusal::Signature);
    }
    let claims: Claims = part(message, 1)
        .and_then(|value| serde_json::from_value(value).ok())
        .ok_or(Refusal::Malformed)?;
    let now = now.unix_timestamp();
    // Azure allows five minutes for clocks that differ.
    if now > claims.exp + 300 || now < claims.nbf - 300 {
        return Err(Refusal::Expired);
    }
    Ok(claims)
}

/// One dot-separated part of a token, decoded.
pub(crate) fn part(token: &str, index: usize) -> Option<Value> {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(index)?).ok()?;
    serde_json::from_slice(&bytes).ok()
}
