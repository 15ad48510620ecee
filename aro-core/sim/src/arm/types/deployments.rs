//! Template deployments: what is in the template is put in the order of its dependencies, as by its author.

use crate::arm::writing;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::template::{Scope, typed_id};
use super::{Behaviour, Put};
use crate::arm::authorization;
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::id::{ArmPath, key};
use crate::arm::registry::{self, Dialect, Flow, Kind, never_in_use};
use crate::arm::writing::Conditions;
use crate::entra::token::Claims;
use crate::state::{Effect, Operation, Resource};

pub(crate) const DEPLOYMENT: &str = "Microsoft.Resources/deployments";
/// What ARM itself needs before it begins.
const PREPARATION: Duration = Duration::from_millis(40);
/// When a resource says that something else is at work on it.
const AGAIN: Duration = Duration::from_millis(25);

pub(super) const KINDS: &[Kind] = &[Kind {
    name: DEPLOYMENT,
    dialect: Dialect::Plain,
    shape: "properties!{ template{*} templateLink{*} parameters{*} parametersLink{*} mode! debugSetting{*} onErrorDeployment{*} \
            expressionEvaluationOptions{*} validationLevel provisioningState~ correlationId~ timestamp~ duration~ outputs~ \
            outputResources~ providers~ dependencies~ templateHash~ error~ validatedResources~ }",
    located: false,
    valid_name: deployment_name,
    put: Flow::Deployed,
    delete: Flow::Watched,
    put_time: PREPARATION,
    delete_time: Duration::from_millis(20),
    etag: false,
    in_use: never_in_use,
    behaviour: &Deployments,
}];

/// 1 to 64 letters, digits, `-_.()`.
fn deployment_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_alphanumeric() || "-_.()".contains(c))
}

/// One resource of a template, evaluated.
#[derive(Clone, Serialize, Deserialize)]
struct Item {
    id: String,
    kind: String,
    /// Resources of a level depend only on earlier levels.
    level: usize,
    body: Value,
    #[serde(default)]
    done: bool,
}

struct Deployments;

impl Behaviour for Deployments {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let properties = new.properties_mut();
        let mode = properties.get("mode").and_then(Value::as_str).unwrap_or_default();
        if !mode.eq_ignore_ascii_case("Incremental") {
            return Err(ArmError::bad(
                "DeploymentModeNotSupported",
                format!("Deployment mode '{mode}' is not supported here; use Incremental."),
            ));
        }
        let template = properties.remove("template").unwrap_or_default();
        let given = properties.remove("parameters").unwrap_or_default();
        let scope = scope(put, &template, &given)?;
        let items = plan(put, &scope, &template)?;
        preflight(put, &items)?;
        let shown: Map<String, Value> = scope
            .parameters
            .iter()
            .map(|(name, value)| (name.clone(), json!({"value": value})))
            .collect();
        let hash = crate::seed::named_uuid(&template.to_string()).as_u128() as u64;
        properties.insert("templateHash".to_owned(), json!(hash.to_string()));
        properties.insert("parameters".to_owned(), Value::Object(shown));
        properties.insert("correlationId".to_owned(), json!(uuid::Uuid::new_v4().to_string()));
        properties.insert("timestamp".to_owned(), json!(crate::clock::rfc3339(put.cx.now)));
        properties.insert("provisioningState".to_owned(), json!("Accepted"));
        properties.insert("_plan".to_owned(), serde_json::to_value(&items).unwrap_or_default());
        properties.insert(
            "_caller".to_owned(),
            serde_json::to_value(put.caller).unwrap_or_default(),
        );
        properties.remove("error");
        Ok(())
    }
}

