//! What is drawn once and kept before it is used.

use aro_api::model::{Install, InstallPhase};

use super::context::Cx;
use crate::{Change, StepError, Verdict, names};

/// Marks that an installation runs, from when on.
pub(crate) async fn begin(cx: Cx) -> Result<Verdict, StepError> {
    let now = cx.now;
    Ok(Change::document(move |document| {
        document.cluster.properties.install.get_or_insert_with(|| Install {
            now: Some(now),
            phase: InstallPhase::Bootstrap,
            ..Install::default()
        });
    })
    .into())
}

pub(crate) async fn infra_id(cx: Cx) -> Result<Verdict, StepError> {
    let drawn = names::infra_id(&cx.cluster().name, cx.environment.ids.new_id());
    Ok(Change::document(move |document| {
        let kept = &mut document.cluster.properties.infra_id;
        if kept.is_empty() {
            kept.clone_from(&drawn);
        }
    })
    .into())
}

pub(crate) async fn storage_suffix(cx: Cx) -> Result<Verdict, StepError> {
    let drawn = names::storage_suffix(cx.environment.ids.new_id());
    Ok(Change::document(move |document| {
        let properties = &mut document.cluster.properties;
        if properties.storage_suffix.is_empty() {
            properties.storage_suffix.clone_from(&drawn);
        }
        properties.image_registry_storage_account_name = format!("imageregistry{}", properties.storage_suffix);
    })
    .into())
}
