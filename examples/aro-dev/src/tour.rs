//! What a newcomer sees: a cluster's life from the first request to the last, through the simulated Azure.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::arm_client::{API_VERSION, ArmClient};
use crate::failure::Failure;
use crate::managed_identities;
use crate::progress::Progress;
use crate::ready::Ready;

const GROUP: &str = "quickstart";
const NAME: &str = "my-cluster";
const SECOND: &str = "my-second-cluster";

/// Creates a cluster, shows it and its credentials, updates it and deletes it.
pub(crate) async fn tour(ready: &Ready) -> Result<(), Failure> {
    let client = ArmClient::sign_in(ready).await?;
    let subscription = ready
        .subscriptions
        .first()
        .ok_or_else(|| Failure::new("The world has no subscription."))?
        .clone();
    let group = format!("/subscriptions/{subscription}/resourceGroups/{GROUP}");
    let cluster = format!("{group}/providers/Microsoft.RedHatOpenShift/openShiftClusters/{NAME}");

    heading("Creating a cluster");
    client
        .call_version(
            Method::PUT,
            &group,
            "2021-04-01",
            Some(&json!({"location": ready.location})),
        )
        .await?;
    println!("  PUT {cluster}?api-version={API_VERSION}");
    let created = operation(
        &client,
        Method::PUT,
        &cluster,
        Some(&body(ready, &subscription)),
        "The create",
    )
    .await?;

    heading("The cluster");
    let resource = client.call(Method::GET, &cluster, None).await?.body;
    show(&resource);

    heading("Its credentials");
    let credentials = client
        .call(Method::POST, &format!("{cluster}/listCredentials"), None)
        .await?
        .body;
    println!("  user      {}", text(&credentials["kubeadminUsername"]));
    println!(
        "  password  {}   (of the simulated cluster: it opens nothing else)",
        text(&credentials["kubeadminPassword"])
    );

    heading("An update");
    let change = json!({"tags": {"purpose": "quickstart", "changed": "yes"}});
    println!("  PATCH tags = {}", change["tags"]);
    let updated = operation(&client, Method::PATCH, &cluster, Some(&change), "The update").await?;
    let resource = client.call(Method::GET, &cluster, None).await?.body;
    println!("  tags are now {}", resource["tags"]);

    heading("The delete");
    let deleted = operation(&client, Method::DELETE, &cluster, None, "The delete").await?;
    if client.call(Method::GET, &cluster, None).await.is_ok() {
        return Err(Failure::new("The cluster is still there after its delete succeeded."));
    }
    println!("  the cluster is gone");

    let identities = with_identities(&client, ready, &group, &subscription).await?;

    heading("How long each took");
    for (what, took) in [
        ("create", created),
        ("update", updated),
        ("delete", deleted),
        ("create with identities", identities),
    ] {
        println!("  {what:<22} {:>6.1} s", took.as_secs_f64());
    }
    heading("What to try next");
    println!("  cargo quickstart --serve --ready-file ready.json   stays up; ready.json says where everything listens");
    println!("  cargo quickstart --speed 20                        a faster world");
    println!("  cargo quickstart --data-dir DIR --serve            keeps its state, and goes on with it next time");
    println!("  cargo xtask test                                   every test, the published Python clients too");
    Ok(())
}

/// A cluster without any password: made, shown and deleted. How long the create took.
async fn with_identities(
    client: &ArmClient,
    ready: &Ready,
    group: &str,
    subscription: &str,
) -> Result<Duration, Failure> {
    heading("A cluster with managed identities");
    let identities = managed_identities::make(client, ready, group, subscription).await?;
    println!(
        "  {} identities, with the rights they need",
        identities.operators.len() + 1
    );
    let cluster = format!("{group}/providers/Microsoft.RedHatOpenShift/openShiftClusters/{SECOND}");
    let mut body = body(ready, subscription);
    body["properties"]["clusterProfile"]["domain"] = json!(SECOND);
    identities.replace_credentials(&mut body);
    println!("  PUT {cluster}?api-version={API_VERSION}");
    let created = operation(client, Method::PUT, &cluster, Some(&body), "The create").await?;
    let resource = client.call(Method::GET, &cluster, None).await?.body;
    managed_identities::show(client, &resource).await?;
    operation(client, Method::DELETE, &cluster, None, "The delete").await?;
    Ok(created)
}

async fn operation(
    client: &ArmClient,
    method: Method,
    path: &str,
    body: Option<&Value>,
    what: &str,
) -> Result<Duration, Failure> {
    let reply = client.call(method, path, body).await?;
    let mut progress = Progress::start(what);
    let result = client.follow(reply, |status| progress.show(status)).await;
    let took = progress.end();
    result.map(|()| took)
}

/// The smallest wish a customer can have: identity, network, sizes.
fn body(ready: &Ready, subscription: &str) -> Value {
    let (client_id, secret) = ready
        .service_principals
        .first()
        .map(|principal| (principal.client_id.as_str(), principal.secret.as_str()))
        .unwrap_or_default();
    json!({
        "location": ready.location,
        "tags": {"purpose": "quickstart"},
        "properties": {
            "clusterProfile": {
                "domain": NAME,
                "resourceGroupId": format!("/subscriptions/{subscription}/resourceGroups/{GROUP}-managed"),
                "fipsValidatedModules": "Disabled",
            },
            "servicePrincipalProfile": {"clientId": client_id, "clientSecret": secret},
            "networkProfile": {"podCidr": "10.128.0.0/14", "serviceCidr": "172.30.0.0/16", "outboundType": "Loadbalancer"},
            "masterProfile": {
                "vmSize": "Standard_D8s_v3",
                "subnetId": ready.network.master_subnet,
                "encryptionAtHost": "Disabled",
            },
            "workerProfiles": [{
                "name": "worker",
                "vmSize": "Standard_D4s_v3",
                "diskSizeGB": 128,
                "subnetId": ready.network.worker_subnet,
                "count": 3,
                "encryptionAtHost": "Disabled",
            }],
            "apiserverProfile": {"visibility": "Public"},
            "ingressProfiles": [{"name": "default", "visibility": "Public"}],
        },
    })
}

fn show(resource: &Value) {
    let properties = &resource["properties"];
    let rows = [
        ("name", &resource["name"]),
        ("state", &properties["provisioningState"]),
        ("OpenShift", &properties["clusterProfile"]["version"]),
        ("API server", &properties["apiserverProfile"]["url"]),
        ("console", &properties["consoleProfile"]["url"]),
        ("infrastructure in", &properties["clusterProfile"]["resourceGroupId"]),
    ];
    for (what, value) in rows {
        println!("  {what:<18} {}", text(value));
    }
    let hidden = &properties["servicePrincipalProfile"];
    println!(
        "  {:<18} {} (its secret is never shown)",
        "identity",
        text(&hidden["clientId"])
    );
}

fn text(value: &Value) -> &str {
    value.as_str().filter(|text| !text.is_empty()).unwrap_or("-")
}

fn heading(title: &str) {
    println!("\n{title}");
}
