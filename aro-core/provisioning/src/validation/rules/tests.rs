use aro_api::model::{
    Cluster, EncryptionAtHost, IngressProfile, LoadBalancerProfile, ManagedOutboundIps, PlatformWorkloadIdentity,
    PlatformWorkloadIdentityProfile, PreconfiguredNsg, ProvisioningState, Visibility, WorkerProfile,
};
use aro_azure::Claims;
use serde_json::{Value, from_value, json};

use super::*;
use crate::validation::{
    Access, Finding, IdentityFacts, MachineSize, Principal, PrincipalClaims, Provider, ResourceKind,
};

const NETWORK: &str = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/group/providers/Microsoft.Network/virtualNetworks/vnet";
const SET: &str = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/group/providers/Microsoft.Compute/diskEncryptionSets/d";
const IDENTITY: &str = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/group/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i";

/// A new public cluster that nothing stands against.
fn cluster() -> Cluster {
    let mut cluster = Cluster {
        id: "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/group/providers/Microsoft.RedHatOpenShift/openShiftClusters/c".to_owned(),
        location: "eastus".to_owned(),
        ..Cluster::default()
    };
    let properties = &mut cluster.properties;
    properties.provisioning_state = ProvisioningState::Creating;
    properties.cluster_profile.domain = "one".to_owned();
    properties.cluster_profile.version = "4.18.9".to_owned();
    properties.cluster_profile.resource_group_id =
        "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/managed".to_owned();
    properties.apiserver_profile.visibility = Visibility::Public;
    properties.ingress_profiles = vec![IngressProfile {
        visibility: Visibility::Public,
        ..IngressProfile::default()
    }]
    .into();
    properties.network_profile.pod_cidr = "10.128.0.0/14".to_owned();
    properties.network_profile.service_cidr = "172.30.0.0/16".to_owned();
    properties.network_profile.load_balancer_profile = Some(LoadBalancerProfile {
        managed_outbound_ips: Some(ManagedOutboundIps {
            count: 2,
            ..ManagedOutboundIps::default()
        }),
        ..LoadBalancerProfile::default()
    });
    properties.master_profile.vm_size = "Standard_D8s_v3".to_owned();
    properties.master_profile.subnet_id = format!("{NETWORK}/subnets/master");
    properties.worker_profiles = vec![WorkerProfile {
        vm_size: "Standard_D4s_v3".to_owned(),
        subnet_id: format!("{NETWORK}/subnets/worker"),
        count: 3,
        ..WorkerProfile::default()
    }]
    .into();
    cluster
}

fn size(name: &str, cores: i64) -> MachineSize {
    MachineSize {
        name: name.to_owned(),
        family: "standardDSv3Family".to_owned(),
        cores,
        zones: ["3", "1", "2"].map(str::to_owned).to_vec(),
        restricted: false,
        encryption_at_host: true,
    }
}

fn usage(name: &str, current: i64, limit: i64) -> Value {
    json!({"name": {"value": name}, "currentValue": current, "limit": limit})
}

fn facts() -> Facts {
    let subnet = |name: &str, range: &str| {
        json!({"id": format!("{}/SUBNETS/{name}", NETWORK.to_uppercase()), "properties": {"addressPrefix": range,
            "provisioningState": "Succeeded"}})
    };
    let network = json!({"location": "EastUS", "properties": {"subnets": [
        subnet("MASTER", "10.0.0.0/27"), subnet("WORKER", "10.0.1.0/24")]}});
    let usages = [
        usage("PublicIPAddresses", 7, 10),
        usage("cores", 56, 100),
        usage("standardDSv3Family", 56, 100),
        usage("virtualMachines", 0, 7),
    ];
    Facts {
        networks: [(NETWORK.to_lowercase(), Some(from_value(network).unwrap()))].into(),
        usages: usages.map(|usage| from_value(usage).unwrap()).to_vec(),
        sizes: Some(vec![size("Standard_D8s_v3", 8), size("standard_d4s_V3", 4)]),
        providers: Some(
            ["Authorization", "Compute", "Network", "Storage"]
                .map(|name| Provider {
                    namespace: format!("microsoft.{name}"),
                    registration_state: "Registered".to_owned(),
                })
                .to_vec(),
        ),
        ..Facts::default()
    }
}

