//! The server: how it is set up, what tests do with it, and the way of a request.

use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::HttpBody;
use bytes::Bytes;
use http::{Method, Request, Response, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::audit::{Audit, Record};
use crate::auth::tokens::Tokens;
use crate::auth::{self, Attributes, Authorization, NoCredentials, User, reviews};
use crate::call::{Body, Call, Target};
use crate::clock::{Clock, SystemClock};
use crate::content::{NoContent, PodContent};
use crate::faults::{self, Fault, FaultGuard, Faults};
use crate::negotiate::{self, Form};
use crate::path::{self, ResourcePath};
use crate::query::Query;
use crate::registry::{Registry, Resource};
use crate::status::{Qualified, Status};
use crate::storage::State;
use crate::verbs::{create, delete, patch, read, update, watch};
use crate::world::{Allocated, World};
use crate::{discovery, render, subresources};

/// Bodies longer than this are refused.
const MAX_BODY: usize = 3 * 1024 * 1024;
/// The first object has the revision after this: a small number is always too old.
const FIRST_REVISION: u64 = 100;
/// How long a request for a revision that does not exist yet waits for it.
const FUTURE_WAIT: Duration = Duration::from_secs(3);

/// What runs beside the requests. In a real cluster these are controllers of other processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Controllers {
    /// A namespace that is deleted loses its content and goes.
    pub namespaces: bool,
    /// Objects go with their owners; `foregroundDeletion` and `orphan` are worked off.
    pub garbage: bool,
    /// Pods that are deleted with a grace period end at once, as if their kubelet were quick.
    pub kubelets: bool,
    /// Each namespace gets the ServiceAccount `default` and the ConfigMap `kube-root-ca.crt`.
    pub service_accounts: bool,
}

impl Controllers {
    /// Everything runs.
    pub const ALL: Self = Self {
        namespaces: true,
        garbage: true,
        kubelets: true,
        service_accounts: true,
    };
    /// The API server alone.
    pub const NONE: Self = Self {
        namespaces: false,
        garbage: false,
        kubelets: false,
        service_accounts: false,
    };
}

/// How a server is set up; see [`ApiServer::builder`].
pub struct Builder {
    options: Options,
    clock: Arc<dyn Clock>,
    content: Arc<dyn PodContent>,
    history: usize,
    audit: usize,
    random: Option<u64>,
}

pub(crate) struct Options {
    pub(crate) authorization: Authorization,
    pub(crate) no_credentials: NoCredentials,
    pub(crate) tokens: HashMap<String, User>,
    pub(crate) controllers: Controllers,
    pub(crate) version: Value,
    pub(crate) address: String,
    pub(crate) bookmark_interval: Duration,
    pub(crate) future_wait: Duration,
}

impl Builder {
    /// How requests are authorized; everybody may do everything by default.
    #[must_use]
    pub fn authorization(mut self, how: Authorization) -> Self {
        self.options.authorization = how;
        self
    }

    /// What a request without credentials counts as; the administrator by default.
    #[must_use]
    pub fn no_credentials(mut self, how: NoCredentials) -> Self {
        self.options.no_credentials = how;
        self
    }

