//! The scenario that every client plays (`examples/aro-dev/tests/scenario`), as aro-client plays it. Takes the file that
//! describes the world; stops before the delete until it reads a line.

use std::{env, error::Error, fs, io};

use aro_client::types::{OpenShiftCluster, OpenShiftClusterUpdate};
use aro_client::{Client, Cloud};
use futures::TryStreamExt as _;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct World {
    ready: Value,
    group: String,
    name: String,
    document: OpenShiftCluster,
    change: OpenShiftClusterUpdate,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let World {
        ready,
        group,
        name,
        document,
        change,
    } = serde_json::from_slice(&fs::read(env::args().nth(1).ok_or("say where world.json is")?)?)?;
    let text = |at: &str| ready.pointer(at).and_then(Value::as_str).unwrap_or_default();
    let client = Client::builder(text("/subscriptions/0"))
        .cloud(Cloud::custom(text("/arm"), text("/login")))
        .ca_file(text("/ca_file"))
        .client_secret(
            text("/tenant"),
            text("/service_principals/0/client_id"),
            text("/service_principals/0/secret"),
        )
        .build()?;
    let clusters = client.clusters();

    let created = clusters.create_or_update(&group, &name, &document).await?.await?;
    let shown = clusters.get(&group, &name).await?;
    let listed = clusters.list_by_resource_group(&group).try_collect::<Vec<_>>().await?;
    let updated = clusters.update(&group, &name, &change).await?.await?;
    let credentials = clusters.credentials(&group, &name).await?;
    let seen = json!({
        "created": created.id,
        "shown": shown.id,
        "listed": listed.into_iter().map(|cluster| cluster.id).collect::<Vec<_>>(),
        "tags": updated.tags,
        "user": credentials.kubeadmin_username,
    });
    println!("{seen}");
    io::stdin().read_line(&mut String::new())?;
    clusters.delete(&group, &name).await?.await?;
    Ok(())
}
