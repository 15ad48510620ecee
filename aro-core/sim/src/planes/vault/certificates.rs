//! Certificates signed by the world's authority. One that is asked for is pending for a time that the pace says (the type
//! `microsoft.keyvault/vaults/certificates`), then it and the secret behind it are there.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::secrets::{still_deleted, version};
use super::{Asked, not_found, refuse};
use crate::call::Reply;
use crate::state::{PendingCertificate, VaultSecret};

const KIND: &str = "Microsoft.KeyVault/vaults/certificates";
/// How long an authority takes, before the pace.
const ISSUE: Duration = Duration::from_millis(500);
const LIFE: time::Duration = time::Duration::days(90);
const PEM: &str = "application/x-pem-file";
/// What a policy that does not say gets.
const PKCS12: &str = "application/x-pkcs12";

fn no_pending(name: &str) -> Reply {
    let message = format!("Pending certificate not found: {name}.");
    refuse(404, "PendingCertificateNotFound", &message)
}

impl Asked<'_> {
    fn kept(&self, name: &str) -> Option<&VaultSecret> {
        let row = self.state.secrets.get(&self.key("certificates", name));
        row.filter(|one| !one.deleted)
    }

    pub(super) fn certificate(&self, name: &str, wanted: Option<&str>) -> Reply {
        let Some(row) = self.kept(name) else {
            return not_found("certificates", name);
        };
        let mut shown = match version(row, wanted) {
            Some(version) => version.clone(),
            // The first version is there from the beginning, and of no use yet.
            None if wanted.is_none() => json!({
                "id": format!("{}/certificates/{name}", self.base), "attributes": {"enabled": false},
            }),
            None => return not_found("certificates", name),
        };
        shown["policy"] = row.policy.clone();
        if row.pending.is_some() {
            shown["pending"] = json!({"id": format!("{}/certificates/{name}/pending", self.base)});
        }
        Reply::json(200, &shown)
    }

    pub(super) fn policy(&self, name: &str) -> Reply {
        match self.kept(name) {
            Some(row) => Reply::json(200, &row.policy),
            None => not_found("certificates", name),
        }
    }

    pub(super) fn change_policy(&mut self, name: &str) -> Reply {
        let body = self.body.clone();
        let policy = self.state.secrets.change(&self.key("certificates", name), |row| {
            if row.deleted {
                return None;
            }
            for (member, value) in body.as_object().into_iter().flatten() {
                row.policy[member] = value.clone();
            }
            Some(row.policy.clone())
        });
        match policy.flatten() {
            Some(policy) => Reply::json(200, &policy),
            None => not_found("certificates", name),
        }
    }

    pub(super) fn create(&mut self, name: &str) -> Reply {
        let policy = self.body["policy"].clone();
        let subject = policy["x509_props"]["subject"].as_str().unwrap_or_default();
        if !subject.to_uppercase().starts_with("CN=") {
            return refuse(
                400,
                "BadParameter",
                "Property policy.x509_props.subject has invalid value.",
            );
        }
        let key = self.key("certificates", name);
        let mut row = self.state.secrets.get(&key).cloned().unwrap_or_default();
        let behind = self.state.secrets.get(&self.key("secrets", name));
        if row.deleted || behind.is_some_and(|secret| secret.deleted) {
            return still_deleted("Certificate", name);
        }
        if row.pending.as_ref().is_some_and(|pending| pending.ended.is_none()) {
            let message = "A new key vault certificate can not be created or imported while a pending key vault certificate's \
                           status is inProgress.";
            return refuse(409, "Conflict", message);
        }
        let pace = &self.shared.facts.pace;
        let due = self.shared.clock.now() + pace.scaled(pace.base_of(KIND, ISSUE));
        row.policy = policy;
        row.pending = Some(PendingCertificate {
            request_id: Uuid::new_v4().simple().to_string(),
            due,
            ended: None,
        });
        let reply = self.operation(name, row.pending.as_ref());
        self.state.secrets.put(key, row);
        let location = format!("{}/certificates/{name}/pending", self.base);
        Reply::json(202, &reply).with("location", &location)
    }

    fn operation(&self, name: &str, pending: Option<&PendingCertificate>) -> Value {
        let id = format!("{}/certificates/{name}", self.base);
        let ended = pending.and_then(|pending| pending.ended.as_deref());
        let mut shown = json!({
            "id": format!("{id}/pending"), "status": ended.unwrap_or("inProgress"),
            "request_id": pending.map(|pending| &pending.request_id), "cancellation_requested": ended == Some("cancelled"),
        });
        match ended {
            Some("completed") => shown["target"] = json!(id),
            Some(_) => {}
            None => {
                shown["status_details"] =
                    json!("Pending certificate created. Certificate request is in progress. This may take some time.");
            }
        }
        shown
    }

    pub(super) fn pending(&self, name: &str) -> Reply {
        match self.kept(name).and_then(|row| row.pending.as_ref()) {
            Some(pending) => Reply::json(200, &self.operation(name, Some(pending))),
            None => no_pending(name),
        }
    }

    /// `{"cancellation_requested": true}`.
    pub(super) fn cancel(&mut self, name: &str) -> Reply {
        if self.body["cancellation_requested"] != true {
            return refuse(
                400,
                "BadParameter",
                "Property has invalid value: cancellation_requested.",
            );
        }
        self.state.secrets.change(&self.key("certificates", name), |row| {
            if let Some(pending) = row.pending.as_mut().filter(|pending| pending.ended.is_none()) {
                pending.ended = Some("cancelled".to_owned());
            }
        });
        self.pending(name)
    }

    /// Deletes what is known of the request, which ends it.
    pub(super) fn forget(&mut self, name: &str) -> Reply {
        let reply = self.pending(name);
        self.state
            .secrets
            .change(&self.key("certificates", name), |row| row.pending = None);
        reply
    }

    /// Issues what was asked for and is due.
    pub(super) fn issue(&mut self, name: &str) {
        let now = self.shared.clock.now();
        let key = self.key("certificates", name);
        let due = self.state.secrets.get(&key).is_some_and(|row| {
            let pending = row.pending.as_ref();
            !row.deleted && pending.is_some_and(|pending| pending.ended.is_none() && pending.due <= now)
        });
        if !due {
            return;
        }
        let policy = self
            .state
            .secrets
            .get(&key)
            .map(|row| row.policy.clone())
            .unwrap_or_default();
        let made = self.make(name, &policy, now);
        self.state.secrets.change(&key, |row| {
            if let Some(pending) = &mut row.pending {
                let status = if made.is_some() { "completed" } else { "failed" };
                pending.ended = Some(status.to_owned());
            }
        });
        let Some((certificate, secret)) = made else { return };
        for (kind, version) in [("certificates", certificate), ("secrets", secret)] {
            let key = self.key(kind, name);
            let mut row = self.state.secrets.get(&key).cloned().unwrap_or_default();
            row.versions.push(version);
            self.state.secrets.put(key, row);
        }
    }

    /// A version of the certificate, and of the secret behind it. `None` where the policy cannot be met.
    fn make(&self, name: &str, policy: &Value, now: OffsetDateTime) -> Option<(Value, Value)> {
        let base = &self.base;
        let pki = &self.shared.facts.pki;
        let names = policy["x509_props"]["sans"]["dns_names"]
            .as_array()
            .into_iter()
            .flatten();
        let names: Vec<String> = names.filter_map(Value::as_str).map(str::to_owned).collect();
        let subject = policy["x509_props"]["subject"].as_str().unwrap_or_default();
        let subject = subject.get(3..).unwrap_or_default();
        let made = pki.server_leaf(subject, &names, now, LIFE).ok()?;
        let (form, value) = match policy["secret_props"]["contentType"].as_str() {
            Some(PEM) => (PEM, format!("{}{}{}", made.key_pem, made.certificate_pem, pki.ca_pem)),
            _ => (PKCS12, STANDARD.encode(made.pkcs12(&[&pki.ca_pem]).ok()?)),
        };
        let version = Uuid::new_v4().simple().to_string();
        let attributes = json!({
            "enabled": true, "nbf": made.not_before.unix_timestamp(), "exp": made.not_after.unix_timestamp(),
            "created": now.unix_timestamp(), "updated": now.unix_timestamp(), "recoveryLevel": "Recoverable+Purgeable",
        });
        let certificate = json!({
            "id": format!("{base}/certificates/{name}/{version}"), "sid": format!("{base}/secrets/{name}/{version}"),
            "kid": format!("{base}/keys/{name}/{version}"), "cer": made.der_base64(), "x5t": made.thumbprint(),
            "contentType": form, "subject": policy["x509_props"]["subject"], "attributes": attributes,
        });
        let secret = json!({
            "value": value, "contentType": form, "id": format!("{base}/secrets/{name}/{version}"), "managed": true,
            "attributes": attributes, "kid": format!("{base}/keys/{name}/{version}"),
        });
        Some((certificate, secret))
    }
}
