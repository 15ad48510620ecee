//! One `aro-dev` for all tests of this file: what its ready file says, and clients for it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use aro_client::types::OpenShiftCluster;
use aro_client::{Builder, Client, Cloud, LroPace};
use serde_json::{Value, json};

/// How long anything may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(120);

pub struct House {
    pub ready: Value,
    pub ready_file: PathBuf,
    child: Child,
    _folder: tempfile::TempDir,
}

impl House {
    /// Starts it. `cargo test --workspace` builds the program; alone, `cargo build -p aro-dev` does.
    pub fn start() -> House {
        let own = std::env::current_exe().unwrap();
        let program = own.parent().unwrap().parent().unwrap().join("aro-dev");
        assert!(
            program.exists(),
            "{} is missing: run `cargo test --workspace`, or `cargo build -p aro-dev` first",
            program.display()
        );
        let folder = tempfile::tempdir().unwrap();
        let ready_file = folder.path().join("ready.json");
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let mut child = Command::new(program)
            .args(["--serve", "--speed", "6", "--service-principals", "6"])
            .arg("--data-dir")
            .arg(folder.path().join("data"))
            .arg("--ready-file")
            .arg(&ready_file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let ready = await_file(&ready_file, &mut child);
        House {
            ready: serde_json::from_slice(&ready).unwrap(),
            ready_file,
            child,
            _folder: folder,
        }
    }

    pub fn text(&self, at: &str) -> &str {
        self.ready.pointer(at).and_then(Value::as_str).unwrap()
    }

    pub fn builder(&self) -> Builder {
        Client::builder(self.text("/subscriptions/0"))
            .cloud(Cloud::custom(self.text("/arm"), self.text("/login")))
            .ca_file(self.text("/ca_file"))
            .operation_pace(LroPace {
                delay: Duration::from_millis(50),
                timeout: PATIENCE,
                ..LroPace::default()
            })
    }

    pub fn client(&self) -> Client {
        let (tenant, id, secret) = self.principal(0);
        self.builder().client_secret(tenant, id, secret).build().unwrap()
    }

    pub fn principal(&self, number: usize) -> (&str, &str, &str) {
        (
            self.text("/tenant"),
            self.text(&format!("/service_principals/{number}/client_id")),
            self.text(&format!("/service_principals/{number}/secret")),
        )
    }

    /// A bare HTTP client that trusts this world.
    pub fn http(&self) -> reqwest::Client {
        let ca = std::fs::read(self.text("/ca_file")).unwrap();
        reqwest::Client::builder()
            .tls_certs_only(reqwest::Certificate::from_pem_bundle(&ca).unwrap())
            .build()
            .unwrap()
    }

    /// A token of the first principal, got without the client.
    pub async fn token(&self) -> String {
        let (tenant, id, secret) = self.principal(0);
        let http = self.http();
        let scope = format!("{}/.default", self.text("/arm").trim_end_matches('/'));
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", id),
            ("client_secret", secret),
            ("scope", &scope),
        ];
        let url = format!(
            "{}/{tenant}/oauth2/v2.0/token",
            self.text("/login").trim_end_matches('/')
        );
        let reply: Value = http.post(url).form(&form).send().await.unwrap().json().await.unwrap();
        reply["access_token"].as_str().unwrap().to_owned()
    }

    pub fn group(&self) -> &str {
        self.text("/network/resource_group")
    }

    /// A cluster with a service principal of its own, in the network of the world.
    pub fn document(&self, name: &str, principal: usize) -> OpenShiftCluster {
        let (_, id, secret) = self.principal(principal);
        let subscription = self.text("/subscriptions/0");
        serde_json::from_value(json!({
            "location": self.text("/location"),
            "tags": {"purpose": "test"},
            "properties": {
                "clusterProfile": {
                    "domain": name,
                    "resourceGroupId": format!("/subscriptions/{subscription}/resourceGroups/{name}-managed"),
                    "fipsValidatedModules": "Disabled",
                },
                "servicePrincipalProfile": {"clientId": id, "clientSecret": secret},
                "networkProfile": {"podCidr": "10.128.0.0/14", "serviceCidr": "172.30.0.0/16"},
                "masterProfile": {
                    "vmSize": "Standard_D8s_v3",
                    "subnetId": self.text("/network/master_subnet"),
                    "encryptionAtHost": "Disabled",
                },
                "workerProfiles": [{
                    "name": "worker",
                    "vmSize": "Standard_D4s_v3",
                    "diskSizeGB": 128,
                    "count": 3,
                    "subnetId": self.text("/network/worker_subnet"),
                    "encryptionAtHost": "Disabled",
                }],
                "apiserverProfile": {"visibility": "Public"},
                "ingressProfiles": [{"name": "default", "visibility": "Public"}],
            },
        }))
        .unwrap()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to stop.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the tests that only ask share one house; the last to leave stops it.
pub fn shared() -> Arc<House> {
    static HOUSE: Mutex<Weak<House>> = Mutex::new(Weak::new());
    let mut here = HOUSE.lock().unwrap();
    here.upgrade().unwrap_or_else(|| {
        let house = Arc::new(House::start());
        *here = Arc::downgrade(&house);
        house
    })
}

/// The file is renamed into its place when it is whole.
fn await_file(path: &Path, child: &mut Child) -> Vec<u8> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Ok(content) = std::fs::read(path) {
            return content;
        }
        if let Some(status) = child.try_wait().unwrap() {
            let log = std::fs::read_to_string(path.with_file_name("log")).unwrap_or_default();
            panic!("aro-dev ended with {status}:\n{log}");
        }
        assert!(Instant::now() < deadline, "aro-dev was not ready in time");
        std::thread::sleep(Duration::from_millis(20));
    }
}
