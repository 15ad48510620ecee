//! A simulated Hive: the API server of an AKS cluster with Hive's kinds, and the controller that acts on them.
//!
//! | module | holds |
//! |---|---|
//! | [`crds`] | Hive's kinds, as Hive's API documents them |
//! | [`controller`] | what Hive does: installs, says how it stands, looks after clusters, lets go of them |
//! | [`image`] | the installer image that Hive runs: reads what it is handed, checks it, says what to install |
//! | [`seal`] | how that image seals what it leaves behind |
//! | [`failures`] | failures on order, and the reasons that Hive finds in the log of an installer |
//!
//! ```text
//! POST …/managedClusters/aro-aks-cluster-001/listClusterAdminCredential ──► kubeconfig (client certificate)
//! the listener of API servers, by that cluster's name in TLS ──► ClusterDeployment … ──► an installation of the world
//! ```
//!
//! It comes to life when somebody first asks for it. Its objects are kept with the world's state.

pub(crate) mod controller;
mod crds;
pub(crate) mod failures;
mod image;
pub(crate) mod seal;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use aro_sim_kube::{ApiServer, Authorization, NoCredentials};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::ServerConfig;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use self::failures::InstallFailure;
use crate::call::Plane;
use crate::openshift::authorities::{Authorities, CertificateAndKey};
use crate::openshift::{clusters, front::Door};
use crate::seed::{HIVE_CLUSTER, LOCATION};
use crate::shared::Shared;
use crate::state::State;

/// Row of the facts that has the keys.
const KEYS: &str = "hive-keys";
/// How often the controller looks without being asked to.
const RESYNC: Duration = Duration::from_millis(200);
/// What is kept with the world's state, each after what it needs.
const KEPT: [(&str, &str); 4] = [
    ("", "namespaces"),
    ("", "secrets"),
    (crds::GROUP, "clusterdeployments"),
    (crds::GROUP, "clusterprovisions"),
];

/// The authorities of the AKS cluster and its administrator's certificate.
#[derive(Clone, Serialize, Deserialize)]
struct Keys {
    authorities: Authorities,
    admin: CertificateAndKey,
    /// Counts rotations.
    generation: u64,
}

/// The simulated Hive, once somebody has asked for it.
#[derive(Default)]
pub(crate) struct Hive {
    live: Mutex<Option<Arc<HiveDoor>>>,
    /// How the next installations are to end.
    orders: Mutex<VecDeque<InstallFailure>>,
    /// The newest revision that is kept with the world's state. Holding it is the controller's turn.
    kept: Mutex<u64>,
}

/// Hive's API server with the certificates of one generation.
pub(crate) struct HiveDoor {
    server: ApiServer,
    tls: Arc<ServerConfig>,
    generation: u64,
}

impl Door for HiveDoor {
    fn server(&self) -> &ApiServer {
        &self.server
    }

    fn tls(&self) -> &Arc<ServerConfig> {
        &self.tls
    }

    fn plane(&self) -> Plane {
        Plane::Hive
    }

    fn settle(&self, shared: &Arc<Shared>) -> bool {
        settle(shared, &self.server);
        let mut state = shared.state();
        keys(&mut state, shared.clock.now()).is_ok_and(|keys| keys.generation == self.generation)
    }
}

impl Hive {
    /// The next installation that begins ends so.
    pub(crate) fn order(&self, failure: InstallFailure) {
        lock(&self.orders).push_back(failure);
    }

