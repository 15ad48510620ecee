//! Calls to one Azure Resource Manager as one caller: for code that waits, and for code that is told.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use aro_http::{
    AzureError, Client, ClientBuilder, ClientSecret, FailureKind, HttpPace, Idempotent, TransportConfig, json, lro,
};
use http::{Method, header};
use pyo3::prelude::*;
use tokio::task::JoinHandle;
use url::Url;

use crate::credential::Callable;
use crate::{errors, json as python, runtime};

/// How often a waiting call looks whether the user has pressed Ctrl-C.
const LOOK: Duration = Duration::from_millis(100);

/// One caller of one endpoint. Connections and tokens are shared by its calls.
#[pyclass(frozen, module = "aro._native")]
pub(crate) struct Connection {
    endpoint: Url,
    scope: String,
    transport: TransportConfig,
    pace: HttpPace,
    credential: Credential,
    /// Made with the first call.
    client: Mutex<Option<Client>>,
}

enum Credential {
    Secret {
        authority: Url,
        tenant: String,
        client_id: String,
        secret: azure_core::credentials::Secret,
    },
    Python(Py<PyAny>),
}

/// What came back: status, body, URL of the operation it started, URL of that operation's result, seconds to wait.
type Reply = (u16, Vec<u8>, Option<String>, Option<String>, Option<f64>);

#[pymethods]
impl Connection {
    /// `secret` is (authority, tenant, client id, client secret); else `token` is a callable.
    #[new]
    #[pyo3(signature = (endpoint, scope, ca_file, secret, token, attempts, base_delay, max_delay, timeout))]
    #[allow(clippy::too_many_arguments)] // The Python class in front of it has names and defaults for them.
    fn new(
        py: Python<'_>,
        endpoint: &str,
        scope: String,
        ca_file: Option<PathBuf>,
        secret: Option<(String, String, String, String)>,
        token: Option<Py<PyAny>>,
        attempts: u32,
        base_delay: f64,
        max_delay: f64,
        timeout: f64,
    ) -> PyResult<Self> {
        let credential = match (secret, token) {
            (Some((authority, tenant, client_id, secret)), None) => Credential::Secret {
                authority: service_url(py, "authority", &authority)?,
                tenant,
                client_id,
                secret: azure_core::credentials::Secret::new(secret),
            },
            (None, Some(callable)) => Credential::Python(callable),
            _ => {
                return Err(errors::invalid_argument(
                    py,
                    "Give either a client secret or a token callable.",
                ));
            }
        };
        let seconds = |name: &str, value: f64| {
            Duration::try_from_secs_f64(value)
                .map_err(|_| errors::invalid_argument(py, &format!("{name} is no number of seconds.")))
        };
        let connection = Self {
            endpoint: service_url(py, "endpoint", endpoint)?,
            scope,
            transport: TransportConfig {
                ca_file,
                ..TransportConfig::default()
            },
            pace: HttpPace {
                attempts: attempts.max(1),
                base_delay: seconds("base_delay", base_delay)?,
                max_delay: seconds("max_delay", max_delay)?,
                try_timeout: seconds("timeout", timeout)?,
                ..HttpPace::default()
            },
            credential,
            client: Mutex::new(None),
        };
        Ok(connection)
    }

    /// Makes a call and waits for its end. Other Python threads run meanwhile; Ctrl-C ends the wait.
    #[pyo3(signature = (method, url, body=None))]
    fn call<'py>(
        &self,
        py: Python<'py>,
        method: &str,
        url: &str,
        body: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let runtime = runtime::handle(py)?;
        let call = self.prepare(py, method, url, body)?;
        let (done, mut waiting) = mpsc::channel();
        let task = runtime.spawn(async move {
            // Nobody listens any more where the wait was ended.
            let _ = done.send(call.make().await);
        });
        let ended = Abort(task);
        loop {
            let (kept, told) = py.detach(move || {
                let told = waiting.recv_timeout(LOOK);
                (waiting, told)
            });
            waiting = kept;
            match told {
                Ok(result) => return outcome(py, result),
                Err(mpsc::RecvTimeoutError::Timeout) => py.check_signals()?,
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    drop(ended);
                    return outcome(py, Err(AzureError::cancelled()));
                }
            }
        }
    }

    /// Begins a call; `done(reply, error)` is called from another thread when it has ended, unless it was cancelled.
    #[pyo3(signature = (done, method, url, body=None))]
    fn start(
        &self,
        py: Python<'_>,
        done: Py<PyAny>,
        method: &str,
        url: &str,
        body: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Task> {
        let runtime = runtime::handle(py)?;
        let call = self.prepare(py, method, url, body)?;
        let task = runtime.spawn(async move {
            let result = call.make().await;
            // Nothing to tell when the interpreter is on its way out.
            Python::try_attach(|py| {
                let told = match outcome(py, result) {
                    Ok(reply) => done.call1(py, (reply, py.None())),
                    Err(error) => done.call1(py, (py.None(), error.into_value(py))),
                };
                if let Err(error) = told {
                    error.write_unraisable(py, Some(done.bind(py)));
                }
            });
        });
        Ok(Task(Abort(task)))
    }
}

