//! What all resource types have in common: PUT, GET, PATCH, DELETE, lists.

use http::Method;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::authorization;
use super::cx::Cx;
use super::error::ArmError;
use super::front::{ArmCall, method_not_allowed};
use super::groups;
use super::id::{ArmPath, key};
use super::operations::{Monitor, state_word, watch};
use super::registry::{self, Dialect, Flow, Kind};
use super::shape::{Problem, shape};
use super::types::Put;
use crate::call::Reply;
use crate::clock::rfc3339;
use crate::entra::token::Claims;
use crate::state::{Effect, Resource, State, Verb};

const COMMON: &str = "id~ name~ type~ etag~ systemData~ location tags{*}";

/// Regions this ARM knows, in Azure's spelling.
const LOCATIONS: [&str; 16] = [
    "eastus", "eastus2", "centralus", "westus", "westus2", "westus3", "northeurope", "westeurope", "uksouth",
    "southcentralus", "canadacentral", "australiaeast", "southeastasia", "japaneast", "francecentral", "global",
];

/// The region's own spelling; `None` when there is no such region. Case and blanks do not count.
pub(crate) fn known_location(given: &str) -> Option<String> {
    let plain: String = given.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    LOCATIONS.contains(&plain.as_str()).then_some(plain)
}

/// Conditions of a request.
#[derive(Default)]
pub(crate) struct Conditions<'a> {
    pub(crate) if_match: Option<&'a str>,
    pub(crate) if_none_match: Option<&'a str>,
}

/// What a PUT did.
pub(crate) struct Written {
    pub(crate) created: bool,
    pub(crate) operation: Option<String>,
}

pub(super) fn answer(cx: &mut Cx<'_>, arm: &ArmCall<'_>, kind: &'static Kind) -> Result<Reply, ArmError> {
    let path = &arm.path;
    let own_key = key(&path.text);
    let authorize = |cx: &Cx<'_>, verb: &str, scope: &str| {
        authorization::authorize(cx.state, &arm.caller, &format!("{}/{verb}", kind.name), scope)
    };
    if !path.names_a_resource() {
        return match arm.call.method {
            Method::GET if registry::by_name(&path.kind()).is_some() => {
                authorize(cx, "read", &path.scope)?;
                list(cx, arm, kind)
            }
            Method::POST => {
                let resource_key = key(&path.without_last().text);
                let action = path.types.last().cloned().unwrap_or_default();
                authorize(cx, &format!("{action}/action"), &resource_key)?;
                container_exists(cx, path)?;
                if !cx.state.resources.contains(&resource_key) {
                    return Err(not_found(&path.without_last(), kind));
                }
                kind.behaviour.action(cx, arm, &resource_key, &action).unwrap_or_else(|| Err(method_not_allowed(arm)))
            }
            _ => Err(method_not_allowed(arm)),
        };
    }
    match arm.call.method {
        Method::GET => {
            authorize(cx, "read", &own_key)?;
            container_exists(cx, path)?;
            let resource = cx.state.resources.get(&own_key).ok_or_else(|| not_found(path, kind))?;
            let reply = Reply::json(200, &view(cx, resource, arm.call.query("$expand")));
            Ok(if kind.etag { reply.with("etag", &etag_text(kind, resource)) } else { reply })
        }
        Method::HEAD => {
            authorize(cx, "read", &own_key)?;
            Ok(Reply::empty(if cx.state.resources.contains(&own_key) { 204 } else { 404 }))
        }
        Method::PUT | Method::PATCH => {
            authorize(cx, "write", &own_key)?;
            let body = if arm.call.method == Method::PUT { arm.body()? } else { patched(cx, arm, kind, &own_key)? };
            let conditions =
                Conditions { if_match: arm.call.header("if-match"), if_none_match: arm.call.header("if-none-match") };
            let written = put(cx, path, kind, body, &conditions, &arm.caller)?;
            Ok(put_reply(cx, arm, kind, &own_key, &written))
        }
        Method::DELETE => {
            authorize(cx, "delete", &own_key)?;
            delete(cx, arm, kind, &own_key)
        }
        _ => Err(method_not_allowed(arm)),
    }
}

