//! Certificates that somebody hands to the cluster.
//!
//! | settings | secret in | shown by | a broken reference |
//! |---|---|---|---|
//! | `APIServer/cluster`, `spec.servingCerts.namedCertificates` | `openshift-config` | the API server, for the names | `kube-apiserver` degraded, the old ones stay |
//! | `IngressController/default`, `spec.defaultCertificate` | `openshift-ingress` | the router | `ingress` degraded, the old one stays |
//!
//! New settings are rolled out; new content of a secret is taken without. What the router shows is published in
//! `openshift-config-managed`: `default-ingress-cert` for whoever has to trust it, `router-certs` for the login.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::super::seed::{INGRESS_NAMESPACE, ROUTER_CERTIFICATE, published};
use super::super::serving::{Named, certified, names_of};
use super::{CLUSTER_OPERATORS, Kind, Life, Next, RECONCILE, SECRETS, name_of, set_condition};

const API_SERVERS: Kind = ("config.openshift.io", "apiservers");
const INGRESS_CONTROLLERS: Kind = ("operator.openshift.io", "ingresscontrollers");
const CONFIG_NAMESPACE: &str = "openshift-config";

/// The operators that show certificates, and the reason with which each says that one is of no use.
const SHOWING: [(&str, &str); 2] = [("kube-apiserver", "StaticPods_Error"), ("ingress", "IngressDegraded")];

impl Life {
    pub(super) fn look_at_certificates(&mut self, quietly: bool) {
        let mut mark = String::new();
        let named = self.named_certificates();
        let names = named.iter().filter_map(secret_of).map(|name| (CONFIG_NAMESPACE, name));
        let router = self.router_certificate();
        for (namespace, name) in names.chain([(INGRESS_NAMESPACE, router.as_str())]) {
            let data = self.server.get(SECRETS, Some(namespace), name);
            let data = data.map(|secret| secret["data"].to_string()).unwrap_or_default();
            mark.extend([namespace, "/", name, "=", &data, "\n"]);
        }
        if self.is_new("certificates".to_owned(), mark, quietly) {
            self.soon(RECONCILE, Next::Certificates);
        }
    }

    /// What has changed in secrets is shown, but for what a roll-out is about to show.
    pub(super) fn take_certificates(&mut self) {
        for (operator, _) in SHOWING {
            if !self.agenda.values().any(|next| *next == Next::AtRest(operator)) {
                self.at_rest(operator);
            }
        }
    }

    /// The operator shows what its settings name. False when it cannot, and says so.
    pub(super) fn show_certificates(&mut self, operator: &str) -> bool {
        let Some((_, reason)) = SHOWING.iter().find(|(name, _)| *name == operator) else {
            return true;
        };
        let shown = if operator == "ingress" {
            self.show_router_certificate()
        } else {
            self.show_named_certificates()
        };
        self.server.edit(CLUSTER_OPERATORS, None, operator, |one| match &shown {
            Err(trouble) => set_condition(one, "Degraded", "True", reason, trouble),
            Ok(()) => {
                let conditions = one["status"]["conditions"].as_array();
                let ours = |known: &Value| known["type"] == "Degraded" && known["reason"] == *reason;
                if conditions.into_iter().flatten().any(ours) {
                    set_condition(one, "Degraded", "False", "AsExpected", "");
                }
            }
        });
        shown.is_ok()
    }

    fn named_certificates(&self) -> Vec<Value> {
        let settings = self.server.get(API_SERVERS, None, "cluster").unwrap_or_default();
        let named = settings["spec"]["servingCerts"]["namedCertificates"].as_array();
        named.cloned().unwrap_or_default()
    }

    /// The secret with the router's certificate: the one that somebody has named, or that of the cluster itself.
    fn router_certificate(&self) -> String {
        let controller = self
            .server
            .get(INGRESS_CONTROLLERS, Some("openshift-ingress-operator"), "default")
            .unwrap_or_default();
        let named = controller["spec"]["defaultCertificate"]["name"].as_str();
        named
            .filter(|name| !name.is_empty())
            .unwrap_or(ROUTER_CERTIFICATE)
            .to_owned()
    }

    fn show_named_certificates(&mut self) -> Result<(), String> {
        let internal = format!("api-int.{}", self.subject.domain);
        let mut shown: Vec<Named> = Vec::new();
        for (number, entry) in self.named_certificates().iter().enumerate() {
            let at = format!("spec.servingCerts.namedCertificates[{number}]");
            let name = secret_of(entry).ok_or_else(|| format!("{at}.servingCertificate.name not found"))?;
            let (chain, key) = self.pair(CONFIG_NAMESPACE, name)?;
            let certificate =
                certified(&chain, &key).map_err(|error| format!("secret {CONFIG_NAMESPACE}/{name}: {error}"))?;
            let mut names: Vec<String> = texts(&entry["names"]);
            if names.is_empty() {
                names = names_of(&certificate);
            }
            if names.contains(&internal) {
                return Err(format!(
                    "{at}.names: the name of the internal load balancer {internal} cannot be used"
                ));
            }
            shown.push((names, certificate));
        }
        self.serving.show(shown);
        Ok(())
    }

    fn show_router_certificate(&mut self) -> Result<(), String> {
        let name = self.router_certificate();
        let (chain, key) = self.pair(INGRESS_NAMESPACE, &name)?;
        certified(&chain, &key).map_err(|error| format!("secret {INGRESS_NAMESPACE}/{name}: {error}"))?;
        for object in published(&self.subject.domain, &chain, &key) {
            let what = name_of(&object);
            if let Err(status) = self.server.seed(object) {
                return Err(format!("{what} could not be published: {status}"));
            }
        }
        Ok(())
    }

    /// Certificate and key in a secret.
    fn pair(&self, namespace: &str, name: &str) -> Result<(Vec<u8>, Vec<u8>), String> {
        let secret = self
            .server
            .get(SECRETS, Some(namespace), name)
            .ok_or_else(|| format!("secret {namespace}/{name} not found"))?;
        let part = |key: &str| {
            let text = secret["data"][key].as_str().unwrap_or_default();
            STANDARD
                .decode(text)
                .ok()
                .filter(|bytes| !bytes.is_empty())
                .ok_or_else(|| format!("secret {namespace}/{name} has no {key}"))
        };
        Ok((part("tls.crt")?, part("tls.key")?))
    }
}

/// The secret that a named certificate lies in.
fn secret_of(entry: &Value) -> Option<&str> {
    entry["servingCertificate"]["name"]
        .as_str()
        .filter(|name| !name.is_empty())
}

fn texts(list: &Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}
