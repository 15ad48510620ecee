//! Logs, commands, ports and proxies: what goes to a pod rather than to storage.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts as _;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use http::{HeaderValue, Response, header};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::tunnel;
use crate::call::{Body, Call, Reply, Target};
use crate::content::{ExecOutput, ExecRequest, LogRequest, ProxyTarget};
use crate::server::Inner;
use crate::status::{Cause, Qualified, Status};
use crate::verbs::create::success;

/// Sub-protocols of commands, best first.
const EXEC_PROTOCOLS: [&str; 2] = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
const PORT_PROTOCOLS: [&str; 3] = [PORT_TUNNEL, "v4.channel.k8s.io", "portforward.k8s.io"];
/// A SPDY connection inside a WebSocket.
const PORT_TUNNEL: &str = "SPDY/3.1+portforward.k8s.io";
/// Sub-protocols over SPDY.
const SPDY_EXEC: [&str; 2] = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
const SPDY_PORTS: [&str; 1] = ["portforward.k8s.io"];
/// Messages that wait for a slow client.
const WAITING: usize = 16;
/// How long a command may wait for the end of its input.
const PATIENCE: Duration = Duration::from_secs(600);

/// How long the client may take to close its side.
const GOODBYE: Duration = Duration::from_secs(5);
/// Close code of an orderly end.
const NORMAL: u16 = 1000;

const STDIN: u8 = 0;
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const ERROR: u8 = 3;
/// In v5, a client closes a channel with this and the number of the channel.
const CLOSE: u8 = 255;

pub(crate) async fn answer(
    server: &Arc<Inner>,
    call: &Call,
    target: &Target,
    parts: &mut http::request::Parts,
) -> Result<Reply, Status> {
    let name = target.subresource.as_ref().map(|sub| sub.name).unwrap_or_default();
    if name == "proxy" {
        return proxy(server, call, target, parts);
    }
    let pod = {
        let world = server.world();
        world
            .state
            .get(&target.resource.storage, &target.key())
            .cloned()
            .ok_or_else(|| Status::not_found(target.resource.qualified(), &target.name))?
    };
    match name {
        "log" => log(server, call, target, &pod),
        "portforward" => {
            addressed(server, &pod)?;
            ports(server, &pod, call, parts).await
        }
        _ => exec(server, call, target, &pod, parts).await,
    }
}

/// The container asked for, or the first one.
fn container(call: &Call, target: &Target, pod: &Value) -> Result<String, Status> {
    let names: Vec<&str> = ["containers", "initContainers", "ephemeralContainers"]
        .into_iter()
        .filter_map(|list| pod.pointer(&format!("/spec/{list}")).and_then(Value::as_array))
        .flatten()
        .filter_map(|container| container["name"].as_str())
        .collect();
    match call.query.get("container") {
        None => {
            let of = |list: &str| -> Vec<&str> {
                let containers = pod["spec"][list].as_array().into_iter().flatten();
                containers.filter_map(|container| container["name"].as_str()).collect()
            };
            let (own, before) = (of("containers"), of("initContainers"));
            if let [only] = own.as_slice() {
                return Ok((*only).to_owned());
            }
            let mut why = format!("a container name must be specified for pod {}", target.name);
            if !own.is_empty() {
                why.push_str(&format!(", choose one of: [{}]", own.join(" ")));
            }
            if !before.is_empty() {
                why.push_str(&format!(" or one of the init containers: [{}]", before.join(" ")));
            }
            Err(Status::bad_request(why))
        }
        Some(wanted) if names.contains(&wanted) => Ok(wanted.to_owned()),
        Some(wanted) => Err(Status::bad_request(format!(
            "container {wanted} is not valid for pod {}",
            target.name
        ))),
    }
}

