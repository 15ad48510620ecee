//! Operators that roll out what somebody has set, and the credentials' operator.

use serde_json::{Value, json};

use super::{
    CLUSTER_OPERATORS, Kind, Life, NAMESPACES, Next, RECONCILE, REQUESTS, SECRETS, name_of, namespace_of, set_condition,
};

/// Settings, and the operator that rolls them out.
const SETTINGS: [(Kind, Option<&str>, &str, &str); 5] = [
    (("config.openshift.io", "apiservers"), None, "cluster", "kube-apiserver"),
    (
        ("operator.openshift.io", "kubeapiservers"),
        None,
        "cluster",
        "kube-apiserver",
    ),
    (
        ("operator.openshift.io", "kubecontrollermanagers"),
        None,
        "cluster",
        "kube-controller-manager",
    ),
    (
        ("operator.openshift.io", "ingresscontrollers"),
        Some("openshift-ingress-operator"),
        "default",
        "ingress",
    ),
    (("operator.openshift.io", "consoles"), None, "cluster", "console"),
];

impl Life {
    pub(super) fn look_at_operators(&mut self, quietly: bool) {
        for (kind, namespace, name, operator) in SETTINGS {
            let Some(settings) = self.server.get(kind, namespace, name) else {
                continue;
            };
            let spec = settings["spec"].to_string();
            if self.is_new(format!("{}/{}/{name}", kind.0, kind.1), spec, quietly) {
                self.roll_out(operator);
            }
        }
    }

    /// The operator is busy for a while.
    fn roll_out(&mut self, operator: &'static str) {
        self.server.edit(CLUSTER_OPERATORS, None, operator, |one| {
            set_condition(
                one,
                "Progressing",
                "True",
                "RollingOut",
                "a change of the settings is rolled out",
            );
        });
        self.agenda.retain(|_, next| *next != Next::AtRest(operator));
        self.soon(self.pace.roll_out, Next::AtRest(operator));
    }

    pub(super) fn at_rest(&mut self, operator: &str) {
        if !self.show_certificates(operator) {
            // New pods do not come up, so the roll-out does not end.
            return;
        }
        self.server.edit(CLUSTER_OPERATORS, None, operator, |one| {
            set_condition(one, "Progressing", "False", "AsExpected", "");
        });
    }

    pub(super) fn look_at_credentials(&mut self, quietly: bool) {
        let secret = self.server.get(SECRETS, Some("kube-system"), "azure-credentials");
        let mark = secret.map(|secret| secret["data"].to_string()).unwrap_or_default();
        let mut changed = self.is_new("azure-credentials".to_owned(), mark, quietly);
        for request in self.server.list(REQUESTS, None) {
            let (namespace, name) = (namespace_of(&request), name_of(&request));
            let target = &request["spec"]["secretRef"];
            let target = (target["namespace"].as_str(), target["name"].as_str());
            let there = target
                .0
                .is_some_and(|target| self.server.get(NAMESPACES, None, target).is_some());
            // The operator also notices when somebody has taken away or changed what it has made.
            let made = match target {
                (Some(namespace), Some(name)) => self.server.get(SECRETS, Some(namespace), name),
                _ => None,
            };
            let made = made.map(|made| made["data"].to_string()).unwrap_or_default();
            let mark = format!("{}{there}{made}", request["spec"]);
            changed |= self.is_new(format!("credentials/{namespace}/{name}"), mark, quietly);
        }
        if changed {
            self.soon(RECONCILE, Next::Credentials);
        }
    }

    /// Each request gets its secret. With workload identities there is nothing to hand out: the operator is in manual mode.
    pub(super) fn reconcile_credentials(&mut self) {
        let now = self.now();
        let root = self.server.get(SECRETS, Some("kube-system"), "azure-credentials");
        for request in self.server.list(REQUESTS, None) {
            let (namespace, name) = (namespace_of(&request), name_of(&request));
            let provisioned = match &root {
                Some(root) => self.hand_out(&request, root),
                None => true,
            };
            self.server.edit(REQUESTS, Some(&namespace), &name, |request| {
                let generation = request["metadata"]["generation"].clone();
                let (missing, reason, message) = if provisioned {
                    ("False", "NamespaceFound", "target namespace exists")
                } else {
                    ("True", "NamespaceMissing", "target namespace does not exist")
                };
                set_condition(request, "MissingTargetNamespace", missing, reason, message);
                let status = &mut request["status"];
                status["provisioned"] = json!(provisioned);
                if provisioned {
                    status["lastSyncTimestamp"] = json!(now);
                    status["lastSyncGeneration"] = generation;
                }
            });
        }
    }

    /// Writes the secret of a request, as the cluster's own credentials are; false while its namespace is missing.
    fn hand_out(&self, request: &Value, root: &Value) -> bool {
        let target = &request["spec"]["secretRef"];
        let (Some(namespace), Some(name)) = (target["namespace"].as_str(), target["name"].as_str()) else {
            return false;
        };
        if self.server.get(NAMESPACES, None, namespace).is_none() {
            return false;
        }
        let data = root["data"].clone();
        let known = self
            .server
            .edit(SECRETS, Some(namespace), name, |secret| secret["data"] = data.clone());
        if known.is_none() {
            let made = json!({
                "apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": data,
                "metadata": {"namespace": namespace, "name": name, "annotations": {
                    "cloudcredential.openshift.io/credentials-request":
                        format!("{}/{}", namespace_of(request), name_of(request)),
                }},
            });
            if let Err(status) = self.server.seed(made) {
                tracing::error!(%status, "a simulated secret of credentials could not be made");
            }
        }
        true
    }
}
