//! A Kubernetes API server in memory.
//!
//! It answers as a real one does: one counter of revisions, lists with selectors and pages, watches with history,
//! bookmarks and 410 Gone, conflicts, dry runs, finalizers, graceful deletion, owners, subresources, custom resources,
//! discovery, tables, roles. There is no kubelet and no scheduler; a test plays them with [`ApiServer::edit`].
//!
//! It is a [`tower::Service`], so a client in the same process takes it as it is; [`serve()`] puts it behind HTTPS for
//! `kubectl` and for clients in other languages. The crate knows no client: with `kube` it is used so:
//!
//! ```
//! use aro_sim_kube::{ApiServer, Fault};
//! use k8s_openapi::api::core::v1::ConfigMap;
//! use kube::api::{Api, PostParams};
//! use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = ApiServer::default();
//! server.seed(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "worker-0"}}))?;
//!
//! let client = kube::Client::new(server.clone(), "default");
//! let maps: Api<ConfigMap> = Api::default_namespaced(client);
//! let mut map = ConfigMap::default();
//! map.metadata.name = Some("settings".to_owned());
//! let created = maps.create(&PostParams::default(), &map).await?;
//! assert!(created.metadata.uid.is_some());
//!
//! // The next read fails once, as if the server were overloaded.
//! let fault = server.fault(|request| {
//!     (request.verb == "get").then_some(Fault::Refuse { code: 429, retry_after: None })
//! });
//! assert!(maps.get("settings").await.is_err());
//! drop(fault);
//! assert!(maps.get("settings").await.is_ok());
//!
//! let verbs: Vec<String> = server.requests().into_iter().map(|request| request.verb).collect();
//! assert_eq!(verbs, ["create", "get", "get"]);
//! # Ok(())
//! # }
//! ```

mod admission;
mod audit;
mod auth;
mod body;
mod bootstrap;
mod builder;
mod call;
mod clock;
mod content;
mod controllers;
pub mod crd;
mod crds;
mod direct;
mod discovery;
mod dispatch;
mod faults;
mod fields;
mod lifecycle;
mod listener;
pub mod managed_fields;
mod meta;
mod negotiate;
mod openapi;
mod options;
pub mod patch;
mod path;
mod policy;
mod protobuf;
mod query;
mod rbac_escalation;
mod registry;
mod render;
pub mod schema;
mod selector;
mod serve;
mod server;
mod services;
mod status;
mod storage;
mod subresources;
mod table;
mod types;
mod verbs;
mod webhooks;
mod world;

pub use audit::Record;
pub use auth::{Authorization, MASTERS, NoCredentials, User};
pub use builder::{Builder, Controllers};
pub use call::Body;
pub use clock::{Clock, ManualClock, SystemClock};
pub use content::{
    Bytestream, ExecFuture, ExecOutput, ExecRequest, LogRequest, NoContent, PodContent, Port, ProxyTarget,
};
pub use faults::{Fault, FaultGuard, Request as FaultRequest};
pub use listener::{Peer, accept, converse};
pub use serve::{serve, serve_many};
pub use server::{ApiServer, Collection, WeakApiServer};
pub use status::{Cause, Status};
pub use webhooks::{WebhookResolver, WebhookService};
