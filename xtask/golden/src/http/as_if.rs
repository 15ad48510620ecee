//! Conversations that go on otherwise after one wanted decision, best told "as if the client (or the store) had said
//! something else": a cluster whose update failed one way is treated like one whose update failed another way, a path
//! with a slash too many like the path without it. What is expected is then the whole outcome of that other
//! conversation, which recorded cases of its own judge; only what was told differently stands as it was.

use std::collections::BTreeMap;

use serde_json::Value;

use super::conditions::path_is_plain;
use super::deviations::{ALL, rule};
use crate::case::{Case, Context};
use crate::deviations::{AS_IF, Rule};

/// A deviation of a whole conversation.
pub(crate) struct Telling {
    pub(crate) rule: Rule,
    /// Tells the case in the other way; says whether there was anything to tell otherwise.
    tell: fn(&mut Value) -> bool,
    /// The statuses that the steps may have in the other telling in place of the recorded one.
    answers: &'static [u64],
    /// What was told otherwise and stands as it was: leaves of the outcome, where they are there, and the leaf of what
    /// stood in the store before that they have the value of.
    back: &'static [(&'static str, &'static str)],
}

const fn telling(
    name: &'static str,
    operations: &'static [&'static str],
    reference: &'static str,
    reason: &'static str,
) -> Rule {
    rule(
        name,
        operations,
        "the conversation where steps[*].response.status",
        Some(reference),
        Some(AS_IF),
        |_| true,
        reason,
    )
}

const FAILED_STATE: &str = "dbAfter.clusters[0].openShiftCluster.properties.failedProvisioningState";

/// All of them. The statuses that the reference gives are those of [`Rule::reference`], separated by `|`.
pub(crate) const TELLINGS: &[Telling] = &[
    Telling {
        rule: telling(
            "every failed update is a failed update",
            &["state"],
            "500",
            "a cluster whose failed operation is not known, or was an operator's, is treated like one whose update \
             failed, as the newest reference means to; the recorded one answers 500",
        ),
        tell: |case| {
            let properties = case.pointer_mut("/fixture/clusters/0/openShiftCluster/properties");
            let Some(properties) = properties.and_then(Value::as_object_mut) else {
                return false;
            };
            let text = |name: &str| properties.get(name).and_then(Value::as_str).unwrap_or_default();
            let odd = matches!(text("failedProvisioningState"), "" | "AdminUpdating");
            if text("provisioningState") != "Failed" || !odd {
                return false;
            }
            properties.insert("failedProvisioningState".to_owned(), Value::from("Updating"));
            true
        },
        answers: &[200, 400],
        back: &[
            (
                "dbAfter.clusters[0].openShiftCluster.properties.failedProvisioningState",
                FAILED_STATE,
            ),
            (
                "steps[0].response.body.properties.failedProvisioningState",
                FAILED_STATE,
            ),
        ],
    },
    Telling {
        rule: telling(
            "locations compare without case",
            &["update"],
            "400",
            "Azure ignores the case of locations, so a repeated one must not fail for it",
        ),
        tell: |case| {
            // Operators have to spell it as it is stored, here and there.
            if case["steps"][0]["request"]["path"]
                .as_str()
                .is_some_and(|path| path.ends_with("=admin"))
            {
                return false;
            }
            let stored = case.pointer("/fixture/clusters/0/openShiftCluster/location").cloned();
            let given = case.pointer_mut("/steps/0/request/body/location");
            let (Some(Value::String(stored)), Some(Value::String(given))) = (stored, given) else {
                return false;
            };
            let respelt = *given != stored && given.eq_ignore_ascii_case(&stored);
            *given = stored;
            respelt
        },
        answers: &[200],
        back: &[],
    },
    Telling {
        rule: telling(
            "one path, one resource",
            &["path"],
            "200|201|400|404|500",
            "a path with empty or dotted parts names what the plain path names; the reference finds nothing there, or \
             creates a second resource, or answers 500",
        ),
        tell: |case| {
            let mut told = false;
            each_request(case, |request, _| {
                let path = request["path"].as_str().unwrap_or_default();
                let (path, query) = path.split_once('?').unwrap_or((path, ""));
                if !path_is_plain(path) {
                    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
                    request["path"] = Value::from(format!("/{}?{query}", parts.join("/")));
                    told = true;
                }
            });
            told
        },
        answers: &[200, 202, 400],
        back: &[],
    },
    Telling {
        rule: telling(
            "an unreadable Referer is none",
            &["headers"],
            "500",
            "a Referer that is no URL tells nothing; links are then made from the configured base, and nothing is begun \
             for a request that fails",
        ),
        tell: |case| {
            let mut told = false;
            each_request(case, |request, response| {
                if response["status"] == 500
                    && let Some(headers) = request["headers"].as_object_mut()
                {
                    told |= headers.remove("Referer").is_some();
                }
            });
            told
        },
        answers: &[200, 202],
        back: &[],
    },
    Telling {
        rule: telling(
            "the default version comes first",
            &["wi"],
            "500",
            "a cluster without a version gets the default one before its identities are judged; the reference judges \
             them without a version and answers 500",
        ),
        tell: |case| {
            let default = case["fixture"]["versions"].as_array().and_then(|versions| {
                let properties = versions
                    .iter()
                    .map(|version| &version["openShiftVersion"]["properties"]);
                properties
                    .filter(|one| one["default"] == true)
                    .map(|one| one["version"].clone())
                    .next()
            });
            let profile = case.pointer_mut("/steps/0/request/body/properties/clusterProfile");
            let (Some(default), Some(profile)) = (default, profile.and_then(Value::as_object_mut)) else {
                return false;
            };
            if profile.get("version").is_some_and(|version| version != "") {
                return false;
            }
            profile.insert("version".to_owned(), default);
            true
        },
        answers: &[201],
        back: &[],
    },
    Telling {
        rule: telling(
            "2025-07-25 exists",
            &["api-version"],
            "400",
            "the recorded reference does not know the newest api-version, in which it would answer as in the one before",
        ),
        tell: |case| {
            let mut told = false;
            each_request(case, |request, response| {
                let path = request["path"].as_str().unwrap_or_default();
                if response["status"] == 400 && path.ends_with("api-version=2025-07-25") {
                    request["path"] = Value::from(path.replace("2025-07-25", "2024-08-12-preview"));
                    told = true;
                }
            });
            told
        },
        answers: &[200],
        back: &[],
    },
];

