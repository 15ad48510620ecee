//! The maintenance that waits, in the whole region.

use aro_api::model::MaintenanceManifestState;
use aro_api::{CloudError, Code};
use aro_store::{MaintenanceManifestDocument, ManifestScope, StoreError, Stored};
use serde::Serialize;

use super::{MOST, manifests};
use crate::controllers::admin::indented;
use crate::fault::Fault;
use crate::reply::Reply;
use crate::request::Call;

/// GET /admin/maintenancemanifests/queued
pub(crate) async fn list(call: Call) -> Result<Reply, Fault> {
    manifests::page(&call, ManifestScope::Pending, false).await
}

/// How many were called off.
#[derive(Default, Serialize)]
struct Cancelled {
    cancelled: usize,
    errors: usize,
}

/// POST /admin/maintenancemanifests/cancel?scheduleID=: calls off what a schedule has made and has not begun yet.
pub(crate) async fn cancel(call: Call) -> Result<Reply, Fault> {
    const PARAMETER: &str = "scheduleID";
    let Some(schedule) = call.parameter(PARAMETER).filter(|id| !id.is_empty()) else {
        let message = "The parameter scheduleID must name the schedule whose maintenance is to be cancelled.";
        return Err(CloudError::bad_request(Code::INVALID_PARAMETER, PARAMETER, message).into());
    };
    let now = call.app.parts.clock.now().unix_timestamp();
    let scope = ManifestScope::PendingOfSchedule(schedule);
    let manifests = call.app.parts.store.manifests();
    let mut done = Cancelled::default();
    let mut after = None;
    loop {
        let page = manifests.page_in(&scope, after.as_deref(), MOST).await?;
        done.errors += page.corrupt.len();
        for stored in page.documents {
            if stored.document.maintenance_manifest.run_after < now {
                continue;
            }
            match call_off(&call, stored).await {
                Ok(()) => done.cancelled += 1,
                // The others are called off all the same.
                Err(error) => {
                    tracing::error!(%error, "a piece of maintenance could not be cancelled");
                    done.errors += 1;
                }
            }
        }
        after = page.next;
        if after.is_none() {
            return indented(&done);
        }
    }
}

/// Calls off one of them, unless it has begun meanwhile.
async fn call_off(call: &Call, stored: Stored<MaintenanceManifestDocument>) -> Result<(), StoreError> {
    let change = |document: &mut MaintenanceManifestDocument| {
        let state = &mut document.maintenance_manifest.state;
        if *state == MaintenanceManifestState::Pending {
            *state = MaintenanceManifestState::Cancelled;
        }
    };
    call.app
        .parts
        .store
        .manifests()
        .update(&stored.id, change)
        .await
        .map(drop)
}
