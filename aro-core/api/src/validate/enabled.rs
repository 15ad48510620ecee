//! Which OpenShift version a new cluster gets.

use crate::model::OpenShiftVersion;
use crate::release::Release;
use crate::validate::text::quoted;
use crate::{CloudError, Code, grammar};

const TARGET: &str = "properties.clusterProfile.version";

/// The version that a cluster gets when its request names none: the enabled default; among several, the newest.
///
/// # Errors
/// Status 500 `InternalServerError` when there is no enabled default.
pub fn default_version(versions: &[OpenShiftVersion]) -> Result<&str, CloudError> {
    let defaults = versions
        .iter()
        .filter(|version| version.properties.enabled && version.properties.default);
    defaults
        .max_by_key(|version| version.properties.version.parse::<Release>().ok())
        .map(|version| version.properties.version.as_str())
        .ok_or_else(|| {
            let message = "No default OpenShift version is available at the moment. Name one in \
                           'properties.clusterProfile.version', or try again later.";
            CloudError::new(500, Code::INTERNAL_SERVER_ERROR, TARGET, message)
        })
}

/// Whether a new cluster may have this version: it must be one of those that are enabled.
///
/// # Errors
/// Status 400 `InvalidParameter` at `properties.clusterProfile.version`.
pub fn check_version(version: &str, versions: &[OpenShiftVersion]) -> Result<(), CloudError> {
    let enabled = |known: &&OpenShiftVersion| known.properties.enabled;
    let known = versions
        .iter()
        .filter(enabled)
        .any(|known| known.properties.version == version);
    if known && grammar::is_semantic_version(version) {
        return Ok(());
    }
    let mut choice: Vec<&str> = versions
        .iter()
        .filter(enabled)
        .map(|known| known.properties.version.as_str())
        .collect();
    choice.sort_by_key(|version| version.parse::<Release>().ok());
    Err(CloudError::invalid_parameter(
        TARGET,
        format!(
            "The provided OpenShift version {} cannot be installed here. Choose one of: {}.",
            quoted(version),
            choice.join(", ")
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(number: &str, enabled: bool, default: bool) -> OpenShiftVersion {
        let mut version = OpenShiftVersion::default();
        version.properties.version = number.into();
        version.properties.enabled = enabled;
        version.properties.default = default;
        version
    }

    #[test]
    fn the_default_is_enabled() {
        let versions = [
            version("4.9.1", true, true),
            version("4.16.30", true, true),
            version("4.17.0", false, true),
            version("4.18.0", true, false),
        ];
        assert_eq!(default_version(&versions).unwrap(), "4.16.30");
        let error = default_version(&versions[2..]).unwrap_err();
        assert_eq!((error.status_code, error.target.as_str()), (500, TARGET));
    }

    #[test]
    fn only_enabled_versions_can_be_installed() {
        let versions = [
            version("4.16.30", true, false),
            version("4.17.0", false, false),
            version("odd", true, false),
        ];
        assert!(check_version("4.16.30", &versions).is_ok());
        for wrong in ["4.17.0", "4.16.3", "odd", "", " 4.16.30"] {
            let error = check_version(wrong, &versions).unwrap_err();
            assert_eq!(
                (error.status_code, error.code, error.target.as_str()),
                (400, Code::INVALID_PARAMETER, TARGET)
            );
        }
    }
}
