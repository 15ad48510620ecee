//! Against the published descriptions, where they are at hand (`../shared/data/swagger`, or the folder that
//! `ARO_PUBLISHED_SWAGGER` names). Words do not count; every other difference stands in `swagger/differences.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use aro_api::swagger::{Json, files};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Differences {
    #[serde(default)]
    difference: Vec<Difference>,
}

/// A difference that is meant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    /// The folder of the version, or of the edition of the common types.
    document: String,
    /// Where, as a JSON pointer.
    at: String,
    /// Why.
    reason: String,
}

#[test]
fn every_difference_to_the_published_descriptions_is_written_down() {
    let published = std::env::var_os("ARO_PUBLISHED_SWAGGER")
        .map_or_else(|| super::folder().join("../../shared/data/swagger"), PathBuf::from);
    if !published.is_dir() {
        println!("skipped: no published descriptions in {}", published.display());
        return;
    }
    let text = fs::read_to_string(super::folder().join("differences.toml")).unwrap();
    let written: Differences = toml::from_str(&text).unwrap();
    let mut unused = (0..written.difference.len()).collect::<BTreeSet<_>>();
    let mut unexplained = Vec::new();
    let mut documents = 0;
    let ours = files().into_iter();
    for file in ours.filter(|file| !file.path.starts_with("openapi/") && !file.path.contains("/examples/")) {
        documents += 1;
        let theirs = fs::read(published.join(&file.path)).unwrap();
        let theirs: Json = serde_json::from_slice(&theirs).unwrap();
        let common = file.path.starts_with("common-types");
        let mut found = BTreeMap::new();
        differ("", &file.content, &theirs, common, &mut found);
        let parts = file.path.rsplit('/').collect::<Vec<_>>();
        let document = if common {
            format!("{}/{}", parts[1], parts[0])
        } else {
            format!("{}/{}", parts[2], parts[1])
        };
        println!("{document}: {} differences", found.len());
        for (at, what) in found {
            let entry = |difference: &Difference| difference.document == document && difference.at == at;
            match written.difference.iter().position(entry) {
                Some(index) if !written.difference[index].reason.is_empty() => {
                    unused.remove(&index);
                }
                _ => unexplained.push(format!("{document} {at}: {what}")),
            }
        }
    }
    assert!(documents >= 10);
    assert!(
        unexplained.is_empty(),
        "not in differences.toml:\n{}",
        unexplained.join("\n")
    );
    let unused = unused.into_iter().map(|index| {
        let difference = &written.difference[index];
        format!("{} {}", difference.document, difference.at)
    });
    let unused = unused.collect::<Vec<_>>();
    assert!(unused.is_empty(), "no longer a difference:\n{}", unused.join("\n"));
}

#[test]
fn a_difference_is_seen_and_words_are_not() {
    let parse = |text: &str| serde_json::from_str::<Json>(text).unwrap();
    let ours = r#"{"definitions": {"A": {"description": "ours", "enum": ["a"], "properties": {"description": {"type": "string"},
        "b": {"type": "string", "readOnly": true}}, "required": ["b"]}}}"#;
    let mut found = BTreeMap::new();
    differ(
        "",
        &parse(ours),
        &parse(&ours.replace("ours", "theirs")),
        false,
        &mut found,
    );
    assert!(found.is_empty(), "{found:?}");
    for (change, to, at) in [
        (r#"["a"]"#, r#"["a", "b"]"#, "/definitions/A/enum"),
        (
            r#""readOnly": true"#,
            r#""readOnly": false"#,
            "/definitions/A/properties/b/readOnly",
        ),
        (
            r#""description": {"#,
            r#""other": {"#,
            "/definitions/A/properties/description",
        ),
        (r#", "required": ["b"]"#, "", "/definitions/A/required"),
    ] {
        let mut found = BTreeMap::new();
        differ("", &parse(ours), &parse(&ours.replace(change, to)), false, &mut found);
        assert!(found.contains_key(at), "{at}: {found:?}");
    }
}

/// Collects where two documents differ. Of the common types we have a part: what only Azure has there does not count.
fn differ(at: &str, ours: &Json, theirs: &Json, common: bool, found: &mut BTreeMap<String, String>) {
    match (ours, theirs) {
        (Json::Object(_), Json::Object(_)) => {
            let names = ours.members().iter().chain(theirs.members()).map(|(name, _)| name);
            for name in names.collect::<BTreeSet<_>>() {
                let (ours, theirs) = (ours.get(name), theirs.get(name));
                if is_prose(name, ours) || is_prose(name, theirs) {
                    continue;
                }
                let part_of_more = common && matches!(at, "/definitions" | "/parameters");
                let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                match (ours, theirs) {
                    // Examples are named after what they show; which files there are is what counts.
                    (Some(ours), Some(theirs)) if name == "x-ms-examples" => {
                        let (ours, theirs) = (targets(ours), targets(theirs));
                        for target in ours.symmetric_difference(&theirs) {
                            found.insert(format!("{at}/{}", target.replace('/', "~1")), "example".to_owned());
                        }
                    }
                    (Some(ours), Some(theirs)) => differ(&at, ours, theirs, common, found),
                    (Some(ours), None) => {
                        found.insert(at, format!("only ours: {}", short(ours)));
                    }
                    (None, Some(_)) if part_of_more => {}
                    (None, Some(theirs)) => {
                        found.insert(at, format!("only theirs: {}", short(theirs)));
                    }
                    (None, None) => {}
                }
            }
        }
        (Json::List(a), Json::List(b)) if a.len() == b.len() => {
            for (index, (ours, theirs)) in a.iter().zip(b).enumerate() {
                differ(&format!("{at}/{index}"), ours, theirs, common, found);
            }
        }
        (ours, theirs) if ours == theirs => {}
        (ours, theirs) => {
            found.insert(at.to_owned(), format!("ours {}, theirs {}", short(ours), short(theirs)));
        }
    }
}

/// Descriptions and summaries are ours; a *member* of that name is no text.
fn is_prose(name: &str, value: Option<&Json>) -> bool {
    matches!(name, "description" | "summary") && matches!(value, Some(Json::Text(_)))
}

fn targets(examples: &Json) -> BTreeSet<String> {
    let examples = examples.members().iter();
    examples
        .filter_map(|(_, example)| Some(example.get("$ref")?.as_str()?.to_owned()))
        .collect()
}

fn short(json: &Json) -> String {
    let text = json.to_text().split_whitespace().collect::<Vec<_>>().join(" ");
    text.chars().take(160).collect()
}
