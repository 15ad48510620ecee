//! What can be asked of the service: one row for each operation of the contract.
//!
//! Paths are in the letter case of the contract and name their parameters as it does. The frontend routes in lower case
//! and by its own parameter names; its tests send a request to each path listed here.

use super::switches::Switches;
use crate::version::ApiVersion;

/// An operation of the contract.
#[derive(Debug)]
pub struct Operation {
    /// Its id, `Group_Verb`.
    pub id: &'static str,
    /// Its method, in lower case.
    pub method: &'static str,
    /// Its path, with parameters in braces.
    pub path: &'static str,
    /// The group it is listed in.
    pub tag: &'static str,
    /// What it does, as one sentence.
    pub summary: &'static str,
    /// What it answers, as one sentence.
    pub answers: &'static str,
    /// The definition of its body.
    pub body: Option<&'static str>,
    /// Statuses of success, each with the definition of the reply.
    pub replies: &'static [(u16, Option<&'static str>)],
    /// Whether the reply is a page of a list.
    pub pageable: bool,
    /// How a client learns of the end, where the operation goes on after the reply.
    pub ends: Option<Ends>,
    has: fn(ApiVersion) -> bool,
    single_version: bool,
}

/// Where the end of a long-running operation shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ends {
    /// At the status resource; then the resource itself is the result.
    AzureAsyncOperation,
    /// At the place that the reply names.
    Location,
}

macro_rules! below {
    (subscription $rest:literal) => {
        concat!(
            "/subscriptions/{subscriptionId}/providers/Microsoft.RedHatOpenShift",
            $rest
        )
    };
    (location $rest:literal) => {
        concat!(
            "/subscriptions/{subscriptionId}/providers/Microsoft.RedHatOpenShift/locations/{location}",
            $rest
        )
    };
    (group $rest:literal) => {
        concat!(
            "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}",
            "/providers/Microsoft.RedHatOpenShift/openShiftClusters",
            $rest
        )
    };
}

const PLAIN: Operation = Operation {
    id: "",
    method: "get",
    path: "",
    tag: "OpenShiftClusters",
    summary: "",
    answers: "",
    body: None,
    replies: &[],
    pageable: false,
    ends: None,
    has: |_| true,
    single_version: false,
};

