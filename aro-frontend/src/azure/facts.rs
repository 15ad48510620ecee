//! What Azure says of a subscription in a region.

use aro_azure::ArmClient;
use aro_azure::network::Usage;
use aro_http::AzureError;
use serde::Deserialize;

const COMPUTE: &str = "2021-07-01";
const NETWORK: &str = "2023-11-01";
const RESOURCES: &str = "2021-04-01";
const FEATURES: &str = "2021-07-01";

/// Sizes, usages and providers.
pub(super) struct Facts {
    pub(super) location: String,
    pub(super) skus: Vec<Sku>,
    /// Of machines and disks first, then of the network.
    pub(super) usages: Vec<Usage>,
    pub(super) providers: Vec<Provider>,
}

/// A size of machine as it is offered.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sku {
    #[serde(default)]
    resource_type: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    locations: Vec<String>,
    #[serde(default)]
    restrictions: Vec<Restriction>,
    #[serde(default)]
    capabilities: Vec<Capability>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Restriction {
    #[serde(default)]
    restriction_info: RestrictionInfo,
}

#[derive(Default, Deserialize)]
struct RestrictionInfo {
    #[serde(default)]
    locations: Vec<String>,
}

#[derive(Deserialize)]
struct Capability {
    name: String,
    #[serde(default)]
    value: String,
}

impl Sku {
    fn is_offered_in(&self, location: &str) -> bool {
        self.resource_type.eq_ignore_ascii_case("virtualMachines") && holds(&self.locations, location)
    }

    pub(super) fn is_restricted_in(&self, location: &str) -> bool {
        self.restrictions
            .iter()
            .any(|restriction| holds(&restriction.restriction_info.locations, location))
    }

    pub(super) fn can(&self, capability: &str) -> bool {
        self.capabilities
            .iter()
            .any(|one| one.name == capability && one.value.eq_ignore_ascii_case("True"))
    }
}

fn holds(locations: &[String], location: &str) -> bool {
    locations.iter().any(|one| one.eq_ignore_ascii_case(location))
}

/// A resource provider.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Provider {
    pub(super) namespace: String,
    #[serde(default)]
    pub(super) registration_state: String,
}

impl Facts {
    /// Asks for all of them at once.
    pub(super) async fn read(arm: &ArmClient, subscription: &str, location: &str) -> Result<Facts, AzureError> {
        let of = format!("/subscriptions/{subscription}");
        let filter = format!("location eq '{location}'");
        let skus_path = format!("{of}/providers/Microsoft.Compute/skus");
        let compute_path = format!("{of}/providers/Microsoft.Compute/locations/{location}/usages");
        let network_path = format!("{of}/providers/Microsoft.Network/locations/{location}/usages");
        let providers_path = format!("{of}/providers");
        let query = [("$filter", filter.as_str())];
        let (mut skus, mut usages, network, providers): (Vec<Sku>, Vec<Usage>, Vec<Usage>, Vec<Provider>) = futures::try_join!(
            arm.list(&skus_path, COMPUTE, &query),
            arm.list(&compute_path, COMPUTE, &[]),
            arm.list(&network_path, NETWORK, &[]),
            arm.list(&providers_path, RESOURCES, &[]),
        )?;
        skus.retain(|sku| sku.is_offered_in(location));
        usages.extend(network);
        Ok(Facts {
            location: location.to_owned(),
            skus,
            usages,
            providers,
        })
    }
}

/// Whether the subscription may encrypt disks at the host: the state of the feature.
pub(super) async fn feature(arm: &ArmClient, subscription: &str) -> Result<String, AzureError> {
    #[derive(Deserialize)]
    struct Feature {
        name: String,
        properties: Option<State>,
    }
    #[derive(Deserialize)]
    struct State {
        #[serde(default)]
        state: String,
    }
    let path =
        format!("/subscriptions/{subscription}/providers/Microsoft.Features/providers/Microsoft.Compute/features");
    let features: Vec<Feature> = arm.list(&path, FEATURES, &[]).await?;
    let found = features
        .into_iter()
        .find(|feature| feature.name.eq_ignore_ascii_case("Microsoft.Compute/EncryptionAtHost"));
    Ok(found
        .and_then(|feature| feature.properties)
        .map(|properties| properties.state)
        .unwrap_or_default())
}
