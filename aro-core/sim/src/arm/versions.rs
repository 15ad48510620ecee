//! The api-versions each provider answers to, from Azure's public list.

use super::error::ArmError;
use super::front::OPENSHIFT;
use super::id::ArmPath;
use super::types::features::is_feature;

const RESOURCES: &[&str] = &[
    "2014-04-01",
    "2015-01-01",
    "2015-11-01",
    "2016-02-01",
    "2016-06-01",
    "2016-07-01",
    "2016-09-01",
    "2017-05-01",
    "2017-05-10",
    "2017-08-01",
    "2018-01-01",
    "2018-02-01",
    "2018-05-01",
    "2019-03-01",
    "2019-05-01",
    "2019-05-10",
    "2019-06-01",
    "2019-07-01",
    "2019-08-01",
    "2019-10-01",
    "2019-11-01",
    "2020-01-01",
    "2020-05-01",
    "2020-06-01",
    "2020-08-01",
    "2020-10-01",
    "2021-01-01",
    "2021-04-01",
    "2022-01-01",
    "2022-09-01",
    "2022-12-01",
    "2023-07-01",
    "2024-03-01",
    "2024-07-01",
    "2024-08-01",
    "2024-11-01",
    "2025-03-01",
    "2025-04-01",
    "2026-06-01",
];
const NETWORK: &[&str] = &[
    "2015-05-01-preview",
    "2015-06-15",
    "2016-03-30",
    "2016-06-01",
    "2016-09-01",
    "2016-12-01",
    "2017-03-01",
    "2017-06-01",
    "2017-08-01",
    "2017-09-01",
    "2017-10-01",
    "2017-11-01",
    "2018-01-01",
    "2018-02-01",
    "2018-04-01",
    "2018-06-01",
    "2018-07-01",
    "2018-08-01",
    "2018-10-01",
    "2018-11-01",
    "2018-12-01",
    "2019-02-01",
    "2019-04-01",
    "2019-06-01",
    "2019-07-01",
    "2019-08-01",
    "2019-09-01",
    "2019-11-01",
    "2019-12-01",
    "2020-01-01",
    "2020-03-01",
    "2020-04-01",
    "2020-05-01",
    "2020-06-01",
    "2020-07-01",
    "2020-08-01",
    "2020-11-01",
    "2021-01-01",
    "2021-02-01",
    "2021-03-01",
    "2021-04-01",
    "2021-05-01",
    "2021-06-01",
    "2021-08-01",
    "2021-12-01",
    "2022-01-01",
    "2022-05-01",
    "2022-07-01",
    "2022-09-01",
    "2022-11-01",
    "2023-02-01",
    "2023-04-01",
    "2023-05-01",
    "2023-06-01",
    "2023-09-01",
    "2023-11-01",
    "2024-01-01",
    "2024-03-01",
    "2024-05-01",
    "2024-07-01",
    "2024-10-01",
    "2025-01-01",
    "2025-03-01",
    "2025-05-01",
    "2025-07-01",
    "2026-03-01",
];
const DNS: &[&str] = &[
    "2015-05-04-preview",
    "2016-04-01",
    "2017-09-01",
    "2017-10-01",
    "2018-03-01-preview",
    "2018-05-01",
    "2023-07-01-preview",
];
const PRIVATE_DNS: &[&str] = &["2018-09-01", "2020-01-01", "2020-06-01", "2024-06-01"];
const COMPUTE: &[&str] = &[
    "2015-06-15",
    "2016-03-30",
    "2016-04-30-preview",
    "2017-03-30",
    "2017-09-01",
    "2017-12-01",
    "2018-04-01",
    "2018-06-01",
    "2018-09-30",
    "2018-10-01",
    "2019-03-01",
    "2019-04-01",
    "2019-07-01",
    "2019-11-01",
    "2019-12-01",
    "2020-05-01",
    "2020-06-01",
    "2020-06-30",
    "2020-09-30",
    "2020-12-01",
    "2021-03-01",
    "2021-04-01",
    "2021-07-01",
    "2021-08-01",
    "2021-11-01",
    "2021-12-01",
    "2022-03-01",
    "2022-03-02",
    "2022-03-03",
    "2022-07-02",
    "2022-08-01",
    "2022-11-01",
    "2023-01-02",
    "2023-03-01",
    "2023-04-02",
    "2023-07-01",
    "2023-07-03",
    "2023-09-01",
    "2023-10-02",
    "2024-03-01",
    "2024-03-02",
    "2024-03-03",
    "2024-07-01",
    "2024-11-01",
    "2025-01-02",
    "2025-04-01",
    "2026-03-02",
    "2026-03-03",
    "2026-04-01",
];
const STORAGE: &[&str] = &[
    "2015-05-01-preview",
    "2015-06-15",
    "2016-01-01",
    "2016-05-01",
    "2016-12-01",
    "2017-06-01",
    "2017-10-01",
    "2018-02-01",
    "2018-03-01-preview",
    "2018-07-01",
    "2018-11-01",
    "2019-04-01",
    "2019-06-01",
    "2020-08-01-preview",
    "2021-01-01",
    "2021-02-01",
    "2021-04-01",
    "2021-05-01",
    "2021-06-01",
    "2021-08-01",
    "2021-09-01",
    "2022-05-01",
    "2022-09-01",
    "2023-01-01",
    "2023-04-01",
    "2023-05-01",
    "2024-01-01",
    "2025-01-01",
    "2025-06-01",
    "2026-09-01",
];
const AUTHORIZATION: &[&str] = &[
    "2014-04-01-preview",
    "2014-07-01-preview",
    "2014-10-01-preview",
    "2015-06-01",
    "2015-07-01",
    "2016-07-01",
    "2017-05-01",
    "2017-09-01",
    "2017-10-01-preview",
    "2018-01-01-preview",
    "2018-05-01-preview",
    "2018-07-01-preview",
    "2018-07-01",
    "2018-09-01-preview",
    "2019-04-01-preview",
    "2019-08-01-preview",
    "2020-03-01-preview",
    "2020-04-01-preview",
    "2020-08-01-preview",
    "2020-10-01",
    "2021-06-01-preview",
    "2022-01-01-preview",
    "2022-04-01",
    "2022-05-01-preview",
    "2024-07-01-preview",
];
const LOCKS: &[&str] = &["2015-01-01", "2016-09-01", "2017-04-01", "2020-05-01"];
const POLICY: &[&str] = &[
    "2015-11-01",
    "2016-04-01",
    "2016-12-01",
    "2018-03-01",
    "2018-05-01",
    "2019-01-01",
    "2019-06-01",
    "2019-09-01",
    "2020-03-01",
    "2020-09-01",
    "2021-06-01",
    "2022-06-01",
    "2023-04-01",
    "2024-04-01",
    "2024-05-01",
    "2025-01-01",
    "2025-03-01",
];
const MANAGED_IDENTITY: &[&str] = &[
    "2015-08-31-preview",
    "2018-11-30",
    "2021-09-30-preview",
    "2022-01-31-preview",
    "2023-01-31",
    "2023-07-31-preview",
    "2024-11-30",
    "2025-01-31-preview",
    "2025-05-31-preview",
];
const KEY_VAULT: &[&str] = &[
    "2016-10-01",
    "2018-02-14",
    "2019-09-01",
    "2021-06-01-preview",
    "2021-10-01",
    "2022-07-01",
    "2023-02-01",
    "2023-07-01",
    "2024-11-01",
    "2026-05-15",
];
const CONTAINER_REGISTRY: &[&str] = &[
    "2017-10-01",
    "2019-05-01",
    "2020-11-01-preview",
    "2021-09-01",
    "2022-12-01",
    "2023-01-01-preview",
    "2023-07-01",
    "2023-11-01-preview",
    "2025-04-01",
    "2025-11-01",
];
const FEATURES: &[&str] = &["2014-08-01-preview", "2015-12-01", "2021-07-01"];
/// The provider behind the relay checks its versions itself, so this list is only what `providers` shows.
pub(super) const OPENSHIFT_VERSIONS: &[&str] = &[
    "2025-07-25",
    "2024-08-12-preview",
    "2023-11-22",
    "2023-09-04",
    "2023-07-01-preview",
    "2023-04-01",
    "2022-09-04",
    "2022-04-01",
    "2021-09-01-preview",
    "2020-04-30",
];

