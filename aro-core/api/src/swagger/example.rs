//! The one cluster of all examples: as it rests after it was created, and as a client would ask for it.

use time::macros::datetime;

use super::json::Json;
use crate::model::{
    Cluster, CreatedByType, EncryptionAtHost, FipsValidatedModules, IngressProfile, LoadBalancerProfile,
    ManagedOutboundIps, ManagedServiceIdentity, ManagedServiceIdentityType, OpenShiftVersion, OutboundType,
    PlatformWorkloadIdentity, PlatformWorkloadIdentityProfile, PlatformWorkloadIdentityRole,
    PlatformWorkloadIdentityRoleSet, PreconfiguredNsg, ProvisioningState, ResourceReference, Seq,
    ServicePrincipalProfile, SoftwareDefinedNetwork, SystemData, Visibility, WorkerProfile,
};
use crate::version::ApiVersion;
use crate::view;

pub(super) const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";
pub(super) const GROUP: &str = "resourceGroup";
pub(super) const NAME: &str = "resourceName";
pub(super) const LOCATION: &str = "location";
pub(super) const OPENSHIFT: &str = "4.14.40";
pub(super) const MINOR: &str = "4.14";
const CLIENT: &str = "11111111-1111-1111-1111-111111111111";

const NETWORK: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/vnetResourceGroup\
                       /providers/Microsoft.Network/virtualNetworks/vnet/subnets";
const IDENTITIES: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/resourceGroup\
                          /providers/Microsoft.ManagedIdentity/userAssignedIdentities";

/// The cluster at rest. A version that knows workload identities shows a cluster that uses them.
pub(super) fn cluster(version: ApiVersion) -> Cluster {
    let mut cluster = Cluster {
        id: format!(
            "/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}\
             /providers/Microsoft.RedHatOpenShift/openShiftClusters/{NAME}"
        ),
        name: NAME.to_owned(),
        r#type: "Microsoft.RedHatOpenShift/openShiftClusters".to_owned(),
        location: LOCATION.to_owned(),
        system_data: Some(SystemData {
            created_by: "someone@example.com".to_owned(),
            created_by_type: CreatedByType::User,
            created_at: Some(datetime!(2025-01-02 03:04:05 UTC)),
            last_modified_by: "someone@example.com".to_owned(),
            last_modified_by_type: CreatedByType::User,
            last_modified_at: Some(datetime!(2025-01-02 03:04:05 UTC)),
            ..SystemData::default()
        }),
        ..Cluster::default()
    };
    cluster.tags.as_map_mut().insert("key".to_owned(), "value".to_owned());
    let properties = &mut cluster.properties;
    properties.provisioning_state = ProvisioningState::Succeeded;

    let profile = &mut properties.cluster_profile;
    profile.domain = "cluster.location.aroapp.io".to_owned();
    profile.version = OPENSHIFT.to_owned();
    profile.resource_group_id = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/clusterResourceGroup");
    profile.fips_validated_modules = FipsValidatedModules::Disabled;
    properties.console_profile.url = "https://console-openshift-console.apps.cluster.location.aroapp.io/".to_owned();

    let network = &mut properties.network_profile;
    network.software_defined_network = SoftwareDefinedNetwork::OvnKubernetes;
    network.pod_cidr = "10.128.0.0/14".to_owned();
    network.service_cidr = "172.30.0.0/16".to_owned();
    network.outbound_type = OutboundType::LoadBalancer;
    network.preconfigured_nsg = PreconfiguredNsg::Disabled;
    let balancer = LoadBalancerProfile {
        managed_outbound_ips: Some(ManagedOutboundIps {
            count: 1,
            ..ManagedOutboundIps::default()
        }),
        effective_outbound_ips: Seq::from(vec![ResourceReference {
            id: format!(
                "/subscriptions/{SUBSCRIPTION}/resourceGroups/clusterResourceGroup\
                 /providers/Microsoft.Network/publicIPAddresses/outbound"
            ),
            ..ResourceReference::default()
        }]),
        ..LoadBalancerProfile::default()
    };
    network.load_balancer_profile = Some(balancer);

    properties.master_profile.vm_size = "Standard_D8s_v3".to_owned();
    properties.master_profile.subnet_id = format!("{NETWORK}/master");
    properties.master_profile.encryption_at_host = EncryptionAtHost::Enabled;
    let workers = WorkerProfile {
        name: "worker".to_owned(),
        vm_size: "Standard_D4s_v3".to_owned(),
        disk_size_gb: 128,
        subnet_id: format!("{NETWORK}/worker"),
        count: 3,
        encryption_at_host: EncryptionAtHost::Enabled,
        ..WorkerProfile::default()
    };
    // The installer makes one set of machines in each availability zone.
    let zone = |number: u8| WorkerProfile {
        name: format!("cluster-abcde-worker-location{number}"),
        count: 1,
        ..workers.clone()
    };
    properties.worker_profiles_status = Seq::from(vec![zone(1), zone(2), zone(3)]);
    properties.worker_profiles = Seq::from(vec![workers]);

    let server = &mut properties.apiserver_profile;
    server.visibility = Visibility::Public;
    server.url = "https://api.cluster.location.aroapp.io:6443/".to_owned();
    server.ip = "192.0.2.4".to_owned();
    properties.ingress_profiles = Seq::from(vec![IngressProfile {
        name: "default".to_owned(),
        visibility: Visibility::Public,
        ip: "192.0.2.5".to_owned(),
        ..IngressProfile::default()
    }]);

    if version.has_role_sets() {
        use_workload_identity(&mut cluster);
    } else {
        cluster.properties.service_principal_profile = Some(ServicePrincipalProfile {
            client_id: CLIENT.to_owned(),
            ..ServicePrincipalProfile::default()
        });
    }
    cluster
}

