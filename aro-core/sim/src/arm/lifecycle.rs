//! What ARM tells the provider by itself: the state of subscriptions, and the end of resource groups.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use super::error::ArmError;
use super::front::{ArmCall, OPENSHIFT};
use super::id::{ArmPath, key};
use super::relay::{send, set};
use super::{groups, providers};
use crate::call::Reply;
use crate::clock::rfc3339;
use crate::shared::Shared;
use crate::state::Relayed;

/// How often the deletion of a group looks whether the provider's resources are gone.
pub(super) const GROUP_DELETE_POLL: Duration = Duration::from_millis(250);
/// How long the deletion of a group waits for a provider to delete a resource.
const GROUP_DELETE_PATIENCE: Duration = Duration::from_secs(3600);
/// The api-version of subscription notifications.
const LIFECYCLE_VERSION: &str = "2.0";

/// What ARM does after its own answer is made: telling the provider of registrations and of a group's end.
pub(super) async fn follow_up(shared: &Arc<Shared>, arm: &ArmCall<'_>, reply: &Result<Reply, ArmError>) {
    if reply.is_err() {
        return;
    }
    let path = &arm.path;
    if path.is_namespace(OPENSHIFT) && providers::is_about(path) {
        let state = if path.types[0].eq_ignore_ascii_case("register") {
            "Registered"
        } else {
            "Unregistered"
        };
        if let Some(subscription) = &path.subscription {
            let told = notify_subscription(shared, subscription, state).await;
            if let Err(error) = told {
                tracing::warn!(
                    code = error.code,
                    "the resource provider could not be told of a registration"
                );
            }
        }
    }
    // A provider learns of features with the next notification of the subscription.
    if super::types::features::is_feature(path)
        && arm.call.method == Method::POST
        && path.is_namespace(OPENSHIFT)
        && let Some(subscription) = &path.subscription
    {
        let told = notify_subscription(shared, subscription, "Registered").await;
        if let Err(error) = told {
            tracing::warn!(
                code = error.code,
                "the resource provider could not be told of a feature"
            );
        }
    }
    if arm.call.method == Method::DELETE && path.namespace.is_none() && path.segments.len() == 4 {
        delete_relayed_of_group(shared, path);
    }
}

/// Tells the provider the state of a subscription, and remembers it once the provider has taken it.
pub(crate) async fn notify_subscription(shared: &Arc<Shared>, subscription: &str, state: &str) -> Result<(), ArmError> {
    let (tenant, features) = {
        let world = shared.state();
        let Some(one) = world.subscriptions.get(&subscription.to_lowercase()) else {
            return Ok(());
        };
        let features: Vec<Value> = one
            .features
            .values()
            .map(|name| json!({"name": name, "state": "Registered"}))
            .collect();
        (one.tenant.clone(), features)
    };
    let body = json!({
        "state": state,
        "registrationDate": rfc3339(shared.clock.now()),
        "properties": {
            "tenantId": tenant, "locationPlacementId": "Public_2014-09-01", "quotaId": "EnterpriseAgreement_2014-09-01",
            "registeredFeatures": features, "managedByTenants": [],
        },
    });
    let mut headers = HeaderMap::new();
    set(&mut headers, "content-type", "application/json");
    set(
        &mut headers,
        "x-ms-correlation-request-id",
        &uuid::Uuid::new_v4().to_string(),
    );
    let target = format!("/subscriptions/{subscription}?api-version={LIFECYCLE_VERSION}");
    set(
        &mut headers,
        "referer",
        &format!("{}{target}", shared.facts.endpoints.arm),
    );
    let reply = send(shared, &Method::PUT, &target, headers, Bytes::from(body.to_string())).await?;
    if !reply.status.is_success() {
        return Err(ArmError::new(
            reply.status.as_u16(),
            "SubscriptionNotificationFailed",
            "The provider refused the subscription state.",
        ));
    }
    let registration = if state == "Registered" {
        "Registered"
    } else {
        // Not `NotRegistered`, which only those are that never were.
        "Unregistered"
    };
    shared
        .state()
        .subscriptions
        .change(&subscription.to_lowercase(), |one| {
            one.registrations
                .insert(OPENSHIFT.to_lowercase(), registration.to_owned());
        });
    Ok(())
}

