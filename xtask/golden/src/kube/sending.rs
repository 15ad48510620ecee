//! Sending recorded requests and reading what comes back.

use aro_sim_kube::ApiServer;
use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::StreamExt as _;
use http::{HeaderMap, Method, Request, Response};
use serde_json::{Map, Value, json};

use super::matching::Matching;

/// A client of one case.
pub(super) struct Client {
    server: ApiServer,
    pub(super) matching: Matching,
    /// Requests out of a longer run are shown with all their headers.
    shows_all: bool,
}

/// An answer, read whole.
pub(super) struct Sent {
    pub(super) status: u16,
    headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Headers that the recording keeps.
const KEPT: [&str; 12] = [
    "Content-Type",
    "Cache-Control",
    "Warning",
    "Retry-After",
    "Location",
    "Etag",
    "Vary",
    "Allow",
    "Www-Authenticate",
    "Content-Encoding",
    "Last-Modified",
    "Accept-Ranges",
];

impl Client {
    pub(super) fn new(server: ApiServer, case: &Value) -> Self {
        Self {
            server,
            matching: Matching::new(case),
            shows_all: case["replay"] == false,
        }
    }

    fn request(&mut self, recorded: &Value) -> Request<Body> {
        let text = |name: &str| recorded[name].as_str().unwrap_or_default();
        let path = self.matching.fill(text("path"));
        let query = match (&recorded["query"], recorded["rawQuery"].as_str()) {
            (_, Some(raw)) => Some(self.matching.fill(raw)),
            (Value::String(raw), _) => Some(self.matching.fill(raw)),
            (Value::Object(map), _) => {
                let mut query = url::form_urlencoded::Serializer::new(String::new());
                for (name, value) in map {
                    let values = match value {
                        Value::Array(values) => values.clone(),
                        one => vec![one.clone()],
                    };
                    for value in values {
                        query.append_pair(name, &self.matching.fill(value.as_str().unwrap_or_default()));
                    }
                }
                Some(query.finish())
            }
            _ => None,
        };
        let uri = match query {
            Some(query) => format!("{path}?{}", query.replace(' ', "%20").replace('"', "%22")),
            None => path,
        };
        let mut request = Request::builder()
            .method(Method::from_bytes(text("method").as_bytes()).unwrap_or_default())
            .uri(uri);
        let mut stated = Vec::new();
        for (name, value) in recorded["headers"].as_object().into_iter().flatten() {
            stated.push(name.to_lowercase());
            let values = match value {
                Value::Array(values) => values.clone(),
                one => vec![one.clone()],
            };
            for value in values {
                let Some(value) = value.as_str() else { continue };
                let value = match value {
                    etag if name.eq_ignore_ascii_case("if-none-match") => self.matching.our_etag(etag),
                    "Bearer <token:alice>" => "Bearer alice".to_owned(),
                    "Bearer <token:bob>" => "Bearer bob".to_owned(),
                    other => self.matching.fill(other),
                };
                request = request.header(name, value);
            }
        }
        let says = |name: &str| stated.iter().any(|known| known == name);
        if !says("authorization") {
            request = request.header("authorization", "Bearer admin");
        }
        if !says("user-agent") && !self.shows_all {
            request = request.header("user-agent", "recorder/1.0");
        }
        let body = if let Some(encoded) = recorded["bodyBase64"].as_str() {
            STANDARD.decode(encoded).unwrap_or_default()
        } else if let Some(raw) = recorded["rawBody"].as_str() {
            filler(raw, text("path")).unwrap_or_else(|| self.matching.fill(raw).into_bytes())
        } else if let Some(body) = recorded.get("body") {
            self.matching.fill(&spaced(body)).into_bytes()
        } else {
            Vec::new()
        };
        request.body(Body::from(body)).unwrap_or_default()
    }

    async fn start(&mut self, recorded: &Value) -> Response<Body> {
        let request = self.request(recorded);
        self.server.respond(request).await
    }

