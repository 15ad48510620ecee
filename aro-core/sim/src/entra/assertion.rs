//! Client assertions: a token an application signs with the key of a certificate registered for it.

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::Refused;
use super::token::part;
use crate::shared::Shared;
use crate::state::Application;

/// Checks form, times, subject, audience and signature of a client assertion.
pub(super) fn check(shared: &Shared, application: &Application, assertion: &str) -> Result<(), Refused> {
    let refused = |code: u32, text: String| Refused::new(401, "invalid_client", code, text);
    let malformed = || refused(50027, "JWT token is invalid or malformed.".to_owned());
    let header = part(assertion, 0).ok_or_else(malformed)?;
    let claims = part(assertion, 1).ok_or_else(malformed)?;
    let (message, signature) = assertion.rsplit_once('.').ok_or_else(malformed)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| malformed())?;

    for name in ["iss", "sub"] {
        if claims[name]
            .as_str()
            .is_none_or(|value| !value.eq_ignore_ascii_case(&application.app_id))
        {
            let text = format!("Client assertion is not valid: claim '{name}' must be the application's client id.");
            return Err(refused(700_021, text));
        }
    }
    let tenant = &shared.facts.endpoints.tenant;
    let base = format!("{}/{tenant}/", shared.facts.endpoints.login);
    if claims["aud"].as_str().is_none_or(|aud| !aud.starts_with(&base)) {
        return Err(refused(
            50027,
            format!("JWT token is invalid or malformed: the audience must begin with {base}."),
        ));
    }
    let now = shared.clock.now().unix_timestamp();
    let expires = claims["exp"].as_i64().ok_or_else(malformed)?;
    if now > expires + 300 || claims["nbf"].as_i64().is_some_and(|not_before| now < not_before - 300) {
        return Err(refused(
            700_024,
            "Client assertion is not within its valid time range.".to_owned(),
        ));
    }

    let algorithm: &'static dyn VerificationAlgorithm = match header["alg"].as_str() {
        Some("RS256") => &RSA_PKCS1_2048_8192_SHA256,
        Some("PS256") => &RSA_PSS_2048_8192_SHA256,
        _ => return Err(malformed()),
    };
    let signed = application.certificates.iter().any(|certificate| {
        let Ok(der) = STANDARD.decode(certificate) else {
            return false;
        };
        let Ok((_, parsed)) = x509_parser::parse_x509_certificate(&der) else {
            return false;
        };
        let key = parsed.public_key().subject_public_key.data.as_ref();
        UnparsedPublicKey::new(algorithm, key)
            .verify(message.as_bytes(), &signature)
            .is_ok()
    });
    if signed {
        return Ok(());
    }
    let known: Vec<String> = application
        .certificates
        .iter()
        .filter_map(|certificate| STANDARD.decode(certificate).ok())
        .map(|der| crate::pki::thumbprint(&der))
        .collect();
    Err(refused(
        700_027,
        format!(
            "The certificate with identifier used to sign the client assertion is not registered on application. \
             Registered thumbprints: {}.",
            known.join(", ")
        ),
    ))
}
