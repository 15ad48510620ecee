//! Where this product answers differently from the reference on purpose: one rule a row.
//!
//! A rule replaces exactly one leaf of the recorded outcome, in the cases that it describes; everything else of the
//! case is still compared. A rule that never applies fails the run. `docs/deviations.md` tells the reasons at length.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::case::{Case, body};
use crate::statics::{as_if, raw};

/// A deviation.
pub(crate) struct Rule {
    /// Short name, the same as in the documentation.
    pub(crate) name: &'static str,
    /// The file of cases it is about, or several joined by `+`.
    pub(crate) file: &'static str,
    /// The api-versions it is about; empty for all.
    pub(crate) versions: &'static [&'static str],
    /// The operations it is about; empty for all.
    pub(crate) operations: &'static [&'static str],
    /// The leaf, as in failure reports. `*` stands for any text.
    pub(crate) leaf: &'static str,
    /// What the reference gives there; `*` stands for any text, `None` for no leaf, [`ANYTHING`] for
    /// either. Values are compared as text.
    pub(crate) reference: Option<&'static str>,
    /// What we give there, in JSON; `None` for no leaf, [`AS_BEFORE`] for what was there before the request (or, with a path
    /// behind it, elsewhere),
    /// [`AS_IF`] for the answer to another request.
    pub(crate) ours: Option<&'static str>,
    /// What else must be true of the case.
    pub(crate) when: fn(&Case) -> bool,
    /// Why.
    pub(crate) reason: &'static str,
}

/// See [`Rule::ours`].
pub(crate) const AS_BEFORE: &str = "<as before>";
/// As [`Rule::ours`]: what [`as_if`] says for the rule of this name.
pub(crate) const AS_IF: &str = "<as if>";
/// As [`Rule::reference`]: whatever the reference gives there, or nothing.
pub(crate) const ANYTHING: &str = "<anything or nothing>";

/// Versions that do not know read-only members yet and compare the system data.
const COMPARING_SYSTEM_DATA: &[&str] = &[
    "2021-09-01-preview",
    "2022-04-01",
    "2022-09-04",
    "2023-04-01",
    "2023-07-01-preview",
    "2023-09-04",
];

const STATIC: Rule = Rule {
    name: "",
    file: "static",
    versions: &[],
    operations: &[],
    leaf: "result",
    reference: Some("*"),
    ours: Some(AS_IF),
    when: |_| true,
    reason: "",
};

