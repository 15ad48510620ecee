//! Reviews: questions about who one is and what one may.

use serde_json::{Value, json};

use super::{Attributes, User, allows, rbac, tokens};
use crate::call::{Call, Reply, Target};
use crate::schema::CauseReason;
use crate::server::Inner;
use crate::status::{Cause, Qualified, Status};
use crate::types::{self, Manager, Part};
use crate::verbs::decode;

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn attributes(spec: &Value) -> Attributes {
    if let Some(resource) = spec.get("resourceAttributes").filter(|value| value.is_object()) {
        return Attributes {
            verb: text(resource, "verb"),
            group: text(resource, "group"),
            resource: text(resource, "resource"),
            subresource: text(resource, "subresource"),
            namespace: text(resource, "namespace"),
            name: text(resource, "name"),
            path: String::new(),
        };
    }
    let path = spec.get("nonResourceAttributes").cloned().unwrap_or_default();
    Attributes {
        verb: text(&path, "verb"),
        path: text(&path, "path"),
        ..Attributes::default()
    }
}

fn invalid(causes: &[Cause]) -> Status {
    let kind = Qualified {
        name: "",
        group: "authorization.k8s.io",
    };
    Status::invalid(kind, "", causes)
}

fn check(spec: &Value, subject: bool) -> Result<(), Status> {
    let given = |name: &str| spec.get(name).filter(|value| !value.is_null());
    let mut causes = Vec::new();
    match (given("resourceAttributes"), given("nonResourceAttributes")) {
        (Some(_), Some(path)) => {
            let shown = format!(
                "{{\"Path\":{},\"Verb\":{}}}",
                Value::from(text(path, "path")),
                Value::from(text(path, "verb"))
            );
            causes.push(Cause::new(
                CauseReason::Invalid,
                "spec.nonResourceAttributes",
                format!("Invalid value: {shown}: cannot be specified in combination with resourceAttributes"),
            ));
        }
        (None, None) => causes.push(Cause::invalid(
            "spec.resourceAttributes",
            &Value::Null,
            "exactly one of nonResourceAttributes or resourceAttributes must be specified",
        )),
        _ => {}
    }
    if subject && text(spec, "user").is_empty() && spec["groups"].as_array().is_none_or(Vec::is_empty) {
        causes.push(Cause::invalid(
            "spec.user",
            &Value::from(""),
            "at least one of user or group must be specified",
        ));
    }
    if causes.is_empty() {
        Ok(())
    } else {
        Err(invalid(&causes))
    }
}

/// POST of a review; none when the resource is no review.
pub(crate) fn review(server: &Inner, call: &Call, target: &Target) -> Option<Result<Reply, Status>> {
    let kind = target.resource.kind.as_ref();
    if !kind.ends_with("Review") {
        return None;
    }
    Some(answer(server, call, target, kind))
}

fn answer(server: &Inner, call: &Call, target: &Target, kind: &str) -> Result<Reply, Status> {
    let options = crate::options::write(&call.query, "CreateOptions", false)?;
    let mut object = decode::object(server, call, target, options.field_validation)?;
    if object.get("metadata").is_none() {
        object["metadata"] = json!({});
    }
    let spec = object.get("spec").cloned().unwrap_or_default();
    let lacks = |name: &str| text(&spec, name).is_empty();
    match kind {
        "TokenReview" if lacks("token") => {
            return Err(Status::bad_request(
                "token is required for TokenReview in authentication",
            ));
        }
        "SelfSubjectRulesReview" if lacks("namespace") => return Err(Status::bad_request("no namespace on request")),
        _ => {}
    }
    object["status"] = match kind {
        "SelfSubjectReview" => json!({"userInfo": call.user.info()}),
        "TokenReview" => tokens::review(server, &text(&spec, "token")),
        "SelfSubjectRulesReview" => {
            let world = server.world();
            let rules = rules_for(server, &world, &call.user, &text(&spec, "namespace"));
            let (mut resource, mut paths) = (Vec::new(), Vec::new());
            for rule in rules {
                if rule.get("nonResourceURLs").is_some_and(|urls| !urls.is_null()) {
                    paths.push(json!({"verbs": rule["verbs"], "nonResourceURLs": rule["nonResourceURLs"]}));
                } else {
                    resource.push(rule);
                }
            }
            // The narrower ones come first.
            paths.reverse();
            json!({"resourceRules": resource, "nonResourceRules": paths, "incomplete": false})
        }
        "SelfSubjectAccessReview" => {
            check(&spec, false)?;
            decision(server, &call.user, &attributes(&spec))
        }
        _ => {
            check(&spec, true)?;
            let asked = attributes(&spec);
            if let Some(namespace) = &target.namespace
                && asked.namespace != *namespace
            {
                return Err(invalid(&[Cause::invalid(
                    "spec.resourceAttributes.namespace",
                    &Value::from(asked.namespace.as_str()),
                    "must match metadata.namespace",
                )]));
            }
            let user = User {
                groups: spec["groups"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect(),
                ..User::new(text(&spec, "user"))
            };
            decision(server, &user, &asked)
        }
    };
    if let Some(namespace) = &target.namespace {
        object["metadata"]["namespace"] = Value::from(namespace.as_str());
    }
    match kind {
        "SelfSubjectReview" => crate::meta::set(&mut object, "creationTimestamp", crate::clock::seconds(server.now())),
        "SelfSubjectRulesReview" => object["spec"] = json!({}),
        _ => {
            let name = call.manager(options.field_manager.as_deref());
            let manager = Manager {
                name: &name,
                part: Part::Main,
                now: server.now(),
            };
            let status = object["status"].take();
            types::track(target.typed(), None, &mut object, &manager);
            object["status"] = status;
        }
    }
    Ok(Reply::object(201, object))
}

fn rules_for(server: &Inner, world: &crate::world::World, user: &User, namespace: &str) -> Vec<Value> {
    let everything = user.is_master() || server.options.authorization == super::Authorization::AlwaysAllow;
    let mut rules = rbac::rules(world, user, namespace);
    if everything {
        rules.insert(0, json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}));
        rules.insert(1, json!({"verbs": ["*"], "nonResourceURLs": ["*"]}));
    }
    rules
}

fn decision(server: &Inner, user: &User, attributes: &Attributes) -> Value {
    if !allows(server, user, attributes) {
        return json!({"allowed": false});
    }
    let by_role = server.options.authorization == super::Authorization::Rbac && !user.is_master();
    match by_role
        .then(|| rbac::reason(&server.world(), user, attributes))
        .flatten()
    {
        Some(reason) => json!({"allowed": true, "reason": reason}),
        None => json!({"allowed": true}),
    }
}
