//! Policies: definitions, assignments, and the refusal of what an assigned policy denies.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Behaviour, Put};
use crate::arm::authorization::assignments_above;
use crate::arm::error::ArmError;
use crate::arm::id::{key, last};
use crate::arm::registry::{Dialect, Flow, Kind, any_name, never_in_use};
use crate::state::{Resource, State};

const DEFINITION: &str = "Microsoft.Authorization/policyDefinitions";
pub(crate) const ASSIGNMENT: &str = "Microsoft.Authorization/policyAssignments";

const fn row(name: &'static str, shape: &'static str, behaviour: &'static dyn Behaviour) -> Kind {
    Kind {
        name,
        dialect: Dialect::Plain,
        shape,
        located: false,
        valid_name: any_name,
        put: Flow::Now,
        delete: Flow::Now,
        put_time: Duration::ZERO,
        delete_time: Duration::ZERO,
        etag: false,
        in_use: never_in_use,
        behaviour,
    }
}

pub(super) const KINDS: &[Kind] = &[
    row(
        DEFINITION,
        "properties!{ policyType mode displayName description policyRule!{*} metadata{*} parameters{*} version versions[] }",
        &Definitions,
    ),
    row(
        ASSIGNMENT,
        "identity{*} properties!{ policyDefinitionId! displayName description enforcementMode metadata{*} parameters{*} \
         nonComplianceMessages[]{*} notScopes[] resourceSelectors[]{*} overrides[]{*} definitionVersion scope~ }",
        &Assignments,
    ),
];

struct Definitions;

impl Behaviour for Definitions {
    fn accept(&self, _put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let rule = new.property("policyRule").cloned().unwrap_or_default();
        if !rule["if"].is_object() || !rule["then"]["effect"].is_string() {
            return Err(ArmError::bad(
                "InvalidPolicyRule",
                "The policy rule is invalid: it needs an object 'if' and an effect below 'then'.",
            ));
        }
        // A rule that cannot be understood would never refuse anything.
        holds(&rule["if"], &Subject::default())?;
        let properties = new.properties_mut();
        properties.remove("provisioningState");
        properties.entry("policyType").or_insert(json!("Custom"));
        properties.entry("mode").or_insert(json!("All"));
        Ok(())
    }
}

struct Assignments;

impl Behaviour for Assignments {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let definition = new.property_text("policyDefinitionId").unwrap_or_default().to_owned();
        if !put.cx.state.resources.contains(&key(&definition)) {
            return Err(ArmError::new(
                404,
                "PolicyDefinitionNotFound",
                format!("The policy definition '{definition}' could not be found."),
            ));
        }
        let scope = put.path.scope.clone();
        let properties = new.properties_mut();
        properties.remove("provisioningState");
        properties.insert("scope".to_owned(), json!(scope));
        properties.entry("enforcementMode").or_insert(json!("Default"));
        Ok(())
    }
}

/// What a rule is asked about.
#[derive(Default)]
struct Subject<'a> {
    id: &'a str,
    kind: &'a str,
    location: Option<&'a str>,
    body: Option<&'a Map<String, Value>>,
    parameters: Map<String, Value>,
}

/// Refuses what a policy assigned at or above the resource denies.
pub(crate) fn check(
    state: &State,
    id: &str,
    kind: &str,
    location: Option<&str>,
    body: &Map<String, Value>,
) -> Result<(), ArmError> {
    // Policies are about resources, not about who may do what with them.
    if kind.starts_with("Microsoft.Authorization/") || kind == super::deployments::DEPLOYMENT {
        return Ok(());
    }
    let own_key = key(id);
    for assignment in assignments_above(state, ASSIGNMENT, &own_key) {
        if assignment.property_text("enforcementMode") == Some("DoNotEnforce") {
            continue;
        }
        let spared = super::network::texts(assignment.property("notScopes"));
        if spared.iter().any(|scope| own_key.starts_with(&key(scope))) {
            continue;
        }
        let definition = assignment.property_text("policyDefinitionId").map(key);
        let Some(definition) = definition.and_then(|one| state.resources.get(&one)) else {
            continue;
        };
        let rule = definition.property("policyRule").cloned().unwrap_or_default();
        let subject = Subject {
            id,
            kind,
            location,
            body: Some(body),
            parameters: parameters(definition, assignment),
        };
        let effect = subject.given(&rule["then"]["effect"]);
        if effect
            .as_str()
            .is_some_and(|effect| effect.eq_ignore_ascii_case("deny"))
            && holds(&rule["if"], &subject)?
        {
            let identifiers = json!([{
                "policyAssignment": {"name": assignment.property_text("displayName").unwrap_or(&assignment.name), "id": assignment.id},
                "policyDefinition": {"name": definition.property_text("displayName").unwrap_or(&definition.name), "id": definition.id},
            }]);
            return Err(ArmError::new(
                403,
                "RequestDisallowedByPolicy",
                format!(
                    "Resource '{}' was disallowed by policy. Policy identifiers: '{identifiers}'.",
                    last(id)
                ),
            )
            .target(last(id)));
        }
    }
    Ok(())
}

