//! Planned maintenance: what is to be done to a cluster, and when.

use aro_api_derive::Resource;

use super::{Extra, Seq};
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

open_enum! {
    /// Whether a schedule makes maintenance.
    MaintenanceScheduleState {
        /// It does.
        Enabled = "Enabled",
        /// It does not.
        Disabled = "Disabled",
    }
}

/// Recurring maintenance for many clusters.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "MaintenanceSchedule")]
pub struct MaintenanceSchedule {
    /// The id of its document.
    #[aro(name = "id", in("admin"))]
    pub id: String,
    /// Whether it makes maintenance.
    #[aro(name = "state", in("admin"), mutable)]
    pub state: MaintenanceScheduleState,
    /// What is to be done.
    #[aro(name = "maintenanceTaskID", in("admin"))]
    pub maintenance_task_id: String,
    /// When it is due, see [`calendar`](crate::calendar).
    #[aro(name = "schedule", in("admin"), mutable)]
    pub schedule: String,
    /// For how many of the next times maintenance is made ahead.
    #[aro(name = "lookForwardCount", in("admin"), mutable)]
    pub look_forward_count: i64,
    /// Over which span of time the clusters are spread, as `24h`.
    #[aro(name = "scheduleAcross", in("admin"), mutable)]
    pub schedule_across: String,
    /// Which clusters it is for: those that all selectors fit.
    #[aro(name = "selectors", in("admin"), mutable)]
    pub selectors: Seq<MaintenanceSelector>,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// A condition on clusters.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "MaintenanceScheduleSelector")]
pub struct MaintenanceSelector {
    /// What is looked at.
    #[aro(name = "key", in("admin"))]
    pub key: String,
    /// How it is compared: `eq`, `in`, `notin`.
    #[aro(name = "operator", in("admin"))]
    pub operator: String,
    /// What it is compared with by `eq`.
    #[aro(name = "value", in("admin"))]
    pub value: String,
    /// What it is compared with by `in` and `notin`.
    #[aro(name = "values", in("admin"))]
    pub values: Seq<String>,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}
