//! The routes, and the layers around them from the outside in.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter};
use http::header::ALLOW;
use http::{HeaderValue, Method, StatusCode};
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use tower::ServiceBuilder;

use crate::catalogue::Catalogue;
use crate::controllers::admin::maintenance::{manifests, queue, schedules};
use crate::controllers::{
    self, admin, clusters, health, openshift_versions, operation_results, operation_status, operations, preflight,
    role_sets, subscriptions,
};
use crate::layers::audit::Audit;
use crate::layers::{
    api_version, authentication, body, correlation, deadline, metrics, panic, parameters, path, shedding, system_data,
};
use crate::parts::Parts;

/// Where load balancers ask whether the service is ready.
pub(crate) const READY_PATH: &str = "/healthz/ready";

/// What handlers and layers share.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) parts: Arc<Parts>,
    pub(crate) started: OffsetDateTime,
    /// Numbers the records of the audit.
    pub(crate) audit: Arc<Audit>,
    /// OpenShift versions and role sets.
    pub(crate) catalogue: Arc<Catalogue>,
    /// One for each request that may be answered at the same time.
    pub(crate) places: Arc<Semaphore>,
}

/// The whole service as a router. Requests may carry an [`auth::Caller`](crate::auth::Caller) in their extensions, which
/// [`serve`](crate::serve) puts there; without one the caller has shown no certificate.
pub fn router(parts: Parts) -> Router {
    layered(App::of(parts))
}

impl App {
    pub(crate) fn of(parts: Parts) -> App {
        App {
            audit: Arc::new(Audit::new()),
            catalogue: Arc::new(Catalogue::new(parts.store.clone(), parts.settings.catalogue_max_age)),
            started: parts.clock.now(),
            places: Arc::new(Semaphore::new(parts.settings.max_requests.min(Semaphore::MAX_PERMITS))),
            parts: Arc::new(parts),
        }
    }
}

pub(crate) fn layered(app: App) -> Router {
    let layers = ServiceBuilder::new()
        // First, because every comparison of a path, and the routes themselves, are in lower case.
        .layer(from_fn(path::layer))
        // Outside of what turns faults and panics into replies, so that each counts as the status that the client sees.
        .layer(from_fn_with_state(app.clone(), metrics::layer))
        // Around everything that can answer, so that each reply carries a request id and each request is logged.
        .layer(from_fn_with_state(app.clone(), correlation::layer))
        // Outside of everything that could panic.
        .layer(from_fn(panic::layer))
        // ARM waits for 60 seconds and not longer for whatever follows, the reading of the body included.
        .layer(from_fn_with_state(app.clone(), deadline::layer))
        // Before anything is read or looked up, unknown paths included: a stranger learns nothing here.
        .layer(from_fn_with_state(app.clone(), authentication::layer))
        // After that, so that strangers cannot take the places of those who may come in.
        .layer(from_fn_with_state(app.clone(), shedding::layer));
    // The layers stand around the router and not on it, because they change the path by which it routes.
    Router::new().fallback_service(layers.service(tabled(app)))
}

/// The routes of the service: what answers a method at a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// The method.
    pub method: String,
    /// The path in lower case, its names in braces.
    pub path: String,
    /// Whether the request has to name an api-version that exists.
    pub versioned: bool,
}

/// Every route of the service, in the order of paths and methods. `docs/routes.md` lists them.
pub fn routes() -> Vec<Route> {
    let mut routes: Vec<Route> = table()
        .into_iter()
        .flat_map(|served| {
            let Served {
                path, gate, methods, ..
            } = served;
            methods.into_iter().map(move |method| Route {
                method: method.to_string(),
                path: path.clone(),
                versioned: matches!(gate, Gate::Resource),
            })
        })
        .collect();
    routes.sort_by(|a, b| (&a.path, &a.method).cmp(&(&b.path, &b.method)));
    routes
}

/// What a request passes before the handler of its path.
#[derive(Debug, Clone, Copy)]
enum Gate {
    /// ARM's calls for resources: names, body, api-version, system data.
    Resource,
    /// Calls that mean the same in every api-version, operators' among them: names and body.
    Versionless,
    /// The probe of load balancers: nothing.
    Open,
}

