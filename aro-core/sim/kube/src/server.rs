//! A running server: its handle, what tests do with it, and its state.

use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};

use axum::body::HttpBody;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::Value;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::audit::{Audit, Record};
use crate::auth::tokens::Tokens;
use crate::builder::{Builder, Options};
use crate::call::{Body, Target};
use crate::clock::Clock;
use crate::content::PodContent;
use crate::dispatch::handle;
use crate::faults::{self, Fault, FaultGuard, Faults};
use crate::negotiate::Form;
use crate::registry::Registry;
use crate::render;
use crate::status::Status;
use crate::storage::State;
use crate::world::{Allocated, World};

/// Bodies longer than this are refused.
const MAX_BODY: usize = 3 * 1024 * 1024;
/// The first object has the revision after this: a small number is always too old.
const FIRST_REVISION: u64 = 100;

/// Everything of one server.
pub(crate) struct Inner {
    world: Mutex<World>,
    pub(crate) options: Options,
    clock: Arc<dyn Clock>,
    pub(crate) content: Arc<dyn PodContent>,
    random: Mutex<u64>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) audit: Audit,
    pub(crate) tokens: Tokens,
    pub(crate) stopping: CancellationToken,
}

/// Ends the open watches with the last handle.
struct Owner(Arc<Inner>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.stopping.cancel();
    }
}

/// A Kubernetes API server in memory. Cloning gives another handle to the same server; watches end with the last.
///
/// It is a [`tower::Service`] over [`http::Request`] with any body, so that an in-process client (`kube::Client::new`)
/// takes it as it is, and any listener can serve it; [`crate::serve`] has one for HTTPS.
#[derive(Clone)]
pub struct ApiServer(Arc<Owner>);

/// A handle that does not keep its server, for what a server itself holds, such as its [`PodContent`].
#[derive(Clone)]
pub struct WeakApiServer(Weak<Owner>);

impl WeakApiServer {
    /// The server, unless the last handle to it is gone.
    #[must_use]
    pub fn upgrade(&self) -> Option<ApiServer> {
        self.0.upgrade().map(ApiServer)
    }
}

impl std::fmt::Debug for WeakApiServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WeakApiServer").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ApiServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiServer").finish_non_exhaustive()
    }
}

impl Default for ApiServer {
    fn default() -> Self {
        Self::builder().build()
    }
}

/// Which collection of objects is meant: group (empty for core) and plural name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Collection<'a> {
    /// API group.
    pub group: &'a str,
    /// Plural name.
    pub plural: &'a str,
}

impl<'a> From<(&'a str, &'a str)> for Collection<'a> {
    fn from((group, plural): (&'a str, &'a str)) -> Self {
        Self { group, plural }
    }
}

impl ApiServer {
    /// A server to set up.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Starts the server. It has the namespaces and objects that every cluster has.
    pub(crate) fn start(setup: Builder) -> Self {
        let random = setup.random.unwrap_or_else(|| {
            let (high, low) = uuid::Uuid::new_v4().as_u64_pair();
            high ^ low
        });
        let inner = Arc::new(Inner {
            world: Mutex::new(World {
                state: State::new(FIRST_REVISION, setup.history),
                registry: Registry::new(),
                allocated: Allocated::default(),
                owners: HashMap::new(),
            }),
            options: setup.options,
            clock: setup.clock,
            content: setup.content,
            random: Mutex::new(random),
            faults: Faults::new(),
            audit: Audit::new(setup.audit),
            tokens: Tokens::default(),
            stopping: CancellationToken::new(),
        });
        crate::bootstrap::fill(&inner);
        Self(Arc::new(Owner(inner)))
    }

    /// A handle that does not keep the server.
    #[must_use]
    pub fn downgrade(&self) -> WeakApiServer {
        WeakApiServer(Arc::downgrade(&self.0))
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.0.0
    }

    /// Puts an object into the store as it is, status included: created, or replaced whole. Missing metadata (uid,
    /// creation time) is filled in; a CustomResourceDefinition takes effect; nothing is defaulted, validated or counted.
    ///
    /// # Errors
    /// 404 when no resource is of the object's kind, 422 when it has no name.
    pub fn seed(&self, object: Value) -> Result<Value, Status> {
        crate::direct::seed(self.inner(), object)
    }

