//! The routes, and the layers around them from the outside in.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post, put};
use http::header::ALLOW;
use http::{HeaderValue, StatusCode};
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use tower::ServiceBuilder;

use crate::controllers::admin::maintenance::{manifests, queue, schedules};
use crate::controllers::{
    self, admin, clusters, health, openshift_versions, operation_results, operation_status, operations, preflight,
    role_sets, subscriptions,
};
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
    /// One for each request that may be answered at the same time.
    pub(crate) places: Arc<Semaphore>,
}

/// The whole service as a router. Requests may carry an [`auth::Caller`](crate::auth::Caller) in their extensions, which
/// [`serve`](crate::serve) puts there; without one the caller has shown no certificate.
pub fn router(parts: Parts) -> Router {
    let app = App {
        started: parts.clock.now(),
        places: Arc::new(Semaphore::new(parts.settings.max_requests.min(Semaphore::MAX_PERMITS))),
        parts: Arc::new(parts),
    };

    let layers = ServiceBuilder::new()
        // First, because every comparison of a path, and the routes themselves, are in lower case.
        .layer(from_fn(path::layer))
        // Around everything that can answer, so that each reply carries a request id and each request is logged.
        .layer(from_fn_with_state(app.clone(), correlation::layer))
        // Outside of the panic layer, so that a panic counts as the 500 that it becomes.
        .layer(from_fn_with_state(app.clone(), metrics::layer))
        // Outside of everything that could panic.
        .layer(from_fn(panic::layer))
        // ARM waits for 60 seconds and not longer for whatever follows, the reading of the body included.
        .layer(from_fn_with_state(app.clone(), deadline::layer))
        // Before anything is read or looked up, unknown paths included: a stranger learns nothing here.
        .layer(from_fn_with_state(app.clone(), authentication::layer))
        // After that, so that strangers cannot take the places of those who may come in.
        .layer(from_fn_with_state(app.clone(), shedding::layer));
    // The layers stand around the router and not on it, because they change the path by which it routes.
    Router::new().fallback_service(layers.service(routes(app)))
}

