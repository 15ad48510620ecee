//! The operation that a path names.

use aro_api::{CloudError, Code};
use aro_store::{AsyncOperationDocument, ClusterDocument};

use crate::fault::Fault;
use crate::request::Call;

/// An operation, and its cluster for as long as that refers to it.
pub(crate) struct Found {
    pub(crate) operation: AsyncOperationDocument,
    pub(crate) cluster: Option<ClusterDocument>,
}

impl Found {
    pub(crate) async fn of(call: &Call) -> Result<Found, Fault> {
        let store = &call.app.parts.store;
        let id = call.name("operation");
        let Some(stored) = store.operations().get(id).await? else {
            return Err(missing(id).into());
        };
        let operation = stored.document;

        // Somebody else's operation is answered like one that does not exist.
        let own = format!("/subscriptions/{}/", call.subscription());
        if !operation.openshift_cluster_key.starts_with(&own) {
            return Err(missing(id).into());
        }

        let cluster = store
            .clusters()
            .get(&operation.openshift_cluster_key)
            .await?
            .map(|stored| stored.document);
        let cluster = cluster.filter(|cluster| cluster.async_operation_id == operation.id);
        Ok(Found { operation, cluster })
    }
}

fn missing(id: &str) -> CloudError {
    CloudError::new(
        404,
        Code::NOT_FOUND,
        "",
        format!(
            "The operation {id} was not found. Operations are kept for seven days; read the resource itself to see its \
             state."
        ),
    )
}
