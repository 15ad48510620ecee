//! The pull secret of the cluster, which is the customer's: the service only looks after the entries of its own registries.
//!
//! ```text
//! document ─► openshift-azure-operator/cluster   what the operator repairs the other from, so it comes first
//!          └► openshift-config/pull-secret       entries of other registries stay
//! ```
//!
//! Each run compares, so a password that was made by a worker that died before the cluster had it gets there by the next
//! run. A secret that cannot be changed (another type, immutable) is made anew; what it holds is kept in a copy meanwhile.

use aro_api::Secret as Hidden;
use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::{
    Api, Client,
    api::{DeleteParams, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};

use super::{super::context::Cx, FIELD_MANAGER, operator};
use crate::{
    Change, Registry, StepError, Verdict, installer,
    operator::{NAMESPACE as OPERATOR, PULL_SECRET as BACKUP},
    steps::registry,
};

const NAMESPACE: &str = "openshift-config";
const NAME: &str = "pull-secret";
/// Holds what the pull secret holds while that is made anew.
const COPY: &str = "pull-secret-aro-copy";
/// Says on the pull secret that there may still be a copy.
const COPIED: &str = "aro.openshift.io/pull-secret-copied";
const TYPE: &str = "kubernetes.io/dockerconfigjson";
const KEY: &str = ".dockerconfigjson";

/// Whether there is a document of that name in the secret.
fn content(secret: &Secret) -> Option<&str> {
    let bytes = secret.data.as_ref()?.get(KEY)?;
    std::str::from_utf8(&bytes.0).ok()
}

/// The content with the service's registries in it. What is no pull secret at all cannot be used by anybody and is
/// replaced.
fn merged(known: Option<&str>, registries: &[Registry]) -> Result<Hidden, StepError> {
    match installer::pull_secret(known, registries) {
        Ok(merged) => Ok(merged),
        Err(_) if known.is_some() => {
            tracing::warn!("the pull secret of the cluster was unreadable and is made anew");
            installer::pull_secret(None, registries).map_err(StepError::Unexpected)
        }
        Err(error) => Err(StepError::Unexpected(error)),
    }
}

fn same(a: &str, b: &str) -> bool {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).ok();
    parsed(a).is_some() && parsed(a) == parsed(b)
}

fn object(name: &str, content: &Hidden) -> Secret {
    let text = content.plain().unwrap_or_default();
    Secret {
        metadata: kube::api::ObjectMeta {
            name: Some(name.to_owned()),
            namespace: Some(NAMESPACE.to_owned()),
            annotations: (name == NAME).then(|| [(COPIED.to_owned(), "true".to_owned())].into()),
            ..kube::api::ObjectMeta::default()
        },
        type_: Some(TYPE.to_owned()),
        data: Some([(KEY.to_owned(), ByteString(text.as_bytes().to_vec()))].into()),
        ..Secret::default()
    }
}

fn by_us() -> PostParams {
    PostParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PostParams::default()
    }
}

/// Brings the passwords of the document into the cluster.
pub(crate) async fn hand_out(cx: Cx) -> Result<Verdict, StepError> {
    let registries = registry::opened(&cx)?;
    if registries.is_empty() {
        return Ok(Change::none().into());
    }
    let client = cx.kube().await?;
    if cx.environment.operator.is_some() {
        backup(&cx, &client).await?;
    }
    let secrets = Api::<Secret>::namespaced(client, NAMESPACE);
    match secrets.get_opt(NAME).await? {
        Some(found)
            if found.type_.as_deref() == Some(TYPE) && found.data.is_some() && found.immutable != Some(true) =>
        {
            change(&secrets, &found, &registries).await?;
        }
        found => renew(&secrets, found.as_ref(), &registries).await?,
    }
    Ok(Change::none().into())
}

