//! Strategic merge patch: a merge that knows which lists are keyed.
//!
//! | in the patch | effect |
//! |---|---|
//! | `$patch: replace` in an object or as a list item | the object or list of the patch takes the place of the old one |
//! | `$patch: delete` in an object or list item | the object is emptied, the item with that key goes |
//! | `$retainKeys: [..]` | members not listed go |
//! | `$setElementOrder/NAME: [..]` | order of the list NAME |
//! | `$deleteFromPrimitiveList/NAME: [..]` | values that leave the list NAME |

use serde_json::{Map, Value};

use super::{PatchError, printed};
use crate::schema::{Object, Strategy, Type};

const DIRECTIVE: &str = "$patch";
const RETAIN: &str = "$retainKeys";
const ORDER: &str = "$setElementOrder/";
const DELETE_VALUES: &str = "$deleteFromPrimitiveList/";

/// Applies a strategic merge patch for a type.
///
/// # Errors
/// [`PatchError::Malformed`] where the patch is no object, [`PatchError::Impossible`] for an unknown directive or an
/// item without its key.
pub fn strategic(current: &Value, patch: &Value, ty: &Type) -> Result<Value, PatchError> {
    match (current, patch) {
        (Value::Object(current), Value::Object(patch)) => {
            merge_object(current.clone(), patch, ty.object()).map(Value::Object)
        }
        _ => Err(PatchError::Malformed(format!(
            "json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
            match patch {
                Value::Array(_) => "array",
                Value::String(_) => "string",
                Value::Bool(_) => "bool",
                _ => "number",
            }
        ))),
    }
}

fn impossible(text: String) -> PatchError {
    PatchError::Impossible(text)
}

fn merge_object(
    mut original: Map<String, Value>,
    patch: &Map<String, Value>,
    object: Option<&Object>,
) -> Result<Map<String, Value>, PatchError> {
    match patch.get(DIRECTIVE) {
        None => {}
        Some(directive) if directive == "replace" => {
            let mut replaced = patch.clone();
            replaced.remove(DIRECTIVE);
            return Ok(replaced);
        }
        Some(directive) if directive == "delete" => return Ok(Map::new()),
        Some(directive) => {
            let patch = printed(&Value::Object(patch.clone()));
            return Err(impossible(format!(
                "unknown patch type: {} in map: {patch}",
                printed(directive)
            )));
        }
    }
    retain(&mut original, patch)?;
    for (name, value) in patch {
        if name == RETAIN || name.starts_with(ORDER) {
            continue;
        }
        let (name, deleting) = name
            .strip_prefix(DELETE_VALUES)
            .map_or((name.as_str(), false), |name| (name, true));
        let member = object.and_then(|object| object.members.get(name));
        let ty = object.and_then(|object| object.member_type(name));
        let strategy = member.map(|member| &member.patch);
        if value.is_null() {
            original.remove(name);
            continue;
        }
        let Some(old) = original.get(name).cloned() else {
            if !deleting {
                original.insert(name.to_owned(), without_directives(value, false));
            }
            continue;
        };
        let merged = match (old, value) {
            (Value::Object(_), Value::Object(_)) if strategy.is_some_and(|strategy| strategy.replace) => {
                without_directives(value, true)
            }
            (Value::Object(old), Value::Object(patch)) => {
                Value::Object(merge_object(old, patch, ty.and_then(Type::object))?)
            }
            (Value::Array(old), Value::Array(items)) => match strategy.and_then(|strategy| strategy.merge.as_deref()) {
                Some(key) => {
                    let order = patch.get(&format!("{ORDER}{name}")).and_then(Value::as_array);
                    if let Some(order) = order.filter(|_| !deleting) {
                        agrees(items, order, key)?;
                    }
                    let item = ty.and_then(item_object);
                    Value::Array(merge_list(
                        old,
                        items,
                        Keyed {
                            key,
                            item,
                            deleting,
                            order,
                        },
                    )?)
                }
                None => value.clone(),
            },
            _ => without_directives(value, true),
        };
        original.insert(name.to_owned(), merged);
    }
    reorder(&mut original, patch, object)?;
    Ok(original)
}

/// Whether the items of a patch stand in the order it states.
fn agrees(items: &[Value], order: &[Value], key: &str) -> Result<(), PatchError> {
    let same = |item: &Value, other: &Value| {
        if key.is_empty() {
            item == other
        } else {
            item.get(key) == other.get(key)
        }
    };
    let mut left = order.iter();
    let merged = items.iter().filter(|item| item.get(DIRECTIVE).is_none());
    for item in merged {
        if !left.any(|other| same(item, other)) {
            return Err(impossible(format!(
                "The order in patch list:\n{}\n doesn't match $setElementOrder list:\n{}\n",
                printed(&Value::Array(items.to_vec())),
                printed(&Value::Array(order.to_vec()))
            )));
        }
    }
    Ok(())
}

fn item_object(ty: &Type) -> Option<&Object> {
    match ty.shape() {
        crate::schema::Shape::List(list) => list.items.object(),
        _ => None,
    }
}