/// A node that says where it is not to be reached cannot be asked. One that is not there at all is nobody's concern.
fn addressed(server: &Inner, pod: &Value) -> Result<(), Status> {
    let node = pod
        .pointer("/spec/nodeName")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let world = server.world();
    let silent = world.state.get("nodes", node).is_some_and(|node| {
        node.pointer("/status/addresses")
            .and_then(Value::as_array)
            .is_none_or(Vec::is_empty)
    });
    if silent {
        return Err(Status::internal("no preferred addresses found; known addresses: []"));
    }
    Ok(())
}

/// Nothing can be had from a pod that runs nowhere.
fn scheduled(pod: &Value) -> bool {
    pod.pointer("/spec/nodeName")
        .and_then(Value::as_str)
        .is_some_and(|node| !node.is_empty())
}

/// Refuses options of a log that make no sense.
fn log_options(call: &Call, target: &Target) -> Result<(), Status> {
    let mut causes = Vec::new();
    let number = |name: &str| call.query.get(name).and_then(|text| text.parse::<i64>().ok());
    for (name, least, why) in [
        ("tailLines", 0, "must be greater than or equal to 0"),
        ("limitBytes", 1, "must be greater than 0"),
    ] {
        if let Some(value) = number(name).filter(|value| *value < least) {
            causes.push(Cause::invalid(name, &value.into(), why));
        }
    }
    if call.query.get("sinceSeconds").is_some() && call.query.get("sinceTime").is_some() {
        causes.push(Cause::forbidden(
            "",
            "at most one of `sinceTime` or `sinceSeconds` may be specified",
        ));
    } else if let Some(value) = number("sinceSeconds").filter(|value| *value < 1) {
        causes.push(Cause::invalid("sinceSeconds", &value.into(), "must be greater than 0"));
    }
    if causes.is_empty() {
        return Ok(());
    }
    let kind = Qualified {
        name: "PodLogOptions",
        group: "",
    };
    Err(Status::invalid(kind, &target.name, &causes))
}

fn log(server: &Inner, call: &Call, target: &Target, pod: &Value) -> Result<Reply, Status> {
    log_options(call, target)?;
    let container = container(call, target, pod)?;
    addressed(server, pod)?;
    let request = LogRequest {
        container,
        follow: call.query.flag("follow"),
        previous: call.query.flag("previous"),
        tail_lines: call.query.number("tailLines"),
        since_seconds: call.query.number("sinceSeconds"),
        timestamps: call.query.flag("timestamps"),
        limit_bytes: call.query.number("limitBytes"),
    };
    let body = if scheduled(pod) {
        let stop = server.stopping.clone().cancelled_owned();
        Body::from_stream(
            server
                .content
                .log(pod, &request)
                .map(Ok::<Bytes, std::convert::Infallible>)
                .take_until(stop),
        )
    } else {
        Body::empty()
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    Ok(Reply::Made(response))
}

async fn upgrade(
    parts: &mut http::request::Parts,
    protocols: &'static [&'static str],
) -> Result<WebSocketUpgrade, Status> {
    // The method of an upgrade over HTTP/1.1 is GET; older clients say POST.
    match WebSocketUpgrade::from_request_parts(parts, &()).await {
        Ok(upgrade) => Ok(upgrade.protocols(protocols.iter().copied())),
        Err(_) => Err(Status::bad_request("Upgrade request required")),
    }
}

async fn exec(
    server: &Arc<Inner>,
    call: &Call,
    target: &Target,
    pod: &Value,
    parts: &mut http::request::Parts,
) -> Result<Reply, Status> {
    let container = container(call, target, pod)?;
    addressed(server, pod)?;
    if !scheduled(pod) {
        return Err(Status::bad_request(format!(
            "pod {} does not have a host assigned",
            target.name
        )));
    }
    let request = ExecRequest {
        container,
        command: call.query.all("command").map(str::to_owned).collect(),
        tty: call.query.flag("tty"),
        stdin: call.query.flag("stdin"),
    };
    if tunnel::is_asked(&parts.headers) {
        return tunnel::accept(server, pod, tunnel::Work::Command(request), parts, &SPDY_EXEC);
    }
    let upgrade = upgrade(parts, &EXEC_PROTOCOLS).await?;
    let (server, pod) = (Arc::clone(server), pod.clone());
    Ok(Reply::Made(upgrade.on_upgrade(move |socket| async move {
        let stop = server.stopping.clone();
        tokio::select! {
            () = stop.cancelled() => {}
            () = run(server, pod, request, socket) => {}
        }
    })))
}

