//! The template language: expressions in square brackets, to the extent that templates of clusters use it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{expressions, functions};
use crate::arm::error::ArmError;
use crate::seed::named_uuid;

/// What expressions can ask about.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Scope {
    pub(super) subscription: String,
    pub(super) tenant: String,
    pub(super) group_id: String,
    pub(super) group_name: String,
    pub(super) location: String,
    pub(super) deployment: String,
    pub(super) parameters: Map<String, Value>,
    pub(super) variables: Map<String, Value>,
}

pub(super) fn invalid(text: impl std::fmt::Display) -> ArmError {
    ArmError::bad(
        "InvalidTemplate",
        format!("Deployment template language expression evaluation failed: '{text}'."),
    )
}

/// Stands for what `reference()` will give once the resource is there.
const PENDING: &str = "_pending";

/// Whether a value, or anything in it, waits for a resource.
pub(super) fn is_pending(value: &Value) -> bool {
    match value {
        Value::Object(object) => object.contains_key(PENDING) || object.values().any(is_pending),
        Value::Array(items) => items.iter().any(is_pending),
        _ => false,
    }
}

pub(super) fn pending() -> Value {
    json!({PENDING: true})
}

/// What `reference(resource, full)` gives.
pub(super) type Reference<'a> = &'a dyn Fn(&str, bool) -> Result<Value, ArmError>;

/// One turn of a `copy` loop: the loop's name and how often it has been run before.
pub(super) type Turn = (String, i64);

/// Loops longer than this are refused, as by Azure.
const LONGEST_LOOP: i64 = 800;

impl Scope {
    /// A value with every expression in it evaluated, where no resource can be referred to.
    pub(super) fn evaluate(&self, value: &Value) -> Result<Value, ArmError> {
        let nowhere = |_: &str, _: bool| Err(invalid("the template function 'reference' is not expected here"));
        Evaluation {
            scope: self,
            turns: Vec::new(),
            reference: &nowhere,
        }
        .evaluate(value)
    }
}

/// A scope at one place of the template.
pub(super) struct Evaluation<'a> {
    pub(super) scope: &'a Scope,
    /// The loops around the place, innermost last.
    pub(super) turns: Vec<Turn>,
    pub(super) reference: Reference<'a>,
}

