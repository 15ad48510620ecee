//! Where whole conversations differ from the reference on purpose. The recording is of an older reference than that of
//! the other files; where the two differ, the newer one is right, and the rule says so.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::case::Case;
use crate::deviations::{ANYTHING, AS_BEFORE, NOTHING_IN_OBJECT, Rule};

/// As [`Rule::ours`]: the value of the leaf after `where`, in lower case.
const LOWER_CASE: &str = "<in lower case>";
/// In [`Rule::leaf`]: `A where B` adds the leaf A wherever there is a leaf B; `*` is the same text in both.
const WHERE: &str = " where ";

const ALL: &[&str] = &[];
const STATUS_APART: &[&str] = &["2023-09-04", "2023-11-22", "2024-08-12-preview", "2025-07-25", "admin"];
const READ_ONLY_IPS: &[&str] = &["2023-11-22", "2024-08-12-preview", "2025-07-25"];
const WRITES: &[&str] = &["update", "state", "headers", "path", "admin", "wi"];

const fn rule(
    name: &'static str,
    operations: &'static [&'static str],
    leaf: &'static str,
    reference: Option<&'static str>,
    ours: Option<&'static str>,
    when: fn(&Case) -> bool,
    reason: &'static str,
) -> Rule {
    Rule {
        name,
        file: "http",
        versions: ALL,
        operations,
        leaf,
        reference,
        ours,
        when,
        reason,
    }
}

/// A leaf that stays as it was in the store, although the reference loses it.
const fn kept(name: &'static str, leaf: &'static str, when: fn(&Case) -> bool, reason: &'static str) -> Rule {
    rule(name, WRITES, leaf, Some(ANYTHING), Some(AS_BEFORE), when, reason)
}

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

const NEWER_FLAGS: &str = "the newest reference has other default operator flags than the recorded one";

