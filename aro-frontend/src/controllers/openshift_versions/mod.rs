//! The OpenShift versions that can be installed.

pub(crate) mod get;
pub(crate) mod list;

use aro_api::model::OpenShiftVersion;

use crate::fault::Fault;
use crate::request::Call;

/// The versions that customers may install, oldest first.
async fn enabled(call: &Call) -> Result<Vec<OpenShiftVersion>, Fault> {
    let versions = call.app.catalogue.versions().await?;
    Ok(versions
        .iter()
        .filter(|version| version.properties.enabled)
        .cloned()
        .collect())
}
