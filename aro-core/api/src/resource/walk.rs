//! What every walker needs: whether a value is zero, whether two are equal, copying and resetting.

use super::{Mut, Node, Ref};
use crate::arm_id::eq_ignore_case;
use crate::version::{ApiVersion, Dialect};

/// Which members a comparison looks at, and how.
#[derive(Clone, Copy)]
pub(crate) struct Sight {
    pub version: ApiVersion,
    /// Text is compared without regard to letter case.
    pub fold: bool,
}

/// Whether a value is what absent means: `None`, empty text, 0, false, no list. An empty list or map is not.
pub(crate) fn is_zero(value: Ref<'_>) -> bool {
    match value {
        Ref::Str(text) | Ref::Word(text) => text.is_empty(),
        Ref::OptStr(text) => text.is_none(),
        Ref::Int(number) => number == 0,
        Ref::OptInt(number) => number.is_none(),
        Ref::Bool(truth) => !truth,
        Ref::Time(time) => time.is_none(),
        Ref::Secret(secret) => secret.is_empty(),
        Ref::OptSecret(secret) => secret.is_none(),
        Ref::SecretBytes(secret) => secret.is_empty(),
        Ref::Struct(node) => {
            node.extra().is_empty() && (0..node.shape().fields.len()).all(|number| is_zero(node.get(number)))
        }
        Ref::OptStruct(node) => node.is_none(),
        Ref::List(list) => list.is_null(),
        Ref::Map(map) => map.is_null(),
        Ref::Opaque(opaque) => opaque.is_absent(),
    }
}

/// Whether two values of the same type are equal in the members that a version has. The modern dialect takes absent
/// text and numbers for empty ones.
pub(crate) fn equal(a: Ref<'_>, b: Ref<'_>, sight: Sight) -> bool {
    let text = |a: &str, b: &str| if sight.fold { eq_ignore_case(a, b) } else { a == b };
    let modern = sight.version.dialect() == Dialect::Modern;
    match (a, b) {
        (Ref::Str(a), Ref::Str(b)) | (Ref::Word(a), Ref::Word(b)) => text(a, b),
        (Ref::OptStr(a), Ref::OptStr(b)) if modern => text(a.unwrap_or_default(), b.unwrap_or_default()),
        (Ref::OptStr(a), Ref::OptStr(b)) => match (a, b) {
            (Some(a), Some(b)) => text(a, b),
            (a, b) => a.is_none() && b.is_none(),
        },
        (Ref::Int(a), Ref::Int(b)) => a == b,
        (Ref::OptInt(a), Ref::OptInt(b)) if modern => a.unwrap_or_default() == b.unwrap_or_default(),
        (Ref::OptInt(a), Ref::OptInt(b)) => a == b,
        (Ref::Bool(a), Ref::Bool(b)) => a == b,
        (Ref::Time(a), Ref::Time(b)) => a == b,
        (Ref::Secret(a), Ref::Secret(b)) => a == b,
        (Ref::OptSecret(a), Ref::OptSecret(b)) => a == b,
        (Ref::SecretBytes(a), Ref::SecretBytes(b)) => a == b,
        (Ref::Struct(a), Ref::Struct(b)) => equal_nodes(a, b, sight),
        (Ref::OptStruct(a), Ref::OptStruct(b)) => match (a, b) {
            (Some(a), Some(b)) => equal_nodes(a, b, sight),
            (a, b) => a.is_none() && b.is_none(),
        },
        (Ref::List(a), Ref::List(b)) if a.shares(b) => true,
        (Ref::Map(a), Ref::Map(b)) if a.shares(b) => true,
        (Ref::List(a), Ref::List(b)) => {
            a.is_null() == b.is_null()
                && a.len() == b.len()
                && (0..a.len()).all(|index| match (a.at(index), b.at(index)) {
                    (Some(a), Some(b)) => equal(a, b, sight),
                    _ => false,
                })
        }
        (Ref::Map(a), Ref::Map(b)) => {
            a.is_null() == b.is_null()
                && a.len() == b.len()
                && a.entries()
                    .all(|(key, a)| b.value(key).is_some_and(|b| equal(a, b, sight)))
        }
        // Members with a JSON form of their own are no part of a request.
        (Ref::Opaque(_), Ref::Opaque(_)) => true,
        _ => false,
    }
}

