//! The resource types ARM manages itself: one row each.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use super::error::ArmError;
use super::front::OPENSHIFT;
use super::id::ArmPath;
use super::types::{self, Behaviour};
use super::versions;
use crate::state::Resource;

/// How a provider words its refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Network,
    Compute,
    Storage,
    /// Zones and their records.
    Dns,
    Plain,
}

/// What a PUT or DELETE answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Done when answered.
    Now,
    /// The resource in its passing state with `Azure-AsyncOperation`; DELETE answers 202.
    Watched,
    /// 202 with the resource and both headers.
    Accepted,
    /// 202 with `Location` and no body when created; changes are done when answered.
    AcceptedWhenNew,
    /// A deployment: the resource with `Azure-AsyncOperation` below itself.
    Deployed,
}

/// One resource type.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) dialect: Dialect,
    /// Members of the body beside id, name, type, etag, location and tags.
    pub(crate) shape: &'static str,
    /// Whether a location is required.
    pub(crate) located: bool,
    pub(crate) valid_name: fn(&str) -> bool,
    pub(crate) put: Flow,
    pub(crate) delete: Flow,
    pub(crate) put_time: Duration,
    pub(crate) delete_time: Duration,
    /// Whether the view has an etag and If-Match counts.
    pub(crate) etag: bool,
    /// The refusal to delete while `users` refer to it; `None` where Azure lets go.
    pub(crate) in_use: fn(&Resource, users: &[String]) -> Option<ArmError>,
    pub(crate) behaviour: &'static dyn Behaviour,
}

/// Letters, digits, `-_.`, beginning with a letter or digit, up to 80: the rule of most network resources.
pub(crate) fn network_name(name: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !name.is_empty()
        && name.len() <= 80
        && name.chars().all(good)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
}

/// Up to 260 characters, none of `<>%&:\?/`.
pub(crate) fn any_name(name: &str) -> bool {
    !name.is_empty() && name.chars().count() <= 260 && !name.chars().any(|c| "<>%&:\\?/".contains(c) || c.is_control())
}

pub(crate) fn never_in_use(_: &Resource, _: &[String]) -> Option<ArmError> {
    None
}

static KINDS: LazyLock<HashMap<String, &'static Kind>> = LazyLock::new(|| {
    types::all()
        .into_iter()
        .map(|kind| (kind.name.to_lowercase(), kind))
        .collect()
});

/// The row of a type, by its name in any case.
pub(crate) fn by_name(name: &str) -> Option<&'static Kind> {
    KINDS.get(&name.to_lowercase()).copied()
}

/// Names of the types of a namespace.
pub(super) fn types_of(namespace: &str) -> Vec<&'static str> {
    let prefix = format!("{}/", namespace.to_lowercase());
    let mut names: Vec<_> = KINDS
        .iter()
        .filter(|(key, _)| key.starts_with(&prefix))
        .map(|(_, kind)| kind.name)
        .collect();
    names.sort_unstable();
    names
}

/// The row for a path, or how ARM refuses a type it does not know.
pub(crate) fn find(path: &ArmPath) -> Result<&'static Kind, ArmError> {
    let kind = path.kind();
    if let Some(found) = by_name(&kind) {
        return Ok(found);
    }
    // `…/type/name/action`: the row is that of the resource.
    if !path.names_a_resource()
        && let Some(found) = by_name(&path.without_last().kind())
    {
        return Ok(found);
    }
    let namespace = path.namespace.as_deref().unwrap_or_default();
    if versions::known_namespaces()
        .iter()
        .chain([&OPENSHIFT])
        .any(|known| known.eq_ignore_ascii_case(namespace))
    {
        return Err(ArmError::new(
            404,
            "InvalidResourceType",
            format!(
                "The resource type '{}' could not be found in the namespace '{namespace}'.",
                path.types.join("/")
            ),
        ));
    }
    Err(ArmError::new(
        404,
        "InvalidResourceNamespace",
        format!("The resource namespace '{namespace}' is invalid."),
    ))
}
