//! Rules about address ranges, outbound traffic and the load balancer.

use super::facts::Facts;
use super::text::quoted;
use crate::cidr::{Cidr, Range};
use crate::model::{
    ArchitectureVersion, LoadBalancerProfile, ManagedOutboundIps, OutboundType, SoftwareDefinedNetwork, Visibility,
};

/// The longest prefix of the pod network.
const PODS_LONGEST: u8 = 18;
/// The longest prefix of the service network.
const SERVICES_LONGEST: u8 = 22;
/// The most outbound addresses that the service makes.
const MOST_ADDRESSES: i64 = 20;

/// Versions with an outbound type look at the network only when there is an ingress profile to compare with.
pub(super) fn has_ingress(f: &Facts<'_>) -> bool {
    !f.properties.ingress_profiles.is_empty()
}

pub(super) fn pods_malformed(f: &Facts<'_>) -> bool {
    f.pods.is_none()
}

pub(super) fn services_malformed(f: &Facts<'_>) -> bool {
    f.services.is_none()
}

fn is_not_v4(cidr: Option<Cidr>) -> bool {
    cidr.is_some_and(|cidr| cidr.v4().is_none())
}

pub(super) fn pods_not_v4(f: &Facts<'_>) -> bool {
    is_not_v4(f.pods)
}

pub(super) fn services_not_v4(f: &Facts<'_>) -> bool {
    is_not_v4(f.services)
}

fn is_reserved(cidr: Option<Cidr>) -> bool {
    cidr.and_then(Cidr::v4).is_some_and(Range::is_reserved)
}

pub(super) fn pods_reserved(f: &Facts<'_>) -> bool {
    is_reserved(f.pods)
}

pub(super) fn services_reserved(f: &Facts<'_>) -> bool {
    is_reserved(f.services)
}

fn is_ovn(f: &Facts<'_>) -> bool {
    f.properties.network_profile.software_defined_network == SoftwareDefinedNetwork::OvnKubernetes
}

pub(super) fn pods_reserved_for_ovn(f: &Facts<'_>) -> bool {
    is_ovn(f) && pods_reserved(f)
}

pub(super) fn services_reserved_for_ovn(f: &Facts<'_>) -> bool {
    is_ovn(f) && services_reserved(f)
}

fn is_v4_longer_than(cidr: Option<Cidr>, longest: u8) -> bool {
    cidr.is_some_and(|cidr| cidr.v4().is_some() && cidr.prefix() > longest)
}

pub(super) fn pods_too_small(f: &Facts<'_>) -> bool {
    is_v4_longer_than(f.pods, PODS_LONGEST)
}

pub(super) fn services_too_small(f: &Facts<'_>) -> bool {
    is_v4_longer_than(f.services, SERVICES_LONGEST)
}

fn has_host_bits(cidr: Option<Cidr>) -> bool {
    cidr.is_some_and(|cidr| !cidr.is_network())
}

pub(super) fn pods_host_bits(f: &Facts<'_>) -> bool {
    has_host_bits(f.pods)
}

pub(super) fn services_host_bits(f: &Facts<'_>) -> bool {
    has_host_bits(f.services)
}

macro_rules! range_messages {
    ($($kind:literal $text:ident $parsed:ident $longest:ident:
        $malformed:ident $not_v4:ident $reserved:ident $too_small:ident $host_bits:ident;)*) => {$(
        pub(super) fn $malformed(f: &Facts<'_>) -> String {
            format!(
                "The provided {} CIDR {} is invalid. Use the form '10.128.0.0/14'.",
                $kind,
                quoted(&f.properties.network_profile.$text)
            )
        }

        pub(super) fn $not_v4(f: &Facts<'_>) -> String {
            format!(
                "The provided {} CIDR {} is not IPv4. Give an IPv4 network.",
                $kind,
                quoted(&f.properties.network_profile.$text)
            )
        }

        pub(super) fn $reserved(f: &Facts<'_>) -> String {
            format!(
                "The provided {} CIDR {} overlaps a range that every cluster uses internally ({}). Choose another range.",
                $kind,
                quoted(&f.properties.network_profile.$text),
                reserved_ranges()
            )
        }

        pub(super) fn $too_small(f: &Facts<'_>) -> String {
            format!(
                "The provided {} CIDR {} is too small. Give a network of /{} or larger.",
                $kind,
                quoted(&f.properties.network_profile.$text),
                $longest
            )
        }

        pub(super) fn $host_bits(f: &Facts<'_>) -> String {
            let network = f.$parsed.and_then(Cidr::v4).map(|range| range.to_string()).unwrap_or_default();
            format!(
                "The provided {} CIDR {} has bits set outside its prefix. Use {}.",
                $kind,
                quoted(&f.properties.network_profile.$text),
                quoted(&network)
            )
        }
    )*};
}

range_messages! {
    "pod" pod_cidr pods PODS_LONGEST:
        pods_malformed_message pods_not_v4_message pods_reserved_message pods_too_small_message pods_host_bits_message;
    "service" service_cidr services SERVICES_LONGEST:
        services_malformed_message services_not_v4_message services_reserved_message services_too_small_message
        services_host_bits_message;
}

fn reserved_ranges() -> String {
    crate::cidr::RESERVED.map(|range| range.to_string()).join(", ")
}