fn subnet(facts: &mut Facts, index: usize) -> &mut aro_azure::network::Subnet {
    let network = facts.networks.get_mut(&NETWORK.to_lowercase()).unwrap();
    &mut network.as_mut().unwrap().properties.subnets[index]
}

fn with_identities(cluster: &mut Cluster, facts: &mut Facts) {
    let identity = PlatformWorkloadIdentity {
        resource_id: IDENTITY.to_owned(),
        ..PlatformWorkloadIdentity::default()
    };
    cluster.properties.platform_workload_identity_profile = Some(PlatformWorkloadIdentityProfile {
        platform_workload_identities: [("ingress".to_owned(), identity)].into_iter().collect(),
        ..PlatformWorkloadIdentityProfile::default()
    });
    facts.operators = vec!["ingress".to_owned(), "ingress".to_owned()];
    facts.identities = Some(vec![IdentityFacts {
        operator: "ingress".to_owned(),
        resource_id: IDENTITY.to_owned(),
        credentials: Vec::new(),
    }]);
}

fn trusting(facts: &mut Facts, issuer: &str, audience: &str) {
    let credential = json!({"id": format!("{IDENTITY}/federatedIdentityCredentials/f"),
        "properties": {"issuer": issuer, "subject": "s", "audiences": [audience]}});
    let identities = facts.identities.as_mut().unwrap();
    identities[0].credentials = vec![from_value(credential).unwrap()];
}

type Change = fn(&mut Cluster, &mut Facts);

