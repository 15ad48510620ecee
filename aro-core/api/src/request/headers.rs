//! What ARM says in headers about a cluster.

use super::{Method, PutOrPatch};
use crate::error::{CloudError, Code};
use crate::model::{Cluster, CreatedByType, SystemData};

/// Takes over who made the request; what ARM did not say stays.
pub(super) fn take_system_data(cluster: &mut Cluster, told: Option<&SystemData>) {
    let Some(told) = told else { return };
    let data = cluster.system_data.get_or_insert_default();
    let text = |to: &mut String, from: &String| {
        if !from.is_empty() {
            to.clone_from(from);
        }
    };
    let word = |to: &mut CreatedByType, from: &CreatedByType| {
        if !from.is_unset() {
            to.clone_from(from);
        }
    };
    text(&mut data.created_by, &told.created_by);
    word(&mut data.created_by_type, &told.created_by_type);
    data.created_at = told.created_at.or(data.created_at);
    text(&mut data.last_modified_by, &told.last_modified_by);
    word(&mut data.last_modified_by_type, &told.last_modified_by_type);
    data.last_modified_at = told.last_modified_at.or(data.last_modified_at);
}

/// Takes over where the identities of a workload identity cluster get their credentials, and their tenant. A PUT has
/// to say both; a PATCH that does not leaves them.
///
/// # Errors
/// 400 `InvalidParameter` when a PUT lacks one of the headers.
pub(super) fn take_identity(cluster: &mut Cluster, request: &PutOrPatch<'_>) -> Result<(), CloudError> {
    if !cluster.uses_workload_identity() {
        return Ok(());
    }
    let url = told(request.identity_url, request.method, "x-ms-identity-url")?;
    let tenant = told(request.home_tenant_id, request.method, "x-ms-home-tenant-id")?;
    if let Some(identity) = &mut cluster.identity {
        if let Some(url) = url {
            url.clone_into(&mut identity.identity_url);
        }
        if let Some(tenant) = tenant {
            tenant.clone_into(&mut identity.tenant_id);
        }
    }
    Ok(())
}

fn told<'a>(value: Option<&'a str>, method: Method, header: &str) -> Result<Option<&'a str>, CloudError> {
    let value = value.filter(|value| !value.is_empty());
    if value.is_none() && method == Method::Put {
        let message = format!(
            "The request for a cluster with managed identities lacks the header '{header}', which Azure Resource \
             Manager sends. Send the request through Azure Resource Manager."
        );
        return Err(CloudError::new(400, Code::INVALID_PARAMETER, "identity", message));
    }
    Ok(value)
}
