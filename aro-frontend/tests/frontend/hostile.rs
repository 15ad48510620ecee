//! Clients that mean harm, or are broken in the same way: each gets the right answer or none, and others are served.

use std::time::Duration;

use aro_frontend::server::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::server::{Running, quick, start};
use crate::support::{SUBSCRIPTION, Service, body, cluster};

/// Sends bytes as they are and returns all that comes back until the server closes.
async fn exchange(running: &Running, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    // The server may have had enough before everything is sent.
    let _sent = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let _ended = tokio::time::timeout(Duration::from_secs(20), read).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

async fn is_served(running: &Running) {
    let request = b"GET /healthz/ready HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    assert!(exchange(running, request).await.starts_with("HTTP/1.1 200"));
}

/// What the process has in memory, in KiB.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_idle_and_dripping_connections_cost_little_and_stop_nobody() {
    // Each connection has two ends in this process; what the system grants decides how many there are.
    let granted: usize = std::fs::read_to_string("/proc/self/limits")
        .unwrap()
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .and_then(|line| line.split_whitespace().nth(3).map(str::to_string))
        .and_then(|limit| limit.parse().ok())
        .unwrap_or(1024);
    let many = 10_000.min(granted.saturating_sub(400) / 2);
    if many < 10_000 {
        println!("{many} connections instead of 10,000: {granted} files may be open");
    }
    let running = start("http", quick(), |_| {}).await;
    is_served(&running).await;
    let before = resident();
    let mut idle = Vec::with_capacity(many);
    for number in 0..many {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        if number % 2 == 0 {
            stream
                .write_all(b"GET / HTTP/1.1\r\nhost: x\r\nx-drip: ")
                .await
                .unwrap();
        }
        idle.push(stream);
    }
    is_served(&running).await;
    let each = resident().saturating_sub(before) / many;
    println!("{before} KiB at rest; {many} connections, {each} KiB each, both ends");
    assert!(each < 40, "{each} KiB for a connection");
    drop(idle);
    running.end().await;
}

