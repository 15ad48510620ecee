//! Where the operations of the description live: for calls that are not generated, and to check those that are.

use std::fmt::Write as _;

use aro_api::swagger::{Json, openapi};

/// The source: a constant for each operation, in the order of their ids, and all of them.
pub fn source() -> String {
    let document = openapi::document();
    let paths = document.get("paths").map(Json::members).unwrap_or_default();
    let mut places = Vec::new();
    for (path, operations) in paths {
        for (_, operation) in operations.members() {
            if let Some(id) = operation.get("operationId").and_then(Json::as_str) {
                places.push((function_name(id), path.as_str(), summary(operation)));
            }
        }
    }
    places.sort();
    let mut out = String::from("use crate::place::Place;\n");
    // Writing to a string cannot fail.
    for (id, path, summary) in &places {
        let name = id.to_ascii_uppercase();
        let _ = write!(
            out,
            "\n/// {summary}\npub(crate) const {name}: Place = Place {{ id: {id:?}, path: {path:?} }};\n"
        );
    }
    let names = places.iter().map(|(id, ..)| id.to_ascii_uppercase());
    let names = names.collect::<Vec<_>>().join(", ");
    let _ = write!(
        out,
        "\n/// All of them.\npub(crate) const ALL: [Place; {}] = [{names}];\n",
        places.len()
    );
    out
}

fn summary(operation: &Json) -> &str {
    operation.get("summary").and_then(Json::as_str).unwrap_or_default()
}

/// An operation's id as progenitor names its function: small letters, an underscore before each capital.
fn function_name(id: &str) -> String {
    let mut name = String::new();
    for letter in id.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}