pub(super) fn sdn_unknown(f: &Facts<'_>) -> bool {
    use SoftwareDefinedNetwork::{OpenShiftSdn, OvnKubernetes};
    !matches!(
        f.properties.network_profile.software_defined_network,
        OvnKubernetes | OpenShiftSdn
    )
}

pub(super) fn sdn_message(f: &Facts<'_>) -> String {
    format!(
        "The provided network plugin {} is invalid. Use 'OVNKubernetes' or 'OpenShiftSDN'.",
        quoted(f.properties.network_profile.software_defined_network.as_str())
    )
}

fn outbound<'a>(f: &Facts<'a>) -> &'a OutboundType {
    &f.properties.network_profile.outbound_type
}

pub(super) fn outbound_unknown(f: &Facts<'_>) -> bool {
    matches!(outbound(f), OutboundType::Other(_))
}

pub(super) fn outbound_unknown_message(f: &Facts<'_>) -> String {
    format!(
        "The provided outbound type {} is invalid. Use 'Loadbalancer' or 'UserDefinedRouting'.",
        quoted(outbound(f).as_str())
    )
}

fn is_routed(f: &Facts<'_>) -> bool {
    *outbound(f) == OutboundType::UserDefinedRouting
}

pub(super) fn outbound_needs_private(f: &Facts<'_>) -> bool {
    is_routed(f)
        && f.properties.ingress_profiles.first().is_some_and(|ingress| {
            ingress.visibility != Visibility::Private
                || f.properties.apiserver_profile.visibility != Visibility::Private
        })
}

pub(super) fn outbound_needs_private_message(_: &Facts<'_>) -> String {
    "The outbound type 'UserDefinedRouting' needs a private cluster. Set the visibility of the API server and of the \
     ingress to 'Private', or use 'Loadbalancer'."
        .to_owned()
}

fn load_balancer<'a>(f: &Facts<'a>) -> Option<&'a LoadBalancerProfile> {
    f.properties.network_profile.load_balancer_profile.as_ref()
}

pub(super) fn routed_with_load_balancer(f: &Facts<'_>) -> bool {
    is_routed(f) && load_balancer(f).is_some()
}

pub(super) fn routed_with_load_balancer_message(_: &Facts<'_>) -> String {
    "The outbound type 'UserDefinedRouting' excludes a load balancer profile. Leave 'loadBalancerProfile' out, or use \
     'Loadbalancer'."
        .to_owned()
}

/// How many ways of choosing addresses a profile uses.
fn choices(profile: &LoadBalancerProfile) -> usize {
    usize::from(profile.managed_outbound_ips.is_some())
        + usize::from(profile.outbound_ips.is_some())
        + usize::from(profile.outbound_ip_prefixes.is_some())
}

pub(super) fn not_one_choice(f: &Facts<'_>) -> bool {
    load_balancer(f).is_some_and(|profile| choices(profile) != 1)
}

pub(super) fn not_one_choice_message(_: &Facts<'_>) -> String {
    "The load balancer profile must choose its addresses in exactly one way. Give 'managedOutboundIps' and nothing else."
        .to_owned()
}

fn managed<'a>(f: &Facts<'a>) -> Option<&'a ManagedOutboundIps> {
    load_balancer(f)?.managed_outbound_ips.as_ref()
}

pub(super) fn many_addresses_on_v1(f: &Facts<'_>) -> bool {
    f.properties.architecture_version == ArchitectureVersion::V1 && managed(f).is_some_and(|ips| ips.count > 1)
}

pub(super) fn many_addresses_on_v1_message(_: &Facts<'_>) -> String {
    "This cluster's network layout has one outbound address. Set 'count' to 1.".to_owned()
}

pub(super) fn address_count_out_of_range(f: &Facts<'_>) -> bool {
    managed(f).is_some_and(|ips| !(1..=MOST_ADDRESSES).contains(&ips.count))
}

pub(super) fn address_count_message(f: &Facts<'_>) -> String {
    let count = managed(f).map_or(0, |ips| ips.count);
    format!("The provided number of managed outbound addresses {count} is invalid. Use 1 to {MOST_ADDRESSES}.")
}

pub(super) fn outbound_ips_given(f: &Facts<'_>) -> bool {
    load_balancer(f).is_some_and(|profile| profile.outbound_ips.is_some())
}

pub(super) fn outbound_ip_prefixes_given(f: &Facts<'_>) -> bool {
    load_balancer(f).is_some_and(|profile| profile.outbound_ip_prefixes.is_some())
}

pub(super) fn allocated_ports_given(f: &Facts<'_>) -> bool {
    load_balancer(f).is_some_and(|profile| profile.allocated_outbound_ports.is_some())
}

pub(super) fn not_implemented_message(_: &Facts<'_>) -> String {
    "This way of choosing outbound addresses is not implemented. Leave it out and use 'managedOutboundIps'.".to_owned()
}

pub(super) fn effective_ips_given(f: &Facts<'_>) -> bool {
    load_balancer(f).is_some_and(|profile| profile.effective_outbound_ips.is_some())
}

pub(super) fn effective_ips_message(_: &Facts<'_>) -> String {
    "The effective outbound addresses are read-only. Leave 'effectiveOutboundIps' out.".to_owned()
}
