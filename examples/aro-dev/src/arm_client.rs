//! A client of Azure Resource Manager as anybody could write one: plain HTTP, a token from login, and the long-running
//! operation protocol. It shares nothing with the resource provider.

use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::failure::{Failure, While as _};
use crate::ready::Ready;

/// The api-version the tour speaks.
pub(crate) const API_VERSION: &str = "2025-07-25";

/// How long one request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// How long one long-running operation may take before the client gives up.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(3600);

/// The pause between polls when the reply does not name one, as ARM's protocol says.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(10);

/// An answer of ARM.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    operation: Option<String>,
    retry_after: Option<Duration>,
}

/// How far an operation is.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Status {
    pub(crate) status: String,
    pub(crate) percent: Option<f64>,
    pub(crate) step: Option<String>,
    pub(crate) steps: Option<(u64, u64)>,
}

/// A signed-in client.
pub(crate) struct ArmClient {
    http: reqwest::Client,
    arm: String,
    token: String,
}

impl ArmClient {
    /// Signs in with the first service principal.
    pub(crate) async fn sign_in(ready: &Ready) -> Result<ArmClient, Failure> {
        let http = http_client(&ready.ca_file)?;
        let principal = ready
            .service_principals
            .first()
            .ok_or_else(|| Failure::new("The world has no service principal."))?;
        let arm = ready.arm.trim_end_matches('/').to_string();
        let url = format!(
            "{}/{}/oauth2/v2.0/token",
            ready.login.trim_end_matches('/'),
            ready.tenant
        );
        let scope = format!("{arm}/.default");
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", principal.client_id.as_str()),
            ("client_secret", principal.secret.as_str()),
            ("scope", scope.as_str()),
        ];
        let reply = http.post(url).form(&form).send().await.while_doing("Signing in")?;
        let status = reply.status();
        let body: Value = reply.json().await.while_doing("Reading the token")?;
        let token = body["access_token"].as_str().ok_or_else(|| {
            Failure::new(format!(
                "Signing in failed with {status}: {}",
                body["error_description"].as_str().unwrap_or("")
            ))
        })?;
        Ok(ArmClient {
            http,
            arm,
            token: token.to_string(),
        })
    }

    /// One request; `path` starts with a slash. Errors of ARM are failures with their code and message.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Reply, Failure> {
        self.call_version(method, path, API_VERSION, body).await
    }

    /// As [`ArmClient::call`], in a version of the caller's choice.
    pub(crate) async fn call_version(
        &self,
        method: Method,
        path: &str,
        version: &str,
        body: Option<&Value>,
    ) -> Result<Reply, Failure> {
        let url = format!("{}{path}?api-version={version}", self.arm);
        let reply = self.send(method.clone(), &url, body).await?;
        if reply.status.is_client_error() || reply.status.is_server_error() {
            return Err(Failure::new(format!(
                "{method} {path} was refused with {}: {}",
                reply.status,
                error_of(&reply.body)
            )));
        }
        Ok(reply)
    }

    async fn send(&self, method: Method, url: &str, body: Option<&Value>) -> Result<Reply, Failure> {
        let mut request = self.http.request(method.clone(), url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let reply = request
            .send()
            .await
            .map_err(|error| Failure::new(format!("{method} {url} got no answer: {}", causes(&error))))?;
        let text = |name: &str| {
            reply
                .headers()
                .get(name)
                .and_then(|v| v.to_str().ok())
                .map(str::to_string)
        };
        let operation = text("azure-asyncoperation");
        let retry_after = text("retry-after")
            .and_then(|v| v.parse().ok())
            .map(Duration::from_secs);
        let status = reply.status();
        let bytes = reply.bytes().await.while_doing("Reading an answer")?;
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).while_doing("Reading the JSON of an answer")?
        };
        Ok(Reply {
            status,
            body,
            operation,
            retry_after,
        })
    }

    /// Follows the operation that `reply` started to its end, as its `Azure-AsyncOperation` and `Retry-After` say, and
    /// tells `watch` about each status seen.
    pub(crate) async fn follow(&self, reply: Reply, mut watch: impl FnMut(&Status)) -> Result<(), Failure> {
        let Some(url) = reply.operation else {
            return if reply.status == StatusCode::NO_CONTENT {
                Ok(())
            } else {
                Err(Failure::new(format!(
                    "The answer {} names no operation to follow.",
                    reply.status
                )))
            };
        };
        let started = Instant::now();
        let mut pause = reply.retry_after.unwrap_or(DEFAULT_RETRY_AFTER);
        loop {
            tokio::time::sleep(pause).await;
            let reply = self.send(Method::GET, &url, None).await?;
            if !reply.status.is_success() {
                return Err(Failure::new(format!(
                    "Its status was refused with {}: {}",
                    reply.status,
                    error_of(&reply.body)
                )));
            }
            let status = status_of(&reply.body);
            watch(&status);
            match status.status.as_str() {
                "Succeeded" => return Ok(()),
                "Failed" | "Canceled" => {
                    return Err(Failure::new(format!(
                        "It ended as {}: {}",
                        status.status,
                        error_of(&reply.body)
                    )));
                }
                _ if started.elapsed() > OPERATION_TIMEOUT => {
                    return Err(Failure::new(format!("It is still {} after an hour.", status.status)));
                }
                _ => pause = reply.retry_after.unwrap_or(DEFAULT_RETRY_AFTER),
            }
        }
    }
}