/// The end of a resource group: the provider is asked to delete what it has there.
fn delete_relayed_of_group(shared: &Arc<Shared>, path: &ArmPath) {
    let Some(group_key) = path.group_key() else { return };
    let resources: Vec<Relayed> = shared
        .state()
        .relayed
        .under(&format!("{group_key}/"))
        .map(|(_, one)| one.clone())
        .collect();
    for resource in resources {
        let shared = Arc::clone(shared);
        let stop = shared.stop.clone();
        shared.tasks.clone().spawn(async move {
            tokio::select! {
                () = delete_relayed(&shared, &resource) => {}
                () = stop.cancelled() => {}
            }
        });
    }
}

async fn delete_relayed(shared: &Arc<Shared>, resource: &Relayed) {
    let target = format!("{}?api-version={}", resource.id, resource.api_version);
    let headers = || {
        let mut headers = HeaderMap::new();
        set(
            &mut headers,
            "referer",
            &format!("{}{target}", shared.facts.endpoints.arm),
        );
        set(
            &mut headers,
            "x-ms-correlation-request-id",
            &uuid::Uuid::new_v4().to_string(),
        );
        set(&mut headers, "x-ms-home-tenant-id", &shared.facts.endpoints.tenant);
        set(&mut headers, "x-ms-client-tenant-id", &shared.facts.endpoints.tenant);
        headers
    };
    let until = tokio::time::Instant::now() + GROUP_DELETE_PATIENCE;
    let mut asked = false;
    while tokio::time::Instant::now() < until {
        if !asked {
            let reply = send(shared, &Method::DELETE, &target, headers(), Bytes::new()).await;
            asked = reply.is_ok_and(|reply| reply.status.is_success());
        }
        let reply = send(shared, &Method::GET, &target, headers(), Bytes::new()).await;
        if reply.is_ok_and(|reply| reply.status == StatusCode::NOT_FOUND) {
            shared.state().relayed.remove(&key(&resource.id));
            return;
        }
        tokio::time::sleep(GROUP_DELETE_POLL).await;
    }
    tracing::warn!(
        id = resource.id,
        "the resource provider did not delete a resource of a group that is to go"
    );
}

/// How long to wait before telling the provider again.
const ANNOUNCE_AGAIN: Duration = Duration::from_millis(200);

/// Whether every subscription that is registering has become registered.
pub(crate) fn all_announced(shared: &Shared) -> bool {
    waiting(shared).is_empty()
}

fn waiting(shared: &Shared) -> Vec<String> {
    let state = shared.state();
    let registering = |one: &&crate::state::Subscription| {
        one.registrations
            .get(&OPENSHIFT.to_lowercase())
            .is_some_and(|state| state == "Registering")
    };
    state
        .subscriptions
        .values()
        .filter(registering)
        .map(|one| one.id.clone())
        .collect()
}

/// Tells the provider of registered subscriptions, in the background and until it has taken them all.
pub(crate) fn announce(shared: &Arc<Shared>) {
    {
        // A provider with an empty store must hear of subscriptions an earlier one knew.
        let mut state = shared.state();
        let ids: Vec<String> = state.subscriptions.iter().map(|(key, _)| key.clone()).collect();
        for id in ids {
            state.subscriptions.change(&id, |one| {
                if let Some(state) = one.registrations.get_mut(&OPENSHIFT.to_lowercase())
                    && state == "Registered"
                {
                    *state = "Registering".to_owned();
                }
            });
        }
    }
    let (shared, stop) = (Arc::clone(shared), shared.stop.clone());
    shared.tasks.clone().spawn(async move {
        let telling = async {
            loop {
                let left = waiting(&shared);
                if left.is_empty() {
                    break;
                }
                for subscription in left {
                    if let Err(error) = notify_subscription(&shared, &subscription, "Registered").await {
                        tracing::debug!(
                            code = error.code,
                            "the resource provider was not told of a subscription"
                        );
                    }
                }
                shared.announced.notify_waiters();
                if all_announced(&shared) {
                    break;
                }
                tokio::time::sleep(ANNOUNCE_AGAIN).await;
            }
            shared.announced.notify_waiters();
        };
        tokio::select! {
            () = telling => {}
            () = stop.cancelled() => {}
        }
    });
}

/// Takes up again what a restart interrupted: groups that wait for the provider's resources to go.
pub(crate) fn resume(shared: &Arc<Shared>) {
    let groups: Vec<String> = shared
        .state()
        .resources
        .iter()
        .filter(|(_, one)| one.kind == groups::KIND && one.deleting)
        .map(|(key, _)| key.clone())
        .collect();
    for group in groups {
        delete_relayed_of_group(shared, &ArmPath::parse(&group));
    }
}
