//! Blob storage: containers and block blobs, by account SAS or bearer token.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Method};
use serde_json::{Map, Value, json};

use super::sas;
use crate::arm::authorization;
use crate::arm::cx::Cx;
use crate::arm::id::key;
use crate::arm::resources;
use crate::arm::types::machines;
use crate::arm::types::storage::{CONTAINER, account, remove_blobs};
use crate::call::{Call, Reply};
use crate::clock::rfc3339;
use crate::seed::STORAGE_RESOURCE;
use crate::shared::Shared;
use crate::state::{Blob, Resource, State};

fn refuse(status: u16, code: &'static str, message: &str) -> Reply {
    let mut reply = Reply::empty(status);
    reply
        .headers
        .insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    reply.body = Bytes::from(format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    ));
    reply.with("x-ms-error-code", code)
}

pub(super) fn answer(shared: &Arc<Shared>, call: &Call, rest: &[&str]) -> Reply {
    let Some((account_name, path)) = rest.split_first() else {
        return refuse(400, "InvalidUri", "The requested URI does not name an account.");
    };
    let mut state = shared.state();
    if *account_name == machines::DIAGNOSTICS_ACCOUNT {
        return diagnostics(&state, call, path);
    }
    let Some((account_key, _)) = account(&state, account_name) else {
        return refuse(404, "ResourceNotFound", "The specified account does not exist.");
    };
    let account_key = account_key.clone();
    let is_container = call.query("restype") == Some("container") || path.len() == 1;
    let letter = match call.method {
        Method::GET | Method::HEAD => 'r',
        Method::PUT => 'w',
        Method::DELETE => 'd',
        _ => {
            return refuse(
                405,
                "UnsupportedHttpVerb",
                "The resource doesn't support the specified HTTP verb.",
            );
        }
    };
    if let Err(reply) = allowed(shared, &state, call, &account_key, letter, is_container) {
        return *reply;
    }
    let now = shared.clock.now();
    match path {
        [] => refuse(400, "InvalidUri", "The requested URI does not name a container."),
        [container] => {
            let id = format!("{account_key}/blobservices/default/containers/{container}");
            let mut cx = Cx {
                facts: &shared.facts,
                state: &mut state,
                now,
            };
            in_container(&mut cx, call, &id, account_name, container)
        }
        [container, blob @ ..] => {
            let id = format!("{account_key}/blobservices/default/containers/{container}");
            if !state.resources.contains(&id) {
                return refuse(404, "ContainerNotFound", "The specified container does not exist.");
            }
            let blob_key = format!("{}/{container}/{}", account_name.to_lowercase(), blob.join("/"));
            one_blob(&mut state, call, blob_key, &rfc3339(now))
        }
    }
}