fn routes(app: App) -> Router {
    // For ARM's resource calls, in the order in which a client should learn of its mistakes.
    let resource = |methods: &'static str, handlers: MethodRouter<App>| {
        let layers = ServiceBuilder::new()
            .layer(from_fn(metrics::remember_route))
            // The names in the path say what the request is about; nothing else matters if they are wrong.
            .layer(from_fn_with_state(app.clone(), parameters::layer))
            // Before the version, which only decides how a body is understood.
            .layer(from_fn_with_state(app.clone(), body::layer))
            .layer(from_fn(api_version::layer))
            // Last, as only handlers that write look at it.
            .layer(from_fn(system_data::layer));
        only(methods, handlers.route_layer(layers))
    };
    // The same for calls that mean the same in every api-version, operators' among them.
    let versionless = |methods: &'static str, handlers: MethodRouter<App>| {
        let layers = ServiceBuilder::new()
            .layer(from_fn(metrics::remember_route))
            .layer(from_fn_with_state(app.clone(), parameters::layer))
            .layer(from_fn_with_state(app.clone(), body::layer));
        only(methods, handlers.route_layer(layers))
    };

    const SUBSCRIPTION: &str = "/subscriptions/{subscription}";
    const PROVIDER: &str = "/subscriptions/{subscription}/providers/{namespace}";
    const GROUP: &str = "/subscriptions/{subscription}/resourcegroups/{resource_group}/providers/{namespace}";
    const CLUSTER: &str =
        "/subscriptions/{subscription}/resourcegroups/{resource_group}/providers/{namespace}/{type}/{name}";

    let cluster = get(clusters::get::get)
        .put(clusters::put::put)
        .patch(clusters::patch::patch)
        .delete(clusters::delete::delete);
    Router::new()
        .route(CLUSTER, resource("DELETE, GET, PATCH, PUT", cluster))
        .route(
            &format!("{CLUSTER}/listcredentials"),
            resource("POST", post(clusters::list_credentials::post)),
        )
        .route(
            &format!("{CLUSTER}/listadmincredentials"),
            resource("POST", post(clusters::list_admin_credentials::post)),
        )
        .route(
            &format!("{PROVIDER}/{{type}}"),
            resource("GET", get(clusters::list::in_subscription)),
        )
        .route(
            &format!("{GROUP}/{{type}}"),
            resource("GET", get(clusters::list::in_resource_group)),
        )
        .route(
            &format!("{GROUP}/deployments/{{deployment}}/preflight"),
            resource("POST", post(preflight::post::post)),
        )
        .route(
            &format!("{PROVIDER}/locations/{{location}}/operationsstatus/{{operation}}"),
            resource("GET", get(operation_status::get::get)),
        )
        .route(
            &format!("{PROVIDER}/locations/{{location}}/operationresults/{{operation}}"),
            resource("GET", get(operation_results::get::get)),
        )
        .route(
            &format!("{PROVIDER}/locations/{{location}}/openshiftversions"),
            resource("GET", get(openshift_versions::list::list)),
        )
        .route(
            &format!("{PROVIDER}/locations/{{location}}/openshiftversions/{{version}}"),
            resource("GET", get(openshift_versions::get::get)),
        )
        .route(
            &format!("{PROVIDER}/locations/{{location}}/platformworkloadidentityrolesets"),
            resource("GET", get(role_sets::list::list)),
        )
        .route(
            &format!("{PROVIDER}/locations/{{location}}/platformworkloadidentityrolesets/{{minor}}"),
            resource("GET", get(role_sets::get::get)),
        )
        // ARM sends its own api-version here, 2.0. Other methods do not exist for a subscription.
        .route(
            SUBSCRIPTION,
            versionless("PUT", put(subscriptions::put::put)).fallback(controllers::unknown_path_reply),
        )
        // ARM asks every service of the namespace with a version that only one of them may know.
        .route(
            "/providers/{namespace}/operations",
            versionless("GET", get(operations::list::list)),
        )
        .route(
            "/admin/versions",
            versionless(
                "GET, PUT",
                get(admin::openshift_versions::get).put(admin::openshift_versions::put),
            ),
        )
        .route(
            "/admin/platformworkloadidentityrolesets",
            versionless("GET, PUT", get(admin::role_sets::get).put(admin::role_sets::put)),
        )
        .route(
            "/admin/providers/{namespace}/{type}",
            versionless("GET", get(admin::clusters::get)),
        )
        .route("/admin/clusters", versionless("GET", get(admin::inventory::get)))
        .route("/admin/supportedvmsizes", versionless("GET", get(admin::vm_sizes::get)))
        .route("/admin/billingdocuments", versionless("GET", get(admin::billing::list)))
        .route(
            "/admin/billingdocuments/{document}",
            versionless("GET", get(admin::billing::get)),
        )
        .route(
            "/admin/maintenancemanifests/queued",
            versionless("GET", get(queue::list)),
        )
        .route(
            "/admin/maintenancemanifests/cancel",
            versionless("POST", post(queue::cancel)),
        )
        .route(
            "/admin/maintenanceschedules",
            versionless("GET, PUT", get(schedules::list).put(schedules::put)),
        )
        .route(
            "/admin/maintenanceschedules/{schedule}",
            versionless("GET", get(schedules::get)),
        )
        .route(
            &format!("/admin{CLUSTER}/maintenancemanifests"),
            versionless("GET, PUT", get(manifests::list).put(manifests::put)),
        )
        .route(
            &format!("/admin{CLUSTER}/maintenancemanifests/{{manifest}}"),
            versionless("DELETE, GET", get(manifests::get).delete(manifests::delete)),
        )
        .route(
            &format!("/admin{CLUSTER}/maintenancemanifests/{{manifest}}/cancel"),
            versionless("POST", post(manifests::cancel)),
        )
        .route(
            &format!("/admin{CLUSTER}/selectors"),
            versionless("GET", get(admin::selectors::get)),
        )
        .route(READY_PATH, only("GET", get(health::ready)))
        .fallback(controllers::unknown_path_reply)
        .with_state(app)
}

/// Answers every other method with 405 and the ones that exist. axum would let HEAD through to GET, which would read
/// the store and even a live cluster for a reply that nobody sees.
fn only(methods: &'static str, handlers: MethodRouter<App>) -> MethodRouter<App> {
    let refuse = move |_: Request| async move { method_not_allowed(methods) };
    handlers.head(refuse).fallback(refuse)
}

fn method_not_allowed(methods: &'static str) -> Response {
    (
        StatusCode::METHOD_NOT_ALLOWED,
        [(ALLOW, HeaderValue::from_static(methods))],
    )
        .into_response()
}
