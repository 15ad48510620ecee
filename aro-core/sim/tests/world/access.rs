//! Role assignments, deny assignments, identities, DNS, features.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::client::{Azure, read};

const V: &str = "2022-04-01";
const CONTRIBUTOR: &str = "b24988ac-6180-42a0-ab88-20f7382dd24c";

fn assignment(scope: &str, name: &str) -> String {
    format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}")
}

#[tokio::test]
async fn a_role_is_given_once() {
    let azure = Azure::start().await;
    let principal = azure.world.endpoints().service_principals[1].object_id.clone();
    let group = format!("/subscriptions/{}/resourceGroups/aro-dev", azure.subscription);
    let body = |principal: &str| {
        json!({"properties": {"principalId": principal, "roleDefinitionId":
        format!("/subscriptions/{}/providers/Microsoft.Authorization/roleDefinitions/{CONTRIBUTOR}", azure.subscription), "principalType": "ServicePrincipal"}})
    };
    let first = assignment(&group, "11111111-1111-1111-1111-111111111111");
    assert_eq!(azure.put(&first, V, body(&principal)).await.status, StatusCode::CREATED);
    assert_eq!(azure.put(&first, V, body(&principal)).await.status, StatusCode::OK);
    let second = assignment(&group, "22222222-2222-2222-2222-222222222222");
    let again = azure.put(&second, V, body(&principal)).await;
    assert_eq!(
        (again.status, again.code()),
        (StatusCode::CONFLICT, "RoleAssignmentExists")
    );
    assert_eq!(
        azure
            .put(&second, V, body("99999999-9999-9999-9999-999999999999"))
            .await
            .code(),
        "PrincipalNotFound"
    );
    let listed = azure
        .get(
            &format!("{group}/providers/Microsoft.Authorization/roleAssignments?$filter=principalId eq '{principal}'"),
            V,
        )
        .await;
    assert!(
        listed.body["value"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["name"] == "11111111-1111-1111-1111-111111111111")
    );
    assert_eq!(azure.delete(&first, V).await.status, StatusCode::OK);
    assert_eq!(azure.delete(&first, V).await.status, StatusCode::NO_CONTENT);
    let permissions = azure.get("resourceGroups/aro-dev/providers/Microsoft.Network//virtualNetworks/aro-vnet/providers/Microsoft.Authorization/permissions", "2022-05-01-preview").await;
    assert!(
        permissions.body["value"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["actions"][0] == "*")
    );
    let role = azure
        .get(
            &format!("/providers/Microsoft.Authorization/roleDefinitions/{CONTRIBUTOR}"),
            V,
        )
        .await;
    assert_eq!(role.body["properties"]["roleName"], "Contributor");
}

#[tokio::test]
async fn a_deny_assignment_denies() {
    let azure = Azure::start().await;
    azure
        .put("resourceGroups/managed", "2021-04-01", json!({"location": "eastus"}))
        .await;
    let group = format!("/subscriptions/{}/resourceGroups/managed", azure.subscription);
    let deny =
        format!("{group}/providers/Microsoft.Authorization/denyAssignments/33333333-3333-3333-3333-333333333333");
    let spared = azure.world.endpoints().service_principals[1].clone();
    let made = azure.put(&deny, "2018-07-01-preview", json!({"properties": {
        "denyAssignmentName": "d", "isSystemProtected": true, "permissions": [{"actions": ["*/action", "*/delete", "*/write"], "notActions": []}],
        "principals": [{"id": "00000000-0000-0000-0000-000000000000", "type": "SystemDefined"}],
        "excludePrincipals": [{"id": spared.object_id, "type": "ServicePrincipal"}]}})).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let path = "resourceGroups/managed/providers/Microsoft.Network/networkSecurityGroups/x";
    let refused = azure.put(path, "2024-05-01", json!({"location": "eastus"})).await;
    assert_eq!(refused.code(), "DenyAssignmentAuthorizationFailed");
    assert_eq!(azure.get(&group, "2021-04-01").await.status, StatusCode::OK);
    let token = azure.token_of(&spared.client_id, &spared.secret).await;
    let request = azure
        .request(Method::PUT, path, "2024-05-01")
        .json(&json!({"location": "eastus"}));
    let mut request = request.build().unwrap();
    request
        .headers_mut()
        .insert("authorization", format!("Bearer {token}").parse().unwrap());
    assert_eq!(azure.http.execute(request).await.unwrap().status(), StatusCode::CREATED);
}

