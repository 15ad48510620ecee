//! Ports and commands over SPDY: a connection of its own (`Upgrade: SPDY/3.1`), or one inside a WebSocket.
//!
//! | streams | of a port | of a command |
//! |---|---|---|
//! | `streamtype` | `error`, `data`: a pair for each connection, same `requestid` | `error`, `stdin`, `stdout`, `stderr`, `resize` |
//! | the error stream ends with | nothing, or what went wrong | a `Status` |

use std::collections::HashMap;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, WriteHalf};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::spdy::{Decoder, Encoder, Frame, SpdyError, data, pong};
use super::streams::outcome;
use crate::call::{Body, Reply};
use crate::content::{ExecRequest, Port};
use crate::server::Inner;
use crate::status::Status;

/// The protocol as `Upgrade` names it.
const SPDY: &str = "SPDY/3.1";
/// Frames that wait for a slow client.
const WAITING: usize = 16;
const PORTION: usize = 16 * 1024;

/// What is done with the streams of a connection.
pub(super) enum Work {
    Ports,
    Command(ExecRequest),
}

/// Whether a request asks for a SPDY connection.
pub(super) fn is_asked(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(header::UPGRADE).and_then(|value| value.to_str().ok());
    upgrade.is_some_and(|protocol| protocol.eq_ignore_ascii_case(SPDY))
}

/// Switches to SPDY and works on the streams that come.
pub(super) fn accept(
    server: &Arc<Inner>,
    pod: &Value,
    work: Work,
    parts: &mut http::request::Parts,
    protocols: &[&'static str],
) -> Result<Reply, Status> {
    let offered: Vec<&str> = parts
        .headers
        .get_all("X-Stream-Protocol-Version")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    let Some(protocol) = protocols.iter().find(|known| offered.contains(known)) else {
        let known = protocols.join(", ");
        return Err(Status::new(
            403,
            "Forbidden",
            format!("no known stream protocol, known are: {known}"),
        ));
    };
    let Some(upgrade) = parts.extensions.remove::<OnUpgrade>() else {
        return Err(Status::bad_request("Upgrade request required"));
    };
    let (server, pod) = (Arc::clone(server), pod.clone());
    tokio::spawn(async move {
        let connection = match upgrade.await {
            Ok(connection) => connection,
            Err(error) => {
                tracing::debug!(%error, "the upgrade failed");
                return;
            }
        };
        let (reader, mut writer) = tokio::io::split(TokioIo::new(connection));
        let incoming = futures::stream::unfold(reader, |mut reader| async move {
            let mut portion = BytesMut::with_capacity(PORTION);
            match reader.read_buf(&mut portion).await {
                Ok(1..) => Some((portion.freeze(), reader)),
                _ => None,
            }
        });
        let (out, mut frames) = mpsc::channel::<Bytes>(WAITING);
        let writing = async {
            while let Some(frame) = frames.recv().await {
                if writer.write_all(&frame).await.is_err() {
                    return;
                }
            }
        };
        let stop = server.stopping.clone();
        let working = serve(&server, &pod, work, Box::pin(incoming), out);
        tokio::select! {
            () = stop.cancelled() => {}
            ((), ()) = async { tokio::join!(working, writing) } => {}
        }
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static(SPDY));
    headers.insert("X-Stream-Protocol-Version", HeaderValue::from_static(protocol));
    Ok(Reply::Made(response))
}

/// Works on the streams of one connection until the client goes.
pub(super) async fn serve(
    server: &Inner,
    pod: &Value,
    work: Work,
    incoming: impl Stream<Item = Bytes> + Unpin + Send,
    out: mpsc::Sender<Bytes>,
) {
    let worked = match work {
        Work::Ports => ports(server, pod, incoming, out).await,
        Work::Command(request) => command(server, pod, &request, incoming, out).await,
    };
    if let Err(error) = worked {
        tracing::debug!(%error, "a client's streams cannot be read");
    }
}

/// The frames of a connection; streams are accepted and pings answered on the way.
struct Frames<S> {
    incoming: S,
    decoder: Decoder,
    encoder: Encoder,
    out: mpsc::Sender<Bytes>,
}

impl<S: Stream<Item = Bytes> + Unpin> Frames<S> {
    fn new(incoming: S, out: mpsc::Sender<Bytes>) -> Result<Self, SpdyError> {
        Ok(Self {
            incoming,
            decoder: Decoder::new()?,
            encoder: Encoder::default(),
            out,
        })
    }

    async fn next(&mut self) -> Result<Option<Frame>, SpdyError> {
        loop {
            let Some(frame) = self.decoder.next()? else {
                match self.incoming.next().await {
                    Some(bytes) => self.decoder.feed(&bytes),
                    None => return Ok(None),
                }
                continue;
            };
            let answer = match &frame {
                Frame::Open { stream, .. } => self.encoder.reply(*stream),
                Frame::Ping { id } => pong(*id),
                Frame::GoAway => return Ok(None),
                Frame::Data { .. } | Frame::Reset { .. } => return Ok(Some(frame)),
            };
            if self.out.send(answer).await.is_err() {
                return Ok(None);
            }
            if matches!(frame, Frame::Open { .. }) {
                return Ok(Some(frame));
            }
        }
    }
}

fn named<'a>(headers: &'a [(String, String)], name: &str) -> &'a str {
    let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map_or("", |(_, value)| value.as_str())
}

