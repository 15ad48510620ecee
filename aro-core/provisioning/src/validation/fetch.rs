//! Gathers the facts from Azure.

use std::collections::BTreeSet;

use aro_api::{
    arm_id::SubnetId,
    model::{Cluster, PreconfiguredNsg},
};
use aro_azure::{
    Action, ArmClient, CheckAccessClient,
    authorization::RoleDefinition,
    disk_encryption::DiskEncryptionSet,
    identities,
    network::{self, BackendPool, PublicIpAddress, VirtualNetwork},
    resources::ResourceGroup,
};
use aro_http::AzureError;
use futures::{StreamExt, TryStreamExt, stream};

use super::{Access, Facts, IdentityFacts, Made, Principal, PrincipalClaims, Region, ResourceKind, required_actions};
use crate::{Names, names, wish};

/// Questions asked at the same time.
const AT_ONCE: usize = 8;

/// Where facts come from. All calls only read.
#[derive(Debug, Clone)]
pub struct Sources {
    /// The customer's subscription in the cluster's region, as the first-party application.
    pub region: Region,
    /// Permissions.
    pub check_access: CheckAccessClient,
    /// Azure Resource Manager as one who may read the platform identities.
    pub identities: ArmClient,
    /// Whose permissions are asked about.
    pub principals: Vec<Principal>,
    /// What the tokens of the service principal say, for a cluster that has one.
    pub credentials: Option<PrincipalClaims>,
    /// Operators that the role sets of the cluster's version name.
    pub operators: Vec<String>,
    /// Resource id of the cluster that has the domain.
    pub domain_owner: Option<String>,
}

/// A question about a permission: the resource, its kind, the member of the request that leads to it.
type Question = (String, ResourceKind, String);

impl Sources {
    /// Gathers what is needed to judge the cluster in its state. What may not be read is left out: the missing permission is
    /// among the facts.
    ///
    /// # Errors
    /// What Azure said.
    pub async fn gather(&self, cluster: &Cluster) -> Result<Facts, AzureError> {
        let mut facts = Facts {
            credentials: self.credentials.clone(),
            operators: self.operators.clone(),
            domain_owner: self.domain_owner.clone(),
            ..Facts::default()
        };
        self.permissions(cluster, &mut facts).await?;
        self.trust(cluster, &mut facts).await?;
        self.made(cluster, &mut facts).await?;
        self.limits(cluster, &mut facts).await?;
        Ok(facts)
    }

    async fn permissions(&self, cluster: &Cluster, facts: &mut Facts) -> Result<(), AzureError> {
        let mut questions: Vec<Question> = Vec::new();
        let mut networks: Vec<(String, String)> = Vec::new();
        for (path, id) in wish::subnets(cluster) {
            let Some(parsed) = SubnetId::parse(&id) else { continue };
            let network = parsed.vnet_id.to_owned();
            if !networks.iter().any(|(known, _)| known.eq_ignore_ascii_case(&network)) {
                networks.push((network.clone(), path.clone()));
                questions.push((network, ResourceKind::VirtualNetwork, path.clone()));
            }
            questions.push((id, ResourceKind::Subnet, path));
        }
        let sets = wish::disk_encryption_sets(cluster);
        questions.extend(
            sets.iter()
                .map(|(path, id)| (id.clone(), ResourceKind::DiskEncryptionSet, path.clone())),
        );
        for (name, identity) in platform_identities(cluster) {
            let path =
                format!("properties.platformWorkloadIdentityProfile.platformWorkloadIdentities.{name}.resourceId");
            questions.push((identity, ResourceKind::Identity, path));
        }
        facts.access = self.ask(questions).await?;
        for (id, _) in &networks {
            if may_read(facts, id) {
                facts
                    .networks
                    .insert(id.to_lowercase(), self.region.arm.find::<VirtualNetwork>(id).await?);
            }
        }
        for (_, id) in &sets {
            if may_read(facts, id) {
                let set = self.region.arm.find::<DiskEncryptionSet>(id).await?;
                facts.disk_encryption_sets.insert(id.to_lowercase(), set);
            }
        }
        let attached = attached(cluster, facts);
        let more = self.ask(attached).await?;
        facts.access.extend(more);
        Ok(())
    }

