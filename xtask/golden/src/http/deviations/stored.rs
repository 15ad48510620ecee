//! Deviations of what is stored, and shown of it.

use super::{ALL, READ_ONLY_IPS, STATUS_APART, WRITES, kept, rule};
use crate::deviations::{NOTHING_IN_OBJECT, Rule};
use crate::http::apply::LOWER_CASE;
use crate::http::conditions::{
    always, first_body_lacks, first_method, fixture, method, service_principal_unchanged, spells_otherwise,
};

/// Flags that new clusters get, in the store and where the admin version shows them.
macro_rules! flag {
    ($flag:literal, $ours:literal) => {
        [
            rule(
                concat!("flag ", $flag),
                ALL,
                concat!(
                    "dbAfter.clusters[*].openShiftCluster.properties.operatorFlags['",
                    $flag,
                    "'] where dbAfter.clusters[*].openShiftCluster.properties.operatorFlags['aro.alertwebhook.enabled']"
                ),
                None,
                Some(concat!("\"", $ours, "\"")),
                always,
                NEWER_FLAGS,
            ),
            rule(
                concat!("flag ", $flag, " shown"),
                ALL,
                concat!(
                    "steps[*].response.body.properties.operatorFlags['",
                    $flag,
                    "'] where steps[*].response.body.properties.operatorFlags['aro.alertwebhook.enabled']"
                ),
                None,
                Some(concat!("\"", $ours, "\"")),
                always,
                NEWER_FLAGS,
            ),
        ]
    };
}

pub(crate) const NEWER_FLAGS: &str = "the newest reference has other default operator flags than the recorded one";

pub(super) const FLAGS: &[[Rule; 2]] = &[
    flag!("aro.ccopprof.enabled", "true"),
    flag!("aro.genevalogging.otel.profile", "minimal-logs"),
    flag!("aro.guardrails.deploy.managed", "true"),
    flag!("aro.guardrails.enabled", "true"),
    flag!("aro.guardrails.method", "auto"),
    flag!("aro.guardrails.policies.aro-machine-config-deny.enforcement", "dryrun"),
    flag!("aro.guardrails.policies.aro-machine-config-deny.managed", "true"),
    flag!("aro.guardrails.policies.aro-machines-deny.enforcement", "deny"),
    flag!("aro.guardrails.policies.aro-machines-deny.managed", "true"),
    flag!("aro.guardrails.policies.aro-nodes-deny.enforcement", "deny"),
    flag!("aro.guardrails.policies.aro-nodes-deny.managed", "true"),
    flag!(
        "aro.guardrails.policies.aro-privileged-namespace-deny.enforcement",
        "dryrun"
    ),
    flag!("aro.guardrails.policies.aro-privileged-namespace-deny.managed", "true"),
    flag!("aro.monitoring.enabled", "false"),
    flag!("aro.workaround.copyfail.enabled", "true"),
    flag!("aro.workaround.dirtyfrag.enabled", "true"),
];

const LOST_UPDATE: &str = "an update keeps what the service knows; the reference loses it until it is found out again";

pub(super) const KEPT: &[Rule] = &[
    kept(
        "ingress address kept",
        "dbAfter.clusters[*].openShiftCluster.properties.ingressProfiles[*].ip",
        always,
        LOST_UPDATE,
    ),
    kept(
        "worker status kept",
        "dbAfter.clusters[*].openShiftCluster.properties.workerProfilesStatus[*",
        always,
        LOST_UPDATE,
    ),
    kept(
        "object id kept",
        "dbAfter.clusters[*].openShiftCluster.properties.servicePrincipalProfile.spObjectId",
        service_principal_unchanged,
        LOST_UPDATE,
    ),
    kept(
        "worker names kept",
        "dbAfter.clusters[*].openShiftCluster.properties.workerProfiles[*].name",
        |case| first_body_lacks(case, "/properties/workerProfiles"),
        "a PATCH that says nothing of workers leaves them; the reference stores the found machine sets as the wish",
    ),
];

