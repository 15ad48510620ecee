//! Single-object conversations with a real API server, replayed through the functions the server is made of.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use aro_sim_kube::managed_fields::{self, ApplyError, Writer};
use aro_sim_kube::{crd, patch, schema};
use serde_json::{Value, json};

/// The time of every write.
const NOW: &str = "2020-01-01T00:00:00Z";

/// The recorded conversations beside the checkout; `None` where they are absent.
fn recorded() -> Option<Vec<Value>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .find(|path| path.join("Cargo.lock").exists())?;
    let path: PathBuf = root.parent()?.join("shared/golden/kube.jsonl.gz");
    let Ok(file) = std::fs::File::open(&path) else {
        println!("skipped: {} is absent", path.display());
        return None;
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let text = text
        .replace("<time>", NOW)
        .replace("<time:micro>", "2020-01-01T00:00:00.000000Z");
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

struct Object {
    value: Value,
}

type Gvk = (String, String, String);

fn gvk(value: &Value) -> Option<Gvk> {
    let api_version = value["apiVersion"].as_str()?;
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    Some((group.to_owned(), version.to_owned(), value["kind"].as_str()?.to_owned()))
}

/// What the answer says, less what only a server knows.
fn told(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(meta) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        for name in ["uid", "resourceVersion", "creationTimestamp", "namespace", "generation"] {
            meta.remove(name);
        }
    }
    value
}

fn untimed(value: &mut Value) {
    if let Some(entries) = value
        .pointer_mut("/metadata/managedFields")
        .and_then(Value::as_array_mut)
    {
        for entry in entries {
            if entry.get("time").is_some() {
                entry["time"] = json!(NOW);
            }
        }
    }
}

struct Step<'a> {
    method: &'a str,
    kind: &'a str,
    body: &'a Value,
    manager: &'a str,
    force: bool,
}

fn run(gvk: &Gvk, current: Option<&Value>, step: &Step<'_>) -> Result<Value, String> {
    let (group, version, kind) = (gvk.0.as_str(), gvk.1.as_str(), gvk.2.as_str());
    let key = (group, version, kind);
    let ty = schema::lookup(group, version, kind).ok_or("unknown kind")?;
    let api_version = if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    };
    let writer = Writer {
        manager: step.manager,
        api_version: &api_version,
        subresource: "",
        time: NOW,
        ty,
        types: &|_| None,
        dropped: &[&["f:status"]],
    };
    let empty = schema::empty(ty);
    let before = current.unwrap_or(&empty);
    let decode = |value: &Value| schema::decode(ty, value).map(|decoded| decoded.value);
    let mut object = match (step.method, step.kind) {
        ("POST" | "PUT", _) => decode(step.body).map_err(|error| error.to_string())?,
        (_, "application/json-patch+json") => {
            decode(&patch::json(before, step.body).map_err(|error| error.to_string())?)
                .map_err(|error| error.to_string())?
        }
        (_, "application/merge-patch+json") => decode(&patch::merge(before, step.body)).map_err(|error| {
            format!(
                " \"\" is invalid: patch: Invalid value: {}: {error}",
                Value::from(patch::quoted(ty, &patch::merge(before, step.body), step.body))
            )
        })?,
        (_, "application/strategic-merge-patch+json") => {
            let merged = patch::strategic(before, step.body, ty).map_err(|error| error.to_string())?;
            decode(&merged).map_err(|error| {
                let printed = Value::from(patch::printed(step.body));
                format!(" \"\" is invalid: patch: Invalid value: {printed}: {}", error.merged())
            })?
        }
        (_, "application/apply-patch+yaml") => {
            let applied =
                managed_fields::apply(before, step.body, &writer, step.force).map_err(|error| match error {
                    ApplyError::Conflicts(conflicts) => conflicts.to_string(),
                    other => other.to_string(),
                })?;
            let mut object = decode(&applied.object).map_err(|error| error.to_string())?;
            schema::default(key, &mut object);
            object
        }
        other => return Err(format!("no {other:?}")),
    };
    if current.is_none() && kind != "Node" && object["status"].is_object() {
        // The server drops the status of a new object before it notes who set what.
        object["status"] = empty["status"].clone();
    }
    if step.kind != "application/apply-patch+yaml" {
        schema::default(key, &mut object);
        managed_fields::update(before, &mut object, &writer);
    }
    match current {
        None => {
            schema::admit(key, &mut object, "xxxxx");
            object["metadata"]["uid"] = json!("<uid:1>");
            schema::prepare_create(key, &mut object);
        }
        Some(current) => {
            if let Some(status) = current.get("status") {
                object["status"] = status.clone();
            }
            schema::prepare_update(key, &mut object, current);
        }
    }
    let causes = match current {
        None => schema::validate_create(key, &object),
        Some(current) => schema::validate_update(key, &object, current, ""),
    };
    if causes.is_empty() {
        // What storage filled in is written as the type says.
        return decode(&object).map_err(|error| error.to_string());
    }
    let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    Err(schema::Invalid {
        group: group.to_owned(),
        kind: kind.to_owned(),
        name,
        causes,
    }
    .to_string())
}

