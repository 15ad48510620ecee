//! Creates a cluster, follows it, deletes it, against a running `cargo quickstart --serve --ready-file ready.json`:
//!
//!     cargo run -p aro-client --example life ready.json

use std::{env, error::Error, fs};

use aro_client::{Client, Cloud, Progress, types::OpenShiftCluster};
use futures::StreamExt as _;
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let ready: Value = serde_json::from_slice(&fs::read(env::args().nth(1).ok_or("say where ready.json is")?)?)?;
    let text = |at: &str| ready.pointer(at).and_then(Value::as_str).unwrap_or_default();
    let (group, name) = (text("/network/resource_group"), "life");

    let client = Client::builder(text("/subscriptions/0"))
        .cloud(Cloud::custom(text("/arm"), text("/login")))
        .ca_file(text("/ca_file"))
        .client_secret(
            text("/tenant"),
            text("/service_principals/0/client_id"),
            text("/service_principals/0/secret"),
        )
        .build()?;
    let cluster: OpenShiftCluster = serde_json::from_value(json!({
        "location": text("/location"),
        "properties": {
            "clusterProfile": {
                "domain": name,
                "resourceGroupId": format!("/subscriptions/{}/resourceGroups/life-managed", client.subscription()),
                "fipsValidatedModules": "Disabled",
            },
            "servicePrincipalProfile": {
                "clientId": text("/service_principals/1/client_id"),
                "clientSecret": text("/service_principals/1/secret"),
            },
            "networkProfile": { "podCidr": "10.128.0.0/14", "serviceCidr": "172.30.0.0/16" },
            "masterProfile": { "vmSize": "Standard_D8s_v3", "subnetId": text("/network/master_subnet"),
                               "encryptionAtHost": "Disabled" },
            "workerProfiles": [{ "name": "worker", "vmSize": "Standard_D4s_v3", "diskSizeGB": 128, "count": 3,
                                 "subnetId": text("/network/worker_subnet"), "encryptionAtHost": "Disabled" }],
            "apiserverProfile": { "visibility": "Public" },
            "ingressProfiles": [{ "name": "default", "visibility": "Public" }],
        },
    }))?;

    let mut progress = Box::pin(
        client
            .clusters()
            .create_or_update(group, name, &cluster)
            .await?
            .progress(),
    );
    while let Some(seen) = progress.next().await {
        match seen? {
            Progress::Running { percent, step, .. } => {
                println!("{:3.0} % {}", percent.unwrap_or(0.0), step.unwrap_or_default())
            }
            Progress::Done(cluster) => println!("created {}", cluster.id.unwrap_or_default()),
            _ => {}
        }
    }
    client.clusters().delete(group, name).await?.await?;
    println!("deleted");
    Ok(())
}