/// What an HTTP/2 client is told it may send before anything of it is read.
#[tokio::test(flavor = "multi_thread")]
async fn an_http2_connection_holds_little() {
    let running = start("http", quick(), |_| {}).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    // The preface and empty settings.
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
    let mut told = std::collections::BTreeMap::new();
    let mut window = 65_535;
    while !told.contains_key("settings") || window == 65_535 {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.unwrap();
        let length = usize::from(head[1]) << 8 | usize::from(head[2]);
        let mut payload = vec![0; length];
        stream.read_exact(&mut payload).await.unwrap();
        let number = |bytes: &[u8]| bytes.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
        match (head[3], head[4] & 1) {
            // SETTINGS that acknowledge nothing.
            (4, 0) => {
                told.insert("settings", 1);
                for setting in payload.chunks(6) {
                    match number(&setting[..2]) {
                        3 => told.insert("streams", number(&setting[2..])),
                        4 => told.insert("body", number(&setting[2..])),
                        6 => told.insert("headers", number(&setting[2..])),
                        _ => None,
                    };
                }
            }
            // WINDOW_UPDATE of the whole connection.
            (8, _) => window += number(&payload),
            _ => {}
        }
    }
    assert_eq!(told.get("streams"), Some(&100));
    assert_eq!(told.get("body"), Some(&65_536));
    assert_eq!(told.get("headers"), Some(&65_536));
    assert_eq!(window, 131_072);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_connections_than_allowed_are_closed_as_they_come() {
    let config = ServerConfig {
        max_connections: 2,
        ..quick()
    };
    let running = start("http", config, |_| {}).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        stream
            .write_all(b"GET /healthz/ready HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        held.push(stream);
    }
    assert_eq!(exchange(&running, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await, "");
    held.clear();
    // The server learns of the ends at its own time.
    let served = async {
        while !exchange(
            &running,
            b"GET /healthz/ready HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        )
        .await
        .starts_with("HTTP/1.1 200")
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), served).await.unwrap();
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn floods_of_headers_are_refused() {
    let running = start("http", quick(), |_| {}).await;
    let head = |count: usize, size: usize| {
        let mut request = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n".to_string();
        for number in 0..count {
            request += &format!("x-{number}: {}\r\n", "a".repeat(size));
        }
        request + "\r\n"
    };
    assert!(
        exchange(&running, head(100, 100).as_bytes())
            .await
            .starts_with("HTTP/1.1 404")
    );
    for (count, size) in [(1000, 1), (1, 1 << 20), (150, 10_000)] {
        let answer = exchange(&running, head(count, size).as_bytes()).await;
        // The refusal can be lost when the client is still sending.
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
    is_served(&running).await;
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_never_end_are_given_up() {
    let running = start("http", quick(), |parts| {
        parts.settings.body_timeout = Duration::from_millis(200);
    })
    .await;
    let head = format!(
        "PUT {} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 100\r\n\r\n{{",
        cluster("2023-11-22")
    );
    let answer = exchange(&running, head.as_bytes()).await;
    assert!(
        answer.starts_with("HTTP/1.1 400") && answer.contains("InvalidResource"),
        "{answer}"
    );

    // The other end says that no more will come.
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(Duration::from_secs(10), stream.read_to_string(&mut answer))
        .await
        .unwrap()
        .unwrap();
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    is_served(&running).await;
    running.end().await;
}

#[tokio::test]
async fn bodies_at_the_limit() {
    let service = Service::start().await;
    let text = body().to_string();
    let limit = 1024 * 1024;
    for (size, status, code) in [
        (limit - 1, 201, ""),
        (limit, 400, "RequestNotAllowed"),
        (limit + 1, 400, "InvalidResource"),
    ] {
        let padded = format!("{text}{}", " ".repeat(size - text.len()));
        let answer = service
            .send(http::Method::PUT, &cluster("2023-11-22"), padded.into())
            .await;
        assert_eq!(answer.status, status, "{size}: {}", answer.text);
        assert_eq!(
            answer.json()["error"]["code"].as_str().unwrap_or_default(),
            code,
            "{size}"
        );
    }
}

#[tokio::test]
async fn deep_bodies_and_odd_paths_are_refused() {
    let service = Service::start().await;
    for nested in [
        "[".repeat(500_000),
        "{\"a\":".repeat(200_000),
        format!("{{\"tags\":{}", "[".repeat(100_000)),
    ] {
        let answer = service
            .send(http::Method::PUT, &cluster("2023-11-22"), nested.into())
            .await;
        assert_eq!(answer.error().1, "InvalidRequestContent");
    }
    service.created().await;
    let path = cluster("2023-11-22");
    for same in [
        path.replace("/providers", "//providers"),
        path.replace("/providers", "/./providers"),
        path.replace("/providers", "/x/../providers"),
        path.replace("resourceName", "RESOURCENAME"),
        path.replace("resourceName", "%72esourceName"),
    ] {
        assert_eq!(service.get(&same).await.status, 200, "{same}");
    }
    for other in [
        path.replace("/providers", "%2fproviders"),
        path.replace("resourceName", "resource%00Name"),
        path.replace("resourceName", "..%2fresourceName"),
        path.replace("resourceName", "resourceName%20"),
        path.replace("resourceName", "%ff"),
    ] {
        let (status, code, _) = service.get(&other).await.error();
        assert!(matches!(status, 400 | 404), "{other}: {status} {code}");
    }
}

#[tokio::test]
async fn links_never_leave_arm() {
    let service = Service::start().await;
    for (number, referer) in [
        None,
        Some("https://evil.example/x"),
        Some("%zz"),
        Some("//evil.example"),
        Some("x\ty"),
    ]
    .into_iter()
    .enumerate()
    {
        let path = cluster("2023-11-22").replace("resourceName", &format!("name{number}"));
        let mut wish = body();
        wish["properties"]["clusterProfile"]["resourceGroupId"] =
            format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/managed{number}").into();
        wish["properties"]["servicePrincipalProfile"]["clientId"] =
            format!("11111111-1111-1111-1111-11111111111{number}").into();
        let mut request = http::Request::put(&path).header("content-type", "application/json");
        if let Some(referer) = referer {
            request = request.header("referer", referer);
        }
        let answer = service.raw(request.body(wish.to_string().into()).unwrap()).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        let link = answer.header("azure-asyncoperation");
        assert!(link.starts_with("https://localhost:8443/subscriptions/"), "{link}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_requests_than_there_are_places_are_told_to_come_back() {
    let service = Service::with(|parts| parts.settings.max_requests = 0).await;
    let answer = service.get(&cluster("2023-11-22")).await;
    assert_eq!(answer.error(), (503, "InternalServerError".to_string(), String::new()));
    assert_eq!(answer.header("retry-after"), "15");
    assert_eq!(service.get("/healthz/ready").await.status, 200, "busy is not dead");
}
