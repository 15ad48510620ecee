//! What every request of every plane can reach.

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::endpoints::Endpoints;
use crate::entra::keys::SigningKey;
use crate::faults::Faults;
use crate::hive::Hive;
use crate::inspect::calls::CallLog;
use crate::openshift::clusters::Clusters;
use crate::pace::Pace;
use crate::pki::{CertificateForm, Pki};
use crate::state::State;

/// Facts that do not change while the world lives.
pub(crate) struct Facts {
    pub(crate) endpoints: Endpoints,
    pub(crate) pace: Pace,
    pub(crate) pki: Pki,
    /// How the identity service gives certificates.
    pub(crate) identity_certificates: CertificateForm,
    pub(crate) signing: SigningKey,
    /// Port of the clusters' listener.
    pub(crate) cluster_port: Option<u16>,
}

pub(crate) struct Shared {
    pub(crate) facts: Facts,
    pub(crate) clock: Clock,
    state: Mutex<State>,
    pub(crate) faults: Faults,
    pub(crate) calls: CallLog,
    /// Clusters that somebody has asked for.
    pub(crate) clusters: Clusters,
    pub(crate) hive: Hive,
    /// Base URLs of the resource provider, asked in turn.
    pub(crate) rp: RwLock<Vec<String>>,
    pub(crate) next_rp: AtomicUsize,
    /// Rung when the provider has been told of subscriptions.
    pub(crate) announced: tokio::sync::Notify,
    pub(crate) relay: reqwest::Client,
    /// Requests outlive their connection, as they do in Azure; these are the ones under way.
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
}

impl Shared {
    pub(crate) fn new(
        facts: Facts,
        clock: Clock,
        state: State,
        relay: reqwest::Client,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Arc<Self> {
        Arc::new(Self {
            facts,
            clock,
            state: Mutex::new(state),
            faults: Faults::default(),
            calls: CallLog::default(),
            clusters: Clusters::default(),
            hive: Hive::default(),
            rp: RwLock::default(),
            next_rp: AtomicUsize::new(0),
            announced: tokio::sync::Notify::new(),
            relay,
            tasks,
            stop,
        })
    }

    /// The state with everything that is due by now having happened.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        crate::arm::operations::settle(&self.facts, &mut state, self.clock.now());
        state
    }

    pub(crate) fn rp_urls(&self) -> Vec<String> {
        self.rp.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
