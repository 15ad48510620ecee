//! What is drawn once and kept before it is used.

use aro_api::{
    SecretBytes,
    model::{Install, InstallPhase, PreconfiguredNsg},
};
use aro_store::IdKind;

use super::context::Cx;
use crate::{Change, RsaSize, StepError, Verdict, names};

/// Marks that an installation runs, from when on.
pub(crate) async fn begin(cx: Cx) -> Result<Verdict, StepError> {
    let now = cx.now;
    Ok(Change::document(move |document| {
        document.cluster.properties.install.get_or_insert_with(|| Install {
            now: Some(now),
            phase: InstallPhase::Bootstrap,
            ..Install::default()
        });
    })
    .into())
}

/// The feature by which a subscription asks for large packets.
const LARGE_PACKETS_FEATURE: &str = "Microsoft.RedHatOpenShift/MTU3900";
/// Size of packets on networks that carry large ones.
pub(crate) const LARGE_PACKETS: i64 = 3900;
/// Size of packets on all other networks.
pub(crate) const USUAL_PACKETS: i64 = 1500;

/// The size of packets on the cluster's network: chosen once, as a network cannot change it later.
pub(crate) async fn mtu_size(cx: Cx) -> Result<Verdict, StepError> {
    let subscription = cx.environment.store.subscriptions().get(cx.subscription()?).await?;
    let large = subscription
        .and_then(|stored| stored.document.subscription.properties)
        .is_some_and(|properties| {
            properties.registered_features.iter().any(|feature| {
                feature.name.eq_ignore_ascii_case(LARGE_PACKETS_FEATURE)
                    && feature.state.eq_ignore_ascii_case("Registered")
            })
        });
    let size = if large { LARGE_PACKETS } else { USUAL_PACKETS };
    Ok(Change::document(move |document| {
        let kept = &mut document.cluster.properties.network_profile.mtu_size;
        if *kept == 0 {
            *kept = size;
        }
    })
    .into())
}

pub(crate) async fn infra_id(cx: Cx) -> Result<Verdict, StepError> {
    let drawn = names::infra_id(&cx.cluster().name, cx.environment.ids.new_id(IdKind::Name));
    Ok(Change::document(move |document| {
        let kept = &mut document.cluster.properties.infra_id;
        if kept.is_empty() {
            kept.clone_from(&drawn);
        }
    })
    .into())
}

pub(crate) async fn storage_suffix(cx: Cx) -> Result<Verdict, StepError> {
    let drawn = names::storage_suffix(cx.environment.ids.new_id(IdKind::Name));
    Ok(Change::document(move |document| {
        let properties = &mut document.cluster.properties;
        if properties.storage_suffix.is_empty() {
            properties.storage_suffix.clone_from(&drawn);
        }
        properties.image_registry_storage_account_name = format!("imageregistry{}", properties.storage_suffix);
    })
    .into())
}

/// The key for the cluster's machines.
pub(crate) async fn ssh_key(cx: Cx) -> Result<Verdict, StepError> {
    if !cx.properties().ssh_key.is_empty() {
        return Ok(Change::none().into());
    }
    let key = cx.environment.keys.rsa(RsaSize::Bits2048).await?;
    let kept = SecretBytes::new(key.der());
    Ok(Change::document(move |document| {
        let properties = &mut document.cluster.properties;
        if properties.ssh_key.is_empty() {
            properties.ssh_key = kept.clone();
        }
    })
    .into())
}

/// The switch by which the operator in the cluster looks after the security groups of subnets.
const MANAGED_GROUPS: &str = "aro.azuresubnets.nsg.managed";

/// Where the customer brings security groups, the operator in the cluster leaves them alone.
pub(crate) async fn own_security_groups(_: Cx) -> Result<Verdict, StepError> {
    Ok(Change::document(|document| {
        let properties = &mut document.cluster.properties;
        if properties.network_profile.preconfigured_nsg == PreconfiguredNsg::Enabled {
            let flags = properties.operator_flags.as_map_mut();
            flags.insert(MANAGED_GROUPS.to_owned(), "false".to_owned());
        }
    })
    .into())
}