/// `Microsoft.ContainerService`.
const CONTAINER_SERVICE: &[&str] = &[
    "2025-05-01",
    "2025-02-01",
    "2025-01-01",
    "2024-09-01",
    "2024-05-01",
    "2024-02-01",
    "2023-10-01",
    "2023-04-01",
    "2022-04-01",
    "2021-10-01",
    "2020-11-01",
];

const NAMESPACES: [&str; 10] = [
    "Microsoft.Resources",
    "Microsoft.Network",
    "Microsoft.Compute",
    "Microsoft.Storage",
    "Microsoft.Authorization",
    "Microsoft.ManagedIdentity",
    "Microsoft.KeyVault",
    "Microsoft.ContainerRegistry",
    "Microsoft.ContainerService",
    "Microsoft.Features",
];

/// The namespaces ARM knows, beside the one behind the relay.
pub(super) fn known_namespaces() -> &'static [&'static str] {
    &NAMESPACES
}

/// The versions of a type, by its lower-cased name; `None` where any well-formed version does.
pub(super) fn of(kind: &str) -> Option<&'static [&'static str]> {
    let starts = |prefix: &str| kind.starts_with(prefix);
    Some(match () {
        () if starts("microsoft.network/dnszones") => DNS,
        () if starts("microsoft.network/privatednszones") => PRIVATE_DNS,
        () if starts("microsoft.network") => NETWORK,
        () if starts("microsoft.compute") => COMPUTE,
        () if starts("microsoft.storage") => STORAGE,
        () if starts("microsoft.authorization/locks") => LOCKS,
        () if starts("microsoft.authorization/policy") => POLICY,
        () if starts("microsoft.authorization") => AUTHORIZATION,
        () if starts("microsoft.managedidentity") => MANAGED_IDENTITY,
        () if starts("microsoft.keyvault") => KEY_VAULT,
        () if starts("microsoft.containerregistry") => CONTAINER_REGISTRY,
        () if starts("microsoft.containerservice") => CONTAINER_SERVICE,
        () if starts("microsoft.features") => FEATURES,
        () if starts("microsoft.resources") => RESOURCES,
        () => return None,
    })
}

