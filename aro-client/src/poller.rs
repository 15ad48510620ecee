//! Operations that go on after the reply.
//!
//! ```text
//! started ──► Running ──look──► Succeeded ──read──► Done
//!    │           └──────look──► Failed                ▲
//!    └── nothing to wait for ─────────────────────────┘
//! ```

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

use aro_http::lro::{self, Operation, Polled, Source, Started};
use aro_http::{AzureError, FailureKind, Response};
use bytes::Bytes;
use futures::Stream;
use http::Method;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use url::Url;

use crate::{Client, CloudError, Error, OperationStatus};

/// An operation of the service. Awaited, it gives the result; [`Poller::progress`] shows the way there.
///
/// Dropping it changes nothing: the operation goes on in Azure, and [`Poller::url`] lets any process take it up again.
#[derive(Debug)]
#[must_use = "an operation goes on by itself, but nobody learns how it ends"]
pub struct Poller<T> {
    client: Client,
    state: State,
    /// What the last look has shown.
    seen: Option<OperationStatus>,
    result: PhantomData<fn() -> T>,
}

#[derive(Debug)]
enum State {
    Running {
        operation: Box<Operation>,
        /// Where the result is read after the status resource has said that it ended well; none where there is none.
        result: Option<Url>,
        pause: Option<Duration>,
    },
    /// Ended well; the result is to be read there.
    Succeeded(Url),
    /// The body of the result.
    Done(Bytes),
    Failed(Box<CloudError>),
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

/// As one line for people: ` 42 % step`; the service's word where it names no step.
impl<T> fmt::Display for Progress<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running { percent, step, status } => {
                let percent = percent.map_or_else(|| "  ?".to_owned(), |percent| format!("{percent:3.0}"));
                write!(f, "{percent} % {}", step.as_ref().unwrap_or(status))
            }
            Self::Done(_) => f.write_str("100 % done"),
        }
    }
}

impl<T: DeserializeOwned> Poller<T> {
    /// From the reply to the request that started it.
    pub(crate) fn started(client: &Client, method: Method, resource: &Url, reply: Response) -> Result<Self, Error> {
        let state = match lro::started(&method, resource, reply)? {
            Started::Done(reply) => State::Done(reply.into_body()),
            Started::Running(operation, pause) => State::Running {
                operation: Box::new(operation),
                result: (method != Method::DELETE).then(|| resource.clone()),
                pause,
            },
        };
        Ok(Self::new(client, state))
    }

    /// From the URL that [`Poller::url`] gave; `result` is where the result is read, if there is one.
    pub(crate) fn resumed(client: &Client, url: Url, result: Option<Url>) -> Result<Self, Error> {
        client.check(&url)?;
        let operation = Operation {
            method: Method::GET.to_string(),
            resource: result.clone().unwrap_or_else(|| url.clone()),
            source: Source::AsyncOperation { url, location: None },
        };
        let state = State::Running {
            operation: Box::new(operation),
            result,
            // It may have ended long ago: the first look is not put off.
            pause: Some(Duration::ZERO),
        };
        Ok(Self::new(client, state))
    }

    fn new(client: &Client, state: State) -> Self {
        Self {
            client: client.clone(),
            state,
            seen: None,
            result: PhantomData,
        }
    }

    /// The same operation with its result read as another type.
    pub fn read_as<U: DeserializeOwned>(self) -> Poller<U> {
        Poller {
            client: self.client,
            state: self.state,
            seen: self.seen,
            result: PhantomData,
        }
    }

    /// Where the service says how far the operation is; none where it has ended already. Save it to go on in another process:
    /// [`Clusters::resume`](crate::Clusters::resume), [`Clusters::resume_delete`](crate::Clusters::resume_delete),
    /// [`Raw::resume`](crate::Raw::resume).
    #[must_use]
    pub fn url(&self) -> Option<&Url> {
        match &self.state {
            State::Running { operation, .. } => match &operation.source {
                Source::AsyncOperation { url, .. } => Some(url),
                // The service always names a status resource; what else ARM may do cannot be taken up elsewhere.
                Source::Location { .. } | Source::Resource => None,
            },
            State::Succeeded(_) | State::Done(_) | State::Failed(_) => None,
        }
    }

    /// Whether it has ended, as far as the last look has shown: none while it goes on, else whether it ended well.
    #[must_use]
    pub fn ended(&self) -> Option<bool> {
        match &self.state {
            State::Running { .. } => None,
            State::Succeeded(_) | State::Done(_) => Some(true),
            State::Failed(_) => Some(false),
        }
    }

    /// Waits for the end and gives the result. The same as awaiting the poller.
    ///
    /// # Errors
    /// [`Error::Failed`] with what the service says about the cause; [`Error::Transport`] where the pace's time is over
    /// (the operation goes on in Azure) or the service cannot be asked.
    pub async fn wait(mut self) -> Result<T, Error> {
        self.result().await
    }