/// A client that trusts the world's certificate authority and nothing else.
pub(crate) fn http_client(ca_file: &Path) -> Result<reqwest::Client, Failure> {
    let pem = std::fs::read(ca_file).while_doing("Reading the certificate authority")?;
    let certificate = reqwest::Certificate::from_pem(&pem).while_doing("Reading the certificate authority")?;
    reqwest::Client::builder()
        .tls_certs_only([certificate])
        .no_proxy()
        .timeout(REQUEST_TIMEOUT)
        .build()
        .while_doing("Setting up the client")
}

fn status_of(body: &Value) -> Status {
    let properties = &body["properties"];
    Status {
        status: body["status"].as_str().unwrap_or_default().to_string(),
        percent: body["percentComplete"].as_f64(),
        step: properties["step"].as_str().map(str::to_string),
        steps: properties["stepsDone"].as_u64().zip(properties["stepsTotal"].as_u64()),
    }
}

/// Code, message and target of an error, and those of its details.
pub(crate) fn error_of(body: &Value) -> String {
    fn one(error: &Value) -> String {
        let code = error["code"].as_str().unwrap_or("no code");
        let message = error["message"].as_str().unwrap_or("no message");
        match error["target"].as_str() {
            Some(target) if !target.is_empty() => format!("{code} ({target}): {message}"),
            _ => format!("{code}: {message}"),
        }
    }
    let error = &body["error"];
    let mut text = one(error);
    for detail in error["details"].as_array().into_iter().flatten() {
        text.push_str("\n  ");
        text.push_str(&one(detail));
    }
    text
}

/// An error with everything below it: the top one of an HTTP client alone says next to nothing.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(cause) = below {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        below = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_status_is_read_with_what_it_has() {
        let running = json!({"status": "Creating", "percentComplete": 40.0,
            "properties": {"step": "deploy", "stepsDone": 4, "stepsTotal": 10}});
        let expected = Status {
            status: "Creating".into(),
            percent: Some(40.0),
            step: Some("deploy".into()),
            steps: Some((4, 10)),
        };
        assert_eq!(status_of(&running), expected);
        assert_eq!(
            status_of(&json!({"status": "Succeeded"})),
            Status {
                status: "Succeeded".into(),
                ..Status::default()
            }
        );
    }

    #[test]
    fn an_error_shows_its_details() {
        let body = json!({"error": {"code": "A", "message": "One.", "target": "t", "details": [{"code": "B", "message": "Two."}]}});
        assert_eq!(error_of(&body), "A (t): One.\n  B: Two.");
    }
}
