use aro_api::model::{
    Cluster, IngressProfile, PlatformWorkloadIdentity, PlatformWorkloadIdentityProfile, ServicePrincipalProfile,
};
use serde_json::Map;

use super::*;
use crate::operator::{AroOperator, CLUSTER, OperatorRelease, OperatorSettings, release::Service};

fn cluster() -> Cluster {
    let mut cluster = Cluster {
        id: "/subscriptions/s/resourceGroups/g/providers/Microsoft.RedHatOpenShift/openShiftClusters/one".to_owned(),
        location: "EastUS".to_owned(),
        ..Cluster::default()
    };
    let properties = &mut cluster.properties;
    properties.service_principal_profile = Some(ServicePrincipalProfile::default());
    properties.master_profile.subnet_id =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/master".to_owned();
    properties.ingress_profiles = vec![IngressProfile {
        name: "default".to_owned(),
        ip: "1.2.3.4".to_owned(),
        ..IngressProfile::default()
    }]
    .into();
    cluster
}

fn with_identities(mut cluster: Cluster, names: &[&str]) -> Cluster {
    cluster.properties.service_principal_profile = None;
    let identity = |name: &&str| {
        let identity = PlatformWorkloadIdentity {
            client_id: format!("client-of-{name}"),
            ..PlatformWorkloadIdentity::default()
        };
        ((*name).to_owned(), identity)
    };
    cluster.properties.platform_workload_identity_profile = Some(PlatformWorkloadIdentityProfile {
        platform_workload_identities: names.iter().map(identity).collect(),
        ..PlatformWorkloadIdentityProfile::default()
    });
    cluster
}

fn subject(cluster: &Cluster) -> OperatorSubject<'_> {
    OperatorSubject {
        cluster,
        tenant: "tenant",
        subscription: "s",
        domain: "one.eastus.aro.example",
        openshift: (4, 18),
    }
}

fn operator() -> AroOperator {
    let mut settings = OperatorSettings::of("a.azurecr.io/aro:abc");
    settings.gateway_domains = vec!["gateway.example".to_owned()];
    settings.telemetry_domain = "ARO.example".to_owned();
    let service = Service {
        registry: "a.azurecr.io".to_owned(),
        location: "eastus".to_owned(),
        authority: Some("https://login.example/".parse().unwrap()),
        arm: Some("https://arm.example/".parse().unwrap()),
        subnets: vec!["/subscriptions/rp/subnets/rp-subnet".to_owned()],
    };
    AroOperator::new(settings, service).unwrap()
}

fn variables(deployment: &Value) -> Map<String, Value> {
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    let all = container["env"].as_array().unwrap().iter();
    all.map(|one| (one["name"].as_str().unwrap().to_owned(), one["value"].clone()))
        .collect()
}

#[test]
fn both_deployments_carry_image_and_version() {
    let mut cluster = cluster();
    for (wanted, version) in [("abc", ""), ("v2", "v2")] {
        cluster.properties.operator_version = version.to_owned();
        for deployment in operator().workloads(&subject(&cluster)) {
            assert_eq!(deployment["metadata"]["labels"]["version"], wanted);
            let container = &deployment["spec"]["template"]["spec"]["containers"][0];
            assert_eq!(container["image"], format!("a.azurecr.io/aro:{wanted}"));
            assert!(container["resources"].get("limits").is_none());
            assert!(container.get("readinessProbe").is_none());
        }
    }
}

#[test]
fn the_way_to_sign_in_follows_from_the_cluster() {
    let principal = cluster();
    let [master, worker] = &operator().workloads(&subject(&principal))[..] else {
        panic!("two deployments")
    };
    assert_eq!(variables(master)["AZURE_TOKEN_CREDENTIALS"], "EnvironmentCredential");
    assert!(variables(master).contains_key("AZURE_CLIENT_SECRET") && variables(worker).is_empty());
    assert!(master["spec"]["template"]["spec"].get("volumes").is_none());

    let identities = with_identities(cluster(), &["aro-operator"]);
    let [master, worker] = &operator().workloads(&subject(&identities))[..] else {
        panic!("two deployments")
    };
    assert_eq!(
        variables(master)["AZURE_TOKEN_CREDENTIALS"],
        "WorkloadIdentityCredential"
    );
    assert!(!variables(master).contains_key("AZURE_CLIENT_SECRET"));
    let pod = &master["spec"]["template"]["spec"];
    let token = &pod["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"];
    let mount = pod["containers"][0]["volumeMounts"][0]["mountPath"].as_str().unwrap();
    assert_eq!(format!("{mount}/{}", token["path"].as_str().unwrap()), TOKEN);
    assert!(worker["spec"]["template"]["spec"].get("volumes").is_none());
}