impl Connection {
    fn prepare(&self, py: Python<'_>, method: &str, url: &str, body: Option<&Bound<'_, PyAny>>) -> PyResult<Call> {
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|_| errors::invalid_argument(py, "The method is none of HTTP."))?;
        let url = self
            .endpoint
            .join(url)
            .map_err(|_| errors::invalid_argument(py, "The URL is malformed."))?;
        if !same_service(&url, &self.endpoint) {
            let message = format!(
                "The URL leads to {}, but this client speaks to {}. A token is not sent elsewhere.",
                url.origin().ascii_serialization(),
                self.endpoint.origin().ascii_serialization()
            );
            return Err(errors::invalid_argument(py, &message));
        }
        let body = body.map(python::to_text).transpose()?;
        let client = self.client(py)?;
        Ok(Call {
            client,
            method,
            url,
            body,
        })
    }

    fn client(&self, py: Python<'_>) -> PyResult<Client> {
        let mut held = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = held.as_ref() {
            return Ok(client.clone());
        }
        let client = self.build(py).map_err(|error| errors::from_azure(py, &error))?;
        *held = Some(client.clone());
        Ok(client)
    }

    fn build(&self, py: Python<'_>) -> Result<Client, AzureError> {
        let builder = ClientBuilder::new(&self.transport, self.pace.clone())?;
        let source: Arc<dyn aro_http::TokenSource> = match &self.credential {
            Credential::Secret {
                authority,
                tenant,
                client_id,
                secret,
            } => {
                let login = builder.build();
                let secret = secret.secret().to_owned();
                Arc::new(ClientSecret::new(authority, tenant, client_id, secret, login)?)
            }
            Credential::Python(callable) => Arc::new(Callable::new(callable.clone_ref(py))),
        };
        Ok(builder.credential(source, self.scope.clone()).build())
    }
}

/// A call under way.
#[pyclass(frozen, module = "aro._native")]
pub(crate) struct Task(Abort);

#[pymethods]
impl Task {
    /// Ends the call; nobody is told.
    fn cancel(&self) {
        self.0.0.abort();
    }
}

/// Ends its task when nobody waits for it any more.
struct Abort(JoinHandle<()>);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Call {
    client: Client,
    method: Method,
    url: Url,
    body: Option<Vec<u8>>,
}

impl Call {
    async fn make(self) -> Result<Reply, AzureError> {
        let mut request = json::request::<()>(self.method.clone(), &self.url, &[], None)?;
        if let Some(body) = self.body {
            *request.body_mut() = body.into();
            let kind = header::HeaderValue::from_static("application/json");
            request.headers_mut().insert(header::CONTENT_TYPE, kind);
        }
        if self.method == Method::POST {
            // The POSTs of this contract only read.
            request.extensions_mut().insert(Idempotent);
        }
        let response = self.client.execute(request).await?;
        let status = response.status().as_u16();
        let body = response.body().to_vec();
        let pause = response
            .headers()
            .get(header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| text.trim().parse::<u32>().ok())
            .map(f64::from);
        if self.method == Method::GET || self.method == Method::POST {
            return Ok((status, body, None, None, pause));
        }
        let (operation, result) = match lro::started(&self.method, &self.url, response)? {
            lro::Started::Done(_) => (None, None),
            lro::Started::Running(operation, _) => match operation.source {
                lro::Source::AsyncOperation { url, location } => (Some(url), location),
                lro::Source::Location { .. } | lro::Source::Resource => {
                    let message = "the reply to a long-running request names no operation";
                    return Err(AzureError::new(FailureKind::Decode, message).at(&self.method, &self.url));
                }
            },
        };
        Ok((
            status,
            body,
            operation.map(String::from),
            result.map(String::from),
            pause,
        ))
    }
}

fn outcome(py: Python<'_>, result: Result<Reply, AzureError>) -> PyResult<Bound<'_, PyAny>> {
    let (status, body, operation, location, pause) = result.map_err(|error| errors::from_azure(py, &error))?;
    let body = if body.is_empty() {
        py.None().into_bound(py)
    } else {
        python::from_text(py, &body).map_err(|_| {
            let error = AzureError::new(FailureKind::Decode, "the reply is not JSON");
            errors::from_azure(py, &error)
        })?
    };
    (status, body, operation, location, pause)
        .into_pyobject(py)
        .map(Bound::into_any)
}

fn service_url(py: Python<'_>, what: &str, text: &str) -> PyResult<Url> {
    Url::parse(text)
        .ok()
        .filter(|url| url.scheme() == "https" && url.has_host())
        .ok_or_else(|| errors::invalid_argument(py, &format!("The {what} is no https URL.")))
}

/// The endpoint itself, or a regional name below it.
fn same_service(url: &Url, endpoint: &Url) -> bool {
    let (Some(host), Some(known)) = (url.host_str(), endpoint.host_str()) else {
        return false;
    };
    url.scheme() == endpoint.scheme()
        && url.port_or_known_default() == endpoint.port_or_known_default()
        && (host == known || host.strip_suffix(known).is_some_and(|region| region.ends_with('.')))
}
