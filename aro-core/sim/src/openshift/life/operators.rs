//! Operators that roll out what somebody has set, and the credentials' operator.

use serde_json::json;

use super::{
    CLUSTER_OPERATORS, Kind, Life, Next, RECONCILE, REQUESTS, ROLL_OUT, SECRETS, name_of, namespace_of, set_condition,
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
        self.soon(ROLL_OUT, Next::AtRest(operator));
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
            let spec = request["spec"].to_string();
            changed |= self.is_new(format!("credentials/{namespace}/{name}"), spec, quietly);
        }
        if changed {
            self.soon(RECONCILE, Next::Credentials);
        }
    }

    pub(super) fn reconcile_credentials(&mut self) {
        let now = self.now();
        for request in self.server.list(REQUESTS, None) {
            let (namespace, name) = (namespace_of(&request), name_of(&request));
            self.server.edit(REQUESTS, Some(&namespace), &name, |request| {
                let generation = request["metadata"]["generation"].clone();
                let status = &mut request["status"];
                status["provisioned"] = json!(true);
                status["lastSyncTimestamp"] = json!(now);
                status["lastSyncGeneration"] = generation;
            });
        }
    }
}