#[test]
fn older_versions_of_openshift_are_not_told_what_they_do_not_know() {
    let cluster = cluster();
    let mut of = subject(&cluster);
    for (openshift, restricted) in [((4, 10), false), ((4, 11), true), ((5, 0), true)] {
        of.openshift = openshift;
        for deployment in operator().workloads(&of) {
            let pod = &deployment["spec"]["template"]["spec"];
            assert_eq!(pod.get("securityContext").is_some(), restricted, "{openshift:?}");
            assert_eq!(pod["containers"][0].get("securityContext").is_some(), restricted);
        }
    }
}

#[test]
fn with_workload_identities_the_operator_has_one_of_its_own() {
    let known = with_identities(cluster(), &["aro-operator"]);
    let objects = operator().objects(&subject(&known)).unwrap();
    let secret = objects.iter().find(|one| one["kind"] == "Secret").unwrap();
    assert_eq!(secret["metadata"]["name"], CREDENTIALS);
    assert_eq!(
        secret["data"]["azure_client_id"],
        STANDARD.encode("client-of-aro-operator")
    );
    let unknown = with_identities(cluster(), &["ingress"]);
    let error = operator().objects(&subject(&unknown)).unwrap_err();
    assert!(error.contains("aro-operator"), "{error}");
    let principal = cluster();
    let objects = operator().objects(&subject(&principal)).unwrap();
    assert!(
        objects.iter().all(|one| one["kind"] != "Secret"),
        "the cluster makes it from the request"
    );
}

#[test]
fn the_cluster_object_says_what_the_document_says() {
    let mut cluster = cluster();
    let of = |cluster: &Cluster| {
        operator()
            .cluster_object(&subject(cluster))
            .map(|object| object["spec"].clone())
    };
    let spec = of(&cluster).unwrap();
    assert_eq!(
        spec["vnetId"],
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v"
    );
    assert_eq!(spec["location"], "eastus");
    assert_eq!(
        spec["internetChecker"]["urls"],
        json!([
            "https://a.azurecr.io/",
            "https://login.example/",
            "https://arm.example/"
        ])
    );
    assert_eq!(spec["operatorflags"], json!({"aro.environment": "Production"}));
    for absent in [
        "architectureVersion",
        "gatewayDomains",
        "gatewayTelemetryDomain",
        "apiIntIP",
    ] {
        assert!(spec.get(absent).is_none(), "{absent}");
    }

    let properties = &mut cluster.properties;
    properties.operator_flags = [("aro.environment", "Test"), ("aro.checker.enabled", "false")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into_iter()
        .collect();
    properties.network_profile.gateway_private_endpoint_ip = "10.0.0.9".to_owned();
    let spec = of(&cluster).unwrap();
    assert_eq!(
        spec["operatorflags"],
        json!({"aro.environment": "Test", "aro.checker.enabled": "false"})
    );
    assert_eq!(spec["gatewayTelemetryDomain"], "telemetry.eastus.aro.example");
    assert!(
        spec.get("gatewayDomains").is_none(),
        "the endpoint alone opens no domain"
    );
    cluster.properties.feature_profile.gateway_enabled = true;
    cluster.properties.image_registry_storage_account_name = "imageregistryx".to_owned();
    let spec = of(&cluster).unwrap();
    assert_eq!(
        spec["gatewayDomains"],
        json!(["gateway.example", "imageregistryx.blob.core.windows.net"])
    );
}

#[test]
fn the_address_of_the_ingress_is_that_of_the_default_one() {
    let address = |profiles: &[(&str, &str)]| {
        let mut cluster = cluster();
        let profile = |(name, ip): &(&str, &str)| IngressProfile {
            name: (*name).to_owned(),
            ip: (*ip).to_owned(),
            ..IngressProfile::default()
        };
        cluster.properties.ingress_profiles = profiles.iter().map(profile).collect::<Vec<_>>().into();
        let object = operator().cluster_object(&subject(&cluster));
        object.map(|object| object["spec"]["ingressIP"].as_str().unwrap().to_owned())
    };
    assert_eq!(address(&[("only", "1")]).unwrap(), "1");
    assert_eq!(address(&[("a", "1"), ("default", "2")]).unwrap(), "2");
    assert_eq!(address(&[("a", "1"), ("b", "2")]).unwrap(), "1");
    assert!(address(&[]).is_err() && address(&[("default", "")]).is_err());
    let mut wrong = cluster();
    wrong.properties.master_profile.subnet_id = "/subscriptions/s".to_owned();
    assert!(
        operator()
            .cluster_object(&subject(&wrong))
            .unwrap_err()
            .contains("/subscriptions/s")
    );
}

#[test]
fn what_the_cluster_object_says_is_defined() {
    let mut cluster = cluster();
    cluster.properties.network_profile.gateway_private_endpoint_ip = "10.0.0.9".to_owned();
    cluster.properties.feature_profile.gateway_enabled = true;
    let object = operator().cluster_object(&subject(&cluster)).unwrap();
    assert_eq!(object["metadata"]["name"], CLUSTER);
    let definition = operator().definitions().remove(0);
    let known = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"];
    for name in object["spec"].as_object().unwrap().keys() {
        assert!(known.get(name).is_some(), "{name}");
    }
}
