//! What there is: versions, groups and resources, plain and aggregated; health; version of the server.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, Response, header};
use serde_json::{Value, json};

use crate::call::Body;
use crate::negotiate::{Form, Shape};
use crate::path;
use crate::registry::{Registry, Resource, Subresource};
use crate::render;
use crate::server::Inner;
use crate::status::Status;

/// Answers the paths that are no resources; none for a path it does not know.
pub(crate) fn page(server: &Inner, path: &str, headers: &HeaderMap, form: &Form) -> Option<Response<Body>> {
    let segments = path::segments(path);
    let registry = &server.world().registry.clone();
    let object = match segments.as_slice() {
        ["api"] if form.shape == Shape::Discovery => {
            return Some(aggregated(registry, &[String::new()], headers, form));
        }
        ["apis"] if form.shape == Shape::Discovery => {
            return Some(aggregated(registry, &registry.groups(), headers, form));
        }
        ["api"] => json!({
            "kind": "APIVersions",
            "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": server.options.address}],
        }),
        ["apis"] => {
            let groups: Vec<Value> = registry
                .groups()
                .iter()
                .map(|name| group(registry, name, false))
                .collect();
            json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
        }
        ["api", "v1"] => resources(registry, "", "v1"),
        ["apis", name] if !registry.versions(name).is_empty() => group(registry, name, true),
        ["apis", name, version] if registry.versions(name).iter().any(|known| known == version) => {
            resources(registry, name, version)
        }
        ["apis", name, _] if crate::registry::GROUPS.contains(name) => {
            return Some(render::refusal(&Status::no_resource_version(), form));
        }
        ["version"] => server.options.version.clone(),
        ["openapi", ..] => return crate::openapi::page(server, &segments[1..], headers, form),
        ["healthz" | "livez" | "readyz", rest @ ..] => return health(rest),
        [] => json!({"paths": root(registry)}),
        ["metrics"] => return Some(render::text(200, "")),
        _ => return None,
    };
    Some(render::value(200, &object, form))
}

/// Checks that a health endpoint has by name.
const CHECKS: &[&str] = &[
    "ping",
    "log",
    "loopback-serving-certificate",
    "etcd",
    "poststarthook/start-apiserver-admission-initializer",
    "poststarthook/generic-apiserver-start-informers",
    "poststarthook/priority-and-fairness-config-consumer",
    "poststarthook/priority-and-fairness-filter",
    "poststarthook/storage-object-count-tracker-hook",
    "poststarthook/start-apiextensions-informers",
    "poststarthook/start-apiextensions-controllers",
    "poststarthook/crd-informer-synced",
    "poststarthook/start-system-namespaces-controller",
    "poststarthook/peer-endpoint-reconciler-controller",
    "poststarthook/start-cluster-authentication-info-controller",
    "poststarthook/start-kube-apiserver-identity-lease-controller",
    "poststarthook/start-kube-apiserver-identity-lease-garbage-collector",
    "poststarthook/storage-readiness",
    "poststarthook/start-legacy-token-tracking-controller",
    "poststarthook/start-service-ip-repair-controllers",
    "poststarthook/scheduling/bootstrap-system-priority-classes",
    "poststarthook/priority-and-fairness-config-producer",
    "poststarthook/bootstrap-controller",
    "poststarthook/start-kubernetes-service-cidr-controller",
    "poststarthook/start-kube-aggregator-informers",
    "poststarthook/apiservice-status-local-available-controller",
    "poststarthook/apiservice-status-remote-available-controller",
    "poststarthook/apiservice-registration-controller",
    "poststarthook/apiservice-wait-for-first-sync",
    "poststarthook/apiservice-discovery-controller",
    "poststarthook/kube-apiserver-autoregistration",
    "autoregister-completion",
    "poststarthook/apiservice-openapi-controller",
    "poststarthook/apiservice-openapiv3-controller",
];

fn health(rest: &[&str]) -> Option<Response<Body>> {
    let name = rest.join("/");
    (name.is_empty() || CHECKS.contains(&name.as_str())).then(|| render::text(200, "ok"))
}

/// The checks one by one, as `?verbose` shows them.
pub(crate) fn verbose(endpoint: &str) -> Response<Body> {
    let mut text: String = CHECKS.iter().map(|check| format!("[+]{check} ok\n")).collect();
    text.push_str(&format!("{endpoint} check passed\n"));
    render::text(200, text)
}

fn root(registry: &Registry) -> Vec<String> {
    let mut paths = vec!["/api".to_owned(), "/api/v1".to_owned(), "/apis".to_owned()];
    for group in registry.groups() {
        paths.push(format!("/apis/{group}"));
        paths.extend(
            registry
                .versions(&group)
                .iter()
                .map(|version| format!("/apis/{group}/{version}")),
        );
    }
    paths.extend(
        [
            "/healthz",
            "/livez",
            "/openapi/v2",
            "/openapi/v3",
            "/readyz",
            "/version",
        ]
        .map(str::to_owned),
    );
    paths
}

fn group(registry: &Registry, name: &str, alone: bool) -> Value {
    let versions: Vec<Value> = registry
        .versions(name)
        .iter()
        .map(|version| json!({"groupVersion": format!("{name}/{version}"), "version": version}))
        .collect();
    let mut group = json!({"name": name, "versions": versions, "preferredVersion": versions.first()});
    if alone {
        group["kind"] = Value::from("APIGroup");
        group["apiVersion"] = Value::from("v1");
    }
    group
}

