//! The simulated Azure in this process.

use std::path::Path;
use std::time::Duration;

use aro_sim::{Endpoints, Ports, World, WorldConfig};
use url::Url;

use crate::failure::Failure;
use crate::options::Options;
use crate::ready::{Network, Principal, Ready};

/// How long the first notices from ARM to the RP may take.
const REGISTRATION: Duration = Duration::from_secs(30);

/// The running world.
pub(crate) struct LocalWorld {
    world: World,
    endpoints: Endpoints,
}

impl LocalWorld {
    /// Starts the world on the ports and with the state that the user chose.
    pub(crate) async fn start(options: &Options, data: &Path) -> Result<LocalWorld, Failure> {
        let mut config = WorldConfig {
            data_dir: Some(data.join("world")),
            ports: ports(options.port_base),
            service_principals: usize::from(options.service_principals),
            ..WorldConfig::default()
        };
        config.pace.speed = options.speed;
        config.pace.retry_after = None;
        let world = World::start(config).await.map_err(|error| {
            Failure::new(format!("The simulated Azure cannot start: {error}."))
                .hint("Choose other ports with --port-base, or another folder with --data-dir.")
        })?;
        let endpoints = world.endpoints().clone();
        Ok(LocalWorld { world, endpoints })
    }

    pub(crate) fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The kubeconfig with which `kubectl` reaches Hive.
    pub(crate) fn hive_kubeconfig(&self) -> Result<String, Failure> {
        let config = self.world.hive_kubeconfig();
        config.map_err(|error| Failure::new(format!("The simulated Hive has no certificates: {error}.")))
    }

    /// Tells ARM where resource providers listen.
    pub(crate) fn relay_to(&self, providers: &[Url]) {
        let urls = providers
            .iter()
            .map(|url| url.as_str().trim_end_matches('/').to_string())
            .collect();
        self.world.set_rp(urls);
    }

    /// Waits until the resource provider knows the subscriptions.
    pub(crate) async fn until_registered(&self) -> Result<(), Failure> {
        if self.world.wait_until_registered(REGISTRATION).await {
            return Ok(());
        }
        Err(Failure::new(
            "ARM could not tell the RP about the subscriptions; the log says why.",
        ))
    }

    /// What the ready file says; `rp` is where the resource provider of this process listens.
    pub(crate) fn ready(&self, rp: Option<&str>, data: &Path) -> Ready {
        let world = &self.endpoints;
        Ready {
            arm: world.arm.clone(),
            rp: rp.map(str::to_string),
            login: world.login.clone(),
            graph: world.graph.clone(),
            proxy: Some(world.proxy.clone()),
            cluster_api: world.cluster_api.clone(),
            ca_file: world.ca_file.clone(),
            data_dir: data.to_path_buf(),
            domain: world.first_party.dns_zone.clone(),
            tenant: world.tenant.clone(),
            location: world.location.clone(),
            subscriptions: world.subscriptions.clone(),
            service_principals: world
                .service_principals
                .iter()
                .map(|one| Principal {
                    client_id: one.client_id.clone(),
                    secret: one.secret.clone(),
                    object_id: one.object_id.clone(),
                })
                .collect(),
            network: Network {
                resource_group: world.network.resource_group.clone(),
                vnet: world.network.vnet.clone(),
                master_subnet: world.network.master_subnet.clone(),
                worker_subnet: world.network.worker_subnet.clone(),
            },
            inspect_url: world.inspect_url.clone(),
            fault_url: world.fault_url.clone(),
        }
    }

    pub(crate) async fn shutdown(self) {
        self.world.shutdown().await;
    }
}

/// The ports of the world's own listeners, counted from the first.
fn ports(base: u16) -> Ports {
    if base == 0 {
        return Ports::default();
    }
    Ports {
        arm: base,
        login: base + 2,
        graph: base + 3,
        proxy: base + 4,
        data: base + 5,
        cluster: base + 6,
        inspect: base + 8,
    }
}
