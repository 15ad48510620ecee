//! Certificates of the API server and the ingress, for domains in the provider's zone. The vault has them made by an
//! authority that everybody trusts, and renews them.

use aro_azure::vault::{CertificatePolicy, Issuer, VaultClient};
use serde_json::{Value, json};

use super::{context::Cx, dns};
use crate::{Change, StepError, Verdict};

/// The authority.
const ISSUER: &str = "OneCertV2-PublicCA";
/// Longest common name of a certificate.
const LONGEST: usize = 64;

/// A certificate: its name in the vault, and the name it is for.
pub(crate) struct Wanted {
    /// Its name in the vault, and of the secrets in the cluster.
    pub(crate) name: String,
    /// The name it is for.
    pub(crate) host: String,
}

/// The two certificates, API server and ingress, and their vault; `None` where the provider makes none, or the domain is the customer's.
pub(crate) async fn wanted(cx: &Cx) -> Result<Option<(VaultClient, [Wanted; 2])>, StepError> {
    let Some(vault) = &cx.provider().certificate_vault else {
        return Ok(None);
    };
    let zone = &cx.environment.config.dns_zone;
    let Some(prefix) = dns::managed_prefix(&cx.properties().cluster_profile.domain, zone) else {
        return Ok(None);
    };
    let one = |purpose: &str, start: &str| Wanted {
        name: format!("{}-{purpose}", cx.document.id),
        host: format!("{start}.{prefix}.{zone}"),
    };
    let credential = cx.provider_credential().await?;
    let vault = cx.environment.azure.vault(vault, credential, &cx.operation);
    Ok(Some((vault, [one("apiserver", "api"), one("ingress", "*.apps")])))
}

fn policy(host: &str, zone: &str) -> CertificatePolicy {
    let common_name = if host.len() > LONGEST {
        format!("reserved.{zone}")
    } else {
        host.to_owned()
    };
    let mut policy = CertificatePolicy {
        issuer: Issuer {
            name: ISSUER.to_owned(),
            ..Issuer::default()
        },
        ..CertificatePolicy::default()
    };
    let entry = |name: &str, value: Value| (name.to_owned(), value);
    policy.x509_props = [
        entry("subject", json!(format!("CN={common_name}"))),
        entry("sans", json!({"dns_names": [host]})),
        entry("ekus", json!(["1.3.6.1.5.5.7.3.1"])),
        entry("key_usage", json!(["digitalSignature", "keyEncipherment"])),
        entry("validity_months", json!(3)),
    ]
    .into_iter()
    .collect();
    policy.rest = [
        entry("key_props", json!({"exportable": true, "kty": "RSA", "key_size": 2048})),
        entry("secret_props", json!({"contentType": "application/x-pem-file"})),
        entry(
            "lifetime_actions",
            json!([{"trigger": {"days_before_expiry": 30}, "action": {"action_type": "AutoRenew"}}]),
        ),
    ]
    .into_iter()
    .collect();
    policy
}

/// Whether a failure passes by itself, as the vault says.
const PASSES: &str = "FailedCanRetry";

/// Starts to make both. One that is there, or is being made, is not made again.
pub(crate) async fn create(cx: Cx) -> Result<Verdict, StepError> {
    let Some((vault, wanted)) = wanted(&cx).await? else {
        return Ok(Change::none().into());
    };
    for one in &wanted {
        let known = vault.certificate_operation(&one.name).await?;
        if known.is_none_or(|known| known.status == "failed") {
            vault
                .create_certificate(&one.name, &policy(&one.host, &cx.environment.config.dns_zone))
                .await?;
        }
    }
    Ok(Change::none().into())
}

/// Both are made.
pub(crate) async fn issued(cx: Cx) -> Result<Verdict, StepError> {
    let Some((vault, wanted)) = wanted(&cx).await? else {
        return Ok(Change::none().into());
    };
    for one in &wanted {
        let operation = vault.certificate_operation(&one.name).await?.unwrap_or_default();
        let error = operation.error.unwrap_or_default();
        match operation.status.as_str() {
            "completed" => {}
            "failed" if error.code != PASSES && !error.message.contains(PASSES) => {
                return Err(StepError::Delegate {
                    code: error.code,
                    message: error.message,
                });
            }
            _ => {
                return Ok(Verdict::not_yet(format!(
                    "the certificate of {} is being made",
                    one.host
                )));
            }
        }
    }
    Ok(Change::none().into())
}

/// Has certificates of another authority made anew by the right one: policy and new version are one call, so that a
/// worker that dies does not leave the one without the other.
pub(crate) async fn correct_issuer(cx: Cx) -> Result<Verdict, StepError> {
    let Some((vault, wanted)) = wanted(&cx).await? else {
        return Ok(Change::none().into());
    };
    for one in &wanted {
        let known = vault.certificate_policy(&one.name).await?;
        if known.is_none_or(|policy| policy.issuer.name != ISSUER) {
            vault
                .create_certificate(&one.name, &policy(&one.host, &cx.environment.config.dns_zone))
                .await?;
        }
    }
    Ok(Change::none().into())
}

/// Removes both.
pub(crate) async fn remove(cx: Cx) -> Result<Verdict, StepError> {
    if let Some((vault, wanted)) = wanted(&cx).await? {
        for one in &wanted {
            vault.delete_certificate(&one.name).await?;
        }
    }
    Ok(Change::none().into())
}

#[cfg(test)]
mod tests {
    use super::policy;

    #[test]
    fn a_long_host_is_no_common_name() {
        let short = policy("api.one.aro.example", "aro.example");
        assert_eq!(short.x509_props["subject"], "CN=api.one.aro.example");
        let host = format!("*.apps.{}.aro.example", "x".repeat(60));
        let long = policy(&host, "aro.example");
        assert_eq!(long.x509_props["subject"], "CN=reserved.aro.example");
        assert_eq!(long.x509_props["sans"]["dns_names"][0], host.as_str());
    }
}
