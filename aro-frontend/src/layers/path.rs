//! ARM's paths compare without case, so everything after this layer sees them in lower case; what the client wrote is
//! kept, because it becomes the id and name of a new resource. `//`, `/./`, `/../` and a slash at the end are removed
//! from both, so that one resource has one path.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::Uri;
use http::uri::PathAndQuery;

/// The path as the client wrote it, cleaned, still percent-encoded.
#[derive(Debug, Clone)]
pub(crate) struct OriginalPath(pub(crate) String);

pub(crate) async fn layer(mut request: Request, next: Next) -> Response {
    let cleaned = clean(&plain(request.uri().path()));
    if let Some(uri) = with_path(request.uri(), &cleaned.to_ascii_lowercase()) {
        *request.uri_mut() = uri;
    }
    request.extensions_mut().insert(OriginalPath(cleaned));
    next.run(request).await
}

/// Decodes what needs no encoding: `%4E` is the letter N, and `%2E%2E` are two dots. What else is encoded stays so.
fn plain(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let digits = rest
            .get(at + 1..at + 3)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let decoded = digits
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .map(char::from);
        match decoded.filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~')) {
            Some(c) => {
                out.push(c);
                rest = &rest[at + 3..];
            }
            None => {
                out.push('%');
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    let path_and_query = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_string(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path_and_query).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_resource_has_one_path() {
        for (written, cleaned) in [
            ("/", "/"),
            ("//a//B/", "/a/B"),
            ("/a/./b/../c", "/a/c"),
            ("/../a", "/a"),
            ("/a%2Fb", "/a%2Fb"),
        ] {
            assert_eq!(clean(written), cleaned);
        }
    }

    #[test]
    fn what_needs_no_encoding_is_not_encoded() {
        assert_eq!(plain("/%4E%2e%2E/%2f%20%zz%4"), "/N../%2f%20%zz%4");
    }

    #[test]
    fn the_query_keeps_its_case() {
        let uri: Uri = "/A?Api-Version=X".parse().unwrap();
        assert_eq!(with_path(&uri, "/a").unwrap().to_string(), "/a?Api-Version=X");
    }
}
