//! Where log lines go and what they look like.

use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

/// How log lines are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogConfig {
    /// Lines for people, or one JSON object a line.
    pub format: LogFormat,
    /// What is logged, in the syntax of `tracing_subscriber::EnvFilter`: `info,aro_backend=debug`.
    pub filter: String,
    /// A file to append to instead of standard error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
}

impl Default for LogConfig {
    fn default() -> Self {
        LogConfig {
            format: LogFormat::Human,
            filter: "info".to_string(),
            file: None,
        }
    }
}

impl LogConfig {
    /// Where the lines go.
    pub fn output(&self) -> LogOutput {
        self.file.clone().map_or(LogOutput::Stderr, LogOutput::File)
    }
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Time, level, fields and message for people.
    #[default]
    Human,
    /// One JSON object a line, fields of the spans included.
    Json,
}

/// The destination of log lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogOutput {
    /// Standard error; standard output belongs to what a command prints.
    Stderr,
    /// A file, appended to.
    File(PathBuf),
}

/// Logging cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is not understood.
    #[error("the log filter {filter} is not understood ({reason}); write for example info,aro_backend=debug")]
    Filter {
        /// The filter as configured.
        filter: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The log file cannot be opened.
    #[error("the log file {path} cannot be opened ({reason}); choose another log.file", path = .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        reason: String,
    },
    /// Something else in this process set up logging first.
    #[error("logging is already set up in this process")]
    AlreadySet,
    /// The address for Prometheus cannot be used.
    #[error("measurements cannot be offered at {address}: {reason}; choose another metrics.listen")]
    Listen {
        /// The address as configured.
        address: std::net::SocketAddr,
        /// What the operating system says.
        reason: String,
    },
    /// The statsd address cannot be used.
    #[error("metrics cannot be sent to {address}: {reason}")]
    Statsd {
        /// The address as configured.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Sets up logging for the whole process, of panics too. Call once, first thing in `main`.
///
/// # Errors
/// When the filter is not understood, the file cannot be opened, or logging was set up before.
pub fn init(config: &LogConfig) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(&config.filter).map_err(|error| TelemetryError::Filter {
        filter: config.filter.clone(),
        reason: error.to_string(),
    })?;
    let (writer, colour) = match config.output() {
        LogOutput::Stderr => (
            BoxMakeWriter::new(std::io::stderr),
            std::io::IsTerminal::is_terminal(&std::io::stderr()),
        ),
        LogOutput::File(path) => {
            let file: File = OpenOptions::new()
                .create(true)
                .append(true)
                .open(&path)
                .map_err(|error| TelemetryError::File {
                    path,
                    reason: error.to_string(),
                })?;
            (BoxMakeWriter::new(Arc::new(file)), false)
        }
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(colour);
    std::panic::set_hook(Box::new(log_panic));
    match config.format {
        LogFormat::Human => builder.try_init(),
        LogFormat::Json => builder
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .try_init(),
    }
    .map_err(|_| TelemetryError::AlreadySet)
}

/// A panic becomes a log line with its place. Its text is shown only where it stands in the program: a text that was put
/// together at run time may quote anything, a secret too.
fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let text = panic
        .payload()
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or("(text withheld)");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, text, "panicked");
}