/// The resource group and the subscription's registration, as far as the path has them.
fn container_exists(cx: &Cx<'_>, path: &ArmPath) -> Result<(), ArmError> {
    match path.group_key() {
        Some(group_key) => {
            groups::exists(cx, &group_key, path.group.as_deref().unwrap_or_default()).map(|_| ())
        }
        None => Ok(()),
    }
}

fn not_found(path: &ArmPath, kind: &Kind) -> ArmError {
    match (&path.group, kind.dialect, path.types.len()) {
        (Some(_), Dialect::Network, 2..) => {
            ArmError::new(404, "NotFound", format!("Resource {} not found.", path.text))
        }
        (Some(group), _, _) => ArmError::new(
            404,
            "ResourceNotFound",
            format!(
                "The Resource '{}/{}' under resource group '{group}' was not found. For more details please go to \
                 https://aka.ms/ARMResourceNotFoundFix",
                kind.name,
                path.names.join("/")
            ),
        ),
        (None, _, _) => {
            ArmError::new(404, "ResourceNotFound", format!("The Resource '{}' was not found.", path.text))
        }
    }
}

fn list(cx: &Cx<'_>, arm: &ArmCall<'_>, kind: &Kind) -> Result<Reply, ArmError> {
    container_exists(cx, &arm.path)?;
    if arm.path.types.len() > 1 && !cx.state.resources.contains(&key(&arm.path.without_last().text)) {
        return Err(parent_missing(&arm.path.without_last()));
    }
    // A list at a scope shows what is below it; children belong to one parent, other types to a whole scope.
    let prefix = if arm.path.types.len() > 1 { format!("{}/", key(&arm.path.text)) } else { format!("{}/", key(&arm.path.scope)) };
    let resources = cx.state.resources.under(&prefix).map(|(_, one)| one).filter(|one| one.kind == kind.name);
    let value: Vec<Value> = resources
        .filter(|one| kind.behaviour.listed(one, arm.call.query("$filter")))
        .map(|one| view(cx, one, None))
        .collect();
    Ok(Reply::json(200, &json!({"value": value})))
}

/// Top-level resources below a prefix, in the short form of ARM's own lists.
pub(super) fn list_all(cx: &Cx<'_>, arm: &ArmCall<'_>, prefix: &str) -> Result<Reply, ArmError> {
    let filter = arm.call.query("$filter").unwrap_or_default();
    let wanted = filter.split_once("resourceType eq '").map(|(_, rest)| rest.trim_end_matches('\'').to_owned());
    let own = cx
        .state
        .resources
        .under(prefix)
        .filter(|(_, one)| one.kind != groups::KIND && !one.kind.starts_with("Microsoft.Authorization/"))
        .filter(|(_, one)| !one.kind.starts_with("Microsoft.Resources/"))
        .filter(|(_, one)| one.kind.matches('/').count() == 1)
        .map(|(_, one)| {
            let mut item = json!({"id": one.id, "name": one.name, "type": one.kind, "location": one.location});
            for member in ["tags", "sku", "kind", "identity", "zones", "managedBy"] {
                if let Some(value) = one.body.get(member) {
                    item[member] = value.clone();
                }
            }
            item
        });
    let relayed = cx
        .state
        .relayed
        .under(prefix)
        .map(|(_, one)| json!({"id": one.id, "name": one.name, "type": one.kind, "location": one.location}));
    let value: Vec<Value> = own
        .chain(relayed)
        .filter(|one| wanted.as_ref().is_none_or(|kind| one["type"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(kind))))
        .collect();
    Ok(Reply::json(200, &json!({"value": value})))
}

/// The stored body changed by a merge patch.
fn patched(cx: &Cx<'_>, arm: &ArmCall<'_>, kind: &Kind, own_key: &str) -> Result<Value, ArmError> {
    let patch = arm.body()?;
    container_exists(cx, &arm.path)?;
    let resource = cx.state.resources.get(own_key).ok_or_else(|| not_found(&arm.path, kind))?;
    let mut body = Value::Object(resource.body.clone());
    if let Some(location) = &resource.location {
        body["location"] = json!(location);
    }
    merge(&mut body, patch);
    strip(&mut body);
    Ok(body)
}

