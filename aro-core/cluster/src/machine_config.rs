//! What new machines start from.
//!
//! ```text
//! machine ──► user data ──► machine config server ──► the rest
//!             (ignition)    https://<address of the API server inside the network>:22623
//! ```
//!
//! The server is asked by its address, as a new machine need not find names inside the cluster: the user data leads there,
//! and the server's certificate is for it.

use std::net::IpAddr;

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, SanType};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use serde_json::Value;
use time::{Duration, OffsetDateTime};
use url::Url;
use x509_parser::extensions::GeneralName;

use crate::kubeconfig::{KubeconfigError, Signer};

/// How long a certificate of the server lives.
const LIFE: Duration = Duration::days(3650);
/// How far a machine's clock may be behind.
const SKEW: Duration = Duration::hours(1);

/// Whether that is one certificate (PEM), and that address the only one it is for.
#[must_use]
pub fn is_for(certificate: &[u8], address: IpAddr) -> bool {
    let mut chain = CertificateDer::pem_slice_iter(certificate);
    let (Some(Ok(der)), None) = (chain.next(), chain.next()) else {
        return false;
    };
    let Ok((_, parsed)) = x509_parser::parse_x509_certificate(&der) else {
        return false;
    };
    let Ok(Some(names)) = parsed.subject_alternative_name() else {
        return false;
    };
    let mut addresses = names.value.general_names.iter().filter_map(|name| match name {
        GeneralName::IPAddress(bytes) => Some(*bytes),
        _ => None,
    });
    let wanted = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    addresses.next() == Some(wanted.as_slice()) && addresses.next().is_none()
}

/// A certificate (PEM) for the server of the cluster in that domain, at that address. `key` is its private key, PEM.
///
/// # Errors
/// When the key or the authority is of no use.
pub fn certificate(
    root: &Signer,
    domain: &str,
    address: IpAddr,
    key: &str,
    now: OffsetDateTime,
) -> Result<String, KubeconfigError> {
    let text = address.to_string();
    let mut params = CertificateParams::new([format!("api-int.{domain}")])?;
    // Old clients look for addresses among the names.
    params.subject_alt_names.push(SanType::DnsName(text.try_into()?));
    params.subject_alt_names.push(SanType::IpAddress(address));
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, "system:machine-config-server");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.not_before = now - SKEW;
    params.not_after = now + LIFE;
    root.sign(params, &KeyPair::from_pem(key)?)
}

/// User data that leads to `address` where it led to `host`; `None` where it does not lead there. All else in it stays.
///
/// # Errors
/// When it is no JSON.
pub fn lead_to(user_data: &[u8], host: &str, address: IpAddr) -> Result<Option<Vec<u8>>, serde_json::Error> {
    let mut ignition: Value = serde_json::from_slice(user_data)?;
    let mut changed = false;
    // `merge` since version 3 of the format, `append` before.
    for list in ["merge", "append"] {
        let entries = ignition.pointer_mut(&format!("/ignition/config/{list}"));
        for entry in entries.and_then(Value::as_array_mut).into_iter().flatten() {
            let led = entry["source"].as_str().and_then(|source| led(source, host, address));
            if let Some(source) = led {
                entry["source"] = Value::from(source);
                changed = true;
            }
        }
    }
    Ok(changed.then(|| ignition.to_string().into_bytes()))
}

/// The source at the address; `None` when it is not at the host.
fn led(source: &str, host: &str, address: IpAddr) -> Option<String> {
    let mut url = Url::parse(source).ok()?;
    if !url.host_str()?.eq_ignore_ascii_case(host) {
        return None;
    }
    url.set_ip_host(address).ok()?;
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, IsCa};
    use serde_json::json;

    use super::*;

    const HOST: &str = "api-int.one.example";

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn sources_lead_to_the_address_and_all_else_stays() {
        let data = json!({
            "ignition": {
                "version": "3.2.0", "timeouts": {"httpTotal": 30},
                "config": {
                    "merge": [
                        {"source": "https://API-INT.one.example:22623/config/worker", "verification": {"hash": "sha512-1"}},
                        {"source": "https://elsewhere.example/more?a=b"}, {"source": null}, {},
                    ],
                    "append": [{"source": "https://api-int.one.example/config/worker"}],
                },
            },
            "storage": {"files": [{"path": "/etc/mine", "contents": {"source": "https://api-int.one.example/x"}}]},
        });
        let led = lead_to(data.to_string().as_bytes(), HOST, address("10.0.0.5"))
            .unwrap()
            .unwrap();
        let led: Value = serde_json::from_slice(&led).unwrap();
        let mut wanted = data.clone();
        wanted["ignition"]["config"]["merge"][0]["source"] = json!("https://10.0.0.5:22623/config/worker");
        wanted["ignition"]["config"]["append"][0]["source"] = json!("https://10.0.0.5/config/worker");
        assert_eq!(led, wanted);
        assert_eq!(
            lead_to(led.to_string().as_bytes(), HOST, address("10.0.0.5")).unwrap(),
            None
        );
        let six = lead_to(data.to_string().as_bytes(), HOST, address("fd00::5"))
            .unwrap()
            .unwrap();
        assert!(
            String::from_utf8(six)
                .unwrap()
                .contains("https://[fd00::5]:22623/config/worker")
        );
        assert_eq!(lead_to(b"{}", HOST, address("10.0.0.5")).unwrap(), None);
        assert!(lead_to(b"#cloud-config", HOST, address("10.0.0.5")).is_err());
    }

    #[test]
    fn a_certificate_is_for_the_address_it_was_made_for() {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).unwrap().pem();
        let root = Signer::from_pem(&root, &key.serialize_pem()).unwrap();
        let key = KeyPair::generate().unwrap().serialize_pem();
        let now = OffsetDateTime::from_unix_timestamp(1_750_000_000).unwrap();
        let made = certificate(&root, "one.example", address("10.0.0.5"), &key, now).unwrap();
        assert!(is_for(made.as_bytes(), address("10.0.0.5")));
        assert!(!is_for(made.as_bytes(), address("10.0.0.6")));
        assert!(
            !is_for(format!("{made}{made}").as_bytes(), address("10.0.0.5")),
            "there must be one"
        );
        assert!(!is_for(b"", address("10.0.0.5")) && !is_for(b"nothing", address("10.0.0.5")));
        let der = CertificateDer::from_pem_slice(made.as_bytes()).unwrap();
        let (_, parsed) = x509_parser::parse_x509_certificate(&der).unwrap();
        assert_eq!(parsed.subject().to_string(), "CN=system:machine-config-server");
        assert_eq!(parsed.validity().not_after.to_datetime(), now + LIFE);
        let names = parsed.subject_alternative_name().unwrap().unwrap();
        let names: Vec<String> = names.value.general_names.iter().map(ToString::to_string).collect();
        assert_eq!(names.len(), 3, "{names:?}");
    }
}