/// Deviations of the static rules.
pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: as_if::SPELLING,
        reference: Some(
            "400 PropertyChangeNotAllowed location\
             |400 PropertyChangeNotAllowed properties.clusterProfile.resourceGroupId\
             |400 PropertyChangeNotAllowed properties.masterProfile.subnetId\
             |400 PropertyChangeNotAllowed properties.masterProfile.diskEncryptionSetId\
             |400 PropertyChangeNotAllowed properties.workerProfiles['*'].subnetId\
             |400 PropertyChangeNotAllowed properties.workerProfiles['*'].diskEncryptionSetId",
        ),
        reason: "Azure ignores the case of ids and locations, so a repeated body must not fail for it",
        ..STATIC
    },
    Rule {
        name: as_if::OMITTED,
        operations: &["put"],
        reference: Some(
            "400 InvalidParameter properties.clusterProfile.fipsValidatedModules\
             |400 InvalidParameter properties.masterProfile.encryptionAtHost\
             |400 PropertyChangeNotAllowed properties.clusterProfile.fipsValidatedModules\
             |400 PropertyChangeNotAllowed properties.masterProfile.encryptionAtHost\
             |400 PropertyChangeNotAllowed properties.networkProfile.outboundType\
             |400 PropertyChangeNotAllowed properties.networkProfile.preconfiguredNSG\
             |400 PropertyChangeNotAllowed properties.networkProfile.loadBalancerProfile\
             |400 PropertyChangeNotAllowed properties.workerProfiles['*'].encryptionAtHost",
        ),
        reason: "the body that created a cluster must be accepted again; defaults were filled in since",
        ..STATIC
    },
    Rule {
        name: as_if::REPEATED,
        reference: Some(
            "400 PropertyChangeNotAllowed systemData\
             |400 PropertyChangeNotAllowed properties.consoleProfile.url\
             |400 PropertyChangeNotAllowed properties.apiserverProfile.url\
             |400 PropertyChangeNotAllowed properties.apiserverProfile.ip\
             |400 PropertyChangeNotAllowed properties.clusterProfile.oidcIssuer\
             |400 PropertyChangeNotAllowed properties.workerProfilesStatus\
             |400 PropertyChangeNotAllowed properties.ingressProfiles['*'].ip\
             |400 PropertyChangeNotAllowed properties.networkProfile.loadBalancerProfile.effectiveOutboundIps",
        ),
        reason: "ARM wants that what GET shows can be PUT back; clients do so",
        ..STATIC
    },
    Rule {
        name: as_if::UNNAMED,
        versions: &["2025-07-25"],
        reference: Some("400 PropertyChangeNotAllowed properties.*Profiles['']*"),
        reason: "an element without a name is told by its place, whether the name is absent or empty",
        ..STATIC
    },
    Rule {
        name: as_if::CREATED,
        versions: COMPARING_SYSTEM_DATA,
        reference: Some(
            "ok|400 PropertyChangeNotAllowed properties.*|400 PropertyChangeNotAllowed systemData.lastModified*",
        ),
        reason: "the reference compares the stored time with itself; a different one is a change",
        ..STATIC
    },
    Rule {
        name: as_if::MODIFIED,
        versions: COMPARING_SYSTEM_DATA,
        reference: Some("ok|400 PropertyChangeNotAllowed properties.*"),
        reason: "the reference compares the stored time with itself; a different one is a change",
        ..STATIC
    },
    Rule {
        name: as_if::DOTLESS,
        operations: &["create"],
        reference: Some("500 *(panic)"),
        reason: "the reference crashes when its own domain has no dot",
        ..STATIC
    },
    Rule {
        name: as_if::NO_SYSTEM_DATA,
        operations: &["create"],
        reference: Some("500 *(panic)"),
        reason: "the reference crashes; the member says nothing and is ignored",
        ..STATIC
    },
    Rule {
        name: "null-body",
        reference: Some("500 *(panic)"),
        ours: Some("400 InvalidRequestContent"),
        when: |case| {
            case.get("/rawBody")
                .and_then(Value::as_str)
                .is_some_and(|body| body.trim() == "null")
        },
        reason: "the reference crashes; the client is told what is wrong",
        ..STATIC
    },
    Rule {
        name: "duplicate-members",
        ours: Some("400 InvalidRequestContent"),
        when: |case| raw::has_duplicate_members(&body(&case.value)),
        reason: "which of two values was meant cannot be known",
        ..STATIC
    },
    Rule {
        name: "text-that-is-not-unicode",
        ours: Some("400 InvalidRequestContent"),
        when: |case| raw::is_not_unicode(&body(&case.value)),
        reason: "the reference replaces what it cannot read; silently stored, that would be another value",
        ..STATIC
    },
    Rule {
        name: "unreadable-resource-id",
        reference: Some("500 *(internal error)"),
        ours: Some("400 InvalidResourceID"),
        reason: "the id in the URL is the caller's, and so is the mistake",
        ..STATIC
    },
];

/// As [`Rule::ours`]: no leaf, but the object that it was in stays, even where it becomes empty.
pub(crate) const NOTHING_IN_OBJECT: &str = "<nothing, in its object>";

/// All deviations.
pub(crate) fn all() -> impl Iterator<Item = &'static Rule> {
    let rules = RULES.iter().chain(crate::convert::deviations::RULES);
    #[cfg(feature = "http")]
    let rules = rules.chain(crate::http::deviations::rules());
    #[cfg(feature = "kube")]
    let rules = rules.chain(crate::kube::deviations::RULES);
    rules
}

