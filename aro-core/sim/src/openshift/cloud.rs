//! How programs inside a cluster ask Azure Resource Manager: as the identity whose credentials lie in the cluster.

use std::sync::Arc;

use aro_sim_kube::ApiServer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::Value;
use uuid::Uuid;

use super::life::SECRETS;
use crate::arm::front;
use crate::call::{Call, Plane};
use crate::entra::token::Claims;
use crate::entra::{self, Proof};
use crate::shared::Shared;

/// What Azure says when it does not do what it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
}

impl std::fmt::Display for Refusal {
    /// As the Go client of Azure writes it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "StatusCode={} -- Original Error: Code={:?} Message={:?}",
            self.status, self.code, self.message
        )
    }
}

fn decoded(secret: &Value, name: &str) -> Option<String> {
    let bytes = STANDARD.decode(secret["data"][name].as_str()?).ok()?;
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
}

/// Signs in with the credentials in a secret of the cluster, as that service account where they have no secret of their own. A
/// cluster with a service principal hands the same credentials to all its operators, so those of the whole cluster stand in
/// where an operator has none.
pub(super) fn sign_in(
    shared: &Shared,
    server: &ApiServer,
    (namespace, name): (&str, &str),
    account: &str,
) -> Result<Claims, String> {
    let secret = server
        .get(SECRETS, Some(namespace), name)
        .or_else(|| server.get(SECRETS, Some("kube-system"), "azure-credentials"))
        .ok_or_else(|| format!("secret {namespace}/{name} not found"))?;
    let client = decoded(&secret, "azure_client_id")
        .ok_or_else(|| format!("secret {namespace}/{name} has no azure_client_id"))?;
    let own = decoded(&secret, "azure_client_secret");
    let issuer = server
        .get(("config.openshift.io", "authentications"), None, "cluster")
        .and_then(|one| one["spec"]["serviceAccountIssuer"].as_str().map(str::to_owned))
        .unwrap_or_default();
    let subject = format!("system:serviceaccount:{namespace}:{account}");
    let proof = match &own {
        Some(secret) => Proof::Secret(secret),
        None => Proof::Account {
            issuer: &issuer,
            subject: &subject,
        },
    };
    entra::sign_in(shared, &shared.state(), &client, &proof)
}

/// Asks ARM; the body of its answer.
pub(super) fn ask(
    shared: &Arc<Shared>,
    caller: &Claims,
    method: Method,
    path: &str,
    version: &str,
    body: Option<&Value>,
) -> Result<Value, Refusal> {
    let call = Call {
        number: 0,
        plane: Plane::Arm,
        method,
        path: path.to_owned(),
        target: format!("{path}?api-version={version}"),
        query: vec![("api-version".to_owned(), version.to_owned())],
        headers: HeaderMap::new(),
        body: body.map(|body| Bytes::from(body.to_string())).unwrap_or_default(),
        request_id: Uuid::new_v4().to_string(),
        correlation_id: Uuid::new_v4().to_string(),
        caller: None,
        doomed: None,
    };
    let reply = front::ask(shared, caller, call);
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    if reply.status.is_success() {
        return Ok(body);
    }
    let said = |name: &str| body["error"][name].as_str().unwrap_or_default().to_owned();
    Err(Refusal {
        status: reply.status.as_u16(),
        code: said("code"),
        message: said("message"),
    })
}
