//! The OpenShift versions that can be installed.

use aro_api_derive::Resource;

use super::Extra;

/// An OpenShift version that can be installed.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "OpenShiftVersion")]
pub struct OpenShiftVersion {
    /// The resource id.
    #[aro(name = "id", in("2022-09-04".., "admin"), unseen("admin"))]
    pub id: String,
    /// The resource name.
    #[aro(name = "name", in("2024-08-12-preview".., "admin"))]
    pub name: String,
    /// The resource type.
    #[aro(name = "type", in("2024-08-12-preview".., "admin"), no_case)]
    pub r#type: String,
    /// Whether the version is about to disappear.
    #[aro(name = "deleting")]
    pub deleting: bool,
    /// The version itself.
    #[aro(name = "properties", in("2022-09-04".., "admin"), always("2025-07-25"..))]
    pub properties: OpenShiftVersionProperties,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// An OpenShift version.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "OpenShiftVersionProperties")]
pub struct OpenShiftVersionProperties {
    /// The version, `x.y.z`.
    #[aro(name = "version", in("2022-09-04".., "admin"))]
    pub version: String,
    /// Where the release image is pulled from.
    #[aro(name = "openShiftPullspec", in("admin"), mutable)]
    pub openshift_pullspec: String,
    /// Where the installer image is pulled from.
    #[aro(name = "installerPullspec", in("admin"), mutable)]
    pub installer_pullspec: String,
    /// Whether customers may install it.
    #[aro(name = "enabled", in("admin"), mutable, always("admin"))]
    pub enabled: bool,
    /// Whether it is installed where the customer names none.
    #[aro(name = "default", in("admin"), mutable, always("admin"))]
    pub default: bool,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}
