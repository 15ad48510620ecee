//! A service of its own for each test: a store in a temporary folder, a clock that stands still, ids that count up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aro_api::model::{Subscription, SubscriptionProperties, SubscriptionState};
use aro_frontend::auth::{Audience, ByAudience, DevelopmentAuthorizer};
use aro_frontend::{
    AcceptAll, Clock, ConfiguredVersion, Links, NoDetectors, NoEnrichment, NoProgress, Parts, RandomError,
    RandomSource, Settings, seed_openshift_versions,
};
use aro_store::{IdKind, IdSource, KeyRing, PageTokenKey, Store, StoreConfig, SubscriptionDocument};
use aro_telemetry::Registry;
use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use time::OffsetDateTime;
use time::macros::datetime;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use uuid::Uuid;

pub const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";
pub const CLUSTER: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/resourceGroup/providers/\
                           Microsoft.RedHatOpenShift/openShiftClusters/resourceName";
pub const NOW: OffsetDateTime = datetime!(2024-06-07 08:09:10.123456789 UTC);

pub struct FixedClock(pub OffsetDateTime);

impl Clock for FixedClock {
    fn now(&self) -> OffsetDateTime {
        self.0
    }
}

#[derive(Debug, Default)]
pub struct CountingIds {
    clusters: AtomicU64,
    operations: AtomicU64,
    others: AtomicU64,
}

impl IdSource for CountingIds {
    fn new_id(&self, kind: IdKind) -> Uuid {
        let (prefix, counter): (u8, _) = match kind {
            IdKind::Cluster => (1, &self.clusters),
            IdKind::Operation => (2, &self.operations),
            _ => (9, &self.others),
        };
        let number = counter.fetch_add(1, Ordering::Relaxed) + 1;
        let mut bytes = [prefix; 16];
        bytes[8..].copy_from_slice(&number.to_be_bytes());
        Uuid::from_bytes(bytes)
    }
}

pub struct Ones;

impl RandomSource for Ones {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), RandomError> {
        buffer.fill(1);
        Ok(())
    }
}

/// The service, with a registered subscription and one OpenShift version.
pub struct Service {
    pub store: Store,
    pub router: Router,
    /// Keeps the store's file for as long as the test runs.
    _folder: TempDir,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status, code and target of an error, whose message must be one that helps.
    #[track_caller]
    pub fn error(&self) -> (u16, String, String) {
        let error = &self.json()["error"];
        let text = |member: &str| error[member].as_str().unwrap_or_default().to_string();
        let message = text("message");
        assert!(
            message.ends_with('.') && message.starts_with(|c: char| c.is_uppercase()),
            "{message:?}"
        );
        assert!(!message.contains('"'), "{message}");
        (self.status.as_u16(), text("code"), text("target"))
    }
}

pub async fn parts(folder: &TempDir) -> Parts {
    let store = Store::open_sqlite(
        &folder.path().join("rp.db"),
        StoreConfig::default(),
        KeyRing::ephemeral().unwrap(),
        Arc::new(aro_store::RandomIds),
    )
    .await
    .unwrap();
    let links = Links::new(
        ["https://management.azure.com".parse().unwrap()],
        "https://localhost:8443".parse().unwrap(),
    );
    let mut settings = Settings::new("eastus", "eastus.aroapp.io", links);
    settings.readiness_delay = std::time::Duration::ZERO;
    settings.write_pause = std::time::Duration::ZERO;
    // Tests write into the store behind the service's back.
    settings.catalogue_max_age = std::time::Duration::ZERO;
    Parts {
        store,
        clock: Arc::new(FixedClock(NOW)),
        ids: Arc::new(CountingIds::default()),
        random: Arc::new(Ones),
        page_token_key: Arc::new(PageTokenKey::ephemeral().unwrap()),
        validators: Arc::new(AcceptAll),
        enricher: Arc::new(NoEnrichment),
        detectors: Arc::new(NoDetectors),
        progress: Arc::new(NoProgress),
        authorizer: Arc::new(ByAudience {
            arm: Arc::new(DevelopmentAuthorizer::open(Audience::Arm)),
            admin: Arc::new(DevelopmentAuthorizer::open(Audience::Admin)),
        }),
        metrics: Registry::new(),
        settings,
        stopping: CancellationToken::new(),
    }
}

impl Service {
    /// With these parts and nothing in the store.
    pub fn of(parts: Parts, folder: TempDir) -> Service {
        Service {
            store: parts.store.clone(),
            router: aro_frontend::router(parts),
            _folder: folder,
        }
    }

    pub async fn start() -> Service {
        Service::with(|_| {}).await
    }

