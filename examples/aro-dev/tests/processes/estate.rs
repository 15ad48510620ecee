//! A simulated world and services around it, each a process of its own, on one data directory.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aro_store::{KeyRing, RandomIds, Store, StoreConfig};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::process::{PATIENCE, Process, binary, eventually, eventually_within};

pub const API_VERSION: &str = "2025-07-25";

/// An answer of ARM.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub body: Value,
    pub operation: Option<String>,
}

/// The world, a client of it, and the means to start services.
pub struct Estate {
    pub folder: tempfile::TempDir,
    pub ready: Value,
    pub world: Process,
    frontends: Vec<String>,
    http: reqwest::Client,
    plain: reqwest::Client,
    token: String,
}

/// What a create asks for.
#[derive(Debug, Clone)]
pub struct Wish {
    pub name: String,
    pub client_id: String,
    pub secret: String,
    pub master_subnet: String,
    pub worker_subnet: String,
}

impl Estate {
    /// Starts the world for that many frontends.
    pub async fn start(frontends: usize, speed: f64) -> Estate {
        Self::start_with(frontends, speed, &[]).await
    }

    /// As [`Estate::start`], with further flags of the world.
    pub async fn start_with(frontends: usize, speed: f64, flags: &[&str]) -> Estate {
        let folder = tempfile::tempdir().unwrap();
        let frontends: Vec<String> = free_ports(frontends)
            .iter()
            .map(|p| format!("https://127.0.0.1:{p}"))
            .collect();
        let mut arguments: Vec<String> = vec!["--world-only".into(), "--speed".into(), speed.to_string()];
        arguments.extend(flags.iter().map(|flag| flag.to_string()));
        for url in &frontends {
            arguments.extend(["--rp".into(), url.clone()]);
        }
        Self::launch(folder, "world", frontends, arguments).await
    }

    /// Everything in one process, as `aro-dev --serve` has it.
    pub async fn serving(folder: tempfile::TempDir, name: &str, speed: f64) -> Estate {
        let arguments = ["--serve", "--service-principals", "3", "--speed"].map(String::from);
        let arguments = [&arguments[..], &[speed.to_string()]].concat();
        Self::launch(folder, name, Vec::new(), arguments).await
    }

    /// SIGKILL; what is left is the folder.
    pub async fn killed(mut self) -> tempfile::TempDir {
        self.world.kill().await;
        self.folder
    }

