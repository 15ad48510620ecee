//! Reads the body of a request whole, within limits of size and time, and only as JSON.

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Method;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, Limited};

use aro_api::{CloudError, Code};

use super::access::ReadBytes;
use crate::fault::Fault;
use crate::router::App;

/// The body of a PUT, PATCH or POST.
#[derive(Clone, Default)]
pub(crate) struct ReadBody(pub(crate) Bytes);

pub(crate) async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::PUT | Method::PATCH | Method::POST) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let counted = parts.extensions.get::<ReadBytes>().cloned().unwrap_or_default();
    let bytes = match read(&app, body, counted).await {
        Ok(bytes) => bytes,
        Err(error) => return Fault::from(error).into_response(),
    };

    let media_type = parts
        .headers
        .get(CONTENT_TYPE)
        .map_or("", |value| value.to_str().unwrap_or("unreadable"));
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    // A POST action may come without a body, and then without a type.
    if essence != "application/json" && !(media_type.is_empty() && bytes.is_empty()) {
        return Fault::from(CloudError::new(
            415,
            Code::UNSUPPORTED_MEDIA_TYPE,
            "",
            format!(
                "The content type '{}' is not supported. Send JSON, with the header Content-Type: application/json.",
                media_type.replace('"', "'")
            ),
        ))
        .into_response();
    }

    let mut request = Request::from_parts(parts, Body::empty());
    request.extensions_mut().insert(ReadBody(bytes));
    next.run(request).await
}

async fn read(app: &App, body: Body, counted: ReadBytes) -> Result<Bytes, CloudError> {
    let limit = app.parts.settings.body_limit;
    let invalid = |message: String| CloudError::bad_request(Code::INVALID_RESOURCE, "", message);
    let too_large = || {
        invalid(format!(
            "The request body is larger than {limit} bytes. Send a smaller one."
        ))
    };
    // What says beforehand that it is too large is not read at all.
    if axum::body::HttpBody::size_hint(&body).lower() > limit as u64 {
        return Err(too_large());
    }
    let body = body.map_frame(move |frame| {
        counted.add(frame.data_ref().map_or(0, Bytes::len));
        frame
    });
    match tokio::time::timeout(app.parts.settings.body_timeout, Limited::new(body, limit).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(too_large()),
        Ok(Err(error)) => {
            tracing::info!(%error, "the body could not be read");
            Err(invalid(
                "The request body could not be read to its end. Send the request again.".to_string(),
            ))
        }
        Err(_) => Err(invalid(format!(
            "The request body did not arrive within {} seconds. Send the request again.",
            app.parts.settings.body_timeout.as_secs()
        ))),
    }
}
