//! `metadata.managedFields`: who owns what, read and written.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::set::Set;

/// Most managers of plain updates; the oldest of more are joined under one name.
const MOST_UPDATES: usize = 10;

/// The name under which the oldest updates are joined.
const ANCIENT: &str = "ancient-changes";

/// How a manager came to own fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operation {
    Apply,
    Update,
}

/// Who owns fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Manager {
    pub(super) name: String,
    pub(super) operation: Operation,
    /// Version the fields were written in.
    pub(super) api_version: String,
    pub(super) subresource: String,
}

impl Manager {
    /// Whether both are one manager: appliers whatever the version.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.name == other.name
            && self.operation == other.operation
            && self.subresource == other.subresource
            && (self.operation == Operation::Apply || self.api_version == other.api_version)
    }

    /// As the server names it in a conflict.
    pub(super) fn told(&self) -> String {
        let mut told = format!("{:?}", self.name);
        if !self.subresource.is_empty() {
            told.push_str(&format!(" with subresource {:?}", self.subresource));
        }
        if self.operation == Operation::Update {
            told.push_str(&format!(" using {}", self.api_version));
        }
        told
    }
}

/// What a manager owns, since when.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) manager: Manager,
    pub(super) time: Option<String>,
    pub(super) fields: Set,
}

/// Reads `managedFields`; `None` where an entry cannot be understood.
pub(super) fn read(fields: Option<&Value>) -> Option<Vec<Entry>> {
    let Some(Value::Array(list)) = fields else {
        return Some(Vec::new());
    };
    list.iter().map(read_one).collect()
}

fn read_one(entry: &Value) -> Option<Entry> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let operation = match text("operation").as_str() {
        "Apply" => Operation::Apply,
        "Update" => Operation::Update,
        _ => return None,
    };
    if text("fieldsType") != "FieldsV1" || text("apiVersion").is_empty() {
        return None;
    }
    Some(Entry {
        manager: Manager {
            name: text("manager"),
            operation,
            api_version: text("apiVersion"),
            subresource: text("subresource"),
        },
        time: entry.get("time").and_then(Value::as_str).map(str::to_owned),
        fields: Set::read(entry.get("fieldsV1").unwrap_or(&Value::Null)),
    })
}

/// Whether a client asks to forget all owners: `[]` or `[{}]`.
pub(super) fn is_reset(fields: Option<&Value>) -> bool {
    match fields {
        Some(Value::Array(list)) => match list.as_slice() {
            [] => true,
            [one] => one.as_object().is_some_and(Map::is_empty),
            _ => false,
        },
        _ => false,
    }
}

/// Writes the entries into `metadata.managedFields` of the object, in the server's order.
pub(super) fn write(object: &mut Value, mut entries: Vec<Entry>) {
    entries.retain(|entry| !entry.fields.is_empty());
    entries.sort_by(order);
    let list: Vec<Value> = entries.iter().map(write_one).collect();
    if let Some(meta) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        if list.is_empty() {
            meta.remove("managedFields");
        } else {
            meta.insert("managedFields".to_owned(), Value::Array(list));
        }
    }
}

fn order(one: &Entry, other: &Entry) -> Ordering {
    let key = |entry: &Entry| {
        let manager = &entry.manager;
        (
            manager.operation,
            entry.time.clone().unwrap_or_default(),
            manager.name.clone(),
            manager.api_version.clone(),
            manager.subresource.clone(),
        )
    };
    key(one).cmp(&key(other))
}

fn write_one(entry: &Entry) -> Value {
    let mut written = json!({
        "manager": entry.manager.name,
        "operation": match entry.manager.operation { Operation::Apply => "Apply", Operation::Update => "Update" },
        "apiVersion": entry.manager.api_version,
        "fieldsType": "FieldsV1",
        "fieldsV1": entry.fields.write(),
    });
    if let Value::Object(members) = &mut written {
        if let Some(time) = &entry.time {
            members.insert("time".to_owned(), Value::from(time.as_str()));
        }
        if !entry.manager.subresource.is_empty() {
            members.insert(
                "subresource".to_owned(),
                Value::from(entry.manager.subresource.as_str()),
            );
        }
        if entry.manager.name.is_empty() {
            members.remove("manager");
        }
    }
    written
}

/// Joins the oldest updates of a version where there are too many.
pub(super) fn cap(entries: &mut Vec<Entry>) {
    entries.sort_by(order);
    let is_update = |entry: &Entry| entry.manager.operation == Operation::Update;
    while entries.iter().filter(|entry| is_update(entry)).count() > MOST_UPDATES {
        let oldest: Vec<usize> = (0..entries.len()).filter(|at| is_update(&entries[*at])).collect();
        let version = |at: usize| entries[at].manager.api_version.as_str();
        let pair = oldest.iter().enumerate().find_map(|(index, later)| {
            let first = oldest[..index]
                .iter()
                .find(|first| version(**first) == version(*later))?;
            Some((*first, *later))
        });
        let Some((first, later)) = pair else { return };
        let joined = entries.remove(later);
        let bucket = &mut entries[first];
        ANCIENT.clone_into(&mut bucket.manager.name);
        bucket.manager.subresource.clear();
        bucket.fields = std::mem::take(&mut bucket.fields).union(&joined.fields);
        bucket.time = joined.time;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_of_too_many_updates_are_joined() {
        let entry = |number: usize| Entry {
            manager: Manager {
                name: format!("m{number}"),
                operation: Operation::Update,
                api_version: "v1".to_owned(),
                subresource: String::new(),
            },
            time: Some(format!("2020-01-01T00:00:{number:02}Z")),
            fields: Set::read(&json!({ format!("f:{number}"): {} })),
        };
        let mut entries: Vec<Entry> = (0..13).map(entry).collect();
        cap(&mut entries);
        assert_eq!(entries.len(), MOST_UPDATES);
        assert_eq!(entries[0].manager.name, ANCIENT);
        assert_eq!(entries[0].time.as_deref(), Some("2020-01-01T00:00:03Z"));
        assert_eq!(
            entries[0].fields.write(),
            json!({ "f:0": {}, "f:1": {}, "f:2": {}, "f:3": {} })
        );
        assert_eq!(entries[1].manager.name, "m4");
    }
}
