//! How a server is set up.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::auth::{Authorization, NoCredentials, User};
use crate::clock::{Clock, SystemClock};
use crate::content::{NoContent, PodContent};
use crate::server::ApiServer;
use crate::webhooks::{WebhookResolver, WebhookService};

/// How long a request for a revision that does not exist yet waits for it.
const FUTURE_WAIT: Duration = Duration::from_secs(3);

/// What runs beside the requests. In a real cluster these are controllers of other processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Controllers {
    /// A namespace that is deleted loses its content and goes.
    pub namespaces: bool,
    /// Objects go with their owners; `foregroundDeletion` and `orphan` are worked off.
    pub garbage: bool,
    /// Pods that are deleted with a grace period end at once, as if their kubelet were quick.
    pub kubelets: bool,
    /// Each namespace gets the ServiceAccount `default` and the ConfigMap `kube-root-ca.crt`.
    pub service_accounts: bool,
}

impl Controllers {
    /// Everything runs.
    pub const ALL: Self = Self {
        namespaces: true,
        garbage: true,
        kubelets: true,
        service_accounts: true,
    };
    /// The API server alone.
    pub const NONE: Self = Self {
        namespaces: false,
        garbage: false,
        kubelets: false,
        service_accounts: false,
    };
}

/// How a server is set up; see [`ApiServer::builder`].
pub struct Builder {
    pub(crate) options: Options,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) content: Arc<dyn PodContent>,
    pub(crate) history: usize,
    pub(crate) audit: usize,
    pub(crate) random: Option<u64>,
}

pub(crate) struct Options {
    pub(crate) authorization: Authorization,
    pub(crate) no_credentials: NoCredentials,
    pub(crate) tokens: HashMap<String, User>,
    pub(crate) controllers: Controllers,
    pub(crate) version: Value,
    pub(crate) address: String,
    pub(crate) bookmark_interval: Duration,
    pub(crate) future_wait: Duration,
    pub(crate) webhooks: Option<WebhookResolver>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            options: Options {
                authorization: Authorization::AlwaysAllow,
                no_credentials: NoCredentials::Is(User::admin()),
                tokens: HashMap::new(),
                controllers: Controllers::ALL,
                version: json!({
                    "major": "1",
                    "minor": "33",
                    "gitVersion": "v1.33.0",
                    "gitCommit": "0000000000000000000000000000000000000000",
                    "gitTreeState": "clean",
                    "buildDate": "2025-04-23T00:00:00Z",
                    "goVersion": "go1.24.2",
                    "compiler": "gc",
                    "platform": "linux/amd64",
                }),
                address: "127.0.0.1:6443".to_owned(),
                bookmark_interval: Duration::from_secs(60),
                future_wait: FUTURE_WAIT,
                webhooks: None,
            },
            clock: Arc::new(SystemClock),
            content: Arc::new(NoContent),
            history: 1000,
            audit: 1000,
            random: None,
        }
    }

    /// How requests are authorized; everybody may do everything by default.
    #[must_use]
    pub fn authorization(mut self, how: Authorization) -> Self {
        self.options.authorization = how;
        self
    }

    /// What a request without credentials counts as; the administrator by default.
    #[must_use]
    pub fn no_credentials(mut self, how: NoCredentials) -> Self {
        self.options.no_credentials = how;
        self
    }

    /// A bearer token and whom it stands for.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>, user: User) -> Self {
        self.options.tokens.insert(token.into(), user);
        self
    }

    /// Which controllers run; all by default.
    #[must_use]
    pub fn controllers(mut self, controllers: Controllers) -> Self {
        self.options.controllers = controllers;
        self
    }

    /// What `/version` answers, whole.
    #[must_use]
    pub fn version(mut self, version: Value) -> Self {
        self.options.version = version;
        self
    }

    /// `host:port` under which clients reach the server, as `/api` tells it.
    #[must_use]
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.options.address = address.into();
        self
    }

    /// Where timestamps come from; the clock of the machine by default.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// What pods answer: logs, exec, port-forward.
    #[must_use]
    pub fn content(mut self, content: impl PodContent) -> Self {
        self.content = Arc::new(content);
        self
    }

    /// Changes of a kind that are remembered for watches, 1,000 by default. A watcher that is further behind is told 410.
    #[must_use]
    pub fn history(mut self, events: usize) -> Self {
        self.history = events;
        self
    }

    /// Requests that the audit remembers, 1,000 by default.
    #[must_use]
    pub fn audit(mut self, records: usize) -> Self {
        self.audit = records;
        self
    }

    /// Pause between bookmarks, a minute by default.
    #[must_use]
    pub fn bookmark_interval(mut self, pause: Duration) -> Self {
        self.options.bookmark_interval = pause;
        self
    }

    /// How long a request for a revision of the future waits before its 504, 3 seconds by default.
    #[must_use]
    pub fn future_wait(mut self, wait: Duration) -> Self {
        self.options.future_wait = wait;
        self
    }

    /// Finds the services that webhooks' configurations name; without it none is to be reached. Webhooks with a URL are
    /// called at it.
    #[must_use]
    pub fn webhook_services(
        mut self,
        resolve: impl Fn(&WebhookService) -> Option<SocketAddr> + Send + Sync + 'static,
    ) -> Self {
        self.options.webhooks = Some(Arc::new(resolve));
        self
    }

    /// Makes uids and generated names the same in every run.
    #[must_use]
    pub fn random_seed(mut self, seed: u64) -> Self {
        self.random = Some(seed);
        self
    }

    /// Starts the server. It has the namespaces and objects that every cluster has.
    pub fn build(self) -> ApiServer {
        ApiServer::start(self)
    }
}
