//! Single conversations: paths that are no resource, actions that are not part of this service, faults of the reference.

use super::{added, gone, step_code, step_status};
use crate::case::Case;
use crate::deviations::Rule;
use crate::http::conditions::{asks, first_status, lacks_identity_headers, text};

/// Actions that reach into Azure or a cluster.
const ELSEWHERE: [&str; 7] = [
    "/kubernetespodlogs",
    "/serialconsole",
    "/etcdrecovery",
    "/approvecsr",
    "/redeployvm",
    "/reconcilefailednic",
    "/deletemanagedresource",
];

fn elsewhere(case: &Case) -> bool {
    ELSEWHERE.iter().any(|action| asks(case, 0, action))
}

fn root(case: &Case) -> bool {
    text(case, "/steps/0/request/path") == "/" && first_status(case) == 405
}

fn operations_refused(case: &Case) -> bool {
    case.get("/steps/2/response/status").and_then(serde_json::Value::as_u64) == Some(400)
}

fn other_namespace(case: &Case) -> bool {
    asks(case, 0, "/Microsoft.Other/openShiftClusters/")
}

fn other_type(case: &Case) -> bool {
    asks(case, 0, "/Microsoft.RedHatOpenShift/other/resourceName")
}

fn other_list(case: &Case) -> bool {
    [
        "/providers/Microsoft.RedHatOpenShift/locations?",
        "/providers/Microsoft.RedHatOpenShift/other?",
    ]
    .iter()
    .any(|path| asks(case, 0, path))
        && first_status(case) == 200
}

fn bad_identity(case: &Case) -> bool {
    text(case, "/name").ends_with("bad identity id")
}

fn admin_patch_of_missing(case: &Case) -> bool {
    text(case, "/name").ends_with("admin with PATCH of a missing cluster")
}

fn empty_system_data(case: &Case) -> bool {
    text(case, "/name").ends_with("system data 0 create")
}

const ELSEWHERE_REASON: &str =
    "actions that reach into Azure or a cluster are not part of this service: their paths do not exist";
const NO_PATH: &str = "an unknown path is 404 whatever the method";
const ANY_VERSION: &str =
    "ARM asks with versions that only another service of the namespace may know, as the newest reference says";
const NO_RESOURCE: &str = "names in the path are checked on every route, as the reference means to";
const IDENTITY: &str = "an identity that is no resource id is the client's mistake; the reference answers 500";
const PATCH_CREATES: &str = "PATCH creates nothing, for operators neither";
const SYSTEM_DATA: &str = "a header that tells nothing is stored as what it shows: an empty object";

fn keeps_identities(case: &Case) -> bool {
    ["wi PATCH same", "wi PATCH tags", "wi PATCH upgradeableTo"]
        .iter()
        .any(|name| text(case, "/name").ends_with(name))
        && case.version != "admin"
}

const IDENTITIES: &str = "what the service knows of managed identities stays as long as the same are named";

fn repeats_issuer(case: &Case) -> bool {
    text(case, "/steps/0/response/body/error/target") == "properties.clusterProfile.oidcIssuer"
        && lacks_identity_headers(case)
}

const READ_ONLY: &str = "a read-only value sent back as it is is no change; what is wrong next is said";