/// RFC 7396.
fn merge(into: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *into = patch;
        return;
    };
    if !into.is_object() {
        *into = Value::Object(Map::new());
    }
    let Value::Object(into) = into else { return };
    for (name, value) in patch {
        if value.is_null() {
            into.remove(&name);
        } else {
            merge(into.entry(name).or_insert(Value::Null), value);
        }
    }
}

/// Takes our own bookkeeping (`_…`) out of a body.
fn strip(body: &mut Value) {
    if let Some(properties) = body.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|name, _| !name.starts_with('_'));
    }
}

/// Creates or replaces a resource; everything Azure would refuse is refused.
pub(crate) fn put(
    cx: &mut Cx<'_>,
    path: &ArmPath,
    kind: &'static Kind,
    body: Value,
    conditions: &Conditions<'_>,
    caller: &Claims,
) -> Result<Written, ArmError> {
    let Value::Object(mut body) = body else {
        return Err(ArmError::bad("InvalidRequestContent", "The request content must be a JSON object."));
    };
    let own_key = key(&path.text);
    registered(cx, path)?;
    container_exists(cx, path)?;
    if let Some(group) = path.group_key().and_then(|group| cx.state.resources.get(&group))
        && group.deleting
    {
        return Err(groups::being_deleted(&group.name));
    }
    if let Some(parent) = path.parent()
        && !cx.state.resources.contains(&key(&parent.text))
    {
        return Err(parent_missing(&parent));
    }
    if !(kind.valid_name)(path.name()) {
        return Err(ArmError::bad(
            "InvalidResourceName",
            format!("Resource name {} is invalid. The name does not follow the rules of {}.", path.name(), kind.name),
        ));
    }
    let old = cx.state.resources.get(&own_key).cloned();
    check_conditions(kind, old.as_ref(), conditions)?;
    if let Some(operation) = old.as_ref().and_then(|old| cx.running(old.operation.as_ref())) {
        return Err(if kind.put == Flow::Deployed { active(path) } else { busy(kind, &operation.id) });
    }
    let location = location(&mut body, kind, old.as_ref())?;
    normalise(&mut body, kind, path)?;
    references_exist(cx, &body, kind, path)?;

    let created = old.is_none();
    let at = rfc3339(cx.now);
    let mut resource = Resource {
        id: old.as_ref().map_or_else(|| path.text.clone(), |old| old.id.clone()),
        kind: kind.name.to_owned(),
        name: old.as_ref().map_or_else(|| path.name().to_owned(), |old| old.name.clone()),
        location,
        body,
        etag: Uuid::new_v4().to_string(),
        created_at: old.as_ref().map_or_else(|| at.clone(), |old| old.created_at.clone()),
        changed_at: at,
        operation: None,
        deleting: false,
        refs: Vec::new(),
    };
    let at_once = kind.put == Flow::Now || (kind.put == Flow::AcceptedWhenNew && !created);
    resource.properties_mut().insert(
        "provisioningState".to_owned(),
        if at_once { json!("Succeeded") } else { state_word(created) },
    );
    kind.behaviour.accept(&Put { cx, path, old: old.as_ref(), caller }, &mut resource)?;
    resource.refs = references(&resource, &own_key);
    let id = resource.id.clone();
    cx.state.resources.put(own_key.clone(), resource);
    kind.behaviour.written(cx, &own_key)?;
    if at_once {
        kind.behaviour.ready(cx, &own_key);
        return Ok(Written { created, operation: None });
    }
    let effect = if kind.put == Flow::Deployed { Effect::Deployment { next: 0 } } else { Effect::Ready };
    let operation = cx.begin(&id, Verb::Put, kind.put_time, effect);
    cx.state.resources.change(&own_key, |resource| resource.operation = Some(operation.clone()));
    Ok(Written { created, operation: Some(operation) })
}