/// The operator's own part, where the cluster has the operator.
async fn backup(cx: &Cx, client: &Client) -> Result<(), StepError> {
    let secrets = Api::<Secret>::namespaced(client.clone(), OPERATOR);
    let Some(known) = secrets.get_opt(BACKUP).await? else {
        return Ok(());
    };
    let wanted = registry::pull_secret(cx).await?;
    if content(&known).is_some_and(|known| same(known, wanted.plain().unwrap_or_default())) {
        return Ok(());
    }
    let owner = operator::cluster_object(client).await?;
    operator::keep_pull_secret(cx, client, owner.as_ref()).await
}

async fn change(secrets: &Api<Secret>, found: &Secret, registries: &[Registry]) -> Result<(), StepError> {
    let known = content(found);
    let wanted = merged(known, registries)?;
    let text = wanted.plain().unwrap_or_default();
    if !known.is_some_and(|known| same(known, text)) {
        // The version says what was merged: somebody else's change in between is not lost.
        let change = json!({
            "metadata": {"resourceVersion": found.metadata.resource_version},
            "data": {KEY: ByteString(text.as_bytes().to_vec())},
        });
        patch(secrets, &change).await?;
    }
    let annotations = found.metadata.annotations.as_ref();
    if annotations.is_some_and(|all| all.contains_key(COPIED)) {
        forget_copy(secrets).await?;
    }
    Ok(())
}

async fn patch(secrets: &Api<Secret>, change: &Value) -> Result<(), StepError> {
    let parameters = PatchParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PatchParams::default()
    };
    secrets.patch(NAME, &parameters, &Patch::Merge(change)).await?;
    Ok(())
}

async fn delete(secrets: &Api<Secret>, name: &str) -> Result<(), StepError> {
    match secrets.delete(name, &DeleteParams::default()).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn forget_copy(secrets: &Api<Secret>) -> Result<(), StepError> {
    delete(secrets, COPY).await?;
    patch(secrets, &json!({"metadata": {"annotations": {COPIED: null}}})).await
}

/// Makes the pull secret anew. There is always a secret that has the customer's entries: the old one, the copy, or the new
/// one.
async fn renew(secrets: &Api<Secret>, found: Option<&Secret>, registries: &[Registry]) -> Result<(), StepError> {
    let copy = secrets.get_opt(COPY).await?;
    let known = found.and_then(content).or_else(|| copy.as_ref().and_then(content));
    let wanted = merged(known, registries)?;
    if found.is_some() {
        let parameters = PatchParams::apply(FIELD_MANAGER).force();
        let copied = object(COPY, &wanted);
        secrets.patch(COPY, &parameters, &Patch::Apply(&copied)).await?;
        delete(secrets, NAME).await?;
    }
    secrets.create(&by_us(), &object(NAME, &wanted)).await?;
    forget_copy(secrets).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_pull_secret_is_replaced_and_other_registries_stay() {
        let registries = [("a.example".to_owned(), "u".to_owned(), Hidden::new("p"))];
        let of = |known: Option<&str>| -> Value {
            serde_json::from_str(merged(known, &registries).unwrap().plain().unwrap()).unwrap()
        };
        let entry = json!({"auth": "dTpw"});
        assert_eq!(of(None), json!({"auths": {"a.example": entry}}));
        assert_eq!(of(Some("CANARY")), of(None));
        assert_eq!(of(Some(r#"{"auths":null}"#)), of(None));
        let known = r#"{"auths":{"b.example":{"auth":"x","email":"e"},"a.example":{"auth":"old"}},"more":1}"#;
        assert_eq!(
            of(Some(known)),
            json!({"auths": {"b.example": {"auth": "x", "email": "e"}, "a.example": entry}, "more": 1})
        );
    }

    #[test]
    fn spelling_is_no_difference() {
        assert!(same(r#"{"a": 1, "b": 2}"#, r#"{"b":2,"a":1}"#));
        assert!(!same("x", "x") && !same("{}", "[]"));
    }
}