/// One path of the service.
struct Served {
    path: String,
    gate: Gate,
    methods: Vec<Method>,
    handlers: MethodRouter<App>,
    /// Whether the path does not exist for other methods, instead of not allowing them.
    hidden: bool,
    /// Whether the quality of the service is counted by its replies.
    counts: bool,
}

fn at(gate: Gate, path: impl Into<String>) -> Served {
    Served {
        path: path.into(),
        gate,
        methods: Vec::new(),
        handlers: MethodRouter::new(),
        hidden: false,
        counts: false,
    }
}

/// Paths of ARM's calls for resources.
fn resource(path: impl Into<String>) -> Served {
    at(Gate::Resource, path)
}

/// Paths of calls that mean the same in every api-version.
fn versionless(path: impl Into<String>) -> Served {
    at(Gate::Versionless, path)
}

impl Served {
    fn on<H, T>(mut self, method: Method, filter: MethodFilter, handler: H) -> Served
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.methods.push(method);
        self.handlers = self.handlers.on(filter, handler);
        self
    }

    fn get<H: Handler<T, App>, T: 'static>(self, handler: H) -> Served {
        self.on(Method::GET, MethodFilter::GET, handler)
    }

    fn put<H: Handler<T, App>, T: 'static>(self, handler: H) -> Served {
        self.on(Method::PUT, MethodFilter::PUT, handler)
    }

    fn patch<H: Handler<T, App>, T: 'static>(self, handler: H) -> Served {
        self.on(Method::PATCH, MethodFilter::PATCH, handler)
    }

    fn post<H: Handler<T, App>, T: 'static>(self, handler: H) -> Served {
        self.on(Method::POST, MethodFilter::POST, handler)
    }

    fn delete<H: Handler<T, App>, T: 'static>(self, handler: H) -> Served {
        self.on(Method::DELETE, MethodFilter::DELETE, handler)
    }

    /// The quality of the service is counted by the replies.
    fn counts(self) -> Served {
        Served { counts: true, ..self }
    }

    /// Other methods find no path here.
    fn hidden(self) -> Served {
        Served { hidden: true, ..self }
    }

    /// The handlers behind their gate, and what other methods are told.
    fn behind_gate(self, app: &App) -> MethodRouter<App> {
        let handlers = match self.gate {
            // In the order in which a client should learn of its mistakes.
            Gate::Resource => self.handlers.route_layer(
                ServiceBuilder::new()
                    .layer(from_fn_with_state(self.counts, metrics::remember_route))
                    // The names in the path say what the request is about; nothing else matters if they are wrong.
                    .layer(from_fn_with_state(app.clone(), parameters::layer))
                    // Before the version, which only decides how a body is understood.
                    .layer(from_fn_with_state(app.clone(), body::layer))
                    .layer(from_fn(api_version::layer))
                    // Last, as only handlers that write look at it.
                    .layer(from_fn(system_data::layer)),
            ),
            Gate::Versionless => self.handlers.route_layer(
                ServiceBuilder::new()
                    .layer(from_fn_with_state(self.counts, metrics::remember_route))
                    .layer(from_fn_with_state(app.clone(), parameters::layer))
                    .layer(from_fn_with_state(app.clone(), body::layer)),
            ),
            Gate::Open => self.handlers,
        };
        if self.hidden {
            return handlers.fallback(controllers::unknown_path_reply);
        }
        // axum would let HEAD through to GET, which would read the store and even a live cluster for a reply that nobody
        // sees.
        let mut allowed: Vec<&str> = self.methods.iter().map(Method::as_str).collect();
        allowed.sort_unstable();
        let allowed = allowed.join(", ");
        let refuse = move |_: Request| {
            let allowed = allowed.clone();
            async move { method_not_allowed(&allowed) }
        };
        handlers.head(refuse.clone()).fallback(refuse)
    }
}

