//! What can be wrong with a configuration, said so that the reader knows what to change and where.

use std::fmt;
use std::path::PathBuf;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A configuration file, by its name.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// A command line flag, with its dashes.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File(path) => write!(f, "{}", path.display()),
            Origin::Environment(name) => write!(f, "the environment variable {name}"),
            Origin::Flag(name) => write!(f, "the flag {name}"),
        }
    }
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file {path} cannot be read ({reason}); check --config and the file's permissions", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        reason: String,
    },
    /// The file is no TOML.
    #[error("{path} is not valid TOML: {reason}", path = .path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, column and what was expected.
        reason: String,
    },
    /// A key that nothing asks for.
    #[error("unknown key {key} in {origin}; {hint}")]
    UnknownKey {
        /// The path of the key, with dots.
        key: String,
        /// Where it was set.
        origin: Origin,
        /// The keys that exist there, or what else to do.
        hint: String,
    },
    /// A value of the wrong kind.
    #[error("{key} (from {origin}) is not usable: {reason}")]
    Value {
        /// The path of the key, with dots.
        key: String,
        /// Where it was set.
        origin: Origin,
        /// What is wrong. Never quotes a secret.
        reason: String,
    },
    /// Something required is missing, or a rule over several keys does not hold.
    #[error("the configuration is not usable: {reason}")]
    Invalid {
        /// What is wrong and what to set.
        reason: String,
    },
    /// The configuration cannot be printed.
    #[error("the configuration cannot be printed: {reason}")]
    Print {
        /// What the serialiser says.
        reason: String,
    },
}

impl ConfigError {
    /// A rule of the service that does not hold: say what is wrong and what to set.
    pub fn invalid(reason: impl Into<String>) -> ConfigError {
        ConfigError::Invalid { reason: reason.into() }
    }
}
