//! DELETE of a cluster.

use aro_api::model::{CorrelationData, ProvisioningState, SubscriptionState};
use aro_api::request;
use http::StatusCode;

use super::operation::{self, OperationId};
use super::{find, subscription_in};
use crate::controllers::race;
use crate::fault::Fault;
use crate::reply::Reply;
use crate::request::Call;

/// DELETE …/openShiftClusters/{name}
pub(crate) async fn delete(call: Call) -> Result<Reply, Fault> {
    let operation = OperationId::default();
    race::until_won(&call.app, || attempt(&call, &operation)).await
}

async fn attempt(call: &Call, operation: &OperationId) -> Result<Reply, Fault> {
    // What is not there needs no permission to go.
    let Some(mut stored) = find(call).await? else {
        return Ok(Reply::empty(StatusCode::NO_CONTENT));
    };
    call.check_conditions(Some(&stored.etag))?;

    // A subscription in arrears may still clean up; one that is no longer registered may not even do that.
    use SubscriptionState::{Registered, Suspended, Warned};
    subscription_in(call, &[Registered, Warned, Suspended]).await?;
    request::check_state_for_delete(&stored.document.cluster)?;

    // From here on the backend takes it down; the document stays until Azure is empty.
    let document = &mut stored.document;
    let properties = &mut document.cluster.properties;
    properties.last_provisioning_state =
        std::mem::replace(&mut properties.provisioning_state, ProvisioningState::Deleting);
    document.dequeues = 0;
    document.correlation_data = CorrelationData::clone(&call.correlation);
    let operation = operation.get(call);
    let begun = operation::begun(call, operation, &ProvisioningState::Deleting);
    call.app.parts.store.clusters().replace(stored, Some(begun)).await?;

    Reply::empty(StatusCode::ACCEPTED)
        .location(&call.operation_link("operationresults", operation))?
        .operation(
            &call.operation_link("operationsstatus", operation),
            call.app.parts.settings.retry_after,
        )
}