/// The values of an assignment, or the defaults of its definition.
fn parameters(definition: &Resource, assignment: &Resource) -> Map<String, Value> {
    let mut values = Map::new();
    for (one, member) in [(definition, "defaultValue"), (assignment, "value")] {
        let declared = one
            .property("parameters")
            .and_then(Value::as_object)
            .into_iter()
            .flatten();
        for (name, about) in declared {
            if let Some(value) = about.get(member) {
                values.insert(name.to_lowercase(), value.clone());
            }
        }
    }
    values
}

impl Subject<'_> {
    /// A value of the rule, taken from the parameters where it says so.
    fn given(&self, value: &Value) -> Value {
        let name = value
            .as_str()
            .and_then(|text| text.strip_prefix("[parameters('"))
            .and_then(|rest| rest.strip_suffix("')]"));
        match name {
            Some(name) => self.parameters.get(&name.to_lowercase()).cloned().unwrap_or_default(),
            None => value.clone(),
        }
    }

    /// A field of the resource; null where it has none.
    fn field(&self, name: &str) -> Value {
        let tag = name
            .strip_prefix("tags[")
            .and_then(|rest| rest.strip_suffix(']'))
            .or_else(|| name.strip_prefix("tags."));
        let member = |name: &str| self.body.and_then(|body| body.get(name)).cloned().unwrap_or_default();
        if let Some(tag) = tag {
            return member("tags")[tag.trim_matches(['\'', '"'])].clone();
        }
        match name.to_ascii_lowercase().as_str() {
            "type" => return json!(self.kind),
            "name" => return json!(last(self.id)),
            "id" => return json!(self.id),
            "location" => return json!(self.location),
            "tags" | "kind" | "identity" | "sku" | "zones" => return member(&name.to_ascii_lowercase()),
            _ => {}
        }
        // An alias: the type, then the path in the body, mostly below its properties.
        let Some(path) = name
            .get(..self.kind.len())
            .filter(|own| own.eq_ignore_ascii_case(self.kind))
            .and_then(|_| name[self.kind.len()..].strip_prefix('/'))
        else {
            return Value::Null;
        };
        let mut at = match path.split('.').next() {
            Some("sku" | "identity" | "kind" | "zones") => json!(self.body),
            _ => member("properties"),
        };
        for part in path.split('.') {
            at = at[part].clone();
        }
        at
    }
}

/// Whether a condition is true of the subject; a condition that is none is refused.
fn holds(condition: &Value, subject: &Subject<'_>) -> Result<bool, ArmError> {
    let invalid = || {
        ArmError::bad(
            "InvalidPolicyRule",
            format!("The policy rule is invalid: the condition '{condition}' is not understood."),
        )
    };
    let object = condition.as_object().ok_or_else(invalid)?;
    for (name, below) in object {
        match name.to_ascii_lowercase().as_str() {
            "not" => return Ok(!holds(below, subject)?),
            list @ ("allof" | "anyof") => {
                let results = below
                    .as_array()
                    .ok_or_else(invalid)?
                    .iter()
                    .map(|one| holds(one, subject));
                let results = results.collect::<Result<Vec<bool>, ArmError>>()?;
                return Ok(if list == "allof" {
                    results.iter().all(|one| *one)
                } else {
                    results.iter().any(|one| *one)
                });
            }
            _ => {}
        }
    }
    let field = object.get("field").and_then(Value::as_str).ok_or_else(invalid)?;
    let value = subject.field(field);
    let (operator, wanted) = object.iter().find(|(name, _)| *name != "field").ok_or_else(invalid)?;
    let wanted = subject.given(wanted);
    let text = |value: &Value| match value {
        Value::String(text) => text.to_lowercase(),
        Value::Null => String::new(),
        other => other.to_string().to_lowercase(),
    };
    let (own, other) = (text(&value), text(&wanted));
    let among = || {
        wanted
            .as_array()
            .is_some_and(|list| list.iter().any(|one| text(one) == own))
    };
    let like = || match other.split_once('*') {
        Some((before, after)) => {
            own.len() >= before.len() + after.len() && own.starts_with(before) && own.ends_with(after)
        }
        None => own == other,
    };
    Ok(match operator.to_ascii_lowercase().as_str() {
        "equals" => own == other,
        "notequals" => own != other,
        "in" => among(),
        "notin" => !among(),
        "contains" => own.contains(&other),
        "notcontains" => !own.contains(&other),
        "like" => like(),
        "notlike" => !like(),
        "exists" => value.is_null() != (other == "true"),
        _ => return Err(invalid()),
    })
}
