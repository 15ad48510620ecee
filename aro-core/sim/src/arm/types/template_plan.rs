//! What a template asks for: its parameters, its resources in their order, its outputs.

use std::cell::RefCell;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::template::{Evaluation, Scope, Turn, is_pending, pending, typed_id};
use super::{Put, policies};
use crate::arm::authorization;
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::id::{ArmPath, key};
use crate::arm::registry;
use crate::arm::resources;

/// One resource of a template.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) kind: String,
    /// Its full name, as the template has it.
    pub(super) name: String,
    pub(super) version: String,
    /// Resources of a level depend only on earlier levels.
    pub(super) level: usize,
    /// What to put; still with its expressions where they refer to resources that are not there yet.
    pub(super) body: Value,
    pub(super) waits: bool,
    pub(super) turns: Vec<Turn>,
    pub(super) done: bool,
}

fn invalid(text: impl std::fmt::Display) -> ArmError {
    ArmError::bad(
        "InvalidTemplate",
        format!("Deployment template validation failed: '{text}'."),
    )
}

/// Parameters by the template's declarations, values as given or by default.
pub(super) fn scope(put: &Put<'_, '_>, template: &Value, given: &Value) -> Result<Scope, ArmError> {
    let Some(object) = template.as_object() else {
        return Err(invalid("the template is missing".to_owned()));
    };
    if !template["$schema"].is_string() || !template["contentVersion"].is_string() {
        return Err(invalid(
            "the template properties '$schema' and 'contentVersion' are required".to_owned(),
        ));
    }
    let known = [
        "$schema",
        "contentversion",
        "apiprofile",
        "languageversion",
        "parameters",
        "variables",
        "functions",
        "resources",
        "outputs",
        "metadata",
        "definitions",
        "extensions",
        "imports",
    ];
    if let Some(unknown) = object
        .keys()
        .find(|name| !known.contains(&name.to_lowercase().as_str()))
    {
        return Err(invalid(format!(
            "could not find member '{unknown}' on object of type 'Template'"
        )));
    }
    let group_key = put.path.group_key().unwrap_or_default();
    let group = put.cx.state.resources.get(&group_key);
    let mut scope = Scope {
        subscription: put.path.subscription.clone().unwrap_or_default(),
        tenant: put.cx.facts.endpoints.tenant.clone(),
        group_id: group.map_or_else(|| group_key.clone(), |group| group.id.clone()),
        group_name: group.map_or_else(String::new, |group| group.name.clone()),
        location: group.and_then(|group| group.location.clone()).unwrap_or_default(),
        deployment: put.path.name().to_owned(),
        parameters: Map::new(),
        variables: template["variables"].as_object().cloned().unwrap_or_default(),
    };
    let declared = template["parameters"].as_object().cloned().unwrap_or_default();
    let given = given.as_object().cloned().unwrap_or_default();
    if let Some(unknown) = given
        .keys()
        .find(|name| !declared.keys().any(|own| own.eq_ignore_ascii_case(name)))
    {
        return Err(invalid(format!(
            "the following parameters were supplied, but do not correspond to any parameters defined in the template: {unknown}"
        )));
    }
    for (name, declaration) in declared {
        let value = given
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(&name))
            .map(|(_, value)| value["value"].clone());
        let value = match value {
            Some(value) => value,
            None if declaration.get("defaultValue").is_some() => scope.evaluate(&declaration["defaultValue"])?,
            None => {
                return Err(invalid(format!(
                    "the value for the template parameter '{name}' is not provided"
                )));
            }
        };
        scope.parameters.insert(name, value);
    }
    Ok(scope)
}

/// A resource while its place in the order is looked for.
struct Draft {
    item: Item,
    /// The loop it comes from.
    copied_by: Option<String>,
    /// What it depends on, as written; each must be in the template or exist.
    depends: Vec<String>,
    /// What it refers to; each comes first if it is in the template.
    refers: Vec<String>,
}

