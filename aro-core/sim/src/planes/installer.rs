//! The simulator's own installer of OpenShift.
//!
//! `PUT {installer}/{id}` starts an installation, `GET` says how it stands, `DELETE` ends and forgets it; what is done is in
//! [`crate::installation`]. Its callers are on this machine, so it asks for no token.
//!
//! Request: `{resourceGroupId, infraId, domain, location, version, masterSubnetId, masterVmSize, workerSubnetId,
//! workerVmSize, workerCount, zones[], storageAccount, mtuSize, manifests?: {file: JSON}}`. Reply: `{id, stage, percent,
//! status: Running|Succeeded|Failed,
//! error?: {code, message}, kubeconfig?, kubeadminPassword?, graph?}`; the last three when it has succeeded. The graph,
//! the installer's assets by type, also lies in the installation's storage account as `aro/graph`.

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};

use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::call::{Call, Reply};
use crate::installation::{self, Given};
use crate::shared::Shared;
use crate::state::{Install, Status};

pub(super) fn answer(shared: &Arc<Shared>, call: &Call, rest: &[&str]) -> Reply {
    let [id] = rest else {
        return ArmError::new(404, "InstallationNotFound", "Installations are at /installer/{id}.").reply();
    };
    let id = id.to_lowercase();
    let mut state = shared.state();
    let mut cx = Cx {
        facts: &shared.facts,
        state: &mut state,
        now: shared.clock.now(),
    };
    match call.method {
        Method::PUT => start(&mut cx, &id, &call.body).unwrap_or_else(|error| error.reply()),
        Method::GET => match cx.state.installs.get(&id) {
            Some(install) => Reply::json(200, &view(&id, install)),
            None => missing(&id).reply(),
        },
        Method::DELETE => match cx.state.installs.remove(&id) {
            Some(_) => Reply::empty(200),
            None => missing(&id).reply(),
        },
        _ => ArmError::new(
            405,
            "MethodNotAllowed",
            "An installation is PUT, read with GET and forgotten with DELETE.",
        )
        .reply(),
    }
}

fn missing(id: &str) -> ArmError {
    ArmError::new(404, "InstallationNotFound", format!("There is no installation {id}."))
}

fn view(id: &str, install: &Install) -> Value {
    let mut view = json!({
        "id": id, "stage": install.stage, "percent": install.percent, "startedAt": install.started_at,
        "status": match install.status {
            Status::Running => "Running",
            Status::Succeeded => "Succeeded",
            Status::Failed => "Failed",
        },
    });
    if let Some(error) = &install.error {
        view["error"] = error.clone();
    }
    if install.status == Status::Succeeded {
        view["kubeconfig"] = json!(install.kubeconfig);
        view["kubeadminPassword"] = json!(install.kubeadmin_password);
        view["graph"] = json!(install.graph);
    }
    view
}

/// Starts an installation. One that runs or has ended well goes on or stays; one that has failed begins anew.
fn start(cx: &mut Cx<'_>, id: &str, body: &[u8]) -> Result<Reply, ArmError> {
    let request: Value = serde_json::from_slice(body).map_err(|error| {
        ArmError::bad(
            "InvalidRequestContent",
            format!("The request content was invalid: '{error}'."),
        )
    })?;
    if let Some(known) = cx.state.installs.get(id).filter(|one| one.status != Status::Failed) {
        return Ok(Reply::json(200, &view(id, known)));
    }
    installation::begin(cx, id, request, Given::default())?;
    let made = cx.state.installs.get(id).ok_or_else(|| missing(id))?;
    Ok(Reply::json(201, &view(id, made)))
}