const FLAGS: &[[Rule; 2]] = &[
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

const KEPT: &[Rule] = &[
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

const SHOWN: &[Rule] = &[
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

const KEYS: &[Rule] = &[
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

const HEADERS: &[Rule] = &[
    rule(
        "retry-after of an operation",
        ALL,
        "steps[*].response.headers.Retry-After[0] where steps[*].response.headers.Azure-Asyncoperation[0]",
        None,
        Some("\"15\""),
        always,
        RETRY_AFTER,
    ),
    rule(
        "retry-after of a result",
        ALL,
        "steps[*].response.headers.Retry-After[0] where steps[*].response.headers.Location[0]",
        None,
        Some("\"15\""),
        always,
        RETRY_AFTER,
    ),
    rule(
        "request id on every reply",
        ALL,
        "steps[*].response.headers.X-Ms-Request-Id[0] where steps[*].response.status",
        None,
        Some("\"<uuid>\""),
        always,
        "every reply can be found in the log, those to unknown paths too",
    ),
    rule(
        "content type on every reply",
        ALL,
        "steps[*].response.headers.Content-Type[0] where steps[*].response.status",
        None,
        Some("\"application/json\""),
        always,
        "the same headers on every reply, those to wrong methods too",
    ),
    rule(
        "JSON is called JSON",
        ALL,
        "steps[*].response.headers.Content-Type[0]",
        Some("text/plain; charset=utf-8"),
        Some("application/json"),
        always,
        "the refusal of a stranger is a JSON error wherever it happens",
    ),
    rule(
        "nothing to echo",
        &["headers"],
        "steps[*].response.headers.X-Ms-Client-Request-Id[0]",
        Some(""),
        None,
        always,
        "a client request id that was not sent is not echoed",
    ),
];

const RETRY_AFTER: &str = "clients are told how often to poll";

const FOREIGN_LOCATION: &str = "a location that is not served here is refused, as the reference means to";
const MALFORMED_OPERATION: &str = "an operation id that is no UUID is refused as such, as the reference means to";

const PARAMETERS: &[Rule] = &[
    step_status(
        "operation id checked",
        &["async"],
        "steps[4].response.status",
        "404",
        "400",
        asks_bad_operation,
        MALFORMED_OPERATION,
    ),
    step_status(
        "operation id checked",
        &["async"],
        "steps[5].response.status",
        "404",
        "400",
        asks_bad_operation,
        MALFORMED_OPERATION,
    ),
    step_code(
        "operation id checked",
        &["async"],
        "steps[4].response.body.error.code",
        "NotFound",
        "InvalidOperationID",
        asks_bad_operation,
        MALFORMED_OPERATION,
    ),
    step_code(
        "operation id checked",
        &["async"],
        "steps[5].response.body.error.code",
        "NotFound",
        "InvalidOperationID",
        asks_bad_operation,
        MALFORMED_OPERATION,
    ),
    gone(
        "location checked",
        &["async"],
        "steps[8].response.body*",
        asks_westus_at_8,
        FOREIGN_LOCATION,
    ),
    gone(
        "location checked",
        &["versions"],
        "steps[4].response.body*",
        asks_westus_at_4,
        FOREIGN_LOCATION,
    ),
    step_status(
        "location checked",
        &["async"],
        "steps[8].response.status",
        "200",
        "400",
        asks_westus_at_8,
        FOREIGN_LOCATION,
    ),
    step_status(
        "location checked",
        &["versions"],
        "steps[4].response.status",
        "200",
        "400",
        asks_westus_at_4,
        FOREIGN_LOCATION,
    ),
    added(
        "location checked",
        &["async"],
        "steps[8].response.body.error.code where steps[8].response.status",
        "\"InvalidLocation\"",
        asks_westus_at_8,
        FOREIGN_LOCATION,
    ),
    added(
        "location checked",
        &["versions"],
        "steps[4].response.body.error.code where steps[4].response.status",
        "\"InvalidLocation\"",
        asks_westus_at_4,
        FOREIGN_LOCATION,
    ),
    added(
        "location checked",
        &["async"],
        "steps[8].response.body.error.message where steps[8].response.status",
        "\"<message>\"",
        asks_westus_at_8,
        FOREIGN_LOCATION,
    ),
    added(
        "location checked",
        &["versions"],
        "steps[4].response.body.error.message where steps[4].response.status",
        "\"<message>\"",
        asks_westus_at_4,
        FOREIGN_LOCATION,
    ),
    added(
        "retry-after while running",
        &["async"],
        "steps[*].response.headers.Retry-After[0] where steps[*].response.body.startTime",
        "\"15\"",
        |case| text(case, "/name").ends_with("holds it true"),
        RETRY_AFTER,
    ),
];

const FAULTS: &[Rule] = &[
    step_status(
        "null is no cluster",
        &["create"],
        "steps[2].response.status",
        "500",
        "400",
        bodies,
        NULL_BODY,
    ),
    step_code(
        "null is no cluster",
        &["create"],
        "steps[2].response.body.error.code",
        "InternalServerError",
        "InvalidRequestContent",
        bodies,
        NULL_BODY,
    ),
    step_status(
        "ingress is required",
        &["create"],
        "steps[0].response.status",
        "500",
        "400",
        no_ingress,
        NO_INGRESS,
    ),
    step_code(
        "ingress is required",
        &["create"],
        "steps[0].response.body.error.code",
        "InternalServerError",
        "InvalidParameter",
        no_ingress,
        NO_INGRESS,
    ),
    added(
        "ingress is required",
        &["create"],
        "steps[0].response.body.error.target where steps[0].response.body.error.code",
        "\"properties.ingressProfiles\"",
        no_ingress,
        NO_INGRESS,
    ),
    step_status(
        "identity headers are required",
        &["wi"],
        "steps[0].response.status",
        "500",
        "400",
        lacks_identity_headers,
        IDENTITY_HEADERS,
    ),
    step_code(
        "identity headers are required",
        &["wi"],
        "steps[0].response.body.error.code",
        "InternalServerError",
        "InvalidParameter",
        lacks_identity_headers,
        IDENTITY_HEADERS,
    ),
    added(
        "identity headers are required",
        &["wi"],
        "steps[0].response.body.error.target where steps[0].response.body.error.code",
        "\"identity\"",
        lacks_identity_headers,
        IDENTITY_HEADERS,
    ),
    step_status(
        "the store is away",
        &["database fault"],
        "steps[0].response.status",
        "500",
        "503",
        store_is_asked,
        STORE_AWAY,
    ),
    added(
        "the store is away",
        &["database fault"],
        "steps[0].response.headers.Retry-After[0] where steps[0].response.status",
        "\"5\"",
        store_is_asked,
        STORE_AWAY,
    ),
    gone(
        "a bad template is a verdict",
        &["preflight"],
        "steps[0].response.bodyText",
        faults,
        TEMPLATE,
    ),
    gone(
        "a bad template is a verdict",
        &["preflight"],
        "steps[1].response.bodyText",
        faults,
        TEMPLATE,
    ),
    gone(
        "a bad template is a verdict",
        &["preflight"],
        "steps[2].response.bodyText",
        faults,
        TEMPLATE,
    ),
    verdict_status("steps[0].response.body.status where steps[0].response.status", None),
    verdict_status("steps[1].response.body.status where steps[1].response.status", None),
    verdict_status("steps[2].response.body.status where steps[2].response.status", None),
    verdict_status("steps[3].response.body.status", Some("Succeeded")),
    gone(
        "a bad template is a verdict",
        &["preflight"],
        "steps[3].response.bodyForm",
        faults,
        TEMPLATE,
    ),
    verdict_message("steps[0].response.body.error.message where steps[0].response.status"),
    verdict_message("steps[1].response.body.error.message where steps[1].response.status"),
    verdict_message("steps[2].response.body.error.message where steps[2].response.status"),
    verdict_message("steps[3].response.body.error.message where steps[3].response.status"),
    verdict_status("steps[6].response.body.status where steps[6].response.status", None),
    verdict_status("steps[7].response.body.status where steps[7].response.status", None),
    gone(
        "a bad template is a verdict",
        &["preflight"],
        "steps[6].response.body.error.code",
        faults,
        TEMPLATE,
    ),
    gone(
        "a bad template is a verdict",
        &["preflight"],
        "steps[7].response.body.error.code",
        faults,
        TEMPLATE,
    ),
    step_status(
        "a bad template is a verdict",
        &["preflight"],
        "steps[6].response.status",
        "500",
        "200",
        faults,
        TEMPLATE,
    ),
    step_status(
        "a bad template is a verdict",
        &["preflight"],
        "steps[7].response.status",
        "500",
        "200",
        faults,
        TEMPLATE,
    ),
];

const NEWER: &[Rule] = &[
    added(
        "default is always shown",
        ALL,
        "steps[*].response.body.value[0].properties.default where \
         steps[*].response.body.value[0].properties.enabled",
        "true",
        always,
        ADMIN_DEFAULT,
    ),
    added(
        "default is always shown",
        ALL,
        "steps[*].response.body.properties.default where steps[*].response.body.properties.enabled",
        "true",
        |case| case.op == "versions",
        ADMIN_DEFAULT,
    ),
    step_status(
        "bad skip token",
        &["list"],
        "steps[5].response.status",
        "500",
        "400",
        always,
        SKIP_TOKEN,
    ),
    step_status(
        "bad skip token",
        &["list"],
        "steps[6].response.status",
        "500",
        "400",
        always,
        SKIP_TOKEN,
    ),
    added(
        "bad skip token",
        &["list"],
        "steps[*].response.body.error.target where steps[*].response.body.error.code",
        "\"$skipToken\"",
        always,
        SKIP_TOKEN,
    ),
    rule(
        "bad skip token",
        &["list"],
        "steps[*].response.body.error.code",
        Some("InternalServerError"),
        Some("InvalidParameter"),
        always,
        SKIP_TOKEN,
    ),
    rule(
        "links are absolute",
        &["headers"],
        "steps[*].response.headers.Azure-Asyncoperation[0]",
        Some(RELATIVE),
        Some(ABSOLUTE),
        |case| case.version == "2024-08-12-preview",
        BAD_REFERER,
    ),
    rule(
        "links are absolute",
        &["headers"],
        "steps[*].response.headers.Azure-Asyncoperation[0]",
        Some(RELATIVE),
        Some(ABSOLUTE_ADMIN),
        |case| case.version != "2024-08-12-preview",
        BAD_REFERER,
    ),
    step_status(
        "null is no cluster",
        &["admin"],
        "steps[0].response.status",
        "500",
        "400",
        null_body,
        NULL_BODY,
    ),
    step_code(
        "null is no cluster",
        &["admin"],
        "steps[0].response.body.error.code",
        "InternalServerError",
        "InvalidRequestContent",
        null_body,
        NULL_BODY,
    ),
    step_status(
        "versions are numbers",
        &["wi"],
        "steps[0].response.status",
        "500",
        "400",
        bad_version,
        BAD_VERSION,
    ),
    step_code(
        "versions are numbers",
        &["wi"],
        "steps[0].response.body.error.code",
        "InternalServerError",
        "InvalidParameter",
        bad_version,
        BAD_VERSION,
    ),
];

const ADMIN_DEFAULT: &str = "the newest reference always shows operators whether a version is the default";
const SKIP_TOKEN: &str = "a skip token that is none is the client's mistake";
const RELATIVE: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/providers/microsoft.redhatopenshift/\
                        locations/eastus/operationsstatus/02020202-0202-0202-0202-020202020001";
const ABSOLUTE: &str = "https://localhost:8443/subscriptions/00000000-0000-0000-0000-000000000000/providers/\
                        microsoft.redhatopenshift/locations/eastus/operationsstatus/\
                        02020202-0202-0202-0202-020202020001?api-version=2024-08-12-preview";
const ABSOLUTE_ADMIN: &str = "https://localhost:8443/subscriptions/00000000-0000-0000-0000-000000000000/providers/\
                              microsoft.redhatopenshift/locations/eastus/operationsstatus/\
                              02020202-0202-0202-0202-020202020001?api-version=admin";
const BAD_REFERER: &str = "a Referer that is no URL of ARM's is not what links are made from";
const BAD_VERSION: &str = "a version that is no number is the client's mistake";

const NULL_BODY: &str = "a null body is refused like any other that is no object; the reference crashes";
const NO_INGRESS: &str = "missing ingress profiles are an error of the request; the recorded reference crashes";
const IDENTITY_HEADERS: &str = "missing identity headers are named; the reference answers 500";
const STORE_AWAY: &str = "a store that cannot answer is 503 with Retry-After";
const TEMPLATE: &str = "a template that cannot be read is a failed verdict; the reference writes that and crashes";

const MISSING: &[Rule] = &[
    gone(
        "PATCH creates nothing",
        &["create"],
        "steps[0].response.body*",
        patch_of_missing,
        PATCH_MISSING,
    ),
    gone(
        "PATCH creates nothing",
        &["create"],
        "steps[0].response.headers.Azure-Asyncoperation[0]",
        patch_of_missing,
        PATCH_MISSING,
    ),
    gone(
        "PATCH creates nothing",
        &["create"],
        "dbAfter.clusters*",
        patch_of_missing,
        PATCH_MISSING,
    ),
    gone(
        "PATCH creates nothing",
        &["create"],
        "dbAfter.asyncOperations*",
        patch_of_missing,
        PATCH_MISSING,
    ),
    step_status(
        "PATCH creates nothing",
        &["create"],
        "steps[0].response.status",
        "201",
        "404",
        patch_of_missing,
        PATCH_MISSING,
    ),
    step_status(
        "PATCH creates nothing",
        &["create"],
        "steps[1].response.status",
        "400",
        "404",
        patch_of_missing,
        PATCH_MISSING,
    ),
    step_code(
        "PATCH creates nothing",
        &["create"],
        "steps[1].response.body.error.code",
        "RequestNotAllowed",
        "ResourceNotFound",
        patch_of_missing,
        PATCH_MISSING,
    ),
    added(
        "PATCH creates nothing",
        &["create"],
        "steps[0].response.body.error.code where steps[0].response.status",
        "\"ResourceNotFound\"",
        patch_of_missing,
        PATCH_MISSING,
    ),
    added(
        "PATCH creates nothing",
        &["create"],
        "steps[0].response.body.error.message where steps[0].response.status",
        "\"<message>\"",
        patch_of_missing,
        PATCH_MISSING,
    ),
];

const PATCH_MISSING: &str = "PATCH of a missing cluster is 404, as ARM's contract says; the reference creates it";

const CREATION: &[Rule] = &[
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

/// All deviations of conversations, in the order in which they are applied.
pub(crate) fn rules() -> impl Iterator<Item = &'static Rule> {
    [MISSING, HEADERS, PARAMETERS, FAULTS, NEWER, CREATION, KEPT, SHOWN, KEYS]
        .into_iter()
        .flatten()
        .chain(FLAGS.iter().flatten())
}

/// Applies a rule of this file; as `Rule::apply`, with the two additions above.
pub(crate) fn apply(rule: &Rule, case: &Case, expected: &mut BTreeMap<String, Value>) -> bool {
    let among = |list: &[&str], item: &str| list.is_empty() || list.contains(&item);
    if !among(rule.versions, &case.version) || !among(rule.operations, &case.op) || !(rule.when)(case) {
        return false;
    }
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let ours = |path: &str, source: Option<&Value>| match rule.ours {
        Some(AS_BEFORE) => case.before.get(path).cloned(),
        Some(LOWER_CASE) => source.map(|value| Value::from(shown(value).to_lowercase())),
        Some(NOTHING_IN_OBJECT) | None => None,
        Some(ours) => Some(serde_json::from_str(ours).unwrap_or_else(|_| Value::from(ours))),
    };

    let mut changes: Vec<(String, Option<Value>)> = Vec::new();
    if let Some((target, source)) = rule.leaf.split_once(WHERE) {
        for (path, value) in &*expected {
            let Some(captured) = capture(source, path) else {
                continue;
            };
            let path = target.replace('*', captured);
            if REPLACING.contains(&rule.reason) || !expected.contains_key(&path) {
                let ours = ours(&path, Some(value));
                changes.push((path, ours));
            }
        }
    } else {
        let before = case.before.keys().filter(|path| !expected.contains_key(*path));
        let known = expected
            .keys()
            .chain(before.filter(|_| rule.reference == Some(ANYTHING)));
        for path in known.filter(|path| capture(rule.leaf, path).is_some()) {
            let fits = match rule.reference {
                Some(ANYTHING) => true,
                Some(reference) => expected
                    .get(path)
                    .is_some_and(|value| capture(reference, &shown(value)).is_some()),
                None => false,
            };
            if fits {
                changes.push((path.clone(), ours(path, None)));
            }
        }
    }
    changes.retain(|(path, ours)| expected.get(path) != ours.as_ref());
    for (path, ours) in &changes {
        match ours {
            Some(value) => {
                // What has members is no empty object.
                expected.retain(|other, value| {
                    let below = path
                        .strip_prefix(other.as_str())
                        .is_some_and(|rest| rest.starts_with(['.', '[']));
                    !(below && value.as_object().is_some_and(serde_json::Map::is_empty))
                });
                expected.insert(path.clone(), value.clone());
            }
            None => {
                expected.remove(path);
                if rule.ours == Some(NOTHING_IN_OBJECT)
                    && let Some((object, _)) = path.rsplit_once('.')
                    && !expected.keys().any(|other| other.starts_with(&format!("{object}.")))
                {
                    expected.insert(object.to_owned(), Value::Object(serde_json::Map::new()));
                }
            }
        }
    }
    !changes.is_empty()
}

/// Reasons that replace what the recorded reference gives by what the newer one gives.
const REPLACING: &[&str] = &[NEWER_FLAGS];

/// What the first `*` of a pattern stands for in a text that fits it; the whole text where there is none.
fn capture<'t>(pattern: &str, text: &'t str) -> Option<&'t str> {
    let Some((head, tail)) = pattern.split_once('*') else {
        return (pattern == text).then_some(text);
    };
    let rest = text.strip_prefix(head)?;
    let ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    ends.into_iter()
        .find(|at| capture(tail, &rest[*at..]).is_some())
        .map(|at| &rest[..at])
}

const fn step_status(
    name: &'static str,
    operations: &'static [&'static str],
    leaf: &'static str,
    reference: &'static str,
    ours: &'static str,
    when: fn(&Case) -> bool,
    reason: &'static str,
) -> Rule {
    rule(name, operations, leaf, Some(reference), Some(ours), when, reason)
}

const fn step_code(
    name: &'static str,
    operations: &'static [&'static str],
    leaf: &'static str,
    reference: &'static str,
    ours: &'static str,
    when: fn(&Case) -> bool,
    reason: &'static str,
) -> Rule {
    rule(name, operations, leaf, Some(reference), Some(ours), when, reason)
}