/// What is wrong, and the code, the target and a part of the command of the one finding.
const CASES: &[(&str, Change, &str, &str, &str)] = &[
    (
        "a token that names nobody",
        |_, facts| facts.credentials = Some(PrincipalClaims::default()),
        "InvalidServicePrincipalClaims",
        "properties.servicePrincipalProfile",
        "az ad sp create",
    ),
    (
        "a principal that could make applications",
        |_, facts| {
            facts.credentials = Some(PrincipalClaims {
                arm: Claims {
                    oid: "o".to_owned(),
                    ..Claims::default()
                },
                graph: Claims {
                    roles: vec!["Application.ReadWrite.OwnedBy".to_owned()],
                    ..Claims::default()
                },
            });
        },
        "InvalidServicePrincipalCredentials",
        "properties.servicePrincipalProfile",
        "az ad app permission delete",
    ),
    (
        "an operator without identity",
        |cluster, facts| {
            with_identities(cluster, facts);
            facts.operators.push("disk-csi-driver".to_owned());
        },
        "PlatformWorkloadIdentityMismatch",
        "properties.PlatformWorkloadIdentityProfile.PlatformWorkloadIdentities",
        "az aro identity get-required --location eastus --version 4.18.9",
    ),
    (
        "an identity that trusts another issuer",
        |cluster, facts| {
            with_identities(cluster, facts);
            trusting(facts, "https://other", "openshift");
        },
        "PlatformWorkloadIdentityContainsInvalidCredential",
        "properties.platformWorkloadIdentityProfile.platformWorkloadIdentities.ingress.resourceId",
        "az identity federated-credential delete --resource-group group --identity-name i --name f",
    ),
    (
        "an identity of an old cluster that trusts other audiences",
        |cluster, facts| {
            with_identities(cluster, facts);
            cluster.properties.provisioning_state = ProvisioningState::Updating;
            cluster.properties.cluster_profile.oidc_issuer = Some("https://ours".to_owned());
            trusting(facts, "https://ours", "api://AzureADTokenExchange");
        },
        "PlatformWorkloadIdentityContainsInvalidCredential",
        "properties.platformWorkloadIdentityProfile.platformWorkloadIdentities.ingress.resourceId",
        "az identity federated-credential delete",
    ),
    (
        "a missing network",
        |_, facts| {
            facts.networks.insert(NETWORK.to_lowercase(), None);
        },
        "InvalidLinkedVNet",
        "properties.masterProfile.subnetId",
        "az network vnet create --resource-group group --name vnet --location eastus",
    ),
    (
        "a network elsewhere",
        |_, facts| {
            facts
                .networks
                .values_mut()
                .flatten()
                .for_each(|network| network.location = "westus".to_owned());
        },
        "InvalidLinkedVNet",
        "properties.masterProfile.subnetId",
        "az network vnet list",
    ),
    (
        "a malformed subnet id",
        |cluster, _| cluster.properties.master_profile.subnet_id = "subnet".to_owned(),
        "InvalidLinkedVNet",
        "properties.masterProfile.subnetId",
        "az network vnet subnet list",
    ),
    (
        "a missing subnet",
        |cluster, _| cluster.properties.worker_profiles[0].subnet_id = format!("{NETWORK}/subnets/other"),
        "InvalidLinkedVNet",
        "properties.workerProfiles[0].subnetId",
        "az network vnet subnet create --resource-group group --vnet-name vnet --name other",
    ),
    (
        "a failed subnet",
        |_, facts| subnet(facts, 1).properties.provisioning_state = Some("Failed".to_owned()),
        "InvalidLinkedVNet",
        "properties.workerProfiles[0].subnetId",
        "az network vnet subnet update --ids",
    ),
    (
        "a small subnet",
        |_, facts| subnet(facts, 1).properties.address_prefix = Some("10.0.1.0/28".to_owned()),
        "InvalidLinkedVNet",
        "properties.workerProfiles[0].subnetId",
        "--address-prefixes",
    ),
    (
        "a subnet without a range",
        |_, facts| subnet(facts, 0).properties.address_prefix = None,
        "InvalidLinkedVNet",
        "properties.masterProfile.subnetId",
        "--address-prefixes",
    ),
    (
        "a subnet with a range of its own kind",
        |_, facts| subnet(facts, 0).properties.address_prefix = Some("many".to_owned()),
        "InvalidLinkedVNet",
        "properties.masterProfile.subnetId",
        "--address-prefixes",
    ),
    (
        "a security group of the customer",
        |_, facts| subnet(facts, 0).properties.network_security_group = Some(aro_azure::Reference::to("/x/nsg")),
        "InvalidLinkedVNet",
        "properties.masterProfile.subnetId",
        "--remove networkSecurityGroup",
    ),
    (
        "a missing security group of the customer",
        |cluster, facts| {
            cluster.properties.network_profile.preconfigured_nsg = PreconfiguredNsg::Enabled;
            subnet(facts, 0).properties.network_security_group = Some(aro_azure::Reference::to("/x/nsg"));
        },
        "InvalidLinkedVNet",
        "properties.workerProfiles[0].subnetId",
        "--network-security-group <id>",
    ),
    (
        "ranges that overlap",
        |cluster, _| cluster.properties.network_profile.pod_cidr = "10.0.0.0/25".to_owned(),
        "InvalidLinkedVNet",
        "properties.networkProfile.podCidr",
        "--pod-cidr",
    ),
    (
        "a range that is none",
        |cluster, _| cluster.properties.network_profile.service_cidr = "many".to_owned(),
        "InvalidLinkedVNet",
        "properties.networkProfile.serviceCidr",
        "--service-cidr",
    ),
    (
        "a missing disk encryption set",
        |cluster, facts| {
            cluster.properties.master_profile.disk_encryption_set_id = SET.to_owned();
            cluster.properties.worker_profiles[0].disk_encryption_set_id = SET.to_uppercase();
            facts.disk_encryption_sets.insert(SET.to_lowercase(), None);
        },
        "InvalidLinkedDiskEncryptionSet",
        "properties.masterProfile.diskEncryptionSetId",
        "az disk-encryption-set create --resource-group group --name d --location eastus",
    ),
    (
        "a disk encryption set elsewhere",
        |cluster, facts| {
            cluster.properties.worker_profiles[0].disk_encryption_set_id = SET.to_owned();
            let set = from_value(json!({"location": "westus"})).unwrap();
            facts.disk_encryption_sets.insert(SET.to_lowercase(), Some(set));
        },
        "InvalidLinkedDiskEncryptionSet",
        "properties.workerProfiles[0].diskEncryptionSetId",
        "az disk-encryption-set create",
    ),
    (
        "encryption at host without the feature",
        |cluster, facts| {
            cluster.properties.worker_profiles[0].encryption_at_host = EncryptionAtHost::Enabled;
            facts.encryption_at_host = Some("NotRegistered".to_owned());
        },
        "InvalidParameter",
        "properties.workerProfiles[0].encryptionAtHost",
        "az feature register --namespace Microsoft.Compute --name EncryptionAtHost --subscription 11111111-2222-3333-4444-555555555555",
    ),
    (
        "encryption at host with a size that cannot",
        |cluster, facts| {
            cluster.properties.master_profile.encryption_at_host = EncryptionAtHost::Enabled;
            facts.encryption_at_host = Some("Registered".to_owned());
            facts.sizes.as_mut().unwrap()[0].encryption_at_host = false;
        },
        "InvalidParameter",
        "properties.masterProfile.encryptionAtHost",
        "az vm list-skus",
    ),
    (
        "a size that cannot be had",
        |_, facts| facts.sizes.as_mut().unwrap()[1].restricted = true,
        "InvalidParameter",
        "properties.workerProfiles[0].VMSize",
        "az vm list-skus --location eastus --size Standard_D4s_v3",
    ),
    (
        "a size in two zones",
        |_, facts| facts.sizes.as_mut().unwrap()[0].zones = vec!["1".to_owned(), "3".to_owned()],
        "InvalidParameter",
        "properties.masterProfile.VMSize",
        "az vm list-skus",
    ),
    (
        "sizes of two kinds",
        |_, facts| facts.sizes.as_mut().unwrap()[0].zones = Vec::new(),
        "InvalidParameter",
        "properties.workerProfiles",
        "az vm list-skus",
    ),
    (
        "no room for addresses",
        |_, facts| facts.usages[0].limit = 9,
        "ResourceQuotaExceeded",
        "properties.networkProfile.loadBalancerProfile.managedOutboundIps.count",
        "az quota update --resource-name PublicIPAddresses --resource-type PublicIpAddresses --limit-object value=10",
    ),
    (
        "no room for cores of the family",
        |_, facts| facts.usages[2].limit = 99,
        "ResourceQuotaExceeded",
        "properties.masterProfile.VMSize",
        "az quota update --resource-name standardDSv3Family --resource-type dedicated --limit-object value=100",
    ),
    (
        "no ports for all machines",
        |cluster, facts| {
            cluster.properties.provisioning_state = ProvisioningState::Updating;
            facts.calling_out = Some(125);
        },
        "InvalidParameter",
        "properties.networkProfile.loadBalancerProfile",
        "--load-balancer-managed-outbound-ip-count 3",
    ),
    (
        "a provider that is not registered",
        |_, facts| facts.providers.as_mut().unwrap()[1].registration_state = "NotRegistered".to_owned(),
        "ResourceProviderNotRegistered",
        "",
        "az provider register --wait --namespace Microsoft.Compute --subscription 11111111-2222-3333-4444-555555555555",
    ),
    (
        "a domain of another cluster",
        |_, facts| facts.domain_owner = Some("/other".to_owned()),
        "DuplicateDomain",
        "properties.clusterProfile.domain",
        "az aro create --domain",
    ),
];

