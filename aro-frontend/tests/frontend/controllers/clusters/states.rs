//! What may be done in which state: the table of the specification, every cell of it.

use aro_api::model::{ProvisioningState, SubscriptionState};
use http::Method;
use serde_json::json;

use crate::support::{CLUSTER, SUBSCRIPTION, Service, body, cluster};

const STATES: [&str; 8] = [
    "Creating",
    "Updating",
    "AdminUpdating",
    "Deleting",
    "Canceled",
    "Maintenance",
    "Succeeded",
    "Failed",
];
const FAILED: [&str; 6] = ["", "Creating", "Updating", "AdminUpdating", "Deleting", "Succeeded"];
/// The last is no subscription at all.
const SUBSCRIPTIONS: [&str; 6] = ["Registered", "Unregistered", "Warned", "Suspended", "Deleted", ""];
/// The last two are lists and credentials.
const REQUESTS: [&str; 6] = ["GET", "PUT", "PATCH", "DELETE", "LIST", "POST"];

/// Status and code that the specification asks for.
fn expected(request: &str, subscription: &str, state: &str, failed: &str) -> (u16, &'static str) {
    const OTHER_SUBSCRIPTION: (u16, &str) = (400, "InvalidSubscriptionState");
    const NOT_NOW: (u16, &str) = (400, "RequestNotAllowed");
    let terminal = matches!(state, "Succeeded" | "Failed");
    let torso = state == "Failed" && matches!(failed, "Creating" | "Deleting");
    match request {
        "GET" | "LIST" => (200, ""),
        "PUT" | "PATCH" if subscription != "Registered" => OTHER_SUBSCRIPTION,
        "PUT" | "PATCH" if !terminal || torso => NOT_NOW,
        "PUT" | "PATCH" => (200, ""),
        "DELETE" if !matches!(subscription, "Registered" | "Warned" | "Suspended") => OTHER_SUBSCRIPTION,
        "DELETE" if !terminal => NOT_NOW,
        "DELETE" => (202, ""),
        _ if subscription != "Registered" => OTHER_SUBSCRIPTION,
        _ if torso || matches!(state, "Creating" | "Deleting") => NOT_NOW,
        _ => (200, ""),
    }
}

async fn bring(service: &Service, subscription: &str, state: &str, failed: &str) {
    let clusters = service.store.clusters();
    let mut stored = clusters.get(CLUSTER).await.unwrap().unwrap();
    let properties = &mut stored.document.cluster.properties;
    properties.provisioning_state = ProvisioningState::from(state);
    properties.failed_provisioning_state = ProvisioningState::from(failed);
    stored.document.async_operation_id.clear();
    clusters.replace(stored, None).await.unwrap();

    let subscriptions = service.store.subscriptions();
    let current = subscriptions.get(SUBSCRIPTION).await.unwrap();
    match (current, subscription) {
        (Some(stored), "") => subscriptions.delete(&stored).await.unwrap(),
        (Some(mut stored), state) => {
            stored.document.subscription.state = SubscriptionState::from(state);
            subscriptions.replace(stored).await.unwrap();
        }
        (None, "") => {}
        (None, state) => {
            let mut document = aro_store::SubscriptionDocument {
                id: SUBSCRIPTION.to_string(),
                ..aro_store::SubscriptionDocument::default()
            };
            document.subscription.state = SubscriptionState::from(state);
            subscriptions.create(document).await.unwrap();
        }
    }
}

#[tokio::test]
async fn every_cell_of_the_table_of_states() {
    let service = Service::start().await;
    service.created().await;
    let path = cluster("2023-11-22");
    let list = format!(
        "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.RedHatOpenShift/openShiftClusters?api-version=2023-11-22"
    );
    let credentials = format!("{CLUSTER}/listCredentials?api-version=2023-11-22");
    let mut wrong = Vec::new();
    for subscription in SUBSCRIPTIONS {
        for state in STATES {
            for failed in FAILED {
                for request in REQUESTS {
                    bring(&service, subscription, state, failed).await;
                    let before = service.store.operations().list().await.unwrap().len();
                    let answer = match request {
                        "GET" => service.get(&path).await,
                        "PUT" => service.put(&path, &body()).await,
                        "PATCH" => service.patch(&path, &json!({"tags": {"x": "y"}})).await,
                        "DELETE" => service.delete(&path).await,
                        "LIST" => service.get(&list).await,
                        _ => service.send(Method::POST, &credentials, "".into()).await,
                    };
                    let begun = service.store.operations().list().await.unwrap().len() - before;
                    let code = answer.json()["error"]["code"].as_str().unwrap_or_default().to_string();
                    let (status, expected_code) = expected(request, subscription, state, failed);
                    let begins = usize::from(status < 300 && matches!(request, "PUT" | "PATCH" | "DELETE"));
                    if (answer.status.as_u16(), code.as_str(), begun) != (status, expected_code, begins) {
                        wrong.push(format!(
                            "{request} {state}/{failed} in {subscription:?}: {} {code}, {begun} operations; expected \
                             {status} {expected_code}",
                            answer.status
                        ));
                    }
                    for document in service.store.operations().list().await.unwrap() {
                        service.store.operations().delete(&document).await.unwrap();
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} cells differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn every_transition_of_a_subscription() {
    let states = ["Registered", "Unregistered", "Warned", "Suspended", "Deleted"];
    for from in states {
        for to in states {
            let service = Service::start().await;
            let id = "11111111-1111-1111-1111-111111111111";
            assert_eq!(service.register(id, from).await.status, 201);
            let answer = service.register(id, to).await;
            let allowed = from != "Deleted" || to == "Deleted";
            assert_eq!(
                answer.status,
                if allowed { 200 } else { 400 },
                "{from} to {to}: {}",
                answer.text
            );
            let stored = service.store.subscriptions().get(id).await.unwrap().unwrap().document;
            let state = if allowed { to } else { from };
            assert_eq!(
                (stored.subscription.state.as_str(), stored.deleting),
                (state, state == "Deleted")
            );
        }
    }
}
