//! A controller with finalizer, apply and status against a server that drops watches and forgets revisions: it must miss
//! nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aro_sim_kube::{ApiServer, Fault};
use futures::StreamExt as _;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use kube::runtime::controller::{Action, Controller};
use kube::runtime::finalizer::{Event, finalizer};
use kube::runtime::watcher;
use kube::{Client, ResourceExt as _};
use serde_json::{Value, json};

use crate::client;

const EVENTS: usize = 1000;
const NAMES: u64 = 25;
const FINALIZER: &str = "example.com/external";

fn definition() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
            "versions": [{
                "name": "v1",
                "served": true,
                "storage": true,
                "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {
                    "type": "object",
                    "properties": {
                        "spec": {"type": "object", "properties": {"value": {"type": "integer"}}},
                        "status": {"type": "object", "properties": {"value": {"type": "integer"}}},
                    },
                }},
            }],
        },
    })
}

fn widgets() -> ApiResource {
    ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk("example.com", "v1", "Widget"), "widgets")
}

/// SplitMix64: the same events in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

/// The pause after a failed watch: the usual one grows to half a minute.
struct Brief;

impl Iterator for Brief {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        Some(Duration::from_millis(1))
    }
}

impl kube::runtime::utils::Backoff for Brief {
    fn reset(&mut self) {}
}

struct Context {
    client: Client,
    /// What the controller made outside the cluster, by name.
    external: std::sync::Mutex<BTreeMap<String, i64>>,
    reconciled: AtomicUsize,
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Failed(String);

async fn reconcile(widget: Arc<DynamicObject>, context: Arc<Context>) -> Result<Action, Failed> {
    context.reconciled.fetch_add(1, Ordering::Relaxed);
    let resource = widgets();
    let api: Api<DynamicObject> = Api::namespaced_with(context.client.clone(), "default", &resource);
    let step = |event| async {
        match event {
            Event::Apply(widget) => apply(&widget, &context).await,
            Event::Cleanup(widget) => {
                context.external.lock().unwrap().remove(&widget.name_any());
                Ok(Action::await_change())
            }
        }
    };
    finalizer(&api, FINALIZER, widget, step)
        .await
        .map_err(|error| Failed(error.to_string()))
}

async fn apply(widget: &DynamicObject, context: &Context) -> Result<Action, kube::Error> {
    let name = widget.name_any();
    let value = widget.data["spec"]["value"].as_i64().unwrap_or_default();
    context.external.lock().unwrap().insert(name.clone(), value);
    let maps: Api<ConfigMap> = Api::default_namespaced(context.client.clone());
    let owner = json!([{
        "apiVersion": "example.com/v1",
        "kind": "Widget",
        "name": name,
        "uid": widget.uid().unwrap_or_default(),
        "controller": true,
        "blockOwnerDeletion": true,
    }]);
    let child = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": format!("of-{name}"), "ownerReferences": owner},
        "data": {"value": value.to_string()},
    });
    let params = PatchParams::apply("widget-controller").force();
    maps.patch(&format!("of-{name}"), &params, &Patch::Apply(&child))
        .await?;
    let resource = widgets();
    let api: Api<DynamicObject> = Api::namespaced_with(context.client.clone(), "default", &resource);
    let status = json!({"status": {"value": value}});
    api.patch_status(&name, &PatchParams::default(), &Patch::Merge(&status))
        .await?;
    Ok(Action::await_change())
}

/// What the cluster must look like once the controller is done: every widget has its status and child, and nothing else.
fn settled(server: &ApiServer, context: &Context) -> Result<(), String> {
    let mut wanted = BTreeMap::new();
    for widget in server.list(("example.com", "widgets"), Some("default")) {
        let name = widget["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        if widget["metadata"].get("deletionTimestamp").is_some() {
            return Err(format!("{name} still goes"));
        }
        let value = widget["spec"]["value"].as_i64().unwrap_or_default();
        if widget["status"]["value"].as_i64() != Some(value) {
            return Err(format!("{name} has the status {} and not {value}", widget["status"]));
        }
        wanted.insert(name, value);
    }
    let children: BTreeMap<String, String> = server
        .list(("", "configmaps"), Some("default"))
        .iter()
        .filter_map(|map| {
            let name = map["metadata"]["name"].as_str()?.strip_prefix("of-")?.to_owned();
            Some((name, map["data"]["value"].as_str()?.to_owned()))
        })
        .collect();
    let expected: BTreeMap<String, String> = wanted
        .iter()
        .map(|(name, value)| (name.clone(), value.to_string()))
        .collect();
    if children != expected {
        return Err(format!("children are {children:?} and not {expected:?}"));
    }
    if *context.external.lock().unwrap() != wanted {
        return Err("what is outside differs".to_owned());
    }
    Ok(())
}

