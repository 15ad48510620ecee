//! The way of a request: who asks, whether something stands against it, what it is about, which verb answers.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Response, header};
use serde_json::json;

use crate::audit::Record;
use crate::auth::{self, Attributes, User, reviews};
use crate::call::{Body, Call, Reply, Target};
use crate::faults::{self, Fault};
use crate::negotiate::{self, Form};
use crate::path::{self, ResourcePath};
use crate::query::Query;
use crate::registry::Resource;
use crate::server::Inner;
use crate::status::{Qualified, Status};
use crate::verbs::{create, delete, patch, read, update, watch};
use crate::webhooks;
use crate::{discovery, render, subresources};

/// Answers a request, and notes who asked what.
pub(crate) async fn handle(server: &Arc<Inner>, parts: &mut http::request::Parts, body: Bytes) -> Response<Body> {
    let query_text = parts.uri.query().unwrap_or_default().to_owned();
    let query = Query::parse(&query_text);
    let path = path::decode(parts.uri.path());
    let resource_path = path::parse(&path);
    let verb = path::verb(&parts.method, resource_path.as_ref(), &query);
    let plain = Form::plain();
    let form = negotiate::form(&parts.headers, &query);
    let shown = form.as_ref().unwrap_or(&plain).clone();
    let vouched = parts.extensions.get::<User>().cloned();
    let attributes = Attributes::of(verb, &path, resource_path.as_ref());

    let user = auth::authenticate(server, &parts.headers, vouched.as_ref())
        .and_then(|user| auth::impersonate(server, user, &parts.headers, &attributes));
    let mut record = Record {
        number: 0,
        user: String::new(),
        groups: Vec::new(),
        impersonator: None,
        agent: text_header(parts, header::USER_AGENT),
        verb: verb.to_owned(),
        path: path.clone(),
        query: query_text,
        group: attributes.group.clone(),
        resource: attributes.resource.clone(),
        subresource: attributes.subresource.clone(),
        namespace: attributes.namespace.clone(),
        name: attributes.name.clone(),
        code: 0,
    };
    if let Ok(user) = &user {
        record.user.clone_from(&user.name);
        record.groups.clone_from(&user.groups);
        record.impersonator.clone_from(&user.impersonator);
    }
    let fault = server.faults.of(&faults::Request {
        verb,
        group: &attributes.group,
        resource: &attributes.resource,
        subresource: &attributes.subresource,
        namespace: &attributes.namespace,
        name: &attributes.name,
        user: &record.user,
        path: &path,
    });
    let outcome = match early(server, fault.as_ref(), &attributes).await {
        Some(refusal) => Err(refusal),
        None => match (user, form) {
            (Err(status), _) => Err(status),
            (Ok(user), form) => {
                answer(
                    server,
                    parts,
                    body,
                    user,
                    form,
                    query,
                    &path,
                    resource_path,
                    &attributes,
                    fault.clone(),
                )
                .await
            }
        },
    };
    let mut response = match outcome {
        Ok(response) => response,
        Err(status) => render::refusal(&status, &shown),
    };
    if fault == Some(Fault::LoseAnswer) {
        response = render::refusal(
            &Status::new(500, "InternalError", "the answer was lost on purpose"),
            &shown,
        );
    }
    record.code = response.status().as_u16();
    server.audit.add(record);
    response
}

