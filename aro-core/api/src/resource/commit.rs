//! Takes what a request changed into the stored resource.
//!
//! Three sides meet: what is stored, what the version showed of it, and that with the request laid over it. Only what
//! differs between the last two is taken over, so members that the version does not show survive, those of list
//! elements too: elements are matched by name.

use super::walk::{Sight, assign, equal, is_zero};
use super::{Field, Kind, List, Map, Mut, Node, Ref};
use crate::version::ApiVersion;

/// Takes into `stored` what differs between `shown` and `merged`. Without `shown` everything in `merged` is new.
pub(crate) fn commit(stored: &mut dyn Node, shown: Option<&dyn Node>, merged: &dyn Node, version: ApiVersion) {
    for (number, field) in merged.shape().fields.iter().enumerate() {
        let new = merged.get(number);
        if !written(field, new, version) {
            continue;
        }
        let old = shown.map(|node| node.get(number));
        let sight = Sight {
            version,
            fold: field.no_case.contains(version),
        };
        if old.is_some_and(|old| same(old, new, sight)) {
            continue;
        }
        member(stored.get_mut(number), old, new, field, version);
    }
}

/// Whether the request left a value as it was. Unlike the change rules this keeps absent and empty apart in every
/// dialect; members that the service writes count only where the request gives them.
fn same(old: Ref<'_>, new: Ref<'_>, sight: Sight) -> bool {
    match (old, new) {
        (Ref::OptStr(old), Ref::OptStr(new)) => {
            old.is_some() == new.is_some() && equal(Ref::OptStr(old), Ref::OptStr(new), sight)
        }
        (Ref::OptInt(old), Ref::OptInt(new)) => old == new,
        (Ref::Struct(old), Ref::Struct(new)) => same_node(old, new, sight),
        (Ref::OptStruct(Some(old)), Ref::OptStruct(Some(new))) => same_node(old, new, sight),
        (Ref::List(old), Ref::List(new)) if old.shares(new) => true,
        (Ref::Map(old), Ref::Map(new)) if old.shares(new) => true,
        (Ref::List(old), Ref::List(new)) => {
            old.is_null() == new.is_null()
                && old.len() == new.len()
                && (0..old.len()).all(|index| match (old.at(index), new.at(index)) {
                    (Some(old), Some(new)) => same(old, new, sight),
                    _ => false,
                })
        }
        (Ref::Map(old), Ref::Map(new)) => {
            old.is_null() == new.is_null()
                && old.len() == new.len()
                && new
                    .entries()
                    .all(|(key, new)| old.value(key).is_some_and(|old| same(old, new, sight)))
        }
        (old, new) => equal(old, new, sight),
    }
}

fn same_node(old: &dyn Node, new: &dyn Node, sight: Sight) -> bool {
    new.shape().fields.iter().enumerate().all(|(number, field)| {
        let (old, new) = (old.get(number), new.get(number));
        let fold = sight.fold || field.no_case.contains(sight.version);
        !written(field, new, sight.version) || same(old, new, Sight { fold, ..sight })
    })
}

/// Whether a request through the version writes the member, given what it says of it.
fn written(field: &Field, new: Ref<'_>, version: ApiVersion) -> bool {
    // A repeated read-only value is equal by the change rules; on create there is nothing to compare with.
    let service_owned = field.read_only.contains(version) && !field.mutable.contains(version);
    let out_of_reach = field.output.contains(version) || field.unseen.contains(version);
    let never = field.header || field.never_written || field.request_only;
    if !field.visible.contains(version) || out_of_reach || never {
        return false;
    }
    !service_owned || !is_zero(new)
}

fn member(stored: Mut<'_>, old: Option<Ref<'_>>, new: Ref<'_>, field: &Field, version: ApiVersion) {
    match (stored, new) {
        (Mut::Struct(stored), Ref::Struct(new)) => {
            let old = match old {
                Some(Ref::Struct(old)) => Some(old),
                _ => None,
            };
            commit(stored, old, new, version);
        }
        (Mut::OptStruct(stored), Ref::OptStruct(new)) => match new {
            Some(new) => {
                let old = match old {
                    Some(Ref::OptStruct(old)) => old,
                    _ => None,
                };
                commit(stored.node_mut(), old, new, version);
            }
            None if field.keep_on_null => {}
            None => stored.clear(),
        },
        (Mut::List(stored), Ref::List(new)) => list(stored, new, version),
        (Mut::Map(stored), Ref::Map(new)) => map(stored, new, field, version),
        (Mut::OptStr(_), Ref::OptStr(None)) if field.keep_on_null => {}
        (stored, new) => assign(stored, new),
    }
}

/// Rebuilds a list in the order of the request from the stored elements of the same name.
fn list(stored: &mut dyn List, new: &dyn List, version: ApiVersion) {
    if new.is_null() {
        return stored.clear();
    }
    let old = stored.boxed();
    stored.truncate(0);
    for index in 0..new.len() {
        let Some(new) = new.at(index) else { continue };
        let Ref::Struct(new) = new else {
            assign(stored.at_mut(index), new);
            continue;
        };
        if let Some(old) = counterpart(&*old, new, index) {
            assign(stored.at_mut(index), old);
        }
        if let Mut::Struct(stored) = stored.at_mut(index) {
            commit(stored, None, new, version);
        }
    }
}

/// The stored element that a new one goes on from: the one of the same name, at the same place if names repeat; or
/// where elements have no name, the one at the same place.
fn counterpart<'a>(old: &'a dyn List, new: &dyn Node, index: usize) -> Option<Ref<'a>> {
    let Some(key) = new.shape().key() else {
        return old.at(index);
    };
    let same_name = |element: &Ref<'_>| match (element, new.get(key)) {
        (Ref::Struct(node), Ref::Str(wanted)) => matches!(node.get(key), Ref::Str(name) if name == wanted),
        _ => false,
    };
    old.at(index)
        .filter(same_name)
        .or_else(|| (0..old.len()).filter_map(|index| old.at(index)).find(same_name))
}

fn map(stored: &mut dyn Map, new: &dyn Map, field: &Field, version: ApiVersion) {
    if new.is_null() {
        if !field.grows {
            stored.clear();
        }
        return;
    }
    if !field.grows && !matches!(field.kind, Kind::Map(Kind::Struct(_))) {
        // Plain values have nothing below them that could survive.
        stored.copy_from(new);
        return;
    }
    if stored.is_null() {
        stored.empty();
    }
    if !field.grows {
        let gone = stored
            .entries()
            .map(|(key, _)| key.to_owned())
            .filter(|key| new.value(key).is_none());
        for key in gone.collect::<Vec<_>>() {
            stored.remove(&key);
        }
    }
    for (key, new) in new.entries() {
        match (stored.value_mut(key), new) {
            (Mut::Struct(stored), Ref::Struct(new)) => commit(stored, None, new, version),
            (stored, new) => assign(stored, new),
        }
    }
}