impl Evaluation<'_> {
    /// The same place in one more turn of a loop.
    pub(super) fn within(&self, name: &str, index: i64) -> Evaluation<'_> {
        let mut turns = self.turns.clone();
        turns.push((name.to_owned(), index));
        Evaluation {
            scope: self.scope,
            turns,
            reference: self.reference,
        }
    }

    /// A value with every expression in it evaluated.
    pub(super) fn evaluate(&self, value: &Value) -> Result<Value, ArmError> {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) => items
                .iter()
                .map(|item| self.evaluate(item))
                .collect::<Result<_, _>>()
                .map(Value::Array),
            Value::Object(object) => self.object(object),
            other => Ok(other.clone()),
        }
    }

    /// An object; its `copy`, if it has one, becomes a list for each of its entries.
    fn object(&self, object: &Map<String, Value>) -> Result<Value, ArmError> {
        let mut done = Map::new();
        for (name, value) in object {
            match loops(name, value) {
                Some(loops) => {
                    for one in loops {
                        let (name, items) = self.repeat(one)?;
                        done.insert(name, Value::Array(items));
                    }
                }
                None => drop(done.insert(name.clone(), self.evaluate(value)?)),
            }
        }
        Ok(Value::Object(done))
    }

    /// The `input` of a loop, once for each turn, and the loop's name.
    pub(super) fn repeat(&self, one: &Value) -> Result<(String, Vec<Value>), ArmError> {
        let name = one["name"].as_str().unwrap_or_default().to_owned();
        let count = self.count(&one["count"])?;
        let items = (0..count)
            .map(|index| self.within(&name, index).evaluate(&one["input"]))
            .collect::<Result<_, _>>()?;
        Ok((name, items))
    }

    /// How many turns a loop has.
    pub(super) fn count(&self, count: &Value) -> Result<i64, ArmError> {
        let count = self.evaluate(count)?;
        count
            .as_i64()
            .filter(|count| (0..=LONGEST_LOOP).contains(count))
            .ok_or_else(|| {
                invalid(format!(
                    "the copy count must be a number from 0 to {LONGEST_LOOP}, not {count}"
                ))
            })
    }

    fn text(&self, text: &str) -> Result<Value, ArmError> {
        let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
            return Ok(json!(text));
        };
        // `[[` is how a text that begins with a bracket is written.
        if let Some(escaped) = inner.strip_prefix('[') {
            return Ok(json!(format!("[{escaped}]")));
        }
        expressions::evaluate(self, inner)
    }

    fn copy_index(&self, arguments: &[Value]) -> Result<Value, ArmError> {
        let (name, offset) = match arguments {
            [] => (None, 0),
            [Value::String(name)] => (Some(name), 0),
            [Value::Number(offset)] => (None, offset.as_i64().unwrap_or_default()),
            [Value::String(name), Value::Number(offset)] => (Some(name), offset.as_i64().unwrap_or_default()),
            _ => return Err(invalid("copyIndex takes the name of a loop and an offset")),
        };
        let turn = self
            .turns
            .iter()
            .rev()
            .find(|(own, _)| name.is_none_or(|name| own.eq_ignore_ascii_case(name)));
        match turn {
            Some((_, index)) => Ok(json!(index + offset)),
            None => Err(invalid(
                "the template function 'copyIndex' is not expected at this location",
            )),
        }
    }

    fn variable(&self, name: &str) -> Result<Value, ArmError> {
        let variables = &self.scope.variables;
        let copied = variables.get("copy").and_then(Value::as_array).into_iter().flatten();
        for one in copied {
            if one["name"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(name)) {
                return Ok(Value::Array(self.repeat(one)?.1));
            }
        }
        self.evaluate(&lookup(variables, name, "variable")?)
    }

    pub(super) fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, ArmError> {
        if arguments.iter().any(is_pending) {
            return Ok(pending());
        }
        let scope = self.scope;
        let text = |at: usize| -> Result<String, ArmError> {
            arguments
                .get(at)
                .map(plain)
                .ok_or_else(|| invalid(format!("{name} needs more arguments")))
        };
        let all = || arguments.iter().map(plain).collect::<Vec<_>>();
        Ok(match name.to_ascii_lowercase().as_str() {
            "concat" if arguments.first().is_some_and(Value::is_array) => Value::Array(
                arguments
                    .iter()
                    .filter_map(Value::as_array)
                    .flatten()
                    .cloned()
                    .collect(),
            ),
            "concat" => json!(all().concat()),
            "format" => json!(format(&all())),
            "guid" => json!(named_uuid(&all().join("-")).to_string()),
            "uniquestring" => json!(named_uuid(&all().join("-")).simple().to_string()[..13].to_owned()),
            "tolower" => json!(text(0)?.to_lowercase()),
            "toupper" => json!(text(0)?.to_uppercase()),
            "string" => json!(text(0)?),
            "int" => json!(text(0)?.parse::<i64>().map_err(invalid)?),
            "createarray" | "array" => Value::Array(arguments.to_vec()),
            "length" => match arguments.first() {
                Some(Value::Array(items)) => json!(items.len()),
                Some(Value::String(text)) => json!(text.chars().count()),
                _ => return Err(invalid("length of neither array nor string")),
            },
            "equals" => json!(arguments.first() == arguments.get(1)),
            "not" => json!(arguments.first() != Some(&json!(true))),
            "and" => json!(arguments.iter().all(|one| one == &json!(true))),
            "or" => json!(arguments.iter().any(|one| one == &json!(true))),
            "empty" => json!(arguments.first().is_none_or(|one| {
                one.is_null() || one.as_array().is_some_and(Vec::is_empty) || one.as_str().is_some_and(str::is_empty)
            })),
            "if" => {
                let taken = if arguments.first() == Some(&json!(true)) { 1 } else { 2 };
                arguments
                    .get(taken)
                    .cloned()
                    .ok_or_else(|| invalid("if needs three arguments"))?
            }
            "parameters" => lookup(&scope.parameters, &text(0)?, "parameter")?,
            "variables" => self.variable(&text(0)?)?,
            "resourcegroup" => {
                json!({"id": scope.group_id, "name": scope.group_name, "location": scope.location, "tags": {}, "properties": {"provisioningState": "Succeeded"}})
            }
            "subscription" => {
                json!({"id": format!("/subscriptions/{}", scope.subscription), "subscriptionId": scope.subscription, "tenantId": scope.tenant})
            }
            "tenant" => json!({"tenantId": scope.tenant}),
            "deployment" => json!({"name": scope.deployment}),
            "resourceid" => json!(scope.resource_id(&all())?),
            "subscriptionresourceid" => {
                let mut parts = all();
                let subscription = if parts.first().is_some_and(|one| !one.contains('/')) {
                    parts.remove(0)
                } else {
                    scope.subscription.clone()
                };
                json!(typed_id(&format!("/subscriptions/{subscription}"), &parts)?)
            }
            "tenantresourceid" => json!(typed_id("", &all())?),
            "extensionresourceid" => {
                let parts = all();
                let base = parts
                    .first()
                    .cloned()
                    .ok_or_else(|| invalid("extensionResourceId needs arguments"))?;
                json!(typed_id(&base, &parts[1..])?)
            }
            "copyindex" => self.copy_index(arguments)?,
            "reference" => {
                let full = text(2).is_ok_and(|form| form.eq_ignore_ascii_case("full"));
                (self.reference)(&text(0)?, full)?
            }
            other => {
                if let Some(value) = functions::call(other, arguments) {
                    return value;
                }
                return Err(ArmError::bad(
                    "InvalidTemplate",
                    format!(
                        "Unable to process template language expressions: The template function '{other}' is not valid."
                    ),
                ));
            }
        })
    }
}

