//! Template deployments: what is in the template is put in the order of its dependencies, as by its author.

use crate::arm::writing;
use std::time::Duration;

use http::Method;
use serde_json::{Map, Value, json};

use super::template::Scope;
use super::template_plan::Item;
use super::{Behaviour, Put, template_plan};
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::front::{ArmCall, method_not_allowed};
use crate::arm::id::{ArmPath, key};
use crate::arm::registry::{self, Dialect, Flow, Kind, never_in_use};
use crate::arm::shape::shape;
use crate::arm::writing::Conditions;
use crate::arm::{authorization, refusals, resources};
use crate::call::Reply;
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
        let scope = template_plan::scope(put, &template, &given)?;
        let items = template_plan::plan(put, &scope, &template)?;
        template_plan::preflight(put, &items)?;
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
        properties.insert("_scope".to_owned(), serde_json::to_value(&scope).unwrap_or_default());
        properties.insert("_template".to_owned(), template);
        properties.insert(
            "_caller".to_owned(),
            serde_json::to_value(put.caller).unwrap_or_default(),
        );
        properties.remove("error");
        Ok(())
    }

    fn action(
        &self,
        cx: &mut Cx<'_>,
        _arm: &ArmCall<'_>,
        own_key: &str,
        action: &str,
    ) -> Option<Result<Reply, ArmError>> {
        let deployment = cx.state.resources.get(own_key)?;
        action.eq_ignore_ascii_case("exportTemplate").then(|| {
            let template = deployment.property("_template").cloned().unwrap_or_default();
            Ok(Reply::json(200, &json!({"template": template})))
        })
    }
}

/// `POST …/deployments/{name}/validate`, which needs no deployment of the name, and the steps of a deployment.
pub(super) fn answer(cx: &mut Cx<'_>, arm: &ArmCall<'_>) -> Option<Result<Reply, ArmError>> {
    let kind = arm.path.kind();
    let (_, below) = kind
        .to_lowercase()
        .rsplit_once('/')
        .map(|(kind, below)| (kind.to_owned(), below.to_owned()))?;
    match (&arm.call.method, below.as_str()) {
        (&Method::POST, "validate") if arm.path.without_last().kind().eq_ignore_ascii_case(DEPLOYMENT) => {
            Some(validate(cx, arm))
        }
        (&Method::GET, "operations")
            if arm.path.types.len() == 2 && kind.to_lowercase().starts_with("microsoft.resources/deployments/") =>
        {
            Some(steps(cx, arm))
        }
        _ => None,
    }
}

fn validate(cx: &mut Cx<'_>, arm: &ArmCall<'_>) -> Result<Reply, ArmError> {
    let path = arm.path.without_last();
    authorization::authorize(
        cx.state,
        &arm.caller,
        "Microsoft.Resources/deployments/validate/action",
        &path.text,
    )?;
    resources::container_exists(cx, &path)?;
    let Value::Object(mut body) = arm.body()? else {
        return Err(method_not_allowed(arm));
    };
    shape(KINDS[0].shape)
        .normalise(&mut body, "")
        .map_err(|problem| refusals::refuse(&problem, &KINDS[0], &path))?;
    let mut checked = Resource {
        id: path.text.clone(),
        kind: DEPLOYMENT.to_owned(),
        name: path.name().to_owned(),
        location: None,
        body,
        etag: String::new(),
        created_at: String::new(),
        changed_at: String::new(),
        operation: None,
        deleting: false,
        refs: Vec::new(),
    };
    let put = Put {
        cx,
        path: &path,
        old: None,
        caller: &arm.caller,
    };
    Deployments.accept(&put, &mut checked)?;
    let plan: Vec<Item> = read(&checked, "_plan").unwrap_or_default();
    let ids: Vec<Value> = plan.iter().map(|item| json!({"id": item.id})).collect();
    let mut shown = resources::view(cx, &checked, None);
    shown["properties"]["provisioningState"] = json!("Succeeded");
    shown["properties"]["validatedResources"] = json!(ids);
    Ok(Reply::json(200, &shown))
}

/// What became of each resource of the template.
fn steps(cx: &Cx<'_>, arm: &ArmCall<'_>) -> Result<Reply, ArmError> {
    let one = arm.path.names_a_resource();
    let path = if one {
        arm.path.without_last().without_last()
    } else {
        arm.path.without_last()
    };
    authorization::authorize(
        cx.state,
        &arm.caller,
        "Microsoft.Resources/deployments/operations/read",
        &path.text,
    )?;
    resources::container_exists(cx, &path)?;
    let missing = || {
        ArmError::new(
            404,
            "DeploymentNotFound",
            format!("Deployment '{}' could not be found.", path.name()),
        )
    };
    let deployment = cx.state.resources.get(&key(&path.text)).ok_or_else(missing)?;
    let failed = deployment.property("error").map(|error| error["details"].clone());
    let failed = failed.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
    let plan: Vec<Item> = read(deployment, "_plan")
        .or_else(|| read(deployment, "_made"))
        .unwrap_or_default();
    let value: Vec<Value> = plan
        .iter()
        .filter_map(|item| {
            let error = failed.iter().find(|error| error["target"] == json!(item.id));
            let state = match error {
                Some(_) => "Failed",
                None if item.done => "Succeeded",
                None => return None,
            };
            let id = crate::seed::named_uuid(&format!("{}{}", deployment.etag, item.id)).simple().to_string();
            let mut properties = json!({
                "provisioningOperation": "Create", "provisioningState": state,
                "timestamp": deployment.property("timestamp"), "duration": "PT1S",
                "statusCode": if error.is_some() { "BadRequest" } else { "OK" },
                "targetResource": {"id": item.id, "resourceType": item.kind, "resourceName": item.name, "apiVersion": item.version},
            });
            if let Some(error) = error {
                properties["statusMessage"] = json!({"error": error});
            }
            Some(json!({"id": format!("{}/operations/{id}", deployment.id), "operationId": id, "properties": properties}))
        })
        .collect();
    if !one {
        return Ok(Reply::json(200, &json!({"value": value})));
    }
    value
        .iter()
        .find(|step| {
            step["operationId"]
                .as_str()
                .is_some_and(|id| id.eq_ignore_ascii_case(arm.path.name()))
        })
        .map(|step| Reply::json(200, step))
        .ok_or_else(missing)
}

