//! What can go wrong.

use std::fmt;

use aro_http::{AzureError, ErrorDetail, FailureKind};

use crate::generated;
use crate::transport::Unanswered;

/// Why a call or an operation did not succeed. Holds no secret.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The service refused the request.
    #[error("{0}")]
    Refused(Box<CloudError>),
    /// The operation was accepted, and ended badly.
    #[error("the operation failed: {0}")]
    Failed(Box<CloudError>),
    /// No token could be had.
    #[error("no token: {0}")]
    Authentication(AzureError),
    /// No usable answer: no connection, no answer in time, or something else than the service promises.
    #[error("{0}")]
    Transport(AzureError),
    /// The reply is not what the API description says.
    #[error("the reply cannot be understood: {0}")]
    Decode(String),
    /// The client, or the request, cannot be made from what was given.
    #[error("{0}")]
    Configuration(String),
}

/// What the service says about an error.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CloudError {
    /// The HTTP status, where the error came as a reply.
    pub status: Option<u16>,
    /// The kind of the error, for programs.
    pub code: String,
    /// The error in words.
    pub message: String,
    /// The member, parameter or resource that it is about.
    pub target: Option<String>,
    /// Single errors behind this one.
    pub details: Vec<CloudError>,
    /// The service's id of the request.
    pub request_id: Option<String>,
}

impl Error {
    /// What the service said, where it said something.
    #[must_use]
    pub fn cloud_error(&self) -> Option<&CloudError> {
        match self {
            Self::Refused(error) | Self::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// Whether the service answered that the resource does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.cloud_error().is_some_and(|error| error.status == Some(404))
    }

    pub(crate) fn decode(error: impl fmt::Display) -> Self {
        Self::Decode(error.to_string())
    }

    /// A body of another shape. It is not quoted: it may hold credentials.
    pub(crate) fn shape(error: &serde_json::Error) -> Self {
        Self::Decode(format!(
            "another shape than described at line {} column {}",
            error.line(),
            error.column()
        ))
    }
}

impl fmt::Display for CloudError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.code)?;
        if let Some(target) = self.target.as_deref().filter(|target| !target.is_empty()) {
            write!(f, "{target}: ")?;
        }
        f.write_str(&self.message)?;
        self.details.iter().try_for_each(|detail| write!(f, " ({detail})"))
    }
}

impl From<AzureError> for Error {
    fn from(error: AzureError) -> Self {
        match error.kind {
            FailureKind::Service => Self::Refused(Box::new(CloudError::from(&error))),
            FailureKind::Operation => Self::Failed(Box::new(CloudError::from(&error))),
            FailureKind::Authentication => Self::Authentication(error),
            FailureKind::Decode => Self::Decode(error.to_string()),
            _ => Self::Transport(error),
        }
    }
}

impl From<&AzureError> for CloudError {
    fn from(error: &AzureError) -> Self {
        Self {
            status: error.status.map(|status| status.as_u16()),
            code: error.code.clone().unwrap_or_default(),
            message: error.message.clone(),
            target: error.target.clone(),
            details: error.details.iter().map(Self::from).collect(),
            request_id: error.request_id.clone(),
        }
    }
}

impl From<&ErrorDetail> for CloudError {
    fn from(detail: &ErrorDetail) -> Self {
        Self {
            code: detail.code.clone().unwrap_or_default(),
            message: detail.message.clone(),
            target: detail.target.clone(),
            details: detail.details.iter().map(Self::from).collect(),
            ..Self::default()
        }
    }
}

impl From<generated::types::CloudErrorBody> for CloudError {
    fn from(body: generated::types::CloudErrorBody) -> Self {
        Self {
            code: body.code.unwrap_or_default(),
            message: body.message.unwrap_or_default(),
            target: body.target,
            details: body.details.into_iter().map(Self::from).collect(),
            ..Self::default()
        }
    }
}

impl<E> From<generated::Error<E>> for Error {
    fn from(error: generated::Error<E>) -> Self {
        match error {
            // What the layers below report, without a reply or with one that is an error.
            generated::Error::UnexpectedResponse(response) => match response.extensions().get::<Unanswered>() {
                Some(Unanswered(error)) => error.clone(),
                None => Self::Decode(format!("the status {} is not in the contract", response.status())),
            },
            generated::Error::InvalidResponsePayload(_, error) => Self::shape(&error),
            generated::Error::CommunicationError(error)
            | generated::Error::InvalidUpgrade(error)
            | generated::Error::ResponseBodyError(error) => Self::Configuration(error.without_url().to_string()),
            generated::Error::InvalidRequest(why) | generated::Error::Custom(why) => Self::Configuration(why),
            generated::Error::ErrorResponse(reply) => Self::Decode(format!("an error with status {}", reply.status())),
        }
    }
}