/// Whether two structs are equal in the members that a version has.
pub(crate) fn equal_nodes(a: &dyn Node, b: &dyn Node, sight: Sight) -> bool {
    a.shape().fields.iter().enumerate().all(|(number, field)| {
        let fold = sight.fold || field.no_case.contains(sight.version);
        !field.visible.contains(sight.version) || equal(a.get(number), b.get(number), Sight { fold, ..sight })
    })
}

/// Copies a value, with everything below it.
pub(crate) fn assign(to: Mut<'_>, from: Ref<'_>) {
    match (to, from) {
        (Mut::Str(to), Ref::Str(from)) => from.clone_into(to),
        (Mut::OptStr(to), Ref::OptStr(from)) => *to = from.map(str::to_owned),
        (Mut::Int(to), Ref::Int(from)) => *to = from,
        (Mut::OptInt(to), Ref::OptInt(from)) => *to = from,
        (Mut::Bool(to), Ref::Bool(from)) => *to = from,
        (Mut::Time(to), Ref::Time(from)) => *to = from,
        (Mut::Word(to), Ref::Word(from)) => {
            to.set_word(from);
        }
        (Mut::Secret(to), Ref::Secret(from)) => *to = from.clone(),
        (Mut::OptSecret(to), Ref::OptSecret(from)) => *to = from.cloned(),
        (Mut::SecretBytes(to), Ref::SecretBytes(from)) => *to = from.clone(),
        (Mut::Struct(to), Ref::Struct(from)) => assign_node(to, from),
        (Mut::OptStruct(to), Ref::OptStruct(from)) => match from {
            Some(from) => assign_node(to.node_mut(), from),
            None => to.clear(),
        },
        (Mut::List(to), Ref::List(from)) => {
            to.copy_from(from);
        }
        (Mut::Map(to), Ref::Map(from)) => {
            to.copy_from(from);
        }
        // A walker pairs members by their number, so the types agree; opaque members are never copied member by member.
        _ => {}
    }
}

fn assign_node(to: &mut dyn Node, from: &dyn Node) {
    for number in 0..from.shape().fields.len() {
        assign(to.get_mut(number), from.get(number));
    }
    *to.extra_mut() = from.extra().clone();
}

/// Makes a value absent or zero, with everything below it.
pub(crate) fn reset(value: Mut<'_>) {
    match value {
        Mut::Str(text) => text.clear(),
        Mut::OptStr(text) => *text = None,
        Mut::Int(number) => *number = 0,
        Mut::OptInt(number) => *number = None,
        Mut::Bool(truth) => *truth = false,
        Mut::Time(time) => *time = None,
        Mut::Word(word) => {
            word.set_word("");
        }
        Mut::Secret(secret) => *secret = Default::default(),
        Mut::OptSecret(secret) => *secret = None,
        Mut::SecretBytes(secret) => *secret = Default::default(),
        Mut::Struct(node) => {
            for number in 0..node.shape().fields.len() {
                reset(node.get_mut(number));
            }
            *node.extra_mut() = Default::default();
        }
        Mut::OptStruct(node) => node.clear(),
        Mut::List(list) => list.clear(),
        Mut::Map(map) => map.clear(),
        Mut::Opaque(_) => {}
    }
}

/// Calls `visit` with what a value is made of: itself where it is a struct or has no parts, else every element, however
/// lists and maps are nested. A struct that is absent is not visited, because asking for it would make it.
pub fn each_mut(value: Mut<'_>, visit: &mut dyn FnMut(Mut<'_>)) {
    match value {
        Mut::OptStruct(node) => {
            if node.node().is_some() {
                visit(Mut::Struct(node.node_mut()));
            }
        }
        Mut::List(list) => {
            for index in 0..list.len() {
                each_mut(list.at_mut(index), visit);
            }
        }
        Mut::Map(map) => {
            let keys = map.entries().map(|(key, _)| key.to_owned()).collect::<Vec<_>>();
            for key in keys {
                each_mut(map.value_mut(&key), visit);
            }
        }
        other => visit(other),
    }
}