/// Removes members that `$retainKeys` does not list.
fn retain(original: &mut Map<String, Value>, patch: &Map<String, Value>) -> Result<(), PatchError> {
    let Some(retained) = patch.get(RETAIN).and_then(Value::as_array) else {
        return Ok(());
    };
    let listed = |name: &str| retained.iter().any(|retained| retained == name);
    let stray = patch
        .keys()
        .any(|name| !name.starts_with('$') && !patch[name].is_null() && !listed(name));
    if stray {
        return Err(impossible(format!(
            "{RETAIN} list must contains all fields present in the patch: {}",
            printed(&Value::Object(patch.clone()))
        )));
    }
    original.retain(|name, _| listed(name));
    Ok(())
}

/// Puts lists in order that the patch orders without changing them.
fn reorder(
    original: &mut Map<String, Value>,
    patch: &Map<String, Value>,
    object: Option<&Object>,
) -> Result<(), PatchError> {
    for (name, order) in patch {
        let (Some(name), Value::Array(order)) = (name.strip_prefix(ORDER), order) else {
            continue;
        };
        if patch.contains_key(name) {
            continue;
        }
        let strategy: Option<&Strategy> = object
            .and_then(|object| object.members.get(name))
            .map(|member| &member.patch);
        let key = strategy
            .and_then(|strategy| strategy.merge.as_deref())
            .unwrap_or_default();
        if let Some(Value::Array(items)) = original.get_mut(name) {
            let old = items.clone();
            *items = arranged(std::mem::take(items), order, &old, key)?;
        }
    }
    Ok(())
}

struct Keyed<'a> {
    /// Merge key; empty for lists of values.
    key: &'a str,
    item: Option<&'a Object>,
    /// The items of the patch leave the list.
    deleting: bool,
    /// Stated order.
    order: Option<&'a Vec<Value>>,
}

fn merge_list(old: Vec<Value>, patch: &[Value], keyed: Keyed<'_>) -> Result<Vec<Value>, PatchError> {
    let Keyed {
        key,
        item,
        deleting,
        order,
    } = keyed;
    if old.is_empty() && patch.is_empty() {
        return Ok(old);
    }
    if deleting {
        return Ok(old.into_iter().filter(|item| !patch.contains(item)).collect());
    }
    let scalars = old.iter().chain(patch).all(|item| !item.is_object());
    if key.is_empty() || scalars {
        let mut merged = old.clone();
        for item in patch {
            if !merged.contains(item) {
                merged.push(item.clone());
            }
        }
        return arranged(merged, order.map_or(patch, Vec::as_slice), &old, "");
    }
    let (mut merged, patch, replaced) = directed(old.clone(), patch, key)?;
    if replaced {
        return Ok(patch);
    }
    for change in &patch {
        let Value::Object(members) = change else {
            return Err(impossible(format!("expected a map, got {}", printed(change))));
        };
        let at = find(&merged, key_of(change, key)?, key);
        match at.map(|at| (at, merged[at].clone())) {
            Some((at, Value::Object(old))) => merged[at] = Value::Object(merge_object(old, members, item)?),
            _ => merged.push(without_directives(change, false)),
        }
    }
    arranged(merged, order.map_or(patch.as_slice(), Vec::as_slice), &old, key)
}

/// Obeys `$patch` items: the old list without deleted items, the items left to merge, and whether they are the list.
fn directed(mut old: Vec<Value>, patch: &[Value], key: &str) -> Result<(Vec<Value>, Vec<Value>, bool), PatchError> {
    let mut left = Vec::new();
    let mut replaced = false;
    for item in patch {
        match item.get(DIRECTIVE) {
            None => left.push(item.clone()),
            Some(directive) if directive == "replace" => replaced = true,
            Some(directive) if directive == "delete" => {
                let wanted = key_of(item, key)?.clone();
                old.retain(|old| old.get(key) != Some(&wanted));
            }
            Some(directive) if directive == "merge" => {
                return Err(impossible(
                    "merging lists cannot yet be specified in the patch".to_owned(),
                ));
            }
            Some(directive) => {
                return Err(impossible(format!(
                    "unknown patch type: {} in map: {}",
                    printed(directive),
                    printed(item)
                )));
            }
        }
    }
    Ok((old, left, replaced))
}

fn key_of<'a>(item: &'a Value, key: &str) -> Result<&'a Value, PatchError> {
    item.get(key).ok_or_else(|| {
        impossible(format!(
            "map: {} does not contain declared merge key: {key}",
            printed(item)
        ))
    })
}

fn find(items: &[Value], wanted: &Value, key: &str) -> Option<usize> {
    items.iter().position(|item| item.get(key) == Some(wanted))
}