    pub(super) async fn send(&mut self, recorded: &Value) -> Sent {
        let (parts, body) = self.start(recorded).await.into_parts();
        Sent {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: axum::body::to_bytes(body, usize::MAX)
                .await
                .unwrap_or_default()
                .to_vec(),
        }
    }

    /// Makes one step and what was made during it; `done` gets the answers of the latter.
    pub(super) async fn step(&mut self, at: &str, step: &Value, done: &mut Value) -> Value {
        let recorded = &step["response"];
        if recorded["status"].is_null() {
            // The client went before the answer came.
            return recorded.clone();
        }
        let Some(chunks) = recorded["chunks"].as_array() else {
            let sent = self.send(&step["request"]).await;
            let sized = step["request"]["rawBody"]
                .as_str()
                .is_some_and(|raw| raw.ends_with(" bytes>"));
            return self.read(at, recorded, &sent, sized);
        };
        let (parts, body) = self.start(&step["request"]).await.into_parts();
        let sent = Sent {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: Vec::new(),
        };
        let mut lines = Lines::new(body);
        let during = step["during"].as_array().cloned().unwrap_or_default();
        let first = usize::try_from(step["chunksBeforeDuring"].as_u64().unwrap_or_default()).unwrap_or_default();
        let mut read = Vec::new();
        if !during.is_empty() {
            lines.read(&mut read, first, chunks).await;
            for (index, inner) in during.iter().enumerate() {
                let at = format!("{at}/during/{index}");
                let mut answered = inner.clone();
                answered["response"] = Box::pin(self.step(&at, inner, &mut answered.clone())).await;
                done["during"][index] = answered;
            }
        }
        lines.read(&mut read, chunks.len(), chunks).await;
        let mut response = json!({"status": sent.status, "headers": headers(&sent.headers)});
        response["end"] = recorded["end"].clone();
        if recorded["end"] == "server closed" && lines.goes_on().await {
            response["end"] = Value::from("open");
        }
        response["chunks"] = Value::from(read);
        self.matching.translate(&format!("{at}/response"), recorded, response)
    }

    pub(super) fn read(&mut self, at: &str, recorded: &Value, sent: &Sent, sized: bool) -> Value {
        let mut response = json!({"status": sent.status, "headers": headers(&sent.headers)});
        for kept in ["encoding"] {
            if let Some(value) = recorded.get(kept) {
                response[kept] = value.clone();
            }
        }
        let text = String::from_utf8_lossy(&sent.body).into_owned();
        let value = serde_json::from_str::<Value>(&text);
        if recorded.get("bytes").is_some() {
            // That there was a body is all that was kept.
            if !sent.body.is_empty() {
                response["bytes"] = recorded["bytes"].clone();
            }
        } else if let Some(subset) = recorded.get("bodySubset") {
            response["bodySubset"] = part(subset, &value.unwrap_or_default());
            // Headers were not kept with a part of a body.
            response["headers"] = recorded["headers"].clone();
        } else if let Ok(value) = value {
            if recorded.get("indented").is_some() {
                response["indented"] = Value::Bool(text.contains("\n  "));
            }
            response["body"] = value;
        } else if !text.is_empty() {
            response["text"] = Value::from(text);
        }
        if text_of(recorded, "/body/code") == "413" || sized {
            // Of answers to large bodies only status and reason count.
            let mut shown = recorded.clone();
            for part in ["/status", "/body/reason"] {
                if let (Some(shown), Some(ours)) = (shown.pointer_mut(part), response.pointer(part)) {
                    *shown = ours.clone();
                }
            }
            return shown;
        }
        self.matching.translate(&format!("{at}/response"), recorded, response)
    }

