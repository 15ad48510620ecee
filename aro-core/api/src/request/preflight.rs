//! Whether the clusters of a template would be accepted, without making anything of them.
//!
//! The caller reads the body with [`resources`], each resource with [`wish`], and gives what it knows of the cluster to
//! [`Wish::check`]; [`verdict`] is the reply.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Method, PutOrPatch, check, create, update};
use crate::arm_id::{CLUSTER_TYPE, ClusterId};
use crate::error::{CloudError, Code};
use crate::model::Cluster;
use crate::version::ApiVersion;

/// A cluster of a template.
#[derive(Clone, Debug)]
pub struct Wish<'a> {
    /// Its resource id, in the letter case of the template.
    pub id: String,
    /// The version that its body is written in, which is not that of the request.
    pub version: ApiVersion,
    /// Its body.
    pub body: &'a [u8],
}

/// What the verdict tells of the first cluster that would be refused. ARM shows the message, which holds status, code
/// and target as well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Objection {
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<Code>,
    message: String,
}

impl From<CloudError> for Objection {
    fn from(error: CloudError) -> Self {
        Self {
            code: None,
            message: error.to_string(),
        }
    }
}

/// The resources of a template, of whatever type.
///
/// # Errors
/// When the body is no object with a list of resources.
pub fn resources(body: &[u8]) -> Result<Vec<&RawValue>, Objection> {
    #[derive(Deserialize)]
    struct Template<'a> {
        #[serde(borrow, default)]
        resources: Vec<&'a RawValue>,
    }
    let template: Template<'_> = object(body, "The preflight request", "an object with a list of resources")?;
    Ok(template.resources)
}

/// The cluster that a resource of a template wishes for; `None` for a resource of another type.
///
/// # Errors
/// When the resource is not understood, or its id or api-version is not one of a cluster.
pub fn wish(resource: &RawValue) -> Result<Option<Wish<'_>>, Objection> {
    /// What decides how the resource is read. ARM may add members.
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
    let body = resource.get().as_bytes();
    let envelope: Envelope = object(
        body,
        "A resource of the preflight request",
        "an object with id, type, apiVersion, location and properties",
    )?;
    if !envelope.resource_type.eq_ignore_ascii_case(CLUSTER_TYPE) {
        return Ok(None);
    }
    if ClusterId::parse(&envelope.id).is_none() {
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
    Ok(Some(Wish {
        id: envelope.id,
        version,
        body,
    }))
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

impl Wish<'_> {
    /// The key of the cluster: its id in lower case.
    pub fn key(&self) -> String {
        self.id.to_lowercase()
    }

    /// Whether a PUT of the wish would be accepted, as far as that can be said without asking Azure. `request` says
    /// what is known beside the wish: its own version, method, path, body and headers of ARM do not count.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self, request: &PutOrPatch<'_>, current: Option<&Cluster>) -> Result<(), Objection> {
        let request = PutOrPatch {
            version: self.version,
            method: Method::Put,
            path: &self.id,
            body: self.body,
            // ARM sends these with the request itself, not with the preflight; they are not what is checked here.
            system_data: None,
            identity_url: Some("https://preflight.invalid/"),
            home_tenant_id: Some("preflight"),
            ..*request
        };
        check(&request, current)?;
        // What the body is right about may still not fit what can be installed. Only these findings have a code of
        // their own in the verdict, always this one: templates that read it know it so.
        let made = match current {
            Some(current) => update(&request, current),
            None => create(&request),
        };
        made.map(drop).map_err(|error| Objection {
            code: Some(Code::INVALID_PARAMETER),
            message: error.to_string(),
        })
    }
}

/// The reply, on one line. Its status is 200 whatever is found: ARM reads the verdict.
///
/// # Errors
/// Whatever writing JSON reports.
pub fn verdict(objection: Option<&Objection>) -> serde_json::Result<Vec<u8>> {
    #[derive(Serialize)]
    struct Verdict<'a> {
        status: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<&'a Objection>,
    }
    let mut body = serde_json::to_vec(&Verdict {
        status: if objection.is_none() { "Succeeded" } else { "Failed" },
        error: objection,
    })?;
    body.push(b'\n');
    Ok(body)
}
