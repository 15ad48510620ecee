//! A simulated Azure, a store, and a cluster that waits to be made.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use aro_api::{
    CloudError, Secret,
    model::{
        Cluster, ClusterProfile, IngressProfile, LoadBalancerProfile, ManagedOutboundIps, MasterProfile,
        NetworkProfile, OpenShiftVersion, OpenShiftVersionProperties, OutboundType, Properties, ProvisioningState,
        ServicePrincipalProfile, Subscription, SubscriptionProperties, SubscriptionState, Visibility, WorkerProfile,
    },
};
use aro_azure::{
    ArmClient, Cloud, Reference,
    authorization::{CONTRIBUTOR, RoleAssignment},
    network::{SecurityGroup, Subnet},
    vault::VaultClient,
};
use aro_config::ConfigSecret;
use aro_http::{CancellationToken, HttpPace, LroPace, OperationContext};
use aro_provisioning::{
    Engine, Environment, EnvironmentConfig, FirstParty, HiveSettings, Holding, KeySource, OidcSettings,
    OperatorSettings, Outcome, Pace, ProviderResources, RandomKeys, RegistrySettings, RsaKey, RsaSize, StepError,
    plans,
};
use aro_sim::{Endpoints, Pace as SimPace, World, WorldConfig};
use aro_store::{
    AsyncOperationDocument, ClusterDocument, IdKind, IdSource, KeyRing, Leased, OpenShiftVersionDocument, RandomIds,
    Store, StoreConfig, SubscriptionDocument,
};
use bytes::Bytes;
use time::OffsetDateTime;
use tokio::sync::OnceCell;
use uuid::Uuid;

/// Longer than any test takes: leases end in other tests.
pub const LEASE: Duration = Duration::from_secs(3600);
pub const DOCUMENT: &str = "11111111-2222-4333-8444-555555555555";
pub const NAME: &str = "Cluster_One";
/// The image of the release that clusters ask for.
pub const RELEASE: &str = "quay.io/openshift-release-dev/ocp-release@sha256:0123";
pub const CORRELATION: &str = "correlation-1";
/// The version of the operator that clusters get.
pub const OPERATOR_VERSION: &str = "release-1";

/// An image of the operator.
pub fn image(there: &Endpoints, version: &str) -> String {
    format!("{}/aro:{version}", there.first_party.registry_server)
}

pub struct House {
    pub world: World,
    pub store: Store,
    /// Hive installs; otherwise the simulated installer does.
    hive: Mutex<Option<HiveSettings>>,
    _directory: tempfile::TempDir,
}

/// Ids that everybody can foresee, so that two runs can be compared.
#[derive(Debug)]
struct SameIds;

impl IdSource for SameIds {
    fn new_id(&self, _: IdKind) -> Uuid {
        Uuid::from_u128(0x1234_5678_9abc_4def_8123_4567_89ab_cdef)
    }
}

/// One key for everybody: a fresh one takes a second, and two runs could not be compared.
#[derive(Debug)]
struct SameKeys;

#[async_trait::async_trait]
impl KeySource for SameKeys {
    async fn rsa(&self, _: RsaSize) -> Result<RsaKey, StepError> {
        static KEY: OnceCell<RsaKey> = OnceCell::const_new();
        let key = KEY.get_or_try_init(|| RandomKeys.rsa(RsaSize::Bits2048)).await?;
        Ok(key.clone())
    }
}

/// What the provider of the simulated world owns.
fn provider(there: &Endpoints) -> ProviderResources {
    let url = |text: &str| text.parse().unwrap();
    let first_party = &there.first_party;
    let account = format!("{}/{}", there.blob, first_party.oidc_storage_account);
    ProviderResources {
        certificate_vault: Some(url(&first_party.certificate_vault)),
        identity_vault: Some(url(&first_party.identity_vault)),
        identity_endpoint: Some(url(&there.identity)),
        gateway_private_link_service: Some(first_party.gateway_private_link_service.clone()),
        storage_subnets: first_party.storage_subnets.clone(),
        oidc: Some(OidcSettings {
            account: url(&account),
            container: "$web".to_owned(),
            issuer: url(&format!("{account}/$web")),
        }),
        registry: Some(RegistrySettings {
            id: first_party.registry.clone(),
            server: first_party.registry_server.clone(),
        }),
    }
}

impl House {
    pub async fn build() -> Self {
        Self::build_at(200.0, Duration::from_millis(400)).await
    }

