//! Enumerations of the client: they keep words that they do not know.

use std::fmt::Write as _;

use aro_api::swagger::{Json, openapi};

/// An enumeration of the description for clients.
pub struct Known {
    name: String,
    doc: String,
    words: Vec<String>,
}

impl Known {
    /// The name of its type.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Those of the description: schemas that are some words, or any text.
pub fn known() -> Vec<Known> {
    let document = openapi::document();
    let schemas = document
        .get("components")
        .and_then(|components| components.get("schemas"));
    let schemas = schemas.map(Json::members).unwrap_or_default();
    let texts = |json: &Json| {
        json.elements()
            .iter()
            .filter_map(Json::as_str)
            .map(str::to_owned)
            .collect()
    };
    let known = schemas.iter().filter_map(|(name, schema)| {
        let words = texts(schema.get("anyOf")?.elements().first()?.get("enum")?);
        let doc = schema
            .get("description")
            .and_then(Json::as_str)
            .unwrap_or(name)
            .to_owned();
        Some(Known {
            name: type_name(name),
            doc,
            words,
        })
    });
    known.collect()
}

/// Their source.
pub fn source() -> String {
    let mut out = String::from("use crate::word::words;\n");
    for Known { name, doc, words } in known() {
        // Writing to a string cannot fail.
        let _ = write!(out, "\nwords! {{\n    /// {doc}\n    {name} {{\n");
        for word in words {
            let _ = writeln!(out, "        {} = {word:?},", variant(&word));
        }
        out.push_str("    }\n}\n");
    }
    out
}

/// A name as progenitor writes it: of several capitals in a row only the first, and one before a small letter, stay.
fn type_name(name: &str) -> String {
    let letters = name.chars().collect::<Vec<_>>();
    let small = |index: usize| {
        let capital = |index: usize| letters.get(index).is_some_and(char::is_ascii_uppercase);
        index > 0 && capital(index - 1) && !letters.get(index + 1).is_some_and(char::is_ascii_lowercase)
    };
    let shown = letters.iter().enumerate();
    shown
        .map(|(index, letter)| {
            if small(index) {
                letter.to_ascii_lowercase()
            } else {
                *letter
            }
        })
        .collect()
}

/// A word as the name of a variant.
fn variant(word: &str) -> String {
    word.split(|c: char| !c.is_ascii_alphanumeric())
        .map(|part| {
            part.split_at_checked(1)
                .map_or_else(String::new, |(a, b)| a.to_uppercase() + b)
        })
        .collect()
}