    /// With some parts changed.
    pub async fn with(change: impl FnOnce(&mut Parts)) -> Service {
        let folder = tempfile::tempdir().unwrap();
        let mut parts = parts(&folder).await;
        change(&mut parts);
        let service = Service {
            store: parts.store.clone(),
            router: aro_frontend::router(parts),
            _folder: folder,
        };
        prepare(&service.store).await;
        service
    }

    pub async fn register(&self, subscription: &str, state: &str) -> Answer {
        let body = json!({"state": state, "properties": {"tenantId": "44444444-4444-4444-4444-444444444444"}});
        self.put(&format!("/subscriptions/{subscription}?api-version=2.0"), &body)
            .await
    }

    pub async fn raw(&self, request: Request<Body>) -> Answer {
        let reply = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = reply.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.raw(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.raw(Request::delete(path).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str) -> Answer {
        self.raw(Request::post(path).body(Body::empty()).unwrap()).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, body.to_string().into()).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, body.to_string().into()).await
    }

    pub async fn send(&self, method: Method, path: &str, body: Body) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json");
        self.raw(request.body(body).unwrap()).await
    }

    /// Creates the cluster of [`CLUSTER`] and lets a worker that does nothing bring it to `Succeeded`.
    pub async fn created(&self) -> Answer {
        let answer = self.put(&cluster("2023-11-22"), &body()).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        self.settle(CLUSTER, "Succeeded").await;
        answer
    }

    /// Ends what runs on a cluster, as a worker does.
    pub async fn settle(&self, id: &str, state: &str) {
        let clusters = self.store.clusters();
        let mut stored = clusters.get(&id.to_lowercase()).await.unwrap().unwrap();
        stored.document.cluster.properties.provisioning_state = state.into();
        stored.document.async_operation_id.clear();
        clusters.replace(stored, None).await.unwrap();
    }

    pub async fn etag(&self) -> Option<String> {
        self.store
            .clusters()
            .get(&CLUSTER.to_lowercase())
            .await
            .unwrap()
            .map(|stored| stored.etag)
    }
}

/// What every test's store holds: a registered subscription and one OpenShift version.
pub async fn prepare(store: &Store) {
    let version = ConfiguredVersion {
        version: "4.16.30".to_string(),
        openshift_pullspec: "quay.io/ocp@sha256:1".to_string(),
        installer_pullspec: "quay.io/installer@sha256:1".to_string(),
        default: true,
    };
    seed_openshift_versions(store, &[version]).await.unwrap();
    let properties = SubscriptionProperties {
        tenant_id: "44444444-4444-4444-4444-444444444444".to_string(),
        ..SubscriptionProperties::default()
    };
    let document = SubscriptionDocument {
        id: SUBSCRIPTION.to_string(),
        subscription: Subscription {
            state: SubscriptionState::Registered,
            properties: Some(properties),
            ..Subscription::default()
        },
        ..SubscriptionDocument::default()
    };
    store.subscriptions().create(document).await.unwrap();
}

/// The cluster's path in an api-version.
pub fn cluster(version: &str) -> String {
    format!("{CLUSTER}?api-version={version}")
}

/// A body that creates a cluster in 2023-11-22.
pub fn body() -> Value {
    let subnet = |name: &str| {
        format!(
            "/subscriptions/{SUBSCRIPTION}/resourceGroups/vnetResourceGroup/providers/Microsoft.Network/\
             virtualNetworks/vnet/subnets/{name}"
        )
    };
    json!({
        "location": "eastus",
        "tags": {"key": "value"},
        "properties": {
            "clusterProfile": {
                "pullSecret": "{\"auths\":{\"registry.connect.redhat.com\":{\"auth\":\"dXNlcjpwYXNz\"},\"registry.redhat.io\":{\"auth\":\"dXNlcjpwYXNz\"}}}",
                "domain": "cluster.eastus.aroapp.io",
                "version": "4.16.30",
                "resourceGroupId": format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/clusterResourceGroup"),
                "fipsValidatedModules": "Disabled",
            },
            "servicePrincipalProfile": {
                "clientId": "11111111-1111-1111-1111-111111111111",
                "clientSecret": "clientSecret",
            },
            "networkProfile": {"podCidr": "10.128.0.0/14", "serviceCidr": "172.30.0.0/16"},
            "masterProfile": {
                "vmSize": "Standard_D8s_v3",
                "subnetId": subnet("master"),
                "encryptionAtHost": "Disabled",
            },
            "workerProfiles": [{
                "name": "worker",
                "vmSize": "Standard_D4s_v3",
                "diskSizeGB": 128,
                "subnetId": subnet("worker"),
                "count": 3,
                "encryptionAtHost": "Disabled",
            }],
            "apiserverProfile": {"visibility": "Public"},
            "ingressProfiles": [{"name": "default", "visibility": "Public"}],
        },
    })
}
