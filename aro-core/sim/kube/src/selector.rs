//! Label and field selectors.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::meta::qualified_name;
use crate::status::Status;

/// A condition on one label.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    Exists,
    Absent,
    In(Vec<String>),
    NotIn(Vec<String>),
    Greater(i64),
    Less(i64),
}

/// A label selector; all its conditions must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Labels(Vec<(String, Rule)>);

impl Labels {
    /// Reads the text form: `a=b,c in (d,e),!f`.
    pub(crate) fn parse(text: &str) -> Result<Self, Status> {
        let mut parser = Parser { rest: text };
        let mut rules = Vec::new();
        if parser.peek().1.is_empty() {
            return Ok(Self(rules));
        }
        let bad = |why: String| Status::bad_request(why);
        loop {
            let (token, text) = parser.peek();
            match token {
                Token::Word | Token::Not => {
                    let rule = parser
                        .requirement()
                        .map_err(|why| bad(format!("unable to parse requirement: {why}")))?;
                    rules.push(rule);
                    match parser.next() {
                        (Token::End, _) => return Ok(Self(rules)),
                        (Token::Comma, _) => match parser.peek() {
                            (Token::Word | Token::Not, _) => {}
                            (_, found) => return Err(bad(format!("found '{found}', expected: identifier after ','"))),
                        },
                        (_, found) => return Err(bad(format!("found '{found}', expected: ',' or 'end of string'"))),
                    }
                }
                Token::End => return Ok(Self(rules)),
                _ => {
                    return Err(bad(format!(
                        "found '{text}', expected: !, identifier, or 'end of string'"
                    )));
                }
            }
        }
    }

    /// Reads the object form of `spec.selector`: `matchLabels` and `matchExpressions`. None when the object is absent.
    pub(crate) fn from_object(selector: Option<&Value>) -> Option<Self> {
        let selector = selector?;
        let mut rules = Vec::new();
        for (name, value) in selector
            .get("matchLabels")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            rules.push((
                name.clone(),
                Rule::In(vec![value.as_str().unwrap_or_default().to_owned()]),
            ));
        }
        for entry in selector
            .get("matchExpressions")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let name = entry["key"].as_str().unwrap_or_default().to_owned();
            let values: Vec<String> = entry["values"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect();
            let rule = match entry["operator"].as_str() {
                Some("In") => Rule::In(values),
                Some("NotIn") => Rule::NotIn(values),
                Some("DoesNotExist") => Rule::Absent,
                _ => Rule::Exists,
            };
            rules.push((name, rule));
        }
        Some(Self(rules))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn matches(&self, object: &Value) -> bool {
        let labels = object.pointer("/metadata/labels");
        self.0.iter().all(|(name, rule)| {
            let value = labels.and_then(|labels| labels.get(name)).and_then(Value::as_str);
            match rule {
                Rule::Exists => value.is_some(),
                Rule::Absent => value.is_none(),
                Rule::In(values) => value.is_some_and(|value| values.iter().any(|known| known == value)),
                Rule::NotIn(values) => value.is_none_or(|value| !values.iter().any(|known| known == value)),
                Rule::Greater(than) => value
                    .and_then(|v| v.parse::<i64>().ok())
                    .is_some_and(|value| value > *than),
                Rule::Less(than) => value
                    .and_then(|v| v.parse::<i64>().ok())
                    .is_some_and(|value| value < *than),
            }
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Word,
    Not,
    Equal,
    NotEqual,
    Greater,
    Less,
    Comma,
    Open,
    Close,
    End,
    Error,
}

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn split(&self) -> (Token, &'a str, &'a str) {
        let text = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        const SYMBOLS: [(&str, Token); 11] = [
            ("==", Token::Equal),
            ("!=", Token::NotEqual),
            ("=!", Token::Error),
            ("=", Token::Equal),
            ("!", Token::Not),
            (">", Token::Greater),
            ("<", Token::Less),
            (",", Token::Comma),
            ("(", Token::Open),
            (")", Token::Close),
            ("\0", Token::Error),
        ];
        if text.is_empty() {
            return (Token::End, "", "");
        }
        for (symbol, token) in SYMBOLS {
            if text.starts_with(symbol) {
                // Symbols are read greedily: `===` is no operator.
                let long = text.find(|c| !"=!<>".contains(c)).unwrap_or(text.len());
                let length = if matches!(token, Token::Comma | Token::Open | Token::Close) {
                    symbol.len()
                } else if long > symbol.len() && !matches!(&text[..symbol.len()], "=" | "==" | "!=" | "!" | ">" | "<") {
                    long
                } else {
                    symbol.len()
                };
                return (token, &text[..length], &text[length..]);
            }
        }
        let end = text
            .find(|c: char| c.is_whitespace() || "=!<>,()".contains(c))
            .unwrap_or(text.len());
        (Token::Word, &text[..end], &text[end..])
    }

    fn peek(&self) -> (Token, &'a str) {
        let (token, text, _) = self.split();
        (token, text)
    }

    fn next(&mut self) -> (Token, &'a str) {
        let (token, text, rest) = self.split();
        self.rest = rest;
        (token, text)
    }

    fn requirement(&mut self) -> Result<(String, Rule), String> {
        let negated = self.peek().0 == Token::Not;
        if negated {
            self.next();
        }
        let (token, name) = self.next();
        if token != Token::Word {
            return Err(format!("found '{name}', expected: identifier"));
        }
        if let Some(why) = qualified_name(name).into_iter().next() {
            return Err(format!("<nil>: Invalid value: \"{name}\": {why}"));
        }
        let name = name.to_owned();
        if negated {
            return Ok((name, Rule::Absent));
        }
        let rule = match self.peek() {
            (Token::End | Token::Comma, _) => Rule::Exists,
            (Token::Equal, _) => {
                self.next();
                Rule::In(vec![self.value()?])
            }
            (Token::NotEqual, _) => {
                self.next();
                Rule::NotIn(vec![self.value()?])
            }
            (Token::Greater | Token::Less, operator) => {
                let greater = operator == ">";
                self.next();
                let value = self.value()?;
                let number = value.parse().map_err(|_| {
                    format!("<nil>: Invalid value: \"{value}\": for 'Gt', 'Lt' operators, the value must be an integer")
                })?;
                if greater {
                    Rule::Greater(number)
                } else {
                    Rule::Less(number)
                }
            }
            (Token::Word, "in") => {
                self.next();
                Rule::In(self.values()?)
            }
            (Token::Word, "notin") => {
                self.next();
                Rule::NotIn(self.values()?)
            }
            (_, found) => return Err(format!("found '{found}', expected: in, notin, =, ==, !=, gt, lt")),
        };
        Ok((name, rule))
    }

    fn value(&mut self) -> Result<String, String> {
        match self.peek() {
            (Token::End | Token::Comma, _) => Ok(String::new()),
            (Token::Word, text) => {
                self.next();
                Ok(text.to_owned())
            }
            (_, found) => Err(format!("found '{found}', expected: identifier")),
        }
    }

    fn values(&mut self) -> Result<Vec<String>, String> {
        let (token, found) = self.next();
        if token != Token::Open {
            return Err(format!("found '{found}' expected: '('"));
        }
        let mut values: Vec<String> = Vec::new();
        let mut expect_value = true;
        loop {
            match self.next() {
                (Token::Word, text) => {
                    values.push(text.to_owned());
                    expect_value = false;
                }
                (Token::Comma, _) => {
                    if expect_value {
                        values.push(String::new());
                    }
                    expect_value = true;
                }
                (Token::Close, _) => {
                    if expect_value {
                        values.push(String::new());
                    }
                    values.sort();
                    values.dedup();
                    return Ok(values);
                }
                (_, found) => return Err(format!("found '{found}', expected: ',', ')' or identifier")),
            }
        }
    }
}

/// A field selector; all its terms must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<(String, bool, String)>);

impl Fields {
    /// Reads the text form: `a=b,c!=d`.
    pub(crate) fn parse(text: &str) -> Result<Self, Status> {
        let mut terms = Vec::new();
        for term in text.split(',').filter(|term| !term.is_empty()) {
            let (name, equal, value) = if let Some((name, value)) = term.split_once("!=") {
                (name, false, value)
            } else if let Some((name, value)) = term.split_once("==") {
                (name, true, value)
            } else if let Some((name, value)) = term.split_once('=') {
                (name, true, value)
            } else {
                return Err(Status::bad_request(format!(
                    "invalid selector: '{text}'; can't understand '{term}'"
                )));
            };
            terms.push((name.to_owned(), equal, value.to_owned()));
        }
        Ok(Self(terms))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _, _)| name.as_str())
    }

