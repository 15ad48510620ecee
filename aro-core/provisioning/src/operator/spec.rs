//! The object that tells the operator which cluster it is in.

use aro_api::model::Cluster;
use serde_json::{Map, Value, json};

use super::{CLUSTER, OperatorSettings, OperatorSubject, release::Service};

/// The address of the ingress: of the profile `default`, else of the first.
fn ingress(cluster: &Cluster) -> Result<&str, String> {
    let profiles = &cluster.properties.ingress_profiles;
    let named = profiles.iter().find(|one| one.name == "default");
    let profile = named.or_else(|| profiles.first()).ok_or("an ingress profile")?;
    if profile.ip.is_empty() {
        Err("the address of its ingress".to_owned())
    } else {
        Ok(&profile.ip)
    }
}

/// The virtual network: the subnet's id without its last two segments.
fn network(subnet: &str) -> Result<String, String> {
    let segments: Vec<&str> = subnet.split('/').collect();
    if segments.len() == 11 {
        Ok(segments[..9].join("/"))
    } else {
        Err(format!("a subnet of its control plane: {subnet} is none"))
    }
}

/// The object; what is empty is left out.
pub(super) fn cluster(
    of: &OperatorSubject<'_>,
    settings: &OperatorSettings,
    service: &Service,
) -> Result<Value, String> {
    let properties = &of.cluster.properties;
    let location = service.location.to_lowercase();
    let private_endpoint = &properties.network_profile.gateway_private_endpoint_ip;
    let telemetry = if private_endpoint.is_empty() || settings.telemetry_domain.is_empty() {
        String::new()
    } else {
        format!("telemetry.{location}.{}", settings.telemetry_domain).to_lowercase()
    };
    let mut gateway_domains = Vec::new();
    if properties.feature_profile.gateway_enabled {
        gateway_domains.clone_from(&settings.gateway_domains);
        let account = &properties.image_registry_storage_account_name;
        gateway_domains.push(format!("{account}.blob.{}", settings.storage_suffix));
    }
    let mut urls = Vec::new();
    if !service.registry.is_empty() {
        urls.push(format!("https://{}/", service.registry));
    }
    urls.extend(
        [&service.authority, &service.arm, &settings.monitoring]
            .into_iter()
            .flatten()
            .map(ToString::to_string),
    );
    let mut flags: Map<String, Value> = properties
        .operator_flags
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    flags
        .entry("aro.environment")
        .or_insert_with(|| json!(settings.environment));
    let spec = json!({
        "resourceId": of.cluster.id,
        "clusterResourceGroupId": properties.cluster_profile.resource_group_id,
        "domain": of.domain,
        "acrDomain": service.registry,
        "azEnvironment": settings.cloud,
        "location": location,
        "infraId": properties.infra_id,
        "storageSuffix": properties.storage_suffix,
        "architectureVersion": properties.architecture_version.0,
        "genevaLogging": {},
        "internetChecker": {"urls": urls},
        "vnetId": network(&properties.master_profile.subnet_id)?,
        "apiIntIP": properties.apiserver_profile.int_ip,
        "ingressIP": ingress(of.cluster)?,
        "gatewayDomains": gateway_domains,
        "gatewayTelemetryDomain": telemetry,
        "gatewayPrivateEndpointIP": private_endpoint,
        "serviceSubnets": service.subnets,
        "operatorflags": flags,
    });
    let empty = |value: &Value| match value {
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Number(number) => number.as_i64() == Some(0),
        _ => false,
    };
    let spec: Map<String, Value> = match spec {
        Value::Object(members) => members.into_iter().filter(|(_, value)| !empty(value)).collect(),
        _ => Map::new(),
    };
    Ok(json!({
        "apiVersion": "aro.openshift.io/v1alpha1", "kind": "Cluster", "metadata": {"name": CLUSTER}, "spec": spec,
    }))
}
