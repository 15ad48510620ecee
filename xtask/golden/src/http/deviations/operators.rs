//! What operators see and change of a cluster with managed identities.

use super::{added, gone, rule, step_code, step_status};
use crate::case::Case;
use crate::deviations::{ANYTHING, AS_BEFORE, Rule};
use crate::http::conditions::{first_method, first_status, text};

const OF: &[&str] = &["update"];

const KEPT: &str = "operators' updates keep identities";
const KEPT_REASON: &str = "what the service knows of identities stays; the reference loses it at an operator's update";
const CALLED: &str = "identity is called identity";
const CALLED_REASON: &str = "the newest reference shows operators the identity under the name that customers know";
const REFUSED_NAME: &str = "operators name no other identities";
const REFUSED_REASON: &str = "identities are the customer's; the newest reference lets operators change none";

fn of_operators(case: &Case) -> bool {
    text(case, "/name").starts_with("update: admin wi ")
}

/// The same, and the reference answers the update.
fn answered(case: &Case) -> bool {
    of_operators(case) && first_status(case) == 200
}

/// An operator's PATCH that names other identities.
fn names_identities(case: &Case) -> bool {
    answered(case)
        && first_method(case) == "PATCH"
        && case
            .get("/steps/0/request/body/identity/userAssignedIdentities")
            .is_some()
}

const fn kept(leaf: &'static str) -> Rule {
    rule(
        KEPT,
        OF,
        leaf,
        Some(ANYTHING),
        Some(AS_BEFORE),
        of_operators,
        KEPT_REASON,
    )
}

/// The reply to the update shows what is stored.
const fn like(name: &'static str, leaf: &'static str, reason: &'static str) -> Rule {
    rule(name, OF, leaf, None, None, answered, reason)
}

/// So does that to the GET after it.
const fn then_like(name: &'static str, leaf: &'static str, reason: &'static str) -> Rule {
    rule(name, OF, leaf, None, None, of_operators, reason)
}

const fn not_shown(leaf: &'static str) -> Rule {
    gone(CALLED, OF, leaf, of_operators, CALLED_REASON)
}

pub(super) const IDENTITIES: &[Rule] = &[
    kept("dbAfter.clusters[*].openShiftCluster.managedServiceIdentity.*"),
    kept(
        "dbAfter.clusters[*].openShiftCluster.properties.platformWorkloadIdentityProfile.platformWorkloadIdentities.*.clientId",
    ),
    kept(
        "dbAfter.clusters[*].openShiftCluster.properties.platformWorkloadIdentityProfile.platformWorkloadIdentities.*.objectId",
    ),
    like(
        KEPT,
        "steps[0].response.body.properties.platformWorkloadIdentityProfile.platformWorkloadIdentities like \
         dbAfter.clusters[0].openShiftCluster.properties.platformWorkloadIdentityProfile.platformWorkloadIdentities",
        KEPT_REASON,
    ),
    then_like(
        KEPT,
        "steps[1].response.body.properties.platformWorkloadIdentityProfile.platformWorkloadIdentities like \
         dbAfter.clusters[0].openShiftCluster.properties.platformWorkloadIdentityProfile.platformWorkloadIdentities",
        KEPT_REASON,
    ),
    not_shown("steps[*].response.body.managedServiceIdentity.*"),
    like(
        CALLED,
        "steps[0].response.body.identity like dbAfter.clusters[0].openShiftCluster.managedServiceIdentity",
        CALLED_REASON,
    ),
    then_like(
        CALLED,
        "steps[1].response.body.identity like dbAfter.clusters[0].openShiftCluster.managedServiceIdentity",
        CALLED_REASON,
    ),
    not_shown("steps[*].response.body.identity.identityURL"),
];

const fn refused(leaf: &'static str) -> Rule {
    gone(REFUSED_NAME, OF, leaf, names_identities, REFUSED_REASON)
}

const fn said(leaf: &'static str, ours: &'static str) -> Rule {
    added(REFUSED_NAME, OF, leaf, ours, names_identities, REFUSED_REASON)
}

/// The refusal stores nothing, so the GET after it shows what was there before.
pub(super) const REFUSED: &[Rule] = &[
    step_status(
        REFUSED_NAME,
        OF,
        "steps[0].response.status",
        "200",
        "400",
        names_identities,
        REFUSED_REASON,
    ),
    refused("steps[0].response.body*"),
    refused("steps[0].response.headers.Azure-Asyncoperation[0]"),
    refused("steps[0].response.headers.Retry-After[0]"),
    said(
        "steps[0].response.body.error.code where steps[0].response.status",
        "PropertyChangeNotAllowed",
    ),
    said(
        "steps[0].response.body.error.message where steps[0].response.status",
        "<message>",
    ),
    said(
        "steps[0].response.body.error.target where steps[0].response.status",
        "identity.userAssignedIdentities",
    ),
    refused("dbAfter.asyncOperations*"),
    rule(
        REFUSED_NAME,
        OF,
        "dbAfter.clusters[*",
        Some(ANYTHING),
        Some(AS_BEFORE),
        names_identities,
        REFUSED_REASON,
    ),
    said(
        "dbAfter.clusters[*].partitionKey where dbAfter.clusters[*].key",
        "\"00000000-0000-0000-0000-000000000000\"",
    ),
    refused("steps[1].response.body.properties.lastProvisioningState"),
    refused("steps[1].response.body.properties.maintenance*"),
    step_code(
        REFUSED_NAME,
        OF,
        "steps[1].response.body.properties.provisioningState",
        "AdminUpdating",
        "Succeeded",
        names_identities,
        REFUSED_REASON,
    ),
];