/// The first eight bytes of a digest of group, version and kind.
fn storage_hash(resource: &Resource) -> String {
    let text = format!("{}/{}/{}", resource.group, resource.storage_version, resource.kind);
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    STANDARD.encode(&hash.as_ref()[..8])
}

fn served<'a>(registry: &'a Registry, group: &'a str, version: &'a str) -> Vec<&'a Resource> {
    let mut found: Vec<&Resource> = registry
        .all()
        .map(AsRef::as_ref)
        .filter(|resource| resource.group == group && resource.serves(version))
        .collect();
    found.sort_by(|a, b| a.plural.cmp(&b.plural));
    found
}

fn resources(registry: &Registry, group: &str, version: &str) -> Value {
    let mut list = Vec::new();
    for resource in served(registry, group, version) {
        let mut entry = json!({
            "name": resource.plural,
            "singularName": resource.singular,
            "namespaced": resource.namespaced,
            "kind": resource.kind,
            "verbs": verbs(resource),
        });
        if !resource.short_names.is_empty() {
            entry["shortNames"] = json!(resource.short_names);
        }
        if !resource.categories.is_empty() {
            entry["categories"] = json!(resource.categories);
        }
        if resource.verbs.contains(&"watch") {
            entry["storageVersionHash"] = Value::from(storage_hash(resource));
        }
        list.push(entry);
        for sub in subresources(resource, version) {
            let mut entry = json!({
                "name": format!("{}/{}", resource.plural, sub.name),
                "singularName": "",
                "namespaced": resource.namespaced,
                "kind": sub.kind,
                "verbs": sub.verbs,
            });
            if !sub.group.is_empty() {
                entry["group"] = Value::from(sub.group);
                entry["version"] = Value::from(sub.version);
            }
            list.push(entry);
        }
    }
    let group_version = if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    };
    let mut object = json!({"kind": "APIResourceList", "groupVersion": group_version, "resources": list});
    if !group.is_empty() {
        object["apiVersion"] = Value::from("v1");
    }
    object
}

/// Custom resources list their verbs in another order.
const CUSTOM_VERBS: [&str; 8] = [
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "create",
    "update",
    "watch",
];

fn verbs(resource: &Resource) -> Value {
    if resource.is_custom() {
        json!(CUSTOM_VERBS)
    } else {
        json!(resource.verbs)
    }
}

fn subresources<'a>(resource: &'a Resource, version: &'a str) -> impl Iterator<Item = &'a Subresource> {
    resource
        .subresources
        .iter()
        .filter(move |sub| resource.subresource(sub.name, version).is_some())
}

fn aggregated(registry: &Registry, groups: &[String], headers: &HeaderMap, form: &Form) -> Response<Body> {
    let kind = |group: &str, version: &str, kind: &str| json!({"group": group, "version": version, "kind": kind});
    let mut items = Vec::new();
    for group in groups {
        let mut versions = Vec::new();
        for version in registry.versions(group) {
            let mut list = Vec::new();
            for resource in served(registry, group, &version) {
                // Built-in kinds say nothing here: they are of the group and version above.
                let own = |name: &str| match resource.is_custom() {
                    true => kind(group, &version, name),
                    false => kind("", "", name),
                };
                let mut entry = json!({
                    "resource": resource.plural,
                    "responseKind": own(&resource.kind),
                    "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
                    "singularResource": resource.singular,
                    "verbs": verbs(resource),
                });
                if !resource.short_names.is_empty() {
                    entry["shortNames"] = json!(resource.short_names);
                }
                if !resource.categories.is_empty() {
                    entry["categories"] = json!(resource.categories);
                }
                let subs: Vec<Value> = subresources(resource, &version)
                    .map(|sub| {
                        let response = if sub.group.is_empty() {
                            own(&sub.kind)
                        } else {
                            kind(sub.group, sub.version, &sub.kind)
                        };
                        json!({"subresource": sub.name, "responseKind": response, "verbs": sub.verbs})
                    })
                    .collect();
                if !subs.is_empty() {
                    entry["subresources"] = Value::from(subs);
                }
                list.push(entry);
            }
            versions.push(json!({"version": version, "resources": list, "freshness": "Current"}));
        }
        let metadata = if group.is_empty() {
            json!({})
        } else {
            json!({"name": group})
        };
        items.push(json!({"metadata": metadata, "versions": versions}));
    }
    let list = json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    });
    let hash = digest::digest(&digest::SHA512, list.to_string().as_bytes());
    let etag: String = hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    let etag = format!("\"{etag}\"");
    let unchanged = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|known| known == etag);
    let mut response = if unchanged {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = http::StatusCode::NOT_MODIFIED;
        response
    } else {
        let mut response = render::value(200, &list, form);
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"),
        );
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public"));
    headers.append(header::VARY, HeaderValue::from_static("Accept"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_hashes_are_of_group_version_and_kind() {
        let registry = Registry::new();
        let hash = |group, plural| storage_hash(&registry.by_plural(group, plural).unwrap());
        assert_eq!(hash("", "configmaps"), "qFsyl6wFWjQ=");
        assert_eq!(hash("apps", "deployments"), "8aSe+NMegvE=");
    }
}
