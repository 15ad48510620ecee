//! OpenAPI documents: an index, and one document for each group and version.

mod document;
mod older;

use aws_lc_rs::digest;
use http::{HeaderMap, HeaderValue, Response, header};
use serde_json::{Map, Value, json};

use self::document::Served;
use crate::call::Body;
use crate::negotiate::Form;
use crate::registry::Registry;
use crate::render;
use crate::server::Inner;

/// Answers below `/openapi`.
pub(crate) fn page(server: &Inner, rest: &[&str], _: &HeaderMap, form: &Form) -> Option<Response<Body>> {
    match rest {
        ["v2"] => {
            let registry = server.world().registry.clone();
            let groups = std::iter::once(String::new()).chain(registry.groups());
            let all = groups.flat_map(|group| {
                let versions = match group.as_str() {
                    "" => vec!["v1".to_owned()],
                    group => registry.versions(group),
                };
                versions.into_iter().map(move |version| (group.clone(), version))
            });
            let documents = all.filter_map(|(group, version)| of(server, &registry, &group, &version));
            let document = older::document(&server.options.version["gitVersion"], documents);
            let mut response = render::compressed(200, &document, form);
            let headers = response.headers_mut();
            let hash = digest::digest(&digest::SHA512, document.to_string().as_bytes());
            let etag: String = hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
            if let Ok(etag) = HeaderValue::from_str(&format!("\"{etag}\"")) {
                headers.insert(header::ETAG, etag);
            }
            headers.insert(
                header::LAST_MODIFIED,
                HeaderValue::from_static("Sun, 01 Jun 2025 00:00:00 GMT"),
            );
            headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
            headers.append(header::VARY, HeaderValue::from_static("Accept"));
            Some(response)
        }
        ["v3"] => {
            let registry = server.world().registry.clone();
            let mut paths = Map::new();
            let mut add = |path: String| {
                let link = format!("/openapi/v3/{path}");
                paths.insert(path, json!({"serverRelativeURL": link}));
            };
            add("api/v1".to_owned());
            for group in registry.groups() {
                for version in registry.versions(&group) {
                    add(format!("apis/{group}/{version}"));
                }
            }
            Some(render::value(200, &json!({"paths": Value::Object(paths)}), form))
        }
        ["v3", "api", version] => {
            let document = of(server, &server.world().registry.clone(), "", version)?;
            Some(render::value(200, &document, form))
        }
        ["v3", "apis", group, version] => {
            let document = of(server, &server.world().registry.clone(), group, version)?;
            Some(render::value(200, &document, form))
        }
        _ => None,
    }
}

/// The document of a group and version, where there is one.
fn of(server: &Inner, registry: &Registry, group: &str, version: &str) -> Option<Value> {
    let resources: Vec<_> = registry
        .all()
        .filter(|resource| resource.group == group && resource.serves(version))
        .cloned()
        .collect();
    if resources.is_empty() {
        return None;
    }
    let served: Vec<Served<'_>> = resources
        .iter()
        .map(|resource| Served {
            plural: &resource.plural,
            kind: &resource.kind,
            namespaced: resource.namespaced,
            custom: resource
                .definition
                .as_ref()
                .and_then(|custom| custom.schemas.get(version))
                .map(AsRef::as_ref),
        })
        .collect();
    let release = &server.options.version["gitVersion"];
    Some(document::document(group, version, release, &served))
}
