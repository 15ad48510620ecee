//! Role sets as operators write and read them.

use super::{added, gone, rule, step_status};
use crate::case::Case;
use crate::deviations::Rule;
use crate::http::conditions::text;

const KEPT: &str = "role sets keep where secrets are";
const KEPT_REASON: &str =
    "the newest reference stores and shows where an operator's secret is; the recorded one loses it";
const COUNTED: &str = "ids are taken when needed";
const COUNTED_REASON: &str = "a refused role set takes no id; ids are random outside of the recording";
const LISTED: &str = "odd versions are listed";
const LISTED_REASON: &str =
    "a role set of a version that is no number can be stored, and stands before the others; the reference crashes";

fn writes_role_sets(case: &Case) -> bool {
    text(case, "/steps/1/request/path").contains("/platformworkloadidentityrolesets")
        && text(case, "/steps/1/request/method") == "PUT"
}

fn crashes(case: &Case) -> bool {
    writes_role_sets(case)
        && case
            .get("/steps/11/response/status")
            .and_then(serde_json::Value::as_u64)
            == Some(500)
}

const fn like(leaf: &'static str) -> Rule {
    rule(LISTED, &["admin"], leaf, None, None, crashes, LISTED_REASON)
}

const fn kept(leaf: &'static str, ours: &'static str) -> Rule {
    added(KEPT, &["admin"], leaf, ours, writes_role_sets, KEPT_REASON)
}

pub(super) const ROLE_SETS: &[Rule] = &[
    kept(
        "steps[*].response.body.properties.platformWorkloadIdentityRoles[0].secretLocation.name where \
         steps[*].response.body.properties.platformWorkloadIdentityRoles[0].secretLocation",
        "\"m\"",
    ),
    kept(
        "steps[*].response.body.properties.platformWorkloadIdentityRoles[0].secretLocation.namespace where \
         steps[*].response.body.properties.platformWorkloadIdentityRoles[0].secretLocation.name",
        "\"n\"",
    ),
    kept(
        "dbAfter.roleSets[*].platformWorkloadIdentityRoleSet.properties.platformWorkloadIdentityRoles[0].secretLocation.name \
         where \
         dbAfter.roleSets[*].platformWorkloadIdentityRoleSet.properties.platformWorkloadIdentityRoles[0].operatorName",
        "\"m\"",
    ),
    kept(
        "dbAfter.roleSets[*].platformWorkloadIdentityRoleSet.properties.platformWorkloadIdentityRoles[0].secretLocation.namespace \
         where \
         dbAfter.roleSets[*].platformWorkloadIdentityRoleSet.properties.platformWorkloadIdentityRoles[0].operatorName",
        "\"n\"",
    ),
    rule(
        COUNTED,
        &["admin"],
        "dbAfter.roleSets[2].id",
        Some("08080808-0808-0808-0808-08080808000*"),
        Some("\"08080808-0808-0808-0808-080808080003\""),
        writes_role_sets,
        COUNTED_REASON,
    ),
    step_status(
        LISTED,
        &["admin"],
        "steps[11].response.status",
        "500",
        "200",
        crashes,
        LISTED_REASON,
    ),
    gone(
        LISTED,
        &["admin"],
        "steps[11].response.body.error.*",
        crashes,
        LISTED_REASON,
    ),
    like("steps[11].response.bodyForm like steps[0].response.bodyForm"),
    like("steps[11].response.body.value[0] like steps[10].response.body"),
    like("steps[11].response.body.value[1] like steps[0].response.body.value[0]"),
    like("steps[11].response.body.value[2] like steps[1].response.body"),
];
