//! The OpenShift versions, those that customers cannot install included.

use aro_api::release::Release;
use aro_api::request::catalogue;
use aro_api::{ApiVersion, view};
use aro_store::{IdKind, OpenShiftVersionDocument, StoreError};
use axum::Extension;
use http::StatusCode;

use crate::controllers::race;
use crate::fault::Fault;
use crate::layers::body::ReadBody;
use crate::reply::Reply;
use crate::request::Call;

/// GET /admin/versions
pub(crate) async fn get(call: Call) -> Result<Reply, Fault> {
    let stored = call.app.parts.store.openshift_versions().list().await?;
    let mut versions: Vec<_> = stored
        .into_iter()
        .map(|stored| stored.document.openshift_version)
        .collect();
    versions.sort_by_cached_key(|version| version.properties.version.parse::<Release>().ok());
    Ok(Reply::json(
        StatusCode::OK,
        view::openshift_versions(&versions, ApiVersion::admin()),
    ))
}

/// PUT /admin/versions: the body names the version.
pub(crate) async fn put(call: Call, Extension(ReadBody(body)): Extension<ReadBody>) -> Result<Reply, Fault> {
    race::until_won(&call.app, || attempt(&call, &body)).await
}

async fn attempt(call: &Call, body: &[u8]) -> Result<Reply, Fault> {
    let versions = call.app.parts.store.openshift_versions();

    // What the body alone says decides which version it is about.
    let wish = catalogue::put_openshift_version(body, None)?;
    let named = &wish.properties.version;
    let current = versions
        .list()
        .await?
        .into_iter()
        .find(|stored| stored.document.openshift_version.properties.version == *named);

    let (status, written) = match current {
        None => {
            let document = OpenShiftVersionDocument {
                id: call.app.parts.ids.new_id(IdKind::Catalogue).to_string(),
                openshift_version: wish,
                ..OpenShiftVersionDocument::default()
            };
            match versions.create(document).await {
                Err(StoreError::Conflict { .. }) => return Err(Fault::Overtaken),
                written => (StatusCode::CREATED, written?),
            }
        }
        Some(mut stored) => {
            let changed = catalogue::put_openshift_version(body, Some(&stored.document.openshift_version))?;
            stored.document.openshift_version = changed;
            (StatusCode::OK, versions.replace(stored).await?)
        }
    };
    call.app.catalogue.written().await;
    let shown = view::openshift_version(&written.document.openshift_version, ApiVersion::admin());
    Ok(Reply::json(status, shown))
}
