//! What a cluster has where nobody said otherwise. Applied after the rules: what a rule requires has no default.

use std::sync::LazyLock;

use crate::model::{
    Cluster, Dict, EncryptionAtHost, FipsValidatedModules, LoadBalancerProfile, MaintenanceTask, ManagedOutboundIps,
    OutboundType, PreconfiguredNsg, ProvisioningState,
};

/// The switches of the operator on a new cluster.
pub const OPERATOR_FLAGS: &[(&str, &str)] = &[
    ("aro.alertwebhook.enabled", "true"),
    ("aro.autosizednodes.enabled", "true"),
    ("aro.azuresubnets.enabled", "true"),
    ("aro.azuresubnets.nsg.managed", "true"),
    ("aro.azuresubnets.serviceendpoint.managed", "true"),
    ("aro.banner.enabled", "false"),
    ("aro.ccopprof.enabled", "true"),
    ("aro.checker.enabled", "true"),
    ("aro.cloudproviderconfig.enabled", "true"),
    ("aro.cpms.enabled", "false"),
    ("aro.dnsmasq.enabled", "true"),
    ("aro.etchosts.enabled", "true"),
    ("aro.etchosts.managed", "true"),
    ("aro.forcereconciliation", "false"),
    ("aro.genevalogging.enabled", "true"),
    ("aro.genevalogging.otel.profile", "minimal-logs"),
    ("aro.guardrails.deploy.managed", "true"),
    ("aro.guardrails.enabled", "true"),
    ("aro.guardrails.method", "auto"),
    ("aro.guardrails.policies.aro-machine-config-deny.enforcement", "dryrun"),
    ("aro.guardrails.policies.aro-machine-config-deny.managed", "true"),
    ("aro.guardrails.policies.aro-machines-deny.enforcement", "deny"),
    ("aro.guardrails.policies.aro-machines-deny.managed", "true"),
    ("aro.guardrails.policies.aro-nodes-deny.enforcement", "deny"),
    ("aro.guardrails.policies.aro-nodes-deny.managed", "true"),
    (
        "aro.guardrails.policies.aro-privileged-namespace-deny.enforcement",
        "dryrun",
    ),
    ("aro.guardrails.policies.aro-privileged-namespace-deny.managed", "true"),
    ("aro.imageconfig.enabled", "true"),
    ("aro.ingress.enabled", "true"),
    ("aro.machine.enabled", "true"),
    ("aro.machinehealthcheck.enabled", "true"),
    ("aro.machinehealthcheck.managed", "true"),
    ("aro.machineset.enabled", "true"),
    ("aro.monitoring.enabled", "false"),
    ("aro.nodedrainer.enabled", "true"),
    ("aro.pullsecret.enabled", "true"),
    ("aro.pullsecret.managed", "true"),
    ("aro.rbac.enabled", "true"),
    ("aro.restartdnsmasq.enabled", "false"),
    ("aro.routefix.enabled", "true"),
    ("aro.storageaccounts.enabled", "true"),
    ("aro.workaround.copyfail.enabled", "true"),
    ("aro.workaround.dirtyfrag.enabled", "true"),
    ("aro.workaround.enabled", "true"),
    ("rh.srep.muo.enabled", "true"),
    ("rh.srep.muo.managed", "true"),
];

/// The switches as a map. The usual ones are made once and shared.
pub(super) fn operator_flags(flags: &[(&str, &str)]) -> Dict<String> {
    static USUAL: LazyLock<Dict<String>> = LazyLock::new(|| to_map(OPERATOR_FLAGS));
    if std::ptr::eq(flags, OPERATOR_FLAGS) {
        USUAL.clone()
    } else {
        to_map(flags)
    }
}

fn to_map(flags: &[(&str, &str)]) -> Dict<String> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    flags.iter().map(owned).collect()
}

/// Fills what nobody said; `flags` are the operator's switches for a cluster that has none.
pub fn set_defaults(cluster: &mut Cluster, flags: &[(&str, &str)]) {
    let properties = &mut cluster.properties;
    let workers = properties
        .worker_profiles
        .iter_mut()
        .chain(properties.worker_profiles_status.iter_mut());
    for encryption in workers
        .map(|worker| &mut worker.encryption_at_host)
        .chain([&mut properties.master_profile.encryption_at_host])
    {
        if encryption.is_unset() {
            *encryption = EncryptionAtHost::Disabled;
        }
    }
    let fips = &mut properties.cluster_profile.fips_validated_modules;
    if fips.is_unset() {
        *fips = FipsValidatedModules::Disabled;
    }
    if properties.provisioning_state == ProvisioningState::AdminUpdating && properties.maintenance_task.is_unset() {
        properties.maintenance_task = MaintenanceTask::Everything;
    }
    // No flags at all is a choice, and stays.
    if properties.operator_flags.is_none() {
        properties.operator_flags = operator_flags(flags);
    }
    let network = &mut properties.network_profile;
    if network.outbound_type.is_unset() {
        network.outbound_type = OutboundType::LoadBalancer;
    }
    if network.preconfigured_nsg.is_unset() {
        network.preconfigured_nsg = PreconfiguredNsg::Disabled;
    }
    if network.outbound_type == OutboundType::LoadBalancer {
        network
            .load_balancer_profile
            .get_or_insert_with(|| LoadBalancerProfile {
                managed_outbound_ips: Some(ManagedOutboundIps {
                    count: 1,
                    ..Default::default()
                }),
                ..Default::default()
            });
    }
}
