//! The table as a whole: boundary values, the first finding against all findings, conventions of messages.

use std::collections::BTreeMap;

use super::*;
use crate::Secret;
use crate::model::{
    ArchitectureVersion, EncryptionAtHost, FipsValidatedModules, IngressProfile, LoadBalancerProfile,
    ManagedOutboundIps, ManagedServiceIdentity, OutboundType, PlatformWorkloadIdentity,
    PlatformWorkloadIdentityProfile, ProvisioningState, ServicePrincipalProfile, Visibility, WorkerProfile,
};

const ID: &str = "/subscriptions/11111111-2222-3333-4444-aaaaaaaaaaaa/resourceGroups/group/providers/\
                  Microsoft.RedHatOpenShift/openShiftClusters/name";

fn below(rest: &str) -> String {
    format!("/subscriptions/11111111-2222-3333-4444-aaaaaaaaaaaa/resourceGroups/{rest}")
}

fn subnet(name: &str) -> String {
    below(&format!(
        "network/providers/Microsoft.Network/virtualNetworks/vnet/subnets/{name}"
    ))
}

fn identity(name: &str) -> String {
    below(&format!(
        "ids/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"
    ))
}

/// A cluster that every version accepts.
fn cluster() -> Cluster {
    let mut cluster = Cluster {
        id: ID.into(),
        name: "name".into(),
        r#type: "Microsoft.RedHatOpenShift/openShiftClusters".into(),
        location: "eastus".into(),
        ..Cluster::default()
    };
    let p = &mut cluster.properties;
    p.architecture_version = ArchitectureVersion::V2;
    p.provisioning_state = ProvisioningState::Succeeded;
    p.cluster_profile.domain = "cluster".into();
    p.cluster_profile.version = "4.16.30".into();
    p.cluster_profile.resource_group_id = below("managed");
    p.cluster_profile.fips_validated_modules = FipsValidatedModules::Disabled;
    p.service_principal_profile = Some(ServicePrincipalProfile {
        client_id: "11111111-1111-1111-1111-111111111111".into(),
        client_secret: Secret::new("secret"),
        ..Default::default()
    });
    p.network_profile.pod_cidr = "10.128.0.0/14".into();
    p.network_profile.service_cidr = "172.30.0.0/16".into();
    p.network_profile.software_defined_network = crate::model::SoftwareDefinedNetwork::OvnKubernetes;
    p.network_profile.outbound_type = OutboundType::LoadBalancer;
    p.master_profile.vm_size = "Standard_D8s_v3".into();
    p.master_profile.subnet_id = subnet("master");
    p.master_profile.encryption_at_host = EncryptionAtHost::Disabled;
    p.worker_profiles = vec![WorkerProfile {
        name: "worker".into(),
        vm_size: "Standard_D4s_v3".into(),
        disk_size_gb: 128,
        subnet_id: subnet("worker"),
        count: 3,
        encryption_at_host: EncryptionAtHost::Disabled,
        ..Default::default()
    }]
    .into();
    p.apiserver_profile.visibility = Visibility::Public;
    p.ingress_profiles = vec![IngressProfile {
        name: "default".into(),
        visibility: Visibility::Public,
        ..Default::default()
    }]
    .into();
    cluster
}

fn with_identities(cluster: &mut Cluster) {
    cluster.properties.service_principal_profile = None;
    cluster.identity = Some(ManagedServiceIdentity {
        user_assigned_identities: [(identity("cluster"), Default::default())].into_iter().collect(),
        ..Default::default()
    });
    let entry = |name: &str| PlatformWorkloadIdentity {
        resource_id: identity(name),
        ..Default::default()
    };
    cluster.properties.platform_workload_identity_profile = Some(PlatformWorkloadIdentityProfile {
        platform_workload_identities: BTreeMap::from([("a".to_owned(), entry("a")), ("b".to_owned(), entry("b"))])
            .into(),
        ..Default::default()
    });
}

fn entry<'a>(cluster: &'a mut Cluster, name: &str) -> &'a mut PlatformWorkloadIdentity {
    let profile = cluster.properties.platform_workload_identity_profile.as_mut().unwrap();
    profile.platform_workload_identities.as_map_mut().get_mut(name).unwrap()
}

