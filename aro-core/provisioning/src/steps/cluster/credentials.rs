//! The service principal inside the cluster.
//!
//! ```text
//! document ──► kube-system/azure-credentials        what the credentials' operator hands out
//!          ├─► CredentialsRequest                   reconciled: its lastSyncTimestamp is young
//!          └─► kube-system/azure-cloud-provider ──► API server and controllers roll out
//! ```
//!
//! That whoever reads a secret starts anew after a change of it is not lost when a worker dies in between: the secret says
//! in an annotation, written together with its content, that they still have to.

use std::collections::BTreeMap;

use aro_cluster::{conditions, openshift::kinds};
use k8s_openapi::{
    ByteString,
    api::core::v1::{Pod, Secret},
};
use kube::{
    Api, Client,
    api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams},
};
use serde_json::{Map, Value, json};
use time::Duration;
use zeroize::Zeroizing;

use super::{super::context::Cx, PENDING, all, apply, merge};
use crate::{Change, StepError, Verdict, operator::credentials_request, steps::context::missing};

const NAMESPACE: &str = "kube-system";
const OPERATOR_NAMESPACE: &str = "openshift-cloud-credential-operator";
const REQUEST: &str = "openshift-azure-operator";
const PROVIDER_SECRET: &str = "azure-cloud-provider";
const CONFIG: &str = "cloud-config";
/// How old a reconciliation may be to count as one of the new credentials.
const YOUNG: Duration = Duration::minutes(5);

struct Principal {
    id: String,
    secret: Zeroizing<String>,
}

fn principal(cx: &Cx) -> Result<Principal, StepError> {
    let profile = cx.properties().service_principal_profile.as_ref();
    let profile = profile.ok_or_else(|| missing("a service principal"))?;
    Ok(Principal {
        id: profile.client_id.clone(),
        secret: profile
            .client_secret
            .open(cx.environment.store.sealer(), &cx.document.id)?,
    })
}

/// The configuration of the cloud provider; `None` where the cluster has none.
struct Config {
    members: Map<String, Value>,
    pending: bool,
}

async fn config(client: &Client) -> Result<Option<Config>, StepError> {
    let secrets = Api::<Secret>::namespaced(client.clone(), NAMESPACE);
    let Some(secret) = secrets.get_opt(PROVIDER_SECRET).await? else {
        return Ok(None);
    };
    let pending = is_pending(&secret);
    let data: BTreeMap<String, ByteString> = secret.data.unwrap_or_default();
    let text = data.get(CONFIG).map(|bytes| bytes.0.as_slice()).unwrap_or_default();
    let text = std::str::from_utf8(text).unwrap_or_default();
    let unusable = || {
        StepError::Unexpected(format!(
            "the secret {NAMESPACE}/{PROVIDER_SECRET} has no usable {CONFIG}"
        ))
    };
    let members = serde_saphyr::from_str(text).map_err(|_| unusable())?;
    Ok(Some(Config { members, pending }))
}

fn is_pending(secret: &Secret) -> bool {
    let annotations = secret.metadata.annotations.as_ref();
    annotations.is_some_and(|all| all.contains_key(PENDING))
}

impl Config {
    fn is_of(&self, principal: &Principal) -> bool {
        self.members.get("aadClientId").and_then(Value::as_str) == Some(&principal.id)
            && self.members.get("aadClientSecret").and_then(Value::as_str) == Some(&principal.secret)
    }
}

/// What the service's operator asks of the cluster's credentials.
pub(crate) async fn request(cx: Cx) -> Result<Verdict, StepError> {
    apply(&cx.kube().await?, &credentials_request()).await?;
    Ok(Change::none().into())
}

