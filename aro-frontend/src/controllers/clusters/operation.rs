//! The asynchronous operation that a write starts.

use aro_api::model::{AsyncOperation, ProvisioningState};
use aro_store::AsyncOperationDocument;

use crate::parts::IdKind;
use crate::request::Call;

/// The id of the one operation of a request. It is taken once and used by every attempt, so that losing a race leaves
/// no operation behind that nothing refers to.
pub(super) fn new_id(call: &Call) -> String {
    call.app.parts.ids.next(IdKind::Operation).to_string()
}

/// The document of an operation that has just begun; `state` is what its status says while it runs.
pub(super) fn begun(call: &Call, id: &str, state: &ProvisioningState) -> AsyncOperationDocument {
    AsyncOperationDocument {
        id: id.to_string(),
        async_operation: AsyncOperation {
            id: call.operation_path("operationsstatus", id),
            name: id.to_string(),
            initial_status: state.clone(),
            status: state.clone(),
            start_time: Some(call.app.parts.clock.now()),
            ..AsyncOperation::default()
        },
        ..AsyncOperationDocument::default()
    }
}