    /// The same for a poller that is kept. May be dropped half-way and called again.
    ///
    /// # Errors
    /// As [`Poller::wait`].
    pub async fn result(&mut self) -> Result<T, Error> {
        let deadline = self.deadline();
        while self.ended().is_none() {
            self.next(deadline).await?.ok_or_else(too_late)?;
        }
        self.read().await
    }

    /// What each look shows, the first at once, until the end. Ends after [`Progress::Done`] or an error.
    ///
    /// # Errors
    /// As [`Poller::wait`].
    pub fn progress(mut self) -> impl Stream<Item = Result<Progress<T>, Error>> {
        let deadline = self.deadline();
        if let State::Running { pause, .. } = &mut self.state {
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

    /// Looks once, now. That the operation has ended badly is what such a look shows, no error. One that has ended is
    /// not asked for again.
    ///
    /// # Errors
    /// Where the service cannot be asked.
    pub async fn look(&mut self) -> Result<OperationStatus, Error> {
        let State::Running {
            operation,
            result,
            pause,
        } = &mut self.state
        else {
            let nothing_to_do = || OperationStatus::of("Succeeded", None);
            return Ok(self.seen.clone().unwrap_or_else(nothing_to_do));
        };
        let (status, next) = if let Source::AsyncOperation { url, .. } = &operation.source {
            // Read here and not by aro-http, which keeps nothing of it.
            let reply = self.client.get(url).await?;
            *pause = lro::wanted_pause(&reply);
            let status = OperationStatus::read(reply.into_body())?;
            let next = status.ended().map(|well| match (well, result.take()) {
                (false, _) => State::Failed(Box::new(status.failure())),
                (true, Some(url)) => State::Succeeded(url),
                (true, None) => State::Done(Bytes::new()),
            });
            (status, next)
        } else {
            match operation.poll(&self.client.inner.transport.client).await {
                Ok(Polled::Running(wanted)) => {
                    *pause = wanted;
                    (OperationStatus::of("InProgress", None), None)
                }
                Ok(Polled::Done(reply)) => {
                    let body = reply.map(Response::into_body).unwrap_or_default();
                    (OperationStatus::of("Succeeded", None), Some(State::Done(body)))
                }
                Err(error) if error.kind == FailureKind::Operation => {
                    let error = CloudError::from(&error);
                    let status = OperationStatus::of("Failed", Some(error.clone()));
                    (status, Some(State::Failed(Box::new(error))))
                }
                Err(error) => return Err(error.into()),
            }
        };
        if let Some(next) = next {
            self.state = next;
        }
        self.seen = Some(status.clone());
        Ok(status)
    }

    /// Pauses as long as the service wants, and looks. None, at once, where that would be after `deadline`.
    ///
    /// # Errors
    /// As [`Poller::look`].
    pub async fn next(&mut self, deadline: Option<Instant>) -> Result<Option<OperationStatus>, Error> {
        let Some(pause) = self.pause(deadline) else {
            return Ok(None);
        };
        tokio::time::sleep(pause).await;
        self.look().await.map(Some)
    }

    /// How long the service wants to be left alone before the next look; none where that would be after `deadline`. For
    /// those who share a poller and do not hold it while they pause.
    #[must_use]
    pub fn pause(&self, deadline: Option<Instant>) -> Option<Duration> {
        let State::Running { pause, .. } = &self.state else {
            return Some(Duration::ZERO);
        };
        let pause = self.client.inner.pace.pause(*pause);
        let is_late = deadline.is_some_and(|deadline| deadline.saturating_duration_since(Instant::now()) < pause);
        (!is_late).then_some(pause)
    }

    /// None where the pace's time is longer than any clock goes.
    fn deadline(&self) -> Option<Instant> {
        Instant::now().checked_add(self.client.inner.pace.timeout)
    }

    async fn step(&mut self, deadline: Option<Instant>) -> Result<Progress<T>, Error> {
        let status = self.next(deadline).await?.ok_or_else(too_late)?;
        if self.ended().is_some() {
            return self.read().await.map(Progress::Done);
        }
        Ok(Progress::Running {
            percent: status.percent,
            step: status.step,
            status: status.status,
        })
    }

    /// The result of what has ended.
    async fn read(&mut self) -> Result<T, Error> {
        match &self.state {
            State::Failed(error) => Err(Error::Failed(error.clone())),
            State::Done(body) => parsed(body),
            State::Succeeded(url) => {
                let body = self.client.get(url).await?.into_body();
                self.state = State::Done(body.clone());
                parsed(&body)
            }
            State::Running { .. } => Err(too_late()),
        }
    }
}

fn too_late() -> Error {
    let message = "the operation has not ended in the time that the client waits; it goes on in Azure";
    AzureError::new(FailureKind::Timeout, message).into()
}

/// Reads a body. None at all is the document of what has none. The text is not quoted: it may hold credentials.
pub(crate) fn parsed<T: DeserializeOwned>(body: &Bytes) -> Result<T, Error> {
    let body: &[u8] = if body.is_empty() { b"null" } else { body };
    serde_json::from_slice(body).map_err(|error| Error::shape(&error))
}

impl<T: DeserializeOwned + 'static> IntoFuture for Poller<T> {
    type Output = Result<T, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.wait())
    }
}
