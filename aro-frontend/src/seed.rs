//! A store that knows no OpenShift version refuses every new cluster, so a fresh one is given those of the
//! configuration.

use aro_api::model::{OpenShiftVersion, OpenShiftVersionProperties};
use aro_store::{OpenShiftVersionDocument, Store, StoreError};
use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An OpenShift version as it stands in the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ConfiguredVersion {
    /// The version, `x.y.z`.
    pub version: String,
    /// Where the release image is pulled from.
    pub openshift_pullspec: String,
    /// Where the installer image is pulled from.
    pub installer_pullspec: String,
    /// Whether it is installed where the customer names none. Exactly one should be.
    pub default: bool,
}

/// Why the versions could not be put into the store.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// A configured version is not written as one.
    #[error("openshift_versions: {0} is no OpenShift version; write it as 4.17.27")]
    Version(String),
    /// Not exactly one of them is the default.
    #[error("openshift_versions: {0} versions are marked as default; mark exactly one")]
    Default(usize),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Puts `versions` into the store if it has none, and returns how many were written. What operators have put there is
/// never touched, so it is safe to call at every start and from several processes.
///
/// # Errors
/// See [`SeedError`].
pub async fn seed_openshift_versions(store: &Store, versions: &[ConfiguredVersion]) -> Result<usize, SeedError> {
    for configured in versions {
        if configured.version.parse::<aro_api::release::Release>().is_err() {
            return Err(SeedError::Version(configured.version.clone()));
        }
    }
    let defaults = versions.iter().filter(|configured| configured.default).count();
    if !versions.is_empty() && defaults != 1 {
        return Err(SeedError::Default(defaults));
    }
    if !store.openshift_versions().list().await?.is_empty() {
        return Ok(0);
    }

    let mut written = 0;
    for configured in versions {
        let document = OpenShiftVersionDocument {
            id: id_of(&configured.version).to_string(),
            openshift_version: OpenShiftVersion {
                properties: OpenShiftVersionProperties {
                    version: configured.version.clone(),
                    openshift_pullspec: configured.openshift_pullspec.clone(),
                    installer_pullspec: configured.installer_pullspec.clone(),
                    enabled: true,
                    default: configured.default,
                    ..OpenShiftVersionProperties::default()
                },
                ..OpenShiftVersion::default()
            },
            ..OpenShiftVersionDocument::default()
        };
        match store.openshift_versions().create(document).await {
            Ok(_) => written += 1,
            // Another process starts at the same moment and was faster.
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(written)
}

/// The same id in every process, so that two which start together do not write a version twice.
fn id_of(version: &str) -> Uuid {
    let digest = digest::digest(&digest::SHA256, format!("openshift-version/{version}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_ref()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