/// What machines wrote while they booted, opened by the signature in the address and by nothing else.
fn diagnostics(state: &State, call: &Call, path: &[&str]) -> Reply {
    let signature = call.query("sig").unwrap_or_default();
    let [place, "serialconsole.log"] = path else {
        return refuse(404, "BlobNotFound", "The specified blob does not exist.");
    };
    let text = (call.method == Method::GET && call.caller.is_none())
        .then(|| machines::console(state, place, signature))
        .flatten();
    let Some(text) = text else {
        let message = "Server failed to authenticate the request. Make sure the signature is correct.";
        return refuse(403, "AuthenticationFailed", message);
    };
    let mut reply = Reply::empty(200);
    reply
        .headers
        .insert(http::header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    reply.body = Bytes::from(text);
    reply
}

/// An account SAS, a bearer token with a role, or anybody reading the static site.
fn allowed(
    shared: &Shared,
    state: &State,
    call: &Call,
    account_key: &str,
    letter: char,
    container: bool,
) -> Result<(), Box<Reply>> {
    let Some(account) = state.resources.get(account_key) else {
        return Ok(());
    };
    let keys_work = account
        .property("allowSharedKeyAccess")
        .and_then(Value::as_bool)
        .unwrap_or(true);
    if call.query("sig").is_some() {
        if !keys_work {
            return Err(Box::new(refuse(
                403,
                "KeyBasedAuthenticationNotPermitted",
                "Key based authentication is not permitted on this storage account.",
            )));
        }
        let secrets: Vec<&str> = ["_key1", "_key2"]
            .iter()
            .filter_map(|name| account.property_text(name))
            .collect();
        let kind = if container { 'c' } else { 'o' };
        if sas::allows(&call.query, &account.name, &secrets, letter, kind, shared.clock.now()) {
            return Ok(());
        }
        return Err(Box::new(refuse(
            403,
            "AuthenticationFailed",
            "Server failed to authenticate the request. Make sure the value of the signature is formed correctly and permits this operation.",
        )));
    }
    if let Some(caller) = &call.caller {
        if !caller.aud.trim_end_matches('/').eq_ignore_ascii_case(STORAGE_RESOURCE)
            && !caller.aud.starts_with(&shared.facts.endpoints.blob)
        {
            return Err(Box::new(refuse(
                401,
                "InvalidAuthenticationInfo",
                "Issuer or audience validation failed.",
            )));
        }
        let verb = match letter {
            'r' => "read",
            'w' => "write",
            _ => "delete",
        };
        let allowed = if container {
            let action = format!("Microsoft.Storage/storageAccounts/blobServices/containers/{verb}");
            authorization::allows(state, &caller.oid, &action, account_key)
        } else {
            let action = format!("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/{verb}");
            authorization::permissions(state, &caller.oid, account_key).any(|one| one.allows_data(&action))
        };
        if allowed {
            return Ok(());
        }
        return Err(Box::new(refuse(
            403,
            "AuthorizationPermissionMismatch",
            "This request is not authorized to perform this operation using this permission.",
        )));
    }
    if letter == 'r' && call.path.contains("/$web/") {
        return Ok(());
    }
    Err(Box::new(refuse(401, "NoAuthenticationInformation", "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.").with(
        "www-authenticate",
        &format!("Bearer authorization_uri={}/{}/oauth2/authorize resource_id={STORAGE_RESOURCE}", shared.facts.endpoints.login, shared.facts.endpoints.tenant),
    )))
}

fn in_container(cx: &mut Cx<'_>, call: &Call, id: &str, account_name: &str, container: &str) -> Reply {
    let known = cx.state.resources.contains(id);
    match call.method {
        Method::PUT if known => refuse(409, "ContainerAlreadyExists", "The specified container already exists."),
        Method::PUT => {
            let at = rfc3339(cx.now);
            let mut body = Map::new();
            body.insert("properties".to_owned(), json!({"publicAccess": "None", "leaseState": "Available", "leaseStatus": "Unlocked", "lastModifiedTime": at}));
            cx.state.resources.put(
                key(id),
                Resource {
                    id: id.to_owned(),
                    kind: CONTAINER.to_owned(),
                    name: container.to_owned(),
                    location: None,
                    body,
                    etag: uuid::Uuid::new_v4().to_string(),
                    created_at: at.clone(),
                    changed_at: at,
                    operation: None,
                    deleting: false,
                    refs: Vec::new(),
                },
            );
            Reply::empty(201)
        }
        Method::DELETE if known => {
            resources::remove(cx, id);
            remove_blobs(cx.state, &format!("{}/{container}/", account_name.to_lowercase()));
            Reply::empty(202)
        }
        Method::GET if known && call.query("comp") == Some("list") => {
            let prefix = format!("{}/{container}/", account_name.to_lowercase());
            let blobs: String = cx
                .state
                .blobs
                .under(&prefix)
                .map(|(key, blob)| {
                    format!(
                        "<Blob><Name>{}</Name><Properties><Last-Modified>{}</Last-Modified><Etag>{}</Etag><Content-Type>{}</Content-Type><BlobType>BlockBlob</BlobType></Properties></Blob>",
                        &key[prefix.len()..],
                        blob.changed_at,
                        blob.etag,
                        blob.content_type
                    )
                })
                .collect();
            let mut reply = Reply::empty(200);
            reply
                .headers
                .insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
            reply.body = Bytes::from(format!(
                "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ContainerName=\"{container}\"><Blobs>{blobs}</Blobs><NextMarker /></EnumerationResults>"
            ));
            reply
        }
        Method::GET | Method::HEAD if known => Reply::empty(200),
        _ => refuse(404, "ContainerNotFound", "The specified container does not exist."),
    }
}

fn one_blob(state: &mut State, call: &Call, blob_key: String, at: &str) -> Reply {
    match call.method {
        Method::PUT => {
            if call.header("if-none-match") == Some("*") && state.blobs.contains(&blob_key) {
                return refuse(409, "BlobAlreadyExists", "The specified blob already exists.");
            }
            let etag = format!("\"{}\"", uuid::Uuid::new_v4().simple());
            let blob = Blob {
                content_base64: STANDARD.encode(&call.body),
                content_type: call
                    .header("x-ms-blob-content-type")
                    .or(call.header("content-type"))
                    .unwrap_or("application/octet-stream")
                    .to_owned(),
                etag: etag.clone(),
                changed_at: at.to_owned(),
            };
            state.blobs.put(blob_key, blob);
            Reply::empty(201).with("etag", &etag)
        }
        Method::DELETE => match state.blobs.remove(&blob_key) {
            Some(_) => Reply::empty(202),
            None => refuse(404, "BlobNotFound", "The specified blob does not exist."),
        },
        _ => match state.blobs.get(&blob_key) {
            None => refuse(404, "BlobNotFound", "The specified blob does not exist."),
            Some(blob) => {
                let mut reply = Reply::empty(200)
                    .with("etag", &blob.etag)
                    .with("content-type", &blob.content_type)
                    .with("x-ms-blob-type", "BlockBlob");
                if call.method == Method::GET {
                    reply.body = Bytes::from(STANDARD.decode(&blob.content_base64).unwrap_or_default());
                }
                reply
            }
        },
    }
}