/// The definitions of a scenario, by kind and version.
type Definitions = BTreeMap<(String, String), crd::Version>;

fn define(definition: &Value, definitions: &mut Definitions) {
    for version in definition["spec"]["versions"].as_array().into_iter().flatten() {
        let kind = definition["spec"]["names"]["kind"].as_str().unwrap_or_default();
        let version = crd::Version::parse(version);
        definitions.insert((kind.to_owned(), version.name.clone()), version);
    }
}

fn run_custom(gvk: &Gvk, custom: &crd::Version, current: Option<&Value>, step: &Step<'_>) -> Result<Value, String> {
    let api_version = format!("{}/{}", gvk.0, gvk.1);
    let dropped: &[&[&str]] = if custom.status { &[&["f:status"]] } else { &[] };
    let writer = Writer {
        manager: step.manager,
        api_version: &api_version,
        subresource: "",
        time: NOW,
        ty: custom.ty(),
        types: &|_| Some(custom.ty().clone()),
        dropped,
    };
    let empty = json!({});
    let before = current.unwrap_or(&empty);
    let read = |value: &Value| -> Result<Value, String> {
        let mut object = schema::decode_meta(value).map_err(|error| error.to_string())?.value;
        custom.prune(&mut object);
        custom.default(&mut object);
        Ok(object)
    };
    let mut object = match step.kind {
        "application/apply-patch+yaml" => {
            let applied =
                managed_fields::apply(before, step.body, &writer, step.force).map_err(|error| match error {
                    ApplyError::Conflicts(conflicts) => conflicts.to_string(),
                    other => other.to_string(),
                })?;
            read(&applied.object)?
        }
        "application/json-patch+json" => read(&patch::json(before, step.body).map_err(|error| error.to_string())?)?,
        "application/merge-patch+json" => read(&patch::merge(before, step.body))?,
        _ => read(step.body)?,
    };
    if custom.status {
        match before.get("status") {
            Some(status) => object["status"] = status.clone(),
            None => {
                object.as_object_mut().and_then(|object| object.remove("status"));
            }
        }
    }
    if step.kind != "application/apply-patch+yaml" {
        managed_fields::update(before, &mut object, &writer);
    }
    let causes = custom.validate(&object, current);
    if causes.is_empty() {
        return Ok(object);
    }
    let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    Err(schema::Invalid {
        group: gvk.0.clone(),
        kind: gvk.2.clone(),
        name,
        causes,
    }
    .to_string())
}

fn conversation(scenario: &Value) -> Result<usize, String> {
    let mut objects: BTreeMap<String, Object> = BTreeMap::new();
    let mut definitions = Definitions::new();
    for step in scenario["setup"].as_array().into_iter().flatten() {
        let request = if step["request"].is_object() {
            &step["request"]
        } else {
            step
        };
        define(&request["body"], &mut definitions);
    }
    let mut checked = 0;
    for (number, step) in scenario["steps"].as_array().into_iter().flatten().enumerate() {
        let (request, response) = (&step["request"], &step["response"]);
        if request["method"] == "POST" {
            define(&request["body"], &mut definitions);
        }
        let path = request["path"].as_str().unwrap_or_default();
        let method = request["method"].as_str().unwrap_or_default();
        let answer = &response["body"];
        let key = if method == "POST" {
            format!("{path}/{}", answer["metadata"]["name"].as_str().unwrap_or_default())
        } else {
            path.to_owned()
        };
        let status = response["status"].as_i64().unwrap_or(0);
        let stored = status < 300 && answer["metadata"]["uid"].is_string() && request["query"]["dryRun"].is_null();
        let content = request["headers"]["Content-Type"]
            .as_str()
            .unwrap_or("application/json");
        let current = objects.get(&key).map(|object| object.value.clone());
        let kind = gvk(answer)
            .or_else(|| gvk(&request["body"]))
            .filter(|gvk| gvk.2 != "Status")
            .or_else(|| current.as_ref().and_then(gvk))
            .or_else(|| gvk(&request["body"]));
        // Names, versions and metadata are the server's own matter.
        let message = answer["message"].as_str().unwrap_or_default();
        let elsewhere = status >= 400
            && ([
                "the name of the object",
                "already exists",
                "not found",
                "uid mismatch",
                "the object has been modified",
            ]
            .iter()
            .any(|text| message.contains(text))
                || message.contains("invalid: metadata.") && !message.contains("metadata.taints")
                || message.contains("should not be set on objects"))
            || answer["metadata"]["name"]
                .as_str()
                .is_some_and(|name| name.starts_with("<generated"));
        let interesting = !elsewhere
            && matches!(method, "POST" | "PUT" | "PATCH")
            && request["body"].is_object() | request["body"].is_array()
            && request["query"]
                .as_object()
                .is_none_or(|query| query.keys().all(|name| name == "fieldManager" || name == "force"));
        if let (true, Some(kind)) = (interesting, kind) {
            let agent = request["headers"]["User-Agent"].as_str().unwrap_or("recorder/1.0");
            let manager = request["query"]["fieldManager"]
                .as_str()
                .unwrap_or(agent.split('/').next().unwrap_or_default());
            let one = Step {
                method,
                kind: content,
                body: &request["body"],
                manager,
                force: request["query"]["force"] == "true",
            };
            let custom = definitions
                .get(&(kind.2.clone(), kind.1.clone()))
                .filter(|_| kind.0.contains('.'));
            if (custom.is_some() || schema::lookup(&kind.0, &kind.1, &kind.2).is_some())
                && (current.is_some() || method == "POST" || content.contains("apply"))
            {
                let mut current = current.clone();
                if let Some(current) = &mut current {
                    untimed(current);
                }
                let result = match custom {
                    Some(custom) => run_custom(&kind, custom, current.as_ref(), &one),
                    None => run(&kind, current.as_ref(), &one),
                };
                match (result, status) {
                    (Ok(mut ours), 200..300) => {
                        let mut theirs = answer.clone();
                        untimed(&mut ours);
                        untimed(&mut theirs);
                        let (ours, theirs) = (told(&ours), told(&theirs));
                        let mut differences = Vec::new();
                        differ("", &theirs, &ours, &mut differences);
                        if !differences.is_empty() {
                            return Err(format!("step {number}: {}", differences.join("\n    ")));
                        }
                        checked += 1;
                    }
                    (Err(ours), 400..) => {
                        let theirs = answer["message"].as_str().unwrap_or_default();
                        let ours = ours.replace("\\\\u003c", "<").replace("\\\\u003e", ">");
                        if !theirs.ends_with(&ours) {
                            return Err(format!(
                                "step {number}: {status}\n    theirs {theirs}\n    ours   {ours}"
                            ));
                        }
                        checked += 1;
                    }
                    (Ok(_), _) => return Err(format!("step {number}: not refused: {status} {}", answer["message"])),
                    (Err(ours), _) => return Err(format!("step {number}: refused: {ours}")),
                }
            }
        }
        if stored && gvk(answer).is_some_and(|gvk| gvk.2 != "Status") && path.matches('/').count() < 9 {
            objects.insert(key, Object { value: answer.clone() });
        } else if method == "DELETE" && status < 300 {
            objects.remove(&key);
        }
    }
    Ok(checked)
}

