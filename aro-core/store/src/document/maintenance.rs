//! Planned maintenance.

use aro_api::model::{Extra, MaintenanceManifest, MaintenanceManifestState, MaintenanceSchedule};

use super::{own_partition, sealed};
use crate::backend::{Address, Collection, Content, KeySpec, Record};
use crate::members::{Malformed, Members};
use crate::{KeyRing, StoreError, secrets};

/// Pieces of maintenance; each is a partition of its own. The values of every key end in the id of the document, so that
/// each is one place in a list.
pub(crate) static MANIFESTS: Collection = Collection {
    name: "maintenance_manifests",
    keys: &[
        KeySpec {
            name: "cluster",
            unique: None,
        },
        KeySpec {
            name: "pending",
            unique: None,
        },
        KeySpec {
            name: "pending_of_schedule",
            unique: None,
        },
    ],
    default_ttl: None,
};

/// Schedules; each is a partition of its own.
pub(crate) static SCHEDULES: Collection = Collection {
    name: "maintenance_schedules",
    keys: &[],
    default_ttl: None,
};

/// Between what a list is about and the id of a document in it; neither contains it.
pub(crate) const OF: char = '|';

/// A piece of maintenance for one cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MaintenanceManifestDocument {
    /// A UUID.
    pub id: String,
    /// The cluster's resource id, lower case.
    pub cluster_resource_id: String,
    /// What is to be done, and how far it is. Its own id and cluster are those of the document.
    pub maintenance_manifest: MaintenanceManifest,
    /// Members that this build does not know.
    pub extra: Extra,
}

// === impl Form ===

impl sealed::Form for MaintenanceManifestDocument {
    fn collection() -> &'static Collection {
        &MANIFESTS
    }

    fn place(&mut self) -> Result<Address, StoreError> {
        self.cluster_resource_id = self.cluster_resource_id.to_lowercase();
        own_partition(&MANIFESTS, &self.id)
    }

    fn encode(&self, keys: &KeyRing) -> Result<Content, Malformed> {
        let mut members = Members::with_extra(&self.extra);
        members.put("id", &self.id)?;
        members.put_text("clusterResourceID", &self.cluster_resource_id)?;
        members.put_payload("maintenanceManifest", &self.maintenance_manifest, keys, &self.id)?;
        let pending = self.maintenance_manifest.state == MaintenanceManifestState::Pending;
        let schedule = &self.maintenance_manifest.created_by_schedule;
        Ok(Content {
            body: members.into_body()?,
            keys: vec![
                Some(format!("{}{OF}{}", self.cluster_resource_id, self.id)),
                pending.then(|| self.id.clone()),
                (pending && !schedule.is_empty()).then(|| format!("{schedule}{OF}{}", self.id)),
            ],
            queued: false,
            dequeues: 0,
            ttl: None,
        })
    }

    fn any_stale(&self, keys: &KeyRing) -> bool {
        secrets::any_stale(&self.maintenance_manifest, keys)
    }

    fn decode(record: &Record, mut members: Members) -> Result<Self, Malformed> {
        members.take::<String>("id")?;
        Ok(Self {
            id: record.address.id.clone(),
            cluster_resource_id: members.take("clusterResourceID")?,
            maintenance_manifest: members.take_payload("maintenanceManifest")?.unwrap_or_default(),
            extra: members.into_extra(),
        })
    }
}

/// Recurring maintenance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MaintenanceScheduleDocument {
    /// Chosen by whoever creates it.
    pub id: String,
    /// When and for which clusters. Its own id is that of the document.
    pub maintenance_schedule: MaintenanceSchedule,
    /// Members that this build does not know.
    pub extra: Extra,
}

// === impl Form ===

impl sealed::Form for MaintenanceScheduleDocument {
    fn collection() -> &'static Collection {
        &SCHEDULES
    }

    fn place(&mut self) -> Result<Address, StoreError> {
        own_partition(&SCHEDULES, &self.id)
    }

    fn encode(&self, keys: &KeyRing) -> Result<Content, Malformed> {
        let mut members = Members::with_extra(&self.extra);
        members.put("id", &self.id)?;
        members.put_payload("maintenanceSchedule", &self.maintenance_schedule, keys, &self.id)?;
        Ok(Content {
            body: members.into_body()?,
            keys: Vec::new(),
            queued: false,
            dequeues: 0,
            ttl: None,
        })
    }

    fn any_stale(&self, keys: &KeyRing) -> bool {
        secrets::any_stale(&self.maintenance_schedule, keys)
    }

    fn decode(record: &Record, mut members: Members) -> Result<Self, Malformed> {
        members.take::<String>("id")?;
        Ok(Self {
            id: record.address.id.clone(),
            maintenance_schedule: members.take_payload("maintenanceSchedule")?.unwrap_or_default(),
            extra: members.into_extra(),
        })
    }
}