    /// An object as stored.
    pub fn get<'a>(&self, of: impl Into<Collection<'a>>, namespace: Option<&str>, name: &str) -> Option<Value> {
        let of = of.into();
        let world = self.inner().world();
        let resource = world.registry.by_plural(of.group, of.plural)?;
        let key = crate::storage::key(namespace, name);
        world
            .state
            .get(&resource.storage, &key)
            .map(|object| Value::clone(object))
    }

    /// All objects of a collection, of one namespace or of all.
    pub fn list<'a>(&self, of: impl Into<Collection<'a>>, namespace: Option<&str>) -> Vec<Value> {
        let of = of.into();
        let world = self.inner().world();
        let Some(resource) = world.registry.by_plural(of.group, of.plural) else {
            return Vec::new();
        };
        let prefix = namespace.map(|namespace| format!("{namespace}/")).unwrap_or_default();
        world
            .state
            .scan(&resource.storage, &prefix)
            .map(|(_, object)| Value::clone(object))
            .collect()
    }

    /// Changes an object in the store, any part of it, as a controller or kubelet would. A change of the specification
    /// counts the generation up where the kind has one; a change that changes nothing is no write. Returns the object as
    /// stored; none when there is no such object.
    pub fn edit<'a>(
        &self,
        of: impl Into<Collection<'a>>,
        namespace: Option<&str>,
        name: &str,
        change: impl FnOnce(&mut Value),
    ) -> Option<Value> {
        crate::direct::edit(self.inner(), of.into(), namespace, name, change)
    }

    /// Deletes an object as a client would with background propagation: finalizers hold it. Returns whether there was one.
    pub fn delete<'a>(&self, of: impl Into<Collection<'a>>, namespace: Option<&str>, name: &str) -> bool {
        crate::direct::delete(self.inner(), of.into(), namespace, name)
    }

    /// Wakes with every change of a collection; the value is the revision of the newest.
    pub fn changes<'a>(&self, of: impl Into<Collection<'a>>) -> Option<tokio::sync::watch::Receiver<u64>> {
        let of = of.into();
        let mut world = self.inner().world();
        let resource = world.registry.by_plural(of.group, of.plural)?;
        Some(world.state.subscribe(&resource.storage))
    }

    /// The newest revision.
    pub fn revision(&self) -> u64 {
        self.inner().world().state.revision()
    }

    /// Forgets changes up to and including a revision: watches and lists of older ones are told 410.
    pub fn compact(&self, revision: u64) {
        self.inner().world().state.compact(revision);
    }

    /// Adds a rule for failures, in force as long as its guard lives.
    pub fn fault(&self, rule: impl Fn(&faults::Request<'_>) -> Option<Fault> + Send + Sync + 'static) -> FaultGuard {
        self.inner().faults.add(Arc::new(rule))
    }

    /// Ends all open watches without a word, as a restart of the server does.
    pub fn cut_watches(&self) {
        self.inner().faults.cut_watches();
    }

    /// The newest requests, oldest first.
    pub fn requests(&self) -> Vec<Record> {
        self.inner().audit.records()
    }

    /// How many requests there were.
    pub fn request_count(&self) -> u64 {
        self.inner().audit.count()
    }

    /// Ends all watches and refuses new requests with 503.
    pub fn stop(&self) {
        self.inner().stopping.cancel();
    }

    /// Answers one request.
    pub async fn respond<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (mut parts, body) = request.into_parts();
        let bytes = match Limited::new(body, MAX_BODY).collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => {
                let message = format!("Request entity too large: limit is {MAX_BODY}");
                let status = Status::new(413, "RequestEntityTooLarge", message);
                return render::refusal(&status, &Form::plain());
            }
            Err(error) => {
                let status = Status::bad_request(format!("reading the request: {error}"));
                return render::refusal(&status, &Form::plain());
            }
        };
        handle(self.inner(), &mut parts, bytes).await
    }
}

impl<B> tower::Service<Request<B>> for ApiServer
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let server = self.clone();
        Box::pin(async move { Ok(server.respond(request).await) })
    }
}

impl Inner {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    fn random(&self) -> u64 {
        // SplitMix64: enough for names, and repeatable.
        let mut state = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn uid(&self) -> String {
        let bytes = (u128::from(self.random()) << 64 | u128::from(self.random())).to_be_bytes();
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// Five characters for a generated name.
    pub(crate) fn suffix(&self) -> String {
        const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        let mut random = self.random();
        (0..5)
            .map(|_| {
                let index = random % LETTERS.len() as u64;
                random /= LETTERS.len() as u64;
                char::from(LETTERS[usize::try_from(index).unwrap_or_default()])
            })
            .collect()
    }

    /// Gives a new or changed object the addresses and ports it needs.
    pub(crate) fn allocate(
        &self,
        world: &mut World,
        target: &Target,
        object: &mut Value,
        current: Option<&Value>,
    ) -> Result<(), Status> {
        if target.resource.is_core("services") {
            crate::services::allocate(world, object, current)?;
        }
        Ok(())
    }

    /// What follows from a write.
    pub(crate) fn after_write(&self, world: &mut World, target: &Target, object: &Value) {
        crate::controllers::after_write(self, world, target, object);
    }

    /// What follows when an object is gone.
    pub(crate) fn after_delete(&self, world: &mut World, target: &Target, object: &Value) {
        crate::controllers::after_delete(self, world, target, object);
    }
}