const fn verdict_status(leaf: &'static str, reference: Option<&'static str>) -> Rule {
    rule(
        "a bad template is a verdict",
        &["preflight"],
        leaf,
        reference,
        Some("Failed"),
        faults,
        TEMPLATE,
    )
}

const fn verdict_message(leaf: &'static str) -> Rule {
    rule(
        "a bad template is a verdict",
        &["preflight"],
        leaf,
        None,
        Some("<message>"),
        faults,
        TEMPLATE,
    )
}

const fn added(
    name: &'static str,
    operations: &'static [&'static str],
    leaf: &'static str,
    ours: &'static str,
    when: fn(&Case) -> bool,
    reason: &'static str,
) -> Rule {
    rule(name, operations, leaf, None, Some(ours), when, reason)
}

const fn gone(
    name: &'static str,
    operations: &'static [&'static str],
    leaf: &'static str,
    when: fn(&Case) -> bool,
    reason: &'static str,
) -> Rule {
    rule(name, operations, leaf, Some("*"), None, when, reason)
}

fn always(_: &Case) -> bool {
    true
}

fn text<'a>(case: &'a Case, pointer: &str) -> &'a str {
    case.get(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn fixture<'a>(case: &'a Case, pointer: &str) -> Option<&'a str> {
    case.get(&format!("/fixture/clusters/0/openShiftCluster{pointer}"))
        .and_then(Value::as_str)
}

