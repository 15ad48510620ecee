//! What changes by itself in a cluster.
//!
//! | when | then |
//! |---|---|
//! | a machine set wants more or fewer machines | Azure is asked for them, they run and get a node; or all of it goes |
//! | a virtual machine is stopped, started or deleted in Azure | its node is not ready, is ready again, or goes |
//! | settings of an operator change | the operator is `Progressing` for a while, then at rest |
//! | another version is asked for | operators follow one after the other, then nodes, then the version is `Completed` |
//! | a deployment is made or changed | it gets a replica set with new pods; when they run, those before them go |
//! | a pod goes | another comes |
//! | a pod needs a secret that is missing, or a node that there is not | it waits |
//! | a certificate that is shown changes | it is shown after a while; a broken one degrades the operator |
//! | cloud credentials or requests for them change | the requests are reconciled: each gets its secret |
//!
//! One task for each cluster; it sleeps until something of this changes, in the cluster or in Azure, or is due.

mod certificates;
mod estate;
mod machine;
mod machines;
pub(super) mod nodes;
mod operators;
mod version;
mod workloads;

pub(super) use self::machine::FINALIZER;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use aro_sim_kube::ApiServer;
use serde_json::Value;
use tokio::time::Instant;

use self::estate::Estate;
use super::clusters::Live;
use super::seed::Subject;
use super::serving::Serving;
use crate::arm::id::key;
use crate::pace::Pace;
use crate::shared::Shared;

/// A collection: group and plural.
type Kind = (&'static str, &'static str);

pub(super) const MACHINE_SETS: Kind = ("machine.openshift.io", "machinesets");
pub(super) const MACHINES: Kind = ("machine.openshift.io", "machines");
pub(super) const NODES: Kind = ("", "nodes");
pub(super) const PODS: Kind = ("", "pods");
pub(super) const SECRETS: Kind = ("", "secrets");
pub(super) const NAMESPACES: Kind = ("", "namespaces");
pub(super) const REPLICA_SETS: Kind = ("apps", "replicasets");
pub(super) const DEPLOYMENTS: Kind = ("apps", "deployments");
pub(super) const DAEMON_SETS: Kind = ("apps", "daemonsets");
pub(super) const VERSIONS: Kind = ("config.openshift.io", "clusterversions");
pub(super) const CLUSTER_OPERATORS: Kind = ("config.openshift.io", "clusteroperators");
pub(super) const POOLS: Kind = ("machineconfiguration.openshift.io", "machineconfigpools");
pub(super) const REQUESTS: Kind = ("cloudcredential.openshift.io", "credentialsrequests");

/// What wakes the task. What only it writes is not among them.
const WATCHED: [Kind; 15] = [
    NAMESPACES,
    MACHINE_SETS,
    MACHINES,
    NODES,
    VERSIONS,
    DEPLOYMENTS,
    DAEMON_SETS,
    PODS,
    SECRETS,
    REQUESTS,
    ("config.openshift.io", "apiservers"),
    ("operator.openshift.io", "kubeapiservers"),
    ("operator.openshift.io", "kubecontrollermanagers"),
    ("operator.openshift.io", "ingresscontrollers"),
    ("operator.openshift.io", "consoles"),
];

/// What will happen.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Next {
    /// A machine's node is ready.
    Running(String),
    /// A node follows the power of its machine.
    Power(String),
    /// Something that could not be done is tried again.
    Look,
    /// An operator is at rest.
    AtRest(&'static str),
    /// The operator with that number follows to the version.
    Upgrade(String, usize),
    /// The pods of a workload run.
    Workload(Kind, String, String),
    /// Requests for credentials are reconciled.
    Credentials,
    /// Certificates in secrets are taken.
    Certificates,
}

/// How long things take, at pace 1.
const MACHINE_STAGE: Duration = Duration::from_millis(700);
const NODE_GRACE: Duration = Duration::from_millis(400);
const RETRY: Duration = Duration::from_secs(2);
const UPGRADE_STAGE: Duration = Duration::from_millis(100);
const PODS_START: Duration = Duration::from_millis(200);
const RECONCILE: Duration = Duration::from_millis(200);

/// One cluster's life.
struct Life {
    shared: Arc<Shared>,
    server: ApiServer,
    subject: Arc<Subject>,
    serving: Arc<Serving>,
    pace: Pace,
    agenda: BTreeMap<(Instant, u64), Next>,
    counter: u64,
    /// Generations that were acted upon, by what they belong to.
    seen: HashMap<String, String>,
    /// Machines that Azure has refused something, and when it is asked again.
    retries: HashMap<String, Instant>,
    /// When Azure will have changed by itself.
    azure: Option<Instant>,
    /// Bytes that names end in.
    random: fn() -> String,
}

