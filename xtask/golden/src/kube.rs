//! Conversations with a Kubernetes API server, replayed in process against the simulated one.
//!
//! What comes out is put into the recorded form: a value that a placeholder stands for becomes the placeholder, as long
//! as it is the same everywhere. Time stands still for the objects and runs as fast as it may for the waiting.

pub(crate) mod deviations;
mod matching;
mod sending;

use aro_sim_kube::{ApiServer, Authorization, Controllers, ManualClock, NoCredentials, User};
use serde_json::{Value, json};
use time::macros::datetime;

use self::sending::Client;
use crate::case::Context;

/// Replays a conversation. Returns the recorded steps with our answers in them.
pub(crate) fn run(case: &Value, _: &Context) -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(replay(case)),
        Err(error) => json!({"harness": error.to_string()}),
    }
}

fn server(case: &Value) -> ApiServer {
    let (authorization, nobody) = match case["server"].as_str() {
        Some("B") => (Authorization::Rbac, NoCredentials::Anonymous),
        _ => (Authorization::AlwaysAllow, NoCredentials::Refused),
    };
    ApiServer::builder()
        .authorization(authorization)
        .no_credentials(nobody)
        .controllers(Controllers::NONE)
        .clock(ManualClock::new(datetime!(2026-11-22 07:00:00 UTC)))
        .token(
            "admin",
            User {
                uid: "admin-uid".to_owned(),
                ..User::new("admin").group("system:masters")
            },
        )
        .token(
            "alice",
            User {
                uid: "alice-uid".to_owned(),
                ..User::new("alice").group("dev")
            },
        )
        .token(
            "bob",
            User {
                uid: "bob-uid".to_owned(),
                ..User::new("bob").group("ops")
            },
        )
        .version(json!({
            "major": "1",
            "minor": "36",
            "emulationMajor": "1",
            "emulationMinor": "36",
            "minCompatibilityMajor": "1",
            "minCompatibilityMinor": "35",
            "gitVersion": "v1.36.2",
            "gitCommit": "0000000000000000000000000000000000000000",
            "gitTreeState": "clean",
            "buildDate": "2026-08-21T11:29:11Z",
            "goVersion": "go1.26",
            "compiler": "gc",
            "platform": "linux/amd64",
        }))
        .random_seed(1)
        .build()
}

async fn replay(case: &Value) -> Value {
    let server = server(case);
    let mut client = Client::new(server.clone(), case);
    let empty = Vec::new();
    if case["steps"].to_string().contains("/v1/gadgets") && !case["setup"].to_string().contains("gadgets.example.com") {
        // The recorded server knew it from a neighbour.
        drop(server.seed(json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "gadgets.example.com"},
            "spec": {
                "group": "example.com",
                "scope": "Cluster",
                "names": {"plural": "gadgets", "singular": "gadget", "kind": "Gadget", "listKind": "GadgetList"},
                "versions": [{"name": "v1", "served": true, "storage": true,
                    "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}],
            },
        })));
    }
    for (index, setup) in case["setup"].as_array().unwrap_or(&empty).iter().enumerate() {
        let status = client.send(&setup["request"]).await.status;
        if status >= 400 && status != 409 {
            return json!({"setup": {"step": index, "status": status}});
        }
    }
    let mut steps = Vec::new();
    for (index, step) in case["steps"].as_array().unwrap_or(&empty).iter().enumerate() {
        // Where the storage was compacted, it was after the writes before the first read of the past.
        let reads_past = step["request"]["query"]["continue"].is_string();
        if case["server"] == "C" && reads_past && index > 0 && steps_before_wrote(case, index) {
            server.compact(server.revision().saturating_sub(1));
        }
        let mut done = step.clone();
        let path = step["request"]["path"].as_str().unwrap_or_default();
        let cached = case["id"].as_str().is_some_and(|id| id.starts_with("kubectl."))
            && (path.starts_with("/openapi") || is_discovery(path));
        let open = step["response"]["note"]
            .as_str()
            .is_some_and(|note| note.starts_with("stream"));
        done["response"] = if open {
            // What a stream said was not kept with the step.
            step["response"].clone()
        } else if cached && matches!(step["response"]["status"].as_u64(), Some(200 | 304)) {
            // Depends on what the client had in its cache: that it is answered is what counts.
            let sent = client.send(&step["request"]).await;
            let mut response = step["response"].clone();
            if !matches!(sent.status, 200 | 304) {
                response["status"] = Value::from(sent.status);
            }
            response
        } else if case["replay"] == false {
            shape(&server, &mut client, &format!("/steps/{index}"), step).await
        } else {
            client.step(&format!("/steps/{index}"), step, &mut done).await
        };
        steps.push(done);
    }
    let mut outcome = json!({"steps": steps});
    if let Some(disorder) = client.matching.disorder(case) {
        outcome["rvOrder"] = Value::from(disorder);
    }
    outcome
}

/// `/api`, `/api/V`, `/apis`, `/apis/G` and `/apis/G/V`.
fn is_discovery(path: &str) -> bool {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    matches!(
        segments.as_slice(),
        ["api"] | ["api", _] | ["apis"] | ["apis", _] | ["apis", _, _]
    )
}

fn steps_before_wrote(case: &Value, index: usize) -> bool {
    case["steps"][index - 1]["request"]["method"] == "POST"
}

/// A request out of a longer run: the object it is about is put there. A refusal, and an object that is new, do not
/// depend on the run: their bodies are compared whole. Of all else status and kind are.
async fn shape(server: &ApiServer, client: &mut Client, at: &str, step: &Value) -> Value {
    let recorded = &step["response"];
    let request = &step["request"];
    client.seed_for(server, request, recorded).await;
    if recorded["status"].is_null() {
        // The client went before the answer came.
        return recorded.clone();
    }
    let sent = client.send(request).await;
    let new = recorded["status"] == 201
        && request["path"]
            .as_str()
            .is_some_and(|path| path.starts_with("/api/v1/"));
    if recorded["body"]["kind"] == "Status" || new {
        client.matching.forget();
        return client.read(at, recorded, &sent, false);
    }
    let mut response = recorded.clone();
    response["status"] = Value::from(sent.status);
    let ours: Value = serde_json::from_slice(&sent.body).unwrap_or_default();
    if let Some(token) = ours["metadata"]["continue"].as_str() {
        client.matching.suppose("continue", token);
    }
    if recorded["body"]["kind"].is_string() {
        response["body"]["kind"] = ours["kind"].clone();
    }
    response
}