fn differ(path: &str, theirs: &Value, ours: &Value, out: &mut Vec<String>) {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => {
            for (name, value) in theirs {
                match ours.get(name) {
                    Some(own) => differ(&format!("{path}/{name}"), value, own, out),
                    None => out.push(format!("missing {path}/{name} = {value}")),
                }
            }
            for (name, value) in ours {
                if !theirs.contains_key(name) {
                    out.push(format!("surplus {path}/{name} = {value}"));
                }
            }
        }
        (Value::Array(theirs), Value::Array(ours)) if theirs.len() == ours.len() => {
            for (index, (theirs, ours)) in theirs.iter().zip(ours).enumerate() {
                differ(&format!("{path}/{index}"), theirs, ours, out);
            }
        }
        (Value::String(theirs), Value::String(_)) if theirs.starts_with('<') => {}
        _ if theirs != ours => out.push(format!("{path}: theirs {theirs} ours {ours}")),
        _ => {}
    }
}

#[test]
fn conversations_about_one_object() {
    let Some(scenarios) = recorded() else { return };
    let only = std::env::var("ONLY").unwrap_or_default();
    let (mut right, mut steps, mut wrong) = (0, 0, Vec::new());
    for scenario in scenarios
        .iter()
        .filter(|scenario| scenario["id"].as_str().unwrap_or_default().contains(&only))
    {
        let id = scenario["id"].as_str().unwrap_or_default();
        if id.starts_with("kubers") || id.starts_with("kubectl") || id.starts_with("discovery") {
            continue;
        }
        match conversation(scenario) {
            Ok(0) => {}
            Ok(count) => {
                right += 1;
                steps += count;
            }
            Err(error) => wrong.push(format!("{id}: {error}")),
        }
    }
    for line in &wrong {
        println!("{line}");
    }
    println!("{right} conversations right in {steps} steps, {} wrong", wrong.len());
    assert!(!only.is_empty() || right >= 195, "some that were right are wrong now");
}

#[test]
fn bodies_of_go_clients_are_read() {
    use base64::Engine as _;
    let Some(scenarios) = recorded() else { return };
    let mut read = 0;
    for step in scenarios
        .iter()
        .flat_map(|scenario| scenario["steps"].as_array().into_iter().flatten())
    {
        let Some(body) = step["request"]["bodyBase64"].as_str() else {
            continue;
        };
        let body = base64::engine::general_purpose::STANDARD.decode(body).unwrap();
        if body.starts_with(schema::MAGIC) {
            let object = schema::protobuf(&body).unwrap();
            println!("{object}");
            read += 1;
        }
    }
    assert!(read >= 4, "{read} read");
}
