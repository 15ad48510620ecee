//! What is to be done to one cluster, and when.

use aro_api::model::{MaintenanceManifest, MaintenanceManifestState, ProvisioningState};
use aro_api::{CloudError, Code, request, view};
use aro_store::{IdKind, MaintenanceManifestDocument, ManifestScope, Stored};
use axum::Extension;
use http::StatusCode;
use time::Duration;

use super::limit;
use crate::controllers::admin::no_such;
use crate::controllers::clusters::find;
use crate::controllers::{paging, race};
use crate::fault::Fault;
use crate::layers::body::ReadBody;
use crate::reply::Reply;
use crate::request::Call;

/// How long maintenance may wait for its turn where nothing else is said.
const WINDOW: Duration = Duration::days(7);

/// GET …/maintenancemanifests
pub(crate) async fn list(call: Call) -> Result<Reply, Fault> {
    check_cluster(&call).await?;
    page(&call, ManifestScope::Cluster(call.cluster_key()), true).await
}

/// One page of the manifests in a scope; below their cluster (`of_cluster`) they do not name it again.
pub(super) async fn page(call: &Call, scope: ManifestScope, of_cluster: bool) -> Result<Reply, Fault> {
    let bound_to = format!("{scope:?}");
    let after = paging::begin(call, &bound_to)?;
    let manifests = call.app.parts.store.manifests();
    let page = manifests.page_in(&scope, after.as_deref(), limit(call)).await?;
    for error in &page.corrupt {
        tracing::error!(%error, "a piece of maintenance is left out of a list");
    }
    let next_link = paging::next_link(call, &bound_to, page.next.as_deref())?;
    let shown: Vec<_> = page.documents.into_iter().map(shown).collect();
    Ok(Reply::json(
        StatusCode::OK,
        view::manifests(&shown, of_cluster, next_link.as_deref()),
    ))
}

/// PUT …/maintenancemanifests: each makes a new one.
pub(crate) async fn put(call: Call, Extension(ReadBody(body)): Extension<ReadBody>) -> Result<Reply, Fault> {
    check_cluster(&call).await?;
    let parts = &call.app.parts;
    let now = parts.clock.now();
    let mut manifest = request::read_manifest(&body)?;
    // Its id, its cluster and how far it is are the service's to say.
    manifest.id.clear();
    manifest.cluster_resource_id.clear();
    manifest.state = MaintenanceManifestState::Pending;
    if manifest.run_after == 0 {
        manifest.run_after = now.unix_timestamp();
    }
    if manifest.run_before == 0 {
        manifest.run_before = (now + WINDOW).unix_timestamp();
    }
    request::check_manifest(&manifest, None)?;

    let document = MaintenanceManifestDocument {
        id: parts.ids.new_id(IdKind::Manifest).to_string(),
        cluster_resource_id: call.cluster_key(),
        maintenance_manifest: manifest,
        ..MaintenanceManifestDocument::default()
    };
    let stored = parts.store.manifests().create(document).await?;
    Ok(reply(StatusCode::CREATED, stored))
}

/// GET …/maintenancemanifests/{manifest}
pub(crate) async fn get(call: Call) -> Result<Reply, Fault> {
    check_cluster(&call).await?;
    Ok(reply(StatusCode::OK, named(&call).await?))
}

/// DELETE …/maintenancemanifests/{manifest}: also when the cluster is gone.
pub(crate) async fn delete(call: Call) -> Result<Reply, Fault> {
    race::until_won(&call.app, || async {
        let stored = named(&call).await?;
        call.app.parts.store.manifests().delete(&stored).await?;
        Ok(Reply::json(StatusCode::OK, b"{}\n".to_vec()))
    })
    .await
}

/// POST …/maintenancemanifests/{manifest}/cancel
pub(crate) async fn cancel(call: Call) -> Result<Reply, Fault> {
    check_cluster(&call).await?;
    race::until_won(&call.app, || async {
        let mut stored = named(&call).await?;
        let state = &mut stored.document.maintenance_manifest.state;
        if *state != MaintenanceManifestState::Pending {
            let message = format!(
                "The maintenance is {} and cannot be cancelled any more. Only what is Pending can.",
                state.as_str()
            );
            return Err(CloudError::new(406, Code::PROPERTY_CHANGE_NOT_ALLOWED, "", message).into());
        }
        *state = MaintenanceManifestState::Cancelled;
        Ok(reply(
            StatusCode::OK,
            call.app.parts.store.manifests().replace(stored).await?,
        ))
    })
    .await
}

/// Fails where the cluster of the path is not there, or goes.
async fn check_cluster(call: &Call) -> Result<(), Fault> {
    match find(call).await? {
        None => Err(no_such("cluster", &call.cluster_key()).into()),
        Some(stored) if stored.document.cluster.properties.provisioning_state == ProvisioningState::Deleting => {
            let message = "The cluster is being deleted; no maintenance is planned for it any more.";
            Err(CloudError::new(404, Code::NOT_FOUND, "", message).into())
        }
        Some(_) => Ok(()),
    }
}

/// The manifest of the path, if it is one of the cluster of the path.
async fn named(call: &Call) -> Result<Stored<MaintenanceManifestDocument>, Fault> {
    let id = call.name("manifest");
    let found = call.app.parts.store.manifests().get(id).await?;
    found
        .filter(|stored| stored.document.cluster_resource_id == call.cluster_key())
        .ok_or_else(|| no_such("piece of maintenance", id).into())
}

fn reply(status: StatusCode, stored: Stored<MaintenanceManifestDocument>) -> Reply {
    Reply::json(status, view::manifest(&shown(stored), true))
}

fn shown(stored: Stored<MaintenanceManifestDocument>) -> MaintenanceManifest {
    let document = stored.document;
    MaintenanceManifest {
        id: document.id,
        cluster_resource_id: document.cluster_resource_id,
        ..document.maintenance_manifest
    }
}
