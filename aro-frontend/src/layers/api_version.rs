//! The api-version decides how a body is read and a resource shown, so handlers run only with one that exists.

use aro_api::{ApiVersion, CloudError, Code};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Uri;

use crate::fault::Fault;

/// The api-version that the client asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestedVersion(pub(crate) ApiVersion);

pub(crate) async fn layer(mut request: Request, next: Next) -> Response {
    let asked = queried(request.uri()).unwrap_or_default();
    match ApiVersion::parse(&asked) {
        Some(version) => {
            request.extensions_mut().insert(RequestedVersion(version));
            next.run(request).await
        }
        None => Fault::from(unknown(&asked)).into_response(),
    }
}

fn unknown(asked: &str) -> CloudError {
    let asked = match asked {
        "" => "The request names no api-version.".to_string(),
        asked => format!("The api-version '{}' is not known.", asked.replace('"', "'")),
    };
    let known: Vec<&str> = ApiVersion::all()
        .filter(|version| !version.is_admin())
        .map(ApiVersion::name)
        .collect();
    CloudError::bad_request(
        Code::INVALID_RESOURCE_TYPE,
        "",
        format!(
            "{asked} The resource type openShiftClusters in the namespace Microsoft.RedHatOpenShift supports {}.",
            known.join(", ")
        ),
    )
}

/// The first `api-version` of the query.
pub(crate) fn queried(uri: &Uri) -> Option<String> {
    url::form_urlencoded::parse(uri.query()?.as_bytes())
        .find(|(name, _)| name == "api-version")
        .map(|(_, value)| value.into_owned())
}
