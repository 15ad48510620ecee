//! Which clusters there are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aro_sim_kube::{ApiServer, Authorization, NoCredentials};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::authorities::Authorities;
use super::content::Content;
use super::front::Door;
use super::seed::{self, Subject};
use super::serving::{Serving, certified};
use super::{crds, life};
use crate::arm::id::key;
use crate::call::Plane;
use crate::shared::Shared;
use crate::state::State;

/// How many of three machines of the control plane must run for the API server to answer.
pub(super) const QUORUM: usize = 2;
/// Changes of a kind that a watch may be behind.
const HISTORY: usize = 500;
/// Requests that a cluster's own record holds.
const AUDIT: usize = 200;

/// An installed cluster.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Installed {
    /// What the installer was told.
    pub(crate) request: Value,
    pub(crate) authorities: Authorities,
    pub(crate) installed_at: String,
}

/// A cluster that somebody has asked for.
pub(crate) struct Live {
    pub(crate) server: ApiServer,
    pub(crate) tls: Arc<ServerConfig>,
    pub(super) serving: Arc<Serving>,
    pub(crate) subject: Arc<Subject>,
    installed_at: String,
    pub(super) stop: CancellationToken,
}

impl Door for Live {
    fn server(&self) -> &ApiServer {
        &self.server
    }

    fn tls(&self) -> &Arc<ServerConfig> {
        &self.tls
    }

    fn plane(&self) -> Plane {
        Plane::Cluster
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.stop.cancel();
        self.server.stop();
    }
}

/// Those that live, by domain.
#[derive(Default)]
pub(crate) struct Clusters(Mutex<HashMap<String, Arc<Live>>>);

/// Why a cluster cannot be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gone {
    /// There is no cluster of that name, or not any more.
    Unknown,
    /// Its control plane does not run.
    Down,
}

/// The domain in the name of an API server.
pub(crate) fn domain_of(host: &str) -> Option<&str> {
    host.strip_prefix("api.").or_else(|| host.strip_prefix("api-int."))
}

/// How many machines of the control plane run, and whether the group is there at all.
fn running(state: &State, installed: &Installed) -> Option<usize> {
    let text = |name: &str| installed.request[name].as_str().unwrap_or_default();
    let group = key(text("resourceGroupId"));
    if !state.resources.contains(&group) {
        return None;
    }
    let prefix = format!(
        "{group}/providers/microsoft.compute/virtualmachines/{}-master",
        text("infraId").to_lowercase()
    );
    let machines: Vec<_> = state.resources.under(&prefix).map(|(_, one)| one).collect();
    if machines.is_empty() {
        return None;
    }
    let runs = |power: Option<&str>| power.is_none_or(|power| power == "running");
    Some(machines.iter().filter(|one| runs(one.property_text("_power"))).count())
}

/// Whether the API server of that domain would answer.
pub(crate) fn answers(state: &State, domain: &str) -> bool {
    let installed = state.clusters.get(&domain.to_lowercase());
    installed.and_then(|one| running(state, one)).unwrap_or_default() >= QUORUM
}

impl Clusters {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Live>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many live.
    pub(crate) fn living(&self) -> usize {
        self.lock().len()
    }
}

/// Finds the cluster of a domain, and brings it to life when somebody asks for the first time.
pub(crate) fn find(shared: &Arc<Shared>, domain: &str) -> Result<Arc<Live>, Gone> {
    let domain = domain.to_lowercase();
    let (installed, subject) = {
        let mut state = shared.state();
        sweep(shared, &mut state);
        let Some(installed) = state.clusters.get(&domain).cloned() else {
            return Err(Gone::Unknown);
        };
        if running(&state, &installed).unwrap_or_default() < QUORUM {
            return Err(Gone::Down);
        }
        if let Some(live) = shared.clusters.lock().get(&domain)
            && live.installed_at == installed.installed_at
        {
            return Ok(Arc::clone(live));
        }
        let subject = Subject::read(&state, &installed.request, &shared.facts.endpoints.tenant);
        (installed, subject)
    };
    let made = subject
        .map_err(|error| error.to_string())
        .and_then(|subject| Live::make(shared, &installed, subject));
    let live = match made {
        Ok(live) => Arc::new(live),
        Err(error) => {
            tracing::error!(domain, error, "a simulated cluster could not be brought to life");
            return Err(Gone::Down);
        }
    };
    let life = life::of(shared, &live);
    // Whoever has the state may take this lock, so whoever has this one leaves the state alone.
    let mut living = shared.clusters.lock();
    // Somebody else may have been faster; there is one of each.
    if let Some(known) = living.get(&domain)
        && known.installed_at == live.installed_at
    {
        return Ok(Arc::clone(known));
    }
    shared.tasks.spawn(life);
    living.insert(domain, Arc::clone(&live));
    Ok(live)
}