/// Every resource of the template with its id and its place in the order.
pub(super) fn plan(put: &Put<'_, '_>, scope: &Scope, template: &Value) -> Result<Vec<Item>, ArmError> {
    let written: Vec<Value> = match &template["resources"] {
        Value::Array(items) => items.clone(),
        Value::Object(items) => items.values().cloned().collect(),
        _ => return Err(invalid("the template property 'resources' is required")),
    };
    let mut drafts: Vec<Draft> = Vec::new();
    let nowhere = |_: &str, _: bool| Err(invalid("the template function 'reference' is not expected here"));
    let outside = Evaluation {
        scope,
        turns: Vec::new(),
        reference: &nowhere,
    };
    for one in &written {
        let Value::Object(one) = one else {
            return Err(invalid("a resource must be an object"));
        };
        let Some(copy) = one.get("copy").filter(|copy| copy.is_object()) else {
            drafts.extend(draft(&outside, one, None)?);
            continue;
        };
        let name = copy["name"].as_str().ok_or_else(|| invalid("a copy needs a name"))?;
        for index in 0..outside.count(&copy["count"])? {
            drafts.extend(draft(&outside.within(name, index), one, Some(name))?);
        }
    }
    for (at, one) in drafts.iter().enumerate() {
        if drafts[..at]
            .iter()
            .any(|other| key(&other.item.id) == key(&one.item.id))
        {
            return Err(invalid(format!(
                "The resource '{}' is defined multiple times in a template.",
                one.item.id
            )));
        }
    }
    order(put, drafts)
}

/// One resource at one turn of its loop; nothing where its condition is false.
fn draft(
    at: &Evaluation<'_>,
    written: &Map<String, Value>,
    copied_by: Option<&str>,
) -> Result<Option<Draft>, ArmError> {
    let mut one = written.clone();
    let mut take = |name: &str| one.remove(name).map(|value| at.evaluate(&value)).transpose();
    if take("condition")?.is_some_and(|condition| condition == json!(false) || condition == json!("false")) {
        return Ok(None);
    }
    let text = |value: Option<Value>, name: &str| {
        value
            .as_ref()
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or_else(|| invalid(format!("a resource needs '{name}'")))
    };
    let kind = text(take("type")?, "type")?;
    let version = text(take("apiVersion")?, "apiVersion")?;
    let name = text(take("name")?, "name")?;
    let depends = take("dependsOn")?;
    let scope = take("scope")?;
    for unused in ["comments", "metadata"] {
        one.remove(unused);
    }
    if copied_by.is_some() {
        one.remove("copy");
    }
    let base = match scope.as_ref().and_then(Value::as_str) {
        Some(scope) if scope.starts_with('/') => scope.to_owned(),
        Some(relative) => format!("{}/providers/{relative}", at.scope.group_id),
        None => at.scope.group_id.clone(),
    };
    let mut parts = vec![kind.clone()];
    parts.extend(name.split('/').map(str::to_owned));
    let id = typed_id(&base, &parts).map_err(|_| {
        invalid(format!("The template resource '{name}' for type '{kind}' has incorrect segment lengths. A nested resource type must have identical number of segments as its resource name."))
    })?;
    let path = ArmPath::parse(&id);
    crate::arm::versions::check(&path, &version)?;
    let row = registry::find(&path)?;
    // The rest may speak of what other resources will be: what it refers to comes first.
    let refers = RefCell::new(Vec::new());
    let note = |wanted: &str, _: bool| {
        refers.borrow_mut().push(wanted.to_lowercase());
        Ok(pending())
    };
    let raw = Value::Object(one);
    let body = Evaluation {
        scope: at.scope,
        turns: at.turns.clone(),
        reference: &note,
    }
    .evaluate(&raw)?;
    let waits = is_pending(&body);
    let depends = depends.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
    Ok(Some(Draft {
        item: Item {
            id,
            kind: row.name.to_owned(),
            name,
            version,
            level: 0,
            body: if waits { raw } else { body },
            waits,
            turns: at.turns.clone(),
            done: false,
        },
        copied_by: copied_by.map(str::to_lowercase),
        depends: depends
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_lowercase)
            .collect(),
        refers: refers.into_inner(),
    }))
}

/// Gives each item its level; what it depends on must be in the template or exist.
fn order(put: &Put<'_, '_>, drafts: Vec<Draft>) -> Result<Vec<Item>, ArmError> {
    // By id, by `type/name`, by bare name, or by the name of the loop it comes from.
    let named = |wanted: &str| -> Vec<usize> {
        let ending = format!("/{}", wanted.trim_start_matches('/'));
        let fits = |one: &Draft| {
            let own = key(&one.item.id);
            own == wanted
                || own.ends_with(&ending)
                || one.item.name.eq_ignore_ascii_case(wanted)
                || one.copied_by.as_deref() == Some(wanted)
        };
        let all = drafts.iter().enumerate();
        all.filter(|(_, one)| fits(one)).map(|(at, _)| at).collect()
    };
    let mut before: Vec<Vec<usize>> = Vec::new();
    for one in &drafts {
        let mut own = Vec::new();
        for dependency in &one.depends {
            let found = named(dependency);
            // Elsewhere it only has to exist.
            if found.is_empty() && !put.cx.state.resources.contains(dependency) {
                return Err(invalid(format!(
                    "The resource '{dependency}' is not defined in the template, but '{}' depends on it.",
                    one.item.id
                )));
            }
            own.extend(found);
        }
        own.extend(one.refers.iter().flat_map(|wanted| named(wanted)));
        before.push(own);
    }
    let mut level: Vec<Option<usize>> = vec![None; drafts.len()];
    for _ in 0..drafts.len() {
        for at in 0..drafts.len() {
            if level[at].is_none() && before[at].iter().all(|one| level[*one].is_some()) {
                let highest = before[at].iter().filter_map(|one| level[*one]).max();
                level[at] = Some(highest.map_or(0, |highest| highest + 1));
            }
        }
    }
    drafts
        .into_iter()
        .zip(level)
        .map(|(mut one, level)| {
            one.item.level = level
                .ok_or_else(|| invalid(format!("Circular dependency detected on resource: '{}'.", one.item.id)))?;
            Ok(one.item)
        })
        .collect()
}

