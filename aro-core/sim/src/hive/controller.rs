//! What Hive does with ClusterDeployments.
//!
//! ```text
//! new ──► conditions Unknown ──► what it refers to is there? ──► ClusterProvision, attempt 0: the installer image runs
//!   image ends well ──► provision complete, kubeconfig and password as secrets, spec.installed, Provisioned
//!   image fails     ──► provision failed with the log, ProvisionFailed with the reason found in it, ProvisionStopped
//! installed ──► can its API server be reached? Unreachable says
//! deleted ──► preserveOnDelete: let go; the installation that may run is ended
//! ```

use std::sync::Arc;

use aro_sim_kube::ApiServer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{crds::GROUP, failures, image};
use crate::arm::cx::Cx;
use crate::installation::{self, Given};
use crate::openshift::clusters::{answers, domain_of};
use crate::openshift::life::{now, set_condition};
use crate::shared::Shared;
use crate::state::{Install, Status};

const DEPLOYMENTS: (&str, &str) = (GROUP, "clusterdeployments");
const PROVISIONS: (&str, &str) = (GROUP, "clusterprovisions");
const SECRETS: (&str, &str) = ("", "secrets");
const FINALIZER: &str = "hive.openshift.io/deprovision";

/// Conditions that every ClusterDeployment has from the start.
const CONDITIONS: [&str; 9] = [
    "RequirementsMet",
    "InstallImagesNotResolved",
    "ProvisionFailed",
    "ProvisionStopped",
    "Provisioned",
    "InstallLaunchError",
    "ActiveAPIURLOverride",
    "ControlPlaneCertificateNotFound",
    "Unreachable",
];

/// What a ClusterDeployment refers to that must be there before it is installed.
const REQUIRED: [&str; 5] = [
    "/platform/azure/credentialsSecretRef",
    "/pullSecretRef",
    "/provisioning/installConfigSecretRef",
    "/provisioning/manifestsSecretRef",
    "/boundServiceAccountSigningKeySecretRef",
];

/// Lets everything happen that is due.
pub(super) fn settle(shared: &Arc<Shared>, server: &ApiServer) {
    for object in server.list(DEPLOYMENTS, None) {
        let text = |name: &str| object["metadata"][name].as_str().unwrap_or_default().to_owned();
        let one = One {
            shared,
            server,
            namespace: text("namespace"),
            name: text("name"),
            spec: &object["spec"],
        };
        if object["metadata"]["deletionTimestamp"].is_string() {
            one.let_go();
            continue;
        }
        if object["status"]["conditions"].is_null() {
            one.welcome();
        }
        if one.spec["installed"] == true {
            one.look_after();
        } else if let Some(provision) = object["status"]["provisionRef"]["name"].as_str() {
            one.follow(provision);
        } else {
            one.launch();
        }
    }
}

/// One ClusterDeployment.
struct One<'a> {
    shared: &'a Arc<Shared>,
    server: &'a ApiServer,
    namespace: String,
    name: String,
    spec: &'a Value,
}

