//! Starting and stopping the world.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::arm::types::compute;
use crate::arm::{lifecycle, relay};
use crate::call::{self, Plane};
use crate::clock::Clock;
use crate::config::WorldConfig;
use crate::directory::{Prepared, TemporaryDirectory, prepare, share};
use crate::endpoints::{Endpoints, FirstParty};
use crate::faults::FaultRule;
use crate::hive::{self, failures::InstallFailure};
use crate::inspect::{self, calls::CallRecord};
use crate::journal::{self, Journal, Picture};
use crate::listener;
use crate::openshift::{
    clusters, events,
    front::{self, Door as _},
};
use crate::pki::{Pki, PkiError};
use crate::proxy;
use crate::seed;
use crate::shared::{Facts, Shared};
use crate::state::State;

/// Why the world did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory cannot be used.
    #[error("the data directory {path} cannot be used: {source}")]
    DataDirectory {
        /// The directory.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// Another world has the data directory.
    #[error(
        "the data directory {path} is in use by another simulated world; stop that one, or choose another directory"
    )]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The state in the data directory cannot be understood.
    #[error("the state in the data directory cannot be read: {0}")]
    State(#[from] serde_json::Error),
    /// A listener could not be opened.
    #[error("the {plane} listener on port {port} could not be opened: {source}")]
    Listen {
        /// Which listener.
        plane: &'static str,
        /// The port asked for.
        port: u16,
        /// What went wrong.
        source: std::io::Error,
    },
    /// Certificates or keys could not be made or read.
    #[error("certificates: {0}")]
    Certificates(String),
    /// The client towards the resource provider could not be made.
    #[error("the client towards the resource provider: {0}")]
    Relay(#[from] reqwest::Error),
}

impl From<PkiError> for StartError {
    fn from(error: PkiError) -> Self {
        Self::Certificates(error.to_string())
    }
}

/// How long shutdown waits for requests under way.
const GOODBYE: Duration = Duration::from_secs(15);

/// A running world. Dropping it stops it without waiting; [`World::shutdown`] waits.
pub struct World {
    shared: Arc<Shared>,
    accepting: TaskTracker,
    writer: Option<JoinHandle<()>>,
    /// Keeps other worlds out of the data directory.
    _lock: File,
    /// Removes the temporary directory of a world without a data directory.
    _temporary: Option<TemporaryDirectory>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World")
            .field("endpoints", &self.shared.facts.endpoints)
            .finish_non_exhaustive()
    }
}

