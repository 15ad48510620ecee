//! Key vaults, the data plane: secrets and certificates with versions, who may do what with them, and what is kept of those
//! that were deleted.
//!
//! ```text
//!            PUT secrets/x              DELETE                  .../recover
//!   (none) ────────────────► kept ─────────────────► deleted ─────────────────► kept
//!            POST certificates/x/create               │  name cannot be used: 409
//!            (pending until it is issued)             └─ DELETE deletedsecrets/x (purge) ──► (none)
//! ```

mod access;
mod certificates;
mod deleted;
mod secrets;

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};

use crate::arm::types::vaults::VAULT;
use crate::call::{Call, Reply};
use crate::seed::VAULT_RESOURCE;
use crate::shared::Shared;
use crate::state::State;

use access::Right;

/// Longest name of a secret or certificate.
const LONGEST: usize = 127;

/// A request to one vault that may be answered.
struct Asked<'a> {
    shared: &'a Shared,
    state: &'a mut State,
    /// The vault's name, in lower case.
    vault: String,
    /// Address of the vault.
    base: String,
    body: Value,
}

impl Asked<'_> {
    /// Where something of a kind (`secrets`, `certificates`) is kept.
    fn key(&self, kind: &str, name: &str) -> String {
        format!("{}/{kind}/{}", self.vault, name.to_lowercase())
    }

    fn now(&self) -> i64 {
        self.shared.clock.now().unix_timestamp()
    }
}

fn refuse(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({"error": {"code": code, "message": message}}))
}

/// With the code that says what lies behind the general one.
fn refuse_as(status: u16, code: &str, inner: &str, message: &str) -> Reply {
    Reply::json(
        status,
        &json!({"error": {"code": code, "message": message, "innererror": {"code": inner}}}),
    )
}

/// `SecretNotFound` and `CertificateNotFound`.
fn not_found(kind: &str, name: &str) -> Reply {
    let (code, what) = match kind {
        "secrets" => ("SecretNotFound", "secret"),
        _ => ("CertificateNotFound", "certificate"),
    };
    let message = format!(
        "A {what} with (name/id) {name} was not found in this key vault. If you recently deleted this {what} you may be able \
         to recover it using the correct recovery command. For help resolving this issue, please see \
         https://go.microsoft.com/fwlink/?linkid=2125182"
    );
    refuse(404, code, &message)
}

pub(super) fn answer(shared: &Arc<Shared>, call: &Call, rest: &[&str]) -> Reply {
    let at = &shared.facts.endpoints;
    let caller = call.caller.as_ref().filter(|caller| {
        let aud = caller.aud.trim_end_matches('/');
        aud.eq_ignore_ascii_case(VAULT_RESOURCE) || aud.starts_with(at.vault.as_str())
    });
    let Some(caller) = caller else {
        let challenge = format!(
            "Bearer authorization=\"{}/{}\", resource=\"{VAULT_RESOURCE}\"",
            at.login, at.tenant
        );
        let message = "AKV10000: Request is missing a Bearer or PoP token.";
        return refuse(401, "Unauthorized", message).with("www-authenticate", &challenge);
    };
    let Some((vault, parts)) = rest.split_first() else {
        return refuse(404, "NotFound", "No vault is named.");
    };
    let vault = vault.to_lowercase();
    let mut state = shared.state();
    let found = state
        .resources
        .iter()
        .find(|(_, one)| one.kind == VAULT && one.name.eq_ignore_ascii_case(&vault));
    let Some((_, resource)) = found else {
        return refuse(404, "VaultNotFound", "The vault does not exist.");
    };
    if call.api_version().is_empty() {
        return refuse(400, "BadParameter", "The request URI does not contain api-version.");
    }
    let Some(right) = Right::for_request(&call.method, parts) else {
        return refuse(400, "BadParameter", "Method or path is not supported.");
    };
    if let Some(refusal) = right.refusal(&state, resource, caller, parts) {
        return refusal;
    }
    if let [_, name, ..] = parts
        && (name.len() > LONGEST || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
    {
        return refuse(
            400,
            "BadParameter",
            &format!("The request URI contains an invalid name: {name}"),
        );
    }
    let body = match call.body.is_empty() {
        true => Value::Null,
        false => match serde_json::from_slice(&call.body) {
            Ok(body) => body,
            Err(error) => return refuse(400, "BadParameter", &format!("The request body is no JSON: {error}.")),
        },
    };
    let base = format!("{}/{vault}", at.vault);
    let asked = Asked {
        shared,
        state: &mut state,
        vault,
        base,
        body,
    };
    asked.answer(&call.method, parts)
}

impl Asked<'_> {
    fn answer(mut self, method: &Method, parts: &[&str]) -> Reply {
        // What was to be issued by now is issued before anybody looks.
        if let [_, name, ..] = parts {
            self.issue(name);
        }
        match (method.as_str(), parts) {
            ("GET", [kind @ ("secrets" | "certificates")]) => self.list(kind),
            ("GET", [kind @ ("secrets" | "certificates"), name, "versions"]) => self.versions(kind, name),
            ("PUT", ["secrets", name]) => self.put_secret(name),
            ("PATCH", ["secrets", name, version]) => self.change_secret(name, version),
            ("GET", ["secrets", name, rest @ ..]) => self.secret(name, rest.first().copied()),
            ("POST", ["certificates", name, "create"]) => self.create(name),
            ("GET", ["certificates", name, "pending"]) => self.pending(name),
            ("PATCH", ["certificates", name, "pending"]) => self.cancel(name),
            ("DELETE", ["certificates", name, "pending"]) => self.forget(name),
            ("GET", ["certificates", name, "policy"]) => self.policy(name),
            ("PATCH", ["certificates", name, "policy"]) => self.change_policy(name),
            ("GET", ["certificates", name, rest @ ..]) => self.certificate(name, rest.first().copied()),
            ("DELETE", [kind @ ("secrets" | "certificates"), name]) => self.delete(kind, name),
            ("GET", ["deletedsecrets"]) => self.deleted_ones("secrets"),
            ("GET", ["deletedcertificates"]) => self.deleted_ones("certificates"),
            ("GET", ["deletedsecrets", name]) => self.deleted_one("secrets", name),
            ("GET", ["deletedcertificates", name]) => self.deleted_one("certificates", name),
            ("POST", ["deletedsecrets", name, "recover"]) => self.recover("secrets", name),
            ("POST", ["deletedcertificates", name, "recover"]) => self.recover("certificates", name),
            ("DELETE", ["deletedsecrets", name]) => self.purge("secrets", name),
            ("DELETE", ["deletedcertificates", name]) => self.purge("certificates", name),
            _ => refuse(400, "BadParameter", "Method or path is not supported."),
        }
    }
}