fn method(case: &Case, step: usize) -> &str {
    text(case, &format!("/steps/{step}/request/method"))
}

fn first_method(case: &Case) -> &str {
    method(case, 0)
}

fn first_status(case: &Case) -> u64 {
    case.get("/steps/0/response/status")
        .and_then(Value::as_u64)
        .unwrap_or_default()
}

fn first_body_lacks(case: &Case, pointer: &str) -> bool {
    case.get(&format!("/steps/0/request/body{pointer}")).is_none()
}

/// Whether the first request names no other service principal or secret than the stored ones.
fn service_principal_unchanged(case: &Case) -> bool {
    ["clientId", "clientSecret"].iter().all(|member| {
        let member = format!("/properties/servicePrincipalProfile/{member}");
        let sent = case
            .get(&format!("/steps/0/request/body{member}"))
            .and_then(Value::as_str);
        sent.is_none() || sent == fixture(case, &member)
    })
}

fn asks(case: &Case, step: usize, part: &str) -> bool {
    text(case, &format!("/steps/{step}/request/path")).contains(part)
}

fn asks_bad_operation(case: &Case) -> bool {
    asks(case, 4, "/bad?") && asks(case, 5, "/bad?")
}

fn asks_westus_at_8(case: &Case) -> bool {
    asks(case, 8, "/westus/")
}