/// Every operation, by path.
pub static OPERATIONS: [Operation; 13] = [
    Operation {
        id: "Operations_List",
        path: "/providers/Microsoft.RedHatOpenShift/operations",
        tag: "Operations",
        summary: "Lists the operations of the resource provider.",
        answers: "The operations that Azure roles can allow.",
        replies: &[(200, Some("OperationList"))],
        pageable: true,
        ..PLAIN
    },
    Operation {
        id: "OpenShiftVersions_List",
        path: below!(location "/openShiftVersions"),
        tag: "OpenShiftVersions",
        summary: "Lists the OpenShift versions that can be installed in a location.",
        answers: "The versions, lowest first.",
        replies: &[(200, Some("OpenShiftVersionList"))],
        pageable: true,
        has: ApiVersion::has_versions,
        ..PLAIN
    },
    Operation {
        id: "OpenShiftVersions_Get",
        path: below!(location "/openShiftVersions/{openShiftVersion}"),
        tag: "OpenShiftVersions",
        summary: "Reads an OpenShift version that can be installed in a location.",
        answers: "The version.",
        replies: &[(200, Some("OpenShiftVersion"))],
        has: ApiVersion::has_versions,
        single_version: true,
        ..PLAIN
    },
    Operation {
        id: "PlatformWorkloadIdentityRoleSets_List",
        path: below!(location "/platformWorkloadIdentityRoleSets"),
        tag: "PlatformWorkloadIdentityRoleSets",
        summary: "Lists, for each OpenShift minor version, the identities and roles that its operators need.",
        answers: "The role sets, lowest version first.",
        replies: &[(200, Some("PlatformWorkloadIdentityRoleSetList"))],
        pageable: true,
        has: ApiVersion::has_role_sets,
        ..PLAIN
    },
    Operation {
        id: "PlatformWorkloadIdentityRoleSet_Get",
        path: below!(location "/platformWorkloadIdentityRoleSets/{openShiftMinorVersion}"),
        tag: "PlatformWorkloadIdentityRoleSets",
        summary: "Reads the identities and roles that the operators of an OpenShift minor version need.",
        answers: "The role set.",
        replies: &[(200, Some("PlatformWorkloadIdentityRoleSet"))],
        has: ApiVersion::has_role_sets,
        ..PLAIN
    },
    Operation {
        id: "OpenShiftClusters_List",
        path: below!(subscription "/openShiftClusters"),
        summary: "Lists the clusters of a subscription.",
        answers: "A page of clusters, without their secrets.",
        replies: &[(200, Some("OpenShiftClusterList"))],
        pageable: true,
        ..PLAIN
    },
    Operation {
        id: "OpenShiftClusters_ListByResourceGroup",
        path: below!(group ""),
        summary: "Lists the clusters of a resource group.",
        answers: "A page of clusters, without their secrets.",
        replies: &[(200, Some("OpenShiftClusterList"))],
        pageable: true,
        ..PLAIN
    },
    Operation {
        id: "OpenShiftClusters_Get",
        path: below!(group "/{resourceName}"),
        summary: "Reads a cluster.",
        answers: "The cluster, without its secrets.",
        replies: &[(200, Some("OpenShiftCluster"))],
        ..PLAIN
    },
    Operation {
        id: "OpenShiftClusters_CreateOrUpdate",
        method: "put",
        path: below!(group "/{resourceName}"),
        summary: "Creates a cluster, or changes one to what the request says.",
        answers: "The cluster as it was accepted; 201 where it is new.",
        body: Some("OpenShiftCluster"),
        replies: &[(200, Some("OpenShiftCluster")), (201, Some("OpenShiftCluster"))],
        ends: Some(Ends::AzureAsyncOperation),
        ..PLAIN
    },
    Operation {
        id: "OpenShiftClusters_Delete",
        method: "delete",
        path: below!(group "/{resourceName}"),
        summary: "Deletes a cluster.",
        answers: "Nothing; 204 where there is no such cluster.",
        replies: &[(202, None), (204, None)],
        ends: Some(Ends::Location),
        ..PLAIN
    },
    Operation {
        id: "OpenShiftClusters_Update",
        method: "patch",
        path: below!(group "/{resourceName}"),
        summary: "Changes the named members of a cluster.",
        answers: "The cluster as it was accepted.",
        body: Some("OpenShiftClusterUpdate"),
        replies: &[(200, Some("OpenShiftCluster")), (201, Some("OpenShiftCluster"))],
        ends: Some(Ends::AzureAsyncOperation),
        ..PLAIN
    },
    Operation {
        id: "OpenShiftClusters_ListAdminCredentials",
        method: "post",
        path: below!(group "/{resourceName}/listAdminCredentials"),
        summary: "Gives a kubeconfig for the administrator of a cluster.",
        answers: "The kubeconfig.",
        replies: &[(200, Some("OpenShiftClusterAdminKubeconfig"))],
        has: ApiVersion::has_admin_credentials,
        ..PLAIN
    },
    Operation {
        id: "OpenShiftClusters_ListCredentials",
        method: "post",
        path: below!(group "/{resourceName}/listCredentials"),
        summary: "Gives name and password of the user kubeadmin of a cluster.",
        answers: "The credentials.",
        replies: &[(200, Some("OpenShiftClusterCredentials"))],
        ..PLAIN
    },
];

impl Operation {
    /// The operations that the description of a version lists.
    pub(super) fn of(version: ApiVersion, switches: &Switches) -> impl Iterator<Item = &'static Self> {
        OPERATIONS
            .iter()
            .filter(move |operation| (operation.has)(version) && (!operation.single_version || switches.single_version))
    }

    /// The names of the parameters in the path, in order.
    pub fn path_parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}'))
            .map(|(name, _)| name)
    }
}
