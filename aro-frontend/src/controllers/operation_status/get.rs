//! GET of an operation's status.

use aro_api::view;
use http::StatusCode;

use crate::controllers::operation_results::found::Found;
use crate::fault::Fault;
use crate::reply::Reply;
use crate::request::Call;

/// GET …/locations/{location}/operationsstatus/{operation}
pub(crate) async fn get(call: Call) -> Result<Reply, Fault> {
    let Found { operation, cluster } = Found::of(&call).await?;

    // As long as the cluster refers to the operation it is under way, even if its end is already written here: the
    // end of both is two writes, and the client must not see the one without the other.
    let running = cluster.is_some();
    let mut shown = operation.async_operation;
    if running {
        shown.status = shown.initial_status.clone();
        shown.end_time = None;
        shown.error = None;
    }
    let progress = cluster
        .as_ref()
        .and_then(|cluster| call.app.parts.progress.read(cluster));

    let reply = Reply::json(StatusCode::OK, view::operation_status(&shown, progress.as_ref()));
    Ok(if running {
        reply.retry_after(call.app.parts.settings.retry_after)
    } else {
        reply
    })
}
