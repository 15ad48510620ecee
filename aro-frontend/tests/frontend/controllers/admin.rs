use serde_json::{Value, json};

use crate::support::{CLUSTER, Service, body, cluster};

fn version(number: &str, enabled: bool) -> Value {
    json!({
        "name": number,
        "type": "Microsoft.RedHatOpenShift/OpenShiftVersion",
        "properties": {
            "version": number,
            "openShiftPullspec": "quay.io/ocp@sha256:2",
            "installerPullspec": "quay.io/installer@sha256:2",
            "enabled": enabled,
        },
    })
}

#[tokio::test]
async fn operators_offer_versions_and_take_them_away() {
    let service = Service::start().await;
    let put = |number: &str, enabled| {
        let body = version(number, enabled);
        let service = &service;
        async move { service.put("/admin/versions", &body).await }
    };
    let created = put("4.17.1", true).await;
    assert_eq!(
        (created.status.as_u16(), &created.json()["properties"]["enabled"]),
        (201, &json!(true)),
        "{}",
        created.text
    );
    let mut wish = body();
    wish["properties"]["clusterProfile"]["version"] = json!("4.17.1");
    assert_eq!(service.put(&cluster("2023-11-22"), &wish).await.status, 201);

    assert_eq!(put("4.17.1", false).await.status, 200);
    let list = service.get("/admin/versions").await.json();
    let numbers: Vec<_> = list["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v["properties"]["version"].clone())
        .collect();
    assert_eq!(numbers, [json!("4.16.30"), json!("4.17.1")], "disabled ones too");
    let other = cluster("2023-11-22").replace("resourceName", "other");
    let refused = service.put(&other, &wish).await;
    let target = "properties.clusterProfile.version".to_string();
    assert_eq!(refused.error(), (400, "InvalidParameter".to_string(), target));
}

#[tokio::test]
async fn nonsense_from_operators_is_refused_too() {
    let service = Service::start().await;
    for (path, body, code, target) in [
        ("/admin/versions", json!({}), "InvalidParameter", "properties.version"),
        (
            "/admin/versions",
            version("4.16.30", false),
            "InvalidParameter",
            "properties.enabled",
        ),
        ("/admin/versions", Value::Null, "InvalidRequestContent", ""),
        (
            "/admin/platformworkloadidentityrolesets",
            json!({}),
            "InvalidParameter",
            "properties.openShiftVersion",
        ),
    ] {
        let answer = service.put(path, &body).await;
        assert_eq!(
            answer.error(),
            (400, code.to_string(), target.to_string()),
            "{path} {body}"
        );
    }
    assert_eq!(service.store.openshift_versions().list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn role_sets_are_written_whole() {
    let service = Service::start().await;
    let set = |role: &str| {
        json!({
            "name": "4.16",
            "type": "Microsoft.RedHatOpenShift/PlatformWorkloadIdentityRoleSet",
            "properties": {
                "openShiftVersion": "4.16",
                "platformWorkloadIdentityRoles": [{
                    "operatorName": "ingress",
                    "roleDefinitionName": role,
                    "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/x",
                    "serviceAccounts": ["system:serviceaccount:a:b"],
                    "secretLocation": {"namespace": "n", "name": "s"},
                }],
            },
        })
    };
    let path = "/admin/platformworkloadidentityrolesets";
    for (role, status) in [("a", 201), ("b", 200)] {
        let answer = service.put(path, &set(role)).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        let list = service.get(path).await.json();
        let roles = &list["value"][0]["properties"]["platformWorkloadIdentityRoles"];
        assert_eq!(
            (&roles[0]["roleDefinitionName"], list["value"].as_array().unwrap().len()),
            (&json!(role), 1)
        );
    }
}

#[tokio::test]
async fn all_clusters_as_operators_see_them() {
    let service = Service::start().await;
    service.created().await;
    let list = service
        .get("/admin/providers/Microsoft.RedHatOpenShift/openShiftClusters")
        .await;
    assert_eq!(list.json()["value"][0]["id"], CLUSTER);
    assert!(
        list.text.contains("operatorFlags") && !list.text.contains("clientSecret"),
        "{}",
        list.text
    );
}

#[tokio::test]
async fn an_admin_update_is_one_of_the_service() {
    let service = Service::start().await;
    service.created().await;
    let task = json!({"properties": {"maintenanceTask": "OperatorUpdate"}});
    let answer = service.patch(&cluster("admin"), &task).await;
    assert_eq!(
        (
            answer.status.as_u16(),
            &answer.json()["properties"]["provisioningState"]
        ),
        (200, &json!("AdminUpdating"))
    );
    let refused = service
        .put(&cluster("admin").replace("resourceName", "new"), &body())
        .await;
    assert_eq!(refused.error(), (400, "RequestNotAllowed".to_string(), String::new()));
}