    async fn ask(&self, questions: Vec<Question>) -> Result<Vec<Access>, AzureError> {
        let asked = questions.into_iter().flat_map(|(resource, kind, target)| {
            self.principals.iter().filter_map(move |principal| {
                let actions = required_actions(principal, kind);
                let question = (principal.clone(), resource.clone(), kind, target.clone(), actions);
                (!question.4.is_empty()).then_some(question)
            })
        });
        // Collected, so that the stream borrows nothing but the client.
        let asked: Vec<_> = asked.collect();
        stream::iter(asked)
            .map(
                |(principal, resource, kind, target, actions): (
                    Principal,
                    String,
                    ResourceKind,
                    String,
                    Vec<Action>,
                )| async move {
                    let refused = self
                        .check_access
                        .refused(principal.object_id(), &resource, &actions)
                        .await?;
                    Ok::<_, AzureError>(Access {
                        principal,
                        resource,
                        kind,
                        target,
                        refused: refused.into_iter().map(|action| action.id).collect(),
                    })
                },
            )
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }

    async fn trust(&self, cluster: &Cluster, facts: &mut Facts) -> Result<(), AzureError> {
        if !cluster.uses_workload_identity() {
            return Ok(());
        }
        let mut all = Vec::new();
        for (operator, resource_id) in platform_identities(cluster) {
            let path = format!("{resource_id}/federatedIdentityCredentials");
            let credentials = match self.identities.list(&path, identities::API_VERSION, &[]).await {
                // The step that looks the identities up says so.
                Err(error) if error.is_not_found() => Vec::new(),
                listed => listed?,
            };
            all.push(IdentityFacts {
                operator,
                resource_id,
                credentials,
            });
        }
        facts.identities = Some(all);
        Ok(())
    }

    async fn made(&self, cluster: &Cluster, facts: &mut Facts) -> Result<(), AzureError> {
        let infra_id = &cluster.properties.infra_id;
        let group = &cluster.properties.cluster_profile.resource_group_id;
        // Before the names are chosen nothing can have one.
        if infra_id.is_empty() || group.is_empty() {
            return Ok(());
        }
        let found = match self.region.arm.find::<ResourceGroup>(group).await {
            Err(error) if error.is_resource_group_not_found() => None,
            found => found?,
        };
        let ours = found.and_then(|group| group.managed_by);
        if !ours.is_some_and(|owner| owner.eq_ignore_ascii_case(&cluster.id)) {
            return Ok(());
        }
        let path = format!("{group}/providers/Microsoft.Network/publicIPAddresses");
        let addresses: Vec<PublicIpAddress> = self.region.arm.list(&path, network::API_VERSION, &[]).await?;
        let own = Names { infra_id };
        let own = [own.api_address(), own.ingress_address()];
        let counted = addresses
            .iter()
            .map(PublicIpAddress::name)
            .filter(|name| own.iter().any(|own| own == name) || name.ends_with(names::OUTBOUND_ADDRESS));
        facts.made = Made {
            public_addresses: counted.count(),
            machines: Vec::new(),
        };
        let name = group.rsplit('/').next().unwrap_or_default();
        if wish::is_being_created(cluster) {
            facts.made.machines = self.region.compute.sizes_in(&self.region.subscription, name).await?;
        } else if wish::calls_out_by_load_balancer(cluster) {
            let pool =
                format!("{group}/providers/Microsoft.Network/loadBalancers/{infra_id}/backendAddressPools/{infra_id}");
            let pool = self.region.arm.find::<BackendPool>(&pool).await?;
            facts.calling_out = pool.map(|pool| pool.properties.members.len());
        }
        Ok(())
    }

