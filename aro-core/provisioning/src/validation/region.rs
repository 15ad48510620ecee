//! What a subscription can have in a region, whatever the cluster.

use aro_api::model::Cluster;
use aro_azure::{
    ArmClient,
    compute::{
        ComputeClient,
        models::{ResourceSku, ResourceSkuRestrictions, resource_sku_restrictions::Type},
    },
    network::{self, Usage},
    resources,
};
use aro_http::AzureError;
use serde_json::Value;

use super::{Facts, MachineSize, Provider};
use crate::wish;

/// Api-version of features.
const FEATURES: &str = "2021-07-01";

/// A subscription in a region, and who asks about it. All calls only read.
#[derive(Debug, Clone)]
pub struct Region {
    /// The customer's subscription.
    pub subscription: String,
    /// The region.
    pub location: String,
    /// Azure Resource Manager, as the first-party application.
    pub arm: ArmClient,
    /// Machine sizes, as the first-party application.
    pub compute: ComputeClient,
    /// Whether clusters may use zones besides 1, 2 and 3.
    pub expanded_zones: bool,
}

/// The zones that every cluster may use.
const ZONES: [&str; 3] = ["1", "2", "3"];

impl Region {
    /// All that does not depend on a cluster: sizes, the use of limits, providers. Asked at the same time.
    ///
    /// # Errors
    /// What Azure said.
    pub async fn facts(&self) -> Result<Facts, AzureError> {
        let (sizes, machines, addresses, providers) = futures::try_join!(
            self.sizes(),
            self.machine_usages(),
            self.network_usages(),
            self.providers()
        )?;
        Ok(Facts {
            sizes: Some(sizes),
            usages: machines.into_iter().chain(addresses).collect(),
            providers: Some(providers),
            ..Facts::default()
        })
    }

    /// The state of the feature that encryption at host needs, for a cluster that asks for it; few do.
    ///
    /// # Errors
    /// What Azure said.
    pub async fn encryption_at_host(&self, cluster: &Cluster) -> Result<Option<String>, AzureError> {
        if !wish::encrypts_at_host(cluster) {
            return Ok(None);
        }
        let path = format!(
            "/subscriptions/{}/providers/Microsoft.Features/providers/Microsoft.Compute/features",
            self.subscription
        );
        let features: Vec<Value> = self.arm.list(&path, FEATURES, &[]).await?;
        let found = features.iter().find(|feature| {
            feature["name"]
                .as_str()
                .is_some_and(|name| name.eq_ignore_ascii_case("Microsoft.Compute/EncryptionAtHost"))
        });
        let state = found.and_then(|feature| feature["properties"]["state"].as_str());
        Ok(Some(state.unwrap_or("NotRegistered").to_owned()))
    }

    /// The use of limits of machines, cores and disks.
    pub(super) async fn machine_usages(&self) -> Result<Vec<Usage>, AzureError> {
        self.compute.usages(&self.subscription, &self.location()).await
    }

    /// The use of limits of addresses and what else is of the network.
    pub(super) async fn network_usages(&self) -> Result<Vec<Usage>, AzureError> {
        let path = format!(
            "/subscriptions/{}/providers/Microsoft.Network/locations/{}/usages",
            self.subscription,
            self.location()
        );
        self.arm.list(&path, network::API_VERSION, &[]).await
    }

    /// The machine sizes that the subscription sees.
    pub(super) async fn sizes(&self) -> Result<Vec<MachineSize>, AzureError> {
        let location = self.location();
        let skus = self.compute.skus(&self.subscription, &location).await?;
        let sizes = skus.iter().filter_map(|sku| size(sku, &location, self.expanded_zones));
        Ok(sizes.collect())
    }

    /// The subscription's resource providers.
    pub(super) async fn providers(&self) -> Result<Vec<Provider>, AzureError> {
        let path = format!("/subscriptions/{}/providers", self.subscription);
        self.arm.list(&path, resources::API_VERSION, &[]).await
    }

    fn location(&self) -> String {
        self.location.to_lowercase()
    }
}