    /// A bearer token and whom it stands for.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>, user: User) -> Self {
        self.options.tokens.insert(token.into(), user);
        self
    }

    /// Which controllers run; all by default.
    #[must_use]
    pub fn controllers(mut self, controllers: Controllers) -> Self {
        self.options.controllers = controllers;
        self
    }

    /// What `/version` answers, whole.
    #[must_use]
    pub fn version(mut self, version: Value) -> Self {
        self.options.version = version;
        self
    }

    /// `host:port` under which clients reach the server, as `/api` tells it.
    #[must_use]
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.options.address = address.into();
        self
    }

    /// Where timestamps come from; the clock of the machine by default.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// What pods answer: logs, exec, port-forward.
    #[must_use]
    pub fn content(mut self, content: impl PodContent) -> Self {
        self.content = Arc::new(content);
        self
    }

    /// Changes of a kind that are remembered for watches, 1,000 by default. A watcher that is further behind is told 410.
    #[must_use]
    pub fn history(mut self, events: usize) -> Self {
        self.history = events;
        self
    }

    /// Requests that the audit remembers, 1,000 by default.
    #[must_use]
    pub fn audit(mut self, records: usize) -> Self {
        self.audit = records;
        self
    }

    /// Pause between bookmarks, a minute by default.
    #[must_use]
    pub fn bookmark_interval(mut self, pause: Duration) -> Self {
        self.options.bookmark_interval = pause;
        self
    }

    /// How long a request for a revision of the future waits before its 504, 3 seconds by default.
    #[must_use]
    pub fn future_wait(mut self, wait: Duration) -> Self {
        self.options.future_wait = wait;
        self
    }

    /// Makes uids and generated names the same in every run.
    #[must_use]
    pub fn random_seed(mut self, seed: u64) -> Self {
        self.random = Some(seed);
        self
    }

    /// Starts the server. It has the namespaces and objects that every cluster has.
    pub fn build(self) -> ApiServer {
        let random = self.random.unwrap_or_else(|| {
            let (high, low) = uuid::Uuid::new_v4().as_u64_pair();
            high ^ low
        });
        let inner = Arc::new(Inner {
            world: Mutex::new(World {
                state: State::new(FIRST_REVISION, self.history),
                registry: Registry::new(),
                allocated: Allocated::default(),
                owners: HashMap::new(),
            }),
            options: self.options,
            clock: self.clock,
            content: self.content,
            random: Mutex::new(random),
            faults: Faults::new(),
            audit: Audit::new(self.audit),
            tokens: Tokens::default(),
            stopping: CancellationToken::new(),
        });
        crate::bootstrap::fill(&inner);
        ApiServer(Arc::new(Owner(inner)))
    }
}