/// Faults that come before anything is done.
async fn early(server: &Inner, fault: Option<&Fault>, attributes: &Attributes) -> Option<Status> {
    if server.stopping.is_cancelled() {
        return Some(Status::new(503, "ServiceUnavailable", "the server is shutting down"));
    }
    match fault? {
        Fault::Delay(pause) => {
            tokio::time::sleep(*pause).await;
            None
        }
        Fault::Refuse { code, retry_after } => {
            let (reason, message) = match code {
                401 => ("Unauthorized", "Unauthorized"),
                403 => ("Forbidden", "forbidden on purpose"),
                409 => (
                    "Conflict",
                    "the object has been modified; please apply your changes to the latest version and try again",
                ),
                429 => ("TooManyRequests", "Too many requests, please try again later."),
                500 => ("InternalError", "Internal error occurred: failed on purpose"),
                503 => (
                    "ServiceUnavailable",
                    "the server is currently unable to handle the request",
                ),
                504 => (
                    "Timeout",
                    "Timeout: request did not complete within the allotted timeout",
                ),
                _ => ("", "refused on purpose"),
            };
            let mut status = Status::new(*code, reason, message);
            status.retry_after = *retry_after;
            if let Some(seconds) = retry_after {
                status.details = Some(json!({"retryAfterSeconds": seconds}));
            }
            Some(status)
        }
        Fault::Conflict => {
            let what = Qualified {
                name: &attributes.resource,
                group: &attributes.group,
            };
            Some(Status::modified(what, &attributes.name))
        }
        Fault::LoseAnswer | Fault::CutWatch { .. } | Fault::ExpireWatch { .. } => None,
    }
}