fn registered(cx: &Cx<'_>, path: &ArmPath) -> Result<(), ArmError> {
    let (Some(subscription), Some(namespace)) = (&path.subscription, &path.namespace) else { return Ok(()) };
    super::providers::check_registered(cx, subscription, namespace)
}

fn parent_missing(parent: &ArmPath) -> ArmError {
    ArmError::new(
        404,
        "ParentResourceNotFound",
        format!(
            "Can not perform requested operation on nested resource. Parent resource '{}' not found.",
            parent.names.join("/")
        ),
    )
}

fn busy(kind: &Kind, operation: &str) -> ArmError {
    match kind.dialect {
        Dialect::Network => ArmError::new(
            409,
            "AnotherOperationInProgress",
            format!(
                "Another operation on this or dependent resource is in progress. Please retry later. Operation: \
                 {operation}."
            ),
        ),
        Dialect::Compute => ArmError::new(
            409,
            "OperationNotAllowed",
            "The request cannot be performed because another operation is in progress on the resource. Please retry later.",
        ),
        Dialect::Storage => ArmError::new(
            409,
            "StorageAccountOperationInProgress",
            "An operation is currently performing on this storage account that requires exclusive access. Please retry later.",
        ),
        Dialect::Plain => {
            ArmError::new(409, "Conflict", "Another operation on the resource is in progress. Please retry later.")
        }
    }
}

fn active(path: &ArmPath) -> ArmError {
    ArmError::new(
        409,
        "DeploymentActive",
        format!(
            "The deployment with resource id '{}' cannot be saved, because this would overwrite an existing deployment \
             which is still active. Please see https://aka.ms/arm-deploy for usage details.",
            path.text
        ),
    )
}

fn etag_text(kind: &Kind, resource: &Resource) -> String {
    if kind.dialect == Dialect::Network { format!("W/\"{}\"", resource.etag) } else { resource.etag.clone() }
}

fn check_conditions(kind: &Kind, old: Option<&Resource>, conditions: &Conditions<'_>) -> Result<(), ArmError> {
    if !kind.etag {
        return Ok(());
    }
    let failed = |text: &str| {
        Err(ArmError::new(412, "PreconditionFailed", format!("The condition '{text}' in the request was not satisfied.")))
    };
    match (conditions.if_none_match.map(str::trim), old) {
        (Some("*"), Some(_)) => return failed("If-None-Match: *"),
        (Some(etag), Some(old)) if !etag.is_empty() && bare(etag) == old.etag => return failed("If-None-Match"),
        _ => {}
    }
    match (conditions.if_match.map(str::trim), old) {
        (None | Some(""), _) | (Some("*"), Some(_)) => Ok(()),
        (Some(etag), Some(old)) if bare(etag) == old.etag => Ok(()),
        (Some(etag), _) => failed(&format!("If-Match: {etag}")),
    }
}

fn bare(etag: &str) -> &str {
    etag.trim_start_matches("W/").trim_matches('"')
}

fn location(body: &mut Map<String, Value>, kind: &Kind, old: Option<&Resource>) -> Result<Option<String>, ArmError> {
    let name = body.keys().find(|name| name.eq_ignore_ascii_case("location")).cloned();
    let given = name.and_then(|name| body.remove(&name)).filter(|value| !value.is_null());
    if !kind.located {
        return Ok(old.and_then(|old| old.location.clone()));
    }
    let Some(given) = given.as_ref().and_then(Value::as_str) else {
        return Err(ArmError::bad("LocationRequired", "The location property is required for this definition."));
    };
    let Some(location) = known_location(given) else {
        return Err(ArmError::bad(
            "LocationNotAvailableForResourceType",
            format!(
                "The provided location '{given}' is not available for resource type '{}'. List of available regions for \
                 the resource type is '{}'.",
                kind.name,
                LOCATIONS.join(",")
            ),
        ));
    };
    match old.and_then(|old| old.location.as_ref()) {
        Some(before) if *before != location => Err(ArmError::new(
            409,
            "InvalidResourceLocation",
            format!(
                "The resource '{}' already exists in location '{before}' in its resource group. A resource with the \
                 same name cannot be created in location '{location}'. Please select a new resource name.",
                old.map_or("", |old| old.name.as_str())
            ),
        )),
        _ => Ok(Some(location)),
    }
}

