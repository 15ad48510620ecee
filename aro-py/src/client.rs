//! The calls of aro-client in plain dictionaries, for any api-version.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aro_client::{Cloud, HttpPace, LroPace, Raw};
use pyo3::prelude::*;
use serde_json::value::RawValue;

use crate::call::{Answer, Call};
use crate::credential::Callable;
use crate::pages::Pages;
use crate::poller::Poller;
use crate::{errors, json};

/// One subscription of one cloud, as one caller. Connections, limits and tokens are shared by its calls.
#[pyclass(frozen, module = "aro._native")]
pub(crate) struct Client {
    raw: Raw<Option<Box<RawValue>>>,
    /// The same for elements of lists.
    elements: Raw<Box<RawValue>>,
}

#[pymethods]
impl Client {
    /// `secret` is (authority, tenant, client id, client secret); else `token` is a callable.
    #[new]
    #[pyo3(signature = (
        subscription, api_version, endpoint, scope, ca_file, secret, token, attempts, base_delay, max_delay, timeout
    ))]
    #[allow(clippy::too_many_arguments)] // The Python class in front of it has names and defaults for them.
    fn new(
        py: Python<'_>,
        subscription: &str,
        api_version: &str,
        endpoint: &str,
        scope: Option<String>,
        ca_file: Option<PathBuf>,
        secret: Option<(String, String, String, String)>,
        token: Option<Py<PyAny>>,
        attempts: u32,
        base_delay: f64,
        max_delay: f64,
        timeout: f64,
    ) -> PyResult<Self> {
        let seconds = |name: &str, value: f64| {
            Duration::try_from_secs_f64(value)
                .map_err(|_| errors::invalid_argument(py, &format!("{name} is no number of seconds.")))
        };
        let mut cloud = Cloud::custom(endpoint, Cloud::public().authority);
        if let Some(scope) = scope {
            cloud.scope = scope;
        }
        let mut builder = aro_client::Client::builder(subscription)
            .application(concat!("aro-py/", env!("CARGO_PKG_VERSION")))
            .pace(HttpPace {
                attempts: attempts.max(1),
                base_delay: seconds("base_delay", base_delay)?,
                max_delay: seconds("max_delay", max_delay)?,
                try_timeout: seconds("timeout", timeout)?,
                ..HttpPace::default()
            })
            // Whoever waits says for how long.
            .operation_pace(LroPace {
                timeout: Duration::MAX,
                ..LroPace::default()
            });
        if let Some(path) = ca_file {
            builder = builder.ca_file(path);
        }
        builder = match (secret, token) {
            (Some((authority, tenant, client_id, secret)), None) => {
                cloud.authority = authority;
                builder.client_secret(tenant, client_id, secret)
            }
            (None, Some(callable)) => builder.token_source(Arc::new(Callable::new(callable))),
            _ => {
                let message = "Give either a client secret or a token callable.";
                return Err(errors::invalid_argument(py, message));
            }
        };
        let client = builder.cloud(cloud).build();
        let client = client.map_err(|error| errors::from_client(py, &error))?;
        Ok(Self {
            raw: client.raw(api_version),
            elements: client.raw(api_version),
        })
    }

    fn get(&self, group: String, name: String) -> Call {
        let raw = self.raw.clone();
        Call::new(async move { Ok(Answer::Json(raw.get(&group, &name).await?)) })
    }

    #[pyo3(signature = (group=None))]
    fn list(&self, group: Option<&str>) -> Pages {
        Pages::new(match group {
            Some(group) => self.elements.list_by_resource_group(group),
            None => self.elements.list(),
        })
    }

    fn create_or_update(&self, group: String, name: String, document: &Bound<'_, PyAny>) -> PyResult<Call> {
        let (raw, document) = (self.raw.clone(), json::to_raw(document)?);
        Ok(Call::new(async move {
            let poller = raw.create_or_update(&group, &name, &document).await?;
            Ok(Answer::Poller(Poller::new(poller)))
        }))
    }

    fn update(&self, group: String, name: String, document: &Bound<'_, PyAny>) -> PyResult<Call> {
        let (raw, document) = (self.raw.clone(), json::to_raw(document)?);
        Ok(Call::new(async move {
            let poller = raw.update(&group, &name, &document).await?;
            Ok(Answer::Poller(Poller::new(poller)))
        }))
    }

    fn delete(&self, group: String, name: String) -> Call {
        let raw = self.raw.clone();
        Call::new(async move {
            let poller = raw.delete(&group, &name).await?;
            Ok(Answer::Poller(Poller::new(poller.read_as())))
        })
    }

    fn resume(&self, py: Python<'_>, url: &str) -> PyResult<Poller> {
        let url = url
            .parse()
            .map_err(|_| errors::invalid_argument(py, "The URL is malformed."))?;
        let poller = self.elements.resume(&url);
        poller.map(Poller::new).map_err(|error| errors::from_client(py, &error))
    }

    fn credentials(&self, group: String, name: String) -> Call {
        let raw = self.raw.clone();
        Call::new(async move { Ok(Answer::Json(raw.credentials(&group, &name).await?)) })
    }

    fn admin_credentials(&self, group: String, name: String) -> Call {
        let raw = self.raw.clone();
        Call::new(async move { Ok(Answer::Json(raw.admin_credentials(&group, &name).await?)) })
    }

    fn openshift_versions(&self, location: &str) -> Pages {
        Pages::new(self.elements.openshift_versions(location))
    }

    fn openshift_version(&self, location: String, name: String) -> Call {
        let raw = self.raw.clone();
        Call::new(async move { Ok(Answer::Json(raw.openshift_version(&location, &name).await?)) })
    }

    fn role_sets(&self, location: &str) -> Pages {
        Pages::new(self.elements.role_sets(location))
    }

    fn role_set(&self, location: String, name: String) -> Call {
        let raw = self.raw.clone();
        Call::new(async move { Ok(Answer::Json(raw.role_set(&location, &name).await?)) })
    }

    fn operations(&self) -> Pages {
        Pages::new(self.elements.operations())
    }
}
