//! Columns of tables, and the paths that name their cells.

use serde_json::Value;

/// A column of a custom resource's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Heading.
    pub name: String,
    /// `integer`, `number`, `string`, `boolean` or `date`.
    pub kind: String,
    /// Format of the kind; often empty.
    pub format: String,
    /// What it shows.
    pub description: String,
    /// 0 for the standard view, higher for wider ones.
    pub priority: i64,
    /// Path of the cell, as `.status.conditions[?(@.type=='Ready')].status`.
    pub path: String,
}

/// The columns of an entry of `spec.versions`.
pub(super) fn columns(version: &Value) -> Vec<Column> {
    let list = version.get("additionalPrinterColumns").and_then(Value::as_array);
    let text = |column: &Value, name: &str| column.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    list.into_iter()
        .flatten()
        .map(|column| Column {
            name: text(column, "name"),
            kind: text(column, "type"),
            format: text(column, "format"),
            description: text(column, "description"),
            priority: column.get("priority").and_then(Value::as_i64).unwrap_or(0),
            path: text(column, "jsonPath"),
        })
        .collect()
}

/// The first value at a JSON path: members, indexes, `[*]` and filters that compare one member with a text.
pub fn find<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let mut found = vec![value];
    for step in steps(path) {
        found = found.into_iter().flat_map(|value| step.apply(value)).collect();
    }
    found.into_iter().next()
}

enum Step {
    Member(String),
    Index(i64),
    All,
    /// Path of a member and the text it must have.
    Equals(Vec<String>, String),
}

impl Step {
    fn apply<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        let items = || value.as_array().map(Vec::as_slice).unwrap_or_default();
        match self {
            Self::Member(name) => value.get(name).into_iter().collect(),
            Self::Index(index) => {
                let list = items();
                let at = if *index < 0 {
                    usize::try_from(-index)
                        .ok()
                        .and_then(|back| list.len().checked_sub(back))
                } else {
                    usize::try_from(*index).ok()
                };
                at.and_then(|at| list.get(at)).into_iter().collect()
            }
            Self::All => match value {
                Value::Object(members) => members.values().collect(),
                _ => items().iter().collect(),
            },
            Self::Equals(path, wanted) => items()
                .iter()
                .filter(|item| {
                    let inner = path.iter().try_fold(*item, |item, name| item.get(name));
                    inner.is_some_and(|inner| match inner {
                        Value::String(text) => text == wanted,
                        other => serde_json::from_str::<Value>(wanted).is_ok_and(|wanted| wanted == *other),
                    })
                })
                .collect(),
        }
    }
}

fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = path.trim_start_matches('$');
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let end = bracket_end(inner);
            steps.push(bracket(&inner[..end]));
            rest = inner.get(end + 1..).unwrap_or_default();
        } else {
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let end = rest
                .char_indices()
                .find(|(at, c)| matches!(c, '.' | '[') && !rest[..*at].ends_with('\\'));
            let end = end.map_or(rest.len(), |(at, _)| at);
            let name = rest[..end].replace('\\', "");
            rest = &rest[end..];
            match name.as_str() {
                "" => {
                    if rest.is_empty() {
                        break;
                    }
                }
                "*" => steps.push(Step::All),
                _ => steps.push(Step::Member(name)),
            }
        }
    }
    steps
}

fn bracket_end(text: &str) -> usize {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, ']') => return at,
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    text.len()
}

fn bracket(text: &str) -> Step {
    let unquoted = |text: &str| text.trim().trim_matches(['\'', '"']).to_owned();
    if text == "*" {
        return Step::All;
    }
    if let Ok(index) = text.parse() {
        return Step::Index(index);
    }
    match text.strip_prefix("?(").and_then(|filter| filter.strip_suffix(')')) {
        Some(filter) => {
            let (path, wanted) = filter.split_once("==").unwrap_or((filter, ""));
            let path = path
                .trim()
                .trim_start_matches('@')
                .split('.')
                .filter(|name| !name.is_empty());
            Step::Equals(path.map(str::to_owned).collect(), unquoted(wanted))
        }
        None => Step::Member(unquoted(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_name_cells() {
        let object = json!({
            "metadata": { "labels": { "a.b/c": "x" } },
            "status": { "conditions": [{ "type": "Up", "status": "False" }, { "type": "Ready", "status": "True" }], "n": [1, 2] },
        });
        for (path, found) in [
            (".status.conditions[?(@.type=='Ready')].status", Some(json!("True"))),
            (".status.conditions[?(@.type==\"Gone\")].status", None),
            (".status.n[-1]", Some(json!(2))),
            (".status.n[*]", Some(json!(1))),
            (".metadata.labels['a.b/c']", Some(json!("x"))),
            (".metadata.labels.a\\.b/c", Some(json!("x"))),
            (".status.absent", None),
        ] {
            assert_eq!(find(&object, path), found.as_ref(), "{path}");
        }
    }
}
