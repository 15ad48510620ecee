//! The template language: expressions in square brackets, to the extent that templates of clusters use it.

use serde_json::{Map, Value, json};

use crate::arm::error::ArmError;
use crate::seed::named_uuid;

/// What expressions can ask about.
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

fn invalid(text: impl std::fmt::Display) -> ArmError {
    ArmError::bad(
        "InvalidTemplate",
        format!("Deployment template language expression evaluation failed: '{text}'."),
    )
}

impl Scope {
    /// A value with every expression in it evaluated.
    pub(super) fn evaluate(&self, value: &Value) -> Result<Value, ArmError> {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) => items
                .iter()
                .map(|item| self.evaluate(item))
                .collect::<Result<_, _>>()
                .map(Value::Array),
            Value::Object(object) => object
                .iter()
                .map(|(name, value)| Ok((name.clone(), self.evaluate(value)?)))
                .collect::<Result<_, _>>()
                .map(Value::Object),
            other => Ok(other.clone()),
        }
    }

    fn text(&self, text: &str) -> Result<Value, ArmError> {
        let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
            return Ok(json!(text));
        };
        // `[[` is how a text that begins with a bracket is written.
        if let Some(escaped) = inner.strip_prefix('[') {
            return Ok(json!(format!("[{escaped}]")));
        }
        let mut reader = Reader {
            scope: self,
            text: inner,
            at: 0,
        };
        let value = reader.expression()?;
        reader.blanks();
        if reader.at == inner.len() {
            Ok(value)
        } else {
            Err(invalid(format!("unexpected text in {text}")))
        }
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, ArmError> {
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
            "parameters" => lookup(&self.parameters, &text(0)?, "parameter")?,
            "variables" => self.evaluate(&lookup(&self.variables, &text(0)?, "variable")?)?,
            "resourcegroup" => {
                json!({"id": self.group_id, "name": self.group_name, "location": self.location, "tags": {}, "properties": {"provisioningState": "Succeeded"}})
            }
            "subscription" => {
                json!({"id": format!("/subscriptions/{}", self.subscription), "subscriptionId": self.subscription, "tenantId": self.tenant})
            }
            "tenant" => json!({"tenantId": self.tenant}),
            "deployment" => json!({"name": self.deployment}),
            "resourceid" => json!(self.resource_id(&all())?),
            "subscriptionresourceid" => {
                let mut parts = all();
                let subscription = if parts.first().is_some_and(|one| !one.contains('/')) {
                    parts.remove(0)
                } else {
                    self.subscription.clone()
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
            other => {
                return Err(ArmError::bad(
                    "InvalidTemplate",
                    format!(
                        "Unable to process template language expressions: The template function '{other}' is not valid."
                    ),
                ));
            }
        })
    }

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

fn lookup(table: &Map<String, Value>, name: &str, what: &str) -> Result<Value, ArmError> {
    table
        .iter()
        .find(|(own, _)| own.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.clone())
        .ok_or_else(|| ArmError::bad("InvalidTemplate", format!("The template {what} '{name}' is not found.")))
}

fn plain(value: &Value) -> String {
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

struct Reader<'a> {
    scope: &'a Scope,
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn blanks(&mut self) {
        while let Some(c) = self.peek().filter(|c| c.is_whitespace()) {
            self.at += c.len_utf8();
        }
    }

    fn eat(&mut self, wanted: char) -> bool {
        self.blanks();
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn expression(&mut self) -> Result<Value, ArmError> {
        self.blanks();
        let mut value = match self.peek() {
            Some('\'') => json!(self.quoted()?),
            Some(c) if c.is_ascii_digit() || c == '-' => {
                let word = self.word(|c| c.is_ascii_digit() || c == '-');
                json!(word.parse::<i64>().map_err(invalid)?)
            }
            Some(c) if c.is_ascii_alphabetic() => {
                let name = self.word(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
                match (name.as_str(), self.eat('(')) {
                    ("true", false) => json!(true),
                    ("false", false) => json!(false),
                    ("null", false) => Value::Null,
                    (_, false) => return Err(invalid(format!("the string '{name}' is not a function"))),
                    (_, true) => {
                        let arguments = self.arguments()?;
                        self.scope.call(&name, &arguments)?
                    }
                }
            }
            _ => return Err(invalid(format!("unexpected text at {} of {}", self.at, self.text))),
        };
        loop {
            if self.eat('.') {
                let member = self.word(|c| c.is_ascii_alphanumeric() || c == '_');
                value = member_of(&value, &member)?;
            } else if self.eat('[') {
                let index = self.expression()?;
                if !self.eat(']') {
                    return Err(invalid("a bracket is not closed"));
                }
                value = match (&index, &value) {
                    (Value::Number(at), Value::Array(items)) => at
                        .as_u64()
                        .and_then(|at| items.get(at as usize))
                        .cloned()
                        .ok_or_else(|| invalid("the index is out of range"))?,
                    (Value::String(member), _) => member_of(&value, member)?,
                    _ => return Err(invalid("the index is neither number nor name")),
                };
            } else {
                return Ok(value);
            }
        }
    }

    fn arguments(&mut self) -> Result<Vec<Value>, ArmError> {
        let mut arguments = Vec::new();
        if self.eat(')') {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression()?);
            if self.eat(')') {
                return Ok(arguments);
            }
            if !self.eat(',') {
                return Err(invalid(format!(
                    "a comma or bracket is missing at {} of {}",
                    self.at, self.text
                )));
            }
        }
    }

    fn word(&mut self, good: impl Fn(char) -> bool) -> String {
        let start = self.at;
        while let Some(c) = self.peek().filter(|c| good(*c)) {
            self.at += c.len_utf8();
        }
        self.text[start..self.at].to_owned()
    }

    fn quoted(&mut self) -> Result<String, ArmError> {
        self.at += 1;
        let mut out = String::new();
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            if c != '\'' {
                out.push(c);
            } else if self.peek() == Some('\'') {
                self.at += 1;
                out.push('\'');
            } else {
                return Ok(out);
            }
        }
        Err(invalid("a string is not closed"))
    }
}

fn member_of(value: &Value, member: &str) -> Result<Value, ArmError> {
    value
        .as_object()
        .and_then(|object| object.iter().find(|(own, _)| own.eq_ignore_ascii_case(member)))
        .map(|(_, value)| value.clone())
        .ok_or_else(|| invalid(format!("the property '{member}' doesn't exist")))
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
