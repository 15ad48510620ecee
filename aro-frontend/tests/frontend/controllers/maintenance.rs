//! Planned maintenance, billing, inventories: what operators read and write besides clusters.

use aro_api::model::Billing;
use aro_store::BillingDocument;
use serde_json::{Value, json};

use crate::support::{CLUSTER, SUBSCRIPTION, Service};

fn manifests(rest: &str) -> String {
    format!("/admin{CLUSTER}/maintenancemanifests{rest}")
}

async fn planned(service: &Service, body: Value) -> String {
    let answer = service.put(&manifests(""), &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["id"].as_str().unwrap().to_string()
}

#[tokio::test]
async fn maintenance_is_planned_listed_and_called_off() {
    let service = Service::start().await;
    let nowhere = service.put(&manifests(""), &json!({"maintenanceTaskID": "t"})).await;
    assert_eq!(nowhere.error(), (404, "NotFound".to_string(), String::new()));
    service.created().await;

    let refused = service.put(&manifests(""), &json!({"runAfter": 5})).await;
    let target = "maintenanceTaskID".to_string();
    assert_eq!(refused.error(), (400, "InvalidParameter".to_string(), target));
    let first = planned(
        &service,
        json!({"maintenanceTaskID": "t", "id": "mine", "state": "Completed"}),
    )
    .await;
    let second = planned(
        &service,
        json!({"maintenanceTaskID": "t", "runAfter": 5, "runBefore": 6}),
    )
    .await;
    let shown = service.get(&manifests(&format!("/{first}"))).await.json();
    assert_eq!(
        shown,
        json!({
            "id": first, "state": "Pending", "maintenanceTaskID": "t",
            "runAfter": 1_717_747_750, "runBefore": 1_718_352_550,
        })
    );

    // A page at a time, each with a link to the next, and its token good for no other list.
    let page = service.get(&manifests("?limit=1")).await.json();
    assert_eq!(page["value"].as_array().unwrap().len(), 1);
    let link = page["nextLink"].as_str().unwrap().replace("https://localhost:8443", "");
    let rest = service.get(&link).await.json();
    assert_eq!(
        (rest["value"].as_array().unwrap().len(), rest.get("nextLink")),
        (1, None)
    );
    let foreign = link.split_once('?').unwrap().1;
    let refused = service
        .get(&format!("/admin/maintenancemanifests/queued?{foreign}"))
        .await;
    assert_eq!(
        refused.error(),
        (400, "InvalidParameter".to_string(), "$skipToken".to_string())
    );

    let queued = service.get("/admin/maintenancemanifests/queued").await.json();
    assert_eq!(queued["value"][0]["clusterResourceID"], CLUSTER.to_lowercase());
    let cancelled = service.post(&manifests(&format!("/{second}/cancel"))).await;
    assert_eq!(
        (cancelled.status.as_u16(), &cancelled.json()["state"]),
        (200, &json!("Cancelled"))
    );
    let again = service.post(&manifests(&format!("/{second}/cancel"))).await;
    assert_eq!(
        again.error(),
        (406, "PropertyChangeNotAllowed".to_string(), String::new())
    );
    let queued = service.get("/admin/maintenancemanifests/queued").await.json();
    assert_eq!(queued["value"].as_array().unwrap().len(), 1);

    // Of another cluster it is not there, and while the cluster goes only its removal is.
    let elsewhere = manifests(&format!("/{first}")).replace("resourceName", "other");
    assert_eq!(service.delete(&elsewhere).await.status, 404);
    service.settle(CLUSTER, "Deleting").await;
    assert_eq!(service.get(&manifests("")).await.status, 404);
    let gone = service.delete(&manifests(&format!("/{first}"))).await;
    assert_eq!((gone.status.as_u16(), gone.text.as_str()), (200, "{}\n"));
    assert_eq!(service.delete(&manifests(&format!("/{first}"))).await.status, 404);
}

#[tokio::test]
async fn what_a_schedule_has_made_is_called_off_together() {
    let service = Service::start().await;
    service.created().await;
    let future = 2_000_000_000;
    for (schedule, after) in [("s", future), ("s", future), ("s", 5), ("other", future)] {
        let body = json!({"maintenanceTaskID": "t", "createdBySchedule": schedule, "runAfter": after,
            "runBefore": future + 1});
        planned(&service, body).await;
    }
    let cancel = "/admin/maintenancemanifests/cancel";
    assert_eq!(
        service.post(cancel).await.error(),
        (400, "InvalidParameter".to_string(), "scheduleID".to_string())
    );
    let answer = service.post(&format!("{cancel}?scheduleID=s")).await;
    assert_eq!(answer.json(), json!({"cancelled": 2, "errors": 0}));
    let left = service.get("/admin/maintenancemanifests/queued").await.json();
    assert_eq!(
        left["value"].as_array().unwrap().len(),
        2,
        "what has its time already, and the other's"
    );
}

#[tokio::test]
async fn schedules_are_written_whole() {
    let service = Service::start().await;
    let path = "/admin/maintenanceschedules";
    let mut body = json!({"state": "Enabled", "maintenanceTaskID": "t", "schedule": "Mon *-*-* 02:15",
        "lookForwardCount": 2, "scheduleAcross": "24h",
        "selectors": [{"key": "subscriptionState", "operator": "eq", "value": "Registered"}]});
    let made = service.put(path, &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_str().unwrap().to_string();
    body["id"] = json!(id.to_uppercase());
    body["scheduleAcross"] = json!("1h");
    assert_eq!(service.put(path, &body).await.status, 200);
    let shown = service.get(&format!("{path}/{id}")).await.json();
    assert_eq!((&shown["id"], &shown["scheduleAcross"]), (&json!(id), &json!("1h")));
    assert_eq!(service.get(path).await.json()["value"], json!([shown]));

    body["maintenanceTaskID"] = json!("u");
    assert_eq!(service.put(path, &body).await.error().2, "maintenanceTaskID");
    body["id"] = json!("chosen");
    assert_eq!(service.put(path, &body).await.status, 201);
    assert_eq!(service.get(&format!("{path}/nothing")).await.error().1, "NotFound");
}

#[tokio::test]
async fn operators_see_what_there_is() {
    let service = Service::start().await;
    service.created().await;
    let all = service.get("/admin/clusters").await.json();
    assert_eq!(
        all,
        json!([{
            "key": all[0]["key"], "name": "resourceName", "subscription": SUBSCRIPTION,
            "resourceGroup": "resourceGroup", "resourceId": CLUSTER, "provisioningState": "Succeeded",
            "failedProvisioningState": "", "version": "4.16.30", "createdAt": "2024-06-07T08:09:10.123456789Z",
            "createdBy": "unknown", "provisionedBy": "unknown", "lastModified": "",
        }])
    );
    for (filter, found) in [
        ("name=SOURCE", 1),
        ("name=x", 0),
        ("state=succeeded", 1),
        ("state=succ", 0),
        ("version=4.16&created_by=", 1),
    ] {
        let list = service.get(&format!("/admin/clusters?{filter}")).await.json();
        assert_eq!(list.as_array().unwrap().len(), found, "{filter}");
    }

    let selectors = service.get(&format!("/admin{CLUSTER}/selectors")).await;
    assert_eq!(
        selectors.json(),
        json!({
            "resourceID": CLUSTER.to_lowercase(), "bucketID": "1", "subscriptionID": SUBSCRIPTION,
            "subscriptionState": "Registered", "authenticationType": "ServicePrincipal",
            "architectureVersion": "1", "provisioningState": "Succeeded", "outboundType": "Loadbalancer",
            "APIServerVisibility": "Public", "isManagedDomain": "true",
        })
    );

    let sizes = service.get("/admin/supportedvmsizes?vmRole=master").await.json();
    assert_eq!(
        sizes["Standard_D8s_v3"],
        json!({"coreCount": 8, "family": "standardDSv3Family"})
    );
    assert_eq!(sizes.get("Standard_D4s_v3"), None, "too small for a control plane");
    assert_eq!(
        service.get("/admin/supportedvmsizes").await.error().1,
        "InvalidParameter"
    );

    let document = BillingDocument {
        id: "b".to_string(),
        key: CLUSTER.to_lowercase(),
        billing: Billing {
            creation_time: 5,
            location: "eastus".to_string(),
            ..Billing::default()
        },
        ..BillingDocument::default()
    };
    service.store.billing().create(document).await.unwrap();
    let shown = json!({"id": "b", "key": CLUSTER.to_lowercase(), "billing": {"creationTime": 5, "location": "eastus"}});
    assert_eq!(service.get("/admin/billingdocuments/b").await.json(), shown);
    assert_eq!(
        service.get("/admin/billingdocuments").await.json(),
        json!({"value": [shown]})
    );
    assert_eq!(service.get("/admin/billingdocuments/c").await.error().1, "NotFound");
}
