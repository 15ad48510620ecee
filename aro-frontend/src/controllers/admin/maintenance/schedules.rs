//! Recurring maintenance.

use aro_api::model::MaintenanceSchedule;
use aro_api::{request, view};
use aro_store::{IdKind, MaintenanceScheduleDocument, StoreError, Stored};
use axum::Extension;
use http::StatusCode;

use super::limit;
use crate::controllers::admin::no_such;
use crate::controllers::{paging, race};
use crate::fault::Fault;
use crate::layers::body::ReadBody;
use crate::reply::Reply;
use crate::request::Call;

/// GET /admin/maintenanceschedules
pub(crate) async fn list(call: Call) -> Result<Reply, Fault> {
    const LIST: &str = "maintenance schedules";
    let after = paging::begin(&call, LIST)?;
    let schedules = call.app.parts.store.schedules();
    let page = schedules.page(after.as_deref(), limit(&call)).await?;
    for error in &page.corrupt {
        tracing::error!(%error, "a schedule is left out of a list");
    }
    let next_link = paging::next_link(&call, LIST, page.next.as_deref())?;
    let shown: Vec<_> = page.documents.into_iter().map(shown).collect();
    Ok(Reply::json(
        StatusCode::OK,
        view::schedules(&shown, next_link.as_deref()),
    ))
}

/// GET /admin/maintenanceschedules/{schedule}
pub(crate) async fn get(call: Call) -> Result<Reply, Fault> {
    let id = call.name("schedule");
    match call.app.parts.store.schedules().get(id).await? {
        Some(stored) => Ok(reply(StatusCode::OK, stored)),
        None => Err(no_such("schedule", id).into()),
    }
}

/// PUT /admin/maintenanceschedules: the body names the schedule, or makes a new one.
pub(crate) async fn put(call: Call, Extension(ReadBody(body)): Extension<ReadBody>) -> Result<Reply, Fault> {
    let mut wish = request::read_schedule(&body)?;
    // Ids come back in paths, which are in lower case here.
    wish.id = wish.id.to_lowercase();
    if wish.id.is_empty() {
        wish.id = call.app.parts.ids.new_id(IdKind::Schedule).to_string();
    }
    race::until_won(&call.app, || attempt(&call, wish.clone())).await
}

async fn attempt(call: &Call, wish: MaintenanceSchedule) -> Result<Reply, Fault> {
    let schedules = call.app.parts.store.schedules();
    let current = schedules.get(&wish.id).await?;
    request::check_schedule(&wish, current.clone().map(shown).as_ref())?;
    let maintenance_schedule = MaintenanceSchedule {
        id: String::new(),
        ..wish.clone()
    };
    match current {
        None => {
            let document = MaintenanceScheduleDocument {
                id: wish.id,
                maintenance_schedule,
                ..MaintenanceScheduleDocument::default()
            };
            match schedules.create(document).await {
                Err(StoreError::Conflict { .. }) => Err(Fault::Overtaken),
                written => Ok(reply(StatusCode::CREATED, written?)),
            }
        }
        Some(mut stored) => {
            stored.document.maintenance_schedule = maintenance_schedule;
            Ok(reply(StatusCode::OK, schedules.replace(stored).await?))
        }
    }
}

fn reply(status: StatusCode, stored: Stored<MaintenanceScheduleDocument>) -> Reply {
    Reply::json(status, view::schedule(&shown(stored)))
}

fn shown(stored: Stored<MaintenanceScheduleDocument>) -> MaintenanceSchedule {
    MaintenanceSchedule {
        id: stored.id,
        ..stored.document.maintenance_schedule
    }
}
