//! Shared access signatures of storage accounts: made by ARM, checked by the blob plane.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::arm::error::ArmError;

const VERSION: &str = "2021-08-06";

/// What is signed; the order of Azure's account signature.
fn signature(account: &str, secret: &str, fields: &[(&str, &str)]) -> String {
    let field = |name: &str| {
        fields
            .iter()
            .find(|(own, _)| *own == name)
            .map_or("", |(_, value)| *value)
    };
    let text = [
        account,
        field("sp"),
        field("ss"),
        field("srt"),
        field("st"),
        field("se"),
        field("sip"),
        field("spr"),
        field("sv"),
        "",
        "",
    ]
    .join("\n");
    let key = hmac::Key::new(hmac::HMAC_SHA256, &STANDARD.decode(secret).unwrap_or_default());
    STANDARD.encode(hmac::sign(&key, text.as_bytes()))
}

/// The query string of an account SAS for the body of `ListAccountSas`.
pub(crate) fn make(body: &Value, account: &str, secret: &str) -> Result<String, ArmError> {
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    for required in [
        "signedServices",
        "signedResourceTypes",
        "signedPermission",
        "signedExpiry",
    ] {
        if text(required).is_empty() {
            return Err(ArmError::bad(
                "InvalidValuesForRequestParameters",
                format!("Values for request parameters are invalid: {required}."),
            ));
        }
    }
    let protocol = if text("signedProtocol").is_empty() {
        "https,http"
    } else {
        text("signedProtocol")
    };
    let mut fields = vec![
        ("sv", VERSION),
        ("ss", text("signedServices")),
        ("srt", text("signedResourceTypes")),
        ("sp", text("signedPermission")),
        ("st", text("signedStart")),
        ("se", text("signedExpiry")),
        ("spr", protocol),
    ];
    fields.retain(|(_, value)| !value.is_empty());
    let signed = signature(account, secret, &fields);
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(&fields).append_pair("sig", &signed);
    Ok(query.finish())
}

/// Whether the query carries a signature of this account that is valid now and permits the letter.
pub(crate) fn allows(
    query: &[(String, String)],
    account: &str,
    secrets: &[&str],
    permission: char,
    kind: char,
    now: OffsetDateTime,
) -> bool {
    let fields: Vec<(&str, &str)> = query
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let field = |name: &str| {
        fields
            .iter()
            .find(|(own, _)| *own == name)
            .map_or("", |(_, value)| *value)
    };
    let moment = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    let in_time =
        moment(field("se")).is_some_and(|end| now < end) && moment(field("st")).is_none_or(|start| now >= start);
    in_time
        && field("sp").contains(permission)
        && field("srt").contains(kind)
        && field("ss").contains('b')
        && secrets
            .iter()
            .any(|secret| signature(account, secret, &fields) == field("sig"))
}
