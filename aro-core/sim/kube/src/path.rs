//! What a path and method ask for.

use http::Method;

use crate::query::Query;

/// A request for objects of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResourcePath {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) namespace: Option<String>,
    pub(crate) resource: String,
    pub(crate) name: Option<String>,
    pub(crate) subresource: Option<String>,
    /// What comes after the subresource, for proxies; anything else with a rest is unknown.
    pub(crate) rest: Vec<String>,
    /// The old form `/api/v1/watch/…`.
    pub(crate) watch_prefix: bool,
}

/// Segments of a decoded path without empty ones.
pub(crate) fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|segment| !segment.is_empty()).collect()
}

/// Percent-decodes a path; bytes that are no text are replaced.
pub(crate) fn decode(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match (first, hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads `/api/v1/…` and `/apis/GROUP/VERSION/…` with at least a resource; none for everything else.
pub(crate) fn parse(path: &str) -> Option<ResourcePath> {
    let all = segments(path);
    let (group, version, mut rest) = match all.as_slice() {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return None,
    };
    let mut watch_prefix = false;
    if let ["watch", tail @ ..] = rest
        && !tail.is_empty()
    {
        watch_prefix = true;
        rest = tail;
    }
    let (namespace, parts) = match rest {
        // A namespace itself and what belongs to it.
        ["namespaces", name, "status" | "finalize"] => (Some(*name), rest),
        ["namespaces", name, tail @ ..] if !tail.is_empty() => (Some(*name), tail),
        ["namespaces", name] => (Some(*name), rest),
        _ => (None, rest),
    };
    let (resource, name, subresource, tail) = match parts {
        [] => return None,
        [resource] => (*resource, None, None, &[][..]),
        [resource, name] => (*resource, Some(*name), None, &[][..]),
        [resource, name, subresource, tail @ ..] => (*resource, Some(*name), Some(*subresource), tail),
    };
    Some(ResourcePath {
        group: group.to_owned(),
        version: version.to_owned(),
        namespace: namespace.map(str::to_owned),
        resource: resource.to_owned(),
        name: name.map(str::to_owned),
        subresource: subresource.map(str::to_owned),
        rest: tail.iter().map(|segment| (*segment).to_owned()).collect(),
        watch_prefix,
    })
}

/// The verb, as authorization and audit name it.
pub(crate) fn verb(method: &Method, path: Option<&ResourcePath>, query: &Query) -> &'static str {
    let Some(path) = path else {
        return match *method {
            Method::GET => "get",
            Method::HEAD => "head",
            Method::POST => "post",
            Method::PUT => "put",
            Method::PATCH => "patch",
            Method::DELETE => "delete",
            Method::OPTIONS => "options",
            _ => "",
        };
    };
    match *method {
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE if path.name.is_none() => "deletecollection",
        Method::DELETE => "delete",
        Method::GET | Method::HEAD if path.watch_prefix => "watch",
        Method::GET | Method::HEAD if path.name.is_some() => "get",
        Method::GET | Method::HEAD if query.flag("watch") => "watch",
        Method::GET | Method::HEAD => "list",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_resources() {
        let path = |text| parse(text).unwrap();
        let pods = path("/api/v1/namespaces/a/pods/p/log");
        assert_eq!(
            (
                pods.namespace.as_deref(),
                pods.resource.as_str(),
                pods.name.as_deref(),
                pods.subresource.as_deref()
            ),
            (Some("a"), "pods", Some("p"), Some("log"))
        );
        let namespace = path("/api/v1/namespaces/a");
        assert_eq!(
            (namespace.resource.as_str(), namespace.name.as_deref()),
            ("namespaces", Some("a"))
        );
        let status = path("/api/v1/namespaces/a/status");
        assert_eq!(
            (status.name.as_deref(), status.subresource.as_deref()),
            (Some("a"), Some("status"))
        );
        assert_eq!(path("/apis/apps/v1/deployments").namespace, None);
        assert!(path("/api/v1/watch/namespaces/a/pods").watch_prefix);
        assert_eq!(parse("/apis/apps/v1"), None);
        assert_eq!(decode("/a%2Fb%zz"), "/a/b%zz");
    }
}