pub(super) const SHOWN: &[Rule] = &[
    Rule {
        versions: READ_ONLY_IPS,
        ..rule(
            "ingress address shown",
            WRITES,
            "steps[*].response.body.properties.ingressProfiles[0].ip where \
             steps[*].response.body.properties.ingressProfiles[0].visibility",
            None,
            Some("\"1.2.3.5\""),
            |case| fixture(case, "/properties/ingressProfiles/0/ip") == Some("1.2.3.5"),
            LOST_UPDATE,
        )
    },
    rule(
        "worker names shown",
        WRITES,
        "steps[0].response.body.properties.workerProfiles[*].name",
        Some("infra-worker-eastus1"),
        Some("worker"),
        |case| first_body_lacks(case, "/properties/workerProfiles") && first_method(case) == "PATCH",
        "the reply to a PATCH shows the workers as wished; the reference makes the found machine sets the wish",
    ),
    shown_status("name", "\"infra-worker-eastus1\""),
    shown_status("vmSize", "\"Standard_D4s_v3\""),
    shown_status("diskSizeGB", "128"),
    shown_status("count", "3"),
    shown_status("encryptionAtHost", "\"Disabled\""),
    shown_status("subnetId", WORKER_SUBNET),
];

const WORKER_SUBNET: &str = "\"/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/vnetResourceGroup/\
                             providers/Microsoft.Network/virtualNetworks/vnet/subnets/worker\"";

const fn shown_status(member: &'static str, ours: &'static str) -> Rule {
    // A literal for each member, as a rule's leaf is one.
    let leaf = match member.as_bytes() {
        b"name" => {
            "steps[1].response.body.properties.workerProfilesStatus[0].name where \
             steps[1].response.body.properties.workerProfiles[0].name"
        }
        b"vmSize" => {
            "steps[1].response.body.properties.workerProfilesStatus[0].vmSize where \
             steps[1].response.body.properties.workerProfiles[0].name"
        }
        b"diskSizeGB" => {
            "steps[1].response.body.properties.workerProfilesStatus[0].diskSizeGB where \
             steps[1].response.body.properties.workerProfiles[0].name"
        }
        b"count" => {
            "steps[1].response.body.properties.workerProfilesStatus[0].count where \
             steps[1].response.body.properties.workerProfiles[0].name"
        }
        b"encryptionAtHost" => {
            "steps[1].response.body.properties.workerProfilesStatus[0].encryptionAtHost where \
             steps[1].response.body.properties.workerProfiles[0].name"
        }
        _ => {
            "steps[1].response.body.properties.workerProfilesStatus[0].subnetId where \
             steps[1].response.body.properties.workerProfiles[0].name"
        }
    };
    Rule {
        versions: STATUS_APART,
        ..rule(
            "worker status shown",
            WRITES,
            leaf,
            None,
            Some(ours),
            |case| {
                fixture(case, "/properties/workerProfilesStatus/0/name") == Some("infra-worker-eastus1")
                    && method(case, 1) == "GET"
            },
            LOST_UPDATE,
        )
    }
}

pub(super) const KEYS: &[Rule] = &[
    rule(
        "resource group key follows",
        ALL,
        "dbAfter.clusters[*].clusterResourceGroupIdKey where \
         dbAfter.clusters[*].openShiftCluster.properties.clusterProfile.resourceGroupId",
        None,
        Some(LOWER_CASE),
        |case| case.get("/options/dbError").is_none(),
        FOLLOWS,
    ),
    rule(
        "client id key follows",
        ALL,
        "dbAfter.clusters[*].clientIdKey where \
         dbAfter.clusters[*].openShiftCluster.properties.servicePrincipalProfile.clientId",
        None,
        Some(LOWER_CASE),
        |case| case.get("/options/dbError").is_none(),
        FOLLOWS,
    ),
    rule(
        "identity key follows",
        ALL,
        "dbAfter.clusters[*].clientIdKey where dbAfter.clusters[*].openShiftCluster.managedServiceIdentity.type",
        None,
        Some(
            "\"/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/idresourcegroup/providers/\
             microsoft.managedidentity/userassignedidentities/cluster-msi\"",
        ),
        |case| case.get("/options/dbError").is_none(),
        FOLLOWS,
    ),
];

