//! Takes what a request changed into the stored resource.
//!
//! Three sides meet: what is stored, what the version showed of it, and that with the request laid over it. Only what
//! differs between the last two is taken over, so members that the version does not show survive, those of list
//! elements too: elements are matched by name.

use super::walk::{Sight, assign, equal, is_zero};
use super::{Field, List, Map, Mut, Node, Ref};
use crate::version::ApiVersion;

/// Takes into `stored` what differs between `shown` and `merged`. Without `shown` everything in `merged` is new.
pub(crate) fn commit(stored: &mut dyn Node, shown: Option<&dyn Node>, merged: &dyn Node, version: ApiVersion) {
    for (number, field) in merged.shape().fields.iter().enumerate() {
        if !field.visible.contains(version)
            || field.output.contains(version)
            || field.unseen.contains(version)
            || field.header
            || field.never_written
            || field.request_only
        {
            continue;
        }
        let new = merged.get(number);
        let old = shown.map(|node| node.get(number));
        // A repeated read-only value is equal by the change rules; on create there is nothing to compare with.
        let service_owned = field.read_only.contains(version) && !field.mutable.contains(version);
        if service_owned && is_zero(new) {
            continue;
        }
        let sight = Sight { version, fold: field.no_case.contains(version) };
        if old.is_some_and(|old| same(old, new, sight)) {
            continue;
        }
        member(stored.get_mut(number), old, new, field, version);
    }
}

/// Whether nothing changed. Unlike the change rules this keeps absent and empty apart in every dialect.
fn same(old: Ref<'_>, new: Ref<'_>, sight: Sight) -> bool {
    let presence = match (old, new) {
        (Ref::OptStr(old), Ref::OptStr(new)) => old.is_some() == new.is_some(),
        (Ref::OptInt(old), Ref::OptInt(new)) => old.is_some() == new.is_some(),
        _ => true,
    };
    presence && equal(old, new, sight)
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

/// The stored element that a new one goes on from: the one of the same name, or where elements have no name, the one
/// at the same place.
fn counterpart<'a>(old: &'a dyn List, new: &dyn Node, index: usize) -> Option<Ref<'a>> {
    let Some(key) = new.shape().key() else { return old.at(index) };
    let name = |node: &dyn Node| match node.get(key) {
        Ref::Str(name) => name.to_owned(),
        _ => String::new(),
    };
    let wanted = name(new);
    (0..old.len()).filter_map(|index| old.at(index)).find(|element| match element {
        Ref::Struct(node) => name(*node) == wanted,
        _ => false,
    })
}

fn map(stored: &mut dyn Map, new: &dyn Map, field: &Field, version: ApiVersion) {
    if new.is_null() {
        if !field.grows {
            stored.clear();
        }
        return;
    }
    if stored.is_null() {
        stored.empty();
    }
    if !field.grows {
        let gone = stored.entries().map(|(key, _)| key.to_owned()).filter(|key| new.value(key).is_none());
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