fn normalise(body: &mut Map<String, Value>, kind: &Kind, path: &ArmPath) -> Result<(), ArmError> {
    let common = shape(COMMON);
    let own = shape(kind.shape);
    let (mut first, mut second) = (Map::new(), Map::new());
    for (name, value) in std::mem::take(body) {
        if common.knows(&name) { first.insert(name, value) } else { second.insert(name, value) };
    }
    common
        .normalise(&mut first, "")
        .and_then(|()| own.normalise(&mut second, ""))
        .map_err(|problem| refuse(&problem, kind, path))?;
    body.extend(first);
    body.extend(second);
    Ok(())
}

fn refuse(problem: &Problem, kind: &Kind, path: &ArmPath) -> ArmError {
    let model = super::id::last(kind.name);
    match (kind.dialect, problem) {
        (Dialect::Network, Problem::Unknown { path: at, member }) => {
            ArmError::bad("InvalidRequestFormat", "Cannot parse the request.").detail(
                "InvalidJson",
                format!("Could not find member '{member}' on object of type '{model}'. Path '{at}', line 1."),
            )
        }
        (Dialect::Network, Problem::Missing { path: at }) if at.ends_with(".id") => ArmError::bad("InvalidRequestFormat", "Cannot parse the request.")
            .detail("MissingJsonReferenceId", format!("Value for reference id is missing. Path {at}.")),
        (Dialect::Network, Problem::Missing { path: at }) => {
            ArmError::bad("InvalidRequestFormat", "Cannot parse the request.").detail(
                "InvalidRequestFormat",
                format!("Required property '{}' not found in JSON. Path '{at}', line 1.", super::id::last(&at.replace('.', "/"))),
            )
        }
        (Dialect::Network, Problem::WrongType { path: at, wanted }) => {
            ArmError::bad("InvalidRequestFormat", "Cannot parse the request.")
                .detail("InvalidJson", format!("Error converting value to {wanted}. Path '{at}', line 1."))
        }
        (Dialect::Compute, Problem::Unknown { path: at, member }) => ArmError::bad(
            "BadRequest",
            format!("Could not find member '{member}' on object of type '{model}'. Path '{at}', line 1."),
        )
        .target(at.clone()),
        (Dialect::Compute, Problem::Missing { path: at }) => {
            ArmError::bad("InvalidParameter", format!("Required parameter '{at}' is missing (null).")).target(at.clone())
        }
        (Dialect::Storage, Problem::Missing { path: at }) => ArmError::bad(
            "InvalidValuesForRequestParameters",
            format!("Values for request parameters are invalid: {at}."),
        ),
        (_, Problem::Unknown { path: at, member }) => ArmError::bad(
            "InvalidRequestContent",
            format!(
                "The request content was invalid and could not be deserialized: 'Could not find member '{member}' on \
                 object of type '{model}'. Path '{at}', line 1.'."
            ),
        ),
        (_, Problem::Missing { path: at }) => ArmError::bad(
            "InvalidRequestContent",
            format!("The request content was invalid: required property '{at}' of '{}' is missing.", path.name()),
        ),
        (_, Problem::WrongType { path: at, wanted }) => ArmError::bad(
            "InvalidRequestContent",
            format!("The request content was invalid: '{at}' must be a JSON {wanted}."),
        ),
    }
}