/// Everything of one server.
pub(crate) struct Inner {
    world: Mutex<World>,
    pub(crate) options: Options,
    clock: Arc<dyn Clock>,
    pub(crate) content: Arc<dyn PodContent>,
    random: Mutex<u64>,
    pub(crate) faults: Arc<Faults>,
    audit: Audit,
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
        Builder {
            options: Options {
                authorization: Authorization::AlwaysAllow,
                no_credentials: NoCredentials::Is(User::admin()),
                tokens: HashMap::new(),
                controllers: Controllers::ALL,
                version: json!({
                    "major": "1",
                    "minor": "33",
                    "gitVersion": "v1.33.0",
                    "gitCommit": "0000000000000000000000000000000000000000",
                    "gitTreeState": "clean",
                    "buildDate": "2025-04-23T00:00:00Z",
                    "goVersion": "go1.24.2",
                    "compiler": "gc",
                    "platform": "linux/amd64",
                }),
                address: "127.0.0.1:6443".to_owned(),
                bookmark_interval: Duration::from_secs(60),
                future_wait: FUTURE_WAIT,
            },
            clock: Arc::new(SystemClock),
            content: Arc::new(NoContent),
            history: 1000,
            audit: 1000,
            random: None,
        }
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

async fn handle(server: &Arc<Inner>, parts: &mut http::request::Parts, body: Bytes) -> Response<Body> {
    let query_text = parts.uri.query().unwrap_or_default().to_owned();
    let query = Query::parse(&query_text);
    let path = path::decode(parts.uri.path());
    let resource_path = path::parse(&path);
    let verb = path::verb(&parts.method, resource_path.as_ref(), &query);
    let plain = Form::plain();
    let form = negotiate::form(&parts.headers, &query);
    let shown = form.as_ref().unwrap_or(&plain).clone();
    let vouched = parts.extensions.get::<User>().cloned();
    let attributes = Attributes::of(verb, &path, resource_path.as_ref());

    let user = auth::authenticate(server, &parts.headers, vouched.as_ref())
        .and_then(|user| auth::impersonate(server, user, &parts.headers, &attributes));
    let mut record = Record {
        number: 0,
        user: String::new(),
        groups: Vec::new(),
        impersonator: None,
        agent: text_header(parts, header::USER_AGENT),
        verb: verb.to_owned(),
        path: path.clone(),
        query: query_text,
        group: attributes.group.clone(),
        resource: attributes.resource.clone(),
        subresource: attributes.subresource.clone(),
        namespace: attributes.namespace.clone(),
        name: attributes.name.clone(),
        code: 0,
    };
    if let Ok(user) = &user {
        record.user.clone_from(&user.name);
        record.groups.clone_from(&user.groups);
        record.impersonator.clone_from(&user.impersonator);
    }
    let fault = server.faults.of(&faults::Request {
        verb,
        group: &attributes.group,
        resource: &attributes.resource,
        subresource: &attributes.subresource,
        namespace: &attributes.namespace,
        name: &attributes.name,
        user: &record.user,
        path: &path,
    });
    let outcome = match early(server, fault.as_ref(), &attributes).await {
        Some(refusal) => Err(refusal),
        None => match (user, form) {
            (Err(status), _) => Err(status),
            (Ok(user), form) => {
                answer(
                    server,
                    parts,
                    body,
                    user,
                    form,
                    query,
                    &path,
                    resource_path,
                    &attributes,
                    fault.clone(),
                )
                .await
            }
        },
    };
    let mut response = match outcome {
        Ok(response) => response,
        Err(status) => render::refusal(&status, &shown),
    };
    if fault == Some(Fault::LoseAnswer) {
        response = render::refusal(
            &Status::new(500, "InternalError", "the answer was lost on purpose"),
            &shown,
        );
    }
    record.code = response.status().as_u16();
    server.audit.add(record);
    response
}

/// Faults that come before anything is done.
async fn early(server: &Inner, fault: Option<&Fault>, attributes: &Attributes) -> Option<Status> {
    if server.stopping.is_cancelled() {
        return Some(Status::new(503, "ServiceUnavailable", "the server is shutting down"));
    }
    match fault? {
        Fault::Delay(pause) => {
            tokio::time::sleep(*pause).await;
            None
        }
        Fault::Refuse { code, retry_after } => {
            let (reason, message) = match code {
                401 => ("Unauthorized", "Unauthorized"),
                403 => ("Forbidden", "forbidden on purpose"),
                409 => (
                    "Conflict",
                    "the object has been modified; please apply your changes to the latest version and try again",
                ),
                429 => ("TooManyRequests", "Too many requests, please try again later."),
                500 => ("InternalError", "Internal error occurred: failed on purpose"),
                503 => (
                    "ServiceUnavailable",
                    "the server is currently unable to handle the request",
                ),
                504 => (
                    "Timeout",
                    "Timeout: request did not complete within the allotted timeout",
                ),
                _ => ("", "refused on purpose"),
            };
            let mut status = Status::new(*code, reason, message);
            status.retry_after = *retry_after;
            if let Some(seconds) = retry_after {
                status.details = Some(json!({"retryAfterSeconds": seconds}));
            }
            Some(status)
        }
        Fault::Conflict => {
            let what = Qualified {
                name: &attributes.resource,
                group: &attributes.group,
            };
            Some(Status::modified(what, &attributes.name))
        }
        Fault::LoseAnswer | Fault::CutWatch { .. } | Fault::ExpireWatch { .. } => None,
    }
}

fn text_header(parts: &http::request::Parts, name: header::HeaderName) -> String {
    parts
        .headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

#[expect(clippy::too_many_arguments, reason = "what was found out about a request")]
async fn answer(
    server: &Arc<Inner>,
    parts: &mut http::request::Parts,
    body: Bytes,
    user: User,
    form: Result<Form, Status>,
    query: Query,
    path: &str,
    resource_path: Option<ResourcePath>,
    attributes: &Attributes,
    fault: Option<Fault>,
) -> Result<Response<Body>, Status> {
    auth::authorize(server, &user, attributes)?;
    let Some(resource_path) = resource_path else {
        let form = form?;
        if query.raw("verbose").is_some()
            && let [endpoint @ ("healthz" | "livez" | "readyz")] = path::segments(path).as_slice()
        {
            return Ok(discovery::verbose(endpoint));
        }
        return discovery::page(server, path, &parts.headers, &form).ok_or_else(Status::no_page);
    };
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    let target = find(server, &resource_path, reads)?;
    // Streams speak no JSON, whatever is asked for.
    let form = if target
        .subresource
        .as_ref()
        .is_some_and(|sub| subresources::is_stream(sub.name))
    {
        form.unwrap_or_else(|_| Form::plain())
    } else {
        form?
    };
    let method = parts.method.clone();
    let call = Call {
        query,
        headers: parts.headers.clone(),
        body,
        user,
        form,
    };
    let watches = resource_path.watch_prefix
        || (target.subresource.is_none() && resource_path.name.is_none() && call.query.flag("watch"));
    let once = |target: &Target| match method {
        Method::GET | Method::HEAD if watches => watch::watch(server, &call, target, fault.clone()),
        Method::GET | Method::HEAD if resource_path.name.is_none() => read::list(server, &call, target),
        Method::GET | Method::HEAD => read::get(server, &call, target),
        Method::POST if resource_path.name.is_none() => {
            if target.resource.is_core("bindings") {
                return subresources::bind(server, &call, target);
            }
            reviews::review(server, &call, target).unwrap_or_else(|| create::create(server, &call, target))
        }
        Method::PUT if resource_path.name.is_some() => update::update(server, &call, target),
        Method::PATCH if resource_path.name.is_some() => patch::patch(server, &call, target),
        Method::DELETE if resource_path.name.is_some() => delete::delete(server, &call, target),
        Method::DELETE => delete::delete_collection(server, &call, target),
        _ => Err(Status::method_not_allowed()),
    };
    let reply = if target.subresource.is_some() {
        subresources::answer(server, &call, &target, parts).await?
    } else {
        allowed(&target, path::verb(&method, Some(&resource_path), &call.query))?;
        match once(&target) {
            Err(status) if status.code == 504 && !server.options.future_wait.is_zero() => {
                // It may come yet.
                tokio::time::sleep(server.options.future_wait).await;
                once(&target)?
            }
            outcome => outcome?,
        }
    };
    let mut response = render::reply(reply, &target, &call.form, &call.query, server.now())?;
    if let Some(warning) = deprecation(&target)
        && let Ok(header) = http::HeaderValue::from_str(&format!("299 - \"{warning}\""))
    {
        response.headers_mut().append(header::WARNING, header);
    }
    Ok(response)
}

/// What a definition says about a version that is going.
fn deprecation(target: &Target) -> Option<String> {
    let custom = target.resource.definition.as_ref()?;
    if let Some(warning) = custom.deprecated.get(&target.version)? {
        return Some(warning.clone());
    }
    let (group, kind) = (&target.resource.group, &target.resource.kind);
    let mut newer = target.resource.versions.iter();
    let newer = newer.find(|version| !custom.deprecated.contains_key(version.as_ref()));
    let mut text = format!("{group}/{} {kind} is deprecated", target.version);
    if let Some(newer) = newer {
        text.push_str(&format!("; use {group}/{newer} {kind}"));
    }
    Some(text)
}

fn allowed(target: &Target, verb: &str) -> Result<(), Status> {
    if target.resource.verbs.contains(&verb) {
        return Ok(());
    }
    if target.resource.is_custom() {
        return Err(Status::method_not_supported(target.resource.qualified(), verb));
    }
    Err(Status::method_not_allowed())
}

/// Finds the resource a path names.
fn find(server: &Inner, path: &ResourcePath, reads: bool) -> Result<Target, Status> {
    let world = server.world();
    let builtin = path.group.is_empty() || crate::registry::GROUPS.contains(&path.group.as_str());
    let missing = || {
        if builtin {
            Status::no_resource()
        } else {
            Status::no_page()
        }
    };
    let resource: Arc<Resource> = world
        .registry
        .find(&path.group, &path.version, &path.resource)
        .ok_or_else(|| {
            let known = world.registry.versions(&path.group).contains(&path.version);
            if builtin || !known {
                missing()
            } else {
                Status::no_page()
            }
        })?;
    // A namespace is in the scope of the cluster, though its path names one.
    let namespace = path.namespace.clone().filter(|_| !resource.is_core("namespaces"));
    let in_namespace = namespace.is_some();
    if in_namespace && !resource.namespaced {
        return Err(missing());
    }
    if !in_namespace && resource.namespaced && (path.name.is_some() || !reads) {
        return Err(match path.name {
            None if !resource.is_custom() => Status::method_not_allowed(),
            _ => missing(),
        });
    }
    let subresource = match &path.subresource {
        None => None,
        Some(name) => Some(resource.subresource(name, &path.version).cloned().ok_or_else(|| {
            // Of a custom resource the object is looked for first.
            if resource.is_custom() && matches!(name.as_str(), "status" | "scale") {
                Status::not_found(resource.qualified(), path.name.as_deref().unwrap_or_default())
            } else {
                missing()
            }
        })?),
    };
    if !path.rest.is_empty() && subresource.as_ref().is_none_or(|sub| sub.name != "proxy") {
        return Err(missing());
    }
    Ok(Target {
        resource,
        version: path.version.clone(),
        namespace,
        name: path.name.clone().unwrap_or_default(),
        subresource,
        rest: path.rest.clone(),
    })
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
