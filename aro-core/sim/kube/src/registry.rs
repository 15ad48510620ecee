//! Which resources there are: the built-in table, and what custom resource definitions add.

mod builtin;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::crd;
use crate::status::Qualified;

pub(crate) use builtin::{GROUPS, builtin};

type Text = Cow<'static, str>;

/// One resource: a plural in a group, in one or more versions.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) group: Text,
    pub(crate) plural: Text,
    pub(crate) singular: Text,
    pub(crate) kind: Text,
    pub(crate) list_kind: Text,
    pub(crate) namespaced: bool,
    pub(crate) short_names: Vec<Text>,
    pub(crate) categories: Vec<Text>,
    /// Versions served, in order of preference.
    pub(crate) versions: Vec<Text>,
    /// The version its storage hash is made from.
    pub(crate) storage_version: Text,
    pub(crate) verbs: &'static [&'static str],
    pub(crate) subresources: Vec<Subresource>,
    /// `metadata.generation` counts changes of the specification.
    pub(crate) generation: bool,
    /// PUT of an absent object creates it.
    pub(crate) create_on_update: bool,
    /// PUT without a resourceVersion is allowed.
    pub(crate) unconditional_update: bool,
    /// DELETE answers the object instead of a `Status`.
    pub(crate) returns_deleted: bool,
    /// Table under which objects are kept; `events` of two groups are one.
    pub(crate) storage: Text,
    /// The part of the storage key before namespace and name, as errors show it.
    pub(crate) key_prefix: Text,
    /// The definition behind a custom resource.
    pub(crate) definition: Option<Arc<Custom>>,
}

/// What stands behind a custom resource.
#[derive(Debug)]
pub(crate) struct Custom {
    /// Name of the CustomResourceDefinition.
    pub(crate) name: String,
    /// By name of the version.
    pub(crate) versions: BTreeMap<String, Arc<crd::Version>>,
    /// By name of the version: its schema as stated.
    pub(crate) schemas: BTreeMap<String, Arc<serde_json::Value>>,
    /// Versions that are going, with their own words if they have any.
    pub(crate) deprecated: BTreeMap<String, Option<String>>,
    /// It is being deleted: nothing new may be created.
    pub(crate) terminating: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Subresource {
    pub(crate) name: &'static str,
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) kind: Text,
    pub(crate) verbs: &'static [&'static str],
    /// Where it is served by some versions only.
    pub(crate) versions: Option<Vec<String>>,
}

pub(crate) const ALL_VERBS: &[&str] = &[
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
];
pub(crate) const GET_PATCH_UPDATE: &[&str] = &["get", "patch", "update"];

impl Resource {
    /// As messages name the resource.
    pub(crate) fn qualified(&self) -> Qualified<'_> {
        Qualified {
            name: &self.plural,
            group: &self.group,
        }
    }

    /// As messages name the kind.
    pub(crate) fn qualified_kind(&self) -> Qualified<'_> {
        Qualified {
            name: &self.kind,
            group: &self.group,
        }
    }

    pub(crate) fn is(&self, group: &str, plural: &str) -> bool {
        self.group == group && self.plural == plural
    }

    pub(crate) fn is_core(&self, plural: &str) -> bool {
        self.is("", plural)
    }

    pub(crate) fn serves(&self, version: &str) -> bool {
        self.versions.iter().any(|served| served == version)
    }

    pub(crate) fn subresource(&self, name: &str, version: &str) -> Option<&Subresource> {
        let found = self.subresources.iter().find(|known| known.name == name)?;
        let served = found
            .versions
            .as_ref()
            .is_none_or(|served| served.iter().any(|v| v == version));
        served.then_some(found)
    }

    /// The compiled version of a custom resource.
    pub(crate) fn custom_version(&self, version: &str) -> Option<&crd::Version> {
        self.definition.as_ref()?.versions.get(version).map(AsRef::as_ref)
    }

    pub(crate) fn is_custom(&self) -> bool {
        self.definition.is_some()
    }

    /// `apiVersion` in this version.
    pub(crate) fn api_version(&self, version: &str) -> String {
        if self.group.is_empty() {
            version.to_owned()
        } else {
            format!("{}/{version}", self.group)
        }
    }
}

