//! What went wrong in a call to Azure, and what kind of trouble it is.

use std::{fmt, ops::Deref, time::Duration};

use http::{Method, StatusCode};
use time::OffsetDateTime;
use url::Url;

use crate::{Response, reply};

/// A failed call. Holds no secret: of the URL only scheme, host, path and api-version are kept, and no request body.
#[derive(Clone)]
pub struct AzureError(Box<Failure>);

/// The facts of a failed call.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Where it failed.
    pub kind: FailureKind,
    /// Method of the failed call.
    pub method: Option<Method>,
    /// URL of the failed call without its query, but for the api-version.
    pub url: Option<String>,
    /// HTTP status, when there was a reply.
    pub status: Option<StatusCode>,
    /// Azure's error code, such as `AuthorizationFailed` or `AADSTS7000215`.
    pub code: Option<String>,
    /// Azure's message, or what the transport said.
    pub message: String,
    /// Azure's target.
    pub target: Option<String>,
    /// Azure's nested errors.
    pub details: Vec<ErrorDetail>,
    /// The pause the server asked for.
    pub retry_after: Option<Duration>,
    /// Azure's id of the request (`x-ms-request-id`).
    pub request_id: Option<String>,
    /// Our id of the request (`x-ms-client-request-id`).
    pub client_request_id: Option<String>,
    /// Our id of the operation (`x-ms-correlation-request-id`).
    pub correlation_id: Option<String>,
}

/// One error of an error body; they nest.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ErrorDetail {
    /// Azure's error code.
    pub code: Option<String>,
    /// Azure's message.
    pub message: String,
    /// Azure's target.
    pub target: Option<String>,
    /// Errors inside this one.
    pub details: Vec<ErrorDetail>,
}

/// Where a call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The service answered with an error status.
    Service,
    /// A long-running operation was accepted and ended badly.
    Operation,
    /// No token could be had.
    Authentication,
    /// No connection: the service has seen nothing of the request.
    Connect,
    /// The connection broke; the request may or may not have had an effect.
    Transport,
    /// No answer within the time of one try, or no end within the time of a long-running operation.
    Timeout,
    /// Our operation was cancelled; the call was not made, or its end not awaited.
    Cancelled,
    /// The reply is not what the service promises.
    Decode,
    /// The request could not be formed.
    Request,
}

impl AzureError {
    /// A failure without a reply.
    #[must_use]
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self(Box::new(Failure {
            kind,
            method: None,
            url: None,
            status: None,
            code: None,
            message: message.into(),
            target: None,
            details: Vec::new(),
            retry_after: None,
            request_id: None,
            client_request_id: None,
            correlation_id: None,
        }))
    }

    /// Our operation was cancelled.
    #[must_use]
    pub fn cancelled() -> Self {
        Self::new(FailureKind::Cancelled, "the operation was cancelled")
    }

    /// The error of a reply with an error status.
    #[must_use]
    pub fn from_response(response: &Response) -> Self {
        let status = response.status();
        let mut error = Self::new(FailureKind::Service, format!("the service answered {status}"));
        error.0.status = Some(status);
        error.0.retry_after = reply::retry_after(response.headers(), OffsetDateTime::now_utc());
        error.0.request_id = reply::text(response.headers(), "x-ms-request-id").map(str::to_owned);
        match reply::error_of(response.body()) {
            Some(detail) => error.set_detail(detail),
            None => error.0.code = reply::text(response.headers(), "x-ms-error-code").map(str::to_owned),
        }
        error
    }

    /// The error of a long-running operation that ended in `status`, with the error its body gives.
    #[must_use]
    pub fn operation_failed(status: &str, detail: Option<ErrorDetail>) -> Self {
        let mut error = Self::new(FailureKind::Operation, format!("the operation ended {status}"));
        error.0.code = Some(status.to_owned());
        if let Some(detail) = detail {
            error.set_detail(detail);
        }
        error
    }

    /// The same error with method and URL (its secrets removed) of the call.
    #[must_use]
    pub fn at(mut self, method: &Method, url: &Url) -> Self {
        if self.0.url.is_none() {
            self.0.method = Some(method.clone());
            self.0.url = Some(without_secrets(url));
        }
        self
    }

    pub(crate) fn facts_mut(&mut self) -> &mut Failure {
        &mut self.0
    }

    fn set_detail(&mut self, detail: ErrorDetail) {
        self.0.code = detail.code.or(self.0.code.take());
        if !detail.message.is_empty() {
            self.0.message = detail.message;
        }
        self.0.target = detail.target;
        self.0.details = detail.details;
    }
}

// === classification ===

impl Failure {
    /// Whether the code here, or of any nested error, is `code`.
    #[must_use]
    pub fn has_code(&self, code: &str) -> bool {
        fn any(details: &[ErrorDetail], code: &str) -> bool {
            details
                .iter()
                .any(|detail| detail.code.as_deref() == Some(code) || any(&detail.details, code))
        }
        self.code.as_deref() == Some(code) || any(&self.details, code)
    }

