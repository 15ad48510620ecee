//! Documents seen through a type: the paths they hold, how two differ, how two merge.
//!
//! | value | is |
//! |---|---|
//! | scalar, atomic list or object | one leaf |
//! | object, keyed list, set | its parts; a part that is no declared member is also a path of its own |
//! | list or object that is empty on both sides | one leaf |

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::set::{Set, Step};
use crate::schema::{List, ListKind, Object, Shape, Type};

/// How a value is to be seen.
enum Seen<'a> {
    Leaf,
    Object(Option<&'a Object>),
    List(&'a List),
}

/// What a type is when no type is known.
static ANY: Type = Type {
    shape: Shape::Any,
    ownership: None,
};

fn seen<'a>(ty: &'a Type, value: Option<&Value>) -> Seen<'a> {
    if ty.is_atomic() {
        return Seen::Leaf;
    }
    match (ty.shape(), value) {
        (Shape::Object(object), _) => Seen::Object(Some(object)),
        (Shape::List(list), _) => Seen::List(list),
        (Shape::Any, Some(Value::Object(_))) => Seen::Object(None),
        _ => Seen::Leaf,
    }
}

fn member_type<'a>(object: Option<&'a Object>, name: &str) -> &'a Type {
    object.and_then(|object| object.member_type(name)).unwrap_or(&ANY)
}

fn declared(object: Option<&Object>, name: &str) -> bool {
    object.is_some_and(|object| object.members.contains_key(name))
}

/// The step to an item of a keyed list or set, or why there is none.
fn item_step(list: &List, item: &Value) -> Result<Step, String> {
    match &list.kind {
        ListKind::Map(names) => {
            let Value::Object(members) = item else {
                let what = if item.is_null() {
                    "a null element"
                } else {
                    "non-map elements"
                };
                return Err(format!("associative list with keys may not have {what}"));
            };
            let object = list.items.object();
            let mut keys = Map::new();
            for name in names {
                let default = || {
                    object
                        .and_then(|object| object.members.get(name))
                        .and_then(|member| member.key_default.clone())
                };
                if let Some(value) = members.get(name).cloned().or_else(default) {
                    keys.insert(name.clone(), value);
                }
            }
            if keys.is_empty() {
                let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
                return Err(format!(
                    "associative list with keys has an element that omits all key fields [{}] (and doesn't have \
                     default values for any key fields)",
                    names.join(" ")
                ));
            }
            Ok(Step::keyed(&keys))
        }
        _ => match item {
            Value::Object(_) => Err("associative list without keys has an element that's a map type".to_owned()),
            Value::Array(_) => Err("not supported: associative list with lists as elements".to_owned()),
            Value::Null => Err("associative list without keys has an element that's an explicit null".to_owned()),
            scalar => Ok(Step::valued(scalar)),
        },
    }
}

fn stepped<'a>(list: &List, items: Option<&'a Value>) -> Vec<(Step, &'a Value)> {
    let items = items.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| item_step(list, item).ok().map(|step| (step, item)))
        .collect()
}

/// Checks a document against its type as apply does: the path and the fault.
pub(super) fn check(ty: &Type, value: &Value) -> Result<(), String> {
    match (ty.shape(), value) {
        (_, Value::Null) => Ok(()),
        (Shape::Object(object), Value::Object(members)) => {
            for (name, value) in members {
                let Some(ty) = object.member_type(name) else {
                    return Err(format!(".{name}: field not declared in schema"));
                };
                check(ty, value).map_err(|fault| deeper(&format!(".{name}"), &fault))?;
            }
            Ok(())
        }
        (Shape::Object(_), other) => Err(format!(": expected map, got {}", told(other))),
        (Shape::List(list), Value::Array(items)) => check_items(list, items),
        (Shape::List(_), other) => Err(format!(": expected list, got {}", told(other))),
        (Shape::Any, _) => Ok(()),
        (Shape::Integer(_) | Shape::Number, Value::Number(_))
        | (Shape::Boolean, Value::Bool(_))
        | (Shape::String | Shape::Bytes | Shape::Time | Shape::MicroTime, Value::String(_))
        | (
            Shape::Quantity | Shape::IntOrString | Shape::Scalar,
            Value::Number(_) | Value::String(_) | Value::Bool(_),
        ) => Ok(()),
        (Shape::Integer(_) | Shape::Number, other) => {
            Err(format!(": expected numeric (int or float), got {}", kind(other)))
        }
        (Shape::Boolean, other) => Err(format!(": expected boolean, got {}", told(other))),
        (Shape::String | Shape::Bytes | Shape::Time | Shape::MicroTime, Value::Number(_) | Value::Bool(_)) => Err(
            format!(": expected string, got &value.valueUnstructured{{Value:{value}}}"),
        ),
        (Shape::String | Shape::Bytes | Shape::Time | Shape::MicroTime, other) => {
            Err(format!(": expected string, got {}", told(other)))
        }
        (_, other) => Err(format!(": expected any scalar, got {}", told(other))),
    }
}

