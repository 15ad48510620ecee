//! Storage accounts, their containers and blobs.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::client::{Azure, read};

const V: &str = "2023-05-01";
const ACCOUNT: &str = "resourceGroups/aro-dev/providers/Microsoft.Storage/storageAccounts/cluster123";

#[tokio::test]
async fn an_account_is_made_later_and_guards_its_firewall() {
    let azure = Azure::start().await;
    let body = json!({"location": "eastus", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {"allowBlobPublicAccess": false}});
    let made = azure.put(ACCOUNT, V, body.clone()).await;
    assert_eq!((made.status, &made.body), (StatusCode::ACCEPTED, &Value::Null));
    assert!(made.header("azure-asyncoperation").is_none());
    assert_eq!(azure.finish(&made).await["status"], "Succeeded");
    assert_eq!(azure.put(ACCOUNT, V, body.clone()).await.status, StatusCode::OK);
    let mut closed = body.clone();
    closed["properties"]["networkAcls"] = json!({"defaultAction": "Deny", "virtualNetworkRules": [{"id": azure.world.endpoints().network.master_subnet}]});
    assert_eq!(
        azure.put(ACCOUNT, V, closed).await.code(),
        "NetworkAclsValidationFailure"
    );
    let bad = azure
        .put(
            "resourceGroups/aro-dev/providers/Microsoft.Storage/storageAccounts/Bad-Name",
            V,
            body.clone(),
        )
        .await;
    assert_eq!(bad.code(), "InvalidResourceName");
    let taken = azure.put(&ACCOUNT.replace("aro-dev", "other"), V, body.clone()).await;
    assert_eq!(taken.code(), "ResourceGroupNotFound");
    azure
        .put("resourceGroups/other", "2021-04-01", json!({"location": "eastus"}))
        .await;
    assert_eq!(
        azure.put(&ACCOUNT.replace("aro-dev", "other"), V, body).await.code(),
        "StorageAccountAlreadyTaken"
    );
}

#[tokio::test]
async fn blobs_by_signature() {
    let azure = Azure::start().await;
    let account = azure
        .make(
            ACCOUNT,
            V,
            json!({"location": "eastus", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}),
        )
        .await;
    let base = account["properties"]["primaryEndpoints"]["blob"]
        .as_str()
        .unwrap()
        .to_owned();
    let container = format!("{ACCOUNT}/blobServices/default/containers/aro");
    assert_eq!(azure.put(&container, V, json!({})).await.status, StatusCode::CREATED);
    let missing = azure.put(&container.replace("cluster123", "none0"), V, json!({})).await;
    assert_eq!(missing.code(), "ParentResourceNotFound");
    let body = json!({"signedServices": "b", "signedResourceTypes": "o", "signedPermission": "rw", "signedExpiry": "2099-01-01T00:00:00Z", "signedProtocol": "https"});
    let sas = azure.post(&format!("{ACCOUNT}/ListAccountSas"), V, body).await.body["accountSasToken"]
        .as_str()
        .unwrap()
        .to_owned();
    let url = format!("{base}aro/graph?{sas}");
    assert_eq!(
        azure.http.put(&url).body("content").send().await.unwrap().status(),
        StatusCode::CREATED
    );
    assert_eq!(
        azure.http.get(&url).send().await.unwrap().text().await.unwrap(),
        "content"
    );
    assert_eq!(
        azure.http.delete(&url).send().await.unwrap().status(),
        StatusCode::FORBIDDEN,
        "not in the permissions"
    );
    assert_eq!(
        azure
            .http
            .get(format!("{base}aro/graph"))
            .send()
            .await
            .unwrap()
            .status(),
        StatusCode::UNAUTHORIZED
    );
    let forged = url.replace("sp=rw", "sp=rwd");
    assert_eq!(
        azure.http.get(forged).send().await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(azure.delete(&container, V).await.status, StatusCode::OK);
    let gone = read(azure.http.get(&url).send().await.unwrap()).await;
    assert_eq!(
        (gone.status, gone.header("x-ms-error-code")),
        (StatusCode::NOT_FOUND, Some("ContainerNotFound"))
    );
}