    /// Whether the message here, or of any nested error, contains `text`.
    #[must_use]
    pub fn mentions(&self, text: &str) -> bool {
        fn any(details: &[ErrorDetail], text: &str) -> bool {
            details
                .iter()
                .any(|detail| detail.message.contains(text) || any(&detail.details, text))
        }
        self.message.contains(text) || any(&self.details, text)
    }

    /// The innermost error that has a code: what the resource's own service said, not its wrappers.
    #[must_use]
    pub fn cause(&self) -> (Option<&str>, &str) {
        let mut current = (self.code.as_deref(), self.message.as_str());
        let mut details = &self.details;
        while let Some(detail) = details.iter().find(|detail| detail.code.is_some()) {
            current = (
                detail.code.as_deref(),
                if detail.message.is_empty() {
                    current.1
                } else {
                    &detail.message
                },
            );
            details = &detail.details;
        }
        current
    }

    /// 404.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.status == Some(StatusCode::NOT_FOUND)
    }

    /// 409.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.status == Some(StatusCode::CONFLICT)
    }

    /// 412: the resource has another etag than we knew, or exists although it should not.
    #[must_use]
    pub fn is_precondition_failed(&self) -> bool {
        self.status == Some(StatusCode::PRECONDITION_FAILED)
    }

    /// 401.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.status == Some(StatusCode::UNAUTHORIZED)
    }

    /// 403.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.status == Some(StatusCode::FORBIDDEN)
    }

    /// The operation was cancelled by us.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.kind == FailureKind::Cancelled
    }

    /// The caller may not do this, directly or inside a deployment.
    #[must_use]
    pub fn is_authorization_failed(&self) -> bool {
        self.has_code("AuthorizationFailed")
    }

    /// The caller may not use a resource that the request refers to.
    #[must_use]
    pub fn is_linked_authorization_failed(&self) -> bool {
        self.has_code("LinkedAuthorizationFailed")
    }

    /// A template was refused because the caller may not make one of its resources.
    #[must_use]
    pub fn is_deployment_missing_permissions(&self) -> bool {
        self.has_code("InvalidTemplateDeployment")
            && (self.mentions("Authorization failed for template resource")
                || self.mentions("authorization failed for template resource"))
    }

    /// A deployment of that name is still running.
    #[must_use]
    pub fn is_deployment_active(&self) -> bool {
        self.has_code("DeploymentActive")
    }

    /// The resource group does not exist.
    #[must_use]
    pub fn is_resource_group_not_found(&self) -> bool {
        self.has_code("ResourceGroupNotFound")
    }

    /// The secret is not the application's (AADSTS7000215).
    #[must_use]
    pub fn is_invalid_secret(&self) -> bool {
        self.has_code("AADSTS7000215") || self.mentions("AADSTS7000215")
    }

    /// The application is not known in the tenant (AADSTS700016).
    #[must_use]
    pub fn is_unauthorized_client(&self) -> bool {
        self.has_code("AADSTS700016") || self.mentions("AADSTS700016:")
    }

    /// The secret has expired (AADSTS7000222).
    #[must_use]
    pub fn is_expired_secret(&self) -> bool {
        self.has_code("AADSTS7000222") || self.mentions("AADSTS7000222")
    }

    /// The wanted machine size cannot be had here.
    #[must_use]
    pub fn is_vm_sku_error(&self) -> bool {
        let quota = ["quota", "cores", "Current Limit", "New Limit Required"];
        ["SkuNotAvailable", "NotAvailableForSubscription", "QuotaExceeded"]
            .iter()
            .any(|code| self.has_code(code))
            || (self.has_code("InvalidParameter") && self.mentions("SKU"))
            || (self.has_code("OperationNotAllowed") && quota.iter().any(|word| self.mentions(word)))
            || self.mentions("is currently not available in location")
    }

    /// Rights or identities that Azure has not yet spread everywhere: worth trying again for some minutes.
    #[must_use]
    pub fn is_authorization_lag(&self) -> bool {
        self.is_unauthorized_client()
            || self.is_invalid_secret()
            || self.is_authorization_failed()
            || self.is_linked_authorization_failed()
            || self.is_deployment_missing_permissions()
            || self.has_code("PrincipalNotFound")
    }

    /// Doing the same again, from reading on, may succeed later. (A lost race, 412, is among them: the caller then reads
    /// the resource afresh. The HTTP layer repeats a request as it is, for fewer reasons.)
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self.kind {
            FailureKind::Connect | FailureKind::Transport | FailureKind::Timeout => return true,
            FailureKind::Cancelled | FailureKind::Decode | FailureKind::Request => return false,
            FailureKind::Service | FailureKind::Operation | FailureKind::Authentication => {}
        }
        // A long-running operation that is watched by its location ends in a 409, whatever its own code says.
        let says_so = self.mentions("RetryableError")
            || self.has_code("RetryableError")
            || self.has_code("InternalServerError")
            || self.mentions("AADSTS7000216");
        match self.status.map(|status| status.as_u16()) {
            Some(408 | 412 | 429 | 500 | 502 | 503 | 504) => true,
            Some(409) => {
                says_so
                    || self.retry_after.is_some()
                    || self.mentions("retry later")
                    || self.mentions("try again later")
                    || self.has_code("AnotherOperationInProgress")
                    || self.has_code("ReferencedResourceNotProvisioned")
            }
            _ => says_so,
        }
    }

    /// The resource group in the path of the failed request.
    #[must_use]
    pub fn resource_group(&self) -> Option<&str> {
        let mut segments = self.url.as_deref()?.split(['/', '?']);
        segments.find(|segment| segment.eq_ignore_ascii_case("resourceGroups"))?;
        segments.next().filter(|name| !name.is_empty())
    }
}