/// A size of machines that is offered in the region.
fn size(sku: &ResourceSku, location: &str, expanded_zones: bool) -> Option<MachineSize> {
    let is_machine = |kind: &str| kind.eq_ignore_ascii_case("virtualMachines");
    sku.resource_type.as_deref().filter(|kind| is_machine(kind))?;
    let here = |locations: &[String]| locations.iter().any(|one| one.eq_ignore_ascii_case(location));
    if !here(&sku.locations) {
        return None;
    }
    let capability = |name: &str| {
        let found = sku.capabilities.iter().find(|one| one.name.as_deref() == Some(name));
        found.and_then(|one| one.value.as_deref())
    };
    // A restriction of zones leaves the others.
    let restricted_zones: Vec<&String> = sku
        .restrictions
        .iter()
        .filter(|one| matches!(one.type_, Some(Type::Zone)))
        .filter_map(|one| one.restriction_info.as_ref())
        .filter(|info| here(&info.locations))
        .flat_map(|info| &info.zones)
        .collect();
    let may_use =
        |zone: &&String| !restricted_zones.contains(zone) && (expanded_zones || ZONES.contains(&zone.as_str()));
    let zones = sku.location_info.first().map(|info| info.zones.as_slice());
    let zones = zones.unwrap_or_default().iter().filter(may_use);
    Some(MachineSize {
        name: sku.name.clone()?,
        family: sku.family.clone().unwrap_or_default(),
        cores: capability("vCPUs")
            .and_then(|cores| cores.parse().ok())
            .unwrap_or_default(),
        zones: zones.cloned().collect(),
        restricted: sku.restrictions.iter().any(|one| is_of(one, here)),
        encryption_at_host: capability("EncryptionAtHostSupported").is_some_and(|can| can.eq_ignore_ascii_case("True")),
    })
}

/// Whether a restriction is one of the whole region. It names regions in two places, or none when only one was asked about.
fn is_of(restriction: &ResourceSkuRestrictions, here: impl Fn(&[String]) -> bool) -> bool {
    let info = restriction.restriction_info.as_ref();
    let named = info.map(|info| info.locations.as_slice()).unwrap_or_default();
    matches!(restriction.type_, Some(Type::Location))
        && (here(named) || here(&restriction.values) || (named.is_empty() && restriction.values.is_empty()))
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    fn sku(zones: &[&str], restrictions: Value) -> ResourceSku {
        let sku = json!({"resourceType": "virtualMachines", "name": "Standard_D8s_v5", "family": "standardDSv5Family",
            "locations": ["EastUS"], "locationInfo": [{"location": "EastUS", "zones": zones}],
            "capabilities": [{"name": "vCPUs", "value": "8"}], "restrictions": restrictions});
        from_value(sku).unwrap()
    }

    #[test]
    fn restrictions_take_the_size_or_some_of_its_zones() {
        let of = |kind: &str, location: &str| {
            json!([{"type": kind, "values": [location], "restrictionInfo": {"locations": [location], "zones": ["2"]},
                "reasonCode": "NotAvailableForSubscription"}])
        };
        for (restrictions, restricted, zones) in [
            (json!([]), false, "1 2 3"),
            (of("Zone", "eastus"), false, "1 3"),
            (of("Location", "eastus"), true, "1 2 3"),
            (of("Location", "westus"), false, "1 2 3"),
        ] {
            let found = size(&sku(&["1", "2", "3"], restrictions), "eastus", false).unwrap();
            let found = (found.restricted, found.zones.join(" "), found.cores);
            assert_eq!(found, (restricted, zones.to_owned(), 8));
        }
        assert!(size(&sku(&[], json!([])), "westus", false).is_none());
    }

    #[test]
    fn zones_besides_the_first_three_are_used_where_that_is_allowed() {
        let sku = sku(&["2", "4", "1", "3"], json!([]));
        for (expanded, zones) in [(false, "2 1 3"), (true, "2 4 1 3")] {
            assert_eq!(size(&sku, "eastus", expanded).unwrap().zones.join(" "), zones);
        }
    }
}
