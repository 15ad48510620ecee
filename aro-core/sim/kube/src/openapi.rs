//! OpenAPI documents: an index, and one document for each group and version.

use http::{HeaderMap, Response};
use serde_json::{Map, Value, json};

use crate::call::Body;
use crate::negotiate::Form;
use crate::render;
use crate::server::Inner;

/// Answers below `/openapi`.
pub(crate) fn page(server: &Inner, rest: &[&str], _: &HeaderMap, form: &Form) -> Option<Response<Body>> {
    match rest {
        ["v2"] => {
            let info = json!({"title": "Kubernetes", "version": server.options.version["gitVersion"]});
            let document = json!({"swagger": "2.0", "info": info, "paths": {}, "definitions": {}});
            Some(render::value(200, &document, form))
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
        _ => None,
    }
}
