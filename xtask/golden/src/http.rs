//! Conversations with the whole frontend, in process: a fresh store for each case, filled as recorded, a clock that
//! stands still and ids that count up.

pub(crate) mod apply;
pub(crate) mod as_if;
mod conditions;
pub(crate) mod deviations;
mod documents;
pub(crate) mod recorded;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aro_frontend::auth::{Audience, Authorizer, Knock, Refusal};
use aro_frontend::{
    AcceptAll, Clock, Links, NoDetectors, NoEnrichment, NoProgress, Parts, RandomError, RandomSource, Settings, router,
};
use aro_store::{IdKind, IdSource, KeyRing, PageTokenKey, Store, StoreConfig};
use aro_telemetry::Registry;
use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::macros::datetime;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use uuid::Uuid;

use crate::case::{self, Context};

/// When everything happens.
const NOW: OffsetDateTime = datetime!(2024-06-07 08:09:10.123456789 UTC);

/// Replays a conversation. Returns the replies and what the store holds afterwards, in the recorded form.
pub(crate) fn run(case: &Value, _: &Context) -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime
            .block_on(replay(case))
            .unwrap_or_else(|error| json!({"harness": error.to_string()})),
        Err(error) => json!({"harness": error.to_string()}),
    }
}

type Failure = Box<dyn std::error::Error>;

async fn replay(case: &Value) -> Result<Value, Failure> {
    let folder = tempfile::tempdir()?;
    let store = Store::open_sqlite(
        folder.path().join("rp.db"),
        StoreConfig::default(),
        KeyRing::ephemeral()?,
        Arc::new(aro_store::RandomIds),
    )
    .await?;
    documents::fill(&store, &case["fixture"]).await?;

    let options = &case["options"];
    if options.get("dbError").is_some() {
        // A store that answers nothing is as close as one can get to a database whose calls all fail.
        store.close().await;
    }
    let role_sets = case["fixture"]["roleSets"].as_array().map_or(0, Vec::len);
    let router = router(parts(store.clone(), options, role_sets)?);
    let mut steps = Vec::new();
    let mut tokens = recorded::SkipTokens::default();
    for step in case["steps"].as_array().into_iter().flatten() {
        let mut response = send(&router, &step["request"], &tokens).await?;
        tokens.translate(&mut response);
        steps.push(json!({"request": step["request"], "response": response}));
    }
    let mut outcome = json!({"steps": steps});
    let after = if options.get("dbError").is_some() {
        // What the fixture put there could not have been changed, and cannot be read.
        case["dbAfter"].clone()
    } else {
        documents::dump(&store).await?
    };
    outcome["dbAfter"] = after;
    store.close().await;
    Ok(outcome)
}

fn parts(store: Store, options: &Value, role_sets: usize) -> Result<Parts, Failure> {
    let flag = |name: &str| options.get(name).and_then(Value::as_bool).unwrap_or(false);
    let links = Links::new(
        ["https://management.azure.com".parse()?],
        "https://localhost:8443".parse()?,
    );
    let mut settings = Settings::new("eastus", "eastus.aroapp.io", links);
    settings.require_d2s_workers = flag("requireD2sV3Workers");
    settings.gateway_enabled = !flag("isLocalDevelopmentMode");
    settings.readiness_delay = if flag("disableReadinessDelay") {
        Duration::ZERO
    } else {
        Duration::from_secs(120)
    };
    settings.write_pause = Duration::ZERO;
    Ok(Parts {
        store,
        clock: Arc::new(Standing),
        ids: Arc::new(Counting {
            // Ids go on where those of the fixture end.
            role_sets: AtomicU64::new(role_sets as u64),
            ..Counting::default()
        }),
        random: Arc::new(Ones),
        page_token_key: Arc::new(PageTokenKey::ephemeral()?),
        validators: Arc::new(AcceptAll),
        enricher: Arc::new(NoEnrichment),
        detectors: Arc::new(NoDetectors),
        progress: Arc::new(NoProgress),
        authorizer: Arc::new(Everybody {
            but_arm: flag("denyArm"),
            but_admin: flag("denyAdmin"),
        }),
        metrics: Registry::new(),
        settings,
        stopping: CancellationToken::new(),
    })
}

