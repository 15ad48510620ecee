//! Reading what the conditions are about. What the API server does not answer is "not yet": it may be restarting.

use k8s_openapi::api::{apps::v1::Deployment, core::v1::Node};
use kube::{Api, Client, api::ListParams};

use super::{
    Readiness, WORKER_NODE, deployment_ready, operator_available, operators_settled, version_complete, workers_ready,
};
use crate::openshift::{ClusterOperator, ClusterVersion, Machine};

/// The namespace of machines.
pub const MACHINES: &str = "openshift-machine-api";
/// The label of machines that become workers.
const WORKER_MACHINE: &str = "machine.openshift.io/cluster-api-machine-role=worker";

fn silent(what: &str, error: &kube::Error) -> Readiness {
    Readiness::not_yet(format!("{what} cannot be read: {error}"))
}

/// Whether the API server answers and its operator is at rest.
pub async fn api_server(client: &Client) -> Readiness {
    operator(client, "kube-apiserver").await
}

/// Whether an operator is available and at rest.
pub async fn operator(client: &Client, name: &str) -> Readiness {
    match Api::<ClusterOperator>::all(client.clone()).get(name).await {
        Ok(operator) => operator_available(&operator),
        Err(error) => silent(&format!("cluster operator {name}"), &error),
    }
}

/// Whether the operators that a change touches are at rest.
pub async fn settled(client: &Client) -> Readiness {
    match Api::<ClusterOperator>::all(client.clone())
        .list(&ListParams::default())
        .await
    {
        Ok(list) => operators_settled(&list.items),
        Err(error) => silent("the list of cluster operators", &error),
    }
}

/// Whether the version is complete.
pub async fn version(client: &Client) -> Readiness {
    match Api::<ClusterVersion>::all(client.clone()).get("version").await {
        Ok(version) => version_complete(&version),
        Err(error) => silent("the cluster version", &error),
    }
}

/// Whether enough workers run.
pub async fn workers(client: &Client) -> Readiness {
    let of_workers = ListParams::default().labels(WORKER_MACHINE);
    let machines = match Api::<Machine>::namespaced(client.clone(), MACHINES)
        .list(&of_workers)
        .await
    {
        Ok(list) => list.items,
        Err(error) => return silent("the list of machines", &error),
    };
    let of_workers = ListParams::default().labels(WORKER_NODE);
    match Api::<Node>::all(client.clone()).list(&of_workers).await {
        Ok(nodes) => workers_ready(&machines, &nodes.items),
        Err(error) => silent("the list of nodes", &error),
    }
}

/// Whether a deployment runs.
pub async fn deployment(client: &Client, namespace: &str, name: &str) -> Readiness {
    match Api::<Deployment>::namespaced(client.clone(), namespace)
        .get_opt(name)
        .await
    {
        Ok(Some(deployment)) => deployment_ready(&deployment),
        Ok(None) => Readiness::not_yet(format!("there is no deployment {name} in {namespace}")),
        Err(error) => silent(&format!("deployment {name}"), &error),
    }
}