fn subject<'a>(version: &str, cluster: &'a Cluster, current: Option<&'a Cluster>) -> Subject<'a> {
    Subject {
        version: ApiVersion::parse(version).unwrap(),
        cluster,
        current,
        resource_id: ID,
        location: "eastus",
        domain: "eastus.aroapp.io",
        require_d2s_workers: false,
        null_elements: &[],
    }
}

/// The first finding as `Code target`, or `ok`; checks on the way what must hold for every finding.
fn verdict(subject: &Subject<'_>) -> String {
    let all = findings(subject);
    for finding in &all {
        let message = &finding.message;
        assert!(
            message.starts_with(char::is_uppercase) && message.ends_with('.'),
            "{message}"
        );
        assert!(!message.contains('"') && !finding.target.contains('"'), "{message}");
        assert!(
            finding.pointer.is_empty() || finding.pointer.starts_with('/'),
            "{}",
            finding.pointer
        );
        assert!(
            !finding.pointer.contains(['{', '\'', '.']) || finding.pointer.contains("~1"),
            "{}",
            finding.pointer
        );
    }
    match check(subject) {
        Ok(()) => {
            assert!(all.is_empty());
            "ok".to_owned()
        }
        Err(error) => {
            assert_eq!(error.status_code, 400);
            assert_eq!((&error.code, &error.target), (&all[0].code, &all[0].target));
            format!("{} {}", error.code, error.target)
        }
    }
}

/// The verdict on create in a version after a change to the valid cluster.
fn create(version: &str, change: impl Fn(&mut Cluster)) -> String {
    let mut merged = cluster();
    change(&mut merged);
    verdict(&subject(version, &merged, None))
}

fn update(version: &str, change: impl Fn(&mut Cluster)) -> String {
    let current = cluster();
    let mut merged = cluster();
    change(&mut merged);
    verdict(&subject(version, &merged, Some(&current)))
}

fn dated() -> impl Iterator<Item = &'static str> {
    ApiVersion::all()
        .filter(|version| !version.is_admin())
        .map(ApiVersion::name)
}

#[test]
fn every_version_accepts_the_valid_cluster() {
    for version in dated() {
        assert_eq!(create(version, |_| ()), "ok", "{version}");
        assert_eq!(update(version, |_| ()), "ok", "{version}");
    }
    assert_eq!(create("2025-07-25", with_identities), "ok");
}