/// All resources of one server.
#[derive(Debug, Clone)]
pub(crate) struct Registry {
    builtin: &'static [Arc<Resource>],
    custom: BTreeMap<(String, String), Arc<Resource>>,
}

impl Registry {
    pub(crate) fn new() -> Self {
        Self {
            builtin: builtin(),
            custom: BTreeMap::new(),
        }
    }

    pub(crate) fn find(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Resource>> {
        self.all()
            .find(|resource| resource.is(group, plural) && resource.serves(version))
            .cloned()
    }

    pub(crate) fn by_kind(&self, group: &str, version: &str, kind: &str) -> Option<Arc<Resource>> {
        self.all()
            .find(|resource| resource.group == group && resource.kind == kind && resource.serves(version))
            .cloned()
    }

    pub(crate) fn by_plural(&self, group: &str, plural: &str) -> Option<Arc<Resource>> {
        self.all().find(|resource| resource.is(group, plural)).cloned()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.builtin.iter().chain(self.custom.values())
    }

    pub(crate) fn custom(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.custom.values()
    }

    pub(crate) fn put(&mut self, resource: Resource) {
        let key = (resource.group.to_string(), resource.plural.to_string());
        self.custom.insert(key, Arc::new(resource));
    }

    pub(crate) fn remove(&mut self, group: &str, plural: &str) {
        self.custom.remove(&(group.to_owned(), plural.to_owned()));
    }

    /// Versions of a group in order of preference; empty for an unknown group.
    pub(crate) fn versions(&self, group: &str) -> Vec<String> {
        let mut versions: Vec<String> = Vec::new();
        for resource in self.all().filter(|resource| resource.group == group) {
            for version in &resource.versions {
                if !versions.iter().any(|known| known == version) {
                    versions.push(version.to_string());
                }
            }
        }
        versions.sort_by_key(|version| std::cmp::Reverse(preference(version)));
        versions
    }

    /// Groups in the order discovery lists them, without the core group.
    pub(crate) fn groups(&self) -> Vec<String> {
        let mut groups: Vec<String> = GROUPS.iter().map(|group| (*group).to_owned()).collect();
        for resource in self.custom.values() {
            if !groups.iter().any(|known| *known == resource.group) {
                groups.push(resource.group.to_string());
            }
        }
        groups
    }
}

/// Sorts versions as Kubernetes does: stable before beta before alpha, each by number, others by name.
pub(crate) fn preference(version: &str) -> (u8, u32, u32, std::cmp::Reverse<String>) {
    let other = (0, 0, 0, std::cmp::Reverse(version.to_owned()));
    let Some(rest) = version.strip_prefix('v') else {
        return other;
    };
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let Ok(major) = rest[..digits].parse() else {
        return other;
    };
    let none = std::cmp::Reverse(String::new());
    let minor = |text: &str| text.parse().ok();
    match &rest[digits..] {
        "" => (3, major, 0, none),
        tail => match (
            tail.strip_prefix("beta").and_then(minor),
            tail.strip_prefix("alpha").and_then(minor),
        ) {
            (Some(minor), _) => (2, major, minor, none),
            (_, Some(minor)) => (1, major, minor, none),
            _ => other,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_sort_by_stability() {
        let mut versions = vec!["v1alpha1", "foo", "v2", "v1beta2", "v1", "v1beta1", "v10"];
        versions.sort_by_key(|version| std::cmp::Reverse(preference(version)));
        assert_eq!(versions, ["v10", "v2", "v1", "v1beta2", "v1beta1", "v1alpha1", "foo"]);
    }
}
