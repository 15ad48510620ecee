//! Which form of an answer a client takes.

use http::HeaderMap;
use http::header::{ACCEPT, ACCEPT_ENCODING};

use crate::query::Query;
use crate::status::Status;

/// What is sent in the place of the object or list itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The object or list.
    Object,
    /// Rows with columns.
    Table,
    /// Metadata only.
    Metadata,
    /// Aggregated discovery.
    Discovery,
}

/// The form of an answer.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub(crate) shape: Shape,
    pub(crate) yaml: bool,
    pub(crate) pretty: bool,
    pub(crate) gzip: bool,
}

impl Form {
    /// JSON, as is.
    pub(crate) fn plain() -> Self {
        Self {
            shape: Shape::Object,
            yaml: false,
            pretty: false,
            gzip: false,
        }
    }
}

const OFFERED: [&str; 3] = [
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
];

/// Reads `Accept`, `pretty` and `Accept-Encoding`. Protobuf is never answered; clients that ask for it name JSON too.
pub(crate) fn form(headers: &HeaderMap, query: &Query) -> Result<Form, Status> {
    let accept = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect::<Vec<_>>()
        .join(",");
    let agent = headers
        .get(http::header::USER_AGENT)
        .and_then(|value| value.to_str().ok());
    // People who look with their own eyes get indented answers.
    let by_hand = agent.is_some_and(|agent| {
        ["curl", "Wget", "Mozilla/5.0"]
            .iter()
            .any(|known| agent.starts_with(known))
    });
    let pretty = match query.raw("pretty") {
        Some(_) => query.flag("pretty"),
        None => by_hand,
    };
    let gzip = headers
        .get(ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.split(',').any(|one| one.trim().starts_with("gzip")));
    let (shape, yaml) = if accept.trim().is_empty() {
        (Shape::Object, false)
    } else {
        accept
            .split(',')
            .find_map(clause)
            .ok_or_else(|| Status::not_acceptable(&OFFERED))?
    };
    Ok(Form {
        shape,
        yaml,
        pretty,
        gzip,
    })
}

/// One media range, if it can be served.
fn clause(text: &str) -> Option<(Shape, bool)> {
    let mut parts = text.split(';').map(str::trim);
    let yaml = match parts.next()? {
        "application/json" | "application/*" | "*/*" => false,
        "application/yaml" => true,
        _ => return None,
    };
    let (mut form, mut group, mut version) = (None, None, None);
    for part in parts {
        match part.split_once('=') {
            Some(("as", value)) => form = Some(value),
            Some(("g", value)) => group = Some(value),
            Some(("v", value)) => version = Some(value),
            Some(("stream", "watch")) | Some(("charset", _)) | Some(("q", _)) | Some(("profile", _)) => {}
            _ => {}
        }
    }
    let shape = match (form, group, version) {
        (None, _, _) => Shape::Object,
        (Some("Table"), Some("meta.k8s.io"), Some("v1" | "v1beta1")) => Shape::Table,
        (Some("PartialObjectMetadata" | "PartialObjectMetadataList"), Some("meta.k8s.io"), Some("v1" | "v1beta1")) => {
            Shape::Metadata
        }
        (Some("APIGroupDiscoveryList"), Some("apidiscovery.k8s.io"), Some("v2")) => Shape::Discovery,
        _ => return None,
    };
    Some((shape, yaml))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(accept: &str) -> Option<Shape> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        form(&headers, &Query::default()).ok().map(|form| form.shape)
    }

    #[test]
    fn the_first_range_that_can_be_served_counts() {
        assert_eq!(
            shape("application/json;as=Table;v=v1;g=meta.k8s.io,application/json"),
            Some(Shape::Table)
        );
        assert_eq!(
            shape("application/vnd.kubernetes.protobuf,application/json"),
            Some(Shape::Object)
        );
        assert_eq!(
            shape("application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"),
            Some(Shape::Object)
        );
        assert_eq!(shape("text/html"), None);
        assert_eq!(shape("*/*"), Some(Shape::Object));
    }
}
