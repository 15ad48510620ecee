//! How machines get their configuration: from the machine config server, whose address and authority a machine finds in
//! its user data.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::Subject;
use super::certificates::tls;
use super::core::{pod, secret};
use super::machines::NAMESPACE as MACHINES;
use crate::openshift::authorities::Authorities;

const NAMESPACE: &str = "openshift-machine-config-operator";
const SERVER: &str = "machine-config-server";
/// Size of packets on networks that are not set up for larger ones.
const USUAL_MTU: i64 = 1500;

/// The size of packets on the nodes' network.
pub(super) fn mtu(of: &Subject) -> i64 {
    if of.mtu > 0 { of.mtu } else { USUAL_MTU }
}

/// What a new machine starts from: where the rest is, and who vouches for it.
fn user_data(of: &Subject, role: &str, root: &str) -> String {
    json!({"ignition": {
        "version": "3.2.0",
        "config": {"merge": [{"source": format!("https://api-int.{}:22623/config/{role}", of.domain)}]},
        "security": {"tls": {"certificateAuthorities": [
            {"source": format!("data:text/plain;charset=utf-8;base64,{}", STANDARD.encode(root))},
        ]}},
    }})
    .to_string()
}

/// Packets of another size than usual.
fn packets(of: &Subject, role: &str) -> Value {
    let script = format!("#!/bin/bash\nip link set dev eth0 mtu {}\n", mtu(of));
    json!({
        "apiVersion": "machineconfiguration.openshift.io/v1", "kind": "MachineConfig",
        "metadata": {"name": format!("99-{role}-mtu"), "labels": {"machineconfiguration.openshift.io/role": role}},
        "spec": {"config": {"ignition": {"version": "3.2.0"}, "storage": {"files": [{
            "path": "/etc/NetworkManager/dispatcher.d/30-eth0-mtu", "mode": 0o744, "overwrite": true,
            "contents": {"source": format!("data:text/plain;charset=utf-8;base64,{}", STANDARD.encode(script))},
        }]}}},
    })
}

/// The server and its certificate, which is for the API server's address and name inside the network.
pub(super) fn objects(
    of: &Subject,
    authorities: &Authorities,
    now: OffsetDateTime,
    at: &str,
) -> Result<Vec<Value>, rcgen::Error> {
    let names = [format!("api-int.{}", of.domain)];
    let address = of.internal_address.parse().ok();
    let server = authorities
        .root
        .server("system:machine-config-server", &names, address, now)?;
    let mut all = vec![
        tls(
            "Opaque",
            NAMESPACE,
            "machine-config-server-tls",
            &server.certificate,
            &server.key,
        ),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "root-ca", "namespace": "kube-system"},
            "data": {"ca.crt": authorities.root.certificate}}),
    ];
    for role in ["master", "worker"] {
        let text = user_data(of, role, &authorities.root.certificate);
        let name = format!("{role}-user-data");
        all.push(secret(
            MACHINES,
            &name,
            "Opaque",
            &[("userData", &text), ("disableTemplating", "true")],
        ));
        if mtu(of) != USUAL_MTU {
            all.push(packets(of, role));
        }
    }
    all.extend(daemons(of, at));
    Ok(all)
}

/// A server on each machine of the control plane.
fn daemons(of: &Subject, at: &str) -> Vec<Value> {
    let (uid, count) = (of.uuid(SERVER), of.masters.len());
    let labels = json!({"k8s-app": SERVER});
    let mut pods: Vec<Value> = of
        .masters
        .iter()
        .map(|master| {
            let name = format!("{SERVER}-{}", &of.uuid(&format!("{SERVER}-{}", master.name))[..5]);
            let mut pod = pod(NAMESPACE, &name, SERVER, SERVER, &master.name, &master.address, at);
            pod["metadata"]["labels"] = labels.clone();
            pod["metadata"]["ownerReferences"] = json!([{
                "apiVersion": "apps/v1", "kind": "DaemonSet", "name": SERVER, "uid": uid, "controller": true,
                "blockOwnerDeletion": true}]);
            pod
        })
        .collect();
    let spec = pods.first().map(|pod| {
        json!({
            "nodeSelector": {"node-role.kubernetes.io/master": ""}, "hostNetwork": true,
            "containers": pod["spec"]["containers"],
            "tolerations": [{"key": "node-role.kubernetes.io/master", "operator": "Exists", "effect": "NoSchedule"}],
        })
    });
    pods.push(json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": SERVER, "namespace": NAMESPACE, "uid": uid, "generation": 1, "labels": labels},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec}},
        "status": {
            "currentNumberScheduled": count, "desiredNumberScheduled": count, "numberAvailable": count,
            "numberMisscheduled": 0, "numberReady": count, "updatedNumberScheduled": count, "observedGeneration": 1,
        },
    }));
    pods.reverse();
    pods
}