impl World {
    /// Opens the listeners and brings the state of the data directory back to life.
    ///
    /// # Errors
    /// When a port is taken, or the data directory, its state or its certificates cannot be used.
    pub async fn start(config: WorldConfig) -> Result<Self, StartError> {
        let clock = Clock::start();
        let (directory, temporary) = match &config.data_dir {
            Some(directory) => (directory.clone(), None),
            None => {
                let temporary = TemporaryDirectory::new();
                (temporary.path.clone(), Some(temporary))
            }
        };
        let keep = config.data_dir.is_some();
        let now = clock.now();
        let prepared = tokio::task::spawn_blocking(move || {
            if keep {
                prepare(&directory, now)
            } else {
                share(&directory, now)
            }
        })
        .await
        .map_err(|error| StartError::Certificates(error.to_string()))??;
        let Prepared {
            directory,
            pki,
            signing,
            lock,
        } = prepared;
        let (picture, journal, writer) = if keep {
            let place = directory.clone();
            // `open` starts the writer itself, so it runs here; its reads are of one file of ours at start.
            let (picture, journal, writer) =
                journal::open(&place).map_err(|source| StartError::DataDirectory { path: place, source })?;
            (picture, journal, Some(writer))
        } else {
            (Picture::new(), Journal::default(), None)
        };
        let mut state = State::open(picture, journal)?;
        state.forget_operations(now - time::Duration::days(1));
        let seeded = seed::plant(
            &mut state,
            &seed::Wishes {
                subscriptions: config.subscriptions,
                service_principals: config.service_principals,
                first_party_certificate: pki.first_party.der_base64(),
            },
            now,
        );

        let (arm, arm_url) = listen("arm", config.ports.arm, "https").await?;
        let (login, login_url) = listen("login", config.ports.login, "https").await?;
        let (graph, graph_url) = listen("graph", config.ports.graph, "https").await?;
        let (proxy, proxy_url) = listen("proxy", config.ports.proxy, "http").await?;
        let (data, data_url) = listen("data", config.ports.data, "https").await?;
        let (cluster, cluster_url) = listen("cluster", config.ports.cluster, "https").await?;
        let cluster_port = cluster.local_addr().ok().map(|address| address.port());
        let (inspect, inspect_base) = listen("inspect", config.ports.inspect, "http").await?;
        let rp_group = format!("/subscriptions/{}/resourceGroups", seeded.rp_subscription);
        let vault = format!("{data_url}/vault");
        let endpoints = Endpoints {
            arm_audience: arm_url.clone(),
            metadata: arm_url.clone(),
            arm: arm_url,
            login: login_url,
            graph_audience: graph_url.clone(),
            graph: graph_url,
            proxy: proxy_url,
            vault: vault.clone(),
            blob: format!("{data_url}/blob"),
            identity: format!("{data_url}/identity"),
            check_access: format!("{data_url}/check-access"),
            installer: format!("{data_url}/installer"),
            cluster_api: Some(cluster_url),
            inspect_url: format!("{inspect_base}/inspect"),
            fault_url: format!("{inspect_base}/faults"),
            ca_file: pki.ca_file.clone(),
            tenant: seeded.tenant,
            location: seed::LOCATION.to_owned(),
            subscriptions: seeded.subscriptions,
            service_principals: seeded.service_principals,
            network: seeded.network,
            first_party: FirstParty {
                principal: seeded.first_party,
                certificate_file: directory.join("first-party.pem"),
                key_file: directory.join("first-party.key"),
                subscription: seeded.rp_subscription,
                resource_group: seed::RP_GROUP.to_owned(),
                dns_zone: seed::DNS_ZONE.to_owned(),
                private_endpoint_subnet: format!(
                    "{rp_group}/{}/providers/Microsoft.Network/virtualNetworks/rp-pe-vnet-001/subnets/rp-pe-subnet",
                    seed::RP_GROUP
                ),
                gateway_private_link_service: format!(
                    "{rp_group}/{}/providers/Microsoft.Network/privateLinkServices/{}",
                    seed::GATEWAY_GROUP,
                    seed::GATEWAY_SERVICE
                ),
                oidc_storage_account: seed::OIDC_ACCOUNT.to_owned(),
                certificate_vault: format!("{vault}/{}", seed::CERTIFICATE_VAULT),
                identity_vault: format!("{vault}/{}", seed::IDENTITY_VAULT),
                registry: format!(
                    "{rp_group}/{}/providers/Microsoft.ContainerRegistry/registries/{}",
                    seed::RP_GROUP,
                    seed::REGISTRY
                ),
                registry_server: format!("{}.azurecr.io", seed::REGISTRY),
                hive_cluster: seed::HIVE_CLUSTER.to_owned(),
                storage_subnets: [
                    (seed::RP_GROUP, "rp-pe-vnet-001", "rp-pe-subnet"),
                    (seed::RP_GROUP, "rp-vnet", "rp-subnet"),
                    (seed::GATEWAY_GROUP, "gateway-vnet", "gateway-subnet"),
                ]
                .map(|(group, network, subnet)| {
                    format!("{rp_group}/{group}/providers/Microsoft.Network/virtualNetworks/{network}/subnets/{subnet}")
                })
                .to_vec(),
                server_certificate_file: pki.rp_server_certificate.clone(),
                server_key_file: pki.rp_server_key.clone(),
            },
        };

        let tls = pki.server_config()?;
        let proxy_tls = pki.proxy_config(now)?;
        let relay_client = relay_client(&pki)?;
        let (tasks, accepting, stop) = (TaskTracker::new(), TaskTracker::new(), CancellationToken::new());
        let shared = Shared::new(
            Facts {
                endpoints,
                pace: config.pace,
                pki,
                identity_certificates: config.identity_certificates,
                signing,
                cluster_port,
            },
            clock,
            state,
            relay_client,
            tasks.clone(),
            stop.clone(),
        );
        for (listener, plane) in [
            (arm, Plane::Arm),
            (login, Plane::Login),
            (graph, Plane::Graph),
            (data, Plane::Data),
        ] {
            let shared = Arc::clone(&shared);
            let handle = move |request| call::serve(Arc::clone(&shared), plane, request);
            accepting.spawn(listener::serve(
                listener,
                Some(Arc::clone(&tls)),
                tasks.clone(),
                stop.clone(),
                handle,
            ));
        }
        accepting.spawn(front::serve(cluster, Arc::clone(&shared)));
        accepting.spawn(proxy::serve(proxy, proxy_tls, Arc::clone(&shared)));
        let router = TowerToHyperService::new(inspect::router(Arc::clone(&shared)));
        accepting.spawn(listener::serve_router(inspect, router, tasks.clone(), stop.clone()));
        accepting.close();
        let world = Self {
            shared,
            accepting,
            writer,
            _lock: lock,
            _temporary: temporary,
        };
        lifecycle::resume(&world.shared);
        if !config.rp.is_empty() {
            world.set_rp(config.rp);
        }
        Ok(world)
    }

