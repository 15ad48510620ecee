//! Applying a rule to the recorded outcome of a conversation.

use std::collections::BTreeMap;

use serde_json::Value;

use super::deviations::stored::NEWER_FLAGS;
use crate::case::Case;
use crate::deviations::{ANYTHING, AS_BEFORE, AS_IF, NOTHING_IN_OBJECT, Rule};

/// As [`Rule::ours`]: the value of the leaf after `where`, in lower case.
pub(crate) const LOWER_CASE: &str = "<in lower case>";
/// In [`Rule::leaf`]: `A where B` adds the leaf A wherever there is a leaf B; `*` is the same text in both.
const WHERE: &str = " where ";

/// In [`Rule::leaf`]: `A like B` puts what stands at and below B at A, too.
const LIKE: &str = " like ";

/// Reasons that replace what the recorded reference gives by what the newer one gives.
const REPLACING: &[&str] = &[NEWER_FLAGS];

/// Applies a rule of this file; as `Rule::apply`, with the additions above.
pub(crate) fn apply(rule: &Rule, case: &Case, expected: &mut BTreeMap<String, Value>) -> bool {
    let among = |list: &[&str], item: &str| list.is_empty() || list.contains(&item);
    if !among(rule.versions, &case.version) || !among(rule.operations, &case.op) || !(rule.when)(case) {
        return false;
    }
    if rule.ours == Some(AS_IF) {
        return super::as_if::apply(rule, case, expected);
    }
    if let Some((target, source)) = rule.leaf.split_once(LIKE) {
        return copy(target, source, expected);
    }
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let ours = |path: &str, source: Option<&Value>| match rule.ours {
        Some(AS_BEFORE) => case.before.get(path).cloned(),
        Some(LOWER_CASE) => source.map(|value| Value::from(shown(value).to_lowercase())),
        Some(NOTHING_IN_OBJECT) | None => None,
        Some(ours) => Some(serde_json::from_str(ours).unwrap_or_else(|_| Value::from(ours))),
    };

    let mut changes: Vec<(String, Option<Value>)> = Vec::new();
    if let Some((target, source)) = rule.leaf.split_once(WHERE) {
        for (path, value) in &*expected {
            let Some(captured) = capture(source, path) else {
                continue;
            };
            let path = target.replace('*', captured);
            if REPLACING.contains(&rule.reason) || !expected.contains_key(&path) {
                let ours = ours(&path, Some(value));
                changes.push((path, ours));
            }
        }
    } else {
        let before = case.before.keys().filter(|path| !expected.contains_key(*path));
        let known = expected
            .keys()
            .chain(before.filter(|_| rule.reference == Some(ANYTHING)));
        for path in known.filter(|path| capture(rule.leaf, path).is_some()) {
            let fits = match rule.reference {
                Some(ANYTHING) => true,
                Some(reference) => expected
                    .get(path)
                    .is_some_and(|value| capture(reference, &shown(value)).is_some()),
                None => false,
            };
            if fits {
                changes.push((path.clone(), ours(path, None)));
            }
        }
    }
    changes.retain(|(path, ours)| expected.get(path) != ours.as_ref());
    for (path, ours) in &changes {
        match ours {
            Some(value) => {
                // What has members is no empty object.
                expected.retain(|other, value| {
                    let below = path
                        .strip_prefix(other.as_str())
                        .is_some_and(|rest| rest.starts_with(['.', '[']));
                    !(below && value.as_object().is_some_and(serde_json::Map::is_empty))
                });
                expected.insert(path.clone(), value.clone());
            }
            None => {
                expected.remove(path);
                if rule.ours == Some(NOTHING_IN_OBJECT)
                    && let Some((object, _)) = path.rsplit_once('.')
                    && !expected.keys().any(|other| other.starts_with(&format!("{object}.")))
                {
                    expected.insert(object.to_owned(), Value::Object(serde_json::Map::new()));
                }
            }
        }
    }
    !changes.is_empty()
}

/// Puts the leaves at and below `source` at `target`, in the place of those that are there; says whether that changed
/// anything.
fn copy(target: &str, source: &str, expected: &mut BTreeMap<String, Value>) -> bool {
    let below = |place: &str, path: &str| {
        let rest = path.strip_prefix(place)?;
        (rest.is_empty() || rest.starts_with(['.', '['])).then(|| rest.to_owned())
    };
    let copied: BTreeMap<String, Value> = expected
        .iter()
        .filter_map(|(path, value)| Some((format!("{target}{}", below(source, path)?), value.clone())))
        .collect();
    let before = expected.clone();
    if !copied.is_empty() {
        expected.retain(|path, _| below(target, path).is_none());
        expected.extend(copied);
    }
    *expected != before
}

/// What the first `*` of a pattern stands for in a text that fits it; the whole text where there is none.
fn capture<'t>(pattern: &str, text: &'t str) -> Option<&'t str> {
    let Some((head, tail)) = pattern.split_once('*') else {
        return (pattern == text).then_some(text);
    };
    let rest = text.strip_prefix(head)?;
    let ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    ends.into_iter()
        .find(|at| capture(tail, &rest[*at..]).is_some())
        .map(|at| &rest[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_below_one_leaf_is_put_at_another() {
        let leaf = |path: &str| (path.to_owned(), Value::from(path));
        let mut leaves: BTreeMap<String, Value> = [leaf("a.x"), leaf("a.y[0]"), leaf("ab"), leaf("b.z")].into();
        assert!(copy("b", "a", &mut leaves));
        let paths: Vec<&str> = leaves.keys().map(String::as_str).collect();
        assert_eq!(paths, ["a.x", "a.y[0]", "ab", "b.x", "b.y[0]"]);
        assert!(!copy("b", "a", &mut leaves), "it is there already");
        assert!(!copy("b", "missing", &mut leaves));
    }
}
