//! What an installer leaves: its assets by the name of their type.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::authorities::{Authorities, CertificateAndKey};

/// Whose graph it is.
pub(crate) struct Subject<'a> {
    pub(crate) domain: &'a str,
    pub(crate) location: &'a str,
    pub(crate) password: &'a str,
    /// The administrator's client certificate.
    pub(crate) admin: &'a CertificateAndKey,
}

/// The administrator's kubeconfig, which leads to the API server from inside the cluster's network.
pub(crate) fn kubeconfig(authorities: &Authorities, of: &Subject<'_>) -> Value {
    let name = of.domain.split('.').next().unwrap_or_default();
    json!({
        "apiVersion": "v1", "kind": "Config", "preferences": {},
        "clusters": [{"name": name, "cluster": {
            "server": format!("https://api-int.{}:6443", of.domain),
            "certificate-authority-data": STANDARD.encode(&authorities.server_signer.certificate),
        }}],
        "users": [{"name": "admin", "user": {
            "client-certificate-data": STANDARD.encode(&of.admin.certificate),
            "client-key-data": STANDARD.encode(&of.admin.key),
        }}],
        "contexts": [{"name": "admin", "context": {"cluster": name, "user": "admin"}}],
        "current-context": "admin",
    })
}

/// All assets that somebody may ask for later.
pub(crate) fn graph(authorities: &Authorities, of: &Subject<'_>) -> Value {
    let pair = |pair: &CertificateAndKey| json!({"CertRaw": STANDARD.encode(&pair.certificate), "KeyRaw": STANDARD.encode(&pair.key)});
    let (name, base) = of.domain.split_once('.').unwrap_or((of.domain, ""));
    json!({
        "*tls.RootCA": pair(&authorities.root),
        "*tls.AdminKubeConfigSignerCertKey": pair(&authorities.client_signer),
        "*tls.KubeAPIServerLBSignerCertKey": pair(&authorities.server_signer),
        "*kubeconfig.AdminInternalClient": {"Config": kubeconfig(authorities, of)},
        "*password.KubeadminPassword": {"Password": of.password},
        "*installconfig.InstallConfig": {"Config": {
            "apiVersion": "v1", "baseDomain": base, "metadata": {"name": name},
            "networking": {"networkType": "OVNKubernetes"}, "platform": {"azure": {"region": of.location}},
        }},
    })
}
