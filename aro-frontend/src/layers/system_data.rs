//! Who created or changed the resource, as ARM tells in a header.

use aro_api::model::SystemData;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

use super::correlation::text;

/// What ARM told. Absent when it told nothing, or nothing that can be read.
#[derive(Debug, Clone)]
pub(crate) struct ToldSystemData(pub(crate) SystemData);

pub(crate) async fn layer(mut request: Request, next: Next) -> Response {
    let told = text(request.headers(), "x-ms-arm-resource-system-data");
    if !told.is_empty() {
        // The header is ARM's, not the client's, so a bad one is no reason to refuse the client.
        match aro_api::request::system_data(told.as_bytes()) {
            Ok(data) => {
                request.extensions_mut().insert(ToldSystemData(data));
            }
            Err(error) => tracing::warn!(%error, "the system data header cannot be read and is left out"),
        }
    }
    next.run(request).await
}
