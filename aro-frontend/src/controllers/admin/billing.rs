//! What is billed, and since when.

use aro_store::BillingDocument;
use serde::Serialize;

use super::{compact, no_such};
use crate::controllers::paging;
use crate::fault::Fault;
use crate::reply::Reply;
use crate::request::Call;

/// A billing document as operators see it.
#[derive(Serialize)]
struct Shown {
    id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    key: String,
    #[serde(rename = "clusterResourceGroupIDKey", skip_serializing_if = "String::is_empty")]
    cluster_resource_group_id_key: String,
    #[serde(rename = "infraId", skip_serializing_if = "String::is_empty")]
    infra_id: String,
    billing: Record,
}

/// Times in seconds since 1970; 0, which is left out, for none.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    #[serde(skip_serializing_if = "is_zero")]
    creation_time: i64,
    #[serde(skip_serializing_if = "is_zero")]
    deletion_time: i64,
    #[serde(skip_serializing_if = "is_zero")]
    last_billing_time: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    location: String,
    #[serde(rename = "tenantID", skip_serializing_if = "String::is_empty")]
    tenant_id: String,
}

#[derive(Serialize)]
struct List {
    value: Vec<Shown>,
    #[serde(rename = "nextLink", skip_serializing_if = "Option::is_none")]
    next_link: Option<String>,
}

fn is_zero(seconds: &i64) -> bool {
    *seconds == 0
}

impl From<BillingDocument> for Shown {
    fn from(document: BillingDocument) -> Shown {
        let billing = document.billing;
        Shown {
            id: document.id,
            key: document.key,
            cluster_resource_group_id_key: document.cluster_resource_group_id_key,
            infra_id: document.infra_id,
            billing: Record {
                creation_time: billing.creation_time,
                deletion_time: billing.deletion_time,
                last_billing_time: billing.last_billing_time,
                location: billing.location,
                tenant_id: billing.tenant_id,
            },
        }
    }
}

/// GET /admin/billingdocuments
pub(crate) async fn list(call: Call) -> Result<Reply, Fault> {
    const LIST: &str = "billing documents";
    let parts = &call.app.parts;
    let after = paging::begin(&call, LIST)?;
    let page = parts
        .store
        .billing()
        .page(after.as_deref(), parts.settings.page_size)
        .await?;
    for error in &page.corrupt {
        tracing::error!(%error, "a billing document is left out of a list");
    }
    let next_link = paging::next_link(&call, LIST, page.next.as_deref())?;
    let value = page
        .documents
        .into_iter()
        .map(|stored| stored.document.into())
        .collect();
    compact(&List { value, next_link })
}

/// GET /admin/billingdocuments/{document}
pub(crate) async fn get(call: Call) -> Result<Reply, Fault> {
    let id = call.name("document");
    match call.app.parts.store.billing().get(id).await? {
        Some(stored) => compact(&Shown::from(stored.document)),
        None => Err(no_such("billing document", id).into()),
    }
}
