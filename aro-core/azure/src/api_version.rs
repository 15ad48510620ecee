//! Which api-version deletes a resource that is only known by its type.

/// The api-version for a resource type, by the longest row that begins it. `None` for a type never made in a managed
/// resource group.
#[must_use]
pub fn api_version(resource_type: &str) -> Option<&'static str> {
    let wanted = resource_type.to_ascii_lowercase();
    ROWS.iter()
        .filter(|(prefix, _)| {
            wanted
                .strip_prefix(prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
        .max_by_key(|(prefix, _)| prefix.len())
        .map(|(_, version)| *version)
}

const ROWS: &[(&str, &str)] = &[
    ("microsoft.authorization", "2018-09-01-preview"),
    ("microsoft.authorization/denyassignments", "2018-07-01-preview"),
    ("microsoft.authorization/roledefinitions", "2018-01-01-preview"),
    ("microsoft.compute", "2024-03-01"),
    ("microsoft.compute/diskencryptionsets", "2021-04-01"),
    ("microsoft.compute/disks", "2019-03-01"),
    ("microsoft.compute/galleries", "2022-03-03"),
    ("microsoft.compute/snapshots", "2020-05-01"),
    ("microsoft.containerregistry", "2020-11-01-preview"),
    ("microsoft.documentdb", "2023-04-15"),
    ("microsoft.insights", "2018-03-01"),
    ("microsoft.insights/autoscalesettings", "2022-10-01"),
    ("microsoft.keyvault", "2019-09-01"),
    ("microsoft.managedidentity", "2018-11-30"),
    ("microsoft.network", "2020-08-01"),
    ("microsoft.network/dnszones", "2018-05-01"),
    ("microsoft.network/privatednszones", "2018-09-01"),
    ("microsoft.resources/deployments", "2021-04-01"),
    ("microsoft.storage", "2021-09-01"),
];

#[cfg(test)]
mod tests {
    use super::api_version;

    #[test]
    fn the_longest_row_wins_and_names_end_at_a_slash() {
        assert_eq!(api_version("Microsoft.Network/loadBalancers"), Some("2020-08-01"));
        assert_eq!(
            api_version("Microsoft.Network/privateDnsZones/virtualNetworkLinks"),
            Some("2018-09-01")
        );
        assert_eq!(api_version("Microsoft.Compute/disks"), Some("2019-03-01"));
        assert_eq!(api_version("Microsoft.Compute/diskAccesses"), Some("2024-03-01"));
        assert_eq!(api_version("Microsoft.Sql/servers"), None);
    }
}
