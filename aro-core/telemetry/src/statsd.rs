//! Metrics as statsd datagrams. The socket never blocks: a measurement that does not fit is dropped, as statsd expects.

use std::net::UdpSocket;

use crate::log::TelemetryError;
use crate::metrics::{Kind, Sink};

/// Sends each measurement to a statsd daemon over UDP, with labels as `|#name:value` tags.
#[derive(Debug)]
pub struct StatsdSink {
    socket: UdpSocket,
}

impl StatsdSink {
    /// A sink that sends to `address`, `host:port`.
    ///
    /// # Errors
    /// When no socket can be made or the address cannot be resolved.
    pub fn new(address: &str) -> Result<StatsdSink, TelemetryError> {
        let open = || {
            let socket = UdpSocket::bind("0.0.0.0:0")?;
            socket.connect(address)?;
            socket.set_nonblocking(true)?;
            Ok(socket)
        };
        open()
            .map(|socket| StatsdSink { socket })
            .map_err(|error: std::io::Error| TelemetryError::Statsd {
                address: address.to_string(),
                reason: error.to_string(),
            })
    }
}

fn datagram(kind: Kind, name: &str, labels: &[(String, String)], value: f64) -> String {
    let kind = match kind {
        Kind::Counter => "c",
        Kind::Gauge => "g",
        Kind::Histogram => "h",
    };
    let tags: Vec<String> = labels.iter().map(|(key, value)| format!("{key}:{value}")).collect();
    if tags.is_empty() {
        format!("{name}:{value}|{kind}")
    } else {
        format!("{name}:{value}|{kind}|#{}", tags.join(","))
    }
}

impl Sink for StatsdSink {
    fn record(&self, kind: Kind, name: &str, labels: &[(String, String)], value: f64) {
        // Nobody may be listening; a lost measurement must never disturb the work that is measured.
        let _ = self.socket.send(datagram(kind, name, labels, value).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Registry;
    use std::sync::Arc;
    use std::time::Duration;

    #[test]
    fn measurements_arrive_as_datagrams() {
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        server.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let sink = StatsdSink::new(&server.local_addr().unwrap().to_string()).unwrap();
        let registry = Registry::with_sink(Arc::new(sink));
        registry
            .counter("frontend.requests", "Requests.", &[("code", "200")])
            .inc();
        let mut buffer = [0; 256];
        let size = server.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..size], b"frontend.requests:1|c|#code:200");
    }
}