fn judge(change: Change) -> Vec<Finding> {
    let (mut cluster, mut facts) = (cluster(), facts());
    change(&mut cluster, &mut facts);
    evaluate(&cluster, &facts).0
}

#[test]
fn a_good_cluster_has_no_findings_and_learns_its_zones() {
    assert_eq!(judge(|_, _| {}), []);
    assert_eq!(zones(&cluster(), &facts()), ["1", "2", "3"]);
    // Its own traces are no findings.
    let again = judge(|cluster, facts| {
        with_identities(cluster, facts);
        cluster.properties.cluster_profile.oidc_issuer = Some("https://ours".to_owned());
        trusting(facts, "https://ours", "openshift");
        facts.domain_owner = Some(cluster.id.to_uppercase());
        let ours = "/SUBSCRIPTIONS/11111111-2222-3333-4444-555555555555/resourcegroups/MANAGED/providers/x";
        subnet(facts, 0).properties.network_security_group = Some(aro_azure::Reference::to(ours));
    });
    assert_eq!(again, []);
}

#[test]
fn each_finding_has_code_target_and_command() {
    for (what, change, code, target, command) in CASES {
        let found = judge(*change);
        let [only] = &found[..] else {
            panic!("{what}: {found:#?}")
        };
        assert_eq!((only.code.as_str(), only.target.as_str()), (*code, *target), "{what}");
        assert!(
            only.command.starts_with("az ") && only.command.contains(command),
            "{what}: {}",
            only.command
        );
        assert!(
            only.missing.ends_with('.') && !only.may_settle,
            "{what}: {}",
            only.missing
        );
    }
}