/// Refuses a version as ARM does.
pub(crate) fn check(path: &ArmPath, version: &str) -> Result<(), ArmError> {
    // The version of another provider's resource is that provider's business; so is that of its operations.
    if path.is_namespace(OPENSHIFT) && !path.types.is_empty() && !is_feature(path) {
        return Ok(());
    }
    // Operations are watched in the version of the request that began them.
    if super::operations::is_monitor(path) {
        return Ok(());
    }
    let kind = if is_feature(path) {
        "microsoft.features".to_owned()
    } else if path.types.is_empty() || super::providers::is_about(path) {
        "microsoft.resources".to_owned()
    } else {
        path.kind().to_lowercase()
    };
    let Some(known) = of(&kind) else { return Ok(()) };
    if known.iter().any(|one| one.eq_ignore_ascii_case(version)) {
        return Ok(());
    }
    let supported = known.join(", ");
    if path.types.is_empty() {
        return Err(ArmError::bad(
            "InvalidApiVersionParameter",
            format!("The api-version '{version}' is invalid. The supported versions are '{supported}'."),
        ));
    }
    let namespace = path.namespace.as_deref().unwrap_or_default();
    Err(ArmError::bad(
        "NoRegisteredProviderFound",
        format!(
            "No registered resource provider found for location '' and API version '{version}' for type '{}'. The \
             supported api-versions are '{supported}'. The supported locations are ''. (namespace '{namespace}')",
            path.types.join("/")
        ),
    ))
}
