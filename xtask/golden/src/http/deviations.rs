//! Where whole conversations differ from the reference on purpose. The recording is of an older reference than that of
//! the other files; where the two differ, the newer one is right, and the rule says so.

mod duplicates;
mod faults;
mod names;
mod operations;
mod operators;
mod replies;
mod role_sets;
mod single;
pub(super) mod stored;

use super::conditions;
use crate::case::Case;
use crate::deviations::{ANYTHING, AS_BEFORE, Rule};

pub(in crate::http) const ALL: &[&str] = &[];
pub(super) const STATUS_APART: &[&str] = &["2023-09-04", "2023-11-22", "2024-08-12-preview", "2025-07-25", "admin"];
pub(super) const READ_ONLY_IPS: &[&str] = &["2023-11-22", "2024-08-12-preview", "2025-07-25"];
pub(super) const WRITES: &[&str] = &["update", "state", "headers", "path", "admin", "wi"];

/// All deviations of conversations, in the order in which they are applied.
pub(crate) fn rules() -> impl Iterator<Item = &'static Rule> {
    [
        replies::MISSING,
        names::GROUPS,
        names::CLUSTERS,
        duplicates::DUPLICATES,
        replies::HEADERS,
        replies::PARAMETERS,
        faults::FAULTS,
        faults::NEWER,
        stored::CREATION,
        stored::KEPT,
        stored::SHOWN,
        operators::IDENTITIES,
        operators::REFUSED,
        stored::KEYS,
        single::SINGLE,
        role_sets::ROLE_SETS,
        operations::FIRST,
        operations::SECOND,
        operations::OF_STRANGERS,
        operations::ANY_VERSION,
    ]
    .into_iter()
    .flatten()
    .chain(stored::FLAGS.iter().flatten())
    .chain(super::as_if::rules())
}

pub(in crate::http) const fn rule(
    name: &'static str,
    operations: &'static [&'static str],
    leaf: &'static str,
    reference: Option<&'static str>,
    ours: Option<&'static str>,
    when: fn(&Case) -> bool,
    reason: &'static str,
) -> Rule {
    Rule {
        name,
        file: "http",
        versions: ALL,
        operations,
        leaf,
        reference,
        ours,
        when,
        reason,
    }
}

/// A leaf that stays as it was in the store, although the reference loses it.
pub(super) const fn kept(
    name: &'static str,
    leaf: &'static str,
    when: fn(&Case) -> bool,
    reason: &'static str,
) -> Rule {
    rule(name, WRITES, leaf, Some(ANYTHING), Some(AS_BEFORE), when, reason)
}

pub(super) const fn step_status(
    name: &'static str,
    operations: &'static [&'static str],
    leaf: &'static str,
    reference: &'static str,
    ours: &'static str,
    when: fn(&Case) -> bool,
    reason: &'static str,
) -> Rule {
    rule(name, operations, leaf, Some(reference), Some(ours), when, reason)
}

pub(super) const fn step_code(
    name: &'static str,
    operations: &'static [&'static str],
    leaf: &'static str,
    reference: &'static str,
    ours: &'static str,
    when: fn(&Case) -> bool,
    reason: &'static str,
) -> Rule {
    rule(name, operations, leaf, Some(reference), Some(ours), when, reason)
}

pub(super) const fn verdict_status(leaf: &'static str, reference: Option<&'static str>) -> Rule {
    rule(
        "a bad template is a verdict",
        &["preflight"],
        leaf,
        reference,
        Some("Failed"),
        conditions::faults,
        faults::TEMPLATE,
    )
}

pub(super) const fn verdict_message(leaf: &'static str) -> Rule {
    rule(
        "a bad template is a verdict",
        &["preflight"],
        leaf,
        None,
        Some("<message>"),
        conditions::faults,
        faults::TEMPLATE,
    )
}

pub(super) const fn added(
    name: &'static str,
    operations: &'static [&'static str],
    leaf: &'static str,
    ours: &'static str,
    when: fn(&Case) -> bool,
    reason: &'static str,
) -> Rule {
    rule(name, operations, leaf, None, Some(ours), when, reason)
}

pub(super) const fn gone(
    name: &'static str,
    operations: &'static [&'static str],
    leaf: &'static str,
    when: fn(&Case) -> bool,
    reason: &'static str,
) -> Rule {
    rule(name, operations, leaf, Some("*"), None, when, reason)
}
