//! What only operators may ask for. Authentication has let in nobody else under `/admin`.

pub(crate) mod billing;
pub(crate) mod clusters;
pub(crate) mod inventory;
pub(crate) mod maintenance;
pub(crate) mod openshift_versions;
pub(crate) mod role_sets;
pub(crate) mod selectors;
pub(crate) mod skus;
pub(crate) mod vm_sizes;

use aro_api::{CloudError, Code};
use serde::Serialize;

use crate::fault::Fault;
use crate::reply::Reply;

/// What operators ask for by an id that no document has.
fn no_such(what: &str, id: &str) -> CloudError {
    let id = id.replace('"', "'");
    let message = format!("There is no {what} '{id}'. List them to see which there are.");
    CloudError::new(404, Code::NOT_FOUND, "", message)
}

/// A document on one line, as the reference writes those that have no form of their own.
fn compact(value: &impl Serialize) -> Result<Reply, Fault> {
    let mut body = serde_json::to_vec(value).map_err(|error| Fault::Unexpected(error.to_string()))?;
    body.push(b'\n');
    Ok(Reply::json(http::StatusCode::OK, body))
}

/// The same over several lines.
fn indented(value: &impl Serialize) -> Result<Reply, Fault> {
    let body = aro_api::json::to_vec(value).map_err(|error| Fault::Unexpected(error.to_string()))?;
    Ok(Reply::json(http::StatusCode::OK, body))
}
