//! Looking into the world and ordering failures, over plain http on loopback.

pub(crate) mod calls;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::{Path, Query, State as Extract};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::arm::types::compute;
use crate::arm::types::network::limit_key;
use crate::faults::{FaultRule, RuleStatus};
use crate::hive::failures::InstallFailure;
use crate::openshift::clusters;
use crate::openshift::events::{self, Event};
use crate::shared::Shared;
use crate::state::Status;

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/inspect", get(overview))
        .route("/inspect/resources", get(resources))
        .route("/inspect/operations", get(operations))
        .route("/inspect/directory", get(directory))
        .route("/inspect/installs", get(installs))
        .route("/inspect/installs/failures", post(fail_install))
        .route("/inspect/clusters", get(list_clusters))
        .route("/inspect/clusters/{domain}/events", post(event))
        .route("/inspect/limits/{subscription}/{usage}", put(set_limit))
        .route("/inspect/zones", put(set_zones))
        .route("/inspect/calls", get(list_calls).delete(reset_calls))
        .route("/faults", get(list_faults).post(add_faults).delete(remove_faults))
        .route("/faults/{id}", get(get_fault).delete(remove_fault))
        .route("/faults/{id}/release", post(release_fault))
        .with_state(shared)
}

type World = Extract<Arc<Shared>>;