/// What `reference()` gives, now that resources are there.
fn resolve(cx: &Cx<'_>, known: &[(String, String)], wanted: &str, full: bool) -> Result<Value, ArmError> {
    let missing = || {
        ArmError::new(
            404,
            "ResourceNotFound",
            format!("The resource '{wanted}' that the template refers to was not found."),
        )
    };
    let own_key = if wanted.starts_with('/') {
        key(wanted)
    } else {
        let named = known.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        key(&named.ok_or_else(missing)?.1)
    };
    let resource = cx.state.resources.get(&own_key).ok_or_else(missing)?;
    let mut shown = resources::view(cx, resource, None);
    if !full {
        return Ok(shown["properties"].take());
    }
    if let Some(object) = shown.as_object_mut() {
        for name in ["id", "name", "type"] {
            object.remove(name);
        }
    }
    Ok(shown)
}

/// Names and ids of the resources of a plan, for `reference()` by name.
pub(super) fn names(plan: &[Item]) -> Vec<(String, String)> {
    plan.iter().map(|one| (one.name.clone(), one.id.clone())).collect()
}

/// The body of a resource whose turn has come.
pub(super) fn body(cx: &Cx<'_>, scope: &Scope, known: &[(String, String)], item: &Item) -> Result<Value, ArmError> {
    if !item.waits {
        return Ok(item.body.clone());
    }
    Evaluation {
        scope,
        turns: item.turns.clone(),
        reference: &|wanted, full| resolve(cx, known, wanted, full),
    }
    .evaluate(&item.body)
}

/// The outputs of a template whose resources are all there.
pub(super) fn outputs(
    cx: &Cx<'_>,
    scope: &Scope,
    known: &[(String, String)],
    written: &Value,
) -> Result<Value, ArmError> {
    let at = Evaluation {
        scope,
        turns: Vec::new(),
        reference: &|wanted, full| resolve(cx, known, wanted, full),
    };
    let mut outputs = Map::new();
    for (name, output) in written.as_object().into_iter().flatten() {
        let condition = output
            .get("condition")
            .map(|condition| at.evaluate(condition))
            .transpose()?;
        if condition.is_some_and(|condition| condition == json!(false)) {
            continue;
        }
        let value = match output.get("copy") {
            Some(copy) => Value::Array(at.repeat(copy)?.1),
            None => at.evaluate(&output["value"])?,
        };
        outputs.insert(name.clone(), json!({"type": output["type"], "value": value}));
    }
    Ok(Value::Object(outputs))
}

/// The author must be allowed to write everything that is in the template.
pub(super) fn preflight(put: &Put<'_, '_>, items: &[Item]) -> Result<(), ArmError> {
    for item in items {
        let refused = authorization::authorize(put.cx.state, put.caller, &format!("{}/write", item.kind), &item.id);
        if let Err(error) = refused {
            return Err(ArmError::new(
                403,
                "InvalidTemplateDeployment",
                format!(
                    "Deployment failed with multiple errors: 'Authorization failed for template resource '{}' of type '{}'. {}'",
                    crate::arm::id::last(&item.id),
                    item.kind,
                    error.message
                ),
            )
            .detail(&error.code, error.message));
        }
    }
    for item in items {
        let Some(body) = item.body.as_object() else { continue };
        let location = body.get("location").and_then(Value::as_str);
        if let Err(error) = policies::check(put.cx.state, &item.id, &item.kind, location, body) {
            return Err(ArmError::bad(
                "InvalidTemplateDeployment",
                "The template deployment failed because of policy violation. Please see details for more information.",
            )
            .detail(&error.code, error.message));
        }
    }
    Ok(())
}