    /// Puts what a request out of a longer run is about in its place.
    pub(super) async fn seed_for(&mut self, server: &ApiServer, request: &Value, recorded: &Value) {
        let path = request["path"].as_str().unwrap_or_default();
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let seed = |object: Value| {
            // What cannot be put there shows in the answer.
            drop(server.seed(object));
        };
        seed(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kubers"}}));
        self.matching.suppose("rv", &server.revision().to_string());
        let refused = recorded["status"] == 409 && request["method"] == "DELETE";
        let version = if refused {
            "1".to_owned()
        } else {
            server.revision().to_string()
        };
        for number in 1..=99 {
            self.matching.suppose(&format!("rv:{number}"), &version);
        }
        if segments.contains(&"kr.example.com") {
            seed(json!({
                "apiVersion": "apiextensions.k8s.io/v1",
                "kind": "CustomResourceDefinition",
                "metadata": {"name": "clusters.kr.example.com"},
                "spec": {
                    "group": "kr.example.com",
                    "scope": "Namespaced",
                    "names": {"plural": "clusters", "singular": "cluster", "kind": "Cluster", "listKind": "ClusterList"},
                    "versions": [{"name": "v1alpha1", "served": true, "storage": true, "subresources": {"status": {}},
                        "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}],
                },
            }));
        }
        for name in ["pa", "pb", "pc"] {
            // A list has pages.
            if request["rawQuery"]
                .as_str()
                .is_some_and(|query| query.contains("limit=1"))
            {
                seed(
                    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "kubers"}}),
                );
            }
        }
        let status = recorded["status"].as_u64().unwrap_or_default();
        let at = segments.iter().position(|segment| *segment == "namespaces");
        let name = at.and_then(|at| segments.get(at + 3));
        let plural = at.and_then(|at| segments.get(at + 2)).copied().unwrap_or_default();
        let wanted = match (status, name) {
            (200 | 409, Some(name)) => Some((*name).to_owned()),
            (409, None) => recorded["body"]["details"]["name"].as_str().map(str::to_owned),
            _ => None,
        };
        let Some(name) = wanted else { return };
        let mut object = match plural {
            "configmaps" => json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "0", "x": "y"}}),
            "clusters" => json!({"apiVersion": "kr.example.com/v1alpha1", "kind": "Cluster", "spec": {}}),
            "deployments" => json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {
                "replicas": 1,
                "selector": {"matchLabels": {"app": "d"}},
                "template": {
                    "metadata": {"labels": {"app": "d"}},
                    "spec": {"containers": [{"name": "c", "image": "r/c:1"}]},
                },
            }}),
            _ => return,
        };
        object["metadata"] = json!({"name": name, "namespace": "kubers"});
        if recorded["body"]["reason"] == "Conflict" && request["method"] == "PATCH" {
            object["metadata"]["managedFields"] = json!([{
                "manager": "mgr", "operation": "Apply", "apiVersion": "v1", "time": "2026-01-01T00:00:00Z",
                "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {"f:a": {}, "f:x": {}}},
            }]);
        }
        let api_version = object["apiVersion"].as_str().unwrap_or_default().to_owned();
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        if server.get((group, plural), Some("kubers"), &name).is_none() {
            if plural == "deployments" {
                let path = "/apis/apps/v1/namespaces/kubers/deployments";
                let headers = json!({"Content-Type": "application/json"});
                self.send(&json!({"method": "POST", "path": path, "headers": headers, "body": object}))
                    .await;
            } else {
                seed(object);
            }
        }
        if refused {
            // Its precondition is one that does not hold.
            return;
        }
        // Preconditions of a longer run name its revisions and ids.
        let now = server.get((group, plural), Some("kubers"), &name);
        let uid = now
            .as_ref()
            .and_then(|now| now["metadata"]["uid"].as_str())
            .unwrap_or_default();
        for number in 1..=99 {
            self.matching.suppose(&format!("uid:{number}"), uid);
            if let Some(version) = now.as_ref().and_then(|now| now["metadata"]["resourceVersion"].as_str()) {
                self.matching.suppose(&format!("rv:{number}"), version);
            }
        }
    }
}

/// `<n bytes>`: a JSON object of that size with one long value.
fn filler(raw: &str, path: &str) -> Option<Vec<u8>> {
    let size: usize = raw.strip_prefix('<')?.strip_suffix(" bytes>")?.parse().ok()?;
    let secret = path.ends_with("/secrets");
    let head = if secret {
        r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"b"},"stringData":{"x":""#
    } else {
        r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b"},"data":{"x":""#
    };
    let fill = size.saturating_sub(head.len() + 3);
    Some(format!("{head}{}\"}}}}", "x".repeat(fill)).into_bytes())
}

