//! The identities of a cluster's operators, as the operators find them.

use serde_json::json;

use super::{super::context::Cx, apply};
use crate::{Change, StepError, Verdict, identity_secrets, steps::role_sets};

/// Writes the secret of every operator, in its namespace, which may come with a version that the cluster has yet to get.
pub(crate) async fn secrets(cx: Cx) -> Result<Verdict, StepError> {
    let roles = role_sets::operators(&cx).await?;
    let secrets = identity_secrets::all(cx.cluster(), &cx.tenant().await?, cx.subscription()?, &roles);
    let secrets = secrets.map_err(StepError::Unexpected)?;
    let client = cx.kube().await?;
    let mut namespaces: Vec<&str> = secrets.iter().map(|one| one.namespace.as_str()).collect();
    namespaces.sort_unstable();
    namespaces.dedup();
    for name in namespaces {
        apply(
            &client,
            &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}),
        )
        .await?;
    }
    for one in &secrets {
        apply(&client, &one.object()).await?;
    }
    Ok(Change::none().into())
}