/// The URL without user, query and fragment; shared access signatures live in queries. The api-version is kept.
fn without_secrets(url: &Url) -> String {
    let mut clean = url.clone();
    let version = url
        .query_pairs()
        .find(|(name, _)| name == "api-version")
        .map(|(_, value)| value.into_owned());
    clean.set_query(None);
    clean.set_fragment(None);
    let no_user = clean.set_username("").and_then(|()| clean.set_password(None));
    if no_user.is_err() {
        return format!("{}:", url.scheme());
    }
    if let Some(version) = version {
        clean.query_pairs_mut().append_pair("api-version", &version);
    }
    clean.into()
}

// === impl AzureError ===

impl Deref for AzureError {
    type Target = Failure;

    fn deref(&self) -> &Failure {
        &self.0
    }
}

impl fmt::Debug for AzureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for AzureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(method), Some(url)) = (&self.method, &self.url) {
            write!(f, "{method} {url}: ")?;
        }
        if let Some(status) = self.status {
            write!(f, "{} ", status.as_u16())?;
        }
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&self.message)?;
        fn nested(details: &[ErrorDetail], f: &mut fmt::Formatter<'_>) -> fmt::Result {
            details.iter().try_for_each(|detail| {
                write!(
                    f,
                    " ({}: {})",
                    detail.code.as_deref().unwrap_or("detail"),
                    detail.message
                )?;
                nested(&detail.details, f)
            })
        }
        nested(&self.details, f)?;
        if let Some(id) = &self.request_id {
            write!(f, " [request id {id}]")?;
        }
        Ok(())
    }
}

impl std::error::Error for AzureError {}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn error(status: u16, body: &str) -> AzureError {
        let response = http::Response::builder()
            .status(status)
            .body(Bytes::copy_from_slice(body.as_bytes()))
            .unwrap();
        AzureError::from_response(&response)
    }

    #[test]
    fn urls_lose_their_secrets() {
        let url = Url::parse("https://u:p@h.example/a/b?sig=SECRET&api-version=1&sv=2#f").unwrap();
        let error = AzureError::new(FailureKind::Connect, "x").at(&Method::GET, &url);
        assert_eq!(error.url.as_deref(), Some("https://h.example/a/b?api-version=1"));
        assert!(!format!("{error:?} {error}").contains("SECRET"));
    }

    #[test]
    fn codes_inside_deployments_are_found() {
        let error = error(
            400,
            r#"{"error":{"code":"DeploymentFailed","message":"At least one.","details":[{"code":"Forbidden",
            "message":"{\"error\":{\"code\":\"AuthorizationFailed\",\"message\":\"The client may not.\"}}"}]}}"#,
        );
        assert!(error.is_authorization_failed() && error.is_authorization_lag());
        assert_eq!(error.cause(), (Some("AuthorizationFailed"), "The client may not."));
    }

    #[test]
    fn kinds_of_trouble() {
        assert!(error(429, "").is_retryable());
        assert!(!error(409, r#"{"error":{"code":"Conflict","message":"no"}}"#).is_retryable());
        assert!(error(409, r#"{"error":{"code":"Conflict","message":"Please retry later."}}"#).is_retryable());
        assert!(error(409, r#"{"error":{"code":"InternalServerError","message":"m"}}"#).is_retryable());
        assert!(!error(400, "").is_retryable());
        assert!(error(409, r#"{"error":{"code":"DeploymentActive","message":"m"}}"#).is_deployment_active());
        let quota =
            r#"{"error":{"code":"OperationNotAllowed","message":"exceeding approved standardDSv3 cores quota"}}"#;
        assert!(error(409, quota).is_vm_sku_error());
        assert!(!error(409, r#"{"error":{"code":"OperationNotAllowed","message":"busy"}}"#).is_vm_sku_error());
        let aad = error(
            401,
            r#"{"error":"invalid_client","error_description":"AADSTS7000222: expired"}"#,
        );
        assert!(aad.is_expired_secret() && !aad.is_invalid_secret());
    }

    #[test]
    fn resource_group_of_the_request() {
        let url = Url::parse("https://h/subscriptions/s/resourcegroups/RG-1/providers/x?api-version=1").unwrap();
        let error = AzureError::cancelled().at(&Method::PUT, &url);
        assert_eq!(error.resource_group(), Some("RG-1"));
    }
}
