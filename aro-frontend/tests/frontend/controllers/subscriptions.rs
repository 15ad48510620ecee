use serde_json::{Value, json};

use crate::support::{Service, cluster};

const PATH: &str = "/subscriptions/11111111-2222-3333-4444-555555555555?api-version=2.0";
const ID: &str = "11111111-2222-3333-4444-555555555555";

#[tokio::test]
async fn any_state_can_come_first_and_follow_another() {
    let states = ["Registered", "Unregistered", "Warned", "Suspended", "Deleted"];
    for first in states {
        for second in states {
            let service = Service::start().await;
            assert_eq!(service.put(PATH, &json!({"state": first})).await.status, 201);
            let answer = service.put(PATH, &json!({"state": second})).await;
            let stored = service.store.subscriptions().get(ID).await.unwrap().unwrap().document;
            if first == "Deleted" && second != "Deleted" {
                assert_eq!(
                    answer.error(),
                    (400, "InvalidSubscriptionState".to_string(), String::new())
                );
                assert_eq!(stored.subscription.state.as_str(), "Deleted");
            } else {
                assert_eq!(answer.status, 200, "{first} to {second}");
                assert_eq!(stored.subscription.state.as_str(), second);
            }
            assert_eq!(stored.deleting, stored.subscription.state.as_str() == "Deleted");
        }
    }
}

#[tokio::test]
async fn a_deleted_subscription_is_queued_for_its_clusters_to_go() {
    let service = Service::start().await;
    service.put(PATH, &json!({"state": "Registered"})).await;
    assert_eq!(service.store.subscriptions().queue_length().await.unwrap(), 0);
    service.put(PATH, &json!({"state": "Deleted"})).await;
    assert_eq!(service.store.subscriptions().queue_length().await.unwrap(), 1);
}

#[tokio::test]
async fn what_is_not_known_is_kept_and_echoed_and_the_owner_forgotten() {
    let service = Service::start().await;
    let told = json!({
        "state": "Registered",
        "registrationDate": "Tue, 15 Nov 1994 08:12:31 GMT",
        "properties": {
            "tenantId": "t",
            "quotaId": "q<1>",
            "accountOwner": {"email": "secret@example.com", "puid": 12345678901234567890_u64},
            "registeredFeatures": [{"name": "a/b", "state": "Registered", "x": [1.0, null]}],
            "additionalProperties": {"resourceProviderProperties": "{\"a\": 1}"},
        },
    });
    let mut expected = told.clone();
    expected["properties"]["accountOwner"]
        .as_object_mut()
        .unwrap()
        .remove("email");
    for status in [201, 200] {
        let answer = service.put(PATH, &told).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (status, expected.clone()));
        assert!(
            answer.text.contains("12345678901234567890") && answer.text.contains("1.0"),
            "digits stay"
        );
        assert!(answer.text.contains("q\\u003c1\\u003e") && answer.text.ends_with("}\n"));
    }
    // The latest word counts as a whole.
    assert_eq!(
        service.put(PATH, &json!({"state": "Warned"})).await.json(),
        json!({"state": "Warned"})
    );
}

#[tokio::test]
async fn nonsense_is_refused_and_nothing_written() {
    let service = Service::start().await;
    for (body, code, target) in [
        ("{\"state\": \"registered\"}", "InvalidParameter", "state"),
        ("{\"state\": \"\"}", "InvalidParameter", "state"),
        ("{}", "InvalidParameter", "state"),
        ("{", "InvalidRequestContent", ""),
        ("", "InvalidRequestContent", ""),
        ("null", "InvalidRequestContent", ""),
        ("[]", "InvalidRequestContent", ""),
        ("{\"state\": 5}", "InvalidRequestContent", ""),
        (
            "{\"state\": \"Registered\", \"properties\": []}",
            "InvalidRequestContent",
            "",
        ),
    ] {
        let answer = service.send(http::Method::PUT, PATH, body.into()).await;
        assert_eq!(answer.error(), (400, code.to_string(), target.to_string()), "{body}");
        assert_eq!(service.store.subscriptions().get(ID).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_suspended_subscription_can_read_and_clean_up() {
    let service = Service::start().await;
    service.created().await;
    service.register(crate::support::SUBSCRIPTION, "Suspended").await;
    assert_eq!(service.get(&cluster("2023-11-22")).await.status, 200);
    let change: Value = json!({"tags": {}});
    assert_eq!(service.patch(&cluster("2023-11-22"), &change).await.status, 400);
    assert_eq!(service.delete(&cluster("2023-11-22")).await.status, 202);
}
