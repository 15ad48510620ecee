//! Static validation: what can be said about a request without asking Azure.
//!
//! The rules for clusters are one ordered table of rows; each row says in which api-versions it holds,
//! whether on create or update, what it looks at and what it answers. [`check`] reports the first finding, as clients
//! expect; [`findings`] reports all of them, from the same rows in the same order, with JSON pointers into the body.
//!
//! What needs knowledge of the running service, but no I/O, stands beside: which OpenShift versions are
//! [`enabled`], and whether the identities of a cluster match the role sets ([`role_sets`]). [`admin`] holds the
//! rules of the admin API.

mod facts;
mod rules;
mod text;

mod cluster;
mod endpoints;
mod identities;
mod machines;
mod network;
mod resource;

pub mod admin;
pub mod enabled;
pub mod role_sets;

#[cfg(test)]
mod tests;

use crate::{ApiVersion, CloudError, Code};

use crate::model::Cluster;
use facts::Facts;
pub(crate) use identities::identity_pointer;
use rules::{Check, Rule, TABLE};
pub(crate) use text::pointer_token;

/// What static validation looks at.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The api-version of the request.
    pub version: ApiVersion,
    /// The cluster as it would be: the body merged onto what was there.
    pub cluster: &'a Cluster,
    /// The cluster as it is; `None` on create.
    pub current: Option<&'a Cluster>,
    /// The resource id that the request addresses, in any case of letters.
    pub resource_id: &'a str,
    /// The location that this resource provider serves.
    pub location: &'a str,
    /// The domain below which default domains of clusters live, for example `eastus.aroapp.io`.
    pub domain: &'a str,
    /// Whether workers must have one of the small development sizes.
    pub require_d2s_workers: bool,
    /// JSON pointers of list elements and map values that the body gives as `null`, where the version allows that.
    pub null_elements: &'a [String],
}

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind of error.
    pub code: Code,
    /// The member at fault, in the form of error replies (`properties.workerProfiles['worker'].count`).
    pub target: String,
    /// The member at fault as a JSON pointer into the resource (RFC 6901).
    pub pointer: String,
    /// What is wrong, where, and what to do about it.
    pub message: String,
}

impl From<Finding> for CloudError {
    fn from(finding: Finding) -> Self {
        CloudError::bad_request(finding.code, finding.target, finding.message)
    }
}

/// Checks a cluster; reports the first finding.
///
/// # Errors
/// Status 400 with the code and target of the first rule that is broken.
pub fn check(subject: &Subject<'_>) -> Result<(), CloudError> {
    let mut first = None;
    walk(subject, &mut |finding| {
        first = Some(finding());
        false
    });
    first.map_or(Ok(()), |finding| Err(finding.into()))
}

/// Checks a cluster; reports everything that is wrong with it, in the order of the rules. The first entry is what
/// [`check`] reports.
pub fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    let mut all = Vec::new();
    walk(subject, &mut |finding| {
        all.push(finding());
        true
    });
    all
}

/// Checks what may not change beyond the access of single members: the operators of a workload-identity cluster keep
/// their identities.
///
/// # Errors
/// Status 400 `PropertyChangeNotAllowed`.
pub fn check_identities_kept(current: &Cluster, merged: &Cluster) -> Result<(), CloudError> {
    identities::check_kept(current, merged)
}

/// Visits broken rules in order until `found` returns `false`. The finding is made only when asked for.
fn walk(subject: &Subject<'_>, found: &mut dyn FnMut(&dyn Fn() -> Finding) -> bool) {
    let facts = Facts::new(subject);
    let mut rest = TABLE;
    while let Some((rule, tail)) = rest.split_first() {
        // Rows about elements of one list are asked element by element.
        let length = 1 + tail
            .iter()
            .take_while(|next| rule.check.same_items(&next.check))
            .count();
        let (rows, tail) = rest.split_at(length);
        rest = tail;
        if !walk_rows(rows, &facts, found) {
            return;
        }
    }
}

fn walk_rows(rows: &[Rule], facts: &Facts<'_>, found: &mut dyn FnMut(&dyn Fn() -> Finding) -> bool) -> bool {
    let count = rows.first().map_or(0, |rule| rule.check.items(facts));
    for item in 0..count {
        for rule in rows {
            if rule.holds(facts) && rule.check.broken(facts, item) && !found(&|| rule.finding(facts, item)) {
                return false;
            }
        }
    }
    true
}

impl Check {
    /// Whether both are about the elements of the same list.
    fn same_items(&self, other: &Self) -> bool {
        matches!(
            (self, other),
            (Self::Worker(..), Self::Worker(..))
                | (Self::Ingress(..), Self::Ingress(..))
                | (Self::Identity(..), Self::Identity(..))
        )
    }
}
