//! `static`: the rules for create, put and patch.

pub(crate) mod as_if;
pub(crate) mod raw;

use std::borrow::Cow;

use aro_api::request::{self, Method, PutOrPatch, RpFacts, Secrets};
use aro_api::secret::InTheClear;
use aro_api::{ApiVersion, CloudError, model, stored};
use serde_json::{Value, json};
use time::macros::datetime;

use crate::case::{Context, body};
use crate::compare::result;

/// What the rules say about the request of a case.
pub(crate) fn run(case: &Value, context: &Context) -> Value {
    let text = |pointer: &str| case.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let Some(version) = ApiVersion::parse(text("/apiVersion")) else {
        return json!({"unknown version": text("/apiVersion")});
    };
    let current: Option<model::Cluster> = match case.get("currentRef").and_then(Value::as_str) {
        Some(name) => match context.documents.get(name).map(stored::from_json) {
            Some(Ok(cluster)) => Some(cluster),
            Some(Err(error)) => return json!({"unreadable document": error.to_string()}),
            None => return json!({"unknown document": name}),
        },
        None => None,
    };
    let mut default = model::OpenShiftVersion::default();
    default.properties.version = "4.16.30".to_owned();
    default.properties.enabled = true;
    default.properties.default = true;
    // A new cluster has the id that the client sent. Where the rules are told another one, the body stands for it.
    let (path, original) = (text("/params/resourceId"), text("/params/originalId"));
    let mut case = Cow::Borrowed(case);
    if !original.is_empty() && !original.eq_ignore_ascii_case(path) {
        let body = case.to_mut().pointer_mut("/body").and_then(Value::as_object_mut);
        body.map(|body| body.entry("id").or_insert_with(|| Value::from(original)));
    }
    let body = body(&case);
    let request = PutOrPatch {
        version,
        method: if text("/op") == "patch" {
            Method::Patch
        } else {
            Method::Put
        },
        path,
        body: &body,
        now: datetime!(2024-06-07 08:09:10 UTC),
        system_data: None,
        identity_url: None,
        home_tenant_id: None,
        rp: &RpFacts {
            location: text("/params/location"),
            domain: text("/params/domain"),
            require_d2s_workers: case.pointer("/params/requireD2sV3Workers") == Some(&Value::Bool(true)),
            commit: "unknown",
            gateway_enabled: true,
        },
        versions: &[default],
        role_sets: &[],
        secrets: Some(Secrets {
            sealer: &InTheClear,
            document: "document",
        }),
    };
    let checked = request::check(&request, current.as_ref());
    if let Some(fault) = disagreement(&request, current.as_ref(), &checked) {
        return json!({"first of all findings": fault});
    }
    json!({"result": result(checked.as_ref().map(drop))})
}

/// The first of all findings is the one that is answered.
fn disagreement(
    request: &PutOrPatch<'_>,
    current: Option<&model::Cluster>,
    checked: &Result<(), CloudError>,
) -> Option<String> {
    let all = request::findings(request, current).ok()?;
    let first = all
        .first()
        .map(|finding| (finding.code.as_str(), finding.target.as_str()));
    let answered = checked
        .as_ref()
        .err()
        .map(|error| (error.code.as_str(), error.target.as_str()));
    (first != answered).then(|| format!("{first:?}"))
}
