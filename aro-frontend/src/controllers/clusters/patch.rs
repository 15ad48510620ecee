//! PATCH of a cluster: changes what the body names and leaves the rest.

use aro_api::request::Method;
use axum::Extension;

use super::operation::OperationId;
use super::write::Write;
use crate::controllers::race::until_won;
use crate::fault::Fault;
use crate::layers::api_version::RequestedVersion;
use crate::layers::body::ReadBody;
use crate::layers::system_data::ToldSystemData;
use crate::reply::Reply;
use crate::request::Call;

/// PATCH …/openShiftClusters/{name}
pub(crate) async fn patch(
    call: Call,
    Extension(RequestedVersion(version)): Extension<RequestedVersion>,
    Extension(ReadBody(body)): Extension<ReadBody>,
    told: Option<Extension<ToldSystemData>>,
) -> Result<Reply, Fault> {
    let write = Write {
        method: Method::Patch,
        version,
        body,
        system_data: told.map(|Extension(ToldSystemData(data))| data),
        operation: OperationId::default(),
    };
    until_won(&call.app, || write.attempt(&call)).await
}
