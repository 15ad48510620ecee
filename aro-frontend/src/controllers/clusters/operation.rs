//! The asynchronous operation that a write starts.

use std::sync::OnceLock;

use aro_api::model::{AsyncOperation, ProvisioningState};
use aro_store::{AsyncOperationDocument, IdKind};

use crate::request::Call;

/// The id of the one operation of a request. It is taken when the first attempt needs it and used by every later one,
/// so that losing a race leaves no operation behind that nothing refers to.
#[derive(Default)]
pub(super) struct OperationId(OnceLock<String>);

impl OperationId {
    pub(super) fn get(&self, call: &Call) -> &str {
        self.0
            .get_or_init(|| call.app.parts.ids.new_id(IdKind::Operation).to_string())
    }
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