/// The credentials that the cluster hands out.
pub(crate) async fn hand_out(cx: Cx) -> Result<Verdict, StepError> {
    let client = cx.kube().await?;
    let Principal { id, secret } = principal(&cx)?;
    let secrets = Api::<Secret>::namespaced(client.clone(), NAMESPACE);
    let before = secrets.get_opt("azure-credentials").await?;
    let mut object = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "azure-credentials", "namespace": NAMESPACE},
        "type": "Opaque",
        "data": {
            "azure_client_id": ByteString(id.into_bytes()), "azure_client_secret": ByteString(secret.as_bytes().to_vec()),
            "azure_tenant_id": ByteString(cx.tenant().await?.into_bytes()),
            "azure_subscription_id": ByteString(cx.subscription()?.as_bytes().to_vec()),
            "azure_region": ByteString(cx.cluster().location.to_lowercase().into_bytes()),
            "azure_resource_prefix": ByteString(cx.names()?.infra_id.as_bytes().to_vec()),
            "azure_resourcegroup": ByteString(cx.managed_group_name()?.as_bytes().to_vec()),
        },
    });
    let pending = before.as_ref().is_some_and(is_pending);
    let known = before.and_then(|before| before.data).map(|data| json!(data));
    let differs = |(name, value): (&String, &Value)| known.as_ref().and_then(|known| known.get(name)) != Some(value);
    let wanted = object["data"].as_object();
    if !pending && !wanted.into_iter().flatten().any(differs) {
        return Ok(Change::none().into());
    }
    object["metadata"]["annotations"] = json!({PENDING: "true"});
    apply(&client, &object).await?;
    // The operator reads them when it starts.
    let pods = Api::<Pod>::namespaced(client.clone(), OPERATOR_NAMESPACE);
    let every = ListParams::default().labels("app=cloud-credential-operator");
    pods.delete_collection(&DeleteParams::default(), &every).await?;
    object["metadata"]["annotations"] = json!({});
    apply(&client, &object).await?;
    Ok(Change::none().into())
}

/// The cluster has taken new credentials; there is nothing to wait for when they are the old ones.
pub(crate) async fn taken(cx: Cx) -> Result<Verdict, StepError> {
    let client = cx.kube().await?;
    let principal = principal(&cx)?;
    let config = match config(&client).await {
        Ok(config) => config,
        Err(error) if error.is_retryable() => return Ok(Verdict::not_yet(error.to_string())),
        Err(error) => return Err(error),
    };
    if config.is_none_or(|config| config.is_of(&principal)) {
        return Ok(Change::none().into());
    }
    let requests = Api::<DynamicObject>::namespaced_with(client, OPERATOR_NAMESPACE, &kinds::credentials_request());
    let request = match requests.get_opt(REQUEST).await {
        Ok(Some(request)) => request,
        Ok(None) => return Ok(Verdict::not_yet("there is no CredentialsRequest yet")),
        Err(error) => {
            return Ok(Verdict::not_yet(format!(
                "the CredentialsRequest cannot be read: {error}"
            )));
        }
    };
    if request.data.pointer("/status/lastSyncTimestamp").is_none() {
        return Ok(Verdict::not_yet("the CredentialsRequest was never reconciled"));
    }
    match conditions::credentials_reconciled(&request.data, cx.now, YOUNG) {
        Ok(readiness) if readiness.is_ready() => Ok(Change::none().into()),
        Ok(_) => Ok(Verdict::not_yet("the cluster has not taken the new credentials yet")),
        Err(reason) => Err(StepError::Unexpected(reason)),
    }
}

/// The credentials with which the API server and the controllers reach Azure; both start anew when they change.
pub(crate) async fn cloud_provider(cx: Cx) -> Result<Verdict, StepError> {
    let client = cx.kube().await?;
    let principal = principal(&cx)?;
    let Some(mut config) = config(&client).await? else {
        return Ok(Change::none().into());
    };
    let secrets = Api::<Secret>::namespaced(client.clone(), NAMESPACE);
    if !config.is_of(&principal) {
        let members = &mut config.members;
        members.insert("aadClientId".to_owned(), Value::from(principal.id.as_str()));
        members.insert("aadClientSecret".to_owned(), Value::from(principal.secret.as_str()));
        let text = Zeroizing::new(Value::Object(std::mem::take(members)).to_string());
        let change = json!({
            "metadata": {"annotations": {PENDING: "true"}}, "data": {CONFIG: ByteString(text.as_bytes().to_vec())},
        });
        let parameters = PatchParams::default();
        secrets
            .patch(PROVIDER_SECRET, &parameters, &Patch::Merge(&change))
            .await?;
        config.pending = true;
    }
    if config.pending {
        let reason =
            json!({"spec": {"forceRedeploymentReason": format!("Credential rotation {}", cx.now.unix_timestamp())}});
        for kind in [kinds::kube_api_server(), kinds::kube_controller_manager()] {
            merge(&all(&client, &kind), "cluster", &reason).await?;
        }
        let change = json!({"metadata": {"annotations": {PENDING: null}}});
        let parameters = PatchParams::default();
        secrets
            .patch(PROVIDER_SECRET, &parameters, &Patch::Merge(&change))
            .await?;
    }
    Ok(Change::none().into())
}
