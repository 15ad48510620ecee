//! Rules in the Common Expression Language (`x-kubernetes-validations`).
//!
//! | library | here |
//! |---|---|
//! | the language itself and its macros, `matches`, `size`, `in` | yes |
//! | extensions for strings, lists and mathematics | yes |
//! | [the server's own](super::library): amounts, addresses, URLs, expressions, lists, formats, versions | yes |
//! | the authorizer's; times and durations | no: a rule that needs them counts as holding, and the log says so once |

use std::sync::{Arc, LazyLock};

use cel::{Context, Env, ExecutionError, Program, extensions};
use serde_json::Value;

use super::library;
use super::schema::Schema;
use crate::schema::{Cause, CauseReason, ListKind};

/// The language as the server offers it, less its own libraries.
static LANGUAGE: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut language = Env::stdlib().with_optional_support(true);
    for extension in [
        extensions::strings,
        extensions::lists,
        extensions::math,
        library::extension,
    ] {
        // The extensions name different functions, so none can be refused.
        let _ = language.add_extension(extension);
    }
    Arc::new(language)
});

/// Compiles an expression.
pub(crate) fn compile(source: &str) -> Result<Program, cel::ParseErrors> {
    LANGUAGE.compile(source)
}

/// A rule, compiled.
#[derive(Debug)]
pub(super) struct Rule {
    text: String,
    message: String,
    message_program: Option<Program>,
    reason: CauseReason,
    /// Place below the value, as `.spec.replicas`.
    field_path: String,
    /// It compares with the value before.
    transition: bool,
    /// It also holds where there was no value before.
    optional_old: bool,
    program: Option<Program>,
}

impl Rule {
    /// Compiles the rules of a schema; what does not compile never holds (definitions with such rules are refused).
    pub(super) fn compile(schema: &Value) -> Vec<Self> {
        let list = schema.get("x-kubernetes-validations").and_then(Value::as_array);
        list.into_iter().flatten().map(Self::one).collect()
    }

    fn one(rule: &Value) -> Self {
        let text = |name: &str| rule.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (source, expression) = (text("rule"), text("messageExpression"));
        let program = compile(&source).ok();
        Self {
            transition: program
                .as_ref()
                .is_some_and(|program| program.references().has_variable("oldSelf")),
            program,
            text: source,
            message: text("message").trim().to_owned(),
            message_program: (!expression.is_empty()).then(|| compile(&expression).ok()).flatten(),
            reason: match text("reason").as_str() {
                "FieldValueRequired" => CauseReason::Required,
                "FieldValueForbidden" => CauseReason::Forbidden,
                "FieldValueDuplicate" => CauseReason::Duplicate,
                _ => CauseReason::Invalid,
            },
            field_path: text("fieldPath"),
            optional_old: rule.get("optionalOldSelf") == Some(&Value::Bool(true)),
        }
    }

    fn check(&self, schema: &Schema, value: &Value, before: Option<&Value>, path: &str, faults: &mut Vec<Cause>) {
        if self.transition && before.is_none() && !self.optional_old {
            return;
        }
        let field = match (path, self.field_path.as_str()) {
            ("", "") => "<nil>".to_owned(),
            ("", below) => below.trim_start_matches('.').to_owned(),
            (path, below) => format!("{path}{below}"),
        };
        let context = context(schema, value, before);
        let failed = match self.program.as_ref().map(|program| program.execute(&context)) {
            Some(Ok(cel::Value::Bool(true))) => return,
            Some(Ok(cel::Value::Bool(false))) => None,
            Some(Err(ExecutionError::UndeclaredReference(name))) => return library::unsupported(&name),
            Some(Err(ExecutionError::NoSuchOverload(error))) if error.function().starts_with(char::is_alphabetic) => {
                return library::unsupported(error.function());
            }
            Some(Ok(_)) => Some("rule does not evaluate to a boolean".to_owned()),
            Some(Err(error)) => Some(error.to_string()),
            None => Some("rule does not compile".to_owned()),
        };
        let kind = if schema.kind.is_empty() {
            "object"
        } else {
            schema.kind.as_str()
        };
        let message = match failed {
            Some(error) => format!("rule compile error: {error}: {}", self.text),
            None => self.told(&context),
        };
        let message = match self.reason {
            CauseReason::Required => format!("Required value: {message}"),
            CauseReason::Forbidden => format!("Forbidden: {message}"),
            CauseReason::Duplicate => format!("Duplicate value: {kind:?}"),
            _ => format!("Invalid value: {kind:?}: {message}"),
        };
        faults.push(Cause::new(self.reason, field, message));
    }

    fn told(&self, context: &Context<'_, '_>) -> String {
        let told = self
            .message_program
            .as_ref()
            .and_then(|program| match program.execute(context) {
                Ok(cel::Value::String(text)) if !text.trim().is_empty() && !text.contains('\n') => {
                    Some(text.trim().to_owned())
                }
                _ => None,
            });
        match told {
            Some(told) => told,
            None if !self.message.is_empty() => self.message.clone(),
            None => format!("failed rule: {}", self.text.trim()),
        }
    }
}