fn text_header(parts: &http::request::Parts, name: header::HeaderName) -> String {
    parts
        .headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

#[expect(clippy::too_many_arguments, reason = "what was found out about a request")]
async fn answer(
    server: &Arc<Inner>,
    parts: &mut http::request::Parts,
    body: Bytes,
    user: User,
    form: Result<Form, Status>,
    query: Query,
    path: &str,
    resource_path: Option<ResourcePath>,
    attributes: &Attributes,
    fault: Option<Fault>,
) -> Result<Response<Body>, Status> {
    auth::authorize(server, &user, attributes)?;
    let Some(resource_path) = resource_path else {
        let form = form?;
        if query.raw("verbose").is_some()
            && let [endpoint @ ("healthz" | "livez" | "readyz")] = path::segments(path).as_slice()
        {
            return Ok(discovery::verbose(endpoint));
        }
        return discovery::page(server, path, &parts.headers, &form).ok_or_else(Status::no_page);
    };
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    let target = find(server, &resource_path, reads)?;
    // Streams speak no JSON, whatever is asked for.
    let form = if target
        .subresource
        .as_ref()
        .is_some_and(|sub| subresources::is_stream(sub.name))
    {
        form.unwrap_or_else(|_| Form::plain())
    } else {
        form?
    };
    let method = parts.method.clone();
    let call = Call::new(query, parts.headers.clone(), body, user, form);
    let watches = resource_path.watch_prefix
        || (target.subresource.is_none() && resource_path.name.is_none() && call.query.flag("watch"));
    let once = |target: &Target| match method {
        Method::GET | Method::HEAD if watches => watch::watch(server, &call, target, fault.clone()),
        Method::GET | Method::HEAD if resource_path.name.is_none() => read::list(server, &call, target),
        Method::GET | Method::HEAD => read::get(server, &call, target),
        Method::POST if resource_path.name.is_none() => {
            if target.resource.is_core("bindings") {
                return subresources::bind(server, &call, target);
            }
            reviews::review(server, &call, target).unwrap_or_else(|| create::create(server, &call, target))
        }
        Method::PUT if resource_path.name.is_some() => update::update(server, &call, target),
        Method::PATCH if resource_path.name.is_some() => patch::patch(server, &call, target),
        Method::DELETE if resource_path.name.is_some() => delete::delete(server, &call, target),
        Method::DELETE => delete::delete_collection(server, &call, target),
        _ => Err(Status::method_not_allowed()),
    };
    if target.subresource.is_none() {
        allowed(&target, path::verb(&method, Some(&resource_path), &call.query))?;
    }
    let outcome = loop {
        call.begin();
        let outcome = if target.subresource.is_some() {
            subresources::answer(server, &call, &target, parts).await
        } else {
            match once(&target) {
                Err(status) if status.code == 504 && !server.options.future_wait.is_zero() => {
                    // It may come yet.
                    tokio::time::sleep(server.options.future_wait).await;
                    once(&target)
                }
                outcome => outcome,
            }
        };
        let Some(pending) = call.hooks.pending() else {
            break outcome;
        };
        let answer = webhooks::ask(server, &pending).await;
        call.hooks.note(pending, answer);
    };
    let mut warnings = call.warned();
    let outcome = outcome.map(|mut reply| {
        if let Reply::Object { warnings: own, .. } = &mut reply {
            warnings.append(own);
        }
        reply
    });
    let rendered = outcome.and_then(|reply| render::reply(reply, &target, &call.form, &call.query, server.now()));
    warnings.extend(call.hooks.warnings());
    let mut response = match rendered {
        Ok(response) => response,
        // A refusal warns, too.
        Err(status) if !warnings.is_empty() => render::refusal(&status, &call.form),
        Err(status) => return Err(status),
    };
    for warning in warnings {
        render::warn(&mut response, &warning);
    }
    if let Some(warning) = deprecation(&target) {
        render::warn(&mut response, &warning);
    }
    Ok(response)
}

/// What a definition says about a version that is going.
fn deprecation(target: &Target) -> Option<String> {
    let custom = target.resource.definition.as_ref()?;
    if let Some(warning) = custom.deprecated.get(&target.version)? {
        return Some(warning.clone());
    }
    let (group, kind) = (&target.resource.group, &target.resource.kind);
    let mut newer = target.resource.versions.iter();
    let newer = newer.find(|version| !custom.deprecated.contains_key(version.as_ref()));
    let mut text = format!("{group}/{} {kind} is deprecated", target.version);
    if let Some(newer) = newer {
        text.push_str(&format!("; use {group}/{newer} {kind}"));
    }
    Some(text)
}

fn allowed(target: &Target, verb: &str) -> Result<(), Status> {
    if target.resource.verbs.contains(&verb) {
        return Ok(());
    }
    if target.resource.is_custom() {
        return Err(Status::method_not_supported(target.resource.qualified(), verb));
    }
    Err(Status::method_not_allowed())
}

/// Finds the resource a path names.
fn find(server: &Inner, path: &ResourcePath, reads: bool) -> Result<Target, Status> {
    let world = server.world();
    let builtin = path.group.is_empty() || crate::registry::GROUPS.contains(&path.group.as_str());
    let missing = || {
        if builtin {
            Status::no_resource()
        } else {
            Status::no_page()
        }
    };
    let resource: Arc<Resource> = world
        .registry
        .find(&path.group, &path.version, &path.resource)
        .ok_or_else(|| {
            let known = world.registry.versions(&path.group).contains(&path.version);
            if builtin || !known {
                missing()
            } else {
                Status::no_page()
            }
        })?;
    // A namespace is in the scope of the cluster, though its path names one.
    let namespace = path.namespace.clone().filter(|_| !resource.is_core("namespaces"));
    let in_namespace = namespace.is_some();
    if in_namespace && !resource.namespaced {
        return Err(missing());
    }
    if !in_namespace && resource.namespaced && (path.name.is_some() || !reads) {
        return Err(match path.name {
            None if !resource.is_custom() => Status::method_not_allowed(),
            _ => missing(),
        });
    }
    let subresource = match &path.subresource {
        None => None,
        Some(name) => Some(resource.subresource(name, &path.version).cloned().ok_or_else(|| {
            // Of a custom resource the object is looked for first.
            if resource.is_custom() && matches!(name.as_str(), "status" | "scale") {
                Status::not_found(resource.qualified(), path.name.as_deref().unwrap_or_default())
            } else {
                missing()
            }
        })?),
    };
    if !path.rest.is_empty() && subresource.as_ref().is_none_or(|sub| sub.name != "proxy") {
        return Err(missing());
    }
    Ok(Target {
        resource,
        version: path.version.clone(),
        namespace,
        name: path.name.clone().unwrap_or_default(),
        subresource,
        rest: path.rest.clone(),
    })
}