async fn run(server: Arc<Inner>, pod: Value, request: ExecRequest, mut socket: WebSocket) {
    let mut input = Vec::new();
    if request.stdin {
        let all = async {
            while let Some(Ok(message)) = socket.recv().await {
                match message {
                    Message::Binary(bytes) => match bytes.split_first() {
                        Some((&STDIN, rest)) => {
                            input.extend_from_slice(rest);
                            // A terminal has no end of input: a line is what there is.
                            if request.tty && rest.ends_with(b"\n") {
                                break;
                            }
                        }
                        Some((&CLOSE, rest)) if rest.first() == Some(&STDIN) => break,
                        _ => {}
                    },
                    Message::Close(_) => break,
                    _ => {}
                }
            }
        };
        if tokio::time::timeout(PATIENCE, all).await.is_err() {
            tracing::debug!("no end of input came");
        }
    }
    let output = server.content.exec(&pod, &request, input).await;
    let frames = [
        (STDOUT, output.stdout.clone()),
        (STDERR, output.stderr.clone()),
        (ERROR, outcome(&output).to_string().into_bytes()),
    ];
    for (channel, bytes) in frames {
        if bytes.is_empty() {
            continue;
        }
        let mut frame = Vec::with_capacity(bytes.len() + 1);
        frame.push(channel);
        frame.extend(bytes);
        if socket.send(Message::Binary(frame.into())).await.is_err() {
            return;
        }
    }
    let goodbye = CloseFrame {
        code: NORMAL,
        reason: "".into(),
    };
    if let Err(error) = socket.send(Message::Close(Some(goodbye))).await {
        tracing::trace!(%error, "the client was gone first");
    }
    // The client closes its side before the connection may end.
    let last = async { while let Some(Ok(_)) = socket.recv().await {} };
    if tokio::time::timeout(GOODBYE, last).await.is_err() {
        tracing::trace!("the client did not say goodbye");
    }
}

pub(super) fn outcome(output: &ExecOutput) -> Value {
    if output.code == 0 {
        return success(None, None);
    }
    let code = output.code.to_string();
    json!({
        "metadata": {},
        "status": "Failure",
        "message": format!("command terminated with non-zero exit code: exit status {code}"),
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": code}]},
    })
}

async fn ports(
    server: &Arc<Inner>,
    pod: &Value,
    call: &Call,
    parts: &mut http::request::Parts,
) -> Result<Reply, Status> {
    let wanted: Vec<u16> = call
        .query
        .all("ports")
        .flat_map(|text| text.split(','))
        .filter_map(|text| text.parse().ok())
        .collect();
    if tunnel::is_asked(&parts.headers) {
        return tunnel::accept(server, pod, tunnel::Work::Ports, parts, &SPDY_PORTS);
    }
    let upgrade = upgrade(parts, &PORT_PROTOCOLS).await?;
    let (server, pod) = (Arc::clone(server), pod.clone());
    Ok(Reply::Made(upgrade.on_upgrade(move |socket| async move {
        let stop = server.stopping.clone();
        tokio::select! {
            () = stop.cancelled() => {}
            () = async {
                if socket.protocol().is_some_and(|protocol| protocol == PORT_TUNNEL) {
                    tunnelled(&server, &pod, socket).await;
                } else {
                    forward(&server, &pod, &wanted, socket).await;
                }
            } => {}
        }
    })))
}