#[test]
fn all_findings_are_collected() {
    let found = judge(|cluster, facts| {
        cluster.properties.worker_profiles[0].subnet_id = format!("{NETWORK}/subnets/other");
        subnet(facts, 0).properties.provisioning_state = Some("Updating".to_owned());
        facts.sizes.as_mut().unwrap()[0].restricted = true;
        facts.usages[0].limit = 0;
        facts.providers = Some(Vec::new());
        facts.domain_owner = Some(String::new());
    });
    let codes: Vec<&str> = found.iter().map(|finding| finding.code.as_str()).collect();
    let expected = "InvalidLinkedVNet InvalidLinkedVNet InvalidParameter ResourceQuotaExceeded \
                    ResourceProviderNotRegistered ResourceProviderNotRegistered ResourceProviderNotRegistered \
                    ResourceProviderNotRegistered DuplicateDomain";
    assert_eq!(codes.join(" "), expected);
    // A subnet that somebody is writing just now will be done.
    let settling: Vec<bool> = found.iter().map(|finding| finding.may_settle).collect();
    assert_eq!(settling.iter().filter(|may| **may).count(), 1);
}

#[test]
fn a_missing_permission_names_principal_resource_actions_and_role() {
    let access = |principal: Principal, kind: ResourceKind, refused: &[&str]| Access {
        principal,
        resource: NETWORK.to_owned(),
        kind,
        target: "properties.masterProfile.subnetId".to_owned(),
        refused: refused.iter().map(|action| (*action).to_owned()).collect(),
    };
    let object_id = || "object".to_owned();
    let cases = [
        (
            access(
                Principal::FirstParty { object_id: object_id() },
                ResourceKind::VirtualNetwork,
                &["a/read"],
            ),
            "InvalidResourceProviderPermissions",
            "--role 'Network Contributor'",
        ),
        (
            access(
                Principal::ServicePrincipal { object_id: object_id() },
                ResourceKind::DiskEncryptionSet,
                &["a/read", "b"],
            ),
            "InvalidServicePrincipalPermissions",
            "--role 'Reader'",
        ),
        (
            access(
                Principal::PlatformIdentity {
                    operator: "ingress".to_owned(),
                    object_id: object_id(),
                    role: "/roleDefinitions/role-1".to_owned(),
                    actions: Vec::new(),
                },
                ResourceKind::RouteTable,
                &["a"],
            ),
            "InvalidWorkloadIdentityPermissions",
            "--role 'role-1'",
        ),
        (
            access(
                Principal::ClusterIdentity { object_id: object_id() },
                ResourceKind::Identity,
                &["a"],
            ),
            "InvalidClusterMSIPermissions",
            "--role 'Azure Red Hat OpenShift Federated Credential'",
        ),
        (
            access(
                Principal::FirstParty { object_id: object_id() },
                ResourceKind::Subnet,
                &[],
            ),
            "",
            "",
        ),
    ];
    let mut facts = facts();
    facts.access = cases.iter().map(|(access, ..)| access.clone()).collect();
    let found = evaluate(&cluster(), &facts);
    assert_eq!(found.0.len(), 4);
    assert!(found.may_settle());
    for (finding, (access, code, role)) in found.0.iter().zip(&cases) {
        assert_eq!((finding.code.as_str(), &finding.target), (*code, &access.target));
        assert!(
            finding.missing.contains(NETWORK) && finding.missing.contains("object"),
            "{}",
            finding.missing
        );
        assert!(access.refused.iter().all(|action| finding.missing.contains(action)));
        assert!(
            finding.command.contains(role) && finding.command.contains(NETWORK),
            "{}",
            finding.command
        );
    }
}

#[test]
fn what_a_repeated_attempt_has_made_is_not_counted_twice() {
    // The first attempt has made all addresses and two machines, and the limits are full now.
    let made: Change = |_, facts| {
        facts.made.public_addresses = 3;
        facts.made.machines = ["Standard_D8s_v3", "standard_d8s_v3"].map(str::to_owned).to_vec();
        facts.usages[0].current_value = 10;
        facts.usages[1].current_value = 72;
        facts.usages[2].current_value = 72;
        facts.usages[3].current_value = 2;
    };
    assert_eq!(judge(made), []);
    let unmade: Change = |_, facts| {
        facts.usages[0].current_value = 10;
        facts.usages[3].current_value = 2;
    };
    let found = judge(unmade);
    let codes: Vec<&str> = found.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["ResourceQuotaExceeded"; 2]);
}