fn check_items(list: &List, items: &[Value]) -> Result<(), String> {
    let mut known = std::collections::BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        let step = if list.kind == ListKind::Atomic {
            format!("[{index}]")
        } else {
            let step = item_step(list, item).map_err(|fault| format!(": element {index}: {fault}"))?;
            let told = step.told();
            if !known.insert(step) {
                return Err(format!(": duplicate entries for key {told}"));
            }
            told
        };
        check(&list.items, item).map_err(|fault| deeper(&step, &fault))?;
    }
    Ok(())
}

fn deeper(step: &str, fault: &str) -> String {
    format!("{step}{fault}")
}

/// A value as apply prints it in its messages.
fn told(value: &Value) -> String {
    match value {
        Value::Object(_) => format!("&{{{}}}", crate::patch::printed(value)),
        Value::Array(_) => format!("&{{{}}}", crate::patch::printed(value)),
        scalar => format!("&{{{}}}", crate::patch::printed(scalar)),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "string",
        Value::Bool(_) => "bool",
        Value::Array(_) => "[]interface {}",
        _ => "map[string]interface {}",
    }
}

/// All paths of a document.
pub(super) fn field_set(ty: &Type, value: &Value) -> Set {
    let mut set = Set::default();
    collect(ty, value, &mut Vec::new(), &mut set);
    set
}

fn collect(ty: &Type, value: &Value, path: &mut Vec<Step>, set: &mut Set) {
    match seen(ty, Some(value)) {
        Seen::Leaf => set.insert(path),
        Seen::Object(object) => {
            for (name, value) in value.as_object().into_iter().flatten() {
                path.push(Step::member(name));
                collect(member_type(object, name), value, path, set);
                let bare = value.is_null() || value.as_object().is_some_and(Map::is_empty);
                if bare || !declared(object, name) {
                    set.insert(path);
                }
                path.pop();
            }
        }
        Seen::List(list) => {
            for (step, item) in stepped(list, Some(value)) {
                path.push(step);
                collect(&list.items, item, path, set);
                set.insert(path);
                path.pop();
            }
        }
    }
}

/// How a document differs from one before.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    pub(super) removed: Set,
    pub(super) modified: Set,
    pub(super) added: Set,
}

impl Comparison {
    /// Both documents through one type.
    pub(super) fn new(ty: &Type, before: &Value, after: &Value) -> Self {
        let mut comparison = Self::default();
        comparison.compare(ty, Some(before), Some(after), &mut Vec::new());
        comparison
    }

    pub(super) fn without(self, ignored: &Set) -> Self {
        Self {
            removed: self.removed.without(ignored),
            modified: self.modified.without(ignored),
            added: self.added.without(ignored),
        }
    }

