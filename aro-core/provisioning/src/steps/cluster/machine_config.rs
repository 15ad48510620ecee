//! What new machines start from: user data that leads to the machine config server, and the server's certificate. Both go
//! by the API server's address inside the network, see [`aro_cluster::machine_config`].

use std::{collections::BTreeSet, net::IpAddr};

use aro_cluster::{
    Signer, machine_config,
    openshift::{ClusterVersion, Machine, MachineSet},
};
use k8s_openapi::{
    ByteString,
    api::core::v1::{Pod, Secret},
};
use kube::{
    Api, Client, ResourceExt as _,
    api::{DeleteParams, ListParams, Patch, PatchParams},
};
use serde_json::{Value, json};

use super::{
    super::{context::Cx, dns, install},
    FIELD_MANAGER, PENDING,
};
use crate::{Change, RsaSize, StepError, Verdict, steps::context::missing, wish};

const NAMESPACE: &str = "openshift-machine-config-operator";
const SECRET: &str = "machine-config-server-tls";
/// From this version on the cluster renews the certificate itself.
const RENEWED_BY_ITSELF: (u32, u32) = (4, 19);

fn address(cx: &Cx) -> Result<IpAddr, StepError> {
    let address = cx.properties().apiserver_profile.int_ip.parse();
    address.map_err(|_| missing("the API server's address inside the network"))
}

fn patched() -> PatchParams {
    PatchParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PatchParams::default()
    }
}

/// The machine config server has a certificate for its address, made by the authority that machines were told of.
pub(crate) async fn server_certificate(cx: Cx) -> Result<Verdict, StepError> {
    let client = cx.kube().await?;
    let version = Api::<ClusterVersion>::all(client.clone()).get("version").await?;
    let version = version.status.completed();
    let numbers = wish::minor_version(version).ok_or_else(|| {
        StepError::Unexpected(format!(
            "the cluster says of its version only {}",
            crate::failure::quote(version)
        ))
    })?;
    if numbers >= RENEWED_BY_ITSELF {
        return Ok(Change::none().into());
    }
    let address = address(&cx)?;
    let secrets = Api::<Secret>::namespaced(client.clone(), NAMESPACE);
    let secret = secrets.get(SECRET).await?;
    let known = secret.data.as_ref().and_then(|data| data.get("tls.crt"));
    let is_good = known.is_some_and(|known| machine_config::is_for(&known.0, address));
    let is_pending = secret.annotations().contains_key(PENDING);
    if is_good && !is_pending {
        return Ok(Change::none().into());
    }
    if !is_good {
        let unusable = |error: aro_cluster::GraphError| StepError::Unexpected(error.to_string());
        let root: Signer = install::graph(&cx).await?.root_authority().map_err(unusable)?;
        let key = cx.environment.keys.rsa(RsaSize::Bits2048).await?.pem();
        let made = machine_config::certificate(&root, &dns::full_domain(&cx), address, &key, cx.now)
            .map_err(|error| StepError::Unexpected(error.to_string()))?;
        // That the servers have to start anew is written down together with the certificate.
        let change = json!({
            "metadata": {"resourceVersion": secret.metadata.resource_version, "annotations": {PENDING: "true"}},
            "data": {
                "tls.crt": ByteString(made.into_bytes()), "tls.key": ByteString(key.as_bytes().to_vec()),
            },
        });
        secrets.patch(SECRET, &patched(), &Patch::Merge(&change)).await?;
    }
    let pods = Api::<Pod>::namespaced(client, NAMESPACE);
    let servers = ListParams::default().labels("k8s-app=machine-config-server");
    pods.delete_collection(&DeleteParams::default(), &servers).await?;
    let change = json!({"metadata": {"annotations": {PENDING: null}}});
    secrets.patch(SECRET, &patched(), &Patch::Merge(&change)).await?;
    Ok(Change::none().into())
}

/// New machines find the machine config server by its address. One secret that cannot be mended does not keep the others
/// from it.
pub(crate) async fn user_data(cx: Cx) -> Result<Verdict, StepError> {
    let client = cx.kube().await?;
    let (host, address) = (format!("api-int.{}", dns::full_domain(&cx)), address(&cx)?);
    let every = ListParams::default();
    let mut secrets = BTreeSet::new();
    for set in Api::<MachineSet>::all(client.clone()).list(&every).await? {
        secrets.extend(user_data_of(&set, &set.spec.template.spec.provider_spec.value));
    }
    for machine in Api::<Machine>::all(client.clone()).list(&every).await? {
        secrets.extend(user_data_of(&machine, &machine.spec.provider_spec.value));
    }
    let mut failed = None;
    for (namespace, name) in secrets {
        if let Err(error) = lead(&client, &namespace, &name, &host, address).await {
            tracing::warn!(%error, namespace, name, "user data was not mended");
            failed.get_or_insert(error);
        }
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(Change::none().into()),
    }
}

/// The secret with the user data of a machine: namespace and name.
fn user_data_of(owner: &impl kube::ResourceExt, provider: &Value) -> Option<(String, String)> {
    let reference = provider.get("userDataSecret")?;
    let text = |member: &str| reference[member].as_str().filter(|text| !text.is_empty());
    let namespace = text("namespace").map(str::to_owned).or_else(|| owner.namespace());
    Some((namespace?, text("name")?.to_owned()))
}

async fn lead(client: &Client, namespace: &str, name: &str, host: &str, address: IpAddr) -> Result<(), StepError> {
    let secrets = Api::<Secret>::namespaced(client.clone(), namespace);
    let Some(secret) = secrets.get_opt(name).await? else {
        tracing::info!(namespace, name, "the user data of a machine is gone");
        return Ok(());
    };
    let known = secret.data.as_ref().and_then(|data| data.get("userData"));
    let led = known.map(|known| machine_config::lead_to(&known.0, host, address));
    match led {
        Some(Ok(Some(led))) => {
            let change = json!({
                "metadata": {"resourceVersion": secret.metadata.resource_version}, "data": {"userData": ByteString(led)},
            });
            secrets.patch(name, &patched(), &Patch::Merge(&change)).await?;
        }
        Some(Ok(None)) => {}
        // A customer may start machines from something else.
        None | Some(Err(_)) => tracing::info!(namespace, name, "user data of another form is left as it is"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_data_lies_beside_its_machine_unless_it_says_where() {
        let mut machine = Machine::default();
        machine.metadata.namespace = Some("machines".to_owned());
        let of = |value: Value| user_data_of(&machine, &value);
        let found = |namespace: &str| Some((namespace.to_owned(), "worker".to_owned()));
        assert_eq!(of(json!({"userDataSecret": {"name": "worker"}})), found("machines"));
        assert_eq!(
            of(json!({"userDataSecret": {"name": "worker", "namespace": "other"}})),
            found("other")
        );
        assert_eq!(of(json!({"userDataSecret": {"name": ""}})), None);
        assert_eq!(of(json!({"userDataSecret": null})), None);
        assert_eq!(of(json!({})), None);
    }
}