impl One<'_> {
    fn edit(&self, change: impl FnOnce(&mut Value)) {
        self.server.edit(DEPLOYMENTS, Some(&self.namespace), &self.name, change);
    }

    fn id(&self) -> Option<String> {
        image::id(self.server, &self.namespace, self.spec).ok()
    }

    /// Takes a new one in.
    fn welcome(&self) {
        self.edit(|one| {
            one["metadata"]["finalizers"] = json!([FINALIZER]);
            for kind in CONDITIONS {
                set_condition(one, kind, "Unknown", "Initialized", "Condition Initialized");
            }
        });
    }

    /// Forgets one that is deleted. Nothing in Azure is touched.
    fn let_go(&self) {
        if self.spec["preserveOnDelete"] != true {
            let (reason, message) = ("DeprovisionNotSupported", "preserveOnDelete is not set");
            self.edit(|one| set_condition(one, "DeprovisionLaunchError", "True", reason, message));
            return;
        }
        if let Some(id) = self.id() {
            self.shared.state().installs.remove(&id);
        }
        self.edit(|one| {
            if let Some(all) = one["metadata"]["finalizers"].as_array_mut() {
                all.retain(|finalizer| finalizer != FINALIZER);
            }
        });
    }

    /// Starts the installer, once what it needs is there.
    fn launch(&self) {
        let there = |name: &str| self.server.get(SECRETS, Some(&self.namespace), name).is_some();
        let missing = REQUIRED
            .iter()
            .filter_map(|at| self.spec.pointer(at)?["name"].as_str())
            .find(|name| !there(name));
        if let Some(missing) = missing {
            let message = format!("secret {missing} does not exist");
            self.edit(|one| set_condition(one, "RequirementsMet", "False", "SecretNotFound", &message));
            return;
        }
        let provisioning = &self.spec["provisioning"];
        if provisioning["releaseImage"].as_str().unwrap_or_default().is_empty() {
            let message = "there is no release image";
            self.edit(|one| set_condition(one, "InstallImagesNotResolved", "True", "ReleaseImageMissing", message));
            return;
        }
        let started = now();
        let suffix = &uuid::Uuid::new_v4().simple().to_string()[..5];
        let provision = format!("{}-0-{suffix}", self.name);
        let made = self.server.seed(json!({
            "apiVersion": format!("{GROUP}/v1"), "kind": "ClusterProvision",
            "metadata": {
                "name": provision, "namespace": self.namespace,
                "labels": {"hive.openshift.io/cluster-deployment-name": self.name},
            },
            "spec": {
                "attempt": 0, "stage": "initializing", "clusterDeploymentRef": {"name": self.name},
                "podSpec": {"containers": [{
                    "name": "installer", "image": provisioning["installerImageOverride"], "env": provisioning["installerEnv"],
                }]},
            },
        }));
        if let Err(status) = made {
            tracing::error!(?status, "a ClusterProvision could not be made");
            return;
        }
        self.edit(|one| {
            one["status"]["provisionRef"] = json!({"name": provision});
            one["status"]["installerImage"] = provisioning["installerImageOverride"].clone();
            one["status"]["installStartedTimestamp"] = json!(started);
            set_condition(
                one,
                "RequirementsMet",
                "True",
                "AllRequirementsMet",
                "All requirements met",
            );
            set_condition(
                one,
                "InstallImagesNotResolved",
                "False",
                "ImagesResolved",
                "Images resolved",
            );
            set_condition(
                one,
                "Provisioned",
                "False",
                "Provisioning",
                "Cluster is being provisioned",
            );
        });
        if let Err(log) = self.run() {
            self.failed(&provision, &format!("level=fatal msg={log}\n"));
        }
    }

    /// The image reads what it was handed, and begins.
    fn run(&self) -> Result<(), String> {
        let now = self.shared.clock.now();
        let failure = self.shared.hive.next_order();
        let mut state = self.shared.state();
        let plan = image::read(&state, self.server, &self.namespace, self.spec, now)?;
        let given = Given {
            seal: Some(plan.seal),
            failure,
        };
        let mut cx = Cx {
            facts: &self.shared.facts,
            state: &mut state,
            now,
        };
        installation::begin(&mut cx, &plan.id, plan.request, given).map_err(|error| error.message)
    }

    /// Sees how far the image is.
    fn follow(&self, provision: &str) {
        let stage = self
            .server
            .get(PROVISIONS, Some(&self.namespace), provision)
            .unwrap_or_default();
        if stage["spec"]["stage"] == "failed" {
            return;
        }
        let install = self.id().and_then(|id| self.shared.state().installs.get(&id).cloned());
        match install {
            None => self.failed(provision, "level=fatal msg=the installer was stopped\n"),
            Some(install) => match install.status {
                Status::Running => {
                    let stage = if install.percent == 0 {
                        "initializing"
                    } else {
                        "provisioning"
                    };
                    let log = format!("level=info msg={}\n", install.stage);
                    self.server.edit(PROVISIONS, Some(&self.namespace), provision, |one| {
                        one["spec"]["stage"] = json!(stage);
                        one["spec"]["infraID"] = install.request["infraId"].clone();
                        one["spec"]["installLog"] = json!(log);
                    });
                }
                Status::Failed => {
                    let log = failures::log(install.error.as_ref().unwrap_or(&Value::Null));
                    self.failed(provision, &log);
                }
                Status::Succeeded => self.installed(provision, &install),
            },
        }
    }

    /// No further attempt is made: Hive is told to make one.
    fn failed(&self, provision: &str, log: &str) {
        let reason = failures::reason(log);
        self.server.edit(PROVISIONS, Some(&self.namespace), provision, |one| {
            one["spec"]["stage"] = json!("failed");
            one["spec"]["installLog"] = json!(log);
            set_condition(
                one,
                "ClusterProvisionFailed",
                "True",
                reason,
                log.lines().last().unwrap_or_default(),
            );
        });
        self.edit(|one| {
            set_condition(one, "ProvisionFailed", "True", reason, "Cluster install failed");
            let (reason, message) = ("InstallAttemptsLimitReached", "Install attempts limit reached");
            set_condition(one, "ProvisionStopped", "True", reason, message);
            set_condition(
                one,
                "Provisioned",
                "False",
                "ProvisionStopped",
                "Provisioning failed terminally",
            );
        });
    }

    fn installed(&self, provision: &str, install: &Install) {
        let secret = |suffix: &str, data: &[(&str, Option<&String>)]| {
            let name = format!("{provision}-{suffix}");
            let data = data.iter().map(|(key, value)| {
                let value = value.map(String::as_str).unwrap_or_default();
                ((*key).to_owned(), json!(STANDARD.encode(value)))
            });
            let data: serde_json::Map<String, Value> = data.collect();
            let made = self.server.seed(json!({
                "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
                "metadata": {"name": name, "namespace": self.namespace}, "data": data,
            }));
            if let Err(status) = made {
                tracing::error!(?status, "a secret of an installation could not be made");
            }
            json!({"name": name})
        };
        let config = install.kubeconfig.as_ref();
        let config = secret(
            "admin-kubeconfig",
            &[("kubeconfig", config), ("raw-kubeconfig", config)],
        );
        let user = "kubeadmin".to_owned();
        let password = [
            ("username", Some(&user)),
            ("password", install.kubeadmin_password.as_ref()),
        ];
        let password = secret("admin-password", &password);
        let infra = &install.request["infraId"];
        let cluster = self.id().unwrap_or_default();
        self.server.edit(PROVISIONS, Some(&self.namespace), provision, |one| {
            one["spec"]["stage"] = json!("complete");
            one["spec"]["installLog"] = json!("level=info msg=Install complete!\n");
            one["spec"]["infraID"] = infra.clone();
            one["spec"]["clusterID"] = json!(cluster);
            one["spec"]["adminKubeconfigSecretRef"] = config.clone();
            one["spec"]["adminPasswordSecretRef"] = password.clone();
            set_condition(
                one,
                "ClusterProvisionCompleted",
                "True",
                "InstallComplete",
                "Install job has completed",
            );
        });
        self.edit(|one| {
            one["spec"]["installed"] = json!(true);
            one["spec"]["clusterMetadata"] = json!({
                "clusterID": cluster, "infraID": infra, "adminKubeconfigSecretRef": config, "adminPasswordSecretRef": password,
            });
            one["status"]["installedTimestamp"] = json!(now());
            set_condition(one, "ProvisionFailed", "False", "ProvisionSucceeded", "Provision succeeded");
        });
    }

    /// Whether the cluster can be reached, with the kubeconfig that the deployment names.
    fn look_after(&self) {
        let unreachable = self.unreachable();
        self.edit(|one| {
            set_condition(one, "Provisioned", "True", "Provisioned", "Cluster is provisioned");
            let (kind, message) = (
                "ControlPlaneCertificateNotFound",
                "There are no control plane certificates",
            );
            set_condition(one, kind, "False", "ControlPlaneCertificatesFound", message);
            match &unreachable {
                None => set_condition(one, "Unreachable", "False", "ClusterReachable", "cluster is reachable"),
                Some(why) => set_condition(one, "Unreachable", "True", "ErrorConnectingToCluster", why),
            }
        });
    }

    fn unreachable(&self) -> Option<String> {
        let name = self.spec["clusterMetadata"]["adminKubeconfigSecretRef"]["name"].as_str();
        let secret = self
            .server
            .get(SECRETS, Some(&self.namespace), name.unwrap_or_default());
        let config = secret.as_ref().and_then(|secret| secret["data"]["kubeconfig"].as_str());
        let config = config.and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
        let config = String::from_utf8_lossy(&config);
        let address = config.split("https://").nth(1).unwrap_or_default();
        let host = address.split([':', '/', '"', '\n']).next().unwrap_or_default();
        let Some(domain) = domain_of(host) else {
            return Some("the kubeconfig of the cluster cannot be read".to_owned());
        };
        if self.spec["controlPlaneConfig"]["apiServerIPOverride"]
            .as_str()
            .unwrap_or_default()
            .is_empty()
        {
            return Some(format!("dial tcp: lookup {host}: no such host"));
        }
        let state = self.shared.state();
        (!answers(&state, domain)).then(|| format!("dial tcp: connection to {host} timed out"))
    }
}