    fn compare(&mut self, ty: &Type, before: Option<&Value>, after: Option<&Value>, path: &mut Vec<Step>) {
        let bare = |value: Option<&Value>| match value {
            None | Some(Value::Null) => true,
            Some(Value::Object(members)) => members.is_empty(),
            Some(Value::Array(items)) => items.is_empty(),
            Some(_) => false,
        };
        // Values of no known type may change between scalar, list and object: each side is seen as it is.
        let mixed = matches!(ty.shape(), Shape::Any)
            && matches!((before, after), (Some(one), Some(other)) if one.is_object() != other.is_object());
        let (before_seen, after_seen) = (seen(ty, before.or(after)), seen(ty, after.or(before)));
        for (index, view) in [before_seen, after_seen].into_iter().enumerate() {
            if index == 0 && !mixed {
                continue;
            }
            match view {
                Seen::Leaf => self.leaf(before, after, path),
                _ if bare(before) && bare(after) => self.leaf(before, after, path),
                Seen::Object(object) => self.members(object, before, after, path),
                Seen::List(list) => self.items(list, before, after, path),
            }
        }
        if path.is_empty() {
            return;
        }
        if before.is_none() {
            self.added.insert(path);
        } else if after.is_none() {
            self.removed.insert(path);
        }
    }

    fn leaf(&mut self, before: Option<&Value>, after: Option<&Value>, path: &[Step]) {
        if let (Some(before), Some(after)) = (before, after)
            && !same(before, after)
        {
            self.modified.insert(path);
        }
    }

    fn members(
        &mut self,
        object: Option<&Object>,
        before: Option<&Value>,
        after: Option<&Value>,
        path: &mut Vec<Step>,
    ) {
        let (before, after) = (before.and_then(Value::as_object), after.and_then(Value::as_object));
        for (name, old) in before.into_iter().flatten() {
            path.push(Step::member(name));
            let new = after.and_then(|after| after.get(name));
            self.compare(member_type(object, name), Some(old), new, path);
            path.pop();
        }
        for (name, new) in after.into_iter().flatten() {
            if before.is_none_or(|before| !before.contains_key(name)) {
                path.push(Step::member(name));
                self.compare(member_type(object, name), None, Some(new), path);
                path.pop();
            }
        }
    }

    fn items(&mut self, list: &List, before: Option<&Value>, after: Option<&Value>, path: &mut Vec<Step>) {
        // Each step with the items that have it, before and after.
        let mut steps: BTreeMap<Step, (Vec<&Value>, Vec<&Value>)> = BTreeMap::new();
        for (step, item) in stepped(list, before) {
            steps.entry(step).or_default().0.push(item);
        }
        for (step, item) in stepped(list, after) {
            steps.entry(step).or_default().1.push(item);
        }
        for (step, (old, new)) in steps {
            path.push(step);
            match (old.as_slice(), new.as_slice()) {
                ([] | [_], [] | [_]) => self.compare(&list.items, old.first().copied(), new.first().copied(), path),
                // Items told apart by nothing are one value.
                ([_, _, ..], [_, _, ..]) => {
                    if old.len() != new.len() || !old.iter().zip(&new).all(|(old, new)| same(old, new)) {
                        self.modified.insert(path);
                    }
                }
                ([_, _, ..], _) => {
                    if let Some(new) = new.first() {
                        self.compare(&list.items, None, Some(new), path);
                    }
                    self.removed.insert(path);
                }
                (_, [_, _, ..]) => {
                    if let Some(old) = old.first() {
                        self.compare(&list.items, Some(old), None, path);
                    }
                    self.added.insert(path);
                }
            }
            path.pop();
        }
    }
}

/// Whether two values are equal; numbers by value.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(name, one)| other.get(name).is_some_and(|other| same(one, other)))
        }
        _ => one == other,
    }
}