fn references_exist(cx: &Cx<'_>, body: &Map<String, Value>, kind: &Kind, path: &ArmPath) -> Result<(), ArmError> {
    let mut found = Vec::new();
    shape(kind.shape).references(body, "", &mut found);
    let own = format!("{}/", key(&path.text));
    for (at, id) in found {
        if !id.starts_with('/') || !(id.to_lowercase().contains("/providers/")) {
            return Err(ArmError::bad(
                "LinkedInvalidPropertyId",
                format!("Property id '{id}' at path '{at}' is invalid. Expect fully qualified resource Id that start with \
                         '/subscriptions/{{subscriptionId}}' or '/providers/{{resourceProviderNamespace}}/'."),
            ));
        }
        let wanted = key(&id);
        let known = match wanted.strip_prefix(&own) {
            Some(below) => element_exists(body, below),
            None => exists(cx.state, &wanted),
        };
        if known {
            continue;
        }
        return Err(match kind.dialect {
            Dialect::Compute => ArmError::new(404, "NotFound", format!("Resource {id} referenced by {} not found.", path.text)).target(at),
            _ => ArmError::bad(
                "InvalidResourceReference",
                format!(
                    "Resource {id} referenced by resource {} was not found. Please make sure that the referenced \
                     resource exists, and that both resources are in the same region.",
                    path.text
                ),
            ),
        });
    }
    Ok(())
}

/// Whether a resource, or a named element inside one (`…/loadBalancers/x/probes/y`), exists.
pub(crate) fn exists(state: &State, wanted: &str) -> bool {
    if state.resources.contains(wanted) {
        return true;
    }
    let path = ArmPath::parse(wanted);
    let Some(parent) = path.parent() else { return false };
    let Some(parent) = state.resources.get(&key(&parent.text)) else { return false };
    let below = [path.types.last(), path.names.last()].map(|one| one.cloned().unwrap_or_default()).join("/");
    element_exists(&parent.body, &below)
}

/// Whether `list/name` is an element of the properties of a body.
fn element_exists(body: &Map<String, Value>, below: &str) -> bool {
    let Some((list, name)) = below.split_once('/') else { return false };
    let properties = body.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten().filter(|(member, _)| member.eq_ignore_ascii_case(list)).any(|(_, items)| {
        items.as_array().into_iter().flatten().any(|item| {
            item["name"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(name))
        })
    })
}