async fn send(router: &Router, request: &Value, tokens: &recorded::SkipTokens) -> Result<Value, Failure> {
    let text = |name: &str| request[name].as_str().unwrap_or_default();
    let mut builder = Request::builder()
        .method(Method::from_bytes(text("method").as_bytes())?)
        .uri(tokens.ours(text("path")))
        .header("host", "golden.local");
    for (name, value) in request["headers"].as_object().into_iter().flatten() {
        builder = builder.header(name, value.as_str().unwrap_or_default());
    }
    let body = match request["spaceBody"].as_u64() {
        Some(length) => vec![b' '; usize::try_from(length)?],
        None => case::body(request),
    };
    let reply = router.clone().oneshot(builder.body(Body::from(body))?).await?;

    let (parts, body) = reply.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await?;
    let mut response = json!({"status": parts.status.as_u16(), "headers": headers(&parts.headers)});
    let mut text = String::from_utf8(body.to_vec())?;
    if request["method"] == "HEAD" {
        // The server sends no body then; in process it is still there.
        text.clear();
    }
    response["bodyText"] = Value::from(text);
    recorded::canonical(&mut response);
    Ok(response)
}

/// Headers in the recorded form.
fn headers(headers: &HeaderMap) -> Value {
    let mut shown: Map<String, Value> = Map::new();
    for name in headers.keys() {
        let values: Vec<&str> = headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        let canonical: String = name
            .as_str()
            .split('-')
            .map(|part| {
                part.chars()
                    .take(1)
                    .flat_map(char::to_uppercase)
                    .chain(part.chars().skip(1))
                    .collect()
            })
            .collect::<Vec<String>>()
            .join("-");
        match canonical.as_str() {
            // Left out of the recording, although the reference sends the latter.
            "Etag" | "Allow" => {}
            "X-Ms-Request-Id" => {
                shown.insert(canonical, json!(["<uuid>"]));
            }
            _ => {
                shown.insert(canonical, json!(values));
            }
        }
    }
    Value::Object(shown)
}

struct Standing;

impl Clock for Standing {
    fn now(&self) -> OffsetDateTime {
        NOW
    }
}

#[derive(Debug, Default)]
struct Counting {
    clusters: AtomicU64,
    operations: AtomicU64,
    manifests: AtomicU64,
    role_sets: AtomicU64,
}

impl IdSource for Counting {
    fn new_id(&self, kind: IdKind) -> Uuid {
        let (byte, counter) = match kind {
            IdKind::Cluster => (1, &self.clusters),
            IdKind::Operation => (2, &self.operations),
            IdKind::Manifest => (7, &self.manifests),
            IdKind::RoleSet => (8, &self.role_sets),
            _ => return Uuid::from_bytes([0xff; 16]),
        };
        // 02020202-0202-0202-0202-020202020001 is the first operation.
        let number = counter.fetch_add(1, Ordering::Relaxed) + 1;
        let mut bytes = [byte; 16];
        bytes[14] = 0;
        bytes[15] = u8::try_from(number).unwrap_or(u8::MAX);
        Uuid::from_bytes(bytes)
    }
}

struct Ones;

impl RandomSource for Ones {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), RandomError> {
        buffer.fill(1);
        Ok(())
    }
}

struct Everybody {
    but_arm: bool,
    but_admin: bool,
}

impl Everybody {
    fn denied(&self, audience: Audience) -> bool {
        match audience {
            Audience::Arm => self.but_arm,
            Audience::Admin => self.but_admin,
        }
    }
}

#[async_trait]
impl Authorizer for Everybody {
    async fn authorize(&self, audience: Audience, _: &Knock<'_>, _: OffsetDateTime) -> Result<(), Refusal> {
        if self.denied(audience) {
            Err(Refusal::new("denied by the case"))
        } else {
            Ok(())
        }
    }

    async fn readiness(&self, _: OffsetDateTime) -> Result<(), Refusal> {
        if self.but_arm || self.but_admin {
            Err(Refusal::new("denied by the case"))
        } else {
            Ok(())
        }
    }
}
