//! A cluster in a store of its own, and workers on it.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aro_api::ApiVersion;
use aro_api::model::{
    AsyncOperation, CorrelationData, OpenShiftVersion, OpenShiftVersionProperties, ProvisioningState, Subscription,
    SubscriptionProperties, SubscriptionState,
};
use aro_api::request::{self, Method, PutOrPatch, RpFacts};
use aro_azure::Cloud;
use aro_backend::{BackendConfig, provisioning_worker};
use aro_cluster::ClientKeys;
use aro_sim::{Endpoints, World};
use aro_store::{
    AsyncOperationDocument, ClusterDocument, KeyRing, RandomIds, Store, StoreConfig, Stored, SubscriptionDocument,
};
use aro_telemetry::Registry;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::PATIENCE;

/// The world's facts, with a pair of subnets for each lane.
pub struct Site {
    endpoints: Endpoints,
}

impl Site {
    /// Makes the subnets, as the customer.
    pub async fn prepare(world: &World, lanes: usize) -> Site {
        let endpoints = world.endpoints().clone();
        let pem = std::fs::read(&endpoints.ca_file).unwrap();
        let http = reqwest::Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(&pem).unwrap()])
            .no_proxy()
            .build()
            .unwrap();
        let owner = &endpoints.service_principals[0];
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", owner.client_id.as_str()),
            ("client_secret", owner.secret.as_str()),
            ("scope", &format!("{}/.default", endpoints.arm_audience)),
        ];
        let url = format!("{}/{}/oauth2/v2.0/token", endpoints.login, endpoints.tenant);
        let token: Value = http.post(url).form(&form).send().await.unwrap().json().await.unwrap();
        let site = Site { endpoints };
        for lane in 0..lanes {
            for (role, third) in [("master", 0), ("worker", 1)] {
                let url = format!(
                    "{}{}?api-version=2024-05-01",
                    site.endpoints.arm,
                    site.subnet(lane, role)
                );
                let body = json!({"properties": {"addressPrefix": format!("10.{}.{third}.0/24", 16 + lane)}});
                super::eventually(&url, async || {
                    let request = http
                        .put(&url)
                        .bearer_auth(token["access_token"].as_str().unwrap())
                        .json(&body);
                    let reply = request.send().await.unwrap();
                    // Azure changes one subnet of a network at a time.
                    let busy = reply.status() == 409 || reply.status() == 429;
                    assert!(busy || reply.status().is_success(), "{}", reply.status());
                    !busy
                })
                .await;
            }
        }
        site
    }

    fn subnet(&self, lane: usize, role: &str) -> String {
        format!("{}/subnets/lane-{lane}-{role}", self.endpoints.network.vnet)
    }
}

/// One cluster.
pub struct Victim {
    site: Arc<Site>,
    name: String,
    store: Store,
    folder: tempfile::TempDir,
}

/// A running worker.
pub struct Running {
    task: JoinHandle<()>,
    stop: CancellationToken,
}

impl Running {
    /// Takes the worker out, in the middle of whatever it does.
    pub async fn abort(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }

    /// Asks it to stop, and waits.
    pub async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

impl Victim {
    /// Stores the wish for a cluster, as the frontend does.
    pub async fn new(site: &Arc<Site>, lane: usize, name: &str) -> Victim {
        let folder = tempfile::tempdir().unwrap();
        let config = StoreConfig {
            test_clock: true,
            ..StoreConfig::default()
        };
        let keys = KeyRing::ephemeral().unwrap();
        let store = Store::open_sqlite(folder.path().join("rp.db"), config, keys, Arc::new(RandomIds))
            .await
            .unwrap();
        let victim = Victim {
            site: Arc::clone(site),
            name: name.to_string(),
            store,
            folder,
        };
        victim.put(lane).await;
        victim
    }

    fn subscription(&self) -> &str {
        &self.site.endpoints.subscriptions[0]
    }

    pub fn resource_id(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/tests/providers/Microsoft.RedHatOpenShift/openShiftClusters/{}",
            self.subscription(),
            self.name
        )
    }