/// The rules, for those who list and apply them.
pub(crate) fn rules() -> impl Iterator<Item = &'static Rule> {
    TELLINGS.iter().map(|telling| &telling.rule)
}

fn each_request(case: &mut Value, mut change: impl FnMut(&mut Value, &Value)) {
    for step in case["steps"].as_array_mut().into_iter().flatten() {
        let response = step["response"].clone();
        change(&mut step["request"], &response);
    }
}

/// The outcome of each other telling of this case, by the name of its rule. There is none where the reference has not
/// answered as the rule says, or where the other telling is not answered as it must be.
pub(crate) fn results(case: &Case, context: &Context) -> BTreeMap<&'static str, Value> {
    let mut found = BTreeMap::new();
    for telling in TELLINGS {
        let of = telling.rule.operations;
        let mut other = case.value.clone();
        if of != ALL && !of.contains(&case.op.as_str()) || !(telling.tell)(&mut other) {
            continue;
        }
        let statuses = |outcome: &Value| -> Vec<u64> {
            let steps = outcome["steps"].as_array().into_iter().flatten();
            steps.filter_map(|step| step["response"]["status"].as_u64()).collect()
        };
        let reference: Vec<u64> = telling
            .rule
            .reference
            .into_iter()
            .flat_map(|statuses| statuses.split('|'))
            .filter_map(|status| status.parse().ok())
            .collect();
        let mut outcome = super::run(&other, context);
        let recorded = statuses(&case.value);
        let answered = statuses(&outcome);
        let decided = recorded
            .iter()
            .zip(&answered)
            .filter(|(was, _)| reference.contains(was));
        let mut decided = decided.peekable();
        if decided.peek().is_none() || !decided.all(|(_, is)| telling.answers.contains(is)) {
            continue;
        }
        let steps = outcome["steps"].as_array_mut().into_iter().flatten();
        for (step, as_sent) in steps.zip(case.value["steps"].as_array().into_iter().flatten()) {
            step["request"] = as_sent["request"].clone();
        }
        found.insert(telling.rule.name, outcome);
    }
    found
}

/// Puts the outcome of the other telling in the place of the recorded one; says whether there is one.
pub(crate) fn apply(rule: &Rule, case: &Case, expected: &mut BTreeMap<String, Value>) -> bool {
    let Some(outcome) = case.as_if.get().and_then(|results| results.get(rule.name)) else {
        return false;
    };
    let mut leaves = crate::compare::leaves(outcome);
    let back = TELLINGS
        .iter()
        .filter(|telling| telling.rule.name == rule.name)
        .flat_map(|telling| telling.back);
    for &(leaf, before) in back {
        if leaves.remove(leaf).is_some()
            && let Some(value) = case.before.get(before)
        {
            leaves.insert(leaf.to_owned(), value.clone());
        }
    }
    if leaves == *expected {
        return false;
    }
    *expected = leaves;
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(answers: u16) -> Value {
        let path = "/subscriptions/00000000-0000-0000-0000-000000000000//providers/Microsoft.RedHatOpenShift/\
                    openShiftClusters?api-version=2023-11-22";
        json!({
            "id": "x", "op": "path", "name": "path: x", "options": {}, "fixture": {},
            "steps": [{"request": {"method": "GET", "path": path}, "response": {"status": answers, "headers": {}}}],
            "dbAfter": {},
        })
    }

    /// The outcome of another telling counts only in the place of an answer that the rule names, and only where it is
    /// an answer that the rule allows.
    #[test]
    fn another_telling_swallows_nothing() {
        let context = Context {
            documents: BTreeMap::new(),
        };
        let told = |value: Value| {
            let mut case = Case::new("http", value);
            super::super::recorded::prepare(&mut case);
            results(&case, &context)
        };
        let found = told(paths(404));
        let outcome = &found["one path, one resource"];
        assert_eq!(outcome["steps"][0]["response"]["status"], 200);
        assert!(outcome["steps"][0]["request"]["path"].as_str().unwrap().contains("//"));
        assert!(told(paths(403)).is_empty(), "the rule says nothing of 403");
        let mut refused = paths(404);
        refused["options"] = json!({"denyArm": true});
        assert!(told(refused).is_empty(), "403 is no answer that the rule allows");
        let mut plain = paths(404);
        plain["steps"][0]["request"]["path"] = json!("/x");
        assert!(told(plain).is_empty(), "there is nothing to tell otherwise");
    }
}
