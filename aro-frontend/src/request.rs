//! What handlers know of a request besides its body.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use aro_api::model::CorrelationData;
use axum::extract::{FromRequestParts, RawPathParams};
use http::HeaderMap;
use http::header::{IF_MATCH, IF_NONE_MATCH, REFERER};
use http::request::Parts as RequestParts;
use url::Url;

use aro_api::{CloudError, Code};

use crate::layers::correlation::{Correlated, text};
use crate::layers::parameters::{NAMESPACE, RESOURCE_TYPE};
use crate::layers::path::OriginalPath;
use crate::links;
use crate::router::App;

/// A request that has passed the layers.
pub(crate) struct Call {
    pub(crate) app: App,
    /// What the path names, in lower case.
    names: HashMap<String, String>,
    /// The path as the client wrote it, decoded.
    pub(crate) original_path: String,
    /// The URL that the client used, for links in the reply.
    pub(crate) client_url: Url,
    pub(crate) correlation: Arc<CorrelationData>,
    headers: HeaderMap,
    query: Option<String>,
}

impl FromRequestParts<App> for Call {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut RequestParts, app: &App) -> Result<Call, Infallible> {
        // Routes without parameters have none to give, and the parameters layer has refused what cannot be decoded.
        let names = match RawPathParams::from_request_parts(parts, app).await {
            Ok(params) => params
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect(),
            Err(_) => HashMap::new(),
        };
        let original = parts
            .extensions
            .get::<OriginalPath>()
            .map_or("", |path| path.0.as_str());
        let referer = parts.headers.get(REFERER).and_then(|value| value.to_str().ok());
        let path_and_query = parts.uri.path_and_query().map_or("/", |text| text.as_str());
        Ok(Call {
            app: app.clone(),
            names,
            original_path: decoded(original),
            client_url: app.parts.settings.links.client_url(referer, path_and_query),
            correlation: parts
                .extensions
                .get::<Correlated>()
                .map(|ids| ids.0.clone())
                .unwrap_or_default(),
            headers: parts.headers.clone(),
            query: parts.uri.query().map(str::to_string),
        })
    }
}

impl Call {
    /// A name from the path; empty when the route has no such part.
    pub(crate) fn name(&self, part: &str) -> &str {
        self.names.get(part).map_or("", String::as_str)
    }

    pub(crate) fn subscription(&self) -> &str {
        self.name("subscription")
    }

    /// The key of the cluster that the path names: its resource id in lower case.
    pub(crate) fn cluster_key(&self) -> String {
        format!(
            "/subscriptions/{}/resourcegroups/{}/providers/{NAMESPACE}/{RESOURCE_TYPE}/{}",
            self.subscription(),
            self.name("resource_group"),
            self.name("name")
        )
    }

    /// The path of an operation's status or result, `kind` being which.
    pub(crate) fn operation_path(&self, kind: &str, operation: &str) -> String {
        format!(
            "/subscriptions/{}/providers/{NAMESPACE}/locations/{}/{kind}/{operation}",
            self.subscription(),
            self.app.parts.settings.location.to_lowercase()
        )
    }

    /// The same as a link for the client.
    pub(crate) fn operation_link(&self, kind: &str, operation: &str) -> String {
        links::at_path(&self.client_url, &self.operation_path(kind, operation))
    }

    /// The first value of a query parameter; names are exact.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.query.as_deref()?.as_bytes())
            .find(|(present, _)| present == name)
            .map(|(_, value)| value.into_owned())
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        Some(text(&self.headers, name)).filter(|value| !value.is_empty())
    }

    /// Fails when the client allows the write only on another version of the resource than the current one. A missing
    /// resource is for the handler to judge, except that a PUT would create it.
    pub(crate) fn check_conditions(&self, current_etag: Option<&str>) -> Result<(), CloudError> {
        if let Some(wanted) = self.header(IF_MATCH.as_str())
            && !current_etag.is_some_and(|etag| matches(&wanted, etag))
        {
            return Err(precondition_failed(
                "The resource is not the version that the If-Match header names. Read it again and send its current \
                 ETag.",
            ));
        }
        if let (Some(unwanted), Some(etag)) = (self.header(IF_NONE_MATCH.as_str()), current_etag)
            && matches(&unwanted, etag)
        {
            return Err(precondition_failed(
                "The resource exists already, and the If-None-Match header forbids to change it. Leave the header out \
                 to update the resource.",
            ));
        }
        Ok(())
    }
}

/// Whether a list of entity tags, or `*`, names `etag`. Weak tags never do: they do not promise the same bytes.
fn matches(list: &str, etag: &str) -> bool {
    list.split(',').map(str::trim).any(|tag| {
        tag == "*"
            || tag
                .strip_prefix('"')
                .and_then(|tag| tag.strip_suffix('"'))
                .is_some_and(|tag| tag == etag)
    })
}

fn precondition_failed(message: &str) -> CloudError {
    CloudError::new(412, Code::other("PreconditionFailed"), "", message)
}

/// A path without percent-encoding. What is no UTF-8 has been refused before.
fn decoded(path: &str) -> String {
    percent_decode(path.as_bytes())
}

fn percent_decode(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        let encoded = (byte == b'%').then(|| tail.get(..2)).flatten().and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok()?;
            u8::from_str_radix(digits, 16).ok()
        });
        match encoded {
            Some(decoded) => {
                out.push(decoded);
                rest = &tail[2..];
            }
            None => {
                out.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entity_tags_compare_strongly() {
        assert!(matches("*", "1"));
        assert!(matches("\"0\", \"1\"", "1"));
        assert!(!matches("W/\"1\"", "1"));
        assert!(!matches("1", "1"));
    }

    #[test]
    fn paths_are_decoded_once() {
        assert_eq!(decoded("/a%20b/%252f/%zz/%"), "/a b/%2f/%zz/%");
    }
}
