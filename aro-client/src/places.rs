//! Where operations live. Made by `cargo xtask generate` of `swagger/openapi`; not to be edited.

use crate::place::Place;

/// Creates a cluster, or changes one to what the request says.
pub(crate) const OPEN_SHIFT_CLUSTERS_CREATE_OR_UPDATE: Place = Place {
    id: "open_shift_clusters_create_or_update",
    path: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.RedHatOpenShift/openShiftClusters/{resourceName}",
};

/// Deletes a cluster.
pub(crate) const OPEN_SHIFT_CLUSTERS_DELETE: Place = Place {
    id: "open_shift_clusters_delete",
    path: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.RedHatOpenShift/openShiftClusters/{resourceName}",
};

/// Reads a cluster.
pub(crate) const OPEN_SHIFT_CLUSTERS_GET: Place = Place {
    id: "open_shift_clusters_get",
    path: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.RedHatOpenShift/openShiftClusters/{resourceName}",
};

/// Lists the clusters of a subscription.
pub(crate) const OPEN_SHIFT_CLUSTERS_LIST: Place = Place {
    id: "open_shift_clusters_list",
    path: "/subscriptions/{subscriptionId}/providers/Microsoft.RedHatOpenShift/openShiftClusters",
};

/// Gives a kubeconfig for the administrator of a cluster.
pub(crate) const OPEN_SHIFT_CLUSTERS_LIST_ADMIN_CREDENTIALS: Place = Place {
    id: "open_shift_clusters_list_admin_credentials",
    path: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.RedHatOpenShift/openShiftClusters/{resourceName}/listAdminCredentials",
};

/// Lists the clusters of a resource group.
pub(crate) const OPEN_SHIFT_CLUSTERS_LIST_BY_RESOURCE_GROUP: Place = Place {
    id: "open_shift_clusters_list_by_resource_group",
    path: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.RedHatOpenShift/openShiftClusters",
};

/// Gives name and password of the user kubeadmin of a cluster.
pub(crate) const OPEN_SHIFT_CLUSTERS_LIST_CREDENTIALS: Place = Place {
    id: "open_shift_clusters_list_credentials",
    path: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.RedHatOpenShift/openShiftClusters/{resourceName}/listCredentials",
};

/// Changes the named members of a cluster.
pub(crate) const OPEN_SHIFT_CLUSTERS_UPDATE: Place = Place {
    id: "open_shift_clusters_update",
    path: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.RedHatOpenShift/openShiftClusters/{resourceName}",
};

/// Reads an OpenShift version that can be installed in a location.
pub(crate) const OPEN_SHIFT_VERSIONS_GET: Place = Place {
    id: "open_shift_versions_get",
    path: "/subscriptions/{subscriptionId}/providers/Microsoft.RedHatOpenShift/locations/{location}/openShiftVersions/{openShiftVersion}",
};

/// Lists the OpenShift versions that can be installed in a location.
pub(crate) const OPEN_SHIFT_VERSIONS_LIST: Place = Place {
    id: "open_shift_versions_list",
    path: "/subscriptions/{subscriptionId}/providers/Microsoft.RedHatOpenShift/locations/{location}/openShiftVersions",
};

/// Lists the operations of the resource provider.
pub(crate) const OPERATIONS_LIST: Place = Place {
    id: "operations_list",
    path: "/providers/Microsoft.RedHatOpenShift/operations",
};

/// Reads the identities and roles that the operators of an OpenShift minor version need.
pub(crate) const PLATFORM_WORKLOAD_IDENTITY_ROLE_SET_GET: Place = Place {
    id: "platform_workload_identity_role_set_get",
    path: "/subscriptions/{subscriptionId}/providers/Microsoft.RedHatOpenShift/locations/{location}/platformWorkloadIdentityRoleSets/{openShiftMinorVersion}",
};

/// Lists, for each OpenShift minor version, the identities and roles that its operators need.
pub(crate) const PLATFORM_WORKLOAD_IDENTITY_ROLE_SETS_LIST: Place = Place {
    id: "platform_workload_identity_role_sets_list",
    path: "/subscriptions/{subscriptionId}/providers/Microsoft.RedHatOpenShift/locations/{location}/platformWorkloadIdentityRoleSets",
};

/// All of them.
pub(crate) const ALL: [Place; 13] = [
    OPEN_SHIFT_CLUSTERS_CREATE_OR_UPDATE,
    OPEN_SHIFT_CLUSTERS_DELETE,
    OPEN_SHIFT_CLUSTERS_GET,
    OPEN_SHIFT_CLUSTERS_LIST,
    OPEN_SHIFT_CLUSTERS_LIST_ADMIN_CREDENTIALS,
    OPEN_SHIFT_CLUSTERS_LIST_BY_RESOURCE_GROUP,
    OPEN_SHIFT_CLUSTERS_LIST_CREDENTIALS,
    OPEN_SHIFT_CLUSTERS_UPDATE,
    OPEN_SHIFT_VERSIONS_GET,
    OPEN_SHIFT_VERSIONS_LIST,
    OPERATIONS_LIST,
    PLATFORM_WORKLOAD_IDENTITY_ROLE_SET_GET,
    PLATFORM_WORKLOAD_IDENTITY_ROLE_SETS_LIST,
];