/// Keys a body refers to outside the resource.
fn references(resource: &Resource, own_key: &str) -> Vec<String> {
    fn collect(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                for (name, value) in object {
                    match value {
                        Value::String(text) if is_reference(name, text) => found.push(key(text)),
                        _ => collect(value, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    fn is_reference(name: &str, text: &str) -> bool {
        (name == "id" || name.ends_with("Id")) && text.starts_with("/subscriptions/")
    }
    let mut found = Vec::new();
    let holds = ["Microsoft.Network/", "Microsoft.Compute/", "Microsoft.Storage/"];
    if !holds.iter().any(|namespace| resource.kind.starts_with(namespace)) {
        return found;
    }
    if let Some(properties) = resource.body.get("properties") {
        collect(properties, &mut found);
    }
    let inside = format!("{own_key}/");
    found.retain(|one| one != own_key && !one.starts_with(&inside));
    found.sort_unstable();
    found.dedup();
    found
}

/// Recomputes what a resource refers to, after its body changed outside a PUT.
pub(crate) fn refresh_references(state: &mut State, own_key: &str) {
    if let Some(resource) = state.resources.get(own_key) {
        let refs = references(resource, own_key);
        state.resources.change(own_key, |resource| resource.refs = refs);
    }
}

/// Resources that refer to the given one, or to an element inside it.
pub(crate) fn users<'a>(state: &'a State, wanted: &'a str) -> impl Iterator<Item = (&'a String, &'a Resource)> {
    let inside = format!("{wanted}/");
    state.resources.iter().filter(move |(user, resource)| {
        !user.starts_with(&inside)
            && user.as_str() != wanted
            && resource.refs.iter().any(|one| one == wanted || one.starts_with(&inside))
    })
}

fn put_reply(cx: &Cx<'_>, arm: &ArmCall<'_>, kind: &Kind, own_key: &str, written: &Written) -> Reply {
    let status = if written.created { 201 } else { 200 };
    let Some(resource) = cx.state.resources.get(own_key) else { return Reply::empty(204) };
    let body = view(cx, resource, None);
    let Some(operation) = &written.operation else {
        let reply = Reply::json(status, &body);
        return if kind.etag { reply.with("etag", &etag_text(kind, resource)) } else { reply };
    };
    match kind.put {
        Flow::Watched => watch(cx, arm, operation, Monitor::Provider, false, Reply::json(status, &body)),
        Flow::Deployed => watch(cx, arm, operation, Monitor::Deployment, false, Reply::json(status, &body)),
        Flow::Accepted => watch(cx, arm, operation, Monitor::Provider, true, Reply::json(202, &body)),
        Flow::AcceptedWhenNew | Flow::Now => {
            let mut reply = watch(cx, arm, operation, Monitor::Provider, true, Reply::empty(202));
            reply.headers.remove("azure-asyncoperation");
            reply
        }
    }
}

fn delete(cx: &mut Cx<'_>, arm: &ArmCall<'_>, kind: &'static Kind, own_key: &str) -> Result<Reply, ArmError> {
    container_exists(cx, &arm.path)?;
    let Some(resource) = cx.state.resources.get(own_key).cloned() else { return Ok(Reply::empty(204)) };
    check_conditions(
        kind,
        Some(&resource),
        &Conditions { if_match: arm.call.header("if-match"), if_none_match: None },
    )?;
    if let Some(operation) = cx.running(resource.operation.as_ref()).map(|operation| operation.id.clone()) {
        if resource.deleting {
            return Ok(watch(cx, arm, &operation, Monitor::Provider, true, Reply::empty(202)));
        }
        return Err(busy(kind, &operation));
    }
    may_delete(cx, kind, own_key, &resource)?;
    match kind.delete {
        Flow::Now => {
            let shown = view(cx, &resource, None);
            remove(cx, own_key);
            // Role assignments answer with what was there; others with nothing.
            Ok(if kind.name.starts_with("Microsoft.Authorization/") { Reply::json(200, &shown) } else { Reply::empty(200) })
        }
        _ => {
            let operation = cx.begin(&resource.id, Verb::Delete, kind.delete_time, Effect::Remove);
            cx.state.resources.change(own_key, |resource| {
                resource.deleting = true;
                resource.operation = Some(operation.clone());
                resource.properties_mut().insert("provisioningState".to_owned(), json!("Deleting"));
            });
            Ok(watch(cx, arm, &operation, Monitor::Provider, true, Reply::empty(202)))
        }
    }
}

/// Refuses what Azure refuses to delete.
pub(crate) fn may_delete(cx: &Cx<'_>, kind: &Kind, own_key: &str, resource: &Resource) -> Result<(), ArmError> {
    kind.behaviour.may_delete(cx, resource)?;
    let users: Vec<String> = users(cx.state, own_key).map(|(_, one)| one.id.clone()).collect();
    if users.is_empty() { Ok(()) } else { (kind.in_use)(resource, &users).map_or(Ok(()), Err) }
}

/// Takes a resource and everything below it out of the world.
pub(crate) fn remove(cx: &mut Cx<'_>, own_key: &str) {
    let prefix = format!("{own_key}/");
    let below: Vec<String> = cx.state.resources.under(&prefix).map(|(key, _)| key.clone()).collect();
    for one in below.iter().map(String::as_str).chain([own_key]) {
        let Some(resource) = cx.state.resources.remove(one) else { continue };
        if let Some(kind) = registry::by_name(&resource.kind) {
            kind.behaviour.deleted(cx, one, &resource);
        }
    }
}

/// A resource as its provider shows it.
pub(crate) fn view(cx: &Cx<'_>, resource: &Resource, expand: Option<&str>) -> Value {
    if resource.kind == groups::KIND {
        return groups::view(resource);
    }
    let mut body = Value::Object(resource.body.clone());
    strip(&mut body);
    body["id"] = json!(resource.id);
    body["name"] = json!(resource.name);
    body["type"] = json!(resource.kind);
    if let Some(location) = &resource.location {
        body["location"] = json!(location);
    }
    if let Some(kind) = registry::by_name(&resource.kind) {
        if kind.etag {
            body["etag"] = json!(etag_text(kind, resource));
        }
        kind.behaviour.view(cx, resource, expand, &mut body);
    }
    body
}