    /// A house whose Azure is that fast.
    pub async fn build_at(speed: f64, install: Duration) -> Self {
        let pace = SimPace {
            speed,
            install,
            ..SimPace::default()
        };
        let world = World::start(WorldConfig {
            pace,
            ..WorldConfig::default()
        })
        .await
        .unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path: PathBuf = directory.path().join("store.db");
        let keys = KeyRing::ephemeral().unwrap();
        let store = Store::open_sqlite(path, StoreConfig::default(), keys, Arc::new(RandomIds))
            .await
            .unwrap();
        let house = Self {
            world,
            store,
            hive: Mutex::default(),
            _directory: directory,
        };
        house.register().await;
        house
    }

    async fn register(&self) {
        let document = SubscriptionDocument {
            id: self.subscription().to_owned(),
            subscription: Subscription {
                state: SubscriptionState::Registered,
                properties: Some(SubscriptionProperties {
                    tenant_id: self.world.endpoints().tenant.clone(),
                    ..SubscriptionProperties::default()
                }),
                ..Subscription::default()
            },
            ..SubscriptionDocument::default()
        };
        self.store.subscriptions().create(document).await.unwrap();
    }

    pub fn subscription(&self) -> &str {
        &self.world.endpoints().subscriptions[0]
    }

    pub fn managed_group(&self) -> String {
        format!("/subscriptions/{}/resourceGroups/aro-managed", self.subscription())
    }

