//! Deviations of the static rules that are best told as "as if the request had said something else": a body that
//! repeats what is stored in another spelling is judged like one that repeats it exactly, and so on. The expected
//! answer is then the one to that other request.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::run;
use crate::case::{Case, Context};

/// Other spellings of ids and locations.
pub(crate) const SPELLING: &str = "ids-and-locations-ignore-case";
/// Choices that a PUT leaves out.
pub(crate) const OMITTED: &str = "omitted-choices-stay";
/// Read-only values sent back as they are.
pub(crate) const REPEATED: &str = "read-only-values-may-be-repeated";
/// Elements with an empty name.
pub(crate) const UNNAMED: &str = "empty-names-are-absent";
/// A configured domain without a dot.
pub(crate) const DOTLESS: &str = "domain-without-dot";
/// A new cluster whose system data is null.
pub(crate) const NO_SYSTEM_DATA: &str = "null-system-data-of-a-new-cluster";
/// Another time of creation.
pub(crate) const CREATED: &str = "changed-creation-time";
/// Another time of modification.
pub(crate) const MODIFIED: &str = "changed-modification-time";

/// The version of the modern dialect.
const MODERN: &str = "2025-07-25";
/// The first version with read-only addresses.
const FIRST_READ_ONLY: &str = "2023-11-22";
/// Versions that show the machine sets that were found in place of those that were wished for.
const BEFORE_STATUS: [&str; 7] = [
    "2019-12-31-preview",
    "2020-04-30",
    "2021-09-01-preview",
    "2022-04-01",
    "2022-09-04",
    "2023-04-01",
    "2023-07-01-preview",
];

/// The expected result of each rule that is about this case, by the name of the rule.
pub(crate) fn results(case: &Case, context: &Context) -> BTreeMap<&'static str, Value> {
    let current = case
        .get("/currentRef")
        .and_then(Value::as_str)
        .and_then(|name| context.documents.get(name));
    let mut found = BTreeMap::new();
    // A request that a rule leaves alone serves the next one.
    let mut request = case.value.clone();
    let mut other = |name: &'static str, change: &dyn Fn(&mut Value) -> bool| {
        if change(&mut request) {
            let result = crate::compare::leaves(&run(&request, context)).remove("result");
            found.insert(name, result.unwrap_or_default());
            request.clone_from(&case.value);
        }
    };
    other(DOTLESS, &|request| {
        let domain = request.pointer_mut("/params/domain");
        let Some(Value::String(domain)) = domain.filter(|domain| domain.as_str().is_some_and(|d| !d.contains('.')))
        else {
            return false;
        };
        domain.push_str(".invalid");
        true
    });
    match current {
        None => other(NO_SYSTEM_DATA, &|request| {
            let body = request.pointer_mut("/body").and_then(Value::as_object_mut);
            body.is_some_and(|body| body.get("systemData") == Some(&Value::Null) && body.remove("systemData").is_some())
        }),
        Some(current) => {
            let workers = shown_workers(current, &case.version);
            other(SPELLING, &|request| respell(request, current, workers));
            if case.op == "put" {
                other(OMITTED, &|request| fill(request, current, workers));
            }
            other(REPEATED, &|request| drop_repeated(request, current, &case.version));
            for (name, member) in [(CREATED, "createdAt"), (MODIFIED, "lastModifiedAt")] {
                if is_other_time(case, current, member) {
                    found.insert(
                        name,
                        Value::from(format!("400 PropertyChangeNotAllowed systemData.{member}")),
                    );
                }
            }
        }
    }
    if let Some(place) = place_of_unnamed(case) {
        found.insert(UNNAMED, Value::from(place));
    }
    found
}

/// The recorded result with the place of an element instead of its empty name.
fn place_of_unnamed(case: &Case) -> Option<String> {
    let target = case.get("/result/target")?.as_str()?;
    let (list, member) = target.split_once("['']")?;
    let body = case.get(&format!("/body/{}", list.replace('.', "/")))?.as_array()?;
    let index = body
        .iter()
        .position(|element| element.get("name") == Some(&Value::from("")))?;
    Some(format!("400 PropertyChangeNotAllowed {list}[{index}]{member}"))
}

fn elements(list: Option<&mut Value>) -> impl Iterator<Item = &mut Map<String, Value>> {
    list.and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
}

fn shown_workers<'a>(current: &'a Value, version: &str) -> Option<&'a Value> {
    let status = current.pointer("/properties/workerProfilesStatus");
    let wished = current.pointer("/properties/workerProfiles");
    if BEFORE_STATUS.contains(&version) && status.is_some() && wished.is_some() {
        status
    } else {
        wished
    }
}

