//! The frontend on a durable store, next to a bare axum handler that returns the same bytes. Both run in this process, in
//! one run, so that the ratio means something on any machine.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use serde_json::json;

use crate::Arguments;
use crate::loader::{self, Figures, Load, LoadError, Make};
use crate::service;

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Store(#[from] aro_store::StoreError),
    #[error(transparent)]
    Key(#[from] aro_store::KeyError),
    #[error(transparent)]
    Seed(#[from] aro_frontend::SeedError),
    #[error(transparent)]
    Listen(#[from] aro_frontend::server::ListenError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Task(#[from] tokio::task::JoinError),
    #[error("{0} makes no URL")]
    Address(SocketAddr),
}

const SUBSCRIPTION: &str = "11111111-1111-1111-1111-111111111111";
const API_VERSION: &str = "2023-11-22";

/// Measures, and prints a row for each figure.
///
/// # Errors
/// [`Failure`]: a figure over failures is worth nothing.
pub(crate) async fn measure(arguments: &Arguments) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let frontend = service::frontend(folder.path()).await?;
    let connections = arguments.connections;
    println!("{connections} connections, HTTP/1.1 over loopback, loader in the same process, SQLite synchronous=FULL");
    println!(
        "{:<34} {:>10} {:>12} {:>12} {:>8}",
        "", "requests/s", "p50", "p99", "of bare"
    );

    let run = |address, requests, make: Make, expect| async move {
        loader::run(
            address,
            &Load {
                requests,
                connections,
                make,
                expect,
            },
        )
        .await
    };
    register(frontend.address).await?;

    // One cluster to read, written through the front door.
    let address = frontend.address;
    run(address, 1, Arc::new(move |_| put(address, 0)), StatusCode::CREATED).await?;
    let read: Make = Arc::new(move |_| request(address, Method::GET, &cluster_path(0), Bytes::new()));
    let shown = body_of(address, &read).await?;
    let bare = service::bare(shown.clone()).await?;
    let bare_address = bare.address;
    let bare_read: Make = Arc::new(move |_| request(bare_address, Method::GET, &cluster_path(0), Bytes::new()));
    let bare_put: Make = Arc::new(move |n| put(bare_address, n));

    let reads = arguments.reads;
    // A first round that does not count: connections, caches, the branch predictor.
    run(bare_address, reads / 10, bare_read.clone(), StatusCode::OK).await?;
    run(address, reads / 10, read.clone(), StatusCode::OK).await?;

    let size = shown.len();
    let base = run(bare_address, reads, bare_read, StatusCode::OK).await?;
    row(&format!("bare handler, GET ({size} bytes)"), &base, &base);
    row("GET cluster", &run(address, reads, read, StatusCode::OK).await?, &base);

    let writes = arguments.writes;
    let base = run(bare_address, writes, bare_put, StatusCode::OK).await?;
    row("bare handler, PUT", &base, &base);
    let create: Make = Arc::new(move |n| put(address, n + 1));
    row(
        "PUT cluster (create, durable)",
        &run(address, writes, create, StatusCode::CREATED).await?,
        &base,
    );
    let list_path = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.RedHatOpenShift/openShiftClusters");
    let list: Make = Arc::new(move |_| request(address, Method::GET, &list_path, Bytes::new()));
    row(
        &format!("LIST, first page of {}", writes + 1),
        &run(address, reads / 4, list, StatusCode::OK).await?,
        &base,
    );

    bare.stop().await?;
    frontend.stop().await
}

fn row(name: &str, figures: &Figures, base: &Figures) {
    let ratio = figures.per_second / base.per_second;
    println!(
        "{name:<34} {:>10.0} {:>12.2?} {:>12.2?} {:>7.1}%",
        figures.per_second,
        figures.p50,
        figures.p99,
        100.0 * ratio
    );
}

async fn register(address: SocketAddr) -> Result<(), Failure> {
    let body = json!({"state": "Registered", "properties": {"tenantId": SUBSCRIPTION}}).to_string();
    let make: Make = Arc::new(move |_| {
        Request::put(format!("/subscriptions/{SUBSCRIPTION}?api-version=2.0"))
            .header("host", address.to_string())
            .header("content-type", "application/json")
            .body(Full::from(body.clone()))
            .unwrap_or_default()
    });
    loader::run(
        address,
        &Load {
            requests: 1,
            connections: 1,
            make,
            expect: StatusCode::CREATED,
        },
    )
    .await?;
    Ok(())
}

async fn body_of(address: SocketAddr, make: &Make) -> Result<Bytes, Failure> {
    Ok(loader::once(address, make(0)).await?)
}

fn cluster_path(n: usize) -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/group/providers/Microsoft.RedHatOpenShift/openShiftClusters/c{n}"
    )
}

fn request(address: SocketAddr, method: Method, path: &str, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("{path}?api-version={API_VERSION}"))
        .header("host", address.to_string())
        .header("referer", format!("http://{address}{path}?api-version={API_VERSION}"));
    if !body.is_empty() {
        request = request.header("content-type", "application/json");
    }
    // Only literals and numbers above, which are all valid in a request.
    request.body(Full::new(body)).unwrap_or_default()
}

fn put(address: SocketAddr, n: usize) -> Request<Full<Bytes>> {
    let network = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/network/providers/Microsoft.Network");
    let body = json!({
        "location": "eastus",
        "tags": {"purpose": "measurement"},
        "properties": {
            "clusterProfile": {
                "pullSecret": "{\"auths\":{\"registry.redhat.io\":{\"auth\":\"\"}}}",
                "domain": format!("c{n}"),
                "resourceGroupId": format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/managed-{n}"),
                "fipsValidatedModules": "Disabled",
            },
            "servicePrincipalProfile": {
                "clientId": format!("22222222-2222-2222-2222-{n:012}"),
                "clientSecret": "not a secret",
            },
            "networkProfile": {"podCidr": "10.128.0.0/14", "serviceCidr": "172.30.0.0/16"},
            "masterProfile": {
                "vmSize": "Standard_D8s_v3",
                "subnetId": format!("{network}/virtualNetworks/vnet/subnets/master"),
                "encryptionAtHost": "Disabled",
            },
            "workerProfiles": [{
                "name": "worker",
                "vmSize": "Standard_D4s_v3",
                "diskSizeGB": 128,
                "subnetId": format!("{network}/virtualNetworks/vnet/subnets/worker"),
                "count": 3,
                "encryptionAtHost": "Disabled",
            }],
            "apiserverProfile": {"visibility": "Public"},
            "ingressProfiles": [{"name": "default", "visibility": "Public"}],
        },
    });
    request(address, Method::PUT, &cluster_path(n), Bytes::from(body.to_string()))
}