impl Scope {
    /// `resourceId([subscription], [group], type, names…)`.
    fn resource_id(&self, parts: &[String]) -> Result<String, ArmError> {
        let at = parts
            .iter()
            .position(|one| one.contains('/'))
            .ok_or_else(|| invalid("resourceId needs a type"))?;
        let base = match at {
            0 => self.group_id.clone(),
            1 => format!("/subscriptions/{}/resourceGroups/{}", self.subscription, parts[0]),
            2 => format!("/subscriptions/{}/resourceGroups/{}", parts[0], parts[1]),
            _ => return Err(invalid("resourceId has too many arguments before the type")),
        };
        typed_id(&base, &parts[at..])
    }
}

/// The id of `type, names…` below a scope.
pub(super) fn typed_id(base: &str, parts: &[String]) -> Result<String, ArmError> {
    let (kind, names) = parts.split_first().ok_or_else(|| invalid("an id needs a type"))?;
    let mut types = kind.split('/');
    let namespace = types.next().unwrap_or_default();
    let types: Vec<&str> = types.collect();
    if types.len() != names.len() {
        return Err(invalid(format!(
            "the type {kind} requires {} resource name argument(s)",
            types.len()
        )));
    }
    let mut id = format!("{base}/providers/{namespace}");
    for (one, name) in types.iter().zip(names) {
        id.push_str(&format!("/{one}/{name}"));
    }
    Ok(id)
}

/// The loops of an object's `copy`, if it is one.
fn loops<'a>(name: &str, value: &'a Value) -> Option<&'a Vec<Value>> {
    let list = value.as_array().filter(|_| name == "copy")?;
    let is_loop = |one: &Value| one["name"].is_string() && !one["count"].is_null() && one.get("input").is_some();
    list.iter().all(is_loop).then_some(list)
}

fn lookup(table: &Map<String, Value>, name: &str, what: &str) -> Result<Value, ArmError> {
    table
        .iter()
        .find(|(own, _)| own.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.clone())
        .ok_or_else(|| ArmError::bad("InvalidTemplate", format!("The template {what} '{name}' is not found.")))
}

pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn format(parts: &[String]) -> String {
    let Some((pattern, values)) = parts.split_first() else {
        return String::new();
    };
    values.iter().enumerate().fold(pattern.clone(), |text, (at, value)| {
        text.replace(&format!("{{{at}}}"), value)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::Scope;

    fn scope() -> Scope {
        Scope {
            subscription: "s".into(),
            tenant: "t".into(),
            group_id: "/subscriptions/s/resourceGroups/g".into(),
            group_name: "g".into(),
            location: "eastus".into(),
            deployment: "d".into(),
            parameters: json!({"p": {"x": [1, 2]}}).as_object().cloned().unwrap_or_default(),
            variables: Map::new(),
        }
    }

    #[test]
    fn expressions() {
        let is = |text: &str, wanted: serde_json::Value| {
            assert_eq!(scope().evaluate(&json!(text)).unwrap(), wanted, "{text}")
        };
        is("plain", json!("plain"));
        is("[[not]", json!("[not]"));
        is("[resourceGroup().id]", json!("/subscriptions/s/resourceGroups/g"));
        is("[concat('a', 'it''s', string(1))]", json!("ait's1"));
        is("[parameters('p').x[1]]", json!(2));
        is(
            "[resourceId('Microsoft.Network/loadBalancers/probes', 'lb', concat('p', '-1'))]",
            json!("/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/loadBalancers/lb/probes/p-1"),
        );
        is(
            "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'r')]",
            json!("/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/r"),
        );
        is("[if(equals(1, 1), 'yes', 'no')]", json!("yes"));
        assert!(scope().evaluate(&json!("[nonsense()]")).is_err());
        assert!(
            scope().evaluate(&json!("[concat('a'")).is_ok(),
            "no closing bracket: plain text"
        );
        assert!(scope().evaluate(&json!("[concat('a']")).is_err());
        assert!(scope().evaluate(&json!("[resourceId('A/b/c', 'one')]")).is_err());
    }
}
