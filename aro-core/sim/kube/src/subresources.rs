//! Subresources: parts of an object with an endpoint of their own, and actions.

mod binding;
mod eviction;
mod scale;
mod spdy;
mod streams;
mod tunnel;

pub(crate) use binding::create_by_name as bind;

use std::sync::Arc;

use http::Method;

use crate::auth::tokens;
use crate::call::{Call, Reply, Target};
use crate::server::Inner;
use crate::status::Status;
use crate::verbs::{patch, read, update};

/// Subresources that do not speak JSON objects.
pub(crate) fn is_stream(name: &str) -> bool {
    matches!(name, "log" | "exec" | "attach" | "portforward" | "proxy")
}

pub(crate) async fn answer(
    server: &Arc<Inner>,
    call: &Call,
    target: &Target,
    parts: &mut http::request::Parts,
) -> Result<Reply, Status> {
    let Some(sub) = &target.subresource else {
        return Err(Status::no_resource());
    };
    let (name, verbs) = (sub.name, sub.verbs);
    let method = parts.method.clone();
    let (verb, action) = match method {
        Method::GET | Method::HEAD => ("get", "get"),
        Method::POST => ("create", "create"),
        Method::PUT => ("update", "update"),
        Method::PATCH => ("patch", "patch"),
        Method::DELETE => ("delete", "delete"),
        _ => return Err(Status::method_not_allowed()),
    };
    if !verbs.contains(&verb) {
        if target.resource.is_custom() {
            return Err(Status::method_not_supported(target.resource.qualified(), action));
        }
        return Err(Status::method_not_allowed());
    }
    match (name, verb) {
        ("scale", _) => scale::answer(server, call, target, &method),
        ("eviction", _) => eviction::create(server, call, target),
        ("binding", _) => binding::create(server, call, target),
        ("token", _) => tokens::request(server, call, target),
        ("log" | "exec" | "attach" | "portforward" | "proxy", _) => streams::answer(server, call, target, parts).await,
        (_, "get") => read::get(server, call, target),
        (_, "update") => update::update(server, call, target),
        (_, "patch") => patch::patch(server, call, target),
        _ => Err(Status::method_not_allowed()),
    }
}
