//! Resource providers: what there is and what a subscription has registered.

use http::Method;
use serde_json::{Value, json};

use super::authorization;
use super::cx::Cx;
use super::error::ArmError;
use super::front::{ArmCall, OPENSHIFT, method_not_allowed};
use super::id::ArmPath;
use super::{registry, versions};
use crate::call::Reply;

/// `…/providers/{namespace}/register`, `unregister` and `resourceTypes`: what ARM itself answers about a provider.
pub(super) fn is_about(path: &ArmPath) -> bool {
    path.subscription.is_some()
        && path.group.is_none()
        && path.names.is_empty()
        && path.types.len() == 1
        && ["register", "unregister", "resourcetypes"].contains(&path.types[0].to_lowercase().as_str())
}

/// `/providers/{namespace}/operations`, of a provider that is simulated.
pub(super) fn asks_for_operations(path: &ArmPath) -> bool {
    path.subscription.is_none()
        && path.scope.is_empty()
        && path.names.is_empty()
        && path.types.len() == 1
        && path.types[0].eq_ignore_ascii_case("operations")
        && !path.is_namespace(OPENSHIFT)
}

/// What may be done with the types of a provider, as roles name it.
pub(super) fn operations(arm: &ArmCall<'_>) -> Result<Reply, ArmError> {
    let namespace = known(arm.path.namespace.as_deref().unwrap_or_default())?;
    if arm.call.method != Method::GET {
        return Err(method_not_allowed(arm));
    }
    let rows = registry::types_of(namespace).into_iter().flat_map(|name| {
        let resource = name.split_once('/').map_or(name, |(_, short)| short).to_owned();
        [("read", "Read"), ("write", "Create or update"), ("delete", "Delete")].map(|(verb, words)| {
            json!({
                "name": format!("{name}/{verb}"), "isDataAction": false, "origin": "user,system",
                "display": {"provider": namespace, "resource": resource, "operation": format!("{words} {resource}"),
                    "description": format!("{words} {resource}")},
            })
        })
    });
    Ok(Reply::json(200, &json!({"value": rows.collect::<Vec<_>>()})))
}

/// The namespace in its own spelling.
fn known(namespace: &str) -> Result<&'static str, ArmError> {
    versions::known_namespaces()
        .iter()
        .chain([&OPENSHIFT])
        .find(|known| known.eq_ignore_ascii_case(namespace))
        .copied()
        .ok_or_else(|| {
            ArmError::new(
                404,
                "InvalidResourceNamespace",
                format!("The resource namespace '{namespace}' is invalid."),
            )
        })
}

/// 409 that makes clients register by themselves.
pub(crate) fn check_registered(cx: &Cx<'_>, subscription: &str, namespace: &str) -> Result<(), ArmError> {
    if !versions::known_namespaces()
        .iter()
        .chain([&OPENSHIFT])
        .any(|known| known.eq_ignore_ascii_case(namespace))
    {
        return Ok(());
    }
    let registered = cx
        .state
        .subscriptions
        .get(&subscription.to_lowercase())
        .is_some_and(|one| {
            one.registrations
                .get(&namespace.to_lowercase())
                .is_some_and(|state| state == "Registered")
        });
    if registered {
        return Ok(());
    }
    Err(ArmError::new(
        409,
        "MissingSubscriptionRegistration",
        format!(
            "The subscription is not registered to use namespace '{namespace}'. See https://aka.ms/rps-not-found for how \
             to register subscriptions."
        ),
    )
    .detail(
        "MissingSubscriptionRegistration",
        format!("The subscription is not registered to use namespace '{namespace}'."),
    ))
}

