//! The recorded form of replies, made comparable.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::case::Case;
use crate::compare;

/// Brings a recorded conversation into the form in which it is compared. Its operation is the beginning of its name, its
/// version that of its first request; before it stands in the store what the fixture puts there.
pub(crate) fn prepare(case: &mut Case) {
    for step in case.value["steps"].as_array_mut().into_iter().flatten() {
        canonical(&mut step["response"]);
    }
    let name = case.value["name"].as_str().unwrap_or_default();
    case.op = name.split(':').next().unwrap_or_default().to_owned();
    let path = case
        .get("/steps/0/request/path")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let version = path
        .split_once("api-version=")
        .map_or("", |(_, rest)| rest.split('&').next().unwrap_or_default());
    case.version = version.to_owned();
    let mut odd = case.value["fixture"]["clusters"].clone();
    if let Some(odd) = odd.as_array_mut() {
        odd.retain(|document| follow_keys(&mut document.clone(), document));
    }
    for place in ["fixture", "dbAfter"] {
        let documents = case.value.pointer_mut(&format!("/{place}/clusters"));
        for document in documents.and_then(Value::as_array_mut).into_iter().flatten() {
            let mut odd = odd.as_array().into_iter().flatten();
            if let Some(keyed) = odd.find(|keyed| keyed["id"] == document["id"]) {
                follow_keys(document, keyed);
            }
        }
    }
    case.before = compare::leaves(&json!({"dbAfter": case.value["fixture"]}));
}

/// In the reference unique keys stand beside the cluster, and a fixture may give it keys of another one. Here they follow
/// from the cluster, so it is told as the cluster that has the keys of `keyed`. Says whether that is another one.
fn follow_keys(document: &mut Value, keyed: &Value) -> bool {
    let text = |name: &str| keyed[name].as_str().unwrap_or_default();
    let mut changed = false;
    let mut follow = |value: Option<&mut Value>, key: &str| {
        if let Some(Value::String(own)) = value
            && !key.is_empty()
            && !own.eq_ignore_ascii_case(key)
        {
            *own = key.to_owned();
            changed = true;
        }
    };
    let cluster = &mut document["openShiftCluster"];
    let id = cluster["id"].as_str().unwrap_or_default();
    if let (Some((parent, _)), Some((_, name))) = (id.rsplit_once('/'), text("key").rsplit_once('/'))
        && !id.eq_ignore_ascii_case(text("key"))
    {
        let id = format!("{parent}/{name}");
        follow(cluster.get_mut("name"), name);
        follow(cluster.get_mut("id"), &id);
    }
    follow(
        cluster.pointer_mut("/properties/clusterProfile/resourceGroupId"),
        text("clusterResourceGroupIdKey"),
    );
    follow(
        cluster.pointer_mut("/properties/servicePrincipalProfile/clientId"),
        text("clientIdKey"),
    );
    changed
}

/// Makes a reply comparable leaf by leaf: a JSON body is taken apart, and whether it was indented is a leaf of its own
/// (the order of members is what the convert cases compare). Message texts are ours. Lengths follow from the bodies.
pub(crate) fn canonical(response: &mut Value) {
    if let Some(headers) = response["headers"].as_object_mut() {
        headers.remove("Content-Length");
    }
    let Some(text) = response.get("bodyText").and_then(Value::as_str).map(str::to_owned) else {
        return;
    };
    let Ok(mut value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str::<Value>(&text) else {
        return;
    };
    let Some(members) = response.as_object_mut() else {
        return;
    };
    members.remove("bodyText");
    // What has messages was recorded without its form.
    if !blank_messages(&mut value) {
        let lines = text.strip_suffix('\n');
        let form = match lines {
            Some(lines) if !lines.contains('\n') => "compact",
            Some(lines) if lines.lines().nth(1).is_some_and(|line| line.starts_with("    \"")) => "indented",
            _ => "other",
        };
        members.insert("bodyForm".to_owned(), Value::from(form));
    }
    members.insert("body".to_owned(), value);
}

/// Replaces message texts, and says whether there was one.
pub(crate) fn blank_messages(value: &mut Value) -> bool {
    match value {
        Value::Object(members) => {
            let mut found = false;
            for (name, member) in members {
                if name == "message" && member.is_string() {
                    *member = Value::from("<message>");
                    found = true;
                } else {
                    found |= blank_messages(member);
                }
            }
            found
        }
        Value::Array(elements) => {
            // All of them, not only up to the first that has one.
            let found: Vec<bool> = elements.iter_mut().map(blank_messages).collect();
            found.contains(&true)
        }
        _ => false,
    }
}

/// The recording's tokens say how many clusters were shown before; ours say nothing to those who lack the key.
#[derive(Default)]
pub(super) struct SkipTokens {
    /// Recorded token, ours.
    pairs: BTreeMap<String, String>,
}

impl SkipTokens {
    /// The path with our token in the place of a recorded one.
    pub(super) fn ours(&self, path: &str) -> String {
        self.pairs
            .iter()
            .fold(path.to_owned(), |path, (recorded, ours)| path.replace(recorded, ours))
    }

    /// Puts the recorded token in the place of ours. Pages are of ten.
    pub(super) fn translate(&mut self, response: &mut Value) {
        let Some(link) = response["body"]
            .get("nextLink")
            .and_then(Value::as_str)
            .map(str::to_owned)
        else {
            return;
        };
        let Some((_, rest)) = link.split_once("skipToken=") else {
            return;
        };
        let ours = rest.split('&').next().unwrap_or_default().to_owned();
        let recorded = STANDARD.encode("FAKE10");
        response["body"]["nextLink"] = Value::from(link.replace(&ours, &recorded));
        self.pairs.insert(recorded, ours);
    }
}