/// A place for variables of the language.
pub(crate) fn language<'a>() -> Context<'a, 'a> {
    Context::with_env(Arc::clone(&LANGUAGE))
}

/// A value of no known schema as expressions see it.
pub(crate) fn plain(value: &Value) -> cel::Value {
    seen(&Schema::default(), value)
}

fn context<'a>(schema: &Schema, value: &Value, before: Option<&Value>) -> Context<'a, 'a> {
    let mut context = language();
    context.add_variable_from_value("self", seen(schema, value));
    if let Some(before) = before {
        context.add_variable_from_value("oldSelf", seen(schema, before));
    }
    context
}

/// A value as rules see it: numbers as their schema says, members by names that the language can write.
fn seen(schema: &Schema, value: &Value) -> cel::Value {
    match value {
        Value::Null => cel::Value::Null,
        Value::Bool(value) => cel::Value::Bool(*value),
        Value::Number(number) if schema.kind == "number" => cel::Value::Float(number.as_f64().unwrap_or_default()),
        Value::Number(number) => number.as_i64().map_or_else(
            || cel::Value::Float(number.as_f64().unwrap_or_default()),
            cel::Value::Int,
        ),
        Value::String(text) => cel::Value::from(text.as_str()),
        Value::Array(items) => {
            let any = Schema::default();
            let inner = schema.items.as_deref().unwrap_or(&any);
            cel::Value::from(items.iter().map(|item| seen(inner, item)).collect::<Vec<_>>())
        }
        Value::Object(members) => {
            let any = Schema::default();
            let declared = !schema.properties.is_empty();
            let members: std::collections::HashMap<String, cel::Value> = members
                .iter()
                .map(|(name, value)| {
                    let inner = schema.member(name).unwrap_or(&any);
                    (if declared { escaped(name) } else { name.clone() }, seen(inner, value))
                })
                .collect();
            cel::Value::from(members)
        }
    }
}

/// Words of the language, which stand between `__` where they are names.
const WORDS: [&str; 18] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
];

fn escaped(name: &str) -> String {
    if WORDS.contains(&name) {
        return format!("__{name}__");
    }
    name.replace("__", "__underscores__")
        .replace('.', "__dot__")
        .replace('-', "__dash__")
        .replace('/', "__slash__")
}

/// Faults that make rules pointless.
const BLOCKING: [CauseReason; 5] = [
    CauseReason::NotSupported,
    CauseReason::Required,
    CauseReason::TooLong,
    CauseReason::TooMany,
    CauseReason::Type,
];

const SKIPPED: &str = "some validation rules were not checked because the object was invalid; correct the existing errors \
                       to complete validation";

/// Checks all rules, or says that they were not.
pub(super) fn validate(schema: &Schema, value: &Value, before: Option<&Value>, path: &str, faults: &mut Vec<Cause>) {
    if !schema.has_rules() {
        return;
    }
    if faults.iter().any(|fault| BLOCKING.contains(&fault.reason)) {
        faults.push(Cause::invalid("<nil>", &Value::Null, SKIPPED));
        return;
    }
    walk(schema, value, before, path, faults);
}