/// Forgets clusters whose machines or group are gone.
fn sweep(shared: &Shared, state: &mut State) {
    let gone: Vec<String> = state
        .clusters
        .iter()
        .filter(|(_, installed)| running(state, installed).is_none())
        .map(|(domain, _)| domain.clone())
        .collect();
    for domain in gone {
        state.clusters.remove(&domain);
        shared.clusters.lock().remove(&domain);
    }
}

impl Live {
    fn make(shared: &Arc<Shared>, installed: &Installed, subject: Subject) -> Result<Self, String> {
        let own = &installed.authorities.server;
        let own = certified(own.certificate.as_bytes(), own.key.as_bytes())?;
        let serving = Arc::new(Serving::new(own));
        let tls = tls(&installed.authorities, Arc::clone(&serving)).map_err(|error| error.to_string())?;
        let objects = seed::objects(&subject, &installed.authorities, shared.clock.now());
        let objects = objects.map_err(|error| error.to_string())?;
        let kubelet = seed::kubelet(&subject.version);
        let minor = kubelet.split('.').nth(1).unwrap_or("30").to_owned();
        let content = Content::default();
        let server = ApiServer::builder()
            .authorization(Authorization::Rbac)
            .no_credentials(NoCredentials::Anonymous)
            .version(json!({
                "major": "1", "minor": minor, "gitVersion": kubelet, "gitCommit": "0".repeat(40), "gitTreeState": "clean",
                "buildDate": "2025-01-01T00:00:00Z", "goVersion": "go1.22", "compiler": "gc", "platform": "linux/amd64",
            }))
            .address(format!("api.{}:6443", subject.domain))
            .history(HISTORY)
            .audit(AUDIT)
            .content(content.clone())
            .build();
        content.belong_to(&server);
        let subject = Arc::new(subject);
        for object in crds::definitions().into_iter().chain(objects) {
            let what = format!("{} {}", object["kind"], object["metadata"]["name"]);
            server
                .seed(object)
                .map_err(|status| format!("seeding {what}: {status}"))?;
        }
        for object in seed::manifests(&subject)? {
            bring(&server, object)?;
        }
        Ok(Self {
            server,
            tls,
            serving,
            subject,
            installed_at: installed.installed_at.clone(),
            stop: shared.stop.child_token(),
        })
    }
}

/// Brings a manifest of somebody else into a new cluster. One in the place of a manifest of the installer's own wins.
fn bring(server: &ApiServer, object: Value) -> Result<(), String> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let what = format!("{} {}", text("/kind"), text("/metadata/name"));
    let failed = |status: aro_sim_kube::Status| format!("manifest {what}: {status}");
    let (name, namespace) = (text("/metadata/name"), text("/metadata/namespace"));
    // OpenShift's release brings the namespaces of its operators, of which only the ones that matter are seeded.
    if !namespace.is_empty() && server.get(("", "namespaces"), None, namespace).is_none() {
        let made = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        server.seed(made).map_err(failed)?;
    }
    let group = text("/apiVersion")
        .rsplit_once('/')
        .map_or("", |(group, _)| group)
        .to_owned();
    let plural = format!("{}s", text("/kind").to_lowercase());
    let namespace = Some(namespace).filter(|namespace| !namespace.is_empty());
    let kind = (group.as_str(), plural.as_str());
    if server.get(kind, namespace, name).is_none() {
        return server.seed(object).map(drop).map_err(failed);
    }
    server.edit(kind, namespace, name, |known| {
        for member in ["spec", "data"] {
            if let Some(wanted) = object.get(member) {
                known[member] = wanted.clone();
            }
        }
    });
    Ok(())
}

/// TLS of an API server that shows its own certificate only.
pub(crate) fn own_tls(authorities: &Authorities) -> Result<Arc<ServerConfig>, Box<dyn std::error::Error>> {
    let own = &authorities.server;
    let own = certified(own.certificate.as_bytes(), own.key.as_bytes())?;
    tls(authorities, Arc::new(Serving::new(own)))
}

/// TLS of an API server: a certificate by the name that is asked for; a client certificate is asked for, and believed when the cluster's
/// authority has signed it.
fn tls(authorities: &Authorities, serving: Arc<Serving>) -> Result<Arc<ServerConfig>, Box<dyn std::error::Error>> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(
        authorities.client_signer.certificate.as_bytes(),
    )?)?;
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .allow_unauthenticated()
        .build()?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(serving);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
