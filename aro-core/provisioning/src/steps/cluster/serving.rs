//! The certificates that customers see: the vault has them made, the cluster shows them.
//!
//! | in the vault | secret in | named by |
//! |---|---|---|
//! | `<id>-apiserver` | `openshift-config`, `openshift-azure-operator` | `APIServer/cluster`, for `api.<domain>` |
//! | `<id>-ingress` | `openshift-ingress`, `openshift-azure-operator` | `IngressController/default` |
//!
//! What is in place is not written again: a change of what names a certificate makes API server or router roll out. A
//! secret comes before what names it, so whoever repeats a step finds nothing that leads nowhere.

use aro_azure::vault::VaultClient;
use aro_cluster::openshift::kinds;
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, Client,
    api::{DeleteParams, DynamicObject, Patch, PatchParams, PostParams, Preconditions},
};
use serde_json::{Value, json};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{
    super::{
        certificates::{self, Wanted},
        context::Cx,
    },
    FIELD_MANAGER, all, apply, merge,
    pair::Pair,
};
use crate::{Change, StepError, Verdict};

const TLS: &str = "kubernetes.io/tls";
const CHAIN: &str = "tls.crt";
const KEY: &str = "tls.key";
/// Where the monitor looks at the certificates.
const OPERATOR_NAMESPACE: &str = "openshift-azure-operator";

/// The API server shows the vault's certificate for the name that customers use.
pub(crate) async fn api_server(cx: Cx) -> Result<Verdict, StepError> {
    let Some((vault, [wanted, _])) = certificates::wanted(&cx).await? else {
        return Ok(Change::none().into());
    };
    let client = cx.kube().await?;
    hand_over(&cx, &client, &vault, &wanted, "openshift-config").await?;
    let servers = all(&client, &kinds::api_server());
    let settings = servers.get("cluster").await?;
    let known = settings.data.pointer("/spec/servingCerts/namedCertificates");
    let known = known.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let named = naming(known, &wanted);
    if named != known {
        // The version says what the list was made from: somebody else's change in between is not lost.
        let change = json!({
            "metadata": {"resourceVersion": settings.metadata.resource_version},
            "spec": {"servingCerts": {"namedCertificates": named}},
        });
        merge(&servers, "cluster", &change).await?;
    }
    Ok(Change::none().into())
}

/// The router shows the vault's certificate where a route has none of its own.
pub(crate) async fn ingress(cx: Cx) -> Result<Verdict, StepError> {
    let Some((vault, [_, wanted])) = certificates::wanted(&cx).await? else {
        return Ok(Change::none().into());
    };
    let client = cx.kube().await?;
    hand_over(&cx, &client, &vault, &wanted, "openshift-ingress").await?;
    let kind = kinds::ingress_controller();
    let controllers = Api::<DynamicObject>::namespaced_with(client, "openshift-ingress-operator", &kind);
    let controller = controllers.get("default").await?;
    let known = controller.data.pointer("/spec/defaultCertificate/name");
    if known.and_then(Value::as_str) != Some(&wanted.name) {
        let change = json!({"spec": {"defaultCertificate": {"name": wanted.name}}});
        merge(&controllers, "default", &change).await?;
    }
    Ok(Change::none().into())
}

/// The named certificates with ours for our host. Those for other hosts are the customer's and stay.
fn naming(known: &[Value], wanted: &Wanted) -> Vec<Value> {
    let mut ours = Some(json!({"names": [wanted.host], "servingCertificate": {"name": wanted.name}}));
    let mut named = Vec::new();
    for entry in known {
        let names = entry["names"].as_array().map(Vec::as_slice).unwrap_or_default();
        let others: Vec<&Value> = names.iter().filter(|name| **name != *wanted.host).collect();
        if others.len() == names.len() {
            named.push(entry.clone());
            continue;
        }
        named.extend(ours.take());
        if !others.is_empty() {
            let mut rest = entry.clone();
            rest["names"] = json!(others);
            named.push(rest);
        }
    }
    named.extend(ours);
    named
}