/// Parameters by the template's declarations, values as given or by default.
fn scope(put: &Put<'_, '_>, template: &Value, given: &Value) -> Result<Scope, ArmError> {
    let invalid = |text: String| {
        ArmError::bad(
            "InvalidTemplate",
            format!("Deployment template validation failed: '{text}'."),
        )
    };
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

/// Every resource of the template with its id and its place in the order.
fn plan(put: &Put<'_, '_>, scope: &Scope, template: &Value) -> Result<Vec<Item>, ArmError> {
    let invalid = |text: String| {
        ArmError::bad(
            "InvalidTemplate",
            format!("Deployment template validation failed: '{text}'."),
        )
    };
    let mut items: Vec<(Item, Vec<String>)> = Vec::new();
    let written: Vec<Value> = match &template["resources"] {
        Value::Array(items) => items.clone(),
        Value::Object(items) => items.values().cloned().collect(),
        _ => return Err(invalid("the template property 'resources' is required".to_owned())),
    };
    for one in written {
        let one = scope.evaluate(&one)?;
        let Value::Object(mut one) = one else {
            return Err(invalid("a resource must be an object".to_owned()));
        };
        let mut take = |name: &str| one.remove(name);
        if take("condition").is_some_and(|condition| condition == json!(false) || condition == json!("false")) {
            continue;
        }
        let text = |value: Option<Value>, name: &str| {
            value
                .as_ref()
                .and_then(Value::as_str)
                .map(str::to_owned)
                .ok_or_else(|| invalid(format!("a resource needs '{name}'")))
        };
        let kind = text(take("type"), "type")?;
        let version = text(take("apiVersion"), "apiVersion")?;
        let name = text(take("name"), "name")?;
        let depends = take("dependsOn");
        take("comments");
        take("metadata");
        let base = match take("scope").as_ref().and_then(Value::as_str) {
            Some(scope) if scope.starts_with('/') => scope.to_owned(),
            Some(relative) => format!("{}/providers/{relative}", scope.group_id),
            None => scope.group_id.clone(),
        };
        let names: Vec<String> = name.split('/').map(str::to_owned).collect();
        let mut parts = vec![kind.clone()];
        parts.extend(names);
        let id = typed_id(&base, &parts).map_err(|_| {
            invalid(format!("The template resource '{name}' for type '{kind}' has incorrect segment lengths. A nested resource type must have identical number of segments as its resource name."))
        })?;
        let path = ArmPath::parse(&id);
        crate::arm::versions::check(&path, &version)?;
        let row = registry::find(&path)?;
        let depends = depends.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
        let depends = depends
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_lowercase)
            .collect();
        if items.iter().any(|(other, _)| key(&other.id) == key(&id)) {
            return Err(invalid(format!(
                "The resource '{id}' is defined multiple times in a template."
            )));
        }
        items.push((
            Item {
                id,
                kind: row.name.to_owned(),
                level: 0,
                body: Value::Object(one),
                done: false,
            },
            depends,
        ));
    }
    order(put, items)
}

/// Gives each item its level; what it depends on must be in the template.
fn order(put: &Put<'_, '_>, items: Vec<(Item, Vec<String>)>) -> Result<Vec<Item>, ArmError> {
    let invalid = |text: String| {
        ArmError::bad(
            "InvalidTemplate",
            format!("Deployment template validation failed: '{text}'."),
        )
    };
    let keys: Vec<String> = items.iter().map(|(item, _)| key(&item.id)).collect();
    let mut before: Vec<Vec<usize>> = Vec::new();
    for (item, depends) in &items {
        let mut own = Vec::new();
        for dependency in depends {
            // By id, by `type/name`, or by bare name.
            let found = keys.iter().position(|key| {
                key == dependency || key.ends_with(&format!("/{}", dependency.trim_start_matches('/')))
            });
            match found {
                Some(found) => own.push(found),
                // In the same group but not in the template, it is an error; elsewhere it only has to exist.
                None if put.cx.state.resources.contains(dependency) => {}
                None => {
                    return Err(invalid(format!(
                        "The resource '{dependency}' is not defined in the template, but '{}' depends on it.",
                        item.id
                    )));
                }
            }
        }
        before.push(own);
    }
    let mut level: Vec<Option<usize>> = vec![None; items.len()];
    for _ in 0..items.len() {
        for at in 0..items.len() {
            if level[at].is_none() && before[at].iter().all(|one| level[*one].is_some()) {
                level[at] = Some(
                    before[at]
                        .iter()
                        .filter_map(|one| level[*one])
                        .map(|one| one + 1)
                        .max()
                        .unwrap_or(0),
                );
            }
        }
    }
    items
        .into_iter()
        .zip(level)
        .map(|((mut item, _), level)| {
            item.level =
                level.ok_or_else(|| invalid(format!("Circular dependency detected on resource: '{}'.", item.id)))?;
            Ok(item)
        })
        .collect()
}

