//! Objects and lists in the form a client asked for.

use std::io::Write as _;

use http::{HeaderValue, Response, header};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::call::{Body, Reply, Target};
use crate::negotiate::{Form, Shape};
use crate::query::Query;
use crate::status::Status;
use crate::table;

/// What rows of a table carry of their objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Include {
    Metadata,
    Object,
    None,
}

impl Include {
    pub(crate) fn of(query: &Query) -> Result<Self, Status> {
        match query.get("includeObject") {
            None | Some("Metadata") => Ok(Self::Metadata),
            Some("Object") => Ok(Self::Object),
            Some("None") => Ok(Self::None),
            Some(other) => Err(Status::bad_request(format!(
                "unrecognized includeObject value: {}",
                Value::from(other)
            ))),
        }
    }
}

/// Bodies longer than this are compressed for who takes it.
const GZIP_FROM: usize = 128 * 1024;

pub(crate) fn partial(object: Value) -> Value {
    let metadata = object.get("metadata").cloned().unwrap_or_else(|| json!({}));
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata})
}

fn row(target: &Target, object: Value, include: Include, now: OffsetDateTime) -> Value {
    let cells = table::cells(target, &object, now);
    let mut row = json!({"cells": cells});
    match include {
        Include::Metadata => row["object"] = partial(object),
        Include::Object => row["object"] = object,
        Include::None => row["object"] = Value::Null,
    }
    row
}

fn table(target: &Target, metadata: Value, rows: Vec<Value>, columns: bool) -> Value {
    let definitions = if columns {
        Value::from(table::columns(target))
    } else {
        Value::Null
    };
    json!({
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": definitions,
        "rows": rows,
    })
}

/// A table with one row, as `get` of an object and a watch send it.
pub(crate) fn table_of_one(
    target: &Target,
    object: Value,
    include: Include,
    columns: bool,
    now: OffsetDateTime,
) -> Value {
    let version = crate::meta::resource_version(&object).to_owned();
    table(
        target,
        json!({"resourceVersion": version}),
        vec![row(target, object, include, now)],
        columns,
    )
}

/// Lists in another form leave out an empty token.
fn drop_empty_token(list: &mut Value) {
    if list["metadata"]["continue"] == ""
        && let Some(metadata) = list["metadata"].as_object_mut()
    {
        metadata.remove("continue");
    }
}

fn table_of_list(target: &Target, mut list: Value, include: Include, now: OffsetDateTime) -> Value {
    drop_empty_token(&mut list);
    let items = match list["items"].take() {
        Value::Array(items) => items,
        _ => Vec::new(),
    };
    let (kind, api_version) = (
        target.resource.kind.as_ref(),
        target.resource.api_version(&target.version),
    );
    let rows = items
        .into_iter()
        .map(|mut item| {
            item["kind"] = Value::from(kind);
            item["apiVersion"] = Value::from(api_version.as_str());
            row(target, item, include, now)
        })
        .collect();
    table(target, list["metadata"].take(), rows, true)
}

fn partial_list(mut list: Value) -> Value {
    drop_empty_token(&mut list);
    let items = match list["items"].take() {
        Value::Array(items) if items.is_empty() => Value::Null,
        Value::Array(items) => Value::Array(items.into_iter().map(partial).collect()),
        other => other,
    };
    json!({
        "kind": "PartialObjectMetadataList",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": list["metadata"].take(),
        "items": items,
    })
}

/// Turns a reply into what is sent.
pub(crate) fn reply(
    reply: Reply,
    target: &Target,
    form: &Form,
    query: &Query,
    now: OffsetDateTime,
) -> Result<Response<Body>, Status> {
    Ok(match reply {
        Reply::Made(response) => response,
        Reply::Object { code, object, warnings } => {
            let is_status = object["kind"] == "Status";
            let shown = match form.shape {
                Shape::Table if !is_status => table_of_one(target, object, Include::of(query)?, true, now),
                Shape::Metadata if !is_status => partial(object),
                _ => object,
            };
            let mut response = value(code, &shown, form);
            for warning in warnings {
                warn(&mut response, &warning);
            }
            response
        }
        Reply::List { list } => {
            let shown = match form.shape {
                Shape::Table => table_of_list(target, list, Include::of(query)?, now),
                Shape::Metadata => partial_list(list),
                _ => list,
            };
            value(200, &shown, form)
        }
    })
}

/// Warns the client; what no header can carry is left out.
pub(crate) fn warn(response: &mut Response<Body>, warning: &str) {
    let text = warning.replace('\\', "\\\\").replace('"', "\\\"");
    if let Ok(header) = HeaderValue::from_bytes(format!("299 - \"{text}\"").as_bytes()) {
        response.headers_mut().append(header::WARNING, header);
    }
}

/// A value as an answer.
pub(crate) fn value(code: u16, value: &Value, form: &Form) -> Response<Body> {
    sized(code, value, form, GZIP_FROM)
}

/// A value as an answer, compressed however short it is.
pub(crate) fn compressed(code: u16, value: &Value, form: &Form) -> Response<Body> {
    sized(code, value, form, 0)
}

fn sized(code: u16, value: &Value, form: &Form, gzip_from: usize) -> Response<Body> {
    let (media, mut bytes) = if form.yaml {
        let text = serde_saphyr::to_string(value).unwrap_or_else(|_| value.to_string());
        ("application/yaml", text.into_bytes())
    } else if form.pretty {
        ("application/json", pretty(value))
    } else {
        let mut bytes = serde_json::to_vec(value).unwrap_or_default();
        bytes.push(b'\n');
        ("application/json", bytes)
    };
    let mut gzipped = false;
    if form.gzip && bytes.len() > gzip_from {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        if encoder.write_all(&bytes).is_ok()
            && let Ok(compressed) = encoder.finish()
        {
            bytes = compressed;
            gzipped = true;
        }
    }
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = http::StatusCode::from_u16(code).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    if gzipped {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    response
}

fn pretty(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"  ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    if serde::Serialize::serialize(value, &mut serializer).is_err() {
        return Vec::new();
    }
    bytes
}

/// Plain text.
pub(crate) fn text(code: u16, text: impl Into<String>) -> Response<Body> {
    let mut response = Response::new(Body::from(text.into()));
    *response.status_mut() = http::StatusCode::from_u16(code).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    response
}

/// A refusal as an answer.
pub(crate) fn refusal(status: &Status, form: &Form) -> Response<Body> {
    let mut response = if status.plain {
        text(status.code, status.message.clone())
    } else {
        value(status.code, &status.body(), form)
    };
    if let Some(seconds) = status.retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
