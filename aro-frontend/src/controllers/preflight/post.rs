//! POST preflight: whether the clusters of a template would be accepted, without creating anything.

use aro_api::request::preflight::{self, Objection, Wish};
use aro_api::request::{Method, PutOrPatch, Secrets};
use aro_store::StoreError;
use axum::Extension;
use http::StatusCode;

use crate::controllers::clusters::write::rp_facts;
use crate::fault::Fault;
use crate::layers::body::ReadBody;
use crate::reply::Reply;
use crate::request::Call;

enum Failure {
    Objection(Objection),
    Fault(Fault),
}

impl From<Objection> for Failure {
    fn from(objection: Objection) -> Failure {
        Failure::Objection(objection)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Fault(error.into())
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        Failure::Fault(fault)
    }
}

/// POST …/deployments/{deployment}/preflight
///
/// The status is 200 whatever is found: ARM reads the verdict.
pub(crate) async fn post(call: Call, Extension(ReadBody(body)): Extension<ReadBody>) -> Result<Reply, Fault> {
    let objection = match check_all(&call, &body).await {
        Ok(()) => None,
        Err(Failure::Objection(objection)) => Some(objection),
        Err(Failure::Fault(fault)) => return Err(fault),
    };
    let body = preflight::verdict(objection.as_ref()).map_err(|error| Fault::Unexpected(error.to_string()))?;
    Ok(Reply::json(StatusCode::OK, body))
}

async fn check_all(call: &Call, body: &[u8]) -> Result<(), Failure> {
    for resource in preflight::resources(body)? {
        if let Some(wish) = preflight::wish(resource)? {
            check(call, &wish).await?;
        }
    }
    Ok(())
}

/// Reads the resource as a PUT would, in its own api-version, and drops what comes of it.
async fn check(call: &Call, wish: &Wish<'_>) -> Result<(), Failure> {
    let parts = &call.app.parts;
    let versions = call.app.catalogue.versions().await?;
    let role_sets = call.app.catalogue.role_sets().await?;
    let stored = parts.store.clusters().get(&wish.key()).await?;
    let secrets = stored.as_ref().map(|stored| Secrets {
        sealer: parts.store.sealer(),
        document: &stored.document.id,
    });
    let request = PutOrPatch {
        version: wish.version,
        method: Method::Put,
        path: &wish.id,
        body: wish.body,
        now: parts.clock.now(),
        system_data: None,
        identity_url: None,
        home_tenant_id: None,
        rp: &rp_facts(&parts.settings),
        versions: &versions,
        role_sets: &role_sets,
        secrets,
    };
    let current = stored.as_ref().map(|stored| &stored.document.cluster);
    wish.check(&request, current)?;
    Ok(())
}