fn asks_westus_at_4(case: &Case) -> bool {
    asks(case, 4, "/westus/")
}

fn bodies(case: &Case) -> bool {
    text(case, "/name").ends_with(" bodies")
}

fn null_body(case: &Case) -> bool {
    text(case, "/steps/0/request/rawBody").trim() == "null"
}

fn bad_version(case: &Case) -> bool {
    text(case, "/name").ends_with("version bad") && first_status(case) == 500
}

fn store_is_asked(case: &Case) -> bool {
    first_status(case) == 500
}

fn faults(case: &Case) -> bool {
    text(case, "/name").ends_with(" faults")
}

fn no_ingress(case: &Case) -> bool {
    text(case, "/name").ends_with(" no ingress") && first_status(case) == 500
}

fn patch_of_missing(case: &Case) -> bool {
    text(case, "/name").ends_with("PATCH of a missing cluster") && first_status(case) == 201
}

fn lacks_identity_headers(case: &Case) -> bool {
    let lacks = |name: &str| case.get(&format!("/steps/0/request/headers/{name}")).is_none();
    lacks("X-Ms-Identity-Url") || lacks("X-Ms-Home-Tenant-Id")
}

fn spells_otherwise(case: &Case) -> bool {
    text(case, "/name").ends_with("body id name type")
}
