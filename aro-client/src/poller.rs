//! Operations that go on after the reply.

use std::future::IntoFuture;
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

use aro_http::lro::{self, Operation, Polled, Source, Started};
use aro_http::{AzureError, FailureKind, Response};
use bytes::Bytes;
use futures::Stream;
use http::{HeaderMap, Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use url::Url;

use crate::{Client, CloudError, Error, generated};

/// An operation of the service. Awaited, it gives the result; [`Poller::progress`] shows the way there.
///
/// Dropping it changes nothing: the operation goes on in Azure, and [`Poller::url`] lets any process take it up again.
#[derive(Debug)]
#[must_use = "an operation goes on by itself, but nobody learns how it ends"]
pub struct Poller<T> {
    client: Client,
    state: State,
    result: PhantomData<fn() -> T>,
}

#[derive(Debug)]
enum State {
    Running(Box<Operation>, Option<Duration>),
    /// The body of the result.
    Done(Bytes),
}

/// What [`Poller::progress`] shows.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Progress<T> {
    /// It goes on.
    Running {
        /// From 0 to 100, where the service says.
        percent: Option<f64>,
        /// The step that runs, where the service says.
        step: Option<String>,
        /// The service's word for the state.
        status: String,
    },
    /// It ended well. The last item of the stream.
    Done(T),
}

/// The status resource.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    status: String,
    percent_complete: Option<f64>,
    properties: Option<Steps>,
    error: Option<generated::types::CloudErrorBody>,
}

#[derive(Deserialize)]
struct Steps {
    step: Option<String>,
}

enum Seen {
    Running {
        status: Option<Status>,
        pause: Option<Duration>,
    },
    Done(Bytes),
}

impl<T: DeserializeOwned> Poller<T> {
    /// From the reply to the request that started it.
    pub(crate) fn started(
        client: &Client,
        method: Method,
        resource: &Url,
        status: StatusCode,
        headers: &HeaderMap,
        body: Vec<u8>,
    ) -> Result<Self, Error> {
        let mut reply = Response::new(body.into());
        *reply.status_mut() = status;
        *reply.headers_mut() = headers.clone();
        let state = match lro::started(&method, resource, reply)? {
            Started::Done(reply) => State::Done(reply.into_body()),
            Started::Running(operation, pause) => State::Running(Box::new(operation), pause),
        };
        Ok(Self {
            client: client.clone(),
            state,
            result: PhantomData,
        })
    }

    /// From the URL that [`Poller::url`] gave.
    pub(crate) fn resumed(client: &Client, method: &Method, resource: Url, url: Url) -> Result<Self, Error> {
        client.check(&url)?;
        let operation = Operation {
            method: method.to_string(),
            resource,
            source: Source::AsyncOperation { url, location: None },
        };
        Ok(Self {
            client: client.clone(),
            // It may have ended long ago: the first look is not put off.
            state: State::Running(Box::new(operation), Some(Duration::ZERO)),
            result: PhantomData,
        })
    }

    /// Where the service says how far the operation is; none where it has ended already. Save it to go on in another process:
    /// [`Clusters::resume`](crate::Clusters::resume), [`Clusters::resume_delete`](crate::Clusters::resume_delete).
    #[must_use]
    pub fn url(&self) -> Option<&Url> {
        match &self.state {
            State::Running(operation, _) => match &operation.source {
                Source::AsyncOperation { url, .. } => Some(url),
                // The service always names a status resource; what else ARM may do cannot be taken up elsewhere.
                Source::Location { .. } | Source::Resource => None,
            },
            State::Done(_) => None,
        }
    }

    /// Waits for the end and gives the result. The same as awaiting the poller.
    ///
    /// # Errors
    /// [`Error::Failed`] with what the service says about the cause; [`Error::Transport`] where the pace's time is over
    /// (the operation goes on in Azure) or the service cannot be asked.
    pub async fn wait(mut self) -> Result<T, Error> {
        let deadline = self.deadline();
        loop {
            if let Progress::Done(result) = self.step(deadline).await? {
                return Ok(result);
            }
        }
    }

