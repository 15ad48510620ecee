//! Long-running operations of Azure Resource Manager.
//!
//! A request is *started*; its reply says where to ask ([`Operation`], which is data and can be stored, so that another
//! process goes on asking). In this order: the `Azure-AsyncOperation` header, the `Location` header, and
//! `provisioningState` in the body of the resource. The end of a PUT or PATCH is read from the resource itself.

use std::time::Duration;

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use tokio::time::Instant;
use url::Url;

use crate::{AzureError, Client, FailureKind, LroPace, Request, Response, client::json, reply};

/// An accepted operation that has not ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// Method of the request that started it.
    pub method: String,
    /// The resource the request was made to.
    pub resource: Url,
    /// Where its state is read.
    pub source: Source,
}

/// Where the state of an operation is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Source {
    /// A status resource; with the place of the result, when the service named one.
    AsyncOperation {
        /// The status resource.
        url: Url,
        /// The place of the result.
        location: Option<Url>,
    },
    /// Answers 202 until the result is there.
    Location {
        /// The place to ask.
        url: Url,
    },
    /// `provisioningState` of the resource.
    Resource,
}

/// What the reply to the first request means.
#[derive(Debug)]
pub enum Started {
    /// Nothing to wait for; the reply is the result.
    Done(Response),
    /// Ask again after the pause the service wants, if it said one.
    Running(Operation, Option<Duration>),
}

/// What one poll has shown.
#[derive(Debug)]
pub enum Polled {
    /// Not ended; with the pause the service wants, if it said one.
    Running(Option<Duration>),
    /// Ended well, with the result if there is one.
    Done(Option<Response>),
}

/// Reads the reply to a request: ended, or where to ask.
///
/// # Errors
/// When the reply ends the operation badly, or names a place outside the service.
pub fn started(method: &Method, resource: &Url, response: Response) -> Result<Started, AzureError> {
    let pause = reply::retry_after(response.headers(), OffsetDateTime::now_utc());
    let named = |name| header_url(&response, name, resource);
    let location = named("location")?;
    let source = match (named("azure-asyncoperation")?, location) {
        (Some(url), location) => Source::AsyncOperation { url, location },
        (None, Some(url)) if response.status() == StatusCode::ACCEPTED => Source::Location { url },
        _ if response.status() == StatusCode::NO_CONTENT => return Ok(Started::Done(response)),
        _ if *method == Method::DELETE && response.status() != StatusCode::ACCEPTED => {
            return Ok(Started::Done(response));
        }
        _ if *method == Method::POST => return Ok(Started::Done(response)),
        _ => match resource_state(&response) {
            State::Succeeded if response.status() != StatusCode::ACCEPTED => return Ok(Started::Done(response)),
            State::Succeeded | State::Running => Source::Resource,
            State::Ended(error) => return Err(error.at(method, resource)),
        },
    };
    Ok(Started::Running(
        Operation {
            method: method.to_string(),
            resource: resource.clone(),
            source,
        },
        pause,
    ))
}

impl Operation {
    /// Asks once.
    ///
    /// # Errors
    /// [`FailureKind::Operation`] when it ended badly; else as [`Client::execute`].
    pub async fn poll(&self, client: &Client) -> Result<Polled, AzureError> {
        match &self.source {
            Source::AsyncOperation { url, location } => {
                let response = client.execute(get(url)?).await?;
                let body: Value = json::body(&response).map_err(|error| error.at(&Method::GET, url))?;
                let Some(status) = body.get("status").and_then(Value::as_str) else {
                    let message = "the operation status has no member status";
                    return Err(AzureError::new(FailureKind::Decode, message).at(&Method::GET, url));
                };
                match State::of(status, || body.get("error").and_then(|error| reply::error_in(error, 0))) {
                    State::Running => Ok(Polled::Running(wanted_pause(&response))),
                    State::Ended(error) => Err(self.failed(error, &response)),
                    State::Succeeded => Ok(Polled::Done(self.result(client, location.as_ref()).await?)),
                }
            }
            Source::Location { url } => {
                let response = client.send(get(url)?).await?;
                match response.status() {
                    StatusCode::ACCEPTED => Ok(Polled::Running(wanted_pause(&response))),
                    StatusCode::NOT_FOUND if self.method == "DELETE" => Ok(Polled::Done(None)),
                    status if !status.is_success() => Err(self.failed(AzureError::from_response(&response), &response)),
                    _ if matches!(self.method.as_str(), "PUT" | "PATCH") => {
                        Ok(Polled::Done(Some(client.execute(get(&self.resource)?).await?)))
                    }
                    _ => Ok(Polled::Done(Some(response))),
                }
            }
            Source::Resource => {
                let response = client.send(get(&self.resource)?).await?;
                if response.status() == StatusCode::NOT_FOUND && self.method == "DELETE" {
                    return Ok(Polled::Done(None));
                }
                if !response.status().is_success() {
                    return Err(self.failed(AzureError::from_response(&response), &response));
                }
                match resource_state(&response) {
                    State::Succeeded if self.method != "DELETE" => Ok(Polled::Done(Some(response))),
                    State::Succeeded | State::Running => Ok(Polled::Running(wanted_pause(&response))),
                    State::Ended(error) => Err(self.failed(error, &response)),
                }
            }
        }
    }

