//! What only a running cluster knows, read into the cluster that is shown.
//!
//! | part | read | written |
//! |---|---|---|
//! | version | ClusterVersion `version`, `status.desired` | `clusterProfile.version` |
//! | ingress | IngressControllers, router services | `ingressProfiles`, one for each, by name |
//! | machines | MachineSets | `workerProfilesStatus`, one for each, by name |
//! | credentials | secret `kube-system/azure-credentials` | client id and secret of the service principal |
//!
//! The parts are asked at the same time, and each is written as soon as it has come: whoever stops waiting keeps what
//! has come until then. A part that cannot be read leaves what is stored.

mod clients;
mod parts;

use aro_api::{Sealer, model::Cluster};
use futures::{StreamExt as _, stream::FuturesUnordered};
use kube::Client;

use crate::reach::{ClusterError, Reach};
use clients::Clients;

pub use parts::Part;

/// Called with each part that could not be read, and why.
pub type Report = dyn Fn(Part, &ClusterError) + Send + Sync;

/// Reads from running clusters. Connections are kept for the next time.
pub struct Enrichment {
    clients: Clients,
    report: Box<Report>,
}

impl std::fmt::Debug for Enrichment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Enrichment").finish_non_exhaustive()
    }
}

impl Enrichment {
    /// Reads through `reach`.
    #[must_use]
    pub fn new(reach: Reach) -> Self {
        Self {
            clients: Clients::new(reach),
            report: Box::new(|part, error| tracing::info!(%part, %error, "a running cluster was not read")),
        }
    }

    /// The same, with what cannot be read told to `report` instead of the log.
    #[must_use]
    pub fn reporting(mut self, report: Box<Report>) -> Self {
        self.report = report;
        self
    }

    /// Reads into `cluster`, which lies in the document with that id; `sealer` opens its secrets. May be dropped at any
    /// await point: what has come by then stays.
    pub async fn enrich(&self, sealer: &dyn Sealer, document: &str, cluster: &mut Cluster) {
        let client = match self.clients.of(document, &cluster.properties, sealer).await {
            Ok(client) => client,
            Err(error) => {
                (self.report)(Part::All, &error);
                return;
            }
        };
        let mut reading: FuturesUnordered<_> = Part::EACH
            .into_iter()
            .filter(|part| *part != Part::Credentials || cluster.properties.service_principal_profile.is_some())
            .map(|part| read(part, client.clone(), cluster.id.clone()))
            .collect();
        while let Some((part, found)) = reading.next().await {
            match found {
                Ok(found) => found.write(cluster, sealer, document),
                Err(error) => (self.report)(part, &error),
            }
        }
    }
}

async fn read(part: Part, client: Client, id: String) -> (Part, Result<parts::Found, ClusterError>) {
    (part, part.read(&client, &id).await)
}
