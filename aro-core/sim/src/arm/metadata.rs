//! What ARM tells without a token: its client certificates and the endpoints of its cloud.

use http::Method;
use serde_json::json;

use crate::call::{Call, Reply};
use crate::clock::rfc3339;
use crate::shared::Shared;

pub(super) fn answer(shared: &Shared, call: &Call) -> Option<Reply> {
    if call.method != Method::GET {
        return None;
    }
    match call.path.to_ascii_lowercase().as_str() {
        "/metadata/authentication" => Some(client_certificates(shared)),
        "/metadata/endpoints" => Some(endpoints(shared, call.api_version())),
        _ => None,
    }
}

/// The certificates ARM may present to a resource provider.
fn client_certificates(shared: &Shared) -> Reply {
    let leaf = &shared.facts.pki.arm_client;
    Reply::json(
        200,
        &json!({"clientCertificates": [{
            "thumbprint": leaf.thumbprint(),
            "notBefore": rfc3339(leaf.not_before),
            "notAfter": rfc3339(leaf.not_after),
            "certificate": leaf.der_base64(),
        }]}),
    )
}

/// The cloud as `az cloud register` asks for it.
fn endpoints(shared: &Shared, version: &str) -> Reply {
    let at = &shared.facts.endpoints;
    let cloud = json!({
        "name": "AroSim",
        "portal": at.arm,
        "resourceManager": format!("{}/", at.arm),
        "gallery": at.arm,
        "graph": format!("{}/", at.graph),
        "graphAudience": format!("{}/", at.graph_audience),
        "microsoftGraphResourceId": format!("{}/", at.graph_audience),
        "authentication": {
            "loginEndpoint": format!("{}/", at.login),
            "audiences": [format!("{}/", at.arm_audience), at.arm_audience],
            "tenant": at.tenant,
            "identityProvider": "AAD",
        },
        "suffixes": {"storage": "core.windows.net", "keyVaultDns": "vault.azure.net", "acrLoginServer": "azurecr.io"},
    });
    // From 2019 on the answer is a list of clouds.
    if version < "2019" {
        Reply::json(200, &cloud)
    } else {
        Reply::json(200, &json!([cloud]))
    }
}