/// Arranges a merged list: what `order` names in that order, the rest in old order, the two merged by old positions.
fn arranged(merged: Vec<Value>, order: &[Value], old: &[Value], key: &str) -> Result<Vec<Value>, PatchError> {
    let position = |list: &[Value], item: &Value| -> Option<usize> {
        if key.is_empty() {
            list.iter().position(|other| other == item)
        } else {
            find(list, item.get(key)?, key)
        }
    };
    let (mut named, mut rest): (Vec<Value>, Vec<Value>) =
        merged.into_iter().partition(|item| position(order, item).is_some());
    named.sort_by_key(|item| position(order, item));
    rest.sort_by_key(|item| position(old, item).unwrap_or(usize::MAX));
    let mut arranged = Vec::with_capacity(named.len() + rest.len());
    let (mut named, mut rest) = (named.into_iter().peekable(), rest.into_iter().peekable());
    loop {
        let old_first = match (rest.peek(), named.peek()) {
            (Some(one), Some(other)) => match (position(old, one), position(old, other)) {
                (Some(one), Some(other)) => one < other,
                _ => false,
            },
            (one, _) => one.is_some(),
        };
        match if old_first { rest.next() } else { named.next() } {
            Some(item) => arranged.push(item),
            None => return Ok(arranged),
        }
    }
}

/// A value of the patch that is taken over as it is: without directives and, unless `keep_nulls`, without nulls.
fn without_directives(value: &Value, keep_nulls: bool) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .filter(|(name, value)| {
                    let directive = [DIRECTIVE, RETAIN].contains(&name.as_str())
                        || name.starts_with(ORDER)
                        || name.starts_with(DELETE_VALUES);
                    !directive && (keep_nulls || !value.is_null())
                })
                .map(|(name, value)| (name.clone(), without_directives(value, keep_nulls)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(
            items
                .iter()
                .filter(|item| item.get(DIRECTIVE).is_none())
                .map(|item| without_directives(item, keep_nulls))
                .collect(),
        ),
        scalar => scalar.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::lookup;
    use serde_json::json;

    fn patched(patch: &Value) -> Result<Value, PatchError> {
        let pod = json!({ "spec": {
            "containers": [{ "name": "a", "image": "i" }, { "name": "b", "args": ["x"] }],
            "tolerations": [{ "key": "t" }],
            "nodeSelector": { "a": "b" },
        }, "metadata": { "finalizers": ["e/a", "e/b"] } });
        strategic(&pod, patch, lookup("", "v1", "Pod").unwrap())
    }

    fn names(pod: &Value) -> Vec<&str> {
        pod["spec"]["containers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["name"].as_str().unwrap())
            .collect()
    }

    #[test]
    fn keyed_lists_merge_in_two_sequences() {
        let containers = |list: Value| patched(&json!({ "spec": { "containers": list } })).unwrap();
        assert_eq!(names(&containers(json!([{ "name": "new" }]))), ["new", "a", "b"]);
        assert_eq!(
            names(&containers(json!([{ "name": "b" }, { "name": "new" }]))),
            ["a", "b", "new"]
        );
        assert_eq!(names(&containers(json!([{ "name": "a", "$patch": "delete" }]))), ["b"]);
        assert_eq!(
            names(&containers(json!([{ "$patch": "replace" }, { "name": "only" }]))),
            ["only"]
        );
        assert_eq!(
            containers(json!([{ "name": "b", "args": null }]))["spec"]["containers"][1],
            json!({ "name": "b" })
        );
    }

    #[test]
    fn the_stated_order_decides() {
        let order = json!([{ "name": "b" }, { "name": "a" }]);
        let patch = json!({ "spec": { "$setElementOrder/containers": order } });
        assert_eq!(names(&patched(&patch).unwrap()), ["b", "a"]);
    }

    #[test]
    fn values_are_added_and_taken_out() {
        let patch = json!({ "metadata": { "finalizers": ["e/c"] } });
        assert_eq!(
            patched(&patch).unwrap()["metadata"]["finalizers"],
            json!(["e/c", "e/a", "e/b"])
        );
        let patch = json!({ "metadata": { "$deleteFromPrimitiveList/finalizers": ["e/a"] } });
        assert_eq!(patched(&patch).unwrap()["metadata"]["finalizers"], json!(["e/b"]));
    }

    #[test]
    fn other_lists_are_replaced_and_maps_obey_directives() {
        let spec = |patch: Value| patched(&json!({ "spec": patch })).unwrap()["spec"].clone();
        assert_eq!(
            spec(json!({ "tolerations": [{ "key": "u" }] }))["tolerations"],
            json!([{ "key": "u" }])
        );
        assert_eq!(
            spec(json!({ "nodeSelector": { "$patch": "delete" } }))["nodeSelector"],
            json!({})
        );
        assert_eq!(
            spec(json!({ "nodeSelector": { "$patch": "replace", "z": "z" } }))["nodeSelector"],
            json!({ "z": "z" })
        );
    }

    #[test]
    fn what_a_merge_cannot_do_is_said_as_the_server_says_it() {
        let failure = |patch: Value| patched(&json!({ "spec": patch })).unwrap_err().to_string();
        assert_eq!(
            failure(json!({ "$patch": "x" })),
            "unknown patch type: x in map: map[$patch:x]"
        );
        assert_eq!(
            failure(json!({ "containers": [{ "image": "r/x:1" }] })),
            "map: map[image:r/x:1] does not contain declared merge key: name"
        );
    }
}