/// The document with another laid over it.
pub(super) fn merge(ty: &Type, below: Option<&Value>, above: Option<&Value>) -> Option<Value> {
    let bare = |value: Option<&Value>| match value {
        None | Some(Value::Null) => true,
        Some(Value::Object(members)) => members.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(_) => false,
    };
    let view = seen(ty, above.filter(|above| !above.is_null()).or(below));
    match view {
        Seen::Object(object) if !(bare(below) && bare(above)) => {
            let (below, above) = (below.and_then(Value::as_object), above.and_then(Value::as_object));
            let mut merged = Map::new();
            let names = below
                .into_iter()
                .flatten()
                .chain(above.into_iter().flatten())
                .map(|(name, _)| name);
            for name in names {
                if !merged.contains_key(name) {
                    let part = |side: Option<&'_ Map<String, Value>>| side.and_then(|side| side.get(name)).cloned();
                    let (old, new) = (part(below), part(above));
                    if let Some(value) = merge(member_type(object, name), old.as_ref(), new.as_ref()) {
                        merged.insert(name.clone(), value);
                    }
                }
            }
            (!merged.is_empty()).then_some(Value::Object(merged))
        }
        Seen::List(list) if !(bare(below) && bare(above)) => {
            let merged = merge_items(list, &stepped(list, below), &stepped(list, above));
            (!merged.is_empty()).then_some(Value::Array(merged))
        }
        _ => above.or(below).cloned(),
    }
}

/// Merges two keyed lists: the order of the upper one for its items; items of the lower one alone keep their place
/// between the items both have.
fn merge_items(list: &List, below: &[(Step, &Value)], above: &[(Step, &Value)]) -> Vec<Value> {
    let position = |side: &[(Step, &Value)], step: &Step| side.iter().position(|(known, _)| known == step);
    let joined = |step: &Step, new: &Value| {
        let mut old = below.iter().filter(|(known, _)| known == step).map(|(_, old)| *old);
        let only = old.next().filter(|_| old.next().is_none());
        merge(&list.items, only, Some(new))
    };
    let mut shared = above
        .iter()
        .map(|(step, _)| step)
        .filter(|step| position(below, step).is_some())
        .peekable();
    let mut taken = vec![false; above.len()];
    let mut merged = Vec::with_capacity(below.len().max(above.len()));
    let (mut lower, mut upper) = (0, 0);
    while lower < below.len() || upper < above.len() {
        if let (Some((old, _)), Some((new, value))) = (below.get(lower), above.get(upper)) {
            if old == new {
                taken[upper] = true;
                merged.extend(joined(new, value));
                lower += 1;
                upper += 1;
                shared.next();
                continue;
            }
            if position(above, old).is_some() && shared.peek().is_some_and(|next| *next != old) {
                lower += 1;
                continue;
            }
        }
        if let Some((old, value)) = below.get(lower) {
            match position(above, old) {
                None => {
                    merged.extend(merge(&list.items, Some(value), None));
                    lower += 1;
                    continue;
                }
                Some(at) if taken[at] => lower += 1,
                Some(_) => {}
            }
        }
        if let Some((new, value)) = above.get(upper) {
            taken[upper] = true;
            merged.extend(joined(new, value));
            upper += 1;
            if shared.peek() == Some(&new) {
                shared.next();
            }
        }
    }
    merged
}

/// The document without the paths of a set.
pub(super) fn remove(ty: &Type, value: &Value, paths: &Set) -> Option<Value> {
    match seen(ty, Some(value)) {
        Seen::Leaf if ty.is_atomic() => None,
        Seen::Leaf => (!value.is_array()).then(|| value.clone()),
        Seen::Object(object) => {
            let members: Map<String, Value> = value
                .as_object()
                .into_iter()
                .flatten()
                .filter_map(|(name, value)| {
                    let step = Step::member(name);
                    if paths.has(&step) {
                        return None;
                    }
                    // What is left of a part that went whole is null; decoding drops it.
                    let left = match paths.below(&step) {
                        Some(below) => remove(member_type(object, name), value, below).unwrap_or(Value::Null),
                        None => value.clone(),
                    };
                    Some((name.clone(), left))
                })
                .collect();
            (!members.is_empty()).then_some(Value::Object(members))
        }
        Seen::List(list) => {
            let items: Vec<Value> = stepped(list, Some(value))
                .into_iter()
                .filter(|(step, _)| !paths.has(step))
                .map(|(step, item)| match paths.below(&step) {
                    Some(below) => remove(&list.items, item, below).unwrap_or(Value::Null),
                    None => item.clone(),
                })
                .collect();
            (!items.is_empty()).then_some(Value::Array(items))
        }
    }
}
