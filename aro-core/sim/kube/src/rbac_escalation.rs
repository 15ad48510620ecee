//! Nobody grants what they do not have.

use serde_json::{Value, json};

use crate::auth::{Attributes, Authorization, User, allows_in, rbac};
use crate::call::Target;
use crate::meta;
use crate::server::Inner;
use crate::status::Status;
use crate::world::World;

const GROUP: &str = "rbac.authorization.k8s.io";

/// Refuses roles and bindings that give more than the writer has.
pub(crate) fn check(
    server: &Inner,
    world: &World,
    target: &Target,
    object: &Value,
    current: Option<&Value>,
    user: &User,
) -> Result<(), Status> {
    let resource = &target.resource;
    if resource.group != GROUP || server.options.authorization == Authorization::AlwaysAllow || user.is_master() {
        return Ok(());
    }
    let namespace = target.namespace.clone().unwrap_or_default();
    let binding = resource.plural.ends_with("bindings");
    let (rules, verb, of) = if binding {
        let role = &object["roleRef"];
        let of = if role["kind"] == "ClusterRole" {
            "clusterroles"
        } else {
            "roles"
        };
        (rbac::rules_of(world, role, &namespace), "bind", of)
    } else {
        if current.is_some_and(|current| current.get("rules") == object.get("rules")) {
            return Ok(());
        }
        let rules = object
            .get("rules")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        (rules, "escalate", resource.plural.as_ref())
    };
    let name = if binding {
        object["roleRef"]["name"].as_str().unwrap_or_default()
    } else {
        meta::name(object)
    };
    let explicit = Attributes {
        verb: verb.to_owned(),
        group: GROUP.to_owned(),
        resource: of.to_owned(),
        namespace: namespace.clone(),
        name: name.to_owned(),
        ..Attributes::default()
    };
    if allows_in(server, world, user, &explicit) {
        return Ok(());
    }
    let own = rbac::rules(world, user, &namespace);
    let missing: Vec<String> = rules.iter().filter_map(|rule| missing(rule, &own)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let groups: Vec<String> = user.groups.iter().map(|group| format!("\"{group}\"")).collect();
    let why = format!(
        "user \"{}\" (groups=[{}]) is attempting to grant RBAC permissions not currently held:\n{}",
        user.name,
        groups.join(" "),
        missing.join("\n")
    );
    Err(Status::forbidden(resource.qualified(), meta::name(object), &why))
}

fn list<'a>(rule: &'a Value, name: &str) -> Vec<&'a str> {
    rule.get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// The part of a rule that other rules do not cover, as the refusal shows it.
fn missing(rule: &Value, own: &[Value]) -> Option<String> {
    let covered = |wanted: &Value| {
        own.iter().any(|rule| {
            ["verbs", "apiGroups", "resources", "nonResourceURLs"]
                .iter()
                .all(|part| {
                    let has = list(rule, part);
                    list(wanted, part)
                        .iter()
                        .all(|one| has.contains(one) || has.contains(&"*"))
                })
                && {
                    let names = list(rule, "resourceNames");
                    names.is_empty() || {
                        let wanted = list(wanted, "resourceNames");
                        !wanted.is_empty() && wanted.iter().all(|name| names.contains(name))
                    }
                }
        })
    };
    let quoted = |texts: &[&str]| {
        let texts: Vec<String> = texts.iter().map(|text| format!("\"{text}\"")).collect();
        texts.join(" ")
    };
    // One verb on one thing at a time; verbs of the same thing are told together.
    let verbs = |one: &dyn Fn(&str) -> Value| -> Vec<&str> {
        list(rule, "verbs")
            .into_iter()
            .filter(|verb| !covered(&one(verb)))
            .collect()
    };
    let mut shown = Vec::new();
    for url in list(rule, "nonResourceURLs") {
        let lacking = verbs(&|verb| json!({"verbs": [verb], "nonResourceURLs": [url]}));
        if !lacking.is_empty() {
            shown.push(format!("{{NonResourceURLs:[\"{url}\"], Verbs:[{}]}}", quoted(&lacking)));
        }
    }
    for group in list(rule, "apiGroups") {
        for resource in list(rule, "resources") {
            let names = list(rule, "resourceNames");
            let lacking = verbs(
                &|verb| json!({"verbs": [verb], "apiGroups": [group], "resources": [resource], "resourceNames": names}),
            );
            if lacking.is_empty() {
                continue;
            }
            let names = if names.is_empty() {
                String::new()
            } else {
                format!("ResourceNames:[{}], ", quoted(&names))
            };
            shown.push(format!(
                "{{APIGroups:[\"{group}\"], Resources:[\"{resource}\"], {names}Verbs:[{}]}}",
                quoted(&lacking)
            ));
        }
    }
    (!shown.is_empty()).then(|| shown.join("\n"))
}