fn use_workload_identity(cluster: &mut Cluster) {
    let mut identity = ManagedServiceIdentity {
        r#type: ManagedServiceIdentityType::UserAssigned,
        ..ManagedServiceIdentity::default()
    };
    identity
        .user_assigned_identities
        .as_map_mut()
        .insert(format!("{IDENTITIES}/cluster"), Default::default());
    cluster.identity = Some(identity);
    cluster.properties.cluster_profile.oidc_issuer = Some("https://oidc.location.aroapp.io/cluster".to_owned());
    let mut profile = PlatformWorkloadIdentityProfile::default();
    for operator in ["file-csi-driver", "ingress"] {
        let identity = PlatformWorkloadIdentity {
            resource_id: format!("{IDENTITIES}/{operator}"),
            client_id: CLIENT.to_owned(),
            object_id: "22222222-2222-2222-2222-222222222222".to_owned(),
            ..PlatformWorkloadIdentity::default()
        };
        profile
            .platform_workload_identities
            .as_map_mut()
            .insert(operator.to_owned(), identity);
    }
    cluster.properties.platform_workload_identity_profile = Some(profile);
}

/// The body of a PUT that creates the cluster: without what the service says, with the secrets.
pub(super) fn wish(version: ApiVersion) -> Json {
    let mut cluster = cluster(version);
    cluster.id.clear();
    cluster.name.clear();
    cluster.r#type.clear();
    let properties = &mut cluster.properties;
    properties.provisioning_state = ProvisioningState::Unset;
    properties.cluster_profile.version.clear();
    properties.cluster_profile.oidc_issuer = None;
    properties.console_profile.url.clear();
    properties.apiserver_profile.url.clear();
    properties.apiserver_profile.ip.clear();
    properties.worker_profiles_status = Seq::default();
    for profile in properties.ingress_profiles.iter_mut() {
        profile.ip.clear();
    }
    if let Some(balancer) = &mut properties.network_profile.load_balancer_profile {
        balancer.effective_outbound_ips = Seq::default();
    }
    if let Some(profile) = &mut properties.platform_workload_identity_profile {
        for identity in profile.platform_workload_identities.as_map_mut().values_mut() {
            identity.client_id.clear();
            identity.object_id.clear();
        }
    }
    let mut wish = read(&view::cluster(&cluster, version));
    wish.remove("systemData");
    if let Some(properties) = wish.get_mut("properties") {
        if let Some(profile) = properties.get_mut("clusterProfile") {
            let secret = r#"{"auths":{"registry.connect.redhat.com":{"auth":""},"registry.redhat.io":{"auth":""}}}"#;
            profile.set_first("pullSecret", secret);
        }
        if let Some(profile) = properties.get_mut("servicePrincipalProfile") {
            profile.set("clientSecret", "clientSecret");
        }
    }
    wish
}

/// An OpenShift version that can be installed.
pub(super) fn openshift_version() -> OpenShiftVersion {
    let mut version = OpenShiftVersion {
        id: format!(
            "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.RedHatOpenShift/locations/{LOCATION}\
             /openShiftVersions/{OPENSHIFT}"
        ),
        ..OpenShiftVersion::default()
    };
    version.properties.version = OPENSHIFT.to_owned();
    version
}

/// What the operators of a minor version need.
pub(super) fn role_set() -> PlatformWorkloadIdentityRoleSet {
    let mut set = PlatformWorkloadIdentityRoleSet {
        id: format!(
            "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.RedHatOpenShift/locations/{LOCATION}\
             /platformWorkloadIdentityRoleSets/{MINOR}"
        ),
        name: MINOR.to_owned(),
        r#type: "Microsoft.RedHatOpenShift/PlatformWorkloadIdentityRoleSet".to_owned(),
        ..PlatformWorkloadIdentityRoleSet::default()
    };
    set.properties.openshift_version = MINOR.to_owned();
    set.properties.platform_workload_identity_roles = Seq::from(vec![PlatformWorkloadIdentityRole {
        operator_name: "ingress".to_owned(),
        role_definition_name: "Azure Red Hat OpenShift Cluster Ingress Operator".to_owned(),
        role_definition_id: "/providers/Microsoft.Authorization/roleDefinitions/0336e1d3-7a87-462b-b6db-342b63f7802c"
            .to_owned(),
        ..PlatformWorkloadIdentityRole::default()
    }]);
    set
}

/// A reply of ours, with its members in order.
pub(super) fn read(reply: &[u8]) -> Json {
    // What a view writes is JSON without fractions.
    serde_json::from_slice(reply).unwrap_or_default()
}
