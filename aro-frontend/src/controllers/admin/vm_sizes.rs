//! The sizes of virtual machines that clusters may have.

use std::collections::BTreeMap;

use aro_api::vm_size::{Role, VmSize};
use aro_api::{CloudError, Code};
use serde::Serialize;

use super::indented;
use crate::fault::Fault;
use crate::reply::Reply;
use crate::request::Call;

#[derive(Serialize)]
struct Size {
    #[serde(rename = "coreCount")]
    cores: u32,
    family: &'static str,
}

/// GET /admin/supportedvmsizes?vmRole=
pub(crate) async fn get(call: Call) -> Result<Reply, Fault> {
    let role = match call.parameter("vmRole").as_deref() {
        Some("master") => Role::Master,
        Some("worker") => Role::worker(call.app.parts.settings.require_d2s_workers),
        _ => {
            return Err(CloudError::bad_request(
                Code::INVALID_PARAMETER,
                "",
                "The parameter vmRole must say what the machines are for. Use master or worker.",
            )
            .into());
        }
    };
    let sizes: BTreeMap<&str, Size> = VmSize::all()
        .iter()
        .filter(|size| size.supports(role))
        .map(|size| {
            let shown = Size {
                cores: size.cores,
                family: size.family,
            };
            (size.name, shown)
        })
        .collect();
    indented(&sizes)
}