    /// Asks until the end. `pause` is what the reply before wanted.
    ///
    /// # Errors
    /// As [`Operation::poll`]; [`FailureKind::Timeout`] when it takes longer than the pace allows (it goes on in Azure);
    /// [`FailureKind::Cancelled`] as soon as the client's operation is cancelled.
    pub async fn wait(
        &self,
        client: &Client,
        pace: &LroPace,
        mut pause: Option<Duration>,
    ) -> Result<Option<Response>, AzureError> {
        let deadline = Instant::now() + pace.timeout;
        loop {
            let next = pace.pause(pause);
            if Instant::now() + next > deadline {
                let message = format!(
                    "the operation has not ended within {} seconds",
                    pace.timeout.as_secs_f64()
                );
                return Err(self.place(AzureError::new(FailureKind::Timeout, message)));
            }
            client.pause(next).await.map_err(|error| self.place(error))?;
            match self.poll(client).await? {
                Polled::Running(wanted) => pause = wanted,
                Polled::Done(result) => return Ok(result),
            }
        }
    }

    /// The result, after the status resource has said that there is one.
    async fn result(&self, client: &Client, location: Option<&Url>) -> Result<Option<Response>, AzureError> {
        match (self.method.as_str(), location) {
            ("PUT" | "PATCH", _) => client.execute(get(&self.resource)?).await.map(Some),
            ("POST", Some(url)) => client.execute(get(url)?).await.map(Some),
            _ => Ok(None),
        }
    }

    /// An error of the operation names the resource, not the place its state was read.
    fn failed(&self, mut error: AzureError, response: &Response) -> AzureError {
        let id = reply::text(response.headers(), "x-ms-request-id").map(str::to_owned);
        error.facts_mut().request_id = id;
        self.place(error)
    }

    fn place(&self, error: AzureError) -> AzureError {
        error.at(
            &Method::from_bytes(self.method.as_bytes()).unwrap_or(Method::GET),
            &self.resource,
        )
    }
}

/// Sends a request and waits for the end of what it starts.
///
/// # Errors
/// As [`Client::execute`] and [`Operation::wait`].
pub async fn run(client: &Client, request: Request, pace: &LroPace) -> Result<Option<Response>, AzureError> {
    let method = request.method().clone();
    let resource = Url::parse(&request.uri().to_string())
        .map_err(|error| AzureError::new(FailureKind::Request, error.to_string()))?;
    let response = client.execute(request).await?;
    match started(&method, &resource, response)? {
        Started::Done(response) => Ok(Some(response)),
        Started::Running(operation, pause) => operation.wait(client, pace, pause).await,
    }
}

enum State {
    Running,
    Succeeded,
    Ended(AzureError),
}

impl State {
    fn of(status: &str, detail: impl FnOnce() -> Option<crate::ErrorDetail>) -> Self {
        match ended(status) {
            Some(true) => Self::Succeeded,
            Some(false) => Self::Ended(AzureError::operation_failed(status, detail())),
            None => Self::Running,
        }
    }
}

/// What the word for a state means: `None` while the operation goes on, else whether it has ended well.
#[must_use]
pub fn ended(status: &str) -> Option<bool> {
    match status.to_ascii_lowercase().as_str() {
        "succeeded" | "ready" => Some(true),
        "failed" | "canceled" | "cancelled" => Some(false),
        _ => None,
    }
}

/// The state a resource gives itself. A resource without `provisioningState` is there once it can be read.
fn resource_state(response: &Response) -> State {
    let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    let properties = body.get("properties");
    match properties
        .and_then(|properties| properties.get("provisioningState"))
        .and_then(Value::as_str)
    {
        Some(status) => State::of(status, || {
            properties
                .and_then(|properties| properties.get("error"))
                .and_then(|error| reply::error_in(error, 0))
        }),
        None => State::Succeeded,
    }
}

/// The pause before the next look that a reply asks for, if it does.
#[must_use]
pub fn wanted_pause(response: &Response) -> Option<Duration> {
    reply::retry_after(response.headers(), OffsetDateTime::now_utc())
}

fn get(url: &Url) -> Result<Request, AzureError> {
    json::request::<()>(Method::GET, url, &[], None)
}

/// A URL in a header. It must lie in the service that sent it: the token goes along.
fn header_url(response: &Response, name: &str, resource: &Url) -> Result<Option<Url>, AzureError> {
    let Some(text) = reply::text(response.headers(), name) else {
        return Ok(None);
    };
    let refuse = |why: &str| {
        let message = format!("the header {name} {why}");
        AzureError::new(FailureKind::Decode, message).at(&Method::GET, resource)
    };
    let url = resource.join(text).map_err(|_| refuse("is no URL"))?;
    if same_service(&url, resource) {
        Ok(Some(url))
    } else {
        Err(refuse("names a place outside the service"))
    }
}

/// Whether a URL lies in the service that is known: same scheme and port, and the same host or a regional name below it.
/// Only there a token may go along.
#[must_use]
pub fn same_service(url: &Url, known: &Url) -> bool {
    let (Some(host), Some(known_host)) = (url.host_str(), known.host_str()) else {
        return false;
    };
    url.scheme() == known.scheme()
        && url.port_or_known_default() == known.port_or_known_default()
        && (host == known_host
            || host
                .strip_suffix(known_host)
                .is_some_and(|region| region.ends_with('.')))
}