    fn managed_group(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/managed-{}",
            self.subscription(),
            self.name
        )
    }

    pub fn correlation_id(&self) -> String {
        format!("correlation-{}", self.name)
    }

    async fn put(&self, lane: usize) {
        let endpoints = &self.site.endpoints;
        let subscription = SubscriptionDocument {
            id: self.subscription().to_string(),
            subscription: Subscription {
                state: SubscriptionState::Registered,
                properties: Some(SubscriptionProperties {
                    tenant_id: endpoints.tenant.clone(),
                    ..Default::default()
                }),
                ..Default::default()
            },
            ..Default::default()
        };
        self.store.subscriptions().create(subscription).await.unwrap();
        let principal = &endpoints.service_principals[1 + lane];
        let body = json!({
            "location": endpoints.location,
            "properties": {
                "clusterProfile": {
                    "domain": self.name, "resourceGroupId": self.managed_group(), "fipsValidatedModules": "Disabled",
                },
                "servicePrincipalProfile": {"clientId": principal.client_id, "clientSecret": principal.secret},
                "networkProfile": {"podCidr": "10.128.0.0/14", "serviceCidr": "172.30.0.0/16", "outboundType": "Loadbalancer"},
                "masterProfile": {
                    "vmSize": "Standard_D8s_v3", "subnetId": self.site.subnet(lane, "master"),
                    "encryptionAtHost": "Disabled",
                },
                "workerProfiles": [{
                    "name": "worker", "vmSize": "Standard_D4s_v3", "diskSizeGB": 128, "count": 3,
                    "subnetId": self.site.subnet(lane, "worker"), "encryptionAtHost": "Disabled",
                }],
                "apiserverProfile": {"visibility": "Public"},
                "ingressProfiles": [{"name": "default", "visibility": "Public"}],
            },
        });
        let version = OpenShiftVersion {
            properties: OpenShiftVersionProperties {
                version: "4.17.27".to_string(),
                enabled: true,
                default: true,
                ..Default::default()
            },
            ..Default::default()
        };
        let cluster = request::create(&PutOrPatch {
            version: ApiVersion::parse("2025-07-25").unwrap(),
            method: Method::Put,
            path: &self.resource_id(),
            body: body.to_string().as_bytes(),
            now: OffsetDateTime::now_utc(),
            system_data: None,
            identity_url: None,
            home_tenant_id: None,
            rp: &RpFacts {
                location: &endpoints.location,
                domain: &endpoints.first_party.dns_zone,
                require_d2s_workers: false,
                commit: "test",
                gateway_enabled: true,
            },
            versions: &[version],
            role_sets: &[],
            secrets: None,
        })
        .unwrap();
        let document = ClusterDocument {
            id: self.store.new_id(),
            correlation_data: CorrelationData {
                correlation_id: self.correlation_id(),
                ..Default::default()
            },
            cluster,
            ..Default::default()
        };
        let state = ProvisioningState::Creating;
        let operation = AsyncOperationDocument {
            id: "operation".to_string(),
            async_operation: AsyncOperation {
                initial_status: state.clone(),
                status: state,
                ..Default::default()
            },
            ..Default::default()
        };
        self.store.clusters().create(document, operation).await.unwrap();
    }

    /// Starts a worker on the store.
    pub fn worker(&self) -> Running {
        let config = settings(&self.site.endpoints, self.folder.path());
        let worker = provisioning_worker(&config, self.store.clone(), &Registry::new()).unwrap();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        Running {
            task: tokio::spawn(async move { worker.run(stopped).await }),
            stop,
        }
    }

    async fn stored(&self) -> Option<Stored<ClusterDocument>> {
        self.store.clusters().get(&self.resource_id()).await.unwrap()
    }

    /// The steps recorded as done.
    pub async fn recorded(&self) -> Vec<String> {
        self.stored()
            .await
            .unwrap()
            .document
            .progress
            .map(|progress| progress.done)
            .unwrap_or_default()
    }

    /// What can be said about the operation, for the message of a failing test.
    pub async fn why(&self) -> String {
        let operation = self
            .store
            .operations()
            .get("operation")
            .await
            .unwrap()
            .unwrap()
            .document
            .async_operation;
        format!("{}, {:?}", operation.status, operation.error)
    }

    pub async fn let_the_lease_run_out(&self) {
        self.store.advance_clock(Duration::from_secs(3600)).await.unwrap();
    }

    pub async fn until_succeeded(&self) {
        super::eventually(&self.name, async || {
            let state = self
                .stored()
                .await
                .unwrap()
                .document
                .cluster
                .properties
                .provisioning_state;
            assert!(
                state != ProvisioningState::Failed,
                "{}: {}",
                self.name,
                self.why().await
            );
            state == ProvisioningState::Succeeded
        })
        .await;
    }

    /// What the create has left behind: the resources in Azure, and which members the cluster has.
    pub async fn end(&self, world: &World) -> Vec<String> {
        let document = self.stored().await.unwrap().document;
        assert!(document.lease.is_none() && document.progress.is_none() && document.async_operation_id.is_empty());
        let infra_id = document.cluster.properties.infra_id.clone();
        let suffix = document.cluster.properties.storage_suffix.clone();
        let anonymous = |text: &str| {
            text.to_lowercase()
                .replace(&infra_id, "<infra>")
                .replace(&suffix, "<suffix>")
                .replace(&self.name, "<name>")
        };
        let mut resources: Vec<_> = world
            .resource_ids(&self.managed_group())
            .iter()
            .map(|id| without_chance(&anonymous(id)))
            .collect();
        let properties = &document.cluster.properties;
        resources.extend([
            format!("{}", properties.provisioning_state),
            anonymous(&properties.apiserver_profile.url),
            anonymous(&properties.console_profile.url),
            format!("{}", properties.install.is_none()),
            format!("{} {}", !infra_id.is_empty(), !suffix.is_empty()),
        ]);
        resources.sort();
        resources
    }

    /// Deletes the cluster, and checks that nothing is left.
    pub async fn remove(&self, world: &World) {
        let mut stored = self.stored().await.unwrap();
        stored.document.cluster.properties.provisioning_state = ProvisioningState::Deleting;
        self.store.clusters().replace(stored, None).await.unwrap();
        let worker = self.worker();
        super::eventually(&format!("{} is gone", self.name), async || {
            self.stored().await.is_none()
        })
        .await;
        worker.stop().await;
        assert_eq!(world.resource_ids(&self.managed_group()), Vec::<String>::new());
        self.store.close().await;
    }
}

