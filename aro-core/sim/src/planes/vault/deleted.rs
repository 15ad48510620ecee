//! What was deleted is kept for a time, can be recovered, and holds its name until it is purged. A certificate takes the
//! secret behind it along.

use serde_json::{Value, json};

use super::{Asked, not_found, refuse};
use crate::call::Reply;
use crate::state::VaultSecret;

/// Days for which a vault keeps what was deleted.
const KEPT: i64 = 90;
const DAY: i64 = 86_400;

/// A certificate and the secret behind it go together.
fn with_certificate(kind: &str) -> &'static [&'static str] {
    match kind {
        "certificates" => &["certificates", "secrets"],
        _ => &["secrets"],
    }
}

impl Asked<'_> {
    fn bundle(&self, kind: &str, name: &str, row: &VaultSecret) -> Value {
        let mut shown =
            row.versions.last().cloned().unwrap_or_else(
                || json!({"id": format!("{}/{kind}/{name}", self.base), "attributes": {"enabled": false}}),
            );
        if let Some(shown) = shown.as_object_mut() {
            shown.remove("value");
            shown.insert(
                "recoveryId".to_owned(),
                json!(format!("{}/deleted{kind}/{name}", self.base)),
            );
            shown.insert("deletedDate".to_owned(), json!(row.deleted_at));
            shown.insert("scheduledPurgeDate".to_owned(), json!(row.deleted_at + KEPT * DAY));
        }
        shown["attributes"]["recoverableDays"] = json!(KEPT);
        shown
    }

    pub(super) fn delete(&mut self, kind: &str, name: &str) -> Reply {
        let now = self.now();
        let key = self.key(kind, name);
        let Some(row) = self.state.secrets.get(&key).filter(|one| !one.deleted) else {
            return not_found(kind, name);
        };
        let is_managed = row.versions.last().is_some_and(|version| version["managed"] == true);
        if kind == "secrets" && is_managed {
            let message = "Secret belongs to a certificate. It is deleted together with that certificate.";
            return refuse(403, "Forbidden", message);
        }
        for kind in with_certificate(kind) {
            self.state.secrets.change(&self.key(kind, name), |row| {
                row.deleted = true;
                row.deleted_at = now;
                row.pending = None;
            });
        }
        self.deleted_one(kind, name)
    }

    pub(super) fn deleted_ones(&self, kind: &str) -> Reply {
        let prefix = format!("{}/{kind}/", self.vault);
        let rows = self.state.secrets.under(&prefix).filter(|(_, row)| row.deleted);
        let shown = rows.map(|(key, row)| self.bundle(kind, &key[prefix.len()..], row));
        Reply::json(200, &json!({"value": shown.collect::<Vec<_>>(), "nextLink": null}))
    }

    pub(super) fn deleted_one(&self, kind: &str, name: &str) -> Reply {
        match self.state.secrets.get(&self.key(kind, name)).filter(|row| row.deleted) {
            Some(row) => Reply::json(200, &self.bundle(kind, name, row)),
            None => self.not_deleted(kind, name),
        }
    }

    fn not_deleted(&self, kind: &str, name: &str) -> Reply {
        let (code, what) = match kind {
            "secrets" => ("SecretNotFound", "Deleted Secret"),
            _ => ("CertificateNotFound", "Deleted Certificate"),
        };
        refuse(404, code, &format!("{what} not found: {name}"))
    }

    pub(super) fn recover(&mut self, kind: &str, name: &str) -> Reply {
        if self
            .state
            .secrets
            .get(&self.key(kind, name))
            .is_none_or(|row| !row.deleted)
        {
            return self.not_deleted(kind, name);
        }
        for kind in with_certificate(kind) {
            self.state
                .secrets
                .change(&self.key(kind, name), |row| row.deleted = false);
        }
        let row = self.state.secrets.get(&self.key(kind, name));
        let mut shown = row.and_then(|row| row.versions.last().cloned()).unwrap_or_default();
        if let Some(shown) = shown.as_object_mut() {
            shown.remove("value");
        }
        Reply::json(200, &shown)
    }

    pub(super) fn purge(&mut self, kind: &str, name: &str) -> Reply {
        if self
            .state
            .secrets
            .get(&self.key(kind, name))
            .is_none_or(|row| !row.deleted)
        {
            return self.not_deleted(kind, name);
        }
        for kind in with_certificate(kind) {
            self.state.secrets.remove(&self.key(kind, name));
        }
        Reply::empty(204)
    }
}