    /// Where everything listens and who exists.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.shared.facts.endpoints
    }

    /// Says where the resource provider listens (base URLs, asked in turn) and tells it which subscriptions are
    /// registered, again and again until it answers.
    pub fn set_rp(&self, urls: Vec<String>) {
        *self.shared.rp.write().unwrap_or_else(PoisonError::into_inner) = urls;
        lifecycle::announce(&self.shared);
    }

    /// Whether the resource provider has been told of every registered subscription.
    #[must_use]
    pub fn registered(&self) -> bool {
        lifecycle::all_announced(&self.shared)
    }

    /// Waits until [`World::registered`]; false when `patience` ends first.
    pub async fn wait_until_registered(&self, patience: Duration) -> bool {
        let waiting = async {
            while !self.registered() {
                self.shared.announced.notified().await;
            }
        };
        tokio::time::timeout(patience, waiting).await.is_ok()
    }

    /// The address at which the credentials of a resource's identities are asked for, as `x-ms-identity-url` says it to the
    /// resource provider.
    #[must_use]
    pub fn identity_url(&self, resource: &str) -> String {
        relay::identity_url(&self.shared.facts.endpoints, resource)
    }

    /// Says which availability zones the region has, as `PUT {inspect_url}/zones` does; an empty list for one without zones.
    pub fn set_zones(&self, zones: &[String]) {
        compute::set_zones(&mut self.shared.state(), zones);
    }

    /// Appends fault rules, as `POST fault_url` does; their names.
    pub fn add_faults(&self, rules: Vec<FaultRule>) -> Vec<String> {
        self.shared.faults.add(rules)
    }

    /// Lets the calls held by a rule go on, or drops them (`perform` false). False when there is no such rule.
    pub fn release_fault(&self, id: &str, perform: bool) -> bool {
        self.shared.faults.release(id, perform)
    }

    /// Waits until a rule holds a call. False when `patience` ends first or there is no such rule.
    pub async fn wait_until_held(&self, id: &str, patience: Duration) -> bool {
        self.shared
            .faults
            .wait(id, "waiting", patience)
            .await
            .is_some_and(|status| status.is_waiting())
    }

    /// Removes all fault rules; what they hold goes on.
    pub fn clear_faults(&self) {
        self.shared.faults.remove(None);
    }

    /// The calls after the given number, in order of arrival.
    #[must_use]
    pub fn calls(&self, after: u64) -> Vec<CallRecord> {
        self.shared.calls.after(after)
    }

    /// Ids of all resources below a subscription or resource group, without regard to case.
    #[must_use]
    pub fn resource_ids(&self, scope: &str) -> Vec<String> {
        let prefix = format!("{}/", scope.trim_end_matches('/').to_lowercase());
        self.shared
            .state()
            .resources
            .under(&prefix)
            .map(|(_, one)| one.id.clone())
            .collect()
    }

    /// The API server of the cluster in that domain, for tests that look into it or play its controllers. `None` when
    /// there is no such cluster or its control plane does not run.
    #[must_use]
    pub fn cluster(&self, domain: &str) -> Option<aro_sim_kube::ApiServer> {
        clusters::find(&self.shared, domain)
            .ok()
            .map(|live| live.server.clone())
    }

    /// Hive's API server, for tests that look into it.
    ///
    /// # Errors
    /// When it cannot be brought to life.
    pub fn hive(&self) -> Result<aro_sim_kube::ApiServer, String> {
        let door = hive::door(&self.shared)?;
        door.settle(&self.shared);
        Ok(door.server().clone())
    }

    /// The kubeconfig of the administrators of Hive's API server.
    ///
    /// # Errors
    /// When its certificates cannot be made.
    pub fn hive_kubeconfig(&self) -> Result<String, String> {
        let port = self.shared.facts.cluster_port.unwrap_or_default();
        let config = hive::kubeconfig(&mut self.shared.state(), port, self.shared.clock.now())?;
        Ok(config.to_string())
    }

    /// The next installation by Hive ends so.
    pub fn fail_installation(&self, failure: InstallFailure) {
        self.shared.hive.order(failure);
    }

    /// Makes something happen in the cluster of that domain, as `POST {inspect_url}/clusters/{domain}/events` does.
    ///
    /// # Errors
    /// When there is no such cluster, or nothing in it that it could happen to.
    pub fn happen(&self, domain: &str, event: &events::Event) -> Result<(), String> {
        let live = clusters::find(&self.shared, domain).map_err(|gone| format!("{domain}: {gone:?}"))?;
        events::happen(&live, &self.shared.facts.pki, event, self.shared.clock.now())
    }

    /// Stops accepting, lets requests under way end, writes what is left to write.
    pub async fn shutdown(mut self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        let ended = async {
            self.accepting.wait().await;
            self.shared.tasks.wait().await;
        };
        if tokio::time::timeout(GOODBYE, ended).await.is_err() {
            tracing::warn!("requests of the simulated world did not end in time");
        }
        let journal = self.shared.state().journal.clone();
        if let Err(error) = journal.sync().await {
            tracing::error!(error, "the state of the simulated world could not be kept");
        }
        // The writer ends when the last sender is gone, which is when `shared` goes with this world.
        drop(self.writer.take());
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

async fn listen(plane: &'static str, port: u16, scheme: &str) -> Result<(TcpListener, String), StartError> {
    let fail = |source| StartError::Listen { plane, port, source };
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        .await
        .map_err(fail)?;
    let port = listener.local_addr().map_err(fail)?.port();
    let host = if scheme == "https" { "localhost" } else { "127.0.0.1" };
    Ok((listener, format!("{scheme}://{host}:{port}")))
}

/// ARM's client towards the provider: it presents ARM's certificate and trusts the world's authority.
fn relay_client(pki: &Pki) -> Result<reqwest::Client, StartError> {
    let identity = format!("{}{}", pki.arm_client.certificate_pem, pki.arm_client.key_pem);
    Ok(reqwest::Client::builder()
        .tls_certs_only(reqwest::Certificate::from_pem_bundle(pki.ca_pem.as_bytes())?)
        .identity(reqwest::Identity::from_pem(identity.as_bytes())?)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_secs(5))
        .build()?)
}