pub(super) const SINGLE: &[Rule] = &[
    step_code(
        "read-only values may be repeated",
        &["update"],
        "steps[0].response.body.error.code",
        "PropertyChangeNotAllowed",
        "InvalidParameter",
        repeats_issuer,
        READ_ONLY,
    ),
    step_code(
        "read-only values may be repeated",
        &["update"],
        "steps[0].response.body.error.target",
        "properties.clusterProfile.oidcIssuer",
        "identity",
        repeats_issuer,
        READ_ONLY,
    ),
    step_status(
        "actions elsewhere",
        &["admin action"],
        "steps[0].response.status",
        "400",
        "404",
        elsewhere,
        ELSEWHERE_REASON,
    ),
    step_status(
        "actions elsewhere",
        &["admin action"],
        "steps[0].response.status",
        "403",
        "404",
        elsewhere,
        ELSEWHERE_REASON,
    ),
    step_code(
        "actions elsewhere",
        &["admin action"],
        "steps[0].response.body.error.code",
        "*",
        "NotFound",
        elsewhere,
        ELSEWHERE_REASON,
    ),
    step_status(
        "no path, no method",
        &["method"],
        "steps[0].response.status",
        "405",
        "404",
        root,
        NO_PATH,
    ),
    gone(
        "no path, no method",
        &["method"],
        "steps[0].response.bodyText",
        root,
        NO_PATH,
    ),
    added(
        "no path, no method",
        &["method"],
        "steps[0].response.body.error.code where steps[0].response.status",
        "NotFound",
        root,
        NO_PATH,
    ),
    added(
        "no path, no method",
        &["method"],
        "steps[0].response.body.error.message where steps[0].response.status",
        "<message>",
        root,
        NO_PATH,
    ),
    added(
        "operations of any version",
        &["api-version"],
        "steps[2].response.bodyForm where steps[2].response.status",
        "indented",
        operations_refused,
        ANY_VERSION,
    ),
    step_status(
        "operations of any version",
        &["api-version"],
        "steps[2].response.status",
        "400",
        "200",
        operations_refused,
        ANY_VERSION,
    ),
    gone(
        "operations of any version",
        &["api-version"],
        "steps[2].response.body.error.code",
        operations_refused,
        ANY_VERSION,
    ),
    gone(
        "operations of any version",
        &["api-version"],
        "steps[2].response.body.error.message",
        operations_refused,
        ANY_VERSION,
    ),
    step_status(
        "names in the path checked",
        &["path"],
        "steps[0].response.status",
        "404",
        "400",
        other_namespace,
        NO_RESOURCE,
    ),
    step_code(
        "names in the path checked",
        &["path"],
        "steps[0].response.body.error.code",
        "*",
        "InvalidResourceNamespace",
        other_namespace,
        NO_RESOURCE,
    ),
    step_code(
        "names in the path checked",
        &["path"],
        "steps[1].response.body.error.code",
        "*",
        "InvalidResourceNamespace",
        other_namespace,
        NO_RESOURCE,
    ),
    gone(
        "names in the path checked",
        &["path"],
        "steps[1].response.body.error.target",
        other_namespace,
        NO_RESOURCE,
    ),
    step_status(
        "names in the path checked",
        &["path"],
        "steps[2].response.status",
        "204",
        "400",
        other_namespace,
        NO_RESOURCE,
    ),
    gone(
        "names in the path checked",
        &["path"],
        "steps[2].response.bodyText",
        other_namespace,
        NO_RESOURCE,
    ),
    added(
        "names in the path checked",
        &["path"],
        "steps[2].response.body.error.code where steps[2].response.status",
        "InvalidResourceNamespace",
        other_namespace,
        NO_RESOURCE,
    ),
    added(
        "names in the path checked",
        &["path"],
        "steps[2].response.body.error.message where steps[2].response.status",
        "<message>",
        other_namespace,
        NO_RESOURCE,
    ),
    step_status(
        "names in the path checked",
        &["path"],
        "steps[0].response.status",
        "404",
        "400",
        other_type,
        NO_RESOURCE,
    ),
    step_code(
        "names in the path checked",
        &["path"],
        "steps[0].response.body.error.code",
        "*",
        "InvalidResourceType",
        other_type,
        NO_RESOURCE,
    ),
    step_code(
        "names in the path checked",
        &["path"],
        "steps[1].response.body.error.code",
        "*",
        "InvalidResourceType",
        other_type,
        NO_RESOURCE,
    ),
    gone(
        "names in the path checked",
        &["path"],
        "steps[1].response.body.error.target",
        other_type,
        NO_RESOURCE,
    ),
    step_status(
        "names in the path checked",
        &["path"],
        "steps[2].response.status",
        "204",
        "400",
        other_type,
        NO_RESOURCE,
    ),
    gone(
        "names in the path checked",
        &["path"],
        "steps[2].response.bodyText",
        other_type,
        NO_RESOURCE,
    ),
    added(
        "names in the path checked",
        &["path"],
        "steps[2].response.body.error.code where steps[2].response.status",
        "InvalidResourceType",
        other_type,
        NO_RESOURCE,
    ),
    added(
        "names in the path checked",
        &["path"],
        "steps[2].response.body.error.message where steps[2].response.status",
        "<message>",
        other_type,
        NO_RESOURCE,
    ),
    step_status(
        "names in the path checked",
        &["path"],
        "steps[0].response.status",
        "200",
        "400",
        other_list,
        NO_RESOURCE,
    ),
    gone(
        "names in the path checked",
        &["path"],
        "steps[0].response.body.value[*",
        other_list,
        NO_RESOURCE,
    ),
    gone(
        "names in the path checked",
        &["path"],
        "steps[0].response.bodyForm",
        other_list,
        NO_RESOURCE,
    ),
    added(
        "names in the path checked",
        &["path"],
        "steps[0].response.body.error.code where steps[0].response.status",
        "InvalidResourceType",
        other_list,
        NO_RESOURCE,
    ),
    added(
        "names in the path checked",
        &["path"],
        "steps[0].response.body.error.message where steps[0].response.status",
        "<message>",
        other_list,
        NO_RESOURCE,
    ),
    step_status(
        "identities are resource ids",
        &["wi"],
        "steps[0].response.status",
        "500",
        "400",
        bad_identity,
        IDENTITY,
    ),
    step_code(
        "identities are resource ids",
        &["wi"],
        "steps[0].response.body.error.code",
        "InternalServerError",
        "InvalidParameter",
        bad_identity,
        IDENTITY,
    ),
    added(
        "identities are resource ids",
        &["wi"],
        "steps[0].response.body.error.target where steps[0].response.status",
        "identity.userAssignedIdentities",
        bad_identity,
        IDENTITY,
    ),
    step_status(
        "PATCH creates nothing for operators",
        &["create"],
        "steps[0].response.status",
        "400",
        "404",
        admin_patch_of_missing,
        PATCH_CREATES,
    ),
    step_code(
        "PATCH creates nothing for operators",
        &["create"],
        "steps[0].response.body.error.code",
        "RequestNotAllowed",
        "ResourceNotFound",
        admin_patch_of_missing,
        PATCH_CREATES,
    ),
    step_status(
        "PATCH creates nothing for operators",
        &["create"],
        "steps[1].response.status",
        "400",
        "404",
        admin_patch_of_missing,
        PATCH_CREATES,
    ),
    step_code(
        "PATCH creates nothing for operators",
        &["create"],
        "steps[1].response.body.error.code",
        "RequestNotAllowed",
        "ResourceNotFound",
        admin_patch_of_missing,
        PATCH_CREATES,
    ),
    added(
        "empty system data",
        &["headers"],
        "dbAfter.clusters[0].openShiftCluster.systemData where dbAfter.clusters[0].openShiftCluster.id",
        "{}",
        empty_system_data,
        SYSTEM_DATA,
    ),
    added(
        "managed identities are kept",
        &["update"],
        "dbAfter.clusters[0].openShiftCluster.managedServiceIdentity.userAssignedIdentities['*'].clientId where dbAfter.clusters[0].openShiftCluster.managedServiceIdentity.userAssignedIdentities['*']",
        "c",
        keeps_identities,
        IDENTITIES,
    ),
    added(
        "managed identities are kept",
        &["update"],
        "dbAfter.clusters[0].openShiftCluster.managedServiceIdentity.userAssignedIdentities['*'].principalId where dbAfter.clusters[0].openShiftCluster.managedServiceIdentity.userAssignedIdentities['*'].clientId",
        "p",
        keeps_identities,
        IDENTITIES,
    ),
    added(
        "managed identities are kept",
        &["update"],
        "dbAfter.clusters[0].openShiftCluster.managedServiceIdentity.tenantId where dbAfter.clusters[0].openShiftCluster.managedServiceIdentity.type",
        "33333333-3333-3333-3333-333333333333",
        keeps_identities,
        IDENTITIES,
    ),
    added(
        "managed identities are kept",
        &["update"],
        "steps[0].response.body.identity.userAssignedIdentities['*'].clientId where steps[0].response.body.identity.userAssignedIdentities['*']",
        "c",
        keeps_identities,
        IDENTITIES,
    ),
    added(
        "managed identities are kept",
        &["update"],
        "steps[0].response.body.identity.userAssignedIdentities['*'].principalId where steps[0].response.body.identity.userAssignedIdentities['*'].clientId",
        "p",
        keeps_identities,
        IDENTITIES,
    ),
    added(
        "managed identities are kept",
        &["update"],
        "steps[0].response.body.identity.tenantId where steps[0].response.body.identity.type",
        "33333333-3333-3333-3333-333333333333",
        keeps_identities,
        IDENTITIES,
    ),
    added(
        "managed identities are kept",
        &["update"],
        "steps[1].response.body.identity.userAssignedIdentities['*'].clientId where steps[1].response.body.identity.userAssignedIdentities['*']",
        "c",
        keeps_identities,
        IDENTITIES,
    ),
    added(
        "managed identities are kept",
        &["update"],
        "steps[1].response.body.identity.userAssignedIdentities['*'].principalId where steps[1].response.body.identity.userAssignedIdentities['*'].clientId",
        "p",
        keeps_identities,
        IDENTITIES,
    ),
    added(
        "managed identities are kept",
        &["update"],
        "steps[1].response.body.identity.tenantId where steps[1].response.body.identity.type",
        "33333333-3333-3333-3333-333333333333",
        keeps_identities,
        IDENTITIES,
    ),
];
