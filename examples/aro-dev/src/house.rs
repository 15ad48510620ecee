//! The resource provider in this process: a frontend on https and a worker, on one store.

use std::path::Path;

use aro_frontend::config::Built;
use aro_frontend::server::ListenAddress;
use aro_store::Store;
use aro_telemetry::Registry;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::failure::{Failure, While as _};
use crate::options::Options;
use crate::world::LocalWorld;
use crate::{role_sets, settings};

/// The running services.
pub(crate) struct House {
    url: String,
    store: Store,
    stop: CancellationToken,
    services: JoinSet<()>,
}

impl House {
    /// Starts the services and tells ARM where they are.
    pub(crate) async fn start(world: &LocalWorld, options: &Options, data: &Path) -> Result<House, Failure> {
        let address =
            ListenAddress::parse(&format!("https://127.0.0.1:{}", options.rp_port())).while_doing("Choosing a port")?;
        let frontend = settings::frontend(world.endpoints(), data, address.clone())?;
        let backend = settings::worker(world.endpoints(), data, options)?;

        let certificate = frontend
            .server_certificate()
            .await
            .while_doing("Reading the RP's certificate")?;
        let listener = address.bind(certificate).await.map_err(|error| {
            Failure::new(format!("The RP cannot listen: {error}.")).hint("Choose other ports with --port-base.")
        })?;
        // The certificate names localhost too, and people prefer it to numbers.
        let url = format!("https://localhost:{}", listener.address().port());
        let listening = Url::parse(&url).while_doing("Choosing a port")?;
        let Built {
            parts,
            arm_certificates,
        } = frontend.build(&listening).await.while_doing("Starting the frontend")?;
        let store = parts.store.clone();
        aro_frontend::seed_openshift_versions(&store, &frontend.openshift_versions)
            .await
            .while_doing("Storing the OpenShift versions")?;
        role_sets::seed(&store).await.while_doing("Storing the role sets")?;
        let worker = aro_backend::provisioning_worker(&backend, store.clone(), &Registry::new())
            .while_doing("Starting the worker")?;

        let stop = CancellationToken::new();
        let mut services = JoinSet::new();
        if let Some(certificates) = arm_certificates {
            let stop = stop.clone();
            services.spawn(async move { certificates.run(stop).await });
        }
        let (server, stopped) = (frontend.server(), stop.clone());
        services.spawn(async move { aro_frontend::serve(parts, server, vec![listener], stopped).await });
        let stopped = stop.clone();
        services.spawn(async move { worker.run(stopped).await });

        let house = House {
            url,
            store,
            stop,
            services,
        };
        house.until_ready(world).await?;
        world.relay_to(std::slice::from_ref(&listening));
        Ok(house)
    }

    /// Where the frontend listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The frontend is ready once it knows ARM's certificates.
    async fn until_ready(&self, world: &LocalWorld) -> Result<(), Failure> {
        let client = crate::arm_client::http_client(&world.endpoints().ca_file)?;
        let url = format!("{}/healthz/ready", self.url);
        let ready = async {
            let mut pause = tokio::time::interval(std::time::Duration::from_millis(20));
            loop {
                pause.tick().await;
                if client
                    .get(&url)
                    .send()
                    .await
                    .is_ok_and(|reply| reply.status().is_success())
                {
                    return;
                }
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), ready)
            .await
            .map_err(|_| Failure::new("The frontend did not become ready within 30 seconds."))
    }

    /// Finishes what has begun and ends.
    pub(crate) async fn shutdown(mut self) -> Result<(), Failure> {
        self.stop.cancel();
        let mut result = Ok(());
        while let Some(ended) = self.services.join_next().await {
            if let Err(error) = ended {
                result = Err(Failure::new(format!("A service ended badly: {error}.")));
            }
        }
        self.store.close().await;
        result
    }
}