/// The author must be allowed to write everything that is in the template.
fn preflight(put: &Put<'_, '_>, items: &[Item]) -> Result<(), ArmError> {
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
    Ok(())
}

/// Puts the resources of one level, or the next that are left of it, and says when to go on.
pub(crate) fn step(cx: &mut Cx<'_>, operation: &Operation, level: usize) {
    let Some(deployment) = cx.state.resources.get(&operation.target) else {
        cx.state.end(&operation.id, cx.now, None);
        return;
    };
    let read = |name: &str| deployment.property(name).cloned().unwrap_or_default();
    let (plan, caller) = (
        serde_json::from_value::<Vec<Item>>(read("_plan")),
        serde_json::from_value::<Claims>(read("_caller")),
    );
    let (Ok(mut plan), Ok(caller)) = (plan, caller) else {
        let error = ArmError::new(500, "InternalServerError", "The plan of the deployment cannot be read.");
        finish(cx, operation, Some(&error));
        return;
    };
    if plan.iter().all(|item| item.level < level) {
        finish(cx, operation, None);
        return;
    }
    let mut wake = cx.now;
    let mut again = false;
    let mut failed: Vec<(String, ArmError)> = Vec::new();
    for item in plan.iter_mut().filter(|item| item.level == level && !item.done) {
        let path = ArmPath::parse(&item.id);
        let Some(row) = registry::by_name(&item.kind) else {
            continue;
        };
        match writing::put(cx, &path, row, item.body.clone(), &Conditions::default(), &caller) {
            Ok(written) => {
                item.done = true;
                let due = written
                    .operation
                    .and_then(|id| cx.state.operations.get(&id))
                    .map(|one| one.due);
                wake = wake.max(due.unwrap_or(wake));
            }
            Err(error) if error.message.contains("retry later") => again = true,
            Err(error) => failed.push((item.id.clone(), error)),
        }
    }
    cx.state.resources.change(&operation.target, |deployment| {
        let properties = deployment.properties_mut();
        properties.insert("_plan".to_owned(), serde_json::to_value(&plan).unwrap_or_default());
        properties.insert("provisioningState".to_owned(), json!("Running"));
    });
    if !failed.is_empty() {
        let mut error = ArmError::new(
            409,
            "DeploymentFailed",
            "At least one resource deployment operation failed. Please list deployment operations for details. Please see \
             https://aka.ms/arm-deployment-operations for usage details.",
        );
        error.details = failed
            .iter()
            .map(|(id, error)| {
                let mut body = error.body();
                body["target"] = json!(id);
                body
            })
            .collect();
        finish(cx, operation, Some(&error));
        return;
    }
    if again {
        let later = cx.now + cx.facts.pace.scaled(AGAIN);
        cx.state
            .postpone(&operation.id, later, Effect::Deployment { next: level });
    } else {
        // A moment later, so that what is due at the same time has happened.
        cx.state.postpone(
            &operation.id,
            wake + Duration::from_micros(1),
            Effect::Deployment { next: level + 1 },
        );
    }
}

fn finish(cx: &mut Cx<'_>, operation: &Operation, error: Option<&ArmError>) {
    let now = cx.now;
    cx.state.resources.change(&operation.target, |deployment| {
        deployment.operation = None;
        let properties = deployment.properties_mut();
        let plan: Vec<Item> = properties
            .remove("_plan")
            .and_then(|plan| serde_json::from_value(plan).ok())
            .unwrap_or_default();
        properties.remove("_caller");
        let made: Vec<Value> = plan
            .iter()
            .filter(|item| item.done)
            .map(|item| json!({"id": item.id}))
            .collect();
        properties.insert("outputResources".to_owned(), json!(made));
        properties.insert("outputs".to_owned(), json!({}));
        properties.insert("timestamp".to_owned(), json!(crate::clock::rfc3339(now)));
        properties.insert(
            "duration".to_owned(),
            json!(format!("PT{:.3}S", (now - operation.started).as_seconds_f64())),
        );
        properties.insert(
            "provisioningState".to_owned(),
            json!(if error.is_some() { "Failed" } else { "Succeeded" }),
        );
        match error {
            Some(error) => properties.insert("error".to_owned(), error.body()),
            None => properties.remove("error"),
        };
    });
    cx.state.end(&operation.id, now, error.map(ArmError::body));
}