async fn ports(
    server: &Inner,
    pod: &Value,
    incoming: impl Stream<Item = Bytes> + Unpin,
    out: mpsc::Sender<Bytes>,
) -> Result<(), SpdyError> {
    let mut frames = Frames::new(incoming, out.clone())?;
    // Error streams by the request they belong to, and ports by their data streams.
    let mut errors: HashMap<String, u32> = HashMap::new();
    let mut writers: HashMap<u32, WriteHalf<Box<dyn Port>>> = HashMap::new();
    let mut tasks = JoinSet::new();
    while let Some(frame) = frames.next().await? {
        match frame {
            Frame::Open { stream, headers } => {
                let request = named(&headers, "requestid").to_owned();
                if named(&headers, "streamtype") == "error" {
                    errors.insert(request, stream);
                    continue;
                }
                let error = errors.remove(&request);
                let number: u16 = named(&headers, "port").parse().unwrap_or_default();
                match server.content.port(pod, number) {
                    None => {
                        let why = format!("error forwarding port {number} to pod: connection refused");
                        tasks.spawn(end(out.clone(), stream, error, why));
                    }
                    Some(port) => {
                        let (mut reader, writer) = tokio::io::split(port);
                        writers.insert(stream, writer);
                        let out = out.clone();
                        tasks.spawn(async move {
                            let mut buffer = vec![0; PORTION];
                            while let Ok(read @ 1..) = reader.read(&mut buffer).await {
                                if out.send(data(stream, &buffer[..read], false)).await.is_err() {
                                    return;
                                }
                            }
                            end(out, stream, error, String::new()).await;
                        });
                    }
                }
            }
            Frame::Data { stream, bytes, last } => {
                if let Some(writer) = writers.get_mut(&stream) {
                    let written = writer.write_all(&bytes).await;
                    if last || written.is_err() {
                        if let Err(error) = writer.shutdown().await {
                            tracing::trace!(%error, "the port was closed first");
                        }
                        writers.remove(&stream);
                    }
                }
            }
            Frame::Reset { stream } => drop(writers.remove(&stream)),
            Frame::Ping { .. } | Frame::GoAway => {}
        }
        while tasks.try_join_next().is_some() {}
    }
    Ok(())
}

/// Ends a connection to a port: its error stream says why, or just ends.
async fn end(out: mpsc::Sender<Bytes>, stream: u32, error: Option<u32>, why: String) {
    let frames = [
        Some(data(stream, b"", true)),
        error.map(|error| data(error, why.as_bytes(), true)),
    ];
    for frame in frames.into_iter().flatten() {
        if out.send(frame).await.is_err() {
            return;
        }
    }
}

async fn command(
    server: &Inner,
    pod: &Value,
    request: &ExecRequest,
    incoming: impl Stream<Item = Bytes> + Unpin,
    out: mpsc::Sender<Bytes>,
) -> Result<(), SpdyError> {
    let mut frames = Frames::new(incoming, out.clone())?;
    let mut streams: HashMap<String, u32> = HashMap::new();
    let mut wanted = vec!["error", "stdout"];
    if request.stdin {
        wanted.push("stdin");
    }
    if !request.tty {
        wanted.push("stderr");
    }
    let mut input = Vec::new();
    let mut ended = !request.stdin;
    while !ended || !wanted.iter().all(|kind| streams.contains_key(*kind)) {
        match frames.next().await? {
            None => return Ok(()),
            Some(Frame::Open { stream, headers }) => {
                streams.insert(named(&headers, "streamtype").to_owned(), stream);
            }
            Some(Frame::Data { stream, bytes, last }) if streams.get("stdin") == Some(&stream) => {
                input.extend_from_slice(&bytes);
                // A terminal has no end of input: a line is what there is.
                ended |= last || (request.tty && bytes.ends_with(b"\n"));
            }
            Some(_) => {}
        }
    }
    let output = server.content.exec(pod, request, input).await;
    let status = outcome(&output).to_string();
    for (kind, bytes) in [
        ("stdout", output.stdout.as_slice()),
        ("stderr", output.stderr.as_slice()),
        ("error", status.as_bytes()),
    ] {
        let Some(stream) = streams.get(kind) else { continue };
        for portion in bytes.chunks(PORTION) {
            if out.send(data(*stream, portion, false)).await.is_err() {
                return Ok(());
            }
        }
        if out.send(data(*stream, b"", true)).await.is_err() {
            return Ok(());
        }
    }
    // The client goes when it has read everything.
    while frames.next().await?.is_some() {}
    Ok(())
}
