//! A cluster that would share what no two clusters can share: the refusal leaves nothing behind.

use super::gone;
use crate::case::Case;
use crate::deviations::Rule;
use crate::http::conditions::text;

const NAME: &str = "a refused duplicate leaves nothing";
const REASON: &str = "an operation that never began is neither stored nor linked to";

fn refused(case: &Case) -> bool {
    text(case, "/steps/0/response/body/error/code").starts_with("Duplicate")
}

pub(super) const DUPLICATES: &[Rule] = &[
    gone(
        NAME,
        &["duplicate"],
        "steps[0].response.headers.Azure-Asyncoperation[0]",
        refused,
        REASON,
    ),
    gone(NAME, &["duplicate"], "dbAfter.asyncOperations*", refused, REASON),
];
