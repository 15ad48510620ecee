//! A server that gives scripted replies, one connection each, and remembers what it was asked.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use aro_http::{CancellationToken, Client, ClientBuilder, HttpPace, OperationContext, Request, TransportConfig, json};
use http::Method;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use url::Url;

/// What the server does with one request.
pub enum Reply {
    /// Status, headers and body. `{base}` in a header becomes the server's address.
    Answer(u16, Vec<(&'static str, &'static str)>, &'static str),
    /// Closes the connection without an answer.
    Reset,
    /// Never answers.
    Silence,
}

/// What the server was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub line: String,
    pub headers: Vec<(String, String)>,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

pub struct Server {
    pub base: Url,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A status without headers or body.
pub fn status(status: u16) -> Reply {
    Reply::Answer(status, vec![], "")
}

impl Server {
    pub async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let mut replies: VecDeque<Reply> = replies.into_iter().collect();
        let (known, own) = (asked.clone(), base.clone());
        let task = tokio::spawn(async move {
            let mut silent = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some(request) = read(&mut stream).await else {
                    continue;
                };
                known.lock().unwrap().push(request);
                match replies.pop_front().unwrap_or_else(|| status(599)) {
                    Reply::Answer(status, headers, body) => answer(&mut stream, &own, status, &headers, body).await,
                    Reply::Reset => drop(stream),
                    Reply::Silence => silent.push(stream),
                }
            }
        });
        Self { base, asked, task }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// First lines of the requests without the protocol.
    pub fn lines(&self) -> Vec<String> {
        self.asked()
            .iter()
            .map(|asked| asked.line.trim_end_matches(" HTTP/1.1").to_owned())
            .collect()
    }

    pub fn url(&self, path: &str) -> Url {
        self.base.join(path).unwrap()
    }

    pub fn request(&self, method: Method, path: &str) -> Request {
        json::request::<()>(method, &self.url(path), &[], None).unwrap()
    }
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let mut lines = head.lines();
    let line = lines.next()?.to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| {
            line.split_once(": ")
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
        })
        .collect();
    let asked = Asked { line, headers };
    let length: usize = asked
        .header("content-length")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    while bytes.len() < end + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some(asked)
}

async fn answer(stream: &mut TcpStream, base: &Url, status: u16, headers: &[(&str, &str)], body: &str) {
    let mut text = format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        let value = value.replace("{base}", base.as_str().trim_end_matches('/'));
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.push_str(body);
    // A client that has gone needs no answer.
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// A pace that does not wait.
pub fn hasty() -> HttpPace {
    HttpPace {
        base_delay: Duration::ZERO,
        jitter: 0.0,
        try_timeout: Duration::from_secs(20),
        ..HttpPace::default()
    }
}

pub fn builder(pace: HttpPace) -> ClientBuilder {
    ClientBuilder::new(&TransportConfig::default(), pace).unwrap()
}

pub fn client() -> Client {
    builder(hasty()).build()
}

pub fn cancellable() -> (Client, CancellationToken) {
    let token = CancellationToken::new();
    (
        client().with_context(OperationContext::new("corr-1", token.clone())),
        token,
    )
}
