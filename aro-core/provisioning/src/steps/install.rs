//! The installation, done by another service, and what is tidied up after it.

use std::collections::BTreeMap;

use aro_api::model::{EncryptionAtHost, SoftwareDefinedNetwork};
use aro_azure::{compute::Machine, network, storage as accounts};
use aro_cluster::{Graph, GraphError};
use zeroize::Zeroizing;

use super::{context::Cx, dns, handover, registry, role_sets, storage};
use crate::{Change, GraphKey, InstallPrincipal, InstallRequest, InstallState, StepError, Verdict, installer};

/// Api-version for disks.
const DISKS: &str = "2019-03-01";

/// What the installer is told of the cluster.
async fn request(cx: &Cx) -> Result<InstallRequest, StepError> {
    let properties = cx.properties();
    let (workers, _) = cx.cluster().workers();
    let worker = workers.first();
    let handover = if cx.environment.installer.needs_handover() {
        Some(handover::of(cx).await?)
    } else {
        None
    };
    let sealer = cx.environment.store.sealer();
    let manifests = if cx.cluster().uses_workload_identity() {
        let roles = role_sets::operators(cx).await?;
        installer::custom_manifests(cx.cluster(), &cx.tenant().await?, cx.subscription()?, &roles)
            .map_err(StepError::Unexpected)?
    } else {
        BTreeMap::new()
    };
    Ok(InstallRequest {
        cluster_resource_id: cx.cluster().id.clone(),
        resource_group_id: cx.managed_group()?.to_owned(),
        location: cx.cluster().location.to_lowercase(),
        infra_id: cx.names()?.infra_id.to_owned(),
        domain: dns::full_domain(cx),
        version: properties.cluster_profile.version.clone(),
        master_subnet_id: properties.master_profile.subnet_id.clone(),
        master_vm_size: properties.master_profile.vm_size.to_string(),
        worker_subnet_id: worker.map(|worker| worker.subnet_id.clone()).unwrap_or_default(),
        worker_vm_size: worker.map(|worker| worker.vm_size.to_string()).unwrap_or_default(),
        worker_count: workers.iter().map(|worker| worker.count).sum(),
        zones: properties.zones.to_vec(),
        storage_account: format!("cluster{}", cx.storage_suffix()?),
        worker_disk_size_gb: worker.map(|worker| worker.disk_size_gb).unwrap_or_default(),
        worker_encryption_at_host: worker.is_some_and(|one| one.encryption_at_host == EncryptionAtHost::Enabled),
        worker_disk_encryption_set_id: worker
            .map(|worker| worker.disk_encryption_set_id.clone())
            .unwrap_or_default(),
        pod_cidr: properties.network_profile.pod_cidr.clone(),
        service_cidr: properties.network_profile.service_cidr.clone(),
        mtu_size: properties.network_profile.mtu_size,
        pull_secret: pull_secret(cx)?,
        manifests,
        service_principal: match &properties.service_principal_profile {
            Some(profile) => Some(InstallPrincipal {
                client_id: profile.client_id.clone(),
                client_secret: profile.client_secret.open(sealer, &cx.document.id)?,
            }),
            None => None,
        },
        handover,
    })
}

/// The customer's pull secret, with the registries of the service.
fn pull_secret(cx: &Cx) -> Result<Zeroizing<String>, StepError> {
    let stored = &cx.properties().cluster_profile.pull_secret;
    let own = stored.open(cx.environment.store.sealer(), &cx.document.id)?;
    let base = Some(own.trim()).filter(|own| !own.is_empty());
    let merged = installer::pull_secret(base, &registry::opened(cx)?).map_err(StepError::Unexpected)?;
    Ok(Zeroizing::new(merged.plain().unwrap_or_default().to_owned()))
}

/// Starts the installation. The document's id is its name, so a repeated start finds it.
pub(crate) async fn start(cx: Cx) -> Result<Verdict, StepError> {
    let installer = &cx.environment.installer;
    installer
        .start(&cx.document.id, &request(&cx).await?, &cx.operation)
        .await?;
    let Some(place) = installer.place(&cx.document.id) else {
        return Ok(Change::none().into());
    };
    Ok(Change::document(move |document| {
        let profile = &mut document.cluster.properties.hive_profile;
        profile.namespace.clone_from(&place);
        profile.created_by_hive = true;
    })
    .into())
}

/// The installer need not write the ids of the ended operation into its logs any more.
pub(crate) async fn settle(cx: Cx) -> Result<Verdict, StepError> {
    cx.environment.installer.settle(&cx.document.id, &cx.operation).await?;
    Ok(Change::none().into())
}

/// Lets the installer look after a cluster that it may not have installed.
pub(crate) async fn adopt(cx: Cx) -> Result<Verdict, StepError> {
    let installer = &cx.environment.installer;
    installer
        .adopt(&cx.document.id, &request(&cx).await?, &cx.operation)
        .await?;
    let Some(place) = installer.place(&cx.document.id) else {
        return Ok(Change::none().into());
    };
    Ok(Change::document(move |document| {
        document.cluster.properties.hive_profile.namespace.clone_from(&place);
    })
    .into())
}

