//! The OpenShift versions that can be installed.

pub(crate) mod get;
pub(crate) mod list;

use aro_api::model::OpenShiftVersion;
use aro_api::release::Release;

use crate::fault::Fault;
use crate::request::Call;

/// The versions that customers may install, oldest first.
async fn enabled(call: &Call) -> Result<Vec<OpenShiftVersion>, Fault> {
    let stored = call.app.parts.store.openshift_versions().list().await?;
    let mut versions: Vec<OpenShiftVersion> = stored
        .into_iter()
        .map(|stored| stored.document.openshift_version)
        .filter(|version| version.properties.enabled && !version.deleting)
        .collect();
    versions.sort_by_cached_key(|version| version.properties.version.parse::<Release>().ok());
    Ok(versions)
}
