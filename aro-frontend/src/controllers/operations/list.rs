//! GET of the provider's operations.

use http::StatusCode;

use crate::fault::Fault;
use crate::reply::Reply;

/// GET /providers/Microsoft.RedHatOpenShift/operations
pub(crate) async fn list() -> Result<Reply, Fault> {
    Ok(Reply::json(StatusCode::OK, aro_api::view::operations()))
}