impl Rule {
    /// Replaces the leaf in `expected` if the rule is about this case; says whether it did.
    pub(crate) fn apply(&self, case: &Case, expected: &mut BTreeMap<String, Value>) -> bool {
        #[cfg(feature = "http")]
        if self.file == "http" && self.file == case.file {
            return crate::http::apply::apply(self, case, expected);
        }
        let among = |list: &[&str], item: &str| list.is_empty() || list.contains(&item);
        if self.file.split('+').all(|file| file != case.file)
            || !among(self.versions, &case.version)
            || !among(self.operations, &case.op)
        {
            return false;
        }
        if self.ours == Some(AS_BEFORE) && self.leaf != "out.*" && !expected.keys().any(|path| path.starts_with("out"))
        {
            // The recorded outcome has no document.
            return false;
        }
        if self.ours == Some(AS_IF) && case.as_if.get().is_none_or(|results| !results.contains_key(self.name)) {
            return false;
        }
        let ours = |path: &str| match self.ours {
            Some(AS_BEFORE) => case.before.get(path).cloned(),
            Some(ours) if ours.starts_with(AS_BEFORE) => case.before.get(&ours[AS_BEFORE.len()..]).cloned(),
            Some(AS_IF) => case.as_if.get().and_then(|results| results.get(self.name)).cloned(),
            Some(NOTHING_IN_OBJECT) => None,
            Some(ours) => Some(serde_json::from_str(ours).unwrap_or_else(|_| Value::from(ours))),
            None => None,
        };
        let mut paths: Vec<String> = match self.reference {
            Some(ANYTHING) => {
                let known = expected.keys().chain(case.before.keys());
                known.filter(|path| matches(self.leaf, path)).cloned().collect()
            }
            Some(reference) => expected
                .iter()
                .filter(|(path, value)| matches(self.leaf, path) && matches(reference, &text(value)))
                .map(|(path, _)| path.clone())
                .collect(),
            None if self.ours == Some(AS_BEFORE) => {
                let absent = case.before.keys().filter(|path| !expected.contains_key(*path));
                absent
                    .filter(|path| matches(self.leaf, path) && has_object(path, expected))
                    .cloned()
                    .collect()
            }
            None if !expected.contains_key(self.leaf) => vec![self.leaf.to_owned()],
            None => Vec::new(),
        };
        paths.retain(|path| expected.get(path) != ours(path).as_ref());
        if paths.is_empty() || !(self.when)(case) {
            return false;
        }
        for path in paths {
            match ours(&path) {
                Some(value) => {
                    // What has members is no empty object or list.
                    expected.retain(|other, value| !(is_empty(value) && is_below(&path, other)));
                    expected.insert(path, value);
                }
                None => {
                    expected.remove(&path);
                    if self.ours == Some(NOTHING_IN_OBJECT)
                        && let Some((object, _)) = path.rsplit_once('.')
                        && !expected.keys().any(|other| other.starts_with(object))
                    {
                        expected.insert(object.to_owned(), Value::Object(serde_json::Map::new()));
                    }
                }
            }
        }
        true
    }
}

/// Whether the object that a leaf is in is there.
fn has_object(path: &str, leaves: &BTreeMap<String, Value>) -> bool {
    path.rsplit_once('.')
        .is_some_and(|(object, _)| leaves.keys().any(|other| other == object || is_below(other, object)))
}

fn is_below(path: &str, object: &str) -> bool {
    path.strip_prefix(object)
        .is_some_and(|rest| rest.starts_with(['.', '[']))
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(serde_json::Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether the text fits the pattern, in which `*` stands for any text and `|` separates choices.
fn matches(pattern: &str, text: &str) -> bool {
    pattern.split('|').any(|choice| fits(choice, text))
}

fn fits(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(rest) = text.strip_prefix(head) else {
        return false;
    };
    rest.char_indices()
        .map(|(at, _)| at)
        .chain([rest.len()])
        .any(|at| fits(tail, &rest[at..]))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, fits) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "a", true),
            ("a*c", "abbc", true),
            ("a*c", "abb", false),
            ("*", "", true),
            ("*[*].x", "steps[0].x", true),
            ("x|a*", "ab", true),
            ("x|y", "xy", false),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }
}