/// Ids are drawn by chance, and so are five characters in the name of a worker machine.
fn without_chance(id: &str) -> String {
    const LENGTH: usize = 36;
    let mut left = id.to_string();
    while let Some(at) = (0..left.len().saturating_sub(LENGTH - 1)).find(|at| {
        left.get(*at..at + LENGTH)
            .is_some_and(|part| uuid::Uuid::parse_str(part).is_ok())
    }) {
        left.replace_range(at..at + LENGTH, "*");
    }
    let pieces = left.split_inclusive(['-', '_', '/']);
    pieces
        .map(|piece| {
            if piece.trim_end_matches(['-', '_', '/']).len() == 5 {
                "*"
            } else {
                piece
            }
        })
        .collect()
}

fn settings(world: &Endpoints, folder: &Path) -> BackendConfig {
    let url = |text: &str| Url::parse(text).unwrap();
    let secret_file = folder.join("first-party.secret");
    std::fs::write(&secret_file, &world.first_party.principal.secret).unwrap();
    let mut config = BackendConfig {
        location: world.location.clone(),
        domain: world.first_party.dns_zone.clone(),
        tenant: world.tenant.clone(),
        subscription: world.first_party.subscription.clone(),
        resource_group: world.first_party.resource_group.clone(),
        private_endpoint_subnet: world.first_party.private_endpoint_subnet.clone(),
        installer: Some(url(&world.installer)),
        cloud: Some(Cloud {
            arm: url(&world.arm),
            arm_audience: world.arm_audience.clone(),
            authority: url(&world.login),
            graph: url(&world.graph),
            graph_audience: world.graph_audience.clone(),
            check_access: Some(url(&world.check_access)),
            ca_file: Some(world.ca_file.clone()),
            audiences: Default::default(),
        }),
        ..BackendConfig::default()
    };
    config.first_party.client_id = world.first_party.principal.client_id.clone();
    config.first_party.client_secret_file = Some(secret_file);
    config.store.path = folder.join("rp.db");
    let port = url(world.cluster_api.as_deref().unwrap()).port().unwrap();
    config.cluster.dial.address = Some((Ipv4Addr::LOCALHOST, port).into());
    config.cluster.kubeconfig.client_keys = ClientKeys::Elliptic;
    config.queue.poll_interval = Duration::from_millis(5);
    let wait = Duration::from_millis(5);
    config.pace.condition_poll = wait;
    config.pace.retry_delay = wait;
    config.pace.authorization_poll = wait;
    config.pace.authorization_window = PATIENCE;
    config.http.base_delay = wait;
    config.http.max_delay = Duration::from_millis(200);
    config.lro.delay = wait;
    config.lro.max_delay = Duration::from_millis(50);
    config
}
