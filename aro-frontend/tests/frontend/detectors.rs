//! Detectors are somebody else's: asked about the right cluster, and shown as they are.

use std::sync::{Arc, Mutex};

use aro_api::model::Subscription;
use aro_frontend::{Detectors, DetectorsUnavailable};
use async_trait::async_trait;
use serde_json::value::RawValue;

use crate::support::{CLUSTER, SUBSCRIPTION, Service};

#[derive(Default)]
struct Recorded(Mutex<Vec<String>>);

fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_string()).unwrap()
}

#[async_trait]
impl Detectors for Recorded {
    async fn list(&self, cluster: &str, subscription: &Subscription) -> Result<Box<RawValue>, DetectorsUnavailable> {
        let tenant = subscription.properties.as_ref().unwrap().tenant_id.clone();
        self.0.lock().unwrap().push(format!("{tenant} {cluster}"));
        Ok(raw(r#"{"value":[{"id":"a"}]}"#))
    }

    async fn get(
        &self,
        _: &str,
        detector: &str,
        _: &Subscription,
    ) -> Result<Option<Box<RawValue>>, DetectorsUnavailable> {
        match detector {
            "a" => Ok(Some(raw(r#"{"id":"a"}"#))),
            "broken" => Err(DetectorsUnavailable {
                reason: "a secret reason".to_string(),
            }),
            _ => Ok(None),
        }
    }
}

#[tokio::test]
async fn detectors_are_passed_on() {
    let recorded = Arc::new(Recorded::default());
    let part = recorded.clone();
    let service = Service::with(|parts| parts.detectors = part).await;
    let missing = service.get(&format!("{CLUSTER}/detectors")).await;
    assert_eq!(missing.error(), (404, "ResourceNotFound".to_string(), String::new()));
    service.created().await;

    // Whatever version, and none.
    let list = service
        .get(&format!("{CLUSTER}/detectors?api-version=2017-01-01"))
        .await;
    assert_eq!(
        (list.status.as_u16(), list.text.as_str()),
        (200, "{\"value\":[{\"id\":\"a\"}]}\n")
    );
    let asked = format!("44444444-4444-4444-4444-444444444444 {CLUSTER}");
    assert_eq!(*recorded.0.lock().unwrap(), [asked]);
    let one = service.get(&format!("{CLUSTER}/Detectors/A")).await;
    assert_eq!((one.status.as_u16(), one.text.as_str()), (200, "{\"id\":\"a\"}\n"));
    let none = service.get(&format!("{CLUSTER}/detectors/none")).await;
    assert_eq!(none.error(), (404, "NotFound".to_string(), String::new()));
    let broken = service.get(&format!("{CLUSTER}/detectors/broken")).await;
    assert_eq!(broken.error(), (503, "InternalServerError".to_string(), String::new()));
    assert!(!broken.text.contains("secret") && broken.header("retry-after") == "30");

    let subscriptions = service.store.subscriptions();
    let stored = subscriptions.get(SUBSCRIPTION).await.unwrap().unwrap();
    subscriptions.delete(&stored).await.unwrap();
    let unregistered = service.get(&format!("{CLUSTER}/detectors")).await;
    assert_eq!(unregistered.error().1, "InvalidSubscriptionState");
}

#[tokio::test]
async fn without_any_there_are_none() {
    let service = Service::start().await;
    service.created().await;
    let list = service.get(&format!("{CLUSTER}/detectors")).await;
    assert_eq!((list.status.as_u16(), list.text.as_str()), (200, "{\"value\":[]}\n"));
    assert_eq!(service.get(&format!("{CLUSTER}/detectors/a")).await.status, 404);
}

#[tokio::test]
async fn operators_see_the_sizes_that_a_customer_may_use() {
    let service = Service::start().await;
    let path = format!("/admin{CLUSTER}/skus");
    assert_eq!(service.get(&path).await.error().1, "ResourceNotFound");
    service.created().await;
    let answer = service.get(&path).await;
    let sizes: Vec<String> = serde_json::from_str(&answer.text).unwrap();
    assert!(
        sizes.iter().any(|size| size == "Standard_D8s_v3") && sizes.is_sorted(),
        "{sizes:?}"
    );
}