fn walk(schema: &Schema, value: &Value, before: Option<&Value>, path: &str, faults: &mut Vec<Cause>) {
    if value.is_null() && schema.nullable {
        return;
    }
    for rule in &schema.rules {
        // A rule that does not compare is not held against a value that did not change.
        if rule.transition || before != Some(value) {
            rule.check(schema, value, before, path, faults);
        }
    }
    match value {
        Value::Object(members) => {
            let dot = if path.is_empty() { "" } else { "." };
            for (name, value) in members {
                if let Some(inner) = schema.member(name) {
                    let declared = schema.properties.contains_key(name);
                    let at = if declared {
                        format!("{path}{dot}{name}")
                    } else {
                        format!("{path}[{name}]")
                    };
                    walk(inner, value, before.and_then(|before| before.get(name)), &at, faults);
                }
            }
        }
        Value::Array(items) => {
            let Some(inner) = &schema.items else { return };
            for (index, item) in items.iter().enumerate() {
                // Only items that can be told apart have a value before.
                let old = match &schema.list {
                    Some(ListKind::Map(keys)) => before.and_then(Value::as_array).and_then(|old| {
                        old.iter()
                            .find(|old| keys.iter().all(|key| old.get(key) == item.get(key)))
                    }),
                    _ => None,
                };
                walk(inner, item, old, &format!("{path}[{index}]"), faults);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(rule: Value, value: Value, before: Option<Value>) -> Vec<String> {
        let schema = Schema::parse(
            &json!({ "type": "object", "x-kubernetes-validations": [rule], "properties": {
            "n": { "type": "integer" }, "m": { "type": "integer" }, "s": { "type": "string" }, "x-y": { "type": "string" },
            "list": { "type": "array", "items": { "type": "object", "properties": { "name": { "type": "string" } } } },
            "set": { "type": "array", "items": { "type": "string" } },
            "map": { "type": "object", "additionalProperties": { "type": "string" } },
            "ratio": { "type": "number" }, "port": { "x-kubernetes-int-or-string": true },
        } }),
        );
        let mut faults = Vec::new();
        validate(&schema, &value, before.as_ref(), "spec", &mut faults);
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn rules_are_held_against_values() {
        let value = json!({
            "n": 3, "m": 5, "s": "abc", "x-y": "d", "list": [{ "name": "a" }, { "name": "b" }], "set": ["p", "q"],
            "map": { "k": "v", "l-m": "w" }, "ratio": 2, "port": "http",
        });
        for (rule, holds) in [
            ("self.n < self.m", true),
            ("self.n > self.m", false),
            ("!has(self.absent) || self.absent > 1", true),
            ("has(self.n) && self.s.startsWith('ab')", true),
            ("self.s.matches('^[a-c]+$')", true),
            ("self.s.matches('^x')", false),
            ("self.__x__dash__y == 'd' || self.x__dash__y == 'd'", true),
            ("self.list.all(item, item.name.size() == 1)", true),
            ("self.list.exists_one(item, item.name == 'b')", true),
            ("self.list.map(item, item.name).join(',') == 'a,b'", true),
            ("'p' in self.set && !('z' in self.set)", true),
            ("self.map.all(key, self.map[key].size() == 1)", true),
            ("'k' in self.map && self.map['l-m'] == 'w'", true),
            ("size(self.set) == 2 ? self.ratio > 1.5 : false", true),
            ("type(self.port) == string", true),
            ("self.s.lowerAscii() == 'abc' && self.s.split('b').size() == 2", true),
            ("self.set.isSorted()", true),
            ("quantity('1Gi').isGreaterThan(quantity('1Mi'))", true),
            (
                "quantity('1Gi').add(quantity('1Gi')).compareTo(quantity('2048Mi')) == 0",
                true,
            ),
            (
                "quantity('1Gi') == quantity('1024Mi') && quantity('2').sub(3).sign() == -1",
                true,
            ),
            ("isQuantity('1.5Zi')", false),
            ("isIP('nonsense')", false),
            (
                "ip('10.0.0.5').family() == 4 && !ip('::1').isGlobalUnicast() && ip.isCanonical('fe80::1')",
                true,
            ),
            (
                "cidr('10.0.0.0/8').containsIP('10.1.2.3') && !cidr('10.0.0.0/8').containsCIDR('11.0.0.0/16')",
                true,
            ),
            (
                "cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8') && cidr('10.0.0.0/8').prefixLength() == 8",
                true,
            ),
            ("isCIDR('10.0.0.0/33')", false),
            (
                "'abc 123'.find('[0-9]+') == '123' && 'a1b2'.findAll('[0-9]', 1) == ['1']",
                true,
            ),
            (
                "url('https://h.example.com:8443/p?q=1').getPort() == '8443' && !isURL('nonsense')",
                true,
            ),
            ("url('https://h/p?q=1&q=2').getQuery()['q'] == ['1', '2']", true),
            ("[1, 3, 2].isSorted() || [1, 2].sum() != 3 || [2, 1].min() != 1", false),
            (
                "['a', 'b', 'a'].lastIndexOf('a') == 2 && ['a'].indexOf('z') == -1",
                true,
            ),
            ("!format.dns1123Label().validate(self.s).hasValue()", true),
            ("format.named('dns1123Label').value().validate('Bad').hasValue()", true),
            (
                "semver('1.2.3-rc.1').isLessThan(semver('1.2.3')) && semver('1.10.0').minor() == 10",
                true,
            ),
            ("duration(self.s) > duration('1s')", true),
        ] {
            let told = told(json!({ "rule": rule }), value.clone(), None);
            let wanted: Vec<String> = if holds {
                Vec::new()
            } else {
                vec![format!("spec: Invalid value: \"object\": failed rule: {rule}")]
            };
            assert_eq!(told, wanted, "{rule}");
        }
    }

    #[test]
    fn transitions_compare_with_the_value_before() {
        let rule = json!({ "rule": "self.n >= oldSelf.n", "message": "n may not shrink" });
        assert!(told(rule.clone(), json!({ "n": 1 }), None).is_empty());
        assert!(told(rule.clone(), json!({ "n": 3 }), Some(json!({ "n": 2 }))).is_empty());
        let shrunk = told(rule, json!({ "n": 1 }), Some(json!({ "n": 2 })));
        assert_eq!(shrunk, ["spec: Invalid value: \"object\": n may not shrink"]);
    }

    #[test]
    fn messages_places_and_reasons_are_the_rules_own() {
        let rule = json!({
            "rule": "self.n < 2", "messageExpression": "'n is ' + string(self.n)", "fieldPath": ".n",
            "reason": "FieldValueForbidden",
        });
        assert_eq!(told(rule, json!({ "n": 3 }), None), ["spec.n: Forbidden: n is 3"]);
    }
}
