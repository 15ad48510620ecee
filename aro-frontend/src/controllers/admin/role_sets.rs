//! The role sets, with what only operators see of them.

use aro_api::request::catalogue;
use aro_api::{ApiVersion, view};
use aro_store::{IdKind, PlatformWorkloadIdentityRoleSetDocument, StoreError};
use axum::Extension;
use http::StatusCode;

use crate::controllers::race;
use crate::fault::Fault;
use crate::layers::body::ReadBody;
use crate::reply::Reply;
use crate::request::Call;

/// GET /admin/platformworkloadidentityrolesets
pub(crate) async fn get(call: Call) -> Result<Reply, Fault> {
    // Operators see what is, not what was a moment ago.
    call.app.catalogue.written().await;
    Ok(Reply::json(
        StatusCode::OK,
        view::role_sets(&call.app.catalogue.role_sets().await?, ApiVersion::admin()),
    ))
}

/// PUT /admin/platformworkloadidentityrolesets: the body names the OpenShift version.
pub(crate) async fn put(call: Call, Extension(ReadBody(body)): Extension<ReadBody>) -> Result<Reply, Fault> {
    race::until_won(&call.app, || attempt(&call, &body)).await
}

async fn attempt(call: &Call, body: &[u8]) -> Result<Reply, Fault> {
    let role_sets = call.app.parts.store.role_sets();

    // What the body alone says decides which role set it is about.
    let wish = catalogue::put_role_set(body, None)?;
    let named = &wish.properties.openshift_version;
    let current = role_sets.list().await?.into_iter().find(|stored| {
        stored
            .document
            .platform_workload_identity_role_set
            .properties
            .openshift_version
            == *named
    });

    let (status, written) = match current {
        None => {
            let document = PlatformWorkloadIdentityRoleSetDocument {
                id: call.app.parts.ids.new_id(IdKind::RoleSet).to_string(),
                platform_workload_identity_role_set: wish,
                ..PlatformWorkloadIdentityRoleSetDocument::default()
            };
            match role_sets.create(document).await {
                Err(StoreError::Conflict { .. }) => return Err(Fault::Overtaken),
                written => (StatusCode::CREATED, written?),
            }
        }
        Some(mut stored) => {
            let changed = catalogue::put_role_set(body, Some(&stored.document.platform_workload_identity_role_set))?;
            stored.document.platform_workload_identity_role_set = changed;
            (StatusCode::OK, role_sets.replace(stored).await?)
        }
    };
    call.app.catalogue.written().await;
    let shown = view::role_set(
        &written.document.platform_workload_identity_role_set,
        ApiVersion::admin(),
    );
    Ok(Reply::json(status, shown))
}