    /// Whether the values offered for an object fit.
    pub(crate) fn matches(&self, values: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|(name, equal, wanted)| {
            let value = values.get(name).map(String::as_str).unwrap_or_default();
            (value == wanted) == *equal
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn matches(selector: &str, labels: Value) -> bool {
        Labels::parse(selector)
            .unwrap()
            .matches(&json!({"metadata": {"labels": labels}}))
    }

    #[test]
    fn label_selectors_match() {
        assert!(matches("", json!({})));
        assert!(matches("a=1, b in (x, y),!c", json!({"a": "1", "b": "y"})));
        assert!(matches("a!=1", json!({})), "absent labels are unequal");
        assert!(matches("a notin (1)", json!({})));
        assert!(!matches("a", json!({})));
        assert!(matches("a>3", json!({"a": "4"})) && !matches("a<3", json!({"a": "4"})));
        assert!(matches("a=", json!({"a": ""})) && !matches("a=", json!({})));
        assert!(matches("a in ()", json!({"a": ""})));
    }

    #[test]
    fn bad_label_selectors_say_what_was_found() {
        let text = |selector| Labels::parse(selector).unwrap_err().message;
        assert_eq!(
            text("a==="),
            "unable to parse requirement: found '=', expected: identifier"
        );
        assert_eq!(text("a=b c"), "found 'c', expected: ',' or 'end of string'");
    }

    #[test]
    fn field_selectors_match() {
        let fields = Fields::parse("metadata.name=a,spec.nodeName!=b").unwrap();
        let values = |name: &str, node: &str| {
            BTreeMap::from([
                ("metadata.name".to_owned(), name.to_owned()),
                ("spec.nodeName".to_owned(), node.to_owned()),
            ])
        };
        assert!(fields.matches(&values("a", "")) && !fields.matches(&values("a", "b")));
    }
}