/// JSON as the recorder wrote it, with a space after commas and colons: errors quote it.
fn spaced(value: &Value) -> String {
    struct Spaced;
    impl serde_json::ser::Formatter for Spaced {
        fn begin_array_value<W: ?Sized + std::io::Write>(&mut self, out: &mut W, first: bool) -> std::io::Result<()> {
            if first { Ok(()) } else { out.write_all(b", ") }
        }

        fn begin_object_key<W: ?Sized + std::io::Write>(&mut self, out: &mut W, first: bool) -> std::io::Result<()> {
            if first { Ok(()) } else { out.write_all(b", ") }
        }

        fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, out: &mut W) -> std::io::Result<()> {
            out.write_all(b": ")
        }
    }
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, Spaced);
    if serde::Serialize::serialize(value, &mut serializer).is_err() {
        return value.to_string();
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// The members of a value that a recorded part has.
fn part(recorded: &Value, ours: &Value) -> Value {
    match (recorded, ours) {
        (Value::Object(recorded), Value::Object(ours)) => Value::Object(
            recorded
                .iter()
                .filter_map(|(name, member)| Some((name.clone(), part(member, ours.get(name)?))))
                .collect(),
        ),
        (Value::Array(recorded), Value::Array(ours)) if recorded.iter().all(Value::is_object) => {
            // An element of the part is found by its name.
            let name = |value: &Value| {
                value
                    .pointer("/metadata/name")
                    .or_else(|| value.get("version"))
                    .cloned()
            };
            let found = recorded.iter().filter_map(|element| {
                let ours = ours.iter().find(|ours| name(ours) == name(element))?;
                Some(part(element, ours))
            });
            Value::Array(found.collect())
        }
        (_, ours) => ours.clone(),
    }
}

fn text_of(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).map(Value::to_string).unwrap_or_default()
}

fn headers(headers: &HeaderMap) -> Value {
    let mut shown = Map::new();
    for name in KEPT {
        let values: Vec<Value> = headers
            .get_all(name)
            .iter()
            .filter_map(|value| std::str::from_utf8(value.as_bytes()).ok())
            .map(Value::from)
            .collect();
        match values.as_slice() {
            [] => {}
            [one] => drop(shown.insert(name.to_owned(), one.clone())),
            _ => drop(shown.insert(name.to_owned(), Value::Array(values))),
        }
    }
    Value::Object(shown)
}

/// Lines of a stream.
struct Lines {
    stream: axum::body::BodyDataStream,
    buffer: Vec<u8>,
    ended: bool,
}

impl Lines {
    fn new(body: Body) -> Self {
        Self {
            stream: body.into_data_stream(),
            buffer: Vec::new(),
            ended: false,
        }
    }

    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).unwrap_or_default());
            }
            match self.stream.next().await {
                Some(Ok(bytes)) => self.buffer.extend_from_slice(&bytes),
                _ => {
                    self.ended = true;
                    return None;
                }
            }
        }
    }

    /// Reads until there are so many lines, without bookmarks that were not recorded there.
    async fn read(&mut self, lines: &mut Vec<Value>, until: usize, recorded: &[Value]) {
        while lines.len() < until {
            let Some(line) = self.next().await else { return };
            let plain = line["type"] == "BOOKMARK" && line["object"]["metadata"].get("annotations").is_none();
            if plain
                && recorded
                    .get(lines.len())
                    .is_none_or(|wanted| wanted["type"] != "BOOKMARK")
            {
                continue;
            }
            lines.push(line);
        }
    }

    /// Whether something else comes, or nothing ever does.
    async fn goes_on(&mut self) -> bool {
        loop {
            if self.ended {
                return false;
            }
            match self.next().await {
                None => return false,
                Some(line) if line["type"] == "BOOKMARK" => {}
                Some(_) => return true,
            }
        }
    }
}
