//! The list of operations, which is that of the newest reference and asks for no api-version.

use super::{gone, rule};
use crate::case::Case;
use crate::deviations::Rule;

const NEWEST: &str = "the operations are those of the newest reference, in its order; the recorded one lists what it has \
                      dropped since, and checks the api-version";

/// The rules for the step of that number.
macro_rules! list {
    ($name:ident, $step:literal, $operations:expr, $when:expr) => {
        pub(in crate::http) const $name: &[Rule] = &{
            const WHEN: fn(&Case) -> bool = $when;
            list! { @rules $step, $operations, WHEN,
                ("0", "locations/operationresults/read", "locations/operationresults", "Read operation results"),
                ("1", "locations/operationsstatus/read", "locations/operationsstatus", "Read operations status"),
                ("2", "operations/read", "operations", "Read operations"),
                ("3", "openShiftClusters/read", "openShiftClusters", "Read OpenShift cluster"),
                ("4", "openShiftClusters/write", "openShiftClusters", "Write OpenShift cluster"),
                ("5", "openShiftClusters/delete", "openShiftClusters", "Delete OpenShift cluster"),
                ("6", "openShiftClusters/listCredentials/action", "openShiftClusters", "List credentials of an OpenShift cluster"),
                ("7", "openShiftClusters/listAdminCredentials/action", "openShiftClusters", "List Admin Kubeconfig of an OpenShift cluster"),
                ("8", "openShiftClusters/detectors/read", "openShiftClusters", "Get OpenShift Cluster Detector"),
                ("9", "locations/listPlatformWorkloadIdentityRoleSets/read", "listPlatformWorkloadIdentityRoleSets", "Lists all PlatformWorkloadIdentityRoleSets available in the specified location"),
                ("10", "locations/openshiftVersions/read", "openshiftVersions", "Lists all OpenShift versions available to install in the specified location"),
            }
        };
    };
    (@rules $step:literal, $operations:expr, $when:expr,
     $(($index:literal, $action:literal, $resource:literal, $operation:literal),)*) => {
        [
            gone(
                "operations of the newest",
                $operations,
                concat!("steps[", $step, "].response.body.value[*"),
                $when,
                NEWEST,
            ),
            $(
                list!(@leaf $step, $operations, $when, $index, "name", concat!("Microsoft.RedHatOpenShift/", $action)),
                list!(@leaf $step, $operations, $when, $index, "origin", "user,system"),
                list!(@leaf $step, $operations, $when, $index, "display.provider", "Azure Red Hat OpenShift"),
                list!(@leaf $step, $operations, $when, $index, "display.resource", $resource),
                list!(@leaf $step, $operations, $when, $index, "display.operation", $operation),
            )*
        ]
    };
    (@leaf $step:literal, $operations:expr, $when:expr, $index:literal, $member:literal, $ours:expr) => {
        rule(
            "operations of the newest",
            $operations,
            concat!(
                "steps[", $step, "].response.body.value[", $index, "].", $member,
                " where steps[", $step, "].response.status"
            ),
            None,
            Some($ours),
            $when,
            NEWEST,
        )
    };
}

list!(FIRST, "0", &["operations"], |_| true);
list!(SECOND, "1", &["operations"], |_| true);
list!(OF_STRANGERS, "5", &["auth"], |case| {
    let answered = case.get("/steps/5/response/status").and_then(serde_json::Value::as_u64);
    crate::http::conditions::asks(case, 5, "/operations") && answered == Some(200)
});
list!(ANY_VERSION, "2", &["api-version"], |_| true);
