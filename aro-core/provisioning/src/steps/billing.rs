//! From when until when a cluster is billed.

use aro_api::model::Billing;
use aro_store::{BillingDocument, StoreError};

use super::context::Cx;
use crate::{Change, StepError, Verdict};

/// Begins the record, once.
pub(crate) async fn begin(cx: Cx) -> Result<Verdict, StepError> {
    let record = BillingDocument {
        id: cx.document.id.clone(),
        key: cx.document.key.clone(),
        cluster_resource_group_id_key: cx.document.cluster_resource_group_id_key.clone(),
        infra_id: cx.properties().infra_id.clone(),
        billing: Billing {
            creation_time: cx.now.unix_timestamp(),
            location: cx.cluster().location.clone(),
            tenant_id: cx.tenant().await?,
            ..Billing::default()
        },
        ..BillingDocument::default()
    };
    match cx.environment.store.billing().create(record).await {
        // An earlier attempt has begun it, and its time counts.
        Ok(_) | Err(StoreError::Conflict { .. }) => Ok(Change::none().into()),
        Err(error) => Err(error.into()),
    }
}

/// Ends the record, once. A cluster that was never installed has none.
pub(crate) async fn end(cx: Cx) -> Result<Verdict, StepError> {
    let now = cx.now.unix_timestamp();
    let records = cx.environment.store.billing();
    let ended = records.update(&cx.document.id, |record| {
        if record.billing.deletion_time == 0 {
            record.billing.deletion_time = now;
        }
    });
    match ended.await {
        Ok(_) => Ok(Change::none().into()),
        Err(error) if error.is_not_found() => Ok(Change::none().into()),
        Err(error) => Err(error.into()),
    }
}
