//! Reading expressions of the template language.

use serde_json::{Value, json};

use super::template::{Evaluation, invalid, is_pending};
use crate::arm::error::ArmError;

/// What stands between the brackets, evaluated.
pub(super) fn evaluate(evaluation: &Evaluation<'_>, inner: &str) -> Result<Value, ArmError> {
    let mut reader = Reader {
        evaluation,
        text: inner,
        at: 0,
        depth: 0,
    };
    let value = reader.expression()?;
    reader.blanks();
    if reader.at == inner.len() {
        Ok(value)
    } else {
        Err(invalid(format!("unexpected text at {} of [{inner}]", reader.at)))
    }
}

/// How deep functions may stand in functions.
const DEPTH: usize = 64;

struct Reader<'a> {
    evaluation: &'a Evaluation<'a>,
    text: &'a str,
    at: usize,
    depth: usize,
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
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(invalid("the expression is nested too deeply"));
        }
        let value = self.value();
        self.depth -= 1;
        value
    }

    fn value(&mut self) -> Result<Value, ArmError> {
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
                        self.evaluation.call(&name, &arguments)?
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
                    (_, pending) if is_pending(pending) => value,
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
    if is_pending(value) {
        return Ok(value.clone());
    }
    value
        .as_object()
        .and_then(|object| object.iter().find(|(own, _)| own.eq_ignore_ascii_case(member)))
        .map(|(_, value)| value.clone())
        .ok_or_else(|| invalid(format!("the property '{member}' doesn't exist")))
}