/// The installer looks after the cluster.
pub(crate) async fn adopted(cx: Cx) -> Result<Verdict, StepError> {
    match cx
        .environment
        .installer
        .not_adopted(&cx.document.id, &cx.operation)
        .await?
    {
        None => Ok(Change::none().into()),
        Some(reason) => Ok(Verdict::not_yet(reason)),
    }
}

/// The installation has ended well; keeps what only the installer knows.
pub(crate) async fn finished(cx: Cx) -> Result<Verdict, StepError> {
    match cx.environment.installer.state(&cx.document.id, &cx.operation).await? {
        Some(InstallState::Running { stage, percent }) => Ok(Verdict::NotYet {
            reason: format!("the installer is at {stage}"),
            percent: Some(percent),
        }),
        Some(InstallState::Failed { code, message }) => Err(StepError::Delegate { code, message }),
        None => Err(StepError::Unexpected(
            "the installer does not know the installation".to_owned(),
        )),
        Some(InstallState::Succeeded(Some(installed))) => Ok(Change::document(move |document| {
            document.cluster.properties.kubeadmin_password = installed.kubeadmin_password.clone();
        })
        .into()),
        // What it has made lies in the cluster's storage account.
        Some(InstallState::Succeeded(None)) => {
            let password = left_graph(&cx).await?.kubeadmin_password();
            let password = password.map_err(|error| StepError::Unexpected(error.to_string()))?;
            Ok(
                Change::document(move |document| document.cluster.properties.kubeadmin_password = password.clone())
                    .into(),
            )
        }
    }
}

/// What the installer has left behind: with itself, or in the cluster's storage account.
pub(crate) async fn graph(cx: &Cx) -> Result<Graph, StepError> {
    match cx.environment.installer.kept(&cx.document.id, &cx.operation).await? {
        Some(installed) => Ok(installed.graph),
        None => left_graph(cx).await,
    }
}

/// Where an installer leaves its assets in the cluster's storage account: container and blob.
const GRAPH: (&str, &str) = ("aro", "graph");

async fn left_graph(cx: &Cx) -> Result<Graph, StepError> {
    let (container, blob) = GRAPH;
    let found = storage::blobs(cx).await?.get(container, blob).await?;
    let found = found.ok_or_else(|| StepError::NotYet("the installer has not left its assets yet".to_owned()))?;
    let unreadable = |why: String| StepError::Unexpected(format!("the installer's assets cannot be read: {why}"));
    let sealed = std::str::from_utf8(&found).map_err(|error| unreadable(error.to_string()))?;
    let context = GraphKey::context(&cx.document.id);
    let opened = cx.environment.store.sealer().open_delegated(&context, sealed.trim());
    let opened = opened.map_err(|error| unreadable(error.to_string()))?;
    Graph::parse(&opened).map_err(|error| unreadable(error.to_string()))
}

/// Ends an installation that may still run, before what it works on is deleted.
pub(crate) async fn forget(cx: Cx) -> Result<Verdict, StepError> {
    cx.environment.installer.forget(&cx.document.id, &cx.operation).await?;
    Ok(Change::none().into())
}

/// Removes the machine that started the installation, then its disk and its network interface.
pub(crate) async fn remove_bootstrap(cx: Cx) -> Result<Verdict, StepError> {
    let arm = cx.arm().await?;
    let [machine, disk, interface] = cx.names()?.bootstrap();
    let place = Machine {
        subscription: cx.subscription()?,
        resource_group: cx.managed_group_name()?,
        name: &machine,
    };
    cx.compute().await?.delete(&place).await?;
    arm.delete(&cx.managed("Microsoft.Compute/disks", &disk)?, DISKS)
        .await?;
    arm.delete(
        &cx.managed("Microsoft.Network/networkInterfaces", &interface)?,
        network::API_VERSION,
    )
    .await?;
    Ok(Change::none().into())
}

/// Removes what the first machine was started from.
pub(crate) async fn remove_ignition(cx: Cx) -> Result<Verdict, StepError> {
    let account = format!("cluster{}", cx.storage_suffix()?);
    let id = cx.managed("Microsoft.Storage/storageAccounts", &account)?;
    let container = format!("{id}/blobServices/default/containers/ignition");
    cx.arm().await?.delete(&container, accounts::API_VERSION).await?;
    Ok(Change::none().into())
}

/// Where people reach the cluster, and what only its installer knows of it.
pub(crate) async fn facts(cx: Cx) -> Result<Verdict, StepError> {
    let domain = dns::full_domain(&cx);
    let graph = graph(&cx).await?;
    let unusable = |error: GraphError| StepError::Unexpected(error.to_string());
    let password = graph.kubeadmin_password().map_err(unusable)?;
    let network = SoftwareDefinedNetwork::from(graph.network_type().map_err(unusable)?);
    Ok(Change::document(move |document| {
        let properties = &mut document.cluster.properties;
        properties.kubeadmin_password = password.clone();
        properties.network_profile.software_defined_network = network.clone();
        properties.apiserver_profile.url = format!("https://api.{domain}:6443/");
        properties.console_profile.url = format!("https://console-openshift-console.apps.{domain}/");
    })
    .into())
}

/// The installation is over.
pub(crate) async fn end(_: Cx) -> Result<Verdict, StepError> {
    Ok(Change::document(|document| document.cluster.properties.install = None).into())
}
