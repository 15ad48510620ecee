//! ValidatingAdmissionPolicies: rules that a cluster's administrators set for all requests.
//!
//! A policy says what it looks at and what must hold, a binding puts it in force. Their expressions are those of
//! custom resources' rules; what needs the server's own libraries counts as holding. Parameters are found by name or
//! selector in the namespace of the reference or of the object.

use std::collections::HashMap;
use std::sync::Arc;

use cel::{Context, ExecutionError};
use serde_json::{Value, json};

use crate::admission::Operation;
use crate::auth::User;
use crate::call::Target;
use crate::crd;
use crate::meta;
use crate::selector::Labels;
use crate::status::Status;
use crate::world::World;

const POLICIES: &str = "validatingadmissionpolicies.admissionregistration.k8s.io";
const BINDINGS: &str = "validatingadmissionpolicybindings.admissionregistration.k8s.io";

/// A request, as policies and webhooks see it.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) target: &'a Target,
    pub(crate) operation: Operation,
    pub(crate) object: Option<&'a Value>,
    pub(crate) current: Option<&'a Value>,
    pub(crate) user: &'a User,
    pub(crate) dry_run: bool,
}

/// Asks all policies in force; returns warnings.
///
/// # Errors
/// The refusal of the first policy that denies.
pub(crate) fn validate(world: &World, asked: &Asked<'_>) -> Result<Vec<String>, Status> {
    let mut warnings = Vec::new();
    if asked.target.resource.group == "admissionregistration.k8s.io" {
        return Ok(warnings);
    }
    for (_, binding) in world.state.scan(BINDINGS, "") {
        let name = text(&binding["spec"], "policyName");
        let Some(policy) = world.state.get(POLICIES, name) else {
            continue;
        };
        let namespace = namespace(world, asked);
        let spec = &policy["spec"];
        if !matches(&spec["matchConstraints"], asked, namespace, false)
            || !matches(&binding["spec"]["matchResources"], asked, namespace, true)
        {
            continue;
        }
        for params in parameters(world, spec, &binding["spec"], asked) {
            for failure in failures(spec, asked, namespace, &params) {
                let actions = binding["spec"]["validationActions"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default();
                let of = format!("'{}' with binding '{}'", meta::name(policy), meta::name(binding));
                if actions.iter().any(|action| action == "Deny") {
                    return Err(denied(asked, &of, &failure));
                }
                if actions.iter().any(|action| action == "Warn") {
                    warnings.push(format!(
                        "Validation failed for ValidatingAdmissionPolicy {of}: {}",
                        failure.message
                    ));
                }
            }
        }
    }
    Ok(warnings)
}

/// What does not hold.
struct Failure {
    message: String,
    reason: String,
}

fn denied(asked: &Asked<'_>, of: &str, failure: &Failure) -> Status {
    let (code, reason) = match failure.reason.as_str() {
        "Forbidden" => (403, "Forbidden"),
        "Unauthorized" => (401, "Unauthorized"),
        "RequestEntityTooLarge" => (413, "RequestEntityTooLarge"),
        _ => (422, "Invalid"),
    };
    let why = format!("ValidatingAdmissionPolicy {of} denied request: {}", failure.message);
    let name = asked.object.or(asked.current).map(meta::name).unwrap_or_default();
    let mut status = Status::forbidden(asked.target.resource.qualified(), name, &why);
    (status.code, status.reason) = (code, Some(reason.into()));
    if let Some(details) = status.details.as_mut() {
        details["causes"] = json!([{ "message": why }]);
    }
    status
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value
        .get(name)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// Whether a request is among those that constraints name. A binding without rules takes all of its policy's.
fn matches(constraints: &Value, asked: &Asked<'_>, namespace: Option<&Value>, all_without_rules: bool) -> bool {
    let rules = list(constraints, "resourceRules");
    let named = if rules.is_empty() {
        all_without_rules
    } else {
        rules.iter().any(|rule| names(rule, asked))
    };
    let excluded = list(constraints, "excludeResourceRules");
    named && !excluded.iter().any(|rule| names(rule, asked)) && selects(constraints, asked, namespace)
}

/// The namespace of a request's object.
pub(crate) fn namespace<'a>(world: &'a World, asked: &Asked<'_>) -> Option<&'a Value> {
    let name = asked.target.namespace.as_deref()?;
    world.state.get("namespaces", name).map(Arc::as_ref)
}

/// Whether `namespaceSelector` and `objectSelector` take a request; a namespace is in itself.
pub(crate) fn selects(selectors: &Value, asked: &Asked<'_>, namespace: Option<&Value>) -> bool {
    let selects = |selector: &str, object: &Value| {
        let selector = selectors.get(selector).filter(|selector| selector.is_object());
        selector.is_none_or(|selector| Labels::from_object(Some(selector)).is_none_or(|labels| labels.matches(object)))
    };
    let own = asked.target.resource.is_core("namespaces");
    let place = if own { asked.object.or(asked.current) } else { namespace };
    place.is_none_or(|namespace| selects("namespaceSelector", namespace))
        && [asked.object, asked.current]
            .into_iter()
            .flatten()
            .any(|object| selects("objectSelector", object))
}

/// Whether a rule names a request.
pub(crate) fn names(rule: &Value, asked: &Asked<'_>) -> bool {
    let target = asked.target;
    let has = |member: &str, wanted: &str| list(rule, member).iter().any(|known| known == "*" || known == wanted);
    let subresource = target.subresource.as_ref().map(|subresource| subresource.name);
    let resource = list(rule, "resources").iter().filter_map(Value::as_str).any(|known| {
        let (plural, part) = known
            .split_once('/')
            .map_or((known, None), |(plural, part)| (plural, Some(part)));
        let fits = match (part, subresource) {
            (None, None) | (Some("*"), _) => true,
            (Some(part), Some(subresource)) => part == subresource,
            _ => false,
        };
        fits && (plural == "*" || plural == target.resource.plural)
    });
    let scope = match text(rule, "scope") {
        "Namespaced" => target.resource.namespaced,
        "Cluster" => !target.resource.namespaced,
        _ => true,
    };
    let resource_names = list(rule, "resourceNames");
    has("apiGroups", &target.resource.group)
        && has("apiVersions", &target.version)
        && has("operations", asked.operation.as_str())
        && resource
        && scope
        && (resource_names.is_empty() || resource_names.iter().any(|name| name == target.name.as_str()))
}

/// The parameters a policy is asked with: one null where it takes none, nothing where there are none and that is fine.
fn parameters(world: &World, policy: &Value, binding: &Value, asked: &Asked<'_>) -> Vec<Value> {
    let (kind, reference) = (&policy["paramKind"], &binding["paramRef"]);
    if !kind.is_object() || !reference.is_object() {
        return vec![Value::Null];
    }
    let api_version = text(kind, "apiVersion");
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    let found: Vec<Value> = match world.registry.by_kind(group, version, text(kind, "kind")) {
        None => Vec::new(),
        Some(resource) => {
            let namespace = match text(reference, "namespace") {
                "" => asked.target.namespace.as_deref(),
                stated => Some(stated),
            };
            let place = namespace.filter(|_| resource.namespaced);
            match text(reference, "name") {
                "" => {
                    let labels = Labels::from_object(reference.get("selector"));
                    let prefix = place.map(|namespace| format!("{namespace}/")).unwrap_or_default();
                    let all = world.state.scan(&resource.storage, &prefix).map(|(_, object)| object);
                    all.filter(|object| labels.as_ref().is_none_or(|labels| labels.matches(object)))
                        .map(|object| Value::clone(object))
                        .collect()
                }
                name => {
                    let key = crate::storage::key(place, name);
                    world
                        .state
                        .get(&resource.storage, &key)
                        .map(|object| Value::clone(object))
                        .into_iter()
                        .collect()
                }
            }
        }
    };
    if found.is_empty() && text(reference, "parameterNotFoundAction") != "Allow" {
        return vec![Value::Null];
    }
    found
}

/// What expressions of policies and webhooks know of a request.
fn context<'a>(asked: &Asked<'_>, namespace: Option<&Value>) -> Context<'a, 'a> {
    let mut context = crd::context();
    let seen = |value: Option<&Value>| value.map_or(cel::Value::Null, crd::seen);
    context.add_variable_from_value("object", seen(asked.object));
    context.add_variable_from_value("oldObject", seen(asked.current));
    context.add_variable_from_value("request", crd::seen(&request(asked)));
    context.add_variable_from_value("namespaceObject", seen(namespace));
    context
}

/// Whether all conditions hold.
///
/// # Errors
/// What went wrong with one that cannot be told.
pub(crate) fn conditions(conditions: &[Value], asked: &Asked<'_>, namespace: Option<&Value>) -> Result<bool, String> {
    if conditions.is_empty() {
        return Ok(true);
    }
    let context = context(asked, namespace);
    let mut wrong = None;
    for condition in conditions {
        match evaluate(text(condition, "expression"), &context) {
            Ok(cel::Value::Bool(false)) => return Ok(false),
            Ok(_) => {}
            Err(error) => wrong = wrong.or(Some(error)),
        }
    }
    wrong.map_or(Ok(true), Err)
}

fn failures(policy: &Value, asked: &Asked<'_>, namespace: Option<&Value>, params: &Value) -> Vec<Failure> {
    let mut context = context(asked, namespace);
    context.add_variable_from_value("params", crd::seen(params));
    add_variables(policy, &mut context);
    for condition in list(policy, "matchConditions") {
        if evaluate(text(condition, "expression"), &context) == Ok(cel::Value::Bool(false)) {
            return Vec::new();
        }
    }
    let ignore = text(policy, "failurePolicy") == "Ignore";
    let judge = |validation: &Value| {
        let expression = text(validation, "expression");
        let message = match evaluate(expression, &context) {
            Ok(cel::Value::Bool(true)) => return None,
            Ok(_) => told(validation, expression, &context),
            Err(_) if ignore => return None,
            Err(error) => format!("expression '{expression}' resulted in error: {error}"),
        };
        Some(Failure {
            message,
            reason: text(validation, "reason").to_owned(),
        })
    };
    list(policy, "validations").iter().filter_map(judge).collect()
}

fn told(validation: &Value, expression: &str, context: &Context<'_, '_>) -> String {
    let made = match text(validation, "messageExpression") {
        "" => None,
        source => match evaluate(source, context) {
            Ok(cel::Value::String(text)) => Some(text.to_string()),
            _ => None,
        },
    };
    made.unwrap_or_else(|| match text(validation, "message") {
        "" => format!("failed expression: {expression}"),
        message => message.to_owned(),
    })
}

/// Evaluates an expression; one that needs what is not simulated is true.
fn evaluate(source: &str, context: &Context<'_, '_>) -> Result<cel::Value, String> {
    let program = crd::compile(source).map_err(|error| error.to_string())?;
    match program.execute(context) {
        Err(ExecutionError::UndeclaredReference(name)) if !name.starts_with("object") => {
            crd::unsupported(&name);
            Ok(cel::Value::Bool(true))
        }
        other => other.map_err(|error| error.to_string()),
    }
}

fn add_variables(policy: &Value, context: &mut Context<'_, '_>) {
    let mut variables: HashMap<String, cel::Value> = HashMap::new();
    context.add_variable_from_value("variables", cel::Value::from(variables.clone()));
    for variable in list(policy, "variables") {
        if let Ok(value) = evaluate(text(variable, "expression"), context) {
            variables.insert(text(variable, "name").to_owned(), value);
            context.add_variable_from_value("variables", cel::Value::from(variables.clone()));
        }
    }
}

/// A request as reviews and expressions tell it.
pub(crate) fn request(asked: &Asked<'_>) -> Value {
    let target = asked.target;
    let (group, version) = (&target.resource.group, &target.version);
    let kind = json!({ "group": group, "version": version, "kind": target.resource.kind });
    let resource = json!({ "group": group, "version": version, "resource": target.resource.plural });
    json!({
        "kind": kind, "requestKind": kind, "resource": resource, "requestResource": resource,
        "subResource": target.subresource.as_ref().map_or("", |subresource| subresource.name),
        "name": asked.object.or(asked.current).map(meta::name).unwrap_or_default(),
        "namespace": target.namespace.as_deref().unwrap_or_default(),
        "operation": asked.operation.as_str(),
        "userInfo": {
            "username": asked.user.name, "uid": asked.user.uid, "groups": asked.user.groups, "extra": asked.user.extra,
        },
        "dryRun": asked.dry_run,
    })
}
