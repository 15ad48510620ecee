//! Steps about the operator that the service runs in clusters. A plan has them where the service has an operator to bring, and
//! the cluster an ingress, whose address the operator is told.

use std::time::Duration;

use aro_store::ClusterDocument;

use super::{CALLS, Features, action, condition};
use crate::{Environment, Step, steps::cluster::operator};

/// Longest wait for the operator to run.
const ROLL_OUT: Duration = Duration::from_secs(20 * 60);
/// Longest wait for it to run again, or to be of the wanted version.
const RESTART: Duration = Duration::from_secs(5 * 60);

fn concerns(document: &ClusterDocument, features: Features) -> bool {
    features.operator && !document.cluster.properties.ingress_profiles.is_empty()
}

/// A new cluster gets the operator, which may do at once what reboots nodes.
pub(super) fn install(document: &ClusterDocument, features: Features) -> Vec<Step<Environment>> {
    if !concerns(document, features) {
        return Vec::new();
    }
    vec![
        action(
            "installOperator",
            "Bring the service's operator into the cluster",
            2,
            CALLS,
            operator::install,
        ),
        action(
            "enableOperatorReconciliation",
            "Let the operator set up the new cluster's nodes",
            1,
            CALLS,
            operator::enable_reconciliation,
        ),
    ]
}

/// The operator runs.
pub(super) fn ready(document: &ClusterDocument, features: Features) -> Option<Step<Environment>> {
    concerns(document, features).then(|| {
        condition(
            "operatorReady",
            "Wait for the service's operator",
            2,
            ROLL_OUT,
            operator::ready,
        )
    })
}

/// What reboots nodes waits for upgrades from now on.
pub(super) fn disable_reconciliation(document: &ClusterDocument, features: Features) -> Option<Step<Environment>> {
    concerns(document, features).then(|| {
        action(
            "disableOperatorReconciliation",
            "Let the operator wait for upgrades before it reboots nodes",
            1,
            CALLS,
            operator::disable_reconciliation,
        )
    })
}

/// A cluster that is there gets the operator's wanted version, and then, last, its flags.
pub(super) fn update(document: &ClusterDocument, features: Features) -> Vec<Step<Environment>> {
    if !concerns(document, features) {
        return Vec::new();
    }
    let mut steps = vec![action(
        "ensureOperator",
        "Bring the service's operator up to date",
        2,
        CALLS,
        operator::ensure,
    )];
    steps.extend(ready(document, features));
    steps.push(condition(
        "operatorRunsDesiredVersion",
        "Wait for the operator's version",
        1,
        RESTART,
        operator::runs_desired_version,
    ));
    steps.extend(sync(document, features));
    steps
}

/// The operator is told what the document says.
pub(super) fn sync(document: &ClusterDocument, features: Features) -> Option<Step<Environment>> {
    concerns(document, features).then(|| {
        action(
            "syncClusterObject",
            "Tell the operator what the cluster should be",
            1,
            CALLS,
            operator::sync,
        )
    })
}

/// The operator reaches Azure with the credentials that the cluster has now.
pub(super) fn restart(document: &ClusterDocument, features: Features) -> Vec<Step<Environment>> {
    if !concerns(document, features) {
        return Vec::new();
    }
    vec![
        action(
            "restartOperatorMaster",
            "Start the operator anew where its credentials have changed",
            1,
            CALLS,
            operator::restart_master,
        ),
        condition(
            "operatorRestarted",
            "Wait for the operator to run again",
            1,
            RESTART,
            operator::restarted,
        ),
    ]
}