#[tokio::test]
async fn records_keep_their_conditions() {
    let azure = Azure::start().await;
    let at = azure.world.endpoints().first_party.clone();
    let token = azure.token_of(&at.principal.client_id, &at.principal.secret).await;
    let arm = azure.world.endpoints().arm.clone();
    let url = format!(
        "{arm}/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Network/dnsZones/{}/A/api.one?api-version=2018-05-01",
        at.subscription, at.resource_group, at.dns_zone
    );
    let put = |body: serde_json::Value| azure.http.put(&url).bearer_auth(&token).json(&body);
    let body = json!({"properties": {"TTL": 300, "metadata": {"resourceId": "me"}}});
    let made = read(
        put(body.clone())
            .header("if-none-match", "*")
            .header("if-match", "")
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert_eq!(made.body["properties"]["ARecords"], json!([]));
    let etag = made.body["etag"].as_str().unwrap().to_owned();
    let again = read(put(body).header("if-none-match", "*").send().await.unwrap()).await;
    assert_eq!(
        (again.status, again.code()),
        (StatusCode::PRECONDITION_FAILED, "PreconditionFailed")
    );
    let with_ip =
        json!({"properties": {"TTL": 300, "metadata": {"resourceId": "me"}, "ARecords": [{"ipv4Address": "1.2.3.4"}]}});
    assert_eq!(
        put(with_ip.clone())
            .header("if-match", &etag)
            .send()
            .await
            .unwrap()
            .status(),
        StatusCode::OK
    );
    assert_eq!(
        put(with_ip).header("if-match", &etag).send().await.unwrap().status(),
        StatusCode::PRECONDITION_FAILED
    );
    let delete = |etag: String| {
        azure
            .http
            .delete(&url)
            .bearer_auth(&token)
            .header("if-match", etag)
            .send()
    };
    assert_eq!(delete(etag).await.unwrap().status(), StatusCode::PRECONDITION_FAILED);
    assert_eq!(delete("*".to_owned()).await.unwrap().status(), StatusCode::OK);
    assert_eq!(delete(String::new()).await.unwrap().status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn identities_can_be_given_roles() {
    let azure = Azure::start().await;
    let path = "resourceGroups/aro-dev/providers/Microsoft.ManagedIdentity/userAssignedIdentities/aro-cluster";
    let made = azure.put(path, "2024-11-30", json!({"location": "eastus"})).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let again = azure.put(path, "2024-11-30", json!({"location": "eastus"})).await;
    assert_eq!(
        made.body["properties"]["principalId"],
        again.body["properties"]["principalId"]
    );
    let credential = format!("{path}/federatedIdentityCredentials/one");
    let body = json!({"properties": {"issuer": "https://i", "subject": "s", "audiences": ["openshift"]}});
    assert_eq!(
        azure.put(&credential, "2024-11-30", body.clone()).await.status,
        StatusCode::CREATED
    );
    assert_eq!(
        azure
            .put(&credential.replace("/one", "/two"), "2024-11-30", body)
            .await
            .status,
        StatusCode::CONFLICT
    );
    let listed = azure
        .get(&format!("{path}/federatedIdentityCredentials"), "2024-11-30")
        .await;
    assert_eq!(listed.body["value"].as_array().unwrap().len(), 1);
    assert_eq!(azure.delete(path, "2024-11-30").await.status, StatusCode::OK);
    assert_eq!(azure.get(&credential, "2024-11-30").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn features_and_skus() {
    let azure = Azure::start().await;
    let feature = "providers/Microsoft.Features/providers/Microsoft.RedHatOpenShift/features/MTU3900";
    assert_eq!(
        azure.get(feature, "2021-07-01").await.body["properties"]["state"],
        "NotRegistered"
    );
    azure
        .post(&format!("{feature}/register"), "2021-07-01", json!({}))
        .await;
    assert_eq!(
        azure.get(feature, "2021-07-01").await.body["properties"]["state"],
        "Registered"
    );
    let skus = azure
        .get(
            "providers/Microsoft.Compute/skus?$filter=location eq 'eastus'",
            "2021-07-01",
        )
        .await
        .body;
    let sku = skus["value"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "Standard_D8s_v5")
        .unwrap()
        .clone();
    assert_eq!(sku["locationInfo"][0]["zones"], json!(["1", "2", "3"]));
    let usages = azure
        .get("providers/Microsoft.Compute/locations/eastus/usages", "2024-07-01")
        .await
        .body;
    assert_eq!(usages["value"][0]["name"]["value"], "cores");
}

#[tokio::test]
async fn check_access_decides_as_arm_does() {
    let azure = Azure::start().await;
    let at = azure.world.endpoints().clone();
    let vnet = at.network.vnet.clone();
    let url = format!(
        "{}{vnet}/providers/Microsoft.Authorization/checkAccess?api-version=2021-06-01-preview",
        at.check_access
    );
    let body = |principal: &str| {
        json!({"Subject": {"Attributes": {"ObjectId": principal}}, "Resource": {"Id": vnet},
        "Actions": [{"Id": "Microsoft.Network/virtualNetworks/join/action"}, {"Id": "Microsoft.Authorization/roleAssignments/write"}]})
    };
    let decisions = async |principal: &str| {
        let answer = read(
            azure
                .http
                .post(&url)
                .bearer_auth(&azure.token)
                .json(&body(principal))
                .send()
                .await
                .unwrap(),
        )
        .await;
        let value = answer.body["value"].as_array().unwrap().clone();
        value
            .iter()
            .map(|one| one["accessDecision"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        decisions(&at.service_principals[0].object_id).await,
        ["Allowed", "Allowed"]
    );
    assert_eq!(
        decisions(&at.service_principals[1].object_id).await,
        ["Allowed", "NotAllowed"]
    );
    assert_eq!(
        decisions("99999999-9999-9999-9999-999999999999").await,
        ["NotAllowed", "NotAllowed"]
    );
}
