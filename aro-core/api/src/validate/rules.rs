//! The rules for clusters: one ordered table. The order decides which finding is the first one.
//!
//! A row whose place differs between versions stands twice, with disjoint sets of versions.

use super::facts::Facts;
use super::text::pointer_token;
use super::{Finding, cluster, endpoints, identities, machines, network, resource};
use crate::model::{IngressProfile, PlatformWorkloadIdentity, WorkerProfile};
use crate::{Code, Versions};

/// A row of the table.
pub(super) struct Rule {
    versions: Versions,
    when: When,
    /// Where error replies say the fault is; `{}` stands for the name of the element.
    target: &'static str,
    /// Where it is in the resource, as a JSON pointer; `{}` stands for the element.
    pointer: &'static str,
    code: Code,
    pub(super) check: Check,
}

/// On which requests a row holds.
#[derive(Clone, Copy)]
enum When {
    Always,
    Create,
    Update,
    /// On create, and in these versions on update as well.
    CreateAnd(Versions),
    /// Wherever the request has an ingress profile.
    WithIngress,
    /// On create, if there is an ingress profile.
    CreateWithIngress,
}

/// What a row looks at: whether the rule is broken, and what to say then.
pub(super) enum Check {
    Cluster(fn(&Facts<'_>) -> bool, fn(&Facts<'_>) -> String),
    /// As `Cluster`; the element is the version that workload identities prepare for.
    Upgrade(fn(&Facts<'_>) -> bool, fn(&Facts<'_>) -> String),
    Worker(
        fn(&Facts<'_>, &WorkerProfile) -> bool,
        fn(&Facts<'_>, &WorkerProfile) -> String,
    ),
    Ingress(
        fn(&Facts<'_>, &IngressProfile) -> bool,
        fn(&Facts<'_>, &IngressProfile) -> String,
    ),
    Identity(
        fn(&Facts<'_>, &str, &PlatformWorkloadIdentity) -> bool,
        fn(&Facts<'_>, &str, &PlatformWorkloadIdentity) -> String,
    ),
}

impl Rule {
    pub(super) fn holds(&self, f: &Facts<'_>) -> bool {
        self.versions.contains(f.subject.version)
            && match self.when {
                When::Always => true,
                When::Create => f.is_create(),
                When::Update => !f.is_create(),
                When::CreateAnd(versions) => f.is_create() || versions.contains(f.subject.version),
                When::WithIngress => network::has_ingress(f),
                When::CreateWithIngress => f.is_create() && network::has_ingress(f),
            }
    }

    pub(super) fn finding(&self, f: &Facts<'_>, item: usize) -> Finding {
        let (name, place, message) = self.check.describe(f, item);
        Finding {
            code: self.code.clone(),
            target: self.target.replace("{}", &name),
            pointer: self.pointer.replace("{}", &place),
            message,
        }
    }
}

impl Check {
    /// How many elements there are to look at.
    pub(super) fn items(&self, f: &Facts<'_>) -> usize {
        match self {
            Self::Cluster(..) | Self::Upgrade(..) => 1,
            Self::Worker(..) => f.properties.worker_profiles.len(),
            Self::Ingress(..) => f.properties.ingress_profiles.len(),
            Self::Identity(..) => f
                .workload_identities()
                .map_or(0, |profile| profile.platform_workload_identities.len()),
        }
    }

    pub(super) fn broken(&self, f: &Facts<'_>, item: usize) -> bool {
        match self {
            Self::Cluster(broken, _) | Self::Upgrade(broken, _) => broken(f),
            Self::Worker(broken, _) => f
                .properties
                .worker_profiles
                .get(item)
                .is_some_and(|worker| broken(f, worker)),
            Self::Ingress(broken, _) => f
                .properties
                .ingress_profiles
                .get(item)
                .is_some_and(|ingress| broken(f, ingress)),
            Self::Identity(broken, _) => identity(f, item).is_some_and(|(name, entry)| broken(f, name, entry)),
        }
    }

    /// Name of the element, its place in a JSON pointer, and the message.
    fn describe(&self, f: &Facts<'_>, item: usize) -> (String, String, String) {
        let found = match self {
            Self::Cluster(_, message) => Some((String::new(), String::new(), message(f))),
            Self::Upgrade(_, message) => Some((
                identities::upgradeable_to(f).unwrap_or_default().to_owned(),
                String::new(),
                message(f),
            )),
            Self::Worker(_, message) => {
                let worker = f.properties.worker_profiles.get(item);
                worker.map(|worker| (worker.name.clone(), item.to_string(), message(f, worker)))
            }
            Self::Ingress(_, message) => {
                let ingress = f.properties.ingress_profiles.get(item);
                ingress.map(|ingress| (ingress.name.clone(), item.to_string(), message(f, ingress)))
            }
            Self::Identity(_, message) => {
                identity(f, item).map(|(name, entry)| (name.to_owned(), pointer_token(name), message(f, name, entry)))
            }
        };
        found.unwrap_or_default()
    }
}

fn identity<'a>(f: &Facts<'a>, item: usize) -> Option<(&'a str, &'a PlatformWorkloadIdentity)> {
    let (name, entry) = f.workload_identities()?.platform_workload_identities.iter().nth(item)?;
    Some((name, entry))
}

/// Every version that customers may use.
const DATED: Versions = Versions::since("2019-12-31-preview");
const V2019: Versions = Versions::one("2019-12-31-preview");
const V2020: Versions = Versions::one("2020-04-30");
const V2021: Versions = Versions::one("2021-09-01-preview");
const AFTER_2019: Versions = DATED.without(V2019);
/// Encryption at host, disk encryption sets.
const ENCRYPTION: Versions = Versions::since("2021-09-01-preview");
const FIPS: Versions = Versions::since("2022-04-01");
const OUTBOUND_TYPE: Versions = Versions::since("2023-04-01");
const BEFORE_OUTBOUND_TYPE: Versions = DATED.without(OUTBOUND_TYPE);
const V2023_PREVIEW: Versions = Versions::one("2023-07-01-preview");
const LOAD_BALANCER: Versions = V2023_PREVIEW.or(READ_ONLY);
const WORKER_STATUS: Versions = Versions::since("2023-09-04");
/// The first version with read-only members; also the first that knows the state `Canceled`.
const READ_ONLY: Versions = Versions::since("2023-11-22");
const IDENTITIES: Versions = Versions::since("2024-08-12-preview");
const BEFORE_IDENTITIES: Versions = DATED.without(IDENTITIES);
/// Versions that know neither `Cancelled` nor `Canceled`.
const COMMON_STATES: Versions = DATED.without(LOAD_BALANCER);
/// Versions that look at reserved ranges after the address family.
const RESERVED_SECOND: Versions = BEFORE_OUTBOUND_TYPE.without(V2020).without(V2021);
const MODERN: Versions = Versions::since("2025-07-25");

macro_rules! rules {
    ($($versions:ident $when:ident $(($also:ident))? $target:literal $pointer:literal $code:ident
        $kind:ident $broken:path, $message:path;)*) => {
        pub(super) const TABLE: &[Rule] = &[$(
            Rule {
                versions: $versions,
                when: When::$when $(($also))?,
                target: $target,
                pointer: $pointer,
                code: Code::$code,
                check: Check::$kind($broken, $message),
            },
        )*];
    };
}

rules! {
    DATED Always "" "" INVALID_RESOURCE_ID
        Cluster resource::url_unreadable, resource::url_unreadable_message;
    DATED Always "id" "/id" MISMATCHING_RESOURCE_ID
        Cluster resource::id_differs, resource::id_message;
    DATED Always "name" "/name" MISMATCHING_RESOURCE_NAME
        Cluster resource::name_differs, resource::name_message;
    DATED Always "type" "/type" MISMATCHING_RESOURCE_TYPE
        Cluster resource::type_differs, resource::type_message;
    DATED Always "location" "/location" INVALID_PARAMETER
        Cluster resource::location_differs, resource::location_message;
    // Service principal or workload identities.
    IDENTITIES Always "properties.servicePrincipalProfile" "/properties/servicePrincipalProfile" INVALID_PARAMETER
        Cluster identities::neither_principal_nor_identities, identities::neither_principal_nor_identities_message;
    IDENTITIES Always "properties.servicePrincipalProfile" "/properties/servicePrincipalProfile" INVALID_PARAMETER
        Cluster identities::principal_and_identities, identities::principal_and_identities_message;
    IDENTITIES Always "identity" "/identity" INVALID_PARAMETER
        Cluster identities::identity_without_profile, identities::identity_without_profile_message;
    IDENTITIES Always "identity" "/identity" INVALID_PARAMETER
        Cluster identities::not_one_cluster_identity, identities::not_one_cluster_identity_message;
    IDENTITIES Always "properties.platformWorkloadIdentityProfile.platformWorkloadIdentities" "/properties/platformWorkloadIdentityProfile/platformWorkloadIdentities" INVALID_PARAMETER
        Cluster identities::no_identities, identities::no_identities_message;
    // Cluster profile, console, service principal.
    COMMON_STATES Always "properties.provisioningState" "/properties/provisioningState" INVALID_PARAMETER
        Cluster cluster::state_unknown, cluster::state_message;
    V2023_PREVIEW Always "properties.provisioningState" "/properties/provisioningState" INVALID_PARAMETER
        Cluster cluster::state_unknown_but_cancelled, cluster::state_message;
    READ_ONLY Always "properties.provisioningState" "/properties/provisioningState" INVALID_PARAMETER
        Cluster cluster::state_unknown_but_canceled, cluster::state_message;
    DATED Always "properties.clusterProfile.pullSecret" "/properties/clusterProfile/pullSecret" INVALID_PARAMETER
        Cluster cluster::pull_secret_malformed, cluster::pull_secret_message;
    DATED Create "properties.clusterProfile.domain" "/properties/clusterProfile/domain" INVALID_PARAMETER
        Cluster cluster::new_domain_malformed, cluster::new_domain_message;
    DATED Update "properties.clusterProfile.domain" "/properties/clusterProfile/domain" INVALID_PARAMETER
        Cluster cluster::domain_malformed, cluster::domain_message;
    DATED Always "properties.clusterProfile.domain" "/properties/clusterProfile/domain" INVALID_PARAMETER
        Cluster cluster::domain_of_other_region, cluster::default_domain_message;
    DATED Always "properties.clusterProfile.domain" "/properties/clusterProfile/domain" INVALID_PARAMETER
        Cluster cluster::domain_too_deep, cluster::default_domain_message;
    DATED Always "properties.clusterProfile.resourceGroupId" "/properties/clusterProfile/resourceGroupId" INVALID_PARAMETER
        Cluster cluster::group_malformed, cluster::group_malformed_message;
    DATED Always "properties.clusterProfile.resourceGroupId" "/properties/clusterProfile/resourceGroupId" INVALID_PARAMETER
        Cluster cluster::group_foreign, cluster::group_foreign_message;
    DATED Always "properties.clusterProfile.resourceGroupId" "/properties/clusterProfile/resourceGroupId" INVALID_PARAMETER
        Cluster cluster::group_is_own, cluster::group_is_own_message;
    FIPS Always "properties.clusterProfile.fipsValidatedModules" "/properties/clusterProfile/fipsValidatedModules" INVALID_PARAMETER
        Cluster cluster::fips_unknown, cluster::fips_message;
    DATED Always "properties.consoleProfile.url" "/properties/consoleProfile/url" INVALID_PARAMETER
        Cluster cluster::console_url_unreadable, cluster::console_url_message;
    BEFORE_IDENTITIES Always "properties.servicePrincipalProfile.servicePrincipalProfile" "/properties/servicePrincipalProfile" INVALID_PARAMETER
        Cluster cluster::service_principal_missing, cluster::service_principal_missing_message;
    DATED Always "properties.servicePrincipalProfile.clientId" "/properties/servicePrincipalProfile/clientId" INVALID_PARAMETER
        Cluster cluster::client_id_malformed, cluster::client_id_message;
    DATED Always "properties.servicePrincipalProfile.clientSecret" "/properties/servicePrincipalProfile/clientSecret" INVALID_PARAMETER
        Cluster cluster::client_secret_missing, cluster::client_secret_message;
    // Network. One version looks at reserved ranges before it looks at the address family; versions with an outbound
    // type look at the network only where there is an ingress profile.
    MODERN WithIngress "properties.ingressProfiles[0]" "/properties/ingressProfiles/0" INVALID_PARAMETER
        Cluster endpoints::first_ingress_null, endpoints::first_ingress_null_message;
    BEFORE_OUTBOUND_TYPE Always "properties.networkProfile.podCidr" "/properties/networkProfile/podCidr" INVALID_PARAMETER
        Cluster network::pods_malformed, network::pods_malformed_message;
    OUTBOUND_TYPE WithIngress "properties.networkProfile.podCidr" "/properties/networkProfile/podCidr" INVALID_PARAMETER
        Cluster network::pods_malformed, network::pods_malformed_message;
    V2020 Create "properties.networkProfile" "/properties/networkProfile/podCidr" INVALID_CIDR_RANGE
        Cluster network::pods_reserved, network::pods_reserved_message;
    BEFORE_OUTBOUND_TYPE Always "properties.networkProfile.podCidr" "/properties/networkProfile/podCidr" INVALID_PARAMETER
        Cluster network::pods_not_v4, network::pods_not_v4_message;
    OUTBOUND_TYPE WithIngress "properties.networkProfile.podCidr" "/properties/networkProfile/podCidr" INVALID_PARAMETER
        Cluster network::pods_not_v4, network::pods_not_v4_message;
    RESERVED_SECOND Create "properties.networkProfile" "/properties/networkProfile/podCidr" INVALID_CIDR_RANGE
        Cluster network::pods_reserved, network::pods_reserved_message;
    V2021 Create "properties.networkProfile" "/properties/networkProfile/podCidr" INVALID_CIDR_RANGE
        Cluster network::pods_reserved_for_ovn, network::pods_reserved_message;
    OUTBOUND_TYPE CreateWithIngress "properties.networkProfile" "/properties/networkProfile/podCidr" INVALID_CIDR_RANGE
        Cluster network::pods_reserved, network::pods_reserved_message;
    BEFORE_OUTBOUND_TYPE Always "properties.networkProfile.podCidr" "/properties/networkProfile/podCidr" INVALID_PARAMETER
        Cluster network::pods_too_small, network::pods_too_small_message;
    OUTBOUND_TYPE WithIngress "properties.networkProfile.podCidr" "/properties/networkProfile/podCidr" INVALID_PARAMETER
        Cluster network::pods_too_small, network::pods_too_small_message;
    BEFORE_OUTBOUND_TYPE Always "properties.networkProfile.podCidr" "/properties/networkProfile/podCidr" INVALID_NETWORK_ADDRESS
        Cluster network::pods_host_bits, network::pods_host_bits_message;
    OUTBOUND_TYPE WithIngress "properties.networkProfile.podCidr" "/properties/networkProfile/podCidr" INVALID_NETWORK_ADDRESS
        Cluster network::pods_host_bits, network::pods_host_bits_message;
    BEFORE_OUTBOUND_TYPE Always "properties.networkProfile.serviceCidr" "/properties/networkProfile/serviceCidr" INVALID_PARAMETER
        Cluster network::services_malformed, network::services_malformed_message;
    OUTBOUND_TYPE WithIngress "properties.networkProfile.serviceCidr" "/properties/networkProfile/serviceCidr" INVALID_PARAMETER
        Cluster network::services_malformed, network::services_malformed_message;
    V2020 Create "properties.networkProfile" "/properties/networkProfile/serviceCidr" INVALID_CIDR_RANGE
        Cluster network::services_reserved, network::services_reserved_message;
    BEFORE_OUTBOUND_TYPE Always "properties.networkProfile.serviceCidr" "/properties/networkProfile/serviceCidr" INVALID_PARAMETER
        Cluster network::services_not_v4, network::services_not_v4_message;
    OUTBOUND_TYPE WithIngress "properties.networkProfile.serviceCidr" "/properties/networkProfile/serviceCidr" INVALID_PARAMETER
        Cluster network::services_not_v4, network::services_not_v4_message;
    RESERVED_SECOND Create "properties.networkProfile" "/properties/networkProfile/serviceCidr" INVALID_CIDR_RANGE
        Cluster network::services_reserved, network::services_reserved_message;
    V2021 Create "properties.networkProfile" "/properties/networkProfile/serviceCidr" INVALID_CIDR_RANGE
        Cluster network::services_reserved_for_ovn, network::services_reserved_message;
    OUTBOUND_TYPE CreateWithIngress "properties.networkProfile" "/properties/networkProfile/serviceCidr" INVALID_CIDR_RANGE
        Cluster network::services_reserved, network::services_reserved_message;
    BEFORE_OUTBOUND_TYPE Always "properties.networkProfile.serviceCidr" "/properties/networkProfile/serviceCidr" INVALID_PARAMETER
        Cluster network::services_too_small, network::services_too_small_message;
    OUTBOUND_TYPE WithIngress "properties.networkProfile.serviceCidr" "/properties/networkProfile/serviceCidr" INVALID_PARAMETER
        Cluster network::services_too_small, network::services_too_small_message;
    BEFORE_OUTBOUND_TYPE Always "properties.networkProfile.serviceCidr" "/properties/networkProfile/serviceCidr" INVALID_NETWORK_ADDRESS
        Cluster network::services_host_bits, network::services_host_bits_message;
    OUTBOUND_TYPE WithIngress "properties.networkProfile.serviceCidr" "/properties/networkProfile/serviceCidr" INVALID_NETWORK_ADDRESS
        Cluster network::services_host_bits, network::services_host_bits_message;
    V2021 Always "properties.networkProfile.SoftwareDefinedNetwork" "/properties/networkProfile/softwareDefinedNetwork" INVALID_PARAMETER
        Cluster network::sdn_unknown, network::sdn_message;
    OUTBOUND_TYPE WithIngress "properties.networkProfile.outboundType" "/properties/networkProfile/outboundType" INVALID_PARAMETER
        Cluster network::outbound_unknown, network::outbound_unknown_message;
    OUTBOUND_TYPE WithIngress "properties.networkProfile.outboundType" "/properties/networkProfile/outboundType" INVALID_PARAMETER
        Cluster network::outbound_needs_private, network::outbound_needs_private_message;
    LOAD_BALANCER Always "properties.networkProfile.loadBalancerProfile" "/properties/networkProfile/loadBalancerProfile" INVALID_PARAMETER
        Cluster network::routed_with_load_balancer, network::routed_with_load_balancer_message;
    V2023_PREVIEW Always "properties.networkProfile.loadBalancerProfile" "/properties/networkProfile/loadBalancerProfile" INVALID_PARAMETER
        Cluster network::not_one_choice, network::not_one_choice_message;
    LOAD_BALANCER Always "properties.networkProfile.loadBalancerProfile.managedOutboundIps.count" "/properties/networkProfile/loadBalancerProfile/managedOutboundIps/count" INVALID_PARAMETER
        Cluster network::many_addresses_on_v1, network::many_addresses_on_v1_message;
    LOAD_BALANCER Always "properties.networkProfile.loadBalancerProfile.managedOutboundIps.count" "/properties/networkProfile/loadBalancerProfile/managedOutboundIps/count" INVALID_PARAMETER
        Cluster network::address_count_out_of_range, network::address_count_message;
    V2023_PREVIEW Always "properties.networkProfile.loadBalancerProfile.outboundIps" "/properties/networkProfile/loadBalancerProfile/outboundIps" INVALID_PARAMETER
        Cluster network::outbound_ips_given, network::not_implemented_message;
    V2023_PREVIEW Always "properties.networkProfile.loadBalancerProfile.outboundIpPrefixes" "/properties/networkProfile/loadBalancerProfile/outboundIpPrefixes" INVALID_PARAMETER
        Cluster network::outbound_ip_prefixes_given, network::not_implemented_message;
    V2023_PREVIEW Always "properties.networkProfile.loadBalancerProfile.allocatedOutboundPorts" "/properties/networkProfile/loadBalancerProfile/allocatedOutboundPorts" INVALID_PARAMETER
        Cluster network::allocated_ports_given, network::not_implemented_message;
    LOAD_BALANCER Create "properties.networkProfile.loadBalancerProfile.effectiveOutboundIps" "/properties/networkProfile/loadBalancerProfile/effectiveOutboundIps" INVALID_PARAMETER
        Cluster network::effective_ips_given, network::effective_ips_message;
    // Machines of the control plane.
    DATED Always "properties.masterProfile.vmSize" "/properties/masterProfile/vmSize" INVALID_PARAMETER
        Cluster machines::master_size_unsupported, machines::master_size_unsupported_message;
    DATED Always "properties.masterProfile.vmSize" "/properties/masterProfile/vmSize" INVALID_PARAMETER
        Cluster machines::master_size_too_new, machines::master_size_too_new_message;
    DATED Always "properties.masterProfile.subnetId" "/properties/masterProfile/subnetId" INVALID_PARAMETER
        Cluster machines::master_subnet_malformed, machines::master_subnet_malformed_message;
    DATED Always "properties.masterProfile.subnetId" "/properties/masterProfile/subnetId" INVALID_PARAMETER
        Cluster machines::master_subnet_foreign, machines::master_subnet_foreign_message;
    ENCRYPTION Always "properties.masterProfile.encryptionAtHost" "/properties/masterProfile/encryptionAtHost" INVALID_PARAMETER
        Cluster machines::master_encryption_unknown, machines::master_encryption_message;
    ENCRYPTION Always "properties.masterProfile.diskEncryptionSetId" "/properties/masterProfile/diskEncryptionSetId" INVALID_PARAMETER
        Cluster machines::disk_set_malformed, machines::disk_set_malformed_message;
    ENCRYPTION Always "properties.masterProfile.diskEncryptionSetId" "/properties/masterProfile/diskEncryptionSetId" INVALID_PARAMETER
        Cluster machines::disk_set_foreign, machines::disk_set_foreign_message;
    // API server. The first version looks at the workers before.
    AFTER_2019 Always "properties.apiserverProfile.visibility" "/properties/apiserverProfile/visibility" INVALID_PARAMETER
        Cluster endpoints::api_visibility_unknown, endpoints::api_visibility_message;
    AFTER_2019 Always "properties.apiserverProfile.url" "/properties/apiserverProfile/url" INVALID_PARAMETER
        Cluster endpoints::api_url_unreadable, endpoints::api_url_message;
    AFTER_2019 Always "properties.apiserverProfile.ip" "/properties/apiserverProfile/ip" INVALID_PARAMETER
        Cluster endpoints::api_ip_wrong, endpoints::api_ip_message;
    // Identities of operators.
    MODERN Always "properties.platformWorkloadIdentityProfile.PlatformWorkloadIdentities[{}]" "/properties/platformWorkloadIdentityProfile/platformWorkloadIdentities/{}" INVALID_PARAMETER
        Identity identities::entry_null, identities::entry_null_message;
    IDENTITIES Always "properties.platformWorkloadIdentityProfile.PlatformWorkloadIdentities" "/properties/platformWorkloadIdentityProfile/platformWorkloadIdentities/{}/resourceId" INVALID_PARAMETER
        Identity identities::resource_used_twice, identities::resource_used_twice_message;
    IDENTITIES Always "properties.platformWorkloadIdentityProfile.PlatformWorkloadIdentities[{}].resourceID" "/properties/platformWorkloadIdentityProfile/platformWorkloadIdentities/{}/resourceId" INVALID_PARAMETER
        Identity identities::resource_malformed, identities::resource_malformed_message;
    IDENTITIES Always "properties.platformWorkloadIdentityProfile.PlatformWorkloadIdentities[{}].resourceID" "/properties/platformWorkloadIdentityProfile/platformWorkloadIdentities/{}" INVALID_PARAMETER
        Identity identities::operator_unnamed, identities::operator_unnamed_message;
    IDENTITIES Always "properties.platformWorkloadIdentityProfile.PlatformWorkloadIdentities[{}].resourceID" "/properties/platformWorkloadIdentityProfile/platformWorkloadIdentities/{}/resourceId" INVALID_PARAMETER
        Identity identities::resource_of_other_type, identities::resource_of_other_type_message;
    IDENTITIES Always "properties.platformWorkloadIdentityProfile.UpgradeableTo[{}]" "/properties/platformWorkloadIdentityProfile/upgradeableTo" INVALID_PARAMETER
        Upgrade identities::upgrade_malformed, identities::upgrade_malformed_message;
    // Workers of a new cluster.
    WORKER_STATUS Create "properties.workerProfilesStatus" "/properties/workerProfilesStatus" INVALID_PARAMETER
        Cluster machines::status_given, machines::status_given_message;
    DATED Create "properties.workerProfiles" "/properties/workerProfiles" INVALID_PARAMETER
        Cluster machines::not_one_worker_profile, machines::not_one_worker_profile_message;
    DATED Create "properties.workerProfiles['{}'].name" "/properties/workerProfiles/{}/name" INVALID_PARAMETER
        Worker machines::worker_name_wrong, machines::worker_name_message;
    DATED Create "properties.workerProfiles['{}'].vmSize" "/properties/workerProfiles/{}/vmSize" INVALID_PARAMETER
        Worker machines::worker_size_unsupported, machines::worker_size_unsupported_message;
    DATED Create "properties.workerProfiles['{}'].vmSize" "/properties/workerProfiles/{}/vmSize" INVALID_PARAMETER
        Worker machines::worker_size_too_new, machines::worker_size_too_new_message;
    DATED Create "properties.workerProfiles['{}'].diskSizeGB" "/properties/workerProfiles/{}/diskSizeGB" INVALID_PARAMETER
        Worker machines::worker_disk_too_small, machines::worker_disk_message;
    DATED Create "properties.workerProfiles['{}'].subnetId" "/properties/workerProfiles/{}/subnetId" INVALID_PARAMETER
        Worker machines::worker_subnet_malformed, machines::worker_subnet_malformed_message;
    ENCRYPTION Create "properties.workerProfiles['{}'].encryptionAtHost" "/properties/workerProfiles/{}/encryptionAtHost" INVALID_PARAMETER
        Worker machines::worker_encryption_unknown, machines::worker_encryption_message;
    DATED Create "properties.workerProfiles['{}'].subnetId" "/properties/workerProfiles/{}/subnetId" INVALID_PARAMETER
        Worker machines::worker_in_other_vnet, machines::worker_in_other_vnet_message;
    DATED Create "properties.workerProfiles['{}'].subnetId" "/properties/workerProfiles/{}/subnetId" INVALID_PARAMETER
        Worker machines::worker_in_master_subnet, machines::worker_in_master_subnet_message;
    DATED Create "properties.workerProfiles['{}'].count" "/properties/workerProfiles/{}/count" INVALID_PARAMETER
        Worker machines::worker_count_out_of_range, machines::worker_count_message;
    ENCRYPTION Create "properties.workerProfiles['{}'].subnetId" "/properties/workerProfiles/{}/diskEncryptionSetId" INVALID_PARAMETER
        Worker machines::worker_disk_set_differs, machines::worker_disk_set_message;
    // API server of the first version, then the ingress; that version looks at the ingress on update as well.
    V2019 Always "properties.apiserverProfile.visibility" "/properties/apiserverProfile/visibility" INVALID_PARAMETER
        Cluster endpoints::api_visibility_unknown, endpoints::api_visibility_message;
    V2019 Always "properties.apiserverProfile.url" "/properties/apiserverProfile/url" INVALID_PARAMETER
        Cluster endpoints::api_url_unreadable, endpoints::api_url_message;
    V2019 Always "properties.apiserverProfile.ip" "/properties/apiserverProfile/ip" INVALID_PARAMETER
        Cluster endpoints::api_ip_wrong, endpoints::api_ip_message;
    DATED CreateAnd(V2019) "properties.ingressProfiles" "/properties/ingressProfiles" INVALID_PARAMETER
        Cluster endpoints::not_one_ingress_profile, endpoints::not_one_ingress_profile_message;
    DATED CreateAnd(V2019) "properties.ingressProfiles['{}'].name" "/properties/ingressProfiles/{}/name" INVALID_PARAMETER
        Ingress endpoints::ingress_name_wrong, endpoints::ingress_name_message;
    DATED CreateAnd(V2019) "properties.ingressProfiles['{}'].visibility" "/properties/ingressProfiles/{}/visibility" INVALID_PARAMETER
        Ingress endpoints::ingress_visibility_unknown, endpoints::ingress_visibility_message;
    DATED CreateAnd(V2019) "properties.ingressProfiles['{}'].ip" "/properties/ingressProfiles/{}/ip" INVALID_PARAMETER
        Ingress endpoints::ingress_ip_wrong, endpoints::ingress_ip_message;
}
