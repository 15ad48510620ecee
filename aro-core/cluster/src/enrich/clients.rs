//! Clients that are kept, so that a cluster that is shown often is not greeted anew each time.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use aro_api::{Sealer, SecretBytes, model::Properties};
use kube::Client;

use crate::{
    kubeconfig::Identity,
    reach::{ClusterError, Reach, kubeconfig_of},
};

/// How many are kept; those not asked for longest go first.
const KEPT: usize = 256;

pub(super) struct Clients {
    reach: Reach,
    kept: Mutex<HashMap<String, Kept>>,
}

struct Kept {
    client: Client,
    /// What the client was made from: another kubeconfig or address needs another client.
    kubeconfig: SecretBytes,
    address: String,
    used: Instant,
}

impl Clients {
    pub(super) fn new(reach: Reach) -> Self {
        Self {
            reach,
            kept: Mutex::default(),
        }
    }

    pub(super) async fn of(
        &self,
        document: &str,
        properties: &Properties,
        sealer: &dyn Sealer,
    ) -> Result<Client, ClusterError> {
        let kubeconfig = kubeconfig_of(properties, Identity::Service);
        let address = &properties.network_profile.private_endpoint_ip;
        if let Some(kept) = self.lock().get_mut(document)
            && kept.kubeconfig == *kubeconfig
            && kept.address == *address
        {
            kept.used = Instant::now();
            return Ok(kept.client.clone());
        }
        let client = self
            .reach
            .cluster(properties, Identity::Service, sealer, document)
            .await?;
        let mut kept = self.lock();
        if kept.len() >= KEPT && !kept.contains_key(document) {
            let oldest = kept.iter().min_by_key(|(_, one)| one.used).map(|(id, _)| id.clone());
            if let Some(oldest) = oldest {
                kept.remove(&oldest);
            }
        }
        kept.insert(
            document.to_owned(),
            Kept {
                client: client.clone(),
                kubeconfig: kubeconfig.clone(),
                address: address.clone(),
                used: Instant::now(),
            },
        );
        Ok(client)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
