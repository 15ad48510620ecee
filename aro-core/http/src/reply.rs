//! Reading what Azure answers: `Retry-After`, request ids, and the several shapes of an error body.

use std::time::Duration;

use http::{HeaderMap, header};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

use crate::error::ErrorDetail;

/// How deep nested errors are followed. A hostile or looping body must not exhaust the stack.
const MAX_DEPTH: usize = 8;

/// `Retry-After` in seconds or as an HTTP date, or Azure's millisecond header.
pub(crate) fn retry_after(headers: &HeaderMap, now: OffsetDateTime) -> Option<Duration> {
    for name in ["retry-after-ms", "x-ms-retry-after-ms"] {
        if let Some(millis) = text(headers, name).and_then(|value| value.parse().ok()) {
            return Some(Duration::from_millis(millis));
        }
    }
    let value = text(headers, header::RETRY_AFTER.as_str())?;
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    // HTTP dates end in GMT, which RFC 2822 knows as an obsolete zone.
    let at = OffsetDateTime::parse(value, &Rfc2822).ok()?;
    Some(Duration::try_from(at - now).unwrap_or_default())
}

/// A header as text.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

/// The error of a reply body, whatever shape the service uses: ARM's envelope, a bare error, OData, Entra ID.
pub(crate) fn error_of(body: &[u8]) -> Option<ErrorDetail> {
    let value: Value = serde_json::from_slice(body).ok()?;
    error_in(&value, 0)
}

/// The error inside an already parsed value: `{error: …}`, `{odata.error: …}`, or the error itself.
pub(crate) fn error_in(value: &Value, depth: usize) -> Option<ErrorDetail> {
    if depth > MAX_DEPTH {
        return None;
    }
    let object = value.as_object()?;
    if let (Some(code), Some(description)) = (
        object.get("error").and_then(Value::as_str),
        object.get("error_description").and_then(Value::as_str),
    ) {
        let aadsts = description.split([':', ' ']).find(|word| word.starts_with("AADSTS"));
        return Some(ErrorDetail {
            code: Some(aadsts.unwrap_or(code).to_owned()),
            message: description.lines().next().unwrap_or_default().trim().to_owned(),
            ..ErrorDetail::default()
        });
    }
    for name in ["error", "odata.error"] {
        if let Some(inner) = object.get(name).filter(|inner| inner.is_object()) {
            return error_in(inner, depth + 1);
        }
    }
    let code = object.get("code").and_then(Value::as_str).map(str::to_owned);
    let raw = match object.get("message") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(odata)) => odata
            .get("value")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        _ => String::new(),
    };
    if code.is_none() && raw.is_empty() {
        return None;
    }
    let mut details: Vec<ErrorDetail> = object
        .get("details")
        .and_then(Value::as_array)
        .map(|list| list.iter().filter_map(|detail| error_in(detail, depth + 1)).collect())
        .unwrap_or_default();
    // Deployments put the service's error as JSON text into a detail's message; read it as what it is.
    let nested = (raw.trim_start().starts_with('{'))
        .then(|| serde_json::from_str::<Value>(&raw).ok())
        .flatten()
        .and_then(|value| error_in(&value, depth + 1));
    let message = match nested {
        Some(inner) => {
            let message = inner.message.clone();
            details.push(inner);
            message
        }
        None => raw,
    };
    let target = object.get("target").and_then(Value::as_str).map(str::to_owned);
    Some(ErrorDetail {
        code,
        message,
        target,
        details,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_as_seconds_date_and_milliseconds() {
        let now = OffsetDateTime::parse("Sun, 22 Nov 2026 10:00:00 GMT", &Rfc2822).unwrap();
        let with = |name: &'static str, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            retry_after(&headers, now)
        };
        assert_eq!(with("retry-after", "3"), Some(Duration::from_secs(3)));
        assert_eq!(
            with("retry-after", "Sun, 22 Nov 2026 10:00:05 GMT"),
            Some(Duration::from_secs(5))
        );
        assert_eq!(
            with("retry-after", "Sun, 22 Nov 2026 09:00:05 GMT"),
            Some(Duration::ZERO)
        );
        assert_eq!(with("retry-after-ms", "40"), Some(Duration::from_millis(40)));
        assert_eq!(with("retry-after", "soon"), None);
        assert_eq!(with("retry-after", "-1"), None);
    }

    #[test]
    fn error_bodies_of_every_shape() {
        let arm = error_of(br#"{"error":{"code":"A","message":"b","details":[{"code":"C","message":"d"}]}}"#).unwrap();
        assert_eq!(
            (arm.code.as_deref(), arm.message.as_str(), arm.details.len()),
            (Some("A"), "b", 1)
        );
        let bare = error_of(br#"{"code":"A","message":"b"}"#).unwrap();
        assert_eq!(bare.code.as_deref(), Some("A"));
        let odata = error_of(br#"{"odata.error":{"code":"A","message":{"lang":"en","value":"b"}}}"#).unwrap();
        assert_eq!(odata.message, "b");
        let entra = error_of(
            br#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid secret.\r\nTrace ID: x"}"#,
        )
        .unwrap();
        assert_eq!(entra.code.as_deref(), Some("AADSTS7000215"));
        assert_eq!(entra.message, "AADSTS7000215: Invalid secret.");
        let nested = error_of(
            br#"{"error":{"code":"DeploymentFailed","message":"m","details":[{"code":"Forbidden",
                "message":"{\"error\":{\"code\":\"AuthorizationFailed\",\"message\":\"no\"}}"}]}}"#,
        )
        .unwrap();
        assert_eq!(
            nested.details[0].details[0].code.as_deref(),
            Some("AuthorizationFailed")
        );
        assert!(error_of(b"<html>").is_none());
        assert!(error_of(br#"{"value":[]}"#).is_none());
    }

    #[test]
    fn nesting_has_an_end() {
        let mut body = String::from(r#"{"code":"A","message":"m"}"#);
        for _ in 0..100 {
            body = format!(r#"{{"error":{body}}}"#);
        }
        assert!(error_of(body.as_bytes()).is_none());
    }
}