pub(super) fn answer(cx: &mut Cx<'_>, arm: &ArmCall<'_>) -> Result<Reply, ArmError> {
    let path = &arm.path;
    let Some(subscription) = path.subscription.clone() else {
        return match (&path.namespace, &arm.call.method) {
            (Some(namespace), &Method::GET) => Ok(Reply::json(200, &view(cx, None, known(namespace)?))),
            (None, &Method::GET) => Ok(Reply::json(200, &json!({"value": all(cx, None)}))),
            _ => Err(method_not_allowed(arm)),
        };
    };
    let scope = format!("/subscriptions/{subscription}");
    let may_read = |cx: &Cx<'_>| {
        let action = "Microsoft.Resources/subscriptions/providers/read";
        authorization::authorize(cx.state, &arm.caller, action, &scope)
    };
    let namespace = match &path.namespace {
        Some(namespace) => known(namespace)?,
        None if arm.call.method == Method::GET => {
            may_read(cx)?;
            return Ok(Reply::json(200, &json!({"value": all(cx, Some(&subscription))})));
        }
        None => return Err(method_not_allowed(arm)),
    };
    let action = path.types.first().map(|word| word.to_lowercase());
    match (&arm.call.method, action.as_deref()) {
        (&Method::GET, None) => {
            may_read(cx)?;
            Ok(Reply::json(200, &view(cx, Some(&subscription), namespace)))
        }
        (&Method::GET, Some("resourcetypes")) => {
            may_read(cx)?;
            Ok(Reply::json(
                200,
                &json!({"value": view(cx, None, namespace)["resourceTypes"]}),
            ))
        }
        (&Method::POST, Some(word @ ("register" | "unregister"))) => {
            authorization::authorize(cx.state, &arm.caller, &format!("{namespace}/{word}/action"), &scope)?;
            // The provider behind the relay is told first; the reply follows its answer.
            let state = match (word, namespace == OPENSHIFT) {
                ("register", true) => "Registering",
                ("register", false) => "Registered",
                (_, true) => "Unregistering",
                (_, false) => "Unregistered",
            };
            cx.state.subscriptions.change(&subscription.to_lowercase(), |one| {
                let before = one.registrations.get(&namespace.to_lowercase()).cloned();
                // Registering again is a repeat of the notification, not a way back to being unregistered.
                if !(word == "register" && before.as_deref() == Some("Registered")) {
                    one.registrations.insert(namespace.to_lowercase(), state.to_owned());
                }
            });
            Ok(Reply::json(200, &view(cx, Some(&subscription), namespace)))
        }
        _ => Err(method_not_allowed(arm)),
    }
}

fn all(cx: &Cx<'_>, subscription: Option<&str>) -> Vec<Value> {
    versions::known_namespaces()
        .iter()
        .chain([&OPENSHIFT])
        .map(|one| view(cx, subscription, one))
        .collect()
}

fn view(cx: &Cx<'_>, subscription: Option<&str>, namespace: &str) -> Value {
    let types: Vec<Value> = if namespace == OPENSHIFT {
        let rows = [
            ("OpenShiftClusters", true),
            ("locations", false),
            ("operations", false),
            ("locations/openshiftversions", false),
            ("locations/platformworkloadidentityrolesets", false),
        ];
        rows.iter()
            .map(|(name, located)| {
                let locations = if *located { vec!["East US"] } else { Vec::new() };
                json!({"resourceType": name, "locations": locations, "apiVersions": versions::OPENSHIFT_VERSIONS,
                    "capabilities": if *located { "CrossResourceGroupResourceMove, SystemAssignedResourceIdentity" } else { "None" }})
            })
            .collect()
    } else {
        registry::types_of(namespace)
            .iter()
            .map(|name| {
                let short = name.split_once('/').map_or(*name, |(_, short)| short);
                let known = versions::of(&name.to_lowercase()).unwrap_or_default();
                json!({"resourceType": short, "locations": ["East US"],
                    "apiVersions": known.iter().rev().collect::<Vec<_>>(), "capabilities": "None"})
            })
            .collect()
    };
    let mut view =
        json!({"namespace": namespace, "resourceTypes": types, "registrationPolicy": "RegistrationRequired"});
    view["id"] = match subscription {
        Some(subscription) => json!(format!("/subscriptions/{subscription}/providers/{namespace}")),
        None => json!(format!("/providers/{namespace}")),
    };
    if let Some(subscription) = subscription {
        let state = cx
            .state
            .subscriptions
            .get(&subscription.to_lowercase())
            .and_then(|one| one.registrations.get(&namespace.to_lowercase()).cloned());
        view["registrationState"] = json!(state.unwrap_or_else(|| "NotRegistered".to_owned()));
    }
    view
}