/// What is served where.
fn table() -> Vec<Served> {
    const SUBSCRIPTION: &str = "/subscriptions/{subscription}";
    const PROVIDER: &str = "/subscriptions/{subscription}/providers/{namespace}";
    const PLACE: &str = "/subscriptions/{subscription}/providers/{namespace}/locations/{location}";
    const GROUP: &str = "/subscriptions/{subscription}/resourcegroups/{resource_group}/providers/{namespace}";
    const CLUSTER: &str =
        "/subscriptions/{subscription}/resourcegroups/{resource_group}/providers/{namespace}/{type}/{name}";

    let arm = [
        resource(CLUSTER)
            .get(clusters::get::get)
            .put(clusters::put::put)
            .patch(clusters::patch::patch)
            .delete(clusters::delete::delete)
            .counts(),
        resource(format!("{CLUSTER}/listcredentials")).post(clusters::list_credentials::post),
        resource(format!("{CLUSTER}/listadmincredentials")).post(clusters::list_admin_credentials::post),
        // The portal asks for these with versions of its own.
        versionless(format!("{CLUSTER}/detectors")).get(clusters::detectors::list),
        versionless(format!("{CLUSTER}/detectors/{{detector}}")).get(clusters::detectors::get),
        resource(format!("{PROVIDER}/{{type}}")).get(clusters::list::in_subscription),
        resource(format!("{GROUP}/{{type}}")).get(clusters::list::in_resource_group),
        resource(format!("{GROUP}/deployments/{{deployment}}/preflight")).post(preflight::post::post),
        resource(format!("{PLACE}/operationsstatus/{{operation}}")).get(operation_status::get::get),
        resource(format!("{PLACE}/operationresults/{{operation}}")).get(operation_results::get::get),
        resource(format!("{PLACE}/openshiftversions")).get(openshift_versions::list::list),
        resource(format!("{PLACE}/openshiftversions/{{version}}"))
            .get(openshift_versions::get::get)
            .counts(),
        resource(format!("{PLACE}/platformworkloadidentityrolesets")).get(role_sets::list::list),
        resource(format!("{PLACE}/platformworkloadidentityrolesets/{{minor}}"))
            .get(role_sets::get::get)
            .counts(),
        // ARM sends its own api-version here, 2.0. Other methods do not exist for a subscription.
        versionless(SUBSCRIPTION).put(subscriptions::put::put).hidden(),
        // ARM asks every service of the namespace with a version that only one of them may know.
        versionless("/providers/{namespace}/operations").get(operations::list::list),
    ];
    let operators = [
        versionless("/admin/versions")
            .get(admin::openshift_versions::get)
            .put(admin::openshift_versions::put),
        versionless("/admin/platformworkloadidentityrolesets")
            .get(admin::role_sets::get)
            .put(admin::role_sets::put),
        versionless("/admin/providers/{namespace}/{type}").get(admin::clusters::get),
        versionless("/admin/clusters").get(admin::inventory::get),
        versionless("/admin/supportedvmsizes").get(admin::vm_sizes::get),
        versionless("/admin/billingdocuments").get(admin::billing::list),
        versionless("/admin/billingdocuments/{document}").get(admin::billing::get),
        versionless("/admin/maintenancemanifests/queued").get(queue::list),
        versionless("/admin/maintenancemanifests/cancel").post(queue::cancel),
        versionless("/admin/maintenanceschedules")
            .get(schedules::list)
            .put(schedules::put),
        versionless("/admin/maintenanceschedules/{schedule}").get(schedules::get),
        versionless(format!("/admin{CLUSTER}/maintenancemanifests"))
            .get(manifests::list)
            .put(manifests::put),
        versionless(format!("/admin{CLUSTER}/maintenancemanifests/{{manifest}}"))
            .get(manifests::get)
            .delete(manifests::delete),
        versionless(format!("/admin{CLUSTER}/maintenancemanifests/{{manifest}}/cancel")).post(manifests::cancel),
        versionless(format!("/admin{CLUSTER}/selectors")).get(admin::selectors::get),
        versionless(format!("/admin{CLUSTER}/skus")).get(admin::skus::get),
    ];
    let probes = [at(Gate::Open, READY_PATH).get(health::ready)];
    arm.into_iter().chain(operators).chain(probes).collect()
}

fn tabled(app: App) -> Router {
    let mut router = Router::new();
    for served in table() {
        let path = served.path.clone();
        router = router.route(&path, served.behind_gate(&app));
    }
    router.fallback(controllers::unknown_path_reply).with_state(app)
}

fn method_not_allowed(methods: &str) -> Response {
    let mut reply = StatusCode::METHOD_NOT_ALLOWED.into_response();
    if let Ok(methods) = HeaderValue::from_str(methods) {
        reply.headers_mut().insert(ALLOW, methods);
    }
    reply
}
