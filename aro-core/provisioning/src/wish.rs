//! What a cluster's document asks for, in the words of Azure: said once, for the steps and for validation.

use aro_api::model::{Cluster, OutboundType, ProvisioningState, Visibility};

/// The subnets of the cluster with the member of the request each comes from; a subnet used twice is named once.
pub(crate) fn subnets(cluster: &Cluster) -> Vec<(String, String)> {
    let (workers, member) = cluster.workers();
    let master = &cluster.properties.master_profile.subnet_id;
    let all = std::iter::once(("properties.masterProfile.subnetId".to_owned(), master.clone())).chain(
        workers.iter().enumerate().map(|(index, worker)| {
            (
                format!("properties.{member}[{index}].subnetId"),
                worker.subnet_id.clone(),
            )
        }),
    );
    distinct(all)
}

/// The disk encryption sets of the cluster with the member of the request each comes from; one used twice is named once.
pub(crate) fn disk_encryption_sets(cluster: &Cluster) -> Vec<(String, String)> {
    let (workers, member) = cluster.workers();
    let master = &cluster.properties.master_profile.disk_encryption_set_id;
    let all = std::iter::once((
        "properties.masterProfile.diskEncryptionSetId".to_owned(),
        master.clone(),
    ))
    .chain(workers.iter().enumerate().map(|(index, worker)| {
        (
            format!("properties.{member}[{index}].diskEncryptionSetId"),
            worker.disk_encryption_set_id.clone(),
        )
    }));
    distinct(all)
}

/// The first two numbers of a version: `4.18.9` is (4, 18).
pub(crate) fn minor_version(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Machines of one size: the profile's member of the request, the size, how many, whether their disks are encrypted at the
/// host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Machines<'a> {
    pub(crate) member: String,
    pub(crate) size: &'a str,
    pub(crate) count: i64,
    pub(crate) encrypted_at_host: bool,
}

impl Machines<'_> {
    /// The target of errors about the size, in the reference's spelling.
    pub(crate) fn size_target(&self) -> String {
        format!("{}.VMSize", self.member)
    }
}

/// Control plane machines; one more starts the installation.
const CONTROL_PLANE: i64 = 3;

/// All machines that a create makes.
pub(crate) fn machines(cluster: &Cluster) -> Vec<Machines<'_>> {
    use aro_api::model::EncryptionAtHost::Enabled;
    let master = &cluster.properties.master_profile;
    let (workers, member) = cluster.workers();
    std::iter::once(Machines {
        member: "properties.masterProfile".to_owned(),
        size: &master.vm_size,
        count: CONTROL_PLANE + 1,
        encrypted_at_host: master.encryption_at_host == Enabled,
    })
    .chain(workers.iter().enumerate().map(|(index, worker)| Machines {
        member: format!("properties.{member}[{index}]"),
        size: &worker.vm_size,
        count: worker.count,
        encrypted_at_host: worker.encryption_at_host == Enabled,
    }))
    .collect()
}

/// Whether any machine's disks are to be encrypted at its host.
pub(crate) fn encrypts_at_host(cluster: &Cluster) -> bool {
    machines(cluster).iter().any(|machines| machines.encrypted_at_host)
}

fn distinct(all: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (path, id) in all {
        if !id.is_empty() && !found.iter().any(|(_, known)| known.eq_ignore_ascii_case(&id)) {
            found.push((path, id));
        }
    }
    found
}

pub(crate) fn api_is_public(cluster: &Cluster) -> bool {
    cluster.properties.apiserver_profile.visibility == Visibility::Public
}

pub(crate) fn ingress_is_public(cluster: &Cluster) -> bool {
    cluster
        .properties
        .ingress_profiles
        .first()
        .is_some_and(|profile| profile.visibility == Visibility::Public)
}

pub(crate) fn calls_out_by_load_balancer(cluster: &Cluster) -> bool {
    cluster.properties.network_profile.outbound_type != OutboundType::UserDefinedRouting
}

/// Managed outbound addresses the customer wants. `None` leaves what is there alone.
pub(crate) fn outbound_addresses(cluster: &Cluster) -> Option<usize> {
    let profile = cluster.properties.network_profile.load_balancer_profile.as_ref()?;
    profile
        .managed_outbound_ips
        .as_ref()
        .map(|ips| usize::try_from(ips.count).unwrap_or(0))
}

/// Public addresses of the cluster in all: those it calls out from, of which a public API server's is one, and a public
/// ingress's.
pub(crate) fn public_addresses(cluster: &Cluster) -> usize {
    if !calls_out_by_load_balancer(cluster) {
        return 0;
    }
    let outbound = outbound_addresses(cluster).unwrap_or(1);
    outbound.max(usize::from(api_is_public(cluster))) + usize::from(ingress_is_public(cluster))
}

pub(crate) fn is_being_created(cluster: &Cluster) -> bool {
    cluster.properties.provisioning_state == ProvisioningState::Creating
}

/// Whether a resource lies in the managed resource group.
pub(crate) fn is_managed(cluster: &Cluster, id: &str) -> bool {
    let group = &cluster.properties.cluster_profile.resource_group_id;
    !group.is_empty() && id.to_lowercase().starts_with(&format!("{}/", group.to_lowercase()))
}
