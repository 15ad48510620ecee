//! The version of the cluster and its upgrades.

use serde_json::{Value, json};

use super::super::seed::{OPERATORS, Subject, kubelet};
use super::{CLUSTER_OPERATORS, Life, NODES, Next, UPGRADE_STAGE, VERSIONS, name_of, set_condition};

impl Life {
    /// The version that was completed last.
    pub(super) fn version_now(&self) -> String {
        let version = self.server.get(VERSIONS, None, "version").unwrap_or_default();
        let history = version["status"]["history"].as_array();
        let completed = history
            .into_iter()
            .flatten()
            .find(|entry| entry["state"] == "Completed");
        completed
            .and_then(|entry| entry["version"].as_str())
            .unwrap_or(&self.subject.version)
            .to_owned()
    }

    pub(super) fn look_at_version(&mut self, quietly: bool) {
        let Some(version) = self.server.get(VERSIONS, None, "version") else {
            return;
        };
        let wanted = version["spec"]["desiredUpdate"]["version"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let mark = version["spec"]["desiredUpdate"].to_string();
        if !self.is_new("version".to_owned(), mark, quietly) || wanted.is_empty() {
            return;
        }
        let again = version["status"]["desired"]["version"] == wanted.as_str();
        if again && version["spec"]["desiredUpdate"]["image"] == version["status"]["desired"]["image"] {
            return;
        }
        let image = match version["spec"]["desiredUpdate"]["image"].as_str() {
            Some(image) if !image.is_empty() => image.to_owned(),
            _ => Subject::release(&wanted),
        };
        let now = self.now();
        if again {
            // The same release from elsewhere: nothing rolls out, but from now on it counts as pulled from there.
            self.server.edit(VERSIONS, None, "version", |version| {
                let status = &mut version["status"];
                status["desired"] = json!({"version": wanted, "image": image});
                let entry = json!({"state": "Completed", "version": wanted, "image": image, "startedTime": now,
                    "completionTime": now, "verified": true});
                if let Some(history) = status["history"].as_array_mut() {
                    history.insert(0, entry);
                }
            });
            return;
        }
        self.server.edit(VERSIONS, None, "version", |version| {
            let status = &mut version["status"];
            status["desired"] = json!({"version": wanted, "image": image});
            let entry = json!({"state": "Partial", "version": wanted, "image": image, "startedTime": now,
                "completionTime": null, "verified": true});
            if let Some(history) = status["history"].as_array_mut() {
                history.insert(0, entry);
            }
            let message = format!("Working towards {wanted}: 0 of {} done (0% complete)", OPERATORS.len());
            set_condition(version, "Progressing", "True", "", &message);
        });
        // An upgrade to another version is overtaken.
        self.agenda.retain(|_, next| !matches!(next, Next::Upgrade(..)));
        self.soon(UPGRADE_STAGE, Next::Upgrade(wanted, 0));
    }

    /// The operator with that number follows; after the last one, the nodes, and the version is complete.
    pub(super) fn upgrade(&mut self, wanted: &str, number: usize) {
        if let Some(operator) = OPERATORS.get(number) {
            self.server.edit(CLUSTER_OPERATORS, None, operator, |one| {
                let Some(versions) = one["status"]["versions"].as_array_mut() else {
                    return;
                };
                for version in versions.iter_mut().filter(|version| version["name"] == "operator") {
                    // The operator of the service has versions of its own.
                    if *operator != "aro" {
                        version["version"] = json!(wanted);
                    }
                }
            });
            let (done, all) = (number + 1, OPERATORS.len());
            let message = format!(
                "Working towards {wanted}: {done} of {all} done ({}% complete)",
                done * 100 / all
            );
            self.server.edit(VERSIONS, None, "version", |version| {
                set_condition(version, "Progressing", "True", "", &message);
            });
            self.soon(UPGRADE_STAGE, Next::Upgrade(wanted.to_owned(), number + 1));
            return;
        }
        for node in self.server.list(NODES, None) {
            self.server.edit(NODES, None, &name_of(&node), |node| {
                node["status"]["nodeInfo"]["kubeletVersion"] = json!(kubelet(wanted));
            });
        }
        let now = self.now();
        self.server.edit(VERSIONS, None, "version", |version| {
            let entry: &mut Value = &mut version["status"]["history"][0];
            entry["state"] = json!("Completed");
            entry["completionTime"] = json!(now);
            set_condition(version, "Available", "True", "", &format!("Done applying {wanted}"));
            set_condition(
                version,
                "Progressing",
                "False",
                "",
                &format!("Cluster version is {wanted}"),
            );
        });
    }
}