    async fn launch(
        folder: tempfile::TempDir,
        name: &str,
        frontends: Vec<String>,
        mut arguments: Vec<String>,
    ) -> Estate {
        let ready_file = folder.path().join(format!("{name}.json"));
        arguments.extend(["--port-base".into(), "0".into()]);
        arguments.extend(["--data-dir".into(), folder.path().join("data").display().to_string()]);
        arguments.extend(["--ready-file".into(), ready_file.display().to_string()]);
        let mut world = Process::start(
            folder.path(),
            name,
            Path::new(env!("CARGO_BIN_EXE_aro-dev")),
            &arguments,
        );
        let deadline = tokio::time::Instant::now() + PATIENCE;
        let mut pause = tokio::time::interval(Duration::from_millis(20));
        while !ready_file.exists() {
            pause.tick().await;
            world.assert_running();
            assert!(
                tokio::time::Instant::now() < deadline,
                "the world is not ready:\n{}",
                world.log_text()
            );
        }
        let ready: Value = serde_json::from_slice(&std::fs::read(&ready_file).unwrap()).unwrap();
        let ca = std::fs::read(text(&ready["ca_file"])).unwrap();
        let http = reqwest::Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(&ca).unwrap()])
            .no_proxy()
            .timeout(Duration::from_secs(60))
            .build()
            .unwrap();
        let plain = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(90))
            .build()
            .unwrap();
        let token = token(&http, &ready, &format!("{}/.default", text(&ready["arm"]))).await;
        Estate {
            folder,
            ready,
            world,
            frontends,
            http,
            plain,
            token,
        }
    }

    /// The configuration file of the services.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("data/rp.toml")
    }

    /// Starts frontend number `index`, from 0, and waits until it answers.
    pub async fn frontend(&self, index: usize, name: &str) -> Process {
        self.frontend_with(index, name, &[]).await
    }

    /// As [`Estate::frontend`], with further variables of its environment.
    pub async fn frontend_with(&self, index: usize, name: &str, environment: &[(&str, String)]) -> Process {
        let url = &self.frontends[index];
        let arguments = [
            "serve",
            "--config",
            &self.config().display().to_string(),
            "--listen",
            url,
        ]
        .map(String::from);
        let mut process = Process::start_with(
            self.folder.path(),
            name,
            &binary("aro-frontend"),
            &arguments,
            &[&[("ARO_LOG__FORMAT", "json".to_string())], environment].concat(),
        );
        let deadline = tokio::time::Instant::now() + PATIENCE;
        let mut pause = tokio::time::interval(Duration::from_millis(20));
        loop {
            pause.tick().await;
            process.assert_running();
            let reply = self.http.get(format!("{url}/healthz/ready")).send().await;
            if reply.is_ok_and(|reply| reply.status().is_success()) {
                return process;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "{name} is not ready:\n{}",
                process.log_text()
            );
        }
    }

    /// Starts a worker. `settings` are (key of its configuration, value).
    pub fn worker(&self, name: &str, settings: &[(&str, &str)]) -> Process {
        let mut arguments = ["worker", "--config", &self.config().display().to_string()]
            .map(String::from)
            .to_vec();
        for (key, value) in settings {
            arguments.extend(["--set".into(), format!("{key}={value}")]);
        }
        let environment = [("ARO_LOG__FORMAT", "json".into()), ("ARO_LOG__FILTER", "info".into())];
        Process::start_with(
            self.folder.path(),
            name,
            &binary("aro-backend"),
            &arguments,
            &environment,
        )
    }

    pub fn subscription(&self) -> &str {
        text(&self.ready["subscriptions"][0])
    }

    pub fn group(&self) -> String {
        format!("/subscriptions/{}/resourceGroups/tests", self.subscription())
    }

    pub fn cluster(&self, name: &str) -> String {
        format!(
            "{}/providers/Microsoft.RedHatOpenShift/openShiftClusters/{name}",
            self.group()
        )
    }

    /// The wish of a cluster with the service principal number `index` of the ready file, in the subnets of the world.
    pub fn wish(&self, name: &str, index: usize) -> Wish {
        let principal = &self.ready["service_principals"][index];
        let network = &self.ready["network"];
        Wish {
            name: name.to_string(),
            client_id: text(&principal["client_id"]).to_string(),
            secret: text(&principal["secret"]).to_string(),
            master_subnet: text(&network["master_subnet"]).to_string(),
            worker_subnet: text(&network["worker_subnet"]).to_string(),
        }
    }

    /// As [`Estate::wish`], with subnets of its own: two clusters cannot share one.
    pub async fn wish_apart(&self, name: &str, index: usize) -> Wish {
        let vnet = text(&self.ready["network"]["vnet"]);
        let mut wish = self.wish(name, index);
        for (subnet, role, third) in [
            (&mut wish.master_subnet, "master", 0),
            (&mut wish.worker_subnet, "worker", 1),
        ] {
            *subnet = format!("{vnet}/subnets/{name}-{role}");
            let body = json!({"properties": {"addressPrefix": format!("10.{}.{third}.0/24", 16 + index)}});
            let path = subnet.clone();
            let made = eventually(&path, || async {
                let reply = self.call_version(Method::PUT, &path, "2024-05-01", Some(&body)).await;
                // Azure changes one subnet of a network at a time.
                (reply.status != StatusCode::CONFLICT && reply.status != StatusCode::TOO_MANY_REQUESTS).then_some(reply)
            })
            .await;
            assert!(made.status.is_success(), "{made:?}");
        }
        wish
    }

    /// Opens the services' store in this process, too.
    pub async fn store(&self) -> Store {
        let data = self.folder.path().join("data");
        let keys = KeyRing::load_or_create(&data.join("rp.db.keys.json")).unwrap();
        let config = StoreConfig {
            test_clock: true,
            ..StoreConfig::default()
        };
        Store::open_sqlite(data.join("rp.db"), config, keys, Arc::new(RandomIds))
            .await
            .unwrap()
    }

    /// Moves the clock by which leases run out, for every process.
    pub async fn advance_store_clock(&self, by: Duration) {
        let store = self.store().await;
        store.advance_clock(by).await.unwrap();
        store.close().await;
    }

    /// Waits until ARM has told the services about the subscription, and makes the clusters' resource group.
    pub async fn create_group(&self) {
        let store = self.store().await;
        eventually("the subscription is registered", || async {
            store.subscriptions().get(self.subscription()).await.unwrap().map(drop)
        })
        .await;
        store.close().await;
        let body = json!({"location": self.ready["location"]});
        let reply = self
            .call_version(Method::PUT, &self.group(), "2021-04-01", Some(&body))
            .await;
        assert!(reply.status.is_success(), "{reply:?}");
    }

    /// The body that asks for a cluster.
    pub fn body(&self, wish: &Wish) -> Value {
        json!({
            "location": self.ready["location"],
            "tags": {"purpose": "test"},
            "properties": {
                "clusterProfile": {
                    "domain": wish.name,
                    "resourceGroupId": format!("/subscriptions/{}/resourceGroups/managed-{}", self.subscription(), wish.name),
                    "fipsValidatedModules": "Disabled",
                },
                "servicePrincipalProfile": {"clientId": wish.client_id, "clientSecret": wish.secret},
                "networkProfile": {"podCidr": "10.128.0.0/14", "serviceCidr": "172.30.0.0/16", "outboundType": "Loadbalancer"},
                "masterProfile": {
                    "vmSize": "Standard_D8s_v3",
                    "subnetId": wish.master_subnet,
                    "encryptionAtHost": "Disabled",
                },
                "workerProfiles": [{
                    "name": "worker",
                    "vmSize": "Standard_D4s_v3",
                    "diskSizeGB": 128,
                    "subnetId": wish.worker_subnet,
                    "count": 3,
                    "encryptionAtHost": "Disabled",
                }],
                "apiserverProfile": {"visibility": "Public"},
                "ingressProfiles": [{"name": "default", "visibility": "Public"}],
            },
        })
    }

    /// PUTs the cluster; the answer as it comes.
    pub async fn put(&self, wish: &Wish) -> Reply {
        self.call(Method::PUT, &self.cluster(&wish.name), Some(&self.body(wish)))
            .await
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Reply {
        self.call_version(method, path, API_VERSION, body).await
    }

    pub async fn call_version(&self, method: Method, path: &str, version: &str, body: Option<&Value>) -> Reply {
        let url = format!("{}{path}?api-version={version}", text(&self.ready["arm"]));
        self.try_send(method, &url, body)
            .await
            .unwrap_or_else(|error| panic!("{url}: {error:?}"))
    }

    /// One request with the client's token; an error is one of the connection.
    pub async fn try_send(&self, method: Method, url: &str, body: Option<&Value>) -> reqwest::Result<Reply> {
        self.try_send_as(method, url, body, None).await
    }

    /// As [`Estate::try_send`], with a correlation id of the client's.
    pub async fn try_send_as(
        &self,
        method: Method,
        url: &str,
        body: Option<&Value>,
        correlation_id: Option<&str>,
    ) -> reqwest::Result<Reply> {
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if let Some(id) = correlation_id {
            request = request.header("x-ms-correlation-request-id", id);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let reply = request.send().await?;
        let operation = reply
            .headers()
            .get("azure-asyncoperation")
            .map(|v| v.to_str().unwrap().to_string());
        let status = reply.status();
        let bytes = reply.bytes().await?;
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).unwrap_or(Value::Null)
        };
        Ok(Reply {
            status,
            body,
            operation,
        })
    }

    /// Waits for the end of an operation and says how it ended: the body of its status.
    async fn ended_within(&self, patience: Duration, operation: &str) -> Value {
        eventually_within(patience, operation, || async {
            let reply = self.try_send(Method::GET, operation, None).await.ok()?;
            let state = reply.body["status"].as_str().unwrap_or_default();
            matches!(state, "Succeeded" | "Failed" | "Canceled").then_some(reply.body)
        })
        .await
    }

    /// Waits for an operation to succeed; fails the test with its error otherwise.
    pub async fn succeeded(&self, operation: &str) {
        self.succeeded_within(PATIENCE, operation).await;
    }

    /// As [`Estate::succeeded`], with another patience.
    pub async fn succeeded_within(&self, patience: Duration, operation: &str) {
        let end = self.ended_within(patience, operation).await;
        assert_eq!(end["status"], "Succeeded", "{end:#}");
    }

    /// Orders a failure in the world.
    pub async fn order(&self, rule: Value) {
        let url = text(&self.ready["fault_url"]).to_string();
        let reply = self.plain.post(url).json(&json!([rule])).send().await.unwrap();
        assert!(reply.status().is_success(), "{}", reply.text().await.unwrap());
    }

    /// Waits until a rule is in `state`; the rule as it stands.
    pub async fn rule_in(&self, id: &str, state: &str) -> Value {
        let url = format!("{}/{id}?wait={state}&timeout_ms=60000", text(&self.ready["fault_url"]));
        let rule: Value = self.plain.get(url).send().await.unwrap().json().await.unwrap();
        assert_eq!(rule["state"], state, "{rule:#}");
        rule
    }

    /// Lets a held call go on, or drops it.
    pub async fn release(&self, id: &str, perform: bool) {
        let url = format!("{}/{id}/release", text(&self.ready["fault_url"]));
        let reply = self
            .plain
            .post(url)
            .json(&json!({"perform": perform}))
            .send()
            .await
            .unwrap();
        assert!(reply.status().is_success());
    }

    /// A page of the world's inspection, for example `calls`.
    pub async fn inspect(&self, page: &str) -> Value {
        let url = format!("{}/{page}", text(&self.ready["inspect_url"]));
        self.plain.get(url).send().await.unwrap().json().await.unwrap()
    }
}

/// Signs in as the first service principal.
async fn token(http: &reqwest::Client, ready: &Value, scope: &str) -> String {
    let url = format!("{}/{}/oauth2/v2.0/token", text(&ready["login"]), text(&ready["tenant"]));
    let principal = &ready["service_principals"][0];
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", text(&principal["client_id"])),
        ("client_secret", text(&principal["secret"])),
        ("scope", scope),
    ];
    let body: Value = http.post(url).form(&form).send().await.unwrap().json().await.unwrap();
    text(&body["access_token"]).to_string()
}

/// The text of a JSON value.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// Ports that nobody listens on. They lie below the range from which the system gives ports to connections, so that
/// none is taken before the frontend asks for it.
pub fn free_ports(count: usize) -> Vec<u16> {
    let seed = std::process::id() as u16 ^ (uuid::Uuid::new_v4().as_u128() as u16);
    let mut found = Vec::new();
    for step in 0..20_000_u32 {
        if found.len() == count {
            break;
        }
        let port = 11_000 + ((u32::from(seed) + step) % 20_000) as u16;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            found.push(port);
        }
    }
    assert_eq!(found.len(), count, "no free ports");
    found
}
