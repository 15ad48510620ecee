//! PUT of any resource: everything Azure checks before it takes one.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::cx::Cx;
use super::error::ArmError;
use super::groups;
use super::id::{ArmPath, key};
use super::operations::state_word;
use super::references::{references, references_exist};
use super::refusals::{active, busy, parent_missing, refuse};
use super::registry::{Dialect, Flow, Kind};
use super::shape::shape;
use super::types::{Put, compute, locks, policies};
use crate::clock::rfc3339;
use crate::entra::token::Claims;
use crate::state::{Effect, Resource, Verb};

const COMMON: &str = "id~ name~ type~ etag~ systemData~ location tags{*}";

/// Regions this ARM knows, in Azure's spelling.
const LOCATIONS: [&str; 16] = [
    "eastus",
    "eastus2",
    "centralus",
    "westus",
    "westus2",
    "westus3",
    "northeurope",
    "westeurope",
    "uksouth",
    "southcentralus",
    "canadacentral",
    "australiaeast",
    "southeastasia",
    "japaneast",
    "francecentral",
    "global",
];

/// The region's own spelling; `None` when there is no such region. Case and blanks do not count.
pub(crate) fn known_location(given: &str) -> Option<String> {
    let plain: String = given
        .chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect();
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
        return Err(ArmError::bad(
            "InvalidRequestContent",
            "The request content must be a JSON object.",
        ));
    };
    let own_key = key(&path.text);
    registered(cx, path)?;
    super::resources::container_exists(cx, path)?;
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
            format!(
                "Resource name {} is invalid. The name does not follow the rules of {}.",
                path.name(),
                kind.name
            ),
        ));
    }
    let old = cx.state.resources.get(&own_key).cloned();
    check_conditions(kind, old.as_ref(), conditions)?;
    if let Some(operation) = old.as_ref().and_then(|old| cx.running(old.operation.as_ref())) {
        return Err(if kind.put == Flow::Deployed {
            active(path)
        } else {
            busy(kind, &operation.id)
        });
    }
    let location = location(&mut body, kind, old.as_ref())?;
    normalise(&mut body, kind, path)?;
    if let Some(tags) = body.get("tags") {
        check_tags(tags)?;
    }
    in_zones_of_the_region(cx, kind, path, &body)?;
    locks::may_write(cx.state, kind.name, &own_key)?;
    policies::check(cx.state, &path.text, kind.name, location.as_deref(), &body)?;
    references_exist(cx, &body, kind, path)?;

    let created = old.is_none();
    let at = rfc3339(cx.now);
    let mut resource = Resource {
        id: old.as_ref().map_or_else(|| path.text.clone(), |old| old.id.clone()),
        kind: kind.name.to_owned(),
        name: old
            .as_ref()
            .map_or_else(|| path.name().to_owned(), |old| old.name.clone()),
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
        if at_once {
            json!("Succeeded")
        } else {
            state_word(created)
        },
    );
    kind.behaviour.accept(
        &Put {
            cx,
            path,
            old: old.as_ref(),
            caller,
        },
        &mut resource,
    )?;
    resource.refs = references(&resource, &own_key);
    let id = resource.id.clone();
    cx.state.resources.put(own_key.clone(), resource);
    kind.behaviour.written(cx, &own_key)?;
    if at_once {
        kind.behaviour.ready(cx, &own_key);
        return Ok(Written {
            created,
            operation: None,
        });
    }
    let effect = if kind.put == Flow::Deployed {
        Effect::Deployment { next: 0 }
    } else {
        Effect::Ready
    };
    let operation = cx.begin(&id, Verb::Put, cx.facts.pace.base_of(kind.name, kind.put_time), effect);
    cx.state
        .resources
        .change(&own_key, |resource| resource.operation = Some(operation.clone()));
    Ok(Written {
        created,
        operation: Some(operation),
    })
}

/// Up to 50 tags, each a text below a name.
/// Refuses zones that the region does not have.
fn in_zones_of_the_region(cx: &Cx<'_>, kind: &Kind, path: &ArmPath, body: &Map<String, Value>) -> Result<(), ArmError> {
    let wanted = body.get("zones").and_then(Value::as_array);
    let mut wanted = wanted.into_iter().flatten().filter_map(Value::as_str);
    let there = compute::zones(cx.state);
    let Some(other) = wanted.find(|zone| !there.iter().any(|known| known == zone)) else {
        return Ok(());
    };
    let location = &cx.facts.endpoints.location;
    Err(if there.is_empty() {
        ArmError::bad(
            "LocationNotSupportAvailabilityZones",
            format!("The provided locations '{location}' do not support availability zones."),
        )
    } else {
        ArmError::bad(
            "InvalidAvailabilityZone",
            format!(
                "The zone(s) '{other}' for resource '{}/{}' is not supported. The supported zones for location \
                 '{location}' are '{}'.",
                kind.name,
                path.name(),
                there.join(",")
            ),
        )
    })
}

pub(crate) fn check_tags(tags: &Value) -> Result<(), ArmError> {
    let Some(tags) = tags.as_object() else {
        return Err(ArmError::bad("InvalidTags", "The tags must be a JSON object."));
    };
    if tags.len() > 50 {
        return Err(ArmError::bad("InvalidTags", "A resource has at most 50 tags."));
    }
    let bad = tags.iter().find(|(name, value)| {
        name.is_empty()
            || name.chars().count() > 512
            || name.chars().any(|c| "<>%&\\?/".contains(c))
            || value.as_str().is_none_or(|text| text.chars().count() > 256)
    });
    match bad {
        Some((name, _)) => Err(ArmError::bad(
            "InvalidTagNameValue",
            format!(
                "The tag '{name}' is invalid: a name has up to 512 characters, none of <>%&\\?/, a value is a text of up to 256."
            ),
        )),
        None => Ok(()),
    }
}

fn registered(cx: &Cx<'_>, path: &ArmPath) -> Result<(), ArmError> {
    let (Some(subscription), Some(namespace)) = (&path.subscription, &path.namespace) else {
        return Ok(());
    };
    super::providers::check_registered(cx, subscription, namespace)
}

pub(crate) fn etag_text(kind: &Kind, resource: &Resource) -> String {
    if kind.dialect == Dialect::Network {
        format!("W/\"{}\"", resource.etag)
    } else {
        resource.etag.clone()
    }
}

pub(crate) fn check_conditions(
    kind: &Kind,
    old: Option<&Resource>,
    conditions: &Conditions<'_>,
) -> Result<(), ArmError> {
    if !kind.etag {
        return Ok(());
    }
    let failed = |text: &str| {
        Err(ArmError::new(
            412,
            "PreconditionFailed",
            format!("The condition '{text}' in the request was not satisfied."),
        ))
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
    let given = name
        .and_then(|name| body.remove(&name))
        .filter(|value| !value.is_null());
    if !kind.located {
        return Ok(old.and_then(|old| old.location.clone()));
    }
    let Some(given) = given.as_ref().and_then(Value::as_str) else {
        return Err(ArmError::bad(
            "LocationRequired",
            "The location property is required for this definition.",
        ));
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
        if common.knows(&name) {
            first.insert(name, value)
        } else {
            second.insert(name, value)
        };
    }
    common
        .normalise(&mut first, "")
        .and_then(|()| own.normalise(&mut second, ""))
        .map_err(|problem| refuse(&problem, kind, path))?;
    body.extend(first);
    body.extend(second);
    Ok(())
}
