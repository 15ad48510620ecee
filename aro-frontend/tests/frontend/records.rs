//! What is logged, audited and measured of a request.

use std::cell::RefCell;
use std::io::Write;
use std::sync::Once;

use aro_telemetry::MetricsConfig;
use axum::body::Body;
use http::Request;
use serde_json::Value;

use crate::support::{CLUSTER, SUBSCRIPTION, Service, body, cluster, parts, prepare};

thread_local! {
    /// What this thread has logged since it began to listen.
    static HEARD: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Listens to the thread that logs. One subscriber serves all tests of the process: what a scoped one hears depends on
/// what other threads have logged before.
#[derive(Clone, Copy)]
struct Ear;

impl Write for Ear {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        HEARD.with_borrow_mut(|heard| {
            if let Some(heard) = heard {
                heard.extend_from_slice(bytes);
            }
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Begins to listen, or forgets what was heard.
fn listen() {
    static SUBSCRIBER: Once = Once::new();
    SUBSCRIBER.call_once(|| {
        let subscriber = tracing_subscriber::fmt().json().flatten_event(true);
        let subscriber = subscriber.with_writer(|| Ear).finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
    HEARD.set(Some(Vec::new()));
}

/// All that was heard.
fn heard() -> String {
    HEARD.with_borrow(|heard| String::from_utf8(heard.clone().unwrap()).unwrap())
}

/// The lines of one target, oldest first.
fn lines(target: &str) -> Vec<Value> {
    let all = heard();
    let lines = all.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["target"] == target).collect()
}

#[tokio::test]
async fn each_request_is_logged_counted_and_audited() {
    let service = Service::with(|parts| parts.settings.instance = "rp-1".to_string()).await;
    listen();

    let wish = body().to_string();
    let request = Request::put(cluster("2023-11-22"))
        .header("content-type", "application/json")
        .header("user-agent", "agent/1\u{7f}".trim_end_matches('\u{7f}'))
        .header("x-ms-correlation-request-id", "correlation-1")
        .header("x-ms-client-request-id", "client-1")
        .header("x-ms-client-principal-name", "somebody@example.com")
        .body(Body::from(wish.clone()))
        .unwrap();
    let answer = service.raw(request).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let path = CLUSTER.to_lowercase();

    let access = lines("access");
    let messages: Vec<&str> = access.iter().map(|line| line["message"].as_str().unwrap()).collect();
    assert_eq!(messages, ["read request", "sent response", "outcome"]);
    for (name, value) in [
        ("request_method", "PUT"),
        ("request_path", path.as_str()),
        ("request_proto", "HTTP/1.1"),
        ("request_user_agent", "agent/1"),
    ] {
        assert_eq!(access[0][name], value);
        assert_eq!(access[1][name], value);
    }
    assert_eq!(access[1]["body_read_bytes"], wish.len());
    assert_eq!(access[1]["body_written_bytes"], answer.text.len());
    assert_eq!(access[1]["response_status_code"], 201);
    assert!(access[1]["duration"].as_f64().unwrap() > 0.0);
    let outcome = [
        &access[2]["LOGKIND"],
        &access[2]["operationType"],
        &access[2]["resultType"],
    ];
    assert_eq!(outcome, ["frontendqos", "PUT", "Success"]);
    for (name, value) in [
        ("request_id", answer.header("x-ms-request-id")),
        ("correlation_id", "correlation-1"),
        ("client_request_id", "client-1"),
        // Only operators' tooling is believed about who sits before it.
        ("client_principal_name", ""),
        ("subscription_id", SUBSCRIPTION),
        ("resource_group", "resourcegroup"),
        ("resource_name", "resourcename"),
        ("resource_id", path.as_str()),
    ] {
        assert_eq!(access[1]["span"][name], value, "{name}");
    }

    let audit = lines("audit");
    assert_eq!(audit.len(), 1);
    for (name, value) in [
        ("logKind", "ifxaudit"),
        ("source", "aro-rp"),
        ("env_name", "#Ifx.AuditSchema"),
        ("env_time", "2024-06-07T08:09:10.123456789Z"),
        ("env_cv", "correlation-1"),
        ("env_cloud_name", "AzurePublicCloud"),
        ("env_cloud_roleInstance", "rp-1"),
        ("env_cloud_location", "eastus"),
        ("Category", "ResourceManagement"),
        ("operationType", "Update"),
        ("requestId", answer.header("x-ms-request-id")),
        ("CallerIdentityType", "ApplicationID"),
        ("CallerIdentityValue", "agent/1"),
        ("TargetResourceType", "microsoft.redhatopenshift/openshiftclusters"),
        ("ResultType", "Success"),
    ] {
        assert_eq!(audit[0][name], value, "{name}");
    }
    assert_eq!(audit[0]["OperationName"], format!("PUT {path}"));
    assert_eq!(
        (&audit[0]["adminOp"], &audit[0]["env_seqNum"]),
        (&false.into(), &1.into())
    );
    assert_eq!(audit[0]["ResultDescription"], 201);

    // What fails, what is for operators, what does not exist, and the probe.
    listen();
    let refused = service.put(&cluster("2023-11-22"), &body()).await;
    assert_eq!(refused.error().1, "RequestNotAllowed");
    let admin = Request::get("/admin/clusters").header("x-ms-client-principal-name", "operator@example.com");
    service.raw(admin.body(Body::empty()).unwrap()).await;
    service.get("/nothing").await;
    service.get("/healthz/ready").await;
    let audit = lines("audit");
    let told = |line: &Value| {
        let text = |name: &str| line[name].as_str().unwrap().to_string();
        (
            line["env_seqNum"].as_u64().unwrap(),
            text("ResultType"),
            text("CallerIdentityType"),
        )
    };
    let expected = [
        (2, "Fail", "ApplicationID"),
        (3, "Success", "ObjectID"),
        (4, "Fail", "ApplicationID"),
    ];
    let expected = expected.map(|(number, result, kind)| (number, result.to_string(), kind.to_string()));
    assert_eq!(audit.iter().map(told).collect::<Vec<_>>(), expected);
    assert_eq!(
        (&audit[1]["adminOp"], &audit[1]["CallerIdentityValue"]),
        (&true.into(), &"operator@example.com".into())
    );
    let access = lines("access");
    let outcomes: Vec<&Value> = access.iter().filter(|line| line["message"] == "outcome").collect();
    assert_eq!(outcomes.len(), 1, "only what customers wait for counts");
    assert_eq!(outcomes[0]["resultType"], "UserError");
    assert!(
        outcomes[0]["errorDetails"]
            .as_str()
            .unwrap()
            .contains("RequestNotAllowed")
    );
    assert_eq!(access.len(), 9);
    // No secret of the body is in any of it.
    let all = heard();
    assert!(!all.contains("dXNlcjpwYXNz"), "{all}");
}

#[tokio::test]
async fn requests_are_measured_for_statsd_and_prometheus() {
    let daemon = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    daemon
        .set_read_timeout(Some(std::time::Duration::from_secs(10)))
        .unwrap();
    let config = MetricsConfig {
        statsd: Some(daemon.local_addr().unwrap().to_string()),
        listen: None,
    };
    let registry = config.registry().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut parts = parts(&folder).await;
    parts.metrics = registry.clone();
    let service = Service::of(parts, folder);
    prepare(&service.store).await;
    assert_eq!(service.get(&cluster("2023-11-22")).await.status, 404);
    assert_eq!(service.get(&cluster("made-up")).await.status, 400);

    let route = "/subscriptions/{subscription}/resourcegroups/{resource_group}/providers/{namespace}/{type}/{name}";
    let text = registry.render_prometheus();
    for line in [
        format!("aro_frontend_count{{api-version=\"2023-11-22\",code=\"404\",route=\"{route}\",verb=\"GET\"}} 1"),
        // A label takes no value that a client made up.
        format!("aro_frontend_count{{api-version=\"other\",code=\"400\",route=\"{route}\",verb=\"GET\"}} 1"),
    ] {
        assert!(text.lines().any(|have| have == line), "{line} is missing in\n{text}");
    }
    assert!(text.contains("aro_frontend_duration_count{"));
    let mut datagram = [0; 512];
    let size = daemon.recv(&mut datagram).unwrap();
    let datagram = String::from_utf8_lossy(&datagram[..size]).into_owned();
    assert_eq!(
        datagram,
        format!("frontend.count:1|c|#api-version:2023-11-22,code:404,route:{route},verb:GET")
    );
}