    fn next_order(&self) -> Option<InstallFailure> {
        lock(&self.orders).pop_front()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The name of the API server.
fn host() -> String {
    format!("{HIVE_CLUSTER}-dns-0a1b2c3d.hcp.{LOCATION}.azmk8s.io")
}

/// Whether it is the name of the API server.
pub(crate) fn is_host(name: &str) -> bool {
    name.eq_ignore_ascii_case(&host())
}

fn make(generation: u64, now: OffsetDateTime) -> Result<Keys, rcgen::Error> {
    let authorities = Authorities::of(vec![host()], now)?;
    let admin = authorities.client("masterclient", Some("system:masters"), now)?;
    Ok(Keys {
        authorities,
        admin,
        generation,
    })
}

fn keys(state: &mut State, now: OffsetDateTime) -> Result<Keys, String> {
    let known = state.facts.get(KEYS).and_then(|row| Keys::deserialize(row).ok());
    match known {
        Some(keys) => Ok(keys),
        None => put(state, make(1, now)),
    }
}

fn put(state: &mut State, keys: Result<Keys, rcgen::Error>) -> Result<Keys, String> {
    let keys = keys.map_err(|error| error.to_string())?;
    state.facts.put(KEYS.to_owned(), json!(keys));
    Ok(keys)
}

/// New authorities and a new certificate; nobody gets in with the old ones.
pub(crate) fn rotate(state: &mut State, now: OffsetDateTime) -> Result<(), String> {
    let generation = keys(state, now)?.generation + 1;
    put(state, make(generation, now)).map(drop)
}

/// The administrator's kubeconfig, at the port of the listener.
pub(crate) fn kubeconfig(state: &mut State, port: u16, now: OffsetDateTime) -> Result<Value, String> {
    let keys = keys(state, now)?;
    let user = format!("clusterAdmin_{}_{HIVE_CLUSTER}", crate::seed::RP_GROUP);
    Ok(json!({
        "apiVersion": "v1", "kind": "Config", "preferences": {},
        "clusters": [{"name": HIVE_CLUSTER, "cluster": {
            // The name leads nowhere outside this machine.
            "server": format!("https://localhost:{port}"), "tls-server-name": host(),
            "certificate-authority-data": STANDARD.encode(&keys.authorities.server_signer.certificate),
        }}],
        "users": [{"name": user, "user": {
            "client-certificate-data": STANDARD.encode(&keys.admin.certificate),
            "client-key-data": STANDARD.encode(&keys.admin.key),
        }}],
        "contexts": [{"name": HIVE_CLUSTER, "context": {"cluster": HIVE_CLUSTER, "user": user}}],
        "current-context": HIVE_CLUSTER,
    }))
}

/// The API server, brought to life when somebody asks for the first time, with the certificates of now.
pub(crate) fn door(shared: &Arc<Shared>) -> Result<Arc<HiveDoor>, String> {
    let mut live = lock(&shared.hive.live);
    let keys = keys(&mut shared.state(), shared.clock.now())?;
    if let Some(known) = live.as_ref().filter(|known| known.generation == keys.generation) {
        return Ok(Arc::clone(known));
    }
    let server = match live.as_ref() {
        Some(known) => known.server.clone(),
        None => begin(shared)?,
    };
    let tls = clusters::own_tls(&keys.authorities).map_err(|error| error.to_string())?;
    let door = Arc::new(HiveDoor {
        server,
        tls,
        generation: keys.generation,
    });
    *live = Some(Arc::clone(&door));
    Ok(door)
}

fn begin(shared: &Arc<Shared>) -> Result<ApiServer, String> {
    let server = ApiServer::builder()
        .authorization(Authorization::Rbac)
        .no_credentials(NoCredentials::Anonymous)
        .address(format!("{}:443", host()))
        .build();
    let kept: Vec<Value> = {
        let state = shared.state();
        let of = |plural: &str| state.hive.rows_under(&format!("{plural}/")).into_iter().cloned();
        KEPT.iter()
            .flat_map(|(_, plural)| of(plural).collect::<Vec<_>>())
            .collect()
    };
    for object in crds::definitions().into_iter().chain(kept) {
        let what = format!("{} {}", object["kind"], object["metadata"]["name"]);
        server
            .seed(object)
            .map_err(|status| format!("seeding {what}: {status}"))?;
    }
    let (world, stop) = (Arc::downgrade(shared), shared.stop.clone());
    let of = server.clone();
    shared.tasks.spawn(async move {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(RESYNC) => {}
            }
            // The world is not kept alive by its own Hive.
            let Some(shared) = Weak::upgrade(&world) else { return };
            settle(&shared, &of);
        }
    });
    Ok(server)
}

/// What is due happens, and what has changed is kept with the world's state.
fn settle(shared: &Arc<Shared>, server: &ApiServer) {
    let mut kept = lock(&shared.hive.kept);
    controller::settle(shared, server);
    let revision = server.revision();
    if *kept == revision {
        return;
    }
    *kept = revision;
    let mut now: BTreeMap<String, Value> = BTreeMap::new();
    for of in KEPT {
        for object in server.list(of, None) {
            let text = |name: &str| object["metadata"][name].as_str().unwrap_or_default().to_owned();
            let namespace = if of.1 == "namespaces" {
                text("name")
            } else {
                text("namespace")
            };
            if namespace.starts_with("aro-") {
                now.insert(format!("{}/{namespace}/{}", of.1, text("name")), object);
            }
        }
    }
    let mut state = shared.state();
    let gone: Vec<String> = state
        .hive
        .iter()
        .map(|(key, _)| key.clone())
        .filter(|key| !now.contains_key(key))
        .collect();
    for key in gone {
        state.hive.remove(&key);
    }
    for (key, object) in now {
        if state.hive.get(&key) != Some(&object) {
            state.hive.put(key, object);
        }
    }
}
