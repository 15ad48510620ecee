//! From the bytes of a body to an object of the kind that the path wants.

use serde_json::Value;

use crate::body::{self, Decoded};
use crate::call::{Call, Target};
use crate::options::FieldValidation;
use crate::registry::Resource;
use crate::server::Inner;
use crate::status::{Cause, Qualified, Status};
use crate::types::{self, Typed};

pub(crate) const JSON: &str = "application/json";
pub(crate) const YAML: &str = "application/yaml";
pub(crate) const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

/// The kind a body must be of.
pub(crate) struct Wanted<'a> {
    pub(crate) group: &'a str,
    pub(crate) version: &'a str,
    pub(crate) kind: &'a str,
    /// Custom resources must name their kind and version.
    pub(crate) custom: bool,
}

impl<'a> Wanted<'a> {
    pub(crate) fn of(target: &'a Target) -> Self {
        match &target.subresource {
            Some(sub) if !sub.group.is_empty() => Self {
                group: sub.group,
                version: sub.version,
                kind: &sub.kind,
                custom: false,
            },
            Some(sub) if sub.kind != target.resource.kind => Self {
                group: &target.resource.group,
                version: &target.version,
                kind: &sub.kind,
                custom: false,
            },
            _ => Self {
                group: &target.resource.group,
                version: &target.version,
                kind: &target.resource.kind,
                custom: target.resource.is_custom(),
            },
        }
    }

    fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }
}

/// The start of a body as errors show it.
fn summary(bytes: &[u8]) -> String {
    const SHOWN: usize = 30;
    let more = if bytes.len() > SHOWN { " ..." } else { "" };
    let start = &bytes[..bytes.len().min(SHOWN)];
    match bytes.first() {
        None => "<empty>".to_owned(),
        Some(b'{') => format!("{}{more}", String::from_utf8_lossy(start)),
        Some(_) => {
            let hex: String = start.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{hex}{more}")
        }
    }
}

const ENVELOPE: &str = "struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \
                        \"json:\\\"kind,omitempty\\\"\" }";

/// Parses a body by its media type.
pub(crate) fn parse(call: &Call, wanted: &Wanted<'_>) -> Result<Decoded, Status> {
    let unrecognized = |why: String| {
        Status::bad_request(format!(
            "the object provided is unrecognized (must be of type {}): {why} ({})",
            wanted.kind,
            summary(&call.body)
        ))
    };
    let malformed = |why: String| unrecognized(format!("couldn't get version/kind; json parse error: {why}"));
    let decoded = match call.media() {
        "" | JSON => body::json(&call.body).map_err(malformed)?,
        YAML => body::yaml(&call.body).map_err(malformed)?,
        PROTOBUF if !wanted.custom => {
            if !call.body.starts_with(b"k8s\0") {
                let why = "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]";
                return Err(unrecognized(why.to_owned()));
            }
            return crate::protobuf::decode(&call.body).map_err(unrecognized);
        }
        _ => {
            let mut accepted = vec![JSON, YAML, PROTOBUF];
            if wanted.custom {
                accepted.pop();
            }
            return Err(Status::unsupported_media(&accepted));
        }
    };
    let shape = match &decoded.value {
        Value::Object(_) => return Ok(decoded),
        Value::Array(_) => "array",
        Value::String(_) => "string",
        Value::Number(_) => "number",
        Value::Bool(_) => "bool",
        Value::Null => return Err(malformed("unexpected end of JSON input".to_owned())),
    };
    Err(malformed(format!(
        "json: cannot unmarshal {shape} into Go value of type {ENVELOPE}"
    )))
}