const FOLLOWS: &str = "unique keys follow from the cluster at every write; the reference sets them at creation and its \
                       fixtures leave them out";

pub(super) const CREATION: &[Rule] = &[
    rule(
        "path names the cluster",
        &["create"],
        "steps[*].response.body.id",
        Some(
            "/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/resourcegroup/providers/microsoft.redhatopenshift/openshiftclusters/resourcename",
        ),
        Some(
            "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/resourceGroup/providers/Microsoft.RedHatOpenShift/openShiftClusters/resourceName",
        ),
        spells_otherwise,
        PATH_NAMES,
    ),
    rule(
        "path names the cluster",
        &["create"],
        "dbAfter.clusters[*].openShiftCluster.id",
        Some(
            "/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/resourcegroup/providers/microsoft.redhatopenshift/openshiftclusters/resourcename",
        ),
        Some(
            "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/resourceGroup/providers/Microsoft.RedHatOpenShift/openShiftClusters/resourceName",
        ),
        spells_otherwise,
        PATH_NAMES,
    ),
    rule(
        "path names the cluster",
        &["create"],
        "steps[*].response.body.name",
        Some("RESOURCENAME"),
        Some("resourceName"),
        spells_otherwise,
        PATH_NAMES,
    ),
    rule(
        "path names the cluster",
        &["create"],
        "dbAfter.clusters[*].openShiftCluster.name",
        Some("RESOURCENAME"),
        Some("resourceName"),
        spells_otherwise,
        PATH_NAMES,
    ),
    rule(
        "path names the cluster",
        &["create"],
        "steps[*].response.body.type",
        Some("microsoft.redhatopenshift/openshiftclusters"),
        Some("Microsoft.RedHatOpenShift/openShiftClusters"),
        spells_otherwise,
        PATH_NAMES,
    ),
    rule(
        "path names the cluster",
        &["create"],
        "dbAfter.clusters[*].openShiftCluster.type",
        Some("microsoft.redhatopenshift/openshiftclusters"),
        Some("Microsoft.RedHatOpenShift/openShiftClusters"),
        spells_otherwise,
        PATH_NAMES,
    ),
    rule(
        "system data comes from ARM",
        &["create"],
        "steps[*].response.body.systemData.createdBy",
        Some("me"),
        Some(NOTHING_IN_OBJECT),
        always,
        SYSTEM_DATA,
    ),
    rule(
        "system data comes from ARM",
        &["create"],
        "dbAfter.clusters[*].openShiftCluster.systemData.createdBy",
        Some("me"),
        None,
        always,
        SYSTEM_DATA,
    ),
    rule(
        "half a header is none",
        &["headers"],
        "steps[*].response.body.systemData.createdBy",
        Some("x"),
        Some(NOTHING_IN_OBJECT),
        always,
        HALF_HEADER,
    ),
    rule(
        "half a header is none",
        &["headers"],
        "dbAfter.clusters[*].openShiftCluster.systemData.createdBy",
        Some("x"),
        None,
        always,
        HALF_HEADER,
    ),
    rule(
        "found addresses are not wished",
        ALL,
        "dbAfter.clusters[*].openShiftCluster.properties.networkProfile.loadBalancerProfile.effectiveOutboundIps",
        Some("[]"),
        None,
        always,
        "an empty list of found addresses is not stored",
    ),
];

const PATH_NAMES: &str = "id, name and type are those of the path, whatever the body calls them";
const SYSTEM_DATA: &str = "only ARM's header says who created a cluster, never the body";
const HALF_HEADER: &str = "a system data header that cannot be read as a whole is left out as a whole";
