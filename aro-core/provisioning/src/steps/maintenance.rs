//! What maintenance writes into the documents of older clusters.

use aro_api::request::{OPERATOR_FLAGS, set_defaults};

use super::context::Cx;
use crate::{Change, StepError, Verdict};

/// Fills what api-versions after the cluster's creation have added.
pub(crate) async fn defaults(_: Cx) -> Result<Verdict, StepError> {
    Ok(Change::document(|document| set_defaults(&mut document.cluster, OPERATOR_FLAGS)).into())
}

/// The first clusters had no infrastructure id of their own.
pub(crate) async fn infra_id(_: Cx) -> Result<Verdict, StepError> {
    Ok(Change::document(|document| {
        let kept = &mut document.cluster.properties.infra_id;
        if kept.is_empty() {
            "aro".clone_into(kept);
        }
    })
    .into())
}

/// Notes which release of the service has looked after the cluster last.
pub(crate) async fn provisioned_by(cx: Cx) -> Result<Verdict, StepError> {
    let commit = cx.environment.config.commit.clone();
    Ok(Change::document(move |document| document.cluster.properties.provisioned_by.clone_from(&commit)).into())
}