/// The life of a cluster, which begins when it is spawned and ends with `stop`. This reads the state, so the caller holds
/// no lock that somebody takes who has the state.
pub(super) fn of(shared: &Arc<Shared>, live: &Live) -> impl Future<Output = ()> + Send + 'static {
    let (server, stop) = (&live.server, live.stop.clone());
    let mut life = Life {
        shared: Arc::clone(shared),
        server: server.clone(),
        subject: Arc::clone(&live.subject),
        serving: Arc::clone(&live.serving),
        pace: shared.facts.pace.clone(),
        agenda: BTreeMap::new(),
        counter: 0,
        seen: HashMap::new(),
        retries: HashMap::new(),
        azure: None,
        random: || uuid::Uuid::new_v4().simple().to_string()[..5].to_owned(),
    };
    let mut bell = shared.state().bells.listen(&key(&live.subject.group));
    // What the installer left is the beginning and no change.
    life.look(true);
    let mut changes: Vec<_> = WATCHED.iter().filter_map(|kind| server.changes(*kind)).collect();
    for change in &mut changes {
        change.mark_unchanged();
    }
    async move {
        loop {
            life.catch_up();
            life.look(false);
            let next = life.agenda.first_key_value().map(|((due, _), _)| *due);
            let due = next.into_iter().chain(life.azure).min();
            let woken = futures::future::select_all(changes.iter_mut().map(|change| Box::pin(change.changed())));
            tokio::select! {
                () = stop.cancelled() => return,
                (result, ..) = woken => if result.is_err() { return },
                // The state keeps the other end.
                result = bell.changed() => if result.is_err() { return },
                () = sleep_until(due) => {}
            }
        }
    }
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

impl Life {
    /// The time, as objects have it.
    fn now(&self) -> String {
        now()
    }

    fn soon(&mut self, after: Duration, next: Next) {
        if self.agenda.values().any(|known| *known == next) {
            return;
        }
        self.counter += 1;
        let due = Instant::now() + self.pace.scaled(after);
        self.agenda.insert((due, self.counter), next);
    }

    /// Whether this is new: the thing was not seen with that mark. `quietly` only takes note.
    fn is_new(&mut self, thing: String, mark: String, quietly: bool) -> bool {
        let known = self.seen.insert(thing, mark.clone());
        !quietly && known.as_deref() != Some(mark.as_str())
    }

    /// What is due happens.
    fn catch_up(&mut self) {
        while let Some(entry) = self.agenda.first_entry() {
            if entry.key().0 > Instant::now() {
                return;
            }
            let next = entry.remove();
            match next {
                Next::Running(name) => self.running(&name),
                Next::Power(name) => self.follow_power(&name),
                Next::Look => {}
                Next::AtRest(name) => self.at_rest(name),
                Next::Upgrade(version, number) => self.upgrade(&version, number),
                Next::Workload(kind, namespace, name) => self.workload(kind, &namespace, &name),
                Next::Credentials => self.reconcile_credentials(),
                Next::Certificates => self.take_certificates(),
            }
        }
    }

    /// What somebody has changed is noticed.
    fn look(&mut self, quietly: bool) {
        let estate = Estate::read(&self.shared, &self.subject);
        self.look_at_nodes(quietly, &estate);
        // Controllers run on the control plane.
        if !quietly && estate.has_quorum {
            self.look_at_sets();
            self.look_at_machines(&estate);
            self.count();
        }
        let now = self.shared.clock.now();
        self.azure = estate
            .next
            .map(|at| Instant::now() + Duration::try_from(at - now).unwrap_or_default());
        self.look_at_operators(quietly);
        self.look_at_version(quietly);
        self.look_at_workloads(quietly);
        self.look_at_credentials(quietly);
        self.look_at_certificates(quietly);
    }
}

/// The time now, as objects have it.
pub(crate) fn now() -> String {
    super::seed::seconds(time::OffsetDateTime::now_utc())
}

fn name_of(object: &Value) -> String {
    object["metadata"]["name"].as_str().unwrap_or_default().to_owned()
}

fn namespace_of(object: &Value) -> String {
    object["metadata"]["namespace"].as_str().unwrap_or_default().to_owned()
}

/// Sets a condition, and when it changed if it did.
pub(crate) fn set_condition(object: &mut Value, kind: &str, status: &str, reason: &str, message: &str) {
    let conditions = &mut object["status"]["conditions"];
    if !conditions.is_array() {
        *conditions = Value::Array(Vec::new());
    }
    let Some(conditions) = conditions.as_array_mut() else {
        return;
    };
    let mut fresh = super::seed::condition(kind, status, reason, message, &now());
    match conditions.iter_mut().find(|known| known["type"] == kind) {
        Some(known) => {
            if known["status"] == status {
                fresh["lastTransitionTime"] = known["lastTransitionTime"].clone();
            }
            *known = fresh;
        }
        None => conditions.push(fresh),
    }
}