#[tokio::test]
async fn a_controller_misses_nothing_through_a_thousand_events() {
    let server = ApiServer::builder().history(40).random_seed(7).build();
    server.seed(definition()).unwrap();
    let context = Arc::new(Context {
        client: client(&server),
        external: std::sync::Mutex::default(),
        reconciled: AtomicUsize::new(0),
    });
    let (cut, expired) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let dice = std::sync::Mutex::new(Dice(1));
    let (counted_cut, counted_expired) = (Arc::clone(&cut), Arc::clone(&expired));
    let _faults = server.fault(move |request| {
        let mut dice = dice.lock().unwrap();
        match request.verb {
            "watch" => {
                let events = usize::try_from(dice.roll(40)).unwrap();
                if dice.roll(2) == 0 {
                    counted_cut.fetch_add(1, Ordering::Relaxed);
                    Some(Fault::CutWatch { events })
                } else {
                    counted_expired.fetch_add(1, Ordering::Relaxed);
                    Some(Fault::ExpireWatch { events })
                }
            }
            "list" if dice.roll(10) == 0 => Some(Fault::Refuse {
                code: 500,
                retry_after: None,
            }),
            _ => None,
        }
    });
    let resource = widgets();
    let api: Api<DynamicObject> = Api::namespaced_with(client(&server), "default", &resource);
    let maps: Api<ConfigMap> = Api::default_namespaced(client(&server));
    let controller = Controller::new_with(api.clone(), watcher::Config::default(), resource.clone())
        .with_config(kube::runtime::controller::Config::default().debounce(Duration::ZERO))
        .trigger_backoff(Brief)
        .owns(maps, watcher::Config::default())
        .run(
            reconcile,
            |_, _, _| Action::requeue(Duration::from_millis(20)),
            Arc::clone(&context),
        )
        .for_each(|_| std::future::ready(()));
    let running = tokio::spawn(controller);

    let mut dice = Dice(42);
    let mut values = 0;
    for event in 0..EVENTS {
        let name = format!("w{}", dice.roll(NAMES));
        match dice.roll(10) {
            0..=3 => {
                values += 1;
                let widget = json!({
                    "apiVersion": "example.com/v1",
                    "kind": "Widget",
                    "metadata": {"name": name},
                    "spec": {"value": values},
                });
                let widget: DynamicObject = serde_json::from_value(widget).unwrap();
                // It may be there already: then the event is another try of the same.
                drop(api.create(&PostParams::default(), &widget).await);
            }
            4..=6 => {
                values += 1;
                let patch = json!({"spec": {"value": values}});
                drop(api.patch(&name, &PatchParams::default(), &Patch::Merge(&patch)).await);
            }
            7 => {
                // Somebody meddles with the child.
                server.edit(("", "configmaps"), Some("default"), &format!("of-{name}"), |map| {
                    map["data"]["value"] = json!("meddled");
                });
            }
            8 => drop(api.delete(&name, &DeleteParams::default()).await),
            _ => {
                server.cut_watches();
                if dice.roll(4) == 0 {
                    server.compact(server.revision());
                }
            }
        }
        if event % 5 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let mut changes = server.changes(("", "configmaps")).unwrap();
    let done = async {
        while settled(&server, &context).is_err() {
            // Either the next change or a moment for the work outside.
            drop(tokio::time::timeout(Duration::from_millis(20), changes.changed()).await);
        }
    };
    let outcome = tokio::time::timeout(Duration::from_secs(60), done).await;
    assert!(outcome.is_ok(), "{:?}", settled(&server, &context));
    running.abort();
    let names: BTreeSet<String> = server.requests().iter().map(|request| request.verb.clone()).collect();
    assert!(names.contains("watch"));
    assert!(cut.load(Ordering::Relaxed) > 10 && expired.load(Ordering::Relaxed) > 10);
    assert!(context.reconciled.load(Ordering::Relaxed) > 100);
}