    async fn limits(&self, cluster: &Cluster, facts: &mut Facts) -> Result<(), AzureError> {
        let region = &self.region;
        if wish::public_addresses(cluster) > facts.made.public_addresses {
            facts.usages = region.network_usages().await?;
        }
        if !wish::is_being_created(cluster) {
            return Ok(());
        }
        facts.usages.extend(region.machine_usages().await?);
        facts.sizes = Some(region.sizes().await?);
        facts.providers = Some(region.providers().await?);
        facts.encryption_at_host = region.encryption_at_host(cluster).await?;
        Ok(())
    }
}

/// The operators' identities as principals, each with the actions of its role: all blocks of it, on resources and on data.
/// `roles` are the operators with the ids of their role definitions.
///
/// # Errors
/// What Azure said; a role definition that does not exist included.
pub async fn platform_principals(
    arm: &ArmClient,
    subscription: &str,
    cluster: &Cluster,
    roles: &[(String, String)],
) -> Result<Vec<Principal>, AzureError> {
    let profile = cluster.properties.platform_workload_identity_profile.as_ref();
    let mut all = Vec::new();
    for (operator, identity) in profile
        .into_iter()
        .flat_map(|profile| profile.platform_workload_identities.iter())
    {
        for (_, role) in roles.iter().filter(|(name, _)| name == operator) {
            let id = role.rsplit('/').next().unwrap_or_default();
            let role = format!("/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{id}");
            let definition: RoleDefinition = arm.get(&role).await?;
            let blocks = definition.properties.permissions.into_iter();
            all.push(Principal::PlatformIdentity {
                operator: operator.clone(),
                object_id: identity.object_id.clone(),
                role,
                actions: blocks
                    .flat_map(|block| [block.actions, block.data_actions].concat())
                    .collect(),
            });
        }
    }
    Ok(all)
}

fn platform_identities(cluster: &Cluster) -> Vec<(String, String)> {
    let profile = cluster.properties.platform_workload_identity_profile.as_ref();
    let all = profile
        .into_iter()
        .flat_map(|profile| profile.platform_workload_identities.iter());
    all.map(|(name, identity)| (name.clone(), identity.resource_id.clone()))
        .collect()
}

/// Whether the first-party application, with which resources are read, may read this one.
fn may_read(facts: &Facts, id: &str) -> bool {
    !facts.access.iter().any(|access| {
        matches!(access.principal, Principal::FirstParty { .. })
            && access.resource.eq_ignore_ascii_case(id)
            && access.refused.iter().any(|action| action.ends_with("/read"))
    })
}

/// What is attached to the cluster's subnets, each once.
fn attached(cluster: &Cluster, facts: &Facts) -> Vec<Question> {
    let brought = cluster.properties.network_profile.preconfigured_nsg == PreconfiguredNsg::Enabled;
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for (path, id) in wish::subnets(cluster) {
        let networks = facts.networks.values().flatten();
        let mut subnets = networks.flat_map(|network| &network.properties.subnets);
        let Some(subnet) = subnets.find(|subnet| subnet.id.eq_ignore_ascii_case(&id)) else {
            continue;
        };
        let properties = &subnet.properties;
        let group = properties.network_security_group.as_ref().filter(|_| brought);
        for (kind, reference) in [
            (ResourceKind::RouteTable, properties.route_table.as_ref()),
            (ResourceKind::NatGateway, properties.nat_gateway.as_ref()),
            (ResourceKind::SecurityGroup, group),
        ] {
            if let Some(reference) = reference
                && seen.insert(reference.id.to_lowercase())
            {
                all.push((reference.id.clone(), kind, path.clone()));
            }
        }
    }
    all
}

/// The zones in which the machines of the control plane can be had; none where the region has none.
pub(crate) async fn control_plane_zones(region: &Region, cluster: &Cluster) -> Result<Vec<String>, AzureError> {
    let sizes = region.sizes().await?;
    let wanted = &cluster.properties.master_profile.vm_size;
    let own = sizes.into_iter().find(|size| size.name.eq_ignore_ascii_case(wanted));
    let mut zones = own.map(|own| own.zones).unwrap_or_default();
    zones.sort();
    Ok(zones)
}