    /// What each look shows, the first at once, until the end. Ends after [`Progress::Done`] or an error.
    ///
    /// # Errors
    /// As [`Poller::wait`].
    pub fn progress(mut self) -> impl Stream<Item = Result<Progress<T>, Error>> {
        let deadline = self.deadline();
        if let State::Running(_, pause) = &mut self.state {
            *pause = Some(Duration::ZERO);
        }
        futures::stream::unfold(Some(self), move |poller| async move {
            let mut poller = poller?;
            let (item, go_on) = match poller.step(deadline).await {
                Ok(progress) => {
                    let go_on = matches!(progress, Progress::Running { .. });
                    (Ok(progress), go_on)
                }
                Err(error) => (Err(error), false),
            };
            Some((item, go_on.then_some(poller)))
        })
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.client.inner.pace.timeout
    }

    /// Waits as long as the service wants, and looks.
    async fn step(&mut self, deadline: Instant) -> Result<Progress<T>, Error> {
        let (operation, pause) = match &mut self.state {
            State::Done(body) => return result(body).map(Progress::Done),
            State::Running(operation, pause) => (operation, pause),
        };
        let next = self.client.inner.pace.pause(*pause);
        if Instant::now() + next > deadline {
            let message = "the operation has not ended in the time that the client waits; it goes on in Azure";
            return Err(AzureError::new(FailureKind::Timeout, message).into());
        }
        tokio::time::sleep(next).await;
        match look(&self.client, operation).await? {
            Seen::Running { status, pause: wanted } => {
                *pause = wanted;
                let (word, percent, step) = match status {
                    Some(status) => (
                        status.status,
                        status.percent_complete,
                        status.properties.and_then(|steps| steps.step),
                    ),
                    None => (String::new(), None, None),
                };
                Ok(Progress::Running {
                    percent,
                    step,
                    status: word,
                })
            }
            Seen::Done(body) => result(&body).map(Progress::Done),
        }
    }
}

/// Looks once. The status resource is read here and not by aro-http, for percent and step.
async fn look(client: &Client, operation: &Operation) -> Result<Seen, Error> {
    let http = &client.inner.http;
    let Source::AsyncOperation { url, .. } = &operation.source else {
        return Ok(match operation.poll(http).await? {
            Polled::Running(pause) => Seen::Running { status: None, pause },
            Polled::Done(reply) => Seen::Done(reply.map(Response::into_body).unwrap_or_default()),
        });
    };
    let reply = http.execute(client.get(url)?).await?;
    let status: Status = aro_http::json::body(&reply)?;
    match status.status.to_ascii_lowercase().as_str() {
        "succeeded" if operation.method == "DELETE" => Ok(Seen::Done(Bytes::new())),
        "succeeded" => {
            let reply = http.execute(client.get(&operation.resource)?).await?;
            Ok(Seen::Done(reply.into_body()))
        }
        "failed" | "canceled" | "cancelled" => Err(Error::Failed(Box::new(match status.error {
            Some(error) => error.into(),
            None => CloudError {
                code: status.status,
                message: "The service does not say why.".to_owned(),
                ..CloudError::default()
            },
        }))),
        _ => Ok(Seen::Running {
            pause: seconds(reply.headers()),
            status: Some(status),
        }),
    }
}

/// `Retry-After` in seconds, the only form that the service uses.
fn seconds(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

/// No body is the result of what has none.
fn result<T: DeserializeOwned>(body: &Bytes) -> Result<T, Error> {
    let body: &[u8] = if body.is_empty() { b"null" } else { body };
    serde_json::from_slice(body).map_err(|error| {
        let place = format!("line {} column {}", error.line(), error.column());
        Error::decode(format!("another shape than described at {place}"))
    })
}

impl<T: DeserializeOwned + 'static> IntoFuture for Poller<T> {
    type Output = Result<T, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.wait())
    }
}
