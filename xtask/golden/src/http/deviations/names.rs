//! Conversations about resource groups and clusters that cannot exist: each request is refused, and nothing is stored.

use super::{added, gone, rule, step_code};
use crate::case::Case;
use crate::deviations::{ANYTHING, AS_BEFORE, Rule};
use crate::http::conditions::{odd_cluster, odd_group};

const NAME: &str = "names that cannot exist are refused";
const REASON: &str =
    "names in the path are checked on every route, as the reference means to; nothing is created there";

pub(super) const GROUPS: &[Rule] = &refused(odd_group, "ResourceGroupNotFound");
pub(super) const CLUSTERS: &[Rule] = &refused(odd_cluster, "ResourceNotFound");

const fn refused(when: fn(&Case) -> bool, code: &'static str) -> [Rule; 8] {
    const OF: &[&str] = &["path"];
    [
        gone(NAME, OF, "steps[*].response.body*", when, REASON),
        gone(
            NAME,
            OF,
            "steps[*].response.headers.Azure-Asyncoperation[0]",
            when,
            REASON,
        ),
        step_code(NAME, OF, "steps[*].response.status", "*", "400", when, REASON),
        added(
            NAME,
            OF,
            "steps[*].response.body.error.code where steps[*].response.status",
            code,
            when,
            REASON,
        ),
        added(
            NAME,
            OF,
            "steps[*].response.body.error.message where steps[*].response.status",
            "<message>",
            when,
            REASON,
        ),
        gone(NAME, OF, "dbAfter.asyncOperations*", when, REASON),
        rule(
            NAME,
            OF,
            "dbAfter.clusters[*",
            Some(ANYTHING),
            Some(AS_BEFORE),
            when,
            REASON,
        ),
        // The partition follows from the cluster and is no part of a fixture.
        added(
            NAME,
            OF,
            "dbAfter.clusters[*].partitionKey where dbAfter.clusters[*].key",
            "\"00000000-0000-0000-0000-000000000000\"",
            when,
            REASON,
        ),
    ]
}
