//! Planned maintenance: what is to be done to a cluster, and when.

use aro_api_derive::Resource;

use super::Extra;
use crate::resource::open_enum;

open_enum! {
    /// How far a piece of maintenance is.
    MaintenanceManifestState {
        /// It waits for its time.
        Pending = "Pending",
        /// It runs.
        InProgress = "InProgress",
        /// It ended well.
        Completed = "Completed",
        /// It did not end well.
        Failed = "Failed",
        /// It did not end well, however often it was tried.
        RetriesExceeded = "RetriesExceeded",
        /// Its time was over before it could be done.
        TimedOut = "TimedOut",
        /// Somebody called it off.
        Cancelled = "Cancelled",
    }
}

/// A piece of maintenance for one cluster.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "MaintenanceManifest")]
pub struct MaintenanceManifest {
    /// The id of its document, a UUID.
    #[aro(name = "id", in("admin"))]
    pub id: String,
    /// The cluster, in lower case.
    #[aro(name = "clusterResourceID", in("admin"))]
    pub cluster_resource_id: String,
    /// How far it is.
    #[aro(name = "state", in("admin"))]
    pub state: MaintenanceManifestState,
    /// What there is to say about that.
    #[aro(name = "statusText", in("admin"))]
    pub status_text: String,
    /// What is to be done.
    #[aro(name = "maintenanceTaskID", in("admin"))]
    pub maintenance_task_id: String,
    /// The schedule that made it, if one did.
    #[aro(name = "createdBySchedule", in("admin"))]
    pub created_by_schedule: String,
    /// Which of several goes first: the one with the lowest number.
    #[aro(name = "priority", in("admin"))]
    pub priority: i64,
    /// When it may begin, in seconds since 1970.
    #[aro(name = "runAfter", in("admin"))]
    pub run_after: i64,
    /// When it has to have begun, in seconds since 1970.
    #[aro(name = "runBefore", in("admin"))]
    pub run_before: i64,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}