/// A SPDY connection in the binary messages of a WebSocket.
async fn tunnelled(server: &Inner, pod: &Value, socket: WebSocket) {
    let (mut sink, incoming) = socket.split();
    let incoming = incoming.filter_map(|message| {
        std::future::ready(match message {
            Ok(Message::Binary(bytes)) => Some(bytes),
            _ => None,
        })
    });
    let (out, mut frames) = tokio::sync::mpsc::channel::<Bytes>(WAITING);
    let writing = async {
        while let Some(frame) = frames.recv().await {
            if sink.send(Message::Binary(frame)).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(
        tunnel::serve(server, pod, tunnel::Work::Ports, Box::pin(incoming), out),
        writing
    );
}

/// Each port has two channels: data, then errors; each starts with the number of the port.
async fn forward(server: &Inner, pod: &Value, wanted: &[u16], socket: WebSocket) {
    let (mut out, mut incoming) = socket.split();
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<Message>(WAITING);
    let mut writers = Vec::new();
    let mut tasks = tokio::task::JoinSet::new();
    for (index, port) in wanted.iter().enumerate() {
        let Ok(channel) = u8::try_from(index * 2) else { break };
        for number in [channel, channel + 1] {
            let [low, high] = port.to_le_bytes();
            let frame = vec![number, low, high];
            if out.send(Message::Binary(frame.into())).await.is_err() {
                return;
            }
        }
        match server.content.port(pod, *port) {
            None => {
                let mut frame = vec![channel + 1];
                frame.extend(format!("error forwarding port {port}: connection refused").into_bytes());
                if out.send(Message::Binary(frame.into())).await.is_err() {
                    return;
                }
                writers.push(None);
            }
            Some(stream) => {
                let (mut reader, writer) = tokio::io::split(stream);
                writers.push(Some(writer));
                let sender = sender.clone();
                tasks.spawn(async move {
                    let mut buffer = vec![0; 16 * 1024];
                    while let Ok(read) = reader.read(&mut buffer).await {
                        if read == 0 {
                            break;
                        }
                        let mut frame = vec![channel];
                        frame.extend_from_slice(&buffer[..read]);
                        if sender.send(Message::Binary(frame.into())).await.is_err() {
                            break;
                        }
                    }
                });
            }
        }
    }
    drop(sender);
    let mut readers_left = !tasks.is_empty();
    loop {
        tokio::select! {
            message = receiver.recv(), if readers_left => match message {
                Some(message) => {
                    if out.send(message).await.is_err() {
                        return;
                    }
                }
                None => readers_left = false,
            },
            message = incoming.next() => match message {
                Some(Ok(Message::Binary(bytes))) => {
                    let Some((&channel, data)) = bytes.split_first() else { continue };
                    let index = usize::from(channel / 2);
                    if channel % 2 == 0
                        && let Some(Some(writer)) = writers.get_mut(index)
                        && writer.write_all(data).await.is_err()
                    {
                        writers[index] = None;
                    }
                }
                Some(Ok(Message::Close(_))) | Some(Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
        }
    }
}

fn proxy(server: &Inner, call: &Call, target: &Target, parts: &http::request::Parts) -> Result<Reply, Status> {
    let to = ProxyTarget {
        resource: target.resource.plural.to_string(),
        namespace: target.namespace.clone().unwrap_or_default(),
        name: target.name.clone(),
    };
    let path = format!("/{}", target.rest.join("/"));
    let uri = match parts.uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    let mut request = http::Request::builder().method(parts.method.clone()).uri(uri);
    if let Some(headers) = request.headers_mut() {
        *headers = parts.headers.clone();
        headers.remove(header::AUTHORIZATION);
    }
    let request = request
        .body(call.body.clone())
        .map_err(|error| Status::bad_request(error.to_string()))?;
    match server.content.proxy(&to, request) {
        Some(response) => Ok(Reply::Made(response.map(Body::from))),
        None => Err(Status::new(
            503,
            "ServiceUnavailable",
            format!("no endpoints available for service \"{}\"", target.name),
        )),
    }
}