/// Our own bookkeeping of a deployment.
fn read<T: serde::de::DeserializeOwned>(deployment: &Resource, name: &str) -> Option<T> {
    serde_json::from_value(deployment.property(name)?.clone()).ok()
}

/// Puts the resources of one level, or the next that are left of it, and says when to go on.
pub(crate) fn step(cx: &mut Cx<'_>, operation: &Operation, level: usize) {
    let Some(deployment) = cx.state.resources.get(&operation.target) else {
        cx.state.end(&operation.id, cx.now, None);
        return;
    };
    let (plan, caller) = (
        read::<Vec<Item>>(deployment, "_plan"),
        read::<Claims>(deployment, "_caller"),
    );
    let (Some(mut plan), Some(caller), Some(scope)) = (plan, caller, read::<Scope>(deployment, "_scope")) else {
        let error = ArmError::new(500, "InternalServerError", "The plan of the deployment cannot be read.");
        finish(cx, operation, Some(&error));
        return;
    };
    if plan.iter().all(|item| item.level < level) {
        finish(cx, operation, None);
        return;
    }
    let known = template_plan::names(&plan);
    let mut wake = cx.now;
    let mut again = false;
    let mut failed: Vec<(String, ArmError)> = Vec::new();
    for item in plan.iter_mut().filter(|item| item.level == level && !item.done) {
        let path = ArmPath::parse(&item.id);
        let Some(row) = registry::by_name(&item.kind) else {
            continue;
        };
        let put = template_plan::body(cx, &scope, &known, item)
            .and_then(|body| writing::put(cx, &path, row, body, &Conditions::default(), &caller));
        match put {
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
    let (outputs, error) = match (error, outputs(cx, operation)) {
        (Some(error), _) => (json!({}), Some(error.clone())),
        (None, Ok(outputs)) => (outputs, None),
        (None, Err(error)) => {
            let text = format!("Unable to evaluate template outputs: {}", error.message);
            let whole = ArmError::new(
                409,
                "DeploymentFailed",
                "The deployment's outputs could not be evaluated.",
            );
            (json!({}), Some(whole.detail("DeploymentOutputEvaluationFailed", text)))
        }
    };
    let now = cx.now;
    cx.state.resources.change(&operation.target, |deployment| {
        deployment.operation = None;
        let plan: Vec<Item> = read(deployment, "_plan").unwrap_or_default();
        let properties = deployment.properties_mut();
        for name in ["_caller", "_scope"] {
            properties.remove(name);
        }
        let made = plan.iter().filter(|item| item.done);
        let made: Vec<Value> = made.map(|item| json!({"id": item.id})).collect();
        if let Some(plan) = properties.remove("_plan") {
            properties.insert("_made".to_owned(), plan);
        }
        properties.insert("outputResources".to_owned(), json!(made));
        properties.insert("outputs".to_owned(), outputs);
        properties.insert("timestamp".to_owned(), json!(crate::clock::rfc3339(now)));
        properties.insert(
            "duration".to_owned(),
            json!(format!("PT{:.3}S", (now - operation.started).as_seconds_f64())),
        );
        properties.insert(
            "provisioningState".to_owned(),
            json!(if error.is_some() { "Failed" } else { "Succeeded" }),
        );
        match &error {
            Some(error) => properties.insert("error".to_owned(), error.body()),
            None => properties.remove("error"),
        };
    });
    cx.state.end(&operation.id, now, error.as_ref().map(ArmError::body));
}

/// The outputs of the deployment's template.
fn outputs(cx: &Cx<'_>, operation: &Operation) -> Result<Value, ArmError> {
    let Some(deployment) = cx.state.resources.get(&operation.target) else {
        return Ok(json!({}));
    };
    let written = deployment
        .property("_template")
        .map(|template| template["outputs"].clone());
    let (Some(scope), Some(plan)) = (
        read::<Scope>(deployment, "_scope"),
        read::<Vec<Item>>(deployment, "_plan"),
    ) else {
        return Ok(json!({}));
    };
    template_plan::outputs(cx, &scope, &template_plan::names(&plan), &written.unwrap_or_default())
}