/// Writes ids and locations as they are stored where only the case of letters differs.
fn respell(request: &mut Value, current: &Value, workers: Option<&Value>) -> bool {
    let mut changed = false;
    let mut same = |given: Option<&mut Value>, stored: Option<&Value>| {
        if let (Some(Value::String(given)), Some(Value::String(stored))) = (given, stored)
            && given.eq_ignore_ascii_case(stored)
            && given != stored
        {
            given.clone_from(stored);
            changed = true;
        }
    };
    for place in [
        "/location",
        "/properties/clusterProfile/resourceGroupId",
        "/properties/masterProfile/subnetId",
        "/properties/masterProfile/diskEncryptionSetId",
    ] {
        same(request.pointer_mut(&format!("/body{place}")), current.pointer(place));
    }
    for (index, worker) in elements(request.pointer_mut("/body/properties/workerProfiles")).enumerate() {
        for member in ["subnetId", "diskEncryptionSetId"] {
            same(
                worker.get_mut(member),
                workers.and_then(|list| list.get(index)?.get(member)),
            );
        }
    }
    changed
}

/// Writes choices that a PUT leaves out as they are stored. An empty word is a choice, if a wrong one, but not for
/// workers; null is one only where it clears.
fn fill(request: &mut Value, current: &Value, workers: Option<&Value>) -> bool {
    let modern = request.get("apiVersion").and_then(Value::as_str) == Some(MODERN);
    let mut changed = false;
    let mut fill = |given: &mut Map<String, Value>, member: &str, stored: Option<&Value>| {
        let omitted = given.get(member).is_none_or(|value| match value {
            Value::Null => member != "loadBalancerProfile" || modern,
            Value::String(word) => word.is_empty() && given.contains_key("count"),
            _ => false,
        });
        if let Some(stored) = stored.filter(|stored| omitted && stored.as_str() != Some("")) {
            given.insert(member.to_owned(), stored.clone());
            changed = true;
        }
    };
    for (object, member) in [
        ("clusterProfile", "fipsValidatedModules"),
        ("masterProfile", "encryptionAtHost"),
        ("networkProfile", "outboundType"),
        ("networkProfile", "preconfiguredNSG"),
        ("networkProfile", "loadBalancerProfile"),
    ] {
        let stored = current
            .pointer(&format!("/properties/{object}/{member}"))
            .cloned()
            .map(|mut stored| {
                if let Some(profile) = stored.as_object_mut() {
                    profile.remove("effectiveOutboundIps");
                }
                stored
            });
        if let Some(given) = request
            .pointer_mut(&format!("/body/properties/{object}"))
            .and_then(Value::as_object_mut)
        {
            fill(given, member, stored.as_ref());
        }
    }
    for worker in elements(request.pointer_mut("/body/properties/workerProfiles")) {
        let name = worker.get("name").cloned();
        let stored = workers
            .and_then(Value::as_array)
            .and_then(|list| list.iter().find(|stored| stored.get("name") == name.as_ref()));
        fill(
            worker,
            "encryptionAtHost",
            stored.and_then(|stored| stored.get("encryptionAtHost")),
        );
    }
    changed
}

/// Leaves out read-only values that are as stored.
fn drop_repeated(request: &mut Value, current: &Value, version: &str) -> bool {
    let mut changed = false;
    let read_only = |member: &str| match member {
        "effectiveOutboundIps" | "workerProfilesStatus" => true,
        _ => version >= FIRST_READ_ONLY,
    };
    for (object, member) in [
        ("", "systemData"),
        ("/properties/consoleProfile", "url"),
        ("/properties/apiserverProfile", "url"),
        ("/properties/apiserverProfile", "ip"),
        ("/properties/clusterProfile", "oidcIssuer"),
        ("/properties", "workerProfilesStatus"),
        ("/properties/networkProfile/loadBalancerProfile", "effectiveOutboundIps"),
    ] {
        let stored = current.pointer(&format!("{object}/{member}"));
        if !read_only(member) {
            continue;
        }
        let Some(given) = request
            .pointer_mut(&format!("/body{object}"))
            .and_then(Value::as_object_mut)
        else {
            continue;
        };
        let repeated = given.get(member).is_some_and(|given| match stored {
            Some(stored) => significant(given) == significant(stored),
            // The system data of a cluster that has none are shown as an empty object.
            None => member == "systemData" && significant(given) == Value::Object(Map::new()),
        });
        changed |= repeated && given.remove(member).is_some();
    }
    let stored = current.pointer("/properties/ingressProfiles");
    for (index, ingress) in elements(request.pointer_mut("/body/properties/ingressProfiles")).enumerate() {
        let stored = stored.and_then(|list| list.get(index)?.get("ip"));
        changed |= read_only("ip") && stored.is_some() && ingress.get("ip") == stored && ingress.remove("ip").is_some();
    }
    changed
}

/// An object without members that say nothing.
fn significant(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let said = members
                .iter()
                .filter(|(_, member)| !member.is_null() && member.as_str() != Some(""));
            Value::Object(said.map(|(name, member)| (name.clone(), member.clone())).collect())
        }
        other => other.clone(),
    }
}

fn is_other_time(case: &Case, current: &Value, member: &str) -> bool {
    let time = |value: Option<&Value>| {
        let text = value?.as_str()?.replace(',', ".");
        OffsetDateTime::parse(&text, &Rfc3339).ok()
    };
    let given = time(case.get(&format!("/body/systemData/{member}")));
    let stored = time(current.pointer(&format!("/systemData/{member}")));
    given.zip(stored).is_some_and(|(given, stored)| given != stored)
}