async fn overview(Extract(shared): World) -> Json<Value> {
    let state = shared.state();
    Json(json!({
        "time": shared.clock.now_text(),
        "tenant": shared.facts.endpoints.tenant,
        "location": shared.facts.endpoints.location,
        "rp": shared.rp_urls(),
        "subscriptions": state.subscriptions.values().map(|one| json!({
            "id": one.id, "name": one.name, "registrations": one.registrations, "features": one.features,
        })).collect::<Vec<_>>(),
        "resources": state.resources.iter().count(),
        "operationsRunning": state.operations.values().filter(|one| one.status == Status::Running).count(),
        "links": ["/inspect/resources", "/inspect/operations", "/inspect/directory", "/inspect/installs", "/inspect/clusters",
            "/inspect/calls", "/faults"],
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResourceFilter {
    subscription: Option<String>,
    resource_group: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

async fn resources(Extract(shared): World, Query(filter): Query<ResourceFilter>) -> Json<Value> {
    let state = shared.state();
    let wanted = |key: &str, kind: &str| {
        let under = |wanted: &Option<String>, name: &str| {
            wanted.as_ref().is_none_or(|wanted| {
                let prefix = format!("/{name}/{}", wanted.to_lowercase());
                key.find(&prefix)
                    .is_some_and(|at| matches!(key.as_bytes().get(at + prefix.len()), None | Some(b'/')))
            })
        };
        under(&filter.subscription, "subscriptions")
            && under(&filter.resource_group, "resourcegroups")
            && filter
                .kind
                .as_ref()
                .is_none_or(|wanted| wanted.eq_ignore_ascii_case(kind))
    };
    let own = state
        .resources
        .iter()
        .filter(|(key, resource)| wanted(key, &resource.kind))
        .map(|(_, resource)| {
            json!({
                "id": resource.id, "name": resource.name, "type": resource.kind, "location": resource.location,
                "provisioningState": resource.property("provisioningState"), "createdAt": resource.created_at,
                "changedAt": resource.changed_at, "deleting": resource.deleting, "body": resource.body,
            })
        });
    let relayed = state.relayed.iter().filter(|(key, one)| wanted(key, &one.kind)).map(
        |(_, one)| json!({"id": one.id, "name": one.name, "type": one.kind, "location": one.location, "relayed": true}),
    );
    Json(json!({"value": own.chain(relayed).collect::<Vec<_>>()}))
}

async fn operations(Extract(shared): World) -> Json<Value> {
    let state = shared.state();
    Json(json!({"value": state.operations.values().collect::<Vec<_>>()}))
}

async fn directory(Extract(shared): World) -> Json<Value> {
    let state = shared.state();
    let applications = state.applications.values().map(|one| {
        json!({
            "appId": one.app_id, "id": one.object_id, "displayName": one.name,
            "secrets": one.secrets.len(), "certificates": one.certificates.len(),
        })
    });
    Json(json!({
        "applications": applications.collect::<Vec<_>>(),
        "servicePrincipals": state.principals.values().collect::<Vec<_>>(),
    }))
}

/// How the next installation by Hive is to end.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ending {
    failure: InstallFailure,
}

async fn fail_install(Extract(shared): World, Json(ending): Json<Ending>) -> StatusCode {
    shared.hive.order(ending.failure);
    StatusCode::NO_CONTENT
}

/// Which clusters there are.
async fn list_clusters(Extract(shared): World) -> Json<Value> {
    let state = shared.state();
    let clusters = state.clusters.iter().map(|(domain, one)| {
        json!({
            "domain": domain, "installedAt": one.installed_at, "infraId": one.request["infraId"],
            "resourceGroupId": one.request["resourceGroupId"], "version": one.request["version"],
        })
    });
    Json(json!({"value": clusters.collect::<Vec<_>>(), "living": shared.clusters.living()}))
}

/// Makes something happen in a cluster.
async fn event(
    Extract(shared): World,
    Path(domain): Path<String>,
    Json(event): Json<Event>,
) -> Result<StatusCode, (StatusCode, String)> {
    let work = move || {
        let live = clusters::find(&shared, &domain).map_err(|gone| format!("{domain}: {gone:?}"))?;
        events::happen(&live, &shared.facts.pki, &event, shared.clock.now())
    };
    let done = tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    done.map(|()| StatusCode::NO_CONTENT)
        .map_err(|error| (StatusCode::NOT_FOUND, error))
}

/// Sets how much of something a subscription may use: `cores`, a family of machine sizes, what the network provider counts.
async fn set_limit(
    Extract(shared): World,
    Path((subscription, usage)): Path<(String, String)>,
    Json(limit): Json<u64>,
) -> StatusCode {
    let mut state = shared.state();
    if !state.subscriptions.contains(&subscription.to_lowercase()) {
        return StatusCode::NOT_FOUND;
    }
    state.facts.put(limit_key(&subscription, &usage), json!(limit));
    StatusCode::NO_CONTENT
}

/// Says which availability zones the region has; an empty list for a region without them.
async fn set_zones(Extract(shared): World, Json(zones): Json<Vec<String>>) -> StatusCode {
    compute::set_zones(&mut shared.state(), &zones);
    StatusCode::NO_CONTENT
}

async fn installs(Extract(shared): World) -> Json<Value> {
    let state = shared.state();
    let installs = state.installs.iter().map(|(id, one)| {
        json!({"id": id, "stage": one.stage, "percent": one.percent, "status": one.status, "created": one.created})
    });
    Json(json!({"value": installs.collect::<Vec<_>>()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct After {
    #[serde(default)]
    after: u64,
}

async fn list_calls(Extract(shared): World, Query(After { after }): Query<After>) -> Json<Value> {
    Json(json!({"value": shared.calls.after(after)}))
}

async fn reset_calls(Extract(shared): World) -> StatusCode {
    shared.calls.reset();
    StatusCode::NO_CONTENT
}

async fn list_faults(Extract(shared): World) -> Json<Value> {
    Json(json!({"value": shared.faults.list()}))
}

async fn add_faults(Extract(shared): World, Json(rules): Json<Vec<FaultRule>>) -> (StatusCode, Json<Value>) {
    (StatusCode::CREATED, Json(json!({"ids": shared.faults.add(rules)})))
}

async fn remove_faults(Extract(shared): World) -> StatusCode {
    shared.faults.remove(None);
    StatusCode::NO_CONTENT
}

async fn remove_fault(Extract(shared): World, Path(id): Path<String>) -> StatusCode {
    if shared.faults.remove(Some(&id)) == 0 {
        StatusCode::NOT_FOUND
    } else {
        StatusCode::NO_CONTENT
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wait {
    wait: Option<String>,
    timeout_ms: Option<u64>,
}

/// With `wait=STATE` the answer comes when the rule is in that state, or after `timeout_ms` as it then stands.
async fn get_fault(
    Extract(shared): World,
    Path(id): Path<String>,
    Query(wait): Query<Wait>,
) -> Result<Json<RuleStatus>, StatusCode> {
    let status = match wait.wait {
        Some(state) => {
            let patience = Duration::from_millis(wait.timeout_ms.unwrap_or(30_000));
            tokio::select! {
                status = shared.faults.wait(&id, &state, patience) => status,
                () = shared.stop.cancelled() => None,
            }
        }
        None => shared.faults.get(&id),
    };
    status.map(Json).ok_or(StatusCode::NOT_FOUND)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    /// False: the held call is dropped, its connection reset, and nothing is done.
    #[serde(default = "yes")]
    perform: bool,
}

fn yes() -> bool {
    true
}

async fn release_fault(Extract(shared): World, Path(id): Path<String>, body: axum::body::Bytes) -> StatusCode {
    let perform = if body.is_empty() {
        true
    } else {
        match serde_json::from_slice::<Release>(&body) {
            Ok(release) => release.perform,
            Err(_) => return StatusCode::BAD_REQUEST,
        }
    };
    if shared.faults.release(&id, perform) {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::NOT_FOUND
    }
}
