//! The router's certificate and who has signed it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::Subject;
use crate::openshift::authorities::authority;

/// Where the router and its certificates live.
pub(crate) const INGRESS_NAMESPACE: &str = "openshift-ingress";
/// The secret with the certificate that the cluster makes for its router.
pub(crate) const ROUTER_CERTIFICATE: &str = "router-certs-default";
const MANAGED_NAMESPACE: &str = "openshift-config-managed";

/// A secret with a certificate and its key.
pub(super) fn tls(kind: &str, namespace: &str, name: &str, certificate: &str, key: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": kind, "metadata": {"name": name, "namespace": namespace},
        "data": {"tls.crt": STANDARD.encode(certificate), "tls.key": STANDARD.encode(key)},
    })
}

/// What is published of the certificate that the router shows.
pub(crate) fn published(domain: &str, chain: &[u8], key: &[u8]) -> [Value; 2] {
    let both = [chain, key].concat();
    [
        json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "default-ingress-cert", "namespace": MANAGED_NAMESPACE},
            "data": {"ca-bundle.crt": String::from_utf8_lossy(chain)},
        }),
        json!({
            "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
            "metadata": {"name": "router-certs", "namespace": MANAGED_NAMESPACE},
            "data": {format!("apps.{domain}"): STANDARD.encode(both)},
        }),
    ]
}

/// The router's certificate as the cluster makes it itself.
pub(super) fn objects(of: &Subject, now: OffsetDateTime) -> Result<Vec<Value>, rcgen::Error> {
    const TLS: &str = "kubernetes.io/tls";
    let signer = authority(&format!("ingress-operator@{}", now.unix_timestamp()), now)?;
    let host = format!("*.apps.{}", of.domain);
    let router = signer.server(&host, std::slice::from_ref(&host), None, now)?;
    let chain = format!("{}{}", router.certificate, signer.certificate);
    let mut all = vec![
        tls(
            TLS,
            "openshift-ingress-operator",
            "router-ca",
            &signer.certificate,
            &signer.key,
        ),
        tls(TLS, INGRESS_NAMESPACE, ROUTER_CERTIFICATE, &chain, &router.key),
    ];
    all.extend(published(&of.domain, chain.as_bytes(), router.key.as_bytes()));
    Ok(all)
}
