use crate::support::{CLUSTER, SUBSCRIPTION, Service, body, cluster};

#[tokio::test]
async fn hands_the_cluster_to_the_backend() {
    let service = Service::start().await;
    service.created().await;
    let answer = service.delete(&cluster("2023-11-22")).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (202, ""));
    let id = "02020202-0202-0202-0000-000000000002?api-version=2023-11-22";
    assert!(
        answer
            .header("azure-asyncoperation")
            .ends_with(&format!("/operationsstatus/{id}"))
    );
    assert!(answer.header("location").ends_with(&format!("/operationresults/{id}")));
    assert_eq!(answer.header("retry-after"), "15");

    let document = service
        .store
        .clusters()
        .get(&CLUSTER.to_lowercase())
        .await
        .unwrap()
        .unwrap()
        .document;
    assert_eq!(document.cluster.properties.provisioning_state.as_str(), "Deleting");
    assert_eq!(
        document.cluster.properties.last_provisioning_state.as_str(),
        "Succeeded"
    );
    let again = service.delete(&cluster("2023-11-22")).await;
    assert_eq!(again.error(), (400, "RequestNotAllowed".to_string(), String::new()));
}

#[tokio::test]
async fn what_is_missing_is_gone_already() {
    let service = Service::start().await;
    let unknown = cluster("2023-11-22").replace(SUBSCRIPTION, "11111111-2222-3333-4444-555555555555");
    for path in [cluster("2023-11-22"), unknown] {
        let answer = service.delete(&path).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
        assert_eq!(
            (answer.header("azure-asyncoperation"), answer.header("location")),
            ("", "")
        );
    }
}

#[tokio::test]
async fn follows_the_subscription_and_the_state() {
    let service = Service::start().await;
    service.created().await;
    for state in ["Unregistered"] {
        service.register(SUBSCRIPTION, state).await;
        let answer = service.delete(&cluster("2023-11-22")).await;
        assert_eq!(
            answer.error(),
            (400, "InvalidSubscriptionState".to_string(), String::new())
        );
    }
    for (subscription, state) in [
        ("Warned", "Succeeded"),
        ("Suspended", "Failed"),
        ("Registered", "Failed"),
    ] {
        service.register(SUBSCRIPTION, subscription).await;
        service.settle(CLUSTER, state).await;
        assert_eq!(
            service.delete(&cluster("2023-11-22")).await.status,
            202,
            "{subscription} {state}"
        );
    }
}

#[tokio::test]
async fn a_cluster_under_construction_stays() {
    let service = Service::start().await;
    assert_eq!(service.put(&cluster("2023-11-22"), &body()).await.status, 201);
    let before = service.etag().await;
    let answer = service.delete(&cluster("2023-11-22")).await;
    assert_eq!(answer.error(), (400, "RequestNotAllowed".to_string(), String::new()));
    assert!(answer.text.contains("Creating"));
    assert_eq!(service.etag().await, before);
}
