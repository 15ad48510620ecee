//! Creates a cluster, follows it, deletes it, against a running `cargo quickstart --serve --ready-file ready.json`:
//!
//!     cargo run -p aro-client --example life ready.json

use std::{env, error::Error, fs};

use aro_client::{Client, Cloud, Progress};
use futures::StreamExt as _;
use serde_json::{Value, from_slice, from_value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let ready: Value = from_slice(&fs::read(env::args().nth(1).ok_or("say where ready.json is")?)?)?;
    let text = |at: &str| ready.pointer(at).and_then(Value::as_str).unwrap_or_default();
    let principal = |n: u8, part: &str| text(&format!("/service_principals/{n}/{part}"));
    let (group, name) = (text("/network/resource_group"), "life");

    let client = Client::builder(text("/subscriptions/0"))
        .cloud(Cloud::custom(text("/arm"), text("/login")))
        .ca_file(text("/ca_file"))
        .client_secret(text("/tenant"), principal(0, "client_id"), principal(0, "secret"))
        .build()?;
    let managed = format!("/subscriptions/{}/resourceGroups/life-managed", client.subscription());
    let cluster = from_value(json!({ "location": text("/location"), "properties": {
        "clusterProfile": { "domain": name, "resourceGroupId": managed, "fipsValidatedModules": "Disabled" },
        "servicePrincipalProfile": { "clientId": principal(1, "client_id"), "clientSecret": principal(1, "secret") },
        "networkProfile": { "podCidr": "10.128.0.0/14", "serviceCidr": "172.30.0.0/16" },
        "masterProfile": { "vmSize": "Standard_D8s_v3", "subnetId": text("/network/master_subnet"),
                           "encryptionAtHost": "Disabled" },
        "workerProfiles": [{ "name": "worker", "vmSize": "Standard_D4s_v3", "diskSizeGB": 128, "count": 3,
                             "subnetId": text("/network/worker_subnet"), "encryptionAtHost": "Disabled" }],
        "apiserverProfile": { "visibility": "Public" },
        "ingressProfiles": [{ "name": "default", "visibility": "Public" }],
    }}))?;

    let poller = client.clusters().create_or_update(group, name, &cluster).await?;
    let mut progress = Box::pin(poller.progress());
    while let Some(seen) = progress.next().await {
        match seen? {
            Progress::Done(cluster) => println!("created {}", cluster.id.unwrap_or_default()),
            seen => println!("{seen}"),
        }
    }
    client.clusters().delete(group, name).await?.await?;
    println!("deleted");
    Ok(())
}