#[test]
fn resource_members_are_compared_without_case() {
    for version in dated() {
        assert_eq!(
            create(version, |c| {
                c.id.make_ascii_uppercase();
                c.name.make_ascii_uppercase();
                c.r#type.make_ascii_lowercase();
                c.location.make_ascii_uppercase();
                c.properties.cluster_profile.resource_group_id.make_ascii_uppercase();
            }),
            "ok"
        );
        assert_eq!(create(version, |c| c.id.push('x')), "MismatchingResourceID id");
        assert_eq!(create(version, |c| c.name.push('x')), "MismatchingResourceName name");
        assert_eq!(create(version, |c| c.r#type.push('x')), "MismatchingResourceType type");
        assert_eq!(create(version, |c| c.location.push('x')), "InvalidParameter location");
    }
}

#[test]
fn an_unreadable_resource_id_is_the_callers_fault() {
    let merged = cluster();
    for id in ["", "bad", "/subscriptions/x"] {
        assert_eq!(
            verdict(&Subject {
                resource_id: id,
                ..subject("2023-11-22", &merged, None)
            }),
            "InvalidResourceID "
        );
    }
}

#[test]
fn default_domains_belong_to_their_region() {
    let target = "InvalidParameter properties.clusterProfile.domain";
    for (domain, valid) in [
        ("cluster.eastus.aroapp.io", true),
        ("cluster.example.com", true),
        ("xaroapp.io", true),
        ("cluster.westus.aroapp.io", false),
        ("foo.aroapp.io", false),
        ("foo.bar.eastus.aroapp.io", false),
    ] {
        let found = create("2023-11-22", |c| c.properties.cluster_profile.domain = domain.into());
        assert_eq!(found, if valid { "ok" } else { target }, "{domain}");
    }
    let change = |c: &mut Cluster| c.properties.cluster_profile.domain = "4k7f9clk".into();
    assert_eq!(create("2023-11-22", change), target);
    assert_eq!(update("2023-11-22", change), "ok");
    let mut merged = cluster();
    merged.properties.cluster_profile.domain = "a.b".into();
    assert_eq!(
        verdict(&Subject {
            domain: "nodots",
            ..subject("2025-07-25", &merged, Some(&merged))
        }),
        "ok"
    );
}

#[test]
fn the_managed_group_is_another_one_in_the_same_subscription() {
    let target = "InvalidParameter properties.clusterProfile.resourceGroupId";
    for (id, valid) in [
        (below("managed"), true),
        (below("GROUP"), false),
        (below("managed").to_uppercase(), true),
        (below("managed").replace("1111-2222", "1111-2223"), false),
        (String::new(), false),
    ] {
        let found = create("2020-04-30", |c| {
            c.properties.cluster_profile.resource_group_id = id.clone()
        });
        assert_eq!(found, if valid { "ok" } else { target }, "{id}");
    }
}

#[test]
fn networks_have_bounds() {
    let pods = |version: &str, cidr: &str| create(version, |c| c.properties.network_profile.pod_cidr = cidr.into());
    let services = |cidr: &str| {
        create("2023-11-22", |c| {
            c.properties.network_profile.service_cidr = cidr.into()
        })
    };
    assert_eq!(pods("2023-11-22", "10.128.0.0/18"), "ok");
    assert_eq!(
        pods("2023-11-22", "10.128.0.0/19"),
        "InvalidParameter properties.networkProfile.podCidr"
    );
    assert_eq!(
        pods("2023-11-22", "10.254.0.0/14"),
        "InvalidNetworkAddress properties.networkProfile.podCidr"
    );
    assert_eq!(
        pods("2023-11-22", "100.64.0.0/16"),
        "InvalidCIDRRange properties.networkProfile"
    );
    assert_eq!(
        pods("2023-11-22", "::0/0"),
        "InvalidParameter properties.networkProfile.podCidr"
    );
    assert_eq!(services("10.0.0.0/22"), "ok");
    assert_eq!(
        services("10.0.0.0/23"),
        "InvalidParameter properties.networkProfile.serviceCidr"
    );
    assert_eq!(
        services("10.0.150.0/16"),
        "InvalidNetworkAddress properties.networkProfile.serviceCidr"
    );
    // On update the range may overlap; one version asks only for one network plugin.
    assert_eq!(
        update("2023-11-22", |c| c.properties.network_profile.pod_cidr =
            "100.64.0.0/16".into()),
        "ok"
    );
    let sdn = |c: &mut Cluster| {
        c.properties.network_profile.pod_cidr = "100.64.0.0/16".into();
        c.properties.network_profile.software_defined_network = crate::model::SoftwareDefinedNetwork::OpenShiftSdn;
    };
    assert_eq!(create("2021-09-01-preview", sdn), "ok");
    assert_eq!(create("2022-04-01", sdn), "InvalidCIDRRange properties.networkProfile");
    let message = findings(&subject(
        "2023-11-22",
        &{
            let mut merged = cluster();
            merged.properties.network_profile.pod_cidr = "10.254.0.0/14".into();
            merged
        },
        None,
    ));
    assert!(message[0].message.contains("'10.252.0.0/14'"));
}

#[test]
fn networks_wait_for_an_ingress_profile_in_newer_versions() {
    let change = |c: &mut Cluster| {
        c.properties.network_profile.pod_cidr = "bad".into();
        c.properties.ingress_profiles = Vec::new().into();
    };
    assert_eq!(
        update("2022-09-04", change),
        "InvalidParameter properties.networkProfile.podCidr"
    );
    assert_eq!(update("2023-04-01", change), "ok");
    assert_eq!(
        create("2023-04-01", change),
        "InvalidParameter properties.ingressProfiles"
    );
    assert_eq!(
        update("2019-12-31-preview", |c| c.properties.ingress_profiles =
            Vec::new().into()),
        "InvalidParameter properties.ingressProfiles"
    );
}

#[test]
fn routed_traffic_needs_a_private_cluster_without_load_balancer() {
    let routed = |c: &mut Cluster| c.properties.network_profile.outbound_type = OutboundType::UserDefinedRouting;
    let private = |c: &mut Cluster| {
        routed(c);
        c.properties.apiserver_profile.visibility = Visibility::Private;
        c.properties.ingress_profiles[0].visibility = Visibility::Private;
    };
    let outbound = "InvalidParameter properties.networkProfile.outboundType";
    assert_eq!(create("2023-04-01", routed), outbound);
    assert_eq!(create("2023-04-01", private), "ok");
    assert_eq!(create("2022-09-04", routed), "ok");
    assert_eq!(
        create("2023-11-22", |c| c.properties.network_profile.outbound_type =
            "x".into()),
        outbound
    );
    assert_eq!(
        create("2023-11-22", |c| {
            private(c);
            c.properties.network_profile.load_balancer_profile = Some(LoadBalancerProfile::default());
        }),
        "InvalidParameter properties.networkProfile.loadBalancerProfile"
    );
}

#[test]
fn load_balancers_have_one_to_twenty_addresses() {
    let count = |version: &str, count: i64, layout: ArchitectureVersion| {
        update(version, |c| {
            c.properties.architecture_version = layout;
            c.properties.network_profile.load_balancer_profile = Some(LoadBalancerProfile {
                managed_outbound_ips: Some(ManagedOutboundIps {
                    count,
                    ..Default::default()
                }),
                ..Default::default()
            });
        })
    };
    let target = "InvalidParameter properties.networkProfile.loadBalancerProfile.managedOutboundIps.count";
    for version in ["2023-07-01-preview", "2023-11-22", "2025-07-25"] {
        for (n, valid) in [(-1, false), (0, false), (1, true), (20, true), (21, false)] {
            assert_eq!(
                count(version, n, ArchitectureVersion::V2),
                if valid { "ok" } else { target },
                "{version} {n}"
            );
        }
        assert_eq!(count(version, 2, ArchitectureVersion::V1), target);
    }
    assert_eq!(count("2023-09-04", 0, ArchitectureVersion::V2), "ok");
    let empty = |c: &mut Cluster| {
        c.properties.network_profile.load_balancer_profile = Some(LoadBalancerProfile::default());
    };
    assert_eq!(
        create("2023-07-01-preview", empty),
        "InvalidParameter properties.networkProfile.loadBalancerProfile"
    );
    assert_eq!(create("2023-11-22", empty), "ok");
}

#[test]
fn workers_of_a_new_cluster_have_bounds() {
    let worker = |member: &str| format!("InvalidParameter properties.workerProfiles['worker'].{member}");
    for (n, valid) in [(1, false), (2, true), (50, true), (51, false)] {
        let found = create("2025-07-25", |c| c.properties.worker_profiles[0].count = n);
        assert_eq!(found, if valid { "ok".into() } else { worker("count") }, "{n}");
    }
    for (gb, valid) in [(0, false), (127, false), (128, true)] {
        let found = create("2025-07-25", |c| c.properties.worker_profiles[0].disk_size_gb = gb);
        assert_eq!(found, if valid { "ok".into() } else { worker("diskSizeGB") }, "{gb}");
    }
    assert_eq!(
        create("2025-07-25", |c| c.properties.worker_profiles[0].vm_size =
            "Standard_D8s_v6".into()),
        worker("vmSize")
    );
    assert_eq!(
        create("2025-07-25", |c| c.properties.worker_profiles[0].subnet_id =
            subnet("MASTER")),
        worker("subnetId")
    );
    assert_eq!(
        create("2025-07-25", |c| c.properties.worker_profiles[0].subnet_id =
            subnet("worker").replace("/vnet/", "/vnet2/")),
        worker("subnetId")
    );
    assert_eq!(
        create("2025-07-25", |c| c.properties.worker_profiles[0]
            .disk_encryption_set_id = "x".into()),
        worker("subnetId")
    );
    assert_eq!(
        create("2025-07-25", |c| c.properties.worker_profiles[0].name = "Worker".into()),
        "InvalidParameter properties.workerProfiles['Worker'].name"
    );
    assert_eq!(
        create("2025-07-25", |c| c.properties.worker_profiles = Vec::new().into()),
        "InvalidParameter properties.workerProfiles"
    );
    assert_eq!(
        update("2025-07-25", |c| c.properties.worker_profiles[0].count = 1),
        "ok"
    );
    assert_eq!(
        create("2023-09-04", |c| c.properties.worker_profiles_status =
            c.properties.worker_profiles.clone()),
        "InvalidParameter properties.workerProfilesStatus"
    );
}

#[test]
fn sizes_need_their_version_in_every_role() {
    let master = |size: &str, version: &str| {
        update("2023-11-22", |c| {
            c.properties.master_profile.vm_size = size.into();
            c.properties.cluster_profile.version = version.into();
        })
    };
    let target = "InvalidParameter properties.masterProfile.vmSize";
    assert_eq!(master("Standard_D8s_v6", "4.18.9"), target);
    assert_eq!(master("Standard_D8s_v6", "4.19.0"), "ok");
    assert_eq!(master("Standard_D8s_v6", "odd"), "ok");
    assert_eq!(master("Standard_D4s_v3", "4.19.0"), target);
    assert_eq!(master("standard_d8s_v3", "4.19.0"), target);
}

#[test]
fn identities_and_principals_exclude_each_other() {
    let principal = "InvalidParameter properties.servicePrincipalProfile";
    let version = "2024-08-12-preview";
    assert_eq!(
        create(version, |c| c.properties.service_principal_profile = None),
        principal
    );
    assert_eq!(
        create(version, |c| {
            let profile = c.properties.service_principal_profile.take();
            with_identities(c);
            c.properties.service_principal_profile = profile;
        }),
        principal
    );
    let both = |change: fn(&mut Cluster)| {
        create(version, |c| {
            with_identities(c);
            change(c);
        })
    };
    assert_eq!(both(|c| c.identity = None), "InvalidParameter identity");
    assert_eq!(
        both(|c| c.identity = Some(Default::default())),
        "InvalidParameter identity"
    );
    let prefix = "InvalidParameter properties.platformWorkloadIdentityProfile";
    assert_eq!(
        both(|c| entry(c, "b").resource_id = identity("A")),
        format!("{prefix}.PlatformWorkloadIdentities")
    );
    assert_eq!(
        both(|c| entry(c, "b").resource_id = "x".into()),
        format!("{prefix}.PlatformWorkloadIdentities[b].resourceID")
    );
    assert_eq!(
        both(|c| entry(c, "a").resource_id = subnet("x")),
        format!("{prefix}.PlatformWorkloadIdentities[a].resourceID")
    );
    let upgrade = |to: &'static str| {
        create(version, |c| {
            with_identities(c);
            c.properties
                .platform_workload_identity_profile
                .as_mut()
                .unwrap()
                .upgradeable_to = Some(to.into());
        })
    };
    assert_eq!(upgrade("4.17.0"), "ok");
    assert_eq!(upgrade("4.17"), format!("{prefix}.UpgradeableTo[4.17]"));
    assert_eq!(upgrade(""), format!("{prefix}.UpgradeableTo[]"));
    let older = create("2023-11-22", |c| c.properties.service_principal_profile = None);
    assert_eq!(
        older,
        "InvalidParameter properties.servicePrincipalProfile.servicePrincipalProfile"
    );
}

#[test]
fn operators_keep_their_identities() {
    let mut current = cluster();
    with_identities(&mut current);
    let mut merged = current.clone();
    assert!(check_identities_kept(&current, &merged).is_ok());
    let profile = merged.properties.platform_workload_identity_profile.as_mut().unwrap();
    profile.platform_workload_identities.as_map_mut().remove("a");
    let error = check_identities_kept(&current, &merged).unwrap_err();
    assert_eq!(error.code, Code::PROPERTY_CHANGE_NOT_ALLOWED);
    assert_eq!(
        error.target,
        "properties.platformWorkloadIdentityProfile.platformWorkloadIdentities"
    );
    assert!(check_identities_kept(&cluster(), &merged).is_ok());
}

#[test]
fn all_findings_are_reported_with_pointers() {
    let mut merged = cluster();
    merged.location = "x".into();
    merged.properties.cluster_profile.domain = "-".into();
    merged.properties.worker_profiles[0].count = 1;
    merged.properties.ingress_profiles[0].ip = "x".into();
    let found: Vec<_> = findings(&subject("2023-11-22", &merged, None));
    let pointers: Vec<&str> = found.iter().map(|finding| finding.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/location",
            "/properties/clusterProfile/domain",
            "/properties/workerProfiles/0/count",
            "/properties/ingressProfiles/0/ip"
        ]
    );
}

#[test]
fn null_entries_are_named() {
    let mut merged = cluster();
    with_identities(&mut merged);
    entry(&mut merged, "b").resource_id.clear();
    let nulls = ["/properties/platformWorkloadIdentityProfile/platformWorkloadIdentities/b".to_owned()];
    let update = Subject {
        null_elements: &nulls,
        ..subject("2025-07-25", &merged, Some(&merged))
    };
    assert_eq!(
        verdict(&update),
        "InvalidParameter properties.platformWorkloadIdentityProfile.PlatformWorkloadIdentities[b]"
    );
}