/// Brings a certificate from the vault into the cluster, to where it is shown from and to where it is looked at.
async fn hand_over(
    cx: &Cx,
    client: &Client,
    vault: &VaultClient,
    wanted: &Wanted,
    namespace: &str,
) -> Result<(), StepError> {
    let Some(found) = vault.secret(&wanted.name).await? else {
        return Err(StepError::NotYet(format!(
            "the vault has no certificate for {} yet",
            wanted.host
        )));
    };
    let pair = found
        .pem()
        .and_then(|pem| Pair::read(&[&pem]))
        .ok_or_else(|| StepError::Unexpected(format!("the vault's certificate for {} cannot be read", wanted.host)))?;
    keep(client, namespace, wanted, &pair, cx.now).await?;
    keep(client, OPERATOR_NAMESPACE, wanted, &pair, cx.now).await
}

/// Keeps the pair in a secret, unless it has the same or a newer one.
async fn keep(
    client: &Client,
    namespace: &str,
    wanted: &Wanted,
    pair: &Pair,
    now: OffsetDateTime,
) -> Result<(), StepError> {
    let secrets = Api::<Secret>::namespaced(client.clone(), namespace);
    if let Some(known) = secrets.get_opt(&wanted.name).await? {
        let is_tls = known.type_.as_deref() == Some(TLS);
        let kept = Pair::read(&[part(&known, CHAIN), part(&known, KEY)]).filter(|_| is_tls);
        if kept.is_some_and(|kept| kept == *pair || kept.is_newer_than(pair, now)) {
            return Ok(());
        }
        if is_tls && known.immutable != Some(true) {
            let parameters = PatchParams {
                field_manager: Some(FIELD_MANAGER.to_owned()),
                ..PatchParams::default()
            };
            let change = json!({"data": data(pair)});
            secrets.patch(&wanted.name, &parameters, &Patch::Merge(&change)).await?;
            return Ok(());
        }
        // Kind and immutability of a secret are for life.
        let this = DeleteParams {
            preconditions: Some(Preconditions {
                uid: known.metadata.uid,
                resource_version: known.metadata.resource_version,
            }),
            ..DeleteParams::default()
        };
        secrets.delete(&wanted.name, &this).await?;
    }
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "type": TLS,
        "metadata": {"name": wanted.name, "namespace": namespace}, "data": data(pair),
    });
    let secret: Secret = serde_json::from_value(secret).map_err(|error| StepError::Unexpected(error.to_string()))?;
    let parameters = PostParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PostParams::default()
    };
    match secrets.create(&parameters, &secret).await {
        // The namespace is the operator's, which may not be there yet.
        Err(kube::Error::Api(status)) if status.code == 404 => {
            let missing = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
            apply(client, &missing).await?;
            secrets.create(&parameters, &secret).await?;
        }
        other => drop(other?),
    }
    Ok(())
}

fn part<'a>(secret: &'a Secret, key: &str) -> &'a [u8] {
    let data = secret.data.as_ref().and_then(|data| data.get(key));
    data.map(|bytes| bytes.0.as_slice()).unwrap_or_default()
}

fn data(pair: &Pair) -> Value {
    let key: Zeroizing<String> = pair.key_pem();
    let bytes = |text: &str| json!(k8s_openapi::ByteString(text.as_bytes().to_vec()));
    json!({CHAIN: bytes(&pair.chain_pem()), KEY: bytes(&key)})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_is_named_once_and_those_of_others_stay() {
        let wanted = Wanted {
            name: "x-apiserver".to_owned(),
            host: "api.one.example".to_owned(),
        };
        let entry = |names: &[&str], secret: &str| json!({"names": names, "servingCertificate": {"name": secret}});
        let ours = entry(&["api.one.example"], "x-apiserver");
        assert_eq!(naming(&[], &wanted), std::slice::from_ref(&ours));
        assert_eq!(
            naming(std::slice::from_ref(&ours), &wanted),
            std::slice::from_ref(&ours)
        );
        let theirs = entry(&["api.mine.example"], "mine");
        let unnamed = json!({"servingCertificate": {"name": "by-its-own-names"}});
        let known = [
            theirs.clone(),
            entry(&["api.one.example", "more.mine.example"], "old"),
            ours.clone(),
            unnamed.clone(),
        ];
        let named = naming(&known, &wanted);
        assert_eq!(named, [theirs, ours, entry(&["more.mine.example"], "old"), unnamed]);
        assert_eq!(naming(&named, &wanted), named, "again changes nothing");
    }
}
