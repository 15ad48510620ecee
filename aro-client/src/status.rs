//! What a look at an operation shows.

use aro_http::lro;
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::{CloudError, Error, generated};

/// The state of an operation, as the service tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct OperationStatus {
    /// The service's word for the state.
    pub status: String,
    /// How far it is, from 0 to 100, where the service says.
    pub percent: Option<f64>,
    /// The step that runs or failed, where the service says.
    pub step: Option<String>,
    /// Why it ended badly.
    pub error: Option<CloudError>,
    json: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shape {
    status: String,
    percent_complete: Option<f64>,
    properties: Option<Steps>,
    error: Option<generated::types::CloudErrorBody>,
}

#[derive(Deserialize)]
struct Steps {
    step: Option<String>,
}

impl OperationStatus {
    /// From the body of a status resource.
    pub(crate) fn read(json: Bytes) -> Result<Self, Error> {
        let shape: Shape = crate::poller::parsed(&json)?;
        Ok(Self {
            status: shape.status,
            percent: shape.percent_complete,
            step: shape.properties.and_then(|steps| steps.step),
            error: shape.error.map(CloudError::from),
            json,
        })
    }

    /// Of an operation that has no status resource.
    pub(crate) fn of(status: &str, error: Option<CloudError>) -> Self {
        Self {
            status: status.to_owned(),
            percent: None,
            step: None,
            error,
            json: serde_json::json!({ "status": status }).to_string().into(),
        }
    }

    /// Whether it has ended: none while it goes on, else whether it ended well.
    #[must_use]
    pub fn ended(&self) -> Option<bool> {
        lro::ended(&self.status)
    }

    /// The whole status, members that this client does not know included.
    ///
    /// # Errors
    /// [`Error::Decode`] where it has another shape.
    pub fn document<D: DeserializeOwned>(&self) -> Result<D, Error> {
        crate::poller::parsed(&self.json)
    }

    /// What to say about an operation that ended badly.
    pub(crate) fn failure(&self) -> CloudError {
        self.error.clone().unwrap_or_else(|| CloudError {
            code: self.status.clone(),
            message: "The service does not say why.".to_owned(),
            ..CloudError::default()
        })
    }
}
