//! POST preflight: whether the clusters of a template would be accepted, without creating anything.

use aro_api::request::{self, Method, PutOrPatch, Secrets};
use aro_api::{ApiVersion, CloudError, Code};
use aro_store::StoreError;
use axum::Extension;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::controllers::clusters::write::{Catalogue, rp_facts};
use crate::fault::Fault;
use crate::layers::body::ReadBody;
use crate::layers::parameters::{NAMESPACE, RESOURCE_TYPE};
use crate::reply::Reply;
use crate::request::Call;

#[derive(Deserialize)]
struct Template<'a> {
    #[serde(borrow, default)]
    resources: Vec<&'a RawValue>,
}

/// What decides how a resource of the template is read. ARM may add members.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    #[serde(default)]
    id: String,
    #[serde(default, rename = "type")]
    resource_type: String,
    #[serde(default)]
    api_version: String,
}

#[derive(Serialize)]
struct Verdict {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Finding>,
}

/// What the verdict tells. ARM shows the message, which holds status, code and target as well.
#[derive(Serialize)]
struct Finding {
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    message: String,
}

enum Failure {
    Finding(Finding),
    Fault(Fault),
}

impl From<CloudError> for Failure {
    fn from(error: CloudError) -> Failure {
        Failure::Finding(Finding {
            code: None,
            message: error.to_string(),
        })
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Fault(error.into())
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        Failure::Fault(fault)
    }
}

/// POST …/deployments/{deployment}/preflight
///
/// The status is 200 whatever is found: ARM reads the verdict.
pub(crate) async fn post(call: Call, Extension(ReadBody(body)): Extension<ReadBody>) -> Result<Reply, Fault> {
    let error = match check_all(&call, &body).await {
        Ok(()) => None,
        Err(Failure::Finding(finding)) => Some(finding),
        Err(Failure::Fault(fault)) => return Err(fault),
    };
    let verdict = Verdict {
        status: if error.is_none() { "Succeeded" } else { "Failed" },
        error,
    };
    let mut body = serde_json::to_vec(&verdict).map_err(|error| Fault::Unexpected(error.to_string()))?;
    body.push(b'\n');
    Ok(Reply::json(StatusCode::OK, body))
}

async fn check_all(call: &Call, body: &[u8]) -> Result<(), Failure> {
    let template: Template<'_> = object(body, "The preflight request", "an object with a list of resources")?;
    for resource in template.resources {
        let resource = resource.get().as_bytes();
        let envelope: Envelope = object(
            resource,
            "A resource of the preflight request",
            "an object with id, type, apiVersion, location and properties",
        )?;
        if envelope
            .resource_type
            .eq_ignore_ascii_case(&format!("{NAMESPACE}/{RESOURCE_TYPE}"))
        {
            check(call, &envelope, resource).await?;
        }
    }
    Ok(())
}

/// Reads an object. Serde would also read a list as the members in their order.
fn object<'a, T: Deserialize<'a>>(text: &'a [u8], what: &str, wanted: &str) -> Result<T, CloudError> {
    let refuse =
        |place: String| CloudError::invalid_request_content(format!("{what} is not understood{place}. Send {wanted}."));
    if !text.trim_ascii_start().starts_with(b"{") {
        return Err(refuse(String::new()));
    }
    serde_json::from_slice(text).map_err(|error| refuse(format!(" (line {}, column {})", error.line(), error.column())))
}

/// Reads the resource as a PUT would, in its own api-version, and drops what comes of it.
async fn check(call: &Call, envelope: &Envelope, resource: &[u8]) -> Result<(), Failure> {
    let parts = &call.app.parts;
    let key = envelope.id.to_lowercase();
    if aro_api::arm_id::ClusterId::parse(&key).is_none() {
        let message = format!(
            "The resource id {} is malformed. Use the id of a cluster, with subscription and resource group.",
            envelope.id.replace('"', "'")
        );
        return Err(CloudError::bad_request(Code::INVALID_REQUEST_CONTENT, "id", message).into());
    }
    let Some(version) = ApiVersion::parse(&envelope.api_version) else {
        let message = format!(
            "The apiVersion '{}' of the resource is not known.",
            envelope.api_version.replace('"', "'")
        );
        return Err(CloudError::bad_request(Code::INVALID_RESOURCE_TYPE, "apiVersion", message).into());
    };

    let catalogue = Catalogue::read(&parts.store).await?;
    let stored = parts.store.clusters().get(&key).await?;
    let secrets = stored.as_ref().map(|stored| Secrets {
        sealer: parts.store.sealer(),
        document: &stored.document.id,
    });
    let wish = PutOrPatch {
        version,
        method: Method::Put,
        path: &envelope.id,
        body: resource,
        now: parts.clock.now(),
        system_data: None,
        // ARM sends these with the request itself, not with the preflight; they are not what is checked here.
        identity_url: Some("https://preflight.invalid/"),
        home_tenant_id: Some("preflight"),
        rp: &rp_facts(&parts.settings),
        versions: &catalogue.versions,
        role_sets: &catalogue.role_sets,
        secrets,
    };
    let current = stored.as_ref().map(|stored| &stored.document.cluster);
    request::check(&wish, current)?;

    // What the body is right about may still not fit what can be installed. Only these findings have a code of their
    // own in the verdict, always this one: templates that read it know it so.
    let made = match current {
        Some(current) => request::update(&wish, current),
        None => request::create(&wish),
    };
    made.map(drop).map_err(|error| {
        Failure::Finding(Finding {
            code: Some(Code::INVALID_PARAMETER.to_string()),
            message: error.to_string(),
        })
    })
}
