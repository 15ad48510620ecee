//! A small client of Azure.

use std::time::Duration;

use aro_sim::{Pace, World, WorldConfig};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// A world for one test, and a client of it.
pub struct Azure {
    pub world: World,
    pub http: reqwest::Client,
    pub token: String,
    pub subscription: String,
}

/// Everything at once: no test waits for the world's pace.
pub fn quick() -> WorldConfig {
    WorldConfig {
        pace: Pace {
            speed: 1e6,
            ..Pace::default()
        },
        ..WorldConfig::default()
    }
}

pub fn http(ca_file: &std::path::Path) -> reqwest::Client {
    let ca = reqwest::Certificate::from_pem_bundle(&std::fs::read(ca_file).unwrap()).unwrap();
    reqwest::Client::builder()
        .tls_certs_only(ca)
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap()
}

impl Azure {
    pub async fn start() -> Self {
        Self::start_with(quick()).await
    }

    pub async fn start_with(config: WorldConfig) -> Self {
        let world = World::start(config).await.unwrap();
        let http = http(&world.endpoints().ca_file);
        let principal = world.endpoints().service_principals[0].clone();
        let subscription = world.endpoints().subscriptions[0].clone();
        let mut azure = Self {
            world,
            http,
            token: String::new(),
            subscription,
        };
        azure.token = azure.token_of(&principal.client_id, &principal.secret).await;
        azure
    }

    pub async fn token_of(&self, client_id: &str, secret: &str) -> String {
        let scope = format!("{}/.default", self.world.endpoints().arm_audience);
        let answer = self.token_request(client_id, secret, &scope).await;
        answer.body["access_token"].as_str().unwrap().to_owned()
    }

    pub async fn token_request(&self, client_id: &str, secret: &str, scope: &str) -> Answer {
        let at = self.world.endpoints();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", secret),
            ("scope", scope),
        ];
        let url = format!("{}/{}/oauth2/v2.0/token", at.login, at.tenant);
        read(self.http.post(url).form(&form).send().await.unwrap()).await
    }

    /// One request to ARM. `path` is absolute or below the test's subscription.
    pub fn request(&self, method: Method, path: &str, version: &str) -> reqwest::RequestBuilder {
        let arm = &self.world.endpoints().arm;
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/subscriptions/{}/{path}", self.subscription)
        };
        let sign = if path.contains('?') { '&' } else { '?' };
        self.http
            .request(method, format!("{arm}{path}{sign}api-version={version}"))
            .bearer_auth(&self.token)
    }

    pub async fn get(&self, path: &str, version: &str) -> Answer {
        read(self.request(Method::GET, path, version).send().await.unwrap()).await
    }

    pub async fn put(&self, path: &str, version: &str, body: Value) -> Answer {
        read(
            self.request(Method::PUT, path, version)
                .json(&body)
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    pub async fn post(&self, path: &str, version: &str, body: Value) -> Answer {
        read(
            self.request(Method::POST, path, version)
                .json(&body)
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    pub async fn delete(&self, path: &str, version: &str) -> Answer {
        read(self.request(Method::DELETE, path, version).send().await.unwrap()).await
    }

    /// Follows an operation to its end as Azure's SDKs do; the last status body.
    pub async fn finish(&self, answer: &Answer) -> Value {
        let Some(url) = answer
            .header("azure-asyncoperation")
            .or(answer.header("location"))
            .map(str::to_owned)
        else {
            return json!({"status": "Succeeded"});
        };
        for _ in 0..500 {
            let poll = read(self.http.get(&url).bearer_auth(&self.token).send().await.unwrap()).await;
            match poll.body["status"].as_str() {
                Some("InProgress") => {}
                Some(_) => return poll.body,
                None if poll.status == StatusCode::ACCEPTED => {}
                None => {
                    return json!({"status": if poll.status.is_success() { "Succeeded" } else { "Failed" }, "body": poll.body});
                }
            }
            tokio::task::yield_now().await;
        }
        panic!("the operation did not end");
    }

    /// PUT, follow to the end, GET.
    pub async fn make(&self, path: &str, version: &str, body: Value) -> Value {
        let answer = self.put(path, version, body).await;
        assert!(answer.status.is_success(), "{path}: {} {}", answer.status, answer.body);
        let end = self.finish(&answer).await;
        assert_eq!(end["status"], "Succeeded", "{path}: {end}");
        self.get(path, version).await.body
    }

    /// DELETE and follow to the end.
    pub async fn unmake(&self, path: &str, version: &str) {
        let answer = self.delete(path, version).await;
        assert!(answer.status.is_success(), "{path}: {} {}", answer.status, answer.body);
        let end = self.finish(&answer).await;
        assert_eq!(end["status"], "Succeeded", "{path}: {end}");
    }
}

pub async fn read(response: reqwest::Response) -> Answer {
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response.bytes().await.unwrap();
    let body = if bytes.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&bytes).unwrap_or(Value::Null)
    };
    Answer { status, headers, body }
}