    pub fn cluster_id(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/customer/providers/Microsoft.RedHatOpenShift/openShiftClusters/{NAME}",
            self.subscription()
        )
    }

    /// Whether Hive installs from now on. It is found by the AKS cluster that it runs in.
    pub fn use_hive(&self, wanted: bool) {
        let first_party = &self.world.endpoints().first_party;
        *self.hive.lock().unwrap() = wanted.then(|| HiveSettings {
            cluster: first_party.hive_cluster.clone(),
            registry: first_party.registry_server.clone(),
            adopt: true,
            ..HiveSettings::default()
        });
    }

    /// The version that clusters here ask for, as somebody offers it. Hive needs to know its images.
    pub async fn offer_version(&self) {
        let server = &self.world.endpoints().first_party.registry_server;
        let properties = OpenShiftVersionProperties {
            version: self.document().cluster.properties.cluster_profile.version,
            openshift_pullspec: RELEASE.to_owned(),
            installer_pullspec: format!("{server}/aro-installer:4.18"),
            enabled: true,
            ..OpenShiftVersionProperties::default()
        };
        let document = OpenShiftVersionDocument {
            id: Uuid::new_v4().to_string(),
            openshift_version: OpenShiftVersion {
                properties,
                ..OpenShiftVersion::default()
            },
            ..OpenShiftVersionDocument::default()
        };
        self.store.openshift_versions().create(document).await.unwrap();
    }

    /// What Hive has of clusters: kinds and names.
    pub fn left_with_hive(&self) -> Vec<String> {
        let hive = self.world.hive().unwrap();
        let all = [
            ("", "namespaces"),
            ("", "secrets"),
            ("hive.openshift.io", "clusterdeployments"),
            ("hive.openshift.io", "clusterprovisions"),
        ];
        let found = all.iter().flat_map(|of| {
            let objects = hive.list(*of, None).into_iter();
            objects.map(|one| format!("{} {} {}", of.1, one["metadata"]["namespace"], one["metadata"]["name"]))
        });
        found.filter(|one| one.contains("\"aro-")).collect()
    }

    /// A new environment, as a new worker has it: no tokens, no connections.
    pub fn environment(&self) -> Arc<Environment> {
        let there = self.world.endpoints();
        let config = EnvironmentConfig {
            cloud: Cloud {
                arm: there.arm.parse().unwrap(),
                arm_audience: there.arm_audience.clone(),
                authority: there.login.parse().unwrap(),
                graph: there.graph.parse().unwrap(),
                graph_audience: there.graph_audience.clone(),
                check_access: Some(there.check_access.parse().unwrap()),
                ca_file: Some(there.ca_file.clone()),
                audiences: Default::default(),
            },
            installer: Some(there.installer.parse().unwrap()),
            hive: self.hive.lock().unwrap().clone(),
            location: there.location.clone(),
            tenant: there.tenant.clone(),
            subscription: there.first_party.subscription.clone(),
            resource_group: there.first_party.resource_group.clone(),
            dns_zone: there.first_party.dns_zone.clone(),
            private_endpoint_subnet: there.first_party.private_endpoint_subnet.clone(),
            deny_assignments: true,
            expanded_availability_zones: false,
            provider: provider(there),
            operator: Some(OperatorSettings::of(image(there, OPERATOR_VERSION))),
            commit: "release-1".to_owned(),
            first_party: FirstParty {
                client_id: there.first_party.principal.client_id.clone(),
                client_secret: Some(ConfigSecret::new(there.first_party.principal.secret.clone())),
                client_secret_file: None,
            },
            cluster: aro_cluster::ClusterSettings {
                dial: aro_cluster::DialSettings {
                    address: Some(local(there.cluster_api.as_deref().unwrap())),
                },
                kubeconfig: aro_cluster::KubeconfigSettings {
                    client_keys: aro_cluster::ClientKeys::Elliptic,
                    authority_file: Some(there.ca_file.clone()),
                    ..Default::default()
                },
                ..Default::default()
            },
            http: HttpPace {
                base_delay: Duration::from_millis(10),
                max_delay: Duration::from_millis(100),
                jitter: 0.0,
                ..HttpPace::default()
            },
            lro: LroPace {
                delay: Duration::from_millis(5),
                ..LroPace::default()
            },
            pace: pace(),
        };
        let environment = Environment::new(config, self.store.clone(), Arc::new(SameIds)).unwrap();
        Arc::new(environment.with_keys(Arc::new(SameKeys)))
    }

    /// A cluster as a request leaves it.
    pub fn document(&self) -> ClusterDocument {
        let there = self.world.endpoints();
        let principal = &there.service_principals[1];
        let properties = Properties {
            provisioning_state: ProvisioningState::Creating,
            cluster_profile: ClusterProfile {
                domain: "one".to_owned(),
                version: "4.18.9".to_owned(),
                resource_group_id: self.managed_group(),
                ..ClusterProfile::default()
            },
            service_principal_profile: Some(ServicePrincipalProfile {
                client_id: principal.client_id.clone(),
                client_secret: Secret::new(principal.secret.clone()),
                ..ServicePrincipalProfile::default()
            }),
            network_profile: NetworkProfile {
                pod_cidr: "192.168.0.0/17".to_owned(),
                service_cidr: "192.168.128.0/17".to_owned(),
                outbound_type: OutboundType::LoadBalancer,
                load_balancer_profile: Some(LoadBalancerProfile {
                    managed_outbound_ips: Some(ManagedOutboundIps {
                        count: 1,
                        ..ManagedOutboundIps::default()
                    }),
                    ..LoadBalancerProfile::default()
                }),
                ..NetworkProfile::default()
            },
            master_profile: MasterProfile {
                vm_size: "Standard_D8s_v3".into(),
                subnet_id: there.network.master_subnet.clone(),
                ..MasterProfile::default()
            },
            worker_profiles: vec![WorkerProfile {
                name: "worker".to_owned(),
                vm_size: "Standard_D4s_v3".into(),
                disk_size_gb: 128,
                subnet_id: there.network.worker_subnet.clone(),
                count: 3,
                ..WorkerProfile::default()
            }]
            .into(),
            ingress_profiles: vec![IngressProfile {
                name: "default".to_owned(),
                visibility: Visibility::Public,
                ..IngressProfile::default()
            }]
            .into(),
            ..Properties::default()
        };
        let mut document = ClusterDocument {
            id: DOCUMENT.to_owned(),
            cluster: Cluster {
                id: self.cluster_id(),
                name: NAME.to_owned(),
                location: there.location.clone(),
                properties,
                ..Cluster::default()
            },
            ..ClusterDocument::default()
        };
        document.cluster.properties.apiserver_profile.visibility = Visibility::Public;
        document.correlation_data.correlation_id = CORRELATION.to_owned();
        document
    }

    /// Puts the cluster into the store, as the frontend does.
    pub async fn put(&self, document: ClusterDocument) {
        let operation = AsyncOperationDocument {
            id: Uuid::new_v4().to_string(),
            ..AsyncOperationDocument::default()
        };
        self.store.clusters().create(document, operation).await.unwrap();
    }

    pub async fn take(&self) -> Leased<ClusterDocument> {
        self.store
            .clusters()
            .take(LEASE)
            .await
            .unwrap()
            .expect("a cluster waits")
    }

    pub async fn stored(&self) -> ClusterDocument {
        self.store
            .clusters()
            .get(&self.cluster_id())
            .await
            .unwrap()
            .expect("the cluster is there")
            .document
    }

    /// Runs the plan that the document's state calls for.
    pub async fn run<H: Holding>(&self, holding: &H, cancellation: &CancellationToken) -> Outcome {
        let environment = self.environment();
        let plan = plans::running(&holding.document(), environment.features()).expect("an operation runs");
        let engine = Engine::new(pace(), Arc::new(OffsetDateTime::now_utc));
        engine.run(&plan, holding, &environment, cancellation).await
    }

    /// Runs one operation to its end, which must be good, and ends it in the store.
    pub async fn complete(&self) {
        let leased = self.take().await;
        let deleting = leased.document().cluster.properties.provisioning_state == ProvisioningState::Deleting;
        match self.run(&leased, &CancellationToken::new()).await {
            Outcome::Finished if deleting => leased.finish_removed().await.unwrap(),
            Outcome::Finished => {
                leased.finish(&aro_store::Outcome::succeeded(), |_| {}).await.unwrap();
            }
            other => panic!("{other:?}"),
        }
    }

    /// Runs one operation that must fail, and ends it in the store.
    pub async fn fail_and_end(&self) -> CloudError {
        let leased = self.take().await;
        let state = leased.document().cluster.properties.provisioning_state.clone();
        let Outcome::Failed(error) = self.run(&leased, &CancellationToken::new()).await else {
            panic!("the operation succeeds");
        };
        let failed = aro_store::Outcome::failed(state, error.body());
        leased.finish(&failed, |_| {}).await.unwrap();
        error
    }

    /// Runs one operation that must fail.
    pub async fn fail(&self) -> CloudError {
        let leased = self.take().await;
        match self.run(&leased, &CancellationToken::new()).await {
            Outcome::Failed(error) => error,
            other => panic!("{other:?}"),
        }
    }

    /// Begins an operation on the stored cluster.
    pub async fn begin(&self, state: ProvisioningState, change: impl Fn(&mut Cluster)) {
        let mut stored = self
            .store
            .clusters()
            .get(&self.cluster_id())
            .await
            .unwrap()
            .expect("the cluster is there");
        stored.document.cluster.properties.provisioning_state = state;
        change(&mut stored.document.cluster);
        stored.document.correlation_data.correlation_id = CORRELATION.to_owned();
        self.store.clusters().replace(stored, None).await.unwrap();
    }

    /// Azure Resource Manager as the first-party application.
    pub async fn arm(&self) -> ArmClient {
        let environment = self.environment();
        let credential = environment.first_party(&self.world.endpoints().tenant).await.unwrap();
        environment.azure.arm(credential, &OperationContext::default())
    }

    /// Lets a principal do what it wants at a scope, but give rights.
    pub async fn allow(&self, scope: &str, principal: &str) {
        self.give(scope, principal, CONTRIBUTOR).await;
    }

    /// Gives a principal a role at a scope.
    pub async fn give(&self, scope: &str, principal: &str, role: &str) {
        let mut assignment = RoleAssignment::default();
        assignment.properties.principal_id = principal.to_owned();
        assignment.properties.role_definition_id = format!(
            "/subscriptions/{}/providers/Microsoft.Authorization/roleDefinitions/{role}",
            self.subscription()
        );
        let name = Uuid::new_v4();
        let id = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}");
        self.arm().await.put(&id, &assignment).await.unwrap();
    }

    /// The deny assignment of the managed resource group.
    pub async fn deny_assignment(&self) -> serde_json::Value {
        let path = format!(
            "{}/providers/Microsoft.Authorization/denyAssignments",
            self.managed_group()
        );
        let version = aro_azure::authorization::DENY_ASSIGNMENTS_API_VERSION;
        let mut all: Vec<serde_json::Value> = self.arm().await.list(&path, version, &[]).await.unwrap();
        all.retain(|one| one["id"].as_str().is_some_and(|id| id.contains("/aro-managed/")));
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    /// The subnets as they are now.
    pub async fn subnets(&self) -> Vec<Subnet> {
        let network = &self.world.endpoints().network;
        let arm = self.arm().await;
        let mut found = Vec::new();
        for id in [&network.master_subnet, &network.worker_subnet] {
            found.push(arm.get(id).await.unwrap());
        }
        found
    }

    /// Makes the subnets what they were: a cluster leaves its ways to Azure services behind.
    pub async fn restore(&self, subnets: &[Subnet]) {
        let arm = self.arm().await;
        for subnet in subnets {
            arm.put(&subnet.id, subnet).await.unwrap();
        }
    }

    /// A security group of the customer on both subnets.
    pub async fn bring_security_group(&self) {
        let there = self.world.endpoints();
        let id = format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Network/networkSecurityGroups/own",
            self.subscription(),
            there.network.resource_group
        );
        let mut group = SecurityGroup::default();
        group.rest.insert("location".to_owned(), there.location.clone().into());
        self.arm().await.put(&id, &group).await.unwrap();
        let mut subnets = self.subnets().await;
        for subnet in &mut subnets {
            subnet.properties.network_security_group = Some(Reference::to(id.clone()));
        }
        self.restore(&subnets).await;
    }

    /// A vault of the provider, as the first-party application.
    pub async fn vault(&self, vault: &str) -> VaultClient {
        let environment = self.environment();
        let credential = environment.first_party(&self.world.endpoints().tenant).await.unwrap();
        environment
            .azure
            .vault(&vault.parse().unwrap(), credential, &OperationContext::default())
    }

    /// Removes what a vault keeps of what was deleted: it does not take the same name again, and here the same id comes
    /// again and again.
    pub async fn purge(&self) {
        let there = self.world.endpoints();
        let environment = self.environment();
        let credential = environment.first_party(&there.tenant).await.unwrap();
        let audience = &environment.azure.cloud().audiences.vault;
        let client = environment
            .azure
            .client(credential, audience, &OperationContext::default());
        let first_party = &there.first_party;
        for (vault, path) in [
            (&first_party.identity_vault, format!("deletedsecrets/msi-{DOCUMENT}")),
            (
                &first_party.certificate_vault,
                format!("deletedcertificates/{DOCUMENT}-apiserver"),
            ),
            (
                &first_party.certificate_vault,
                format!("deletedcertificates/{DOCUMENT}-ingress"),
            ),
        ] {
            let request = http::Request::delete(format!("{vault}/{path}?api-version=7.4"));
            match client.execute(request.body(Bytes::new()).unwrap()).await {
                // Not everything was made before it was deleted.
                Err(error) if error.is_not_found() => {}
                purged => drop(purged.unwrap()),
            }
        }
    }

    /// Ids of everything in both subscriptions, comparable between worlds.
    pub fn inventory(&self) -> Vec<String> {
        let there = self.world.endpoints();
        let mut all = Vec::new();
        for (name, subscription) in [
            ("customer", self.subscription()),
            ("provider", &there.first_party.subscription),
        ] {
            let scope = format!("/subscriptions/{subscription}");
            let ids = self.world.resource_ids(&scope);
            // Deployments are the history of a group, not a part of it.
            let lasting = ids
                .iter()
                .filter(|id| !id.contains("/Microsoft.Resources/deployments/"));
            all.extend(lasting.map(|id| {
                let id = id.replace(subscription, name);
                if let Some((scope, _)) = id.split_once("/denyAssignments/") {
                    return format!("{scope}/denyAssignments/-");
                }
                // Role assignments have the principal in their name, and principals differ between worlds; other names
                // end in an id that Azure draws.
                match (id.split_once("/roleAssignments/"), id.rsplit_once('.')) {
                    (Some((scope, _)), _) => format!("{scope}/roleAssignments/-"),
                    (None, Some((name, drawn))) if Uuid::parse_str(drawn).is_ok() => format!("{name}.-"),
                    _ => id,
                }
            }));
        }
        all.sort_unstable();
        all
    }
}

/// The password for the service's registry is to be replaced.
pub fn old_password(cluster: &mut Cluster) {
    let profiles = cluster.properties.registry_profiles.as_vec_mut();
    profiles[0].issue_date = profiles[0].issue_date.map(|date| date - time::Duration::days(141));
}

/// The address behind a URL of this machine.
pub fn local(url: &str) -> std::net::SocketAddr {
    let port = url.parse::<url::Url>().unwrap().port().unwrap();
    (std::net::Ipv4Addr::LOCALHOST, port).into()
}

/// How far apart the points are that a default run tries; `ARO_TEST_ALL=1` tries all.
pub fn every(apart: usize) -> usize {
    if std::env::var_os("ARO_TEST_ALL").is_some() {
        1
    } else {
        apart
    }
}

pub fn pace() -> Pace {
    Pace {
        retry_delay: Duration::from_millis(10),
        max_retry_delay: Duration::from_millis(100),
        condition_poll: Duration::from_millis(20),
        cluster_poll: Duration::from_millis(5),
        authorization_poll: Duration::from_millis(20),
        authorization_window: Duration::from_secs(4),
        gateway_farewell: Duration::from_millis(30),
        ..Pace::default()
    }
}
