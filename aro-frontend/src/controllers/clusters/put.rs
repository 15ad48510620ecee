//! PUT of a cluster: creates it, or brings it to what the body says.

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

/// PUT …/openShiftClusters/{name}
pub(crate) async fn put(
    call: Call,
    Extension(RequestedVersion(version)): Extension<RequestedVersion>,
    Extension(ReadBody(body)): Extension<ReadBody>,
    told: Option<Extension<ToldSystemData>>,
) -> Result<Reply, Fault> {
    let write = Write {
        method: Method::Put,
        version,
        body,
        system_data: told.map(|Extension(ToldSystemData(data))| data),
        operation: OperationId::default(),
    };
    until_won(&call.app, || write.attempt(&call)).await
}