/// Checks `kind` and `apiVersion` of a body against what the path wants, and fills them in where they may lack.
pub(crate) fn check_kind(server: &Inner, call: &Call, wanted: &Wanted<'_>, value: &mut Value) -> Result<(), Status> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (kind, api_version) = (text("kind"), text("apiVersion"));
    let expected = wanted.api_version();
    if wanted.custom {
        if kind.is_empty() {
            let body = String::from_utf8_lossy(&call.body);
            return Err(Status::bad_request(format!(
                "the object provided is unrecognized (must be of type {}): Object 'Kind' is missing in '{body}' ({})",
                wanted.kind,
                summary(&call.body)
            )));
        }
        if api_version != expected {
            return Err(Status::bad_request(format!(
                "the API version in the data ({api_version}) does not match the expected API version ({expected})"
            )));
        }
        if kind != wanted.kind {
            let name = crate::meta::name(value);
            let shown = Qualified {
                name: &kind,
                group: wanted.group,
            };
            let cause = Cause::invalid("kind", &Value::from(kind.as_str()), &format!("must be {}", wanted.kind));
            return Err(Status::invalid(shown, name, &[cause]));
        }
        return Ok(());
    }
    let kind = if kind.is_empty() { wanted.kind.to_owned() } else { kind };
    let api_version = if api_version.is_empty() {
        expected.clone()
    } else {
        api_version
    };
    // Evictions were of a version that is gone, and clients still say so.
    let older_eviction = wanted.kind == "Eviction" && api_version == "policy/v1beta1";
    if kind != wanted.kind || (api_version != expected && !older_eviction) {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", &api_version));
        let item = kind.strip_suffix("List").unwrap_or(&kind);
        let known = {
            let world = server.world();
            world
                .registry
                .by_kind(group, version, item)
                .filter(|found| !found.is_custom())
                .is_some()
                || (group, version, item) == ("policy", "v1", "Eviction")
        };
        let go = |group: &str| match group {
            "" => "core".to_owned(),
            group => group.split('.').next().unwrap_or_default().to_owned(),
        };
        let older = wanted.group == "apiextensions.k8s.io" && group == wanted.group && kind == wanted.kind;
        return Err(Status::bad_request(if older || (known && kind == wanted.kind) {
            format!("the API version in the data ({api_version}) does not match the expected API version ({expected})")
        } else if known {
            let short = go(wanted.group);
            format!(
                "{kind} in version \"{version}\" cannot be handled as a {}: converting ({version}.{kind}) to ({short}.{}): \
                 unknown conversion",
                wanted.kind, wanted.kind
            )
        } else {
            format!(
                "{kind} in version \"{}\" cannot be handled as a {}: no kind \"{kind}\" is registered for version \
                 \"{api_version}\" in scheme \"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\"",
                version, wanted.kind
            )
        }));
    }
    if let Some(members) = value.as_object_mut() {
        members.insert("kind".to_owned(), Value::from(kind));
        members.insert("apiVersion".to_owned(), Value::from(api_version));
    }
    Ok(())
}

/// Sorts what strict decoding found into an error or warnings.
pub(crate) fn judge(
    strict: Vec<String>,
    how: FieldValidation,
    refuse: impl FnOnce(String) -> Status,
) -> Result<Vec<String>, Status> {
    match how {
        _ if strict.is_empty() => Ok(strict),
        FieldValidation::Ignore => Ok(Vec::new()),
        FieldValidation::Warn => Ok(strict),
        FieldValidation::Strict => Err(refuse(format!("strict decoding error: {}", strict.join(", ")))),
    }
}

/// Decodes the body of a create or replace.
pub(crate) fn object(server: &Inner, call: &Call, target: &Target, how: FieldValidation) -> Result<Value, Status> {
    let wanted = Wanted::of(target);
    let mut decoded = parse(call, &wanted)?;
    check_kind(server, call, &wanted, &mut decoded.value)?;
    let refuse = |why: String| handled(&target.resource, &target.version, &why);
    let mut strict: Vec<String> = decoded
        .duplicates
        .iter()
        .map(|path| format!("duplicate field \"{path}\""))
        .collect();
    let typed = Typed {
        resource: &target.resource,
        version: &target.version,
    };
    let (value, unknown) = types::decode(typed, &decoded.value).map_err(|why| refuse(why.to_string()))?;
    strict.extend(unknown);
    call.warn(judge(strict, how, refuse)?);
    Ok(value)
}

/// `ConfigMap in version "v1" cannot be handled as a ConfigMap: …`.
pub(crate) fn handled(resource: &Resource, version: &str, why: &str) -> Status {
    let kind = &resource.kind;
    Status::bad_request(format!(
        "{kind} in version \"{version}\" cannot be handled as a {kind}: {why}"
    ))
}
