//! What a connection is doing, so that it can be closed when it does nothing for too long.
//!
//! hyper's own limit for the head of a request also runs between requests, so one value would have to serve both. Here
//! a connection that has begun to send is held to the short limit, one that is silent between requests to the long one.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::CONNECTION;
use http::{HeaderValue, Request, Response, Version};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::service::Service;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

#[derive(Debug)]
struct State {
    in_flight: usize,
    /// Whether any request has come at all.
    used: bool,
    /// When the first bytes came that no request has been made of yet.
    head_since: Option<Instant>,
    quiet_since: Instant,
    /// Since when the peer has not taken what is sent to it.
    stuck_since: Option<Instant>,
}

/// Shared by the socket, the service and the watch of one connection.
#[derive(Debug, Clone)]
pub(super) struct Activity(Arc<Mutex<State>>, Arc<Notify>);

impl Activity {
    pub(super) fn new() -> Activity {
        Activity(
            Arc::new(Mutex::new(State {
                in_flight: 0,
                used: false,
                head_since: None,
                quiet_since: Instant::now(),
                stuck_since: None,
            })),
            Arc::default(),
        )
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bytes_came(&self) {
        let mut state = self.state();
        if state.in_flight == 0 && state.head_since.is_none() {
            state.head_since = Some(Instant::now());
        }
    }

    fn wrote<T>(&self, polled: &Poll<T>) {
        let mut state = self.state();
        match polled {
            Poll::Pending if state.stuck_since.is_none() => state.stuck_since = Some(Instant::now()),
            Poll::Pending => {}
            Poll::Ready(_) => state.stuck_since = None,
        }
    }

    fn request_began(&self) -> InFlight {
        let mut state = self.state();
        state.in_flight += 1;
        state.used = true;
        state.head_since = None;
        drop(state);
        self.1.notify_waiters();
        InFlight(self.clone())
    }

    /// Returns when the first request has come.
    pub(super) async fn used(&self) {
        let notified = self.1.notified();
        let mut notified = std::pin::pin!(notified);
        notified.as_mut().enable();
        if !self.state().used {
            notified.await;
        }
    }

    /// Returns when the connection should be closed: `head` after it began a request it does not finish sending, `idle`
    /// after it had none, `write` after it stopped to take what is sent. `None` for `head` where frames come that belong
    /// to no request (HTTP/2).
    pub(super) async fn until_overdue(&self, head: Option<Duration>, idle: Duration, write: Duration) {
        loop {
            let deadline = {
                let state = self.state();
                let step = head.unwrap_or(idle).min(idle).min(write);
                let usual = match (state.in_flight, state.head_since, head) {
                    (0, Some(since), Some(limit)) => since + limit,
                    (0, _, _) => state.quiet_since + idle,
                    // Looked at again after a time in which nothing can become overdue.
                    _ => Instant::now() + step,
                };
                state.stuck_since.map_or(usual, |since| usual.min(since + write))
            };
            if deadline <= Instant::now() {
                return;
            }
            // A limit that begins while this sleeps ends later than the sleep, or at most `head` after it.
            let step = head.unwrap_or(idle).min(idle).min(write);
            tokio::time::sleep_until(deadline.min(Instant::now() + step)).await;
        }
    }
}

/// A request that is being answered, or a reply that is being sent.
struct InFlight(Activity);

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.in_flight -= 1;
        state.quiet_since = Instant::now();
    }
}

/// A socket that tells of bytes that come in.
pub(super) struct Watched<I> {
    pub(super) io: I,
    pub(super) activity: Activity,
}

impl<I: Read + Unpin> Read for Watched<I> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.io).poll_read(cx, buf);
        if matches!(polled, Poll::Ready(Ok(()))) {
            self.activity.bytes_came();
        }
        polled
    }
}

impl<I: Write + Unpin> Write for Watched<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write(cx, buf);
        self.activity.wrote(&polled);
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.io).poll_flush(cx);
        self.activity.wrote(&polled);
        polled
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.activity.wrote(&polled);
        polled
    }
}

/// A service that tells of requests that are being answered, and once the service is to end asks clients of HTTP/1.1 to
/// close the connection after their reply: who is not asked may send its next request just as the connection is closed.
#[derive(Clone)]
pub(super) struct Counted<S> {
    pub(super) service: S,
    pub(super) activity: Activity,
    pub(super) ending: CancellationToken,
}

impl<S, B, R> Service<Request<B>> for Counted<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn call(&self, request: Request<B>) -> Self::Future {
        // HTTP/2 says goodbye on the connection itself, and without a race.
        let closes = request.version() <= Version::HTTP_11;
        let in_flight = self.activity.request_began();
        let ending = self.ending.clone();
        let answering = self.service.call(request);
        Box::pin(async move {
            let mut reply = answering.await;
            if let Ok(reply) = &mut reply
                && closes
                && ending.is_cancelled()
            {
                reply
                    .headers_mut()
                    .insert(CONNECTION, HeaderValue::from_static("close"));
            }
            drop(in_flight);
            reply
        })
    }
}
