//! Which members a request body may have.
//!
//! A shape is written as text, one line a type: `name` a value, `name!` required, `name~` read-only (dropped when
//! sent), `name{…}` an object, `name[]` a list of values, `name[]{…}` a list of objects, `name{*}` anything below,
//! `name@` the id of something that must exist.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::{Map, Value};

/// What is wrong with a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    Unknown { path: String, member: String },
    Missing { path: String },
    WrongType { path: String, wanted: &'static str },
}

#[derive(Debug, Default)]
pub(crate) struct Shape {
    members: Vec<Member>,
    open: bool,
}

#[derive(Debug)]
struct Member {
    name: String,
    required: bool,
    read_only: bool,
    reference: bool,
    list: bool,
    below: Option<Shape>,
}

/// The shape written as `text`, parsed once.
pub(crate) fn shape(text: &'static str) -> &'static Shape {
    static PARSED: LazyLock<Mutex<HashMap<&'static str, &'static Shape>>> = LazyLock::new(Mutex::default);
    let mut parsed = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    // Texts are constants of the program, so what leaks is bounded by their number.
    parsed.entry(text).or_insert_with(|| Box::leak(Box::new(parse(text))))
}

fn parse(text: &str) -> Shape {
    let spaced = text.replace('{', " { ").replace('}', " } ");
    let mut words = spaced.split_whitespace().peekable();
    parse_members(&mut words)
}

fn parse_members<'a>(words: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>) -> Shape {
    let mut shape = Shape::default();
    while let Some(word) = words.next() {
        match word {
            "}" => break,
            "*" => shape.open = true,
            word => {
                let list = word.ends_with("[]");
                let marked = word.trim_end_matches("[]");
                let name = marked.trim_end_matches(['!', '~', '@']);
                let flag = |mark: char| marked[name.len()..].contains(mark);
                let (required, read_only, reference) = (flag('!'), flag('~'), flag('@'));
                let below = (words.peek() == Some(&"{")).then(|| {
                    words.next();
                    parse_members(words)
                });
                shape.members.push(Member {
                    name: name.to_owned(),
                    required,
                    read_only,
                    reference,
                    list,
                    below,
                });
            }
        }
    }
    shape
}

impl Shape {
    /// Checks `body`, gives members their right case and drops read-only and null ones.
    pub(crate) fn normalise(&self, body: &mut Map<String, Value>, path: &str) -> Result<(), Problem> {
        let given = std::mem::take(body);
        for (name, mut value) in given {
            let Some(member) = self
                .members
                .iter()
                .find(|member| member.name.eq_ignore_ascii_case(&name))
            else {
                if self.open {
                    body.insert(name, value);
                    continue;
                }
                return Err(Problem::Unknown {
                    path: join(path, &name),
                    member: name,
                });
            };
            if member.read_only || value.is_null() {
                continue;
            }
            member.normalise(&mut value, &join(path, &member.name))?;
            body.insert(member.name.clone(), value);
        }
        match self
            .members
            .iter()
            .find(|member| member.required && !body.contains_key(&member.name))
        {
            Some(member) => Err(Problem::Missing {
                path: join(path, &member.name),
            }),
            None => Ok(()),
        }
    }

    /// Whether a member of this name may be sent.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.members.iter().any(|member| member.name.eq_ignore_ascii_case(name))
    }

    /// Every id that must exist, with the path it stands at.
    pub(crate) fn references(&self, body: &Map<String, Value>, path: &str, found: &mut Vec<(String, String)>) {
        for member in &self.members {
            let Some(value) = body.get(&member.name) else { continue };
            let path = join(path, &member.name);
            match (value, &member.below) {
                (Value::String(id), _) if member.reference => found.push((path, id.clone())),
                (Value::Object(object), Some(below)) => below.references(object, &path, found),
                (Value::Array(items), Some(below)) => {
                    for (index, item) in items.iter().enumerate() {
                        if let Value::Object(object) = item {
                            below.references(object, &format!("{path}[{index}]"), found);
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

impl Member {
    fn normalise(&self, value: &mut Value, path: &str) -> Result<(), Problem> {
        if self.list {
            let Value::Array(items) = value else {
                return Err(Problem::WrongType {
                    path: path.to_owned(),
                    wanted: "array",
                });
            };
            for (index, item) in items.iter_mut().enumerate() {
                self.normalise_one(item, &format!("{path}[{index}]"))?;
            }
            return Ok(());
        }
        self.normalise_one(value, path)
    }

    fn normalise_one(&self, value: &mut Value, path: &str) -> Result<(), Problem> {
        match (&self.below, value) {
            (Some(below), Value::Object(object)) => below.normalise(object, path),
            (Some(_), _) => Err(Problem::WrongType {
                path: path.to_owned(),
                wanted: "object",
            }),
            (None, Value::Object(_) | Value::Array(_)) => Err(Problem::WrongType {
                path: path.to_owned(),
                wanted: "value",
            }),
            (None, _) => Ok(()),
        }
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Problem, shape};

    #[test]
    fn members_are_checked_and_put_right() {
        let shape = shape("properties!{ addressSpace!{addressPrefixes![]} state~ nsg{id@} } tags{*}");
        let mut body = json!({"Properties": {"addressspace": {"addressPrefixes": ["a"]}, "state": "x",
            "nsg": {"id": "/y"}}, "tags": {"any": {"thing": 1}}});
        let body = body.as_object_mut().unwrap();
        shape.normalise(body, "").unwrap();
        assert_eq!(
            json!(body),
            json!({"properties": {"addressSpace": {"addressPrefixes": ["a"]}, "nsg": {"id": "/y"}},
            "tags": {"any": {"thing": 1}}})
        );
        let mut found = Vec::new();
        shape.references(body, "", &mut found);
        assert_eq!(found, [("properties.nsg.id".to_owned(), "/y".to_owned())]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let shape = shape("properties!{ list[]{name!} }");
        let mut body = json!({"properties": {"list": [{"name": 1}, {"nam": 1}]}});
        assert_eq!(
            shape.normalise(body.as_object_mut().unwrap(), ""),
            Err(Problem::Unknown {
                path: "properties.list[1].nam".into(),
                member: "nam".into()
            })
        );
        let mut body = json!({"properties": {"list": [{}]}});
        assert_eq!(
            shape.normalise(body.as_object_mut().unwrap(), ""),
            Err(Problem::Missing {
                path: "properties.list[0].name".into()
            })
        );
    }
}
