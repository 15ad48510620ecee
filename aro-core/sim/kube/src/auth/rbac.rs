//! Roles and bindings.

use serde_json::Value;

use super::{Attributes, User};
use crate::meta;
use crate::world::World;

pub(crate) const CLUSTER_ROLES: &str = "clusterroles.rbac.authorization.k8s.io";
pub(crate) const CLUSTER_ROLE_BINDINGS: &str = "clusterrolebindings.rbac.authorization.k8s.io";
pub(crate) const ROLES: &str = "roles.rbac.authorization.k8s.io";
pub(crate) const ROLE_BINDINGS: &str = "rolebindings.rbac.authorization.k8s.io";

/// Whether a binding is about a user.
fn binds(binding: &Value, user: &User) -> bool {
    subject(binding, user).is_some()
}

/// The subject of a binding that a user is. Service accounts without a namespace are of the binding's own.
fn subject<'a>(binding: &'a Value, user: &User) -> Option<&'a Value> {
    let subjects = binding.get("subjects").and_then(Value::as_array);
    subjects.into_iter().flatten().find(|subject| {
        let text = |name: &str| subject.get(name).and_then(Value::as_str).unwrap_or_default();
        match text("kind") {
            "User" => text("name") == user.name,
            "Group" => user.groups.iter().any(|group| group == text("name")),
            "ServiceAccount" => {
                let namespace = match text("namespace") {
                    "" => meta::namespace(binding),
                    namespace => namespace,
                };
                user.name == format!("system:serviceaccount:{namespace}:{}", text("name"))
            }
            _ => false,
        }
    })
}

/// The rules behind a reference from a binding in `namespace`.
pub(crate) fn rules_of(world: &World, role_ref: &Value, namespace: &str) -> Vec<Value> {
    let name = role_ref["name"].as_str().unwrap_or_default();
    let role = match role_ref["kind"].as_str() {
        Some("ClusterRole") => world.state.get(CLUSTER_ROLES, name),
        _ => world.state.get(ROLES, &format!("{namespace}/{name}")),
    };
    role.and_then(|role| role.get("rules"))
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default()
}

/// All rules that hold for a user: everywhere, and in a namespace if one is given.
pub(crate) fn rules(world: &World, user: &User, namespace: &str) -> Vec<Value> {
    let mut rules = Vec::new();
    for (_, binding) in world.state.scan(CLUSTER_ROLE_BINDINGS, "") {
        if binds(binding, user) {
            rules.extend(rules_of(world, &binding["roleRef"], ""));
        }
    }
    if !namespace.is_empty() {
        for (_, binding) in world.state.scan(ROLE_BINDINGS, &format!("{namespace}/")) {
            if binds(binding, user) {
                rules.extend(rules_of(world, &binding["roleRef"], namespace));
            }
        }
    }
    rules
}

/// Why a user may: the first binding that allows it.
pub(crate) fn reason(world: &World, user: &User, attributes: &Attributes) -> Option<String> {
    let prefix = format!("{}/", attributes.namespace);
    let everywhere = world
        .state
        .scan(CLUSTER_ROLE_BINDINGS, "")
        .map(|(_, binding)| ("ClusterRoleBinding", binding));
    let here = world
        .state
        .scan(ROLE_BINDINGS, &prefix)
        .map(|(_, binding)| ("RoleBinding", binding));
    everywhere.chain(here).find_map(|(kind, binding)| {
        let subject = subject(binding, user)?;
        let role = &binding["roleRef"];
        let allowed = rules_of(world, role, meta::namespace(binding))
            .iter()
            .any(|rule| rule_allows(rule, attributes));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let name = match meta::namespace(binding) {
            "" => meta::name(binding).to_owned(),
            namespace => format!("{}/{namespace}", meta::name(binding)),
        };
        allowed.then(|| {
            format!(
                "RBAC: allowed by {kind} \"{name}\" of {} \"{}\" to {} \"{}\"",
                text(&role["kind"]),
                text(&role["name"]),
                text(&subject["kind"]),
                text(&subject["name"])
            )
        })
    })
}

fn list<'a>(rule: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    rule.get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// Whether a rule allows this.
pub(crate) fn rule_allows(rule: &Value, attributes: &Attributes) -> bool {
    if !list(rule, "verbs").any(|verb| verb == "*" || verb == attributes.verb) {
        return false;
    }
    if !attributes.path.is_empty() {
        return list(rule, "nonResourceURLs").any(|url| match url.strip_suffix('*') {
            Some(prefix) => attributes.path.starts_with(prefix),
            None => attributes.path == url,
        });
    }
    let full = if attributes.subresource.is_empty() {
        attributes.resource.clone()
    } else {
        format!("{}/{}", attributes.resource, attributes.subresource)
    };
    list(rule, "apiGroups").any(|group| group == "*" || group == attributes.group)
        && list(rule, "resources").any(|resource| {
            resource == "*"
                || resource == full
                || (!attributes.subresource.is_empty()
                    && resource
                        .strip_prefix("*/")
                        .is_some_and(|sub| sub == attributes.subresource))
        })
        && {
            let mut names = list(rule, "resourceNames").peekable();
            names.peek().is_none() || names.any(|name| name == attributes.name)
        }
}

pub(crate) fn allows(world: &World, user: &User, attributes: &Attributes) -> bool {
    rules(world, user, &attributes.namespace)
        .iter()
        .any(|rule| rule_allows(rule, attributes))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rules_allow_what_they_name() {
        let rule =
            json!({"verbs": ["get"], "apiGroups": [""], "resources": ["pods", "pods/log"], "resourceNames": ["a"]});
        let asks = |verb: &str, resource: &str, sub: &str, name: &str| Attributes {
            verb: verb.to_owned(),
            resource: resource.to_owned(),
            subresource: sub.to_owned(),
            name: name.to_owned(),
            ..Attributes::default()
        };
        assert!(rule_allows(&rule, &asks("get", "pods", "log", "a")));
        assert!(!rule_allows(&rule, &asks("get", "pods", "exec", "a")));
        assert!(!rule_allows(&rule, &asks("get", "pods", "", "b")));
        assert!(!rule_allows(&rule, &asks("list", "pods", "", "")));
        let path = json!({"verbs": ["get"], "nonResourceURLs": ["/healthz", "/openapi/*"]});
        let page = |path: &str| Attributes {
            verb: "get".to_owned(),
            path: path.to_owned(),
            ..Attributes::default()
        };
        assert!(rule_allows(&path, &page("/openapi/v3")) && !rule_allows(&path, &page("/metrics")));
    }
}
