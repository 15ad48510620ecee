//! The layers and how they are laid over each other.

use std::collections::BTreeMap;
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::deserialize;
use crate::error::{ConfigError, Origin};

/// The services that have a table of their own in a shared file and a prefix of their own in the environment.
pub const SERVICES: &[&str] = &[
    "frontend",
    "worker",
    "monitor",
    "maintenance",
    "portal",
    "operator",
    "mirror",
    "deploy",
];

/// A value with the place it came from.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) origin: Origin,
    pub(crate) value: Value,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Table(BTreeMap<String, Node>),
    Array(Vec<Node>),
    Text(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
    /// From a variable or flag: text whose kind the reading struct decides.
    Untyped(String),
}

impl Node {
    fn from_toml(value: toml::Value, origin: &Origin) -> Node {
        let value = match value {
            toml::Value::String(text) => Value::Text(text),
            toml::Value::Integer(number) => Value::Integer(number),
            toml::Value::Float(number) => Value::Float(number),
            toml::Value::Boolean(flag) => Value::Bool(flag),
            toml::Value::Datetime(time) => Value::Text(time.to_string()),
            toml::Value::Array(items) => {
                Value::Array(items.into_iter().map(|item| Node::from_toml(item, origin)).collect())
            }
            toml::Value::Table(table) => Value::Table(
                table
                    .into_iter()
                    .map(|(key, value)| (key, Node::from_toml(value, origin)))
                    .collect(),
            ),
        };
        Node {
            origin: origin.clone(),
            value,
        }
    }

    /// Lays `upper` over `self`: tables merge by key, everything else is replaced.
    fn overlay(&mut self, upper: Node) {
        match (&mut self.value, upper.value) {
            (Value::Table(lower), Value::Table(upper)) => {
                for (key, node) in upper {
                    match lower.get_mut(&key) {
                        Some(below) => below.overlay(node),
                        None => {
                            lower.insert(key, node);
                        }
                    }
                }
            }
            (value, upper_value) => {
                *value = upper_value;
                self.origin = upper.origin;
            }
        }
    }

    /// A tree with one leaf at `path`.
    fn leaf(path: &[&str], text: String, origin: &Origin) -> Node {
        match path.split_first() {
            None => Node {
                origin: origin.clone(),
                value: Value::Untyped(text),
            },
            Some((first, rest)) => Node {
                origin: origin.clone(),
                value: Value::Table(BTreeMap::from([((*first).to_string(), Node::leaf(rest, text, origin))])),
            },
        }
    }
}

/// Reads the layers of one service's configuration. Call [`Loader::file`], [`Loader::environment`] and
/// [`Loader::flag`] in this order: each lies over what came before.
#[derive(Debug)]
pub struct Loader {
    service: String,
    root: Node,
}

impl Loader {
    /// Starts with nothing but the defaults of the struct. `service` is one of [`SERVICES`].
    pub fn new(service: &str) -> Loader {
        let root = Node {
            origin: Origin::Flag("default".to_string()),
            value: Value::Table(BTreeMap::new()),
        };
        Loader {
            service: service.to_string(),
            root,
        }
    }

    /// Adds a TOML file.
    ///
    /// # Errors
    /// When the file cannot be read or is no TOML.
    pub fn file(self, path: &Path) -> Result<Loader, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Read {
            path: path.to_path_buf(),
            reason: error.to_string(),
        })?;
        self.text(path, &text)
    }

    /// Adds TOML text; `name` is what errors call it.
    ///
    /// # Errors
    /// When the text is no TOML.
    pub fn text(mut self, name: impl AsRef<Path>, text: &str) -> Result<Loader, ConfigError> {
        let path = name.as_ref().to_path_buf();
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| ConfigError::Syntax {
            path: path.clone(),
            // The rendered error of the parser quotes the line, which may hold a secret; its message does not.
            reason: match error.span() {
                Some(span) => format!("{} (line {})", error.message(), line_of(text, span.start)),
                None => error.message().to_string(),
            },
        })?;
        let origin = Origin::File(path);
        let (mut shared, mut own) = (toml::Table::new(), toml::Table::new());
        for (key, value) in table {
            match value {
                toml::Value::Table(inner) if key == self.service => own = inner,
                toml::Value::Table(_) if SERVICES.contains(&key.as_str()) => {}
                value => {
                    shared.insert(key, value);
                }
            }
        }
        self.root.overlay(Node::from_toml(toml::Value::Table(shared), &origin));
        self.root.overlay(Node::from_toml(toml::Value::Table(own), &origin));
        Ok(self)
    }

    /// Adds environment variables: `ARO_<SECTION>__<KEY>`, then `ARO_<SERVICE>__<SECTION>__<KEY>` over them. Names
    /// without two underscores after the prefix are not configuration and are left alone. Pass `std::env::vars()`.
    ///
    /// # Errors
    /// When a name has an empty part.
    pub fn environment(mut self, vars: impl IntoIterator<Item = (String, String)>) -> Result<Loader, ConfigError> {
        let mut own = Vec::new();
        let mut shared = Vec::new();
        for (name, value) in vars {
            let Some(rest) = name.strip_prefix("ARO_") else {
                continue;
            };
            if !rest.contains("__") {
                continue;
            }
            let lower = rest.to_ascii_lowercase();
            let mut parts: Vec<&str> = lower.split("__").collect();
            if parts.iter().any(|part| part.is_empty()) {
                return Err(ConfigError::invalid(format!(
                    "the environment variable {name} has an empty part; write ARO_<SECTION>__<KEY>"
                )));
            }
            let origin = Origin::Environment(name.clone());
            if parts[0] == self.service {
                parts.remove(0);
                own.push(Node::leaf(&parts, value, &origin));
            } else if !SERVICES.contains(&parts[0]) {
                shared.push(Node::leaf(&parts, value, &origin));
            }
        }
        for node in shared.into_iter().chain(own) {
            self.root.overlay(node);
        }
        Ok(self)
    }

    /// Adds a command line flag that was given: `key` is the path in the struct with dots, `name` the flag as the user
    /// wrote it.
    #[must_use]
    pub fn flag(mut self, key: &str, name: &str, value: impl ToString) -> Loader {
        let parts: Vec<&str> = key.split('.').collect();
        self.root
            .overlay(Node::leaf(&parts, value.to_string(), &Origin::Flag(name.to_string())));
        self
    }

    /// As [`Loader::flag`], when the flag was given.
    #[must_use]
    pub fn flag_if_given(self, key: &str, name: &str, value: Option<impl ToString>) -> Loader {
        match value {
            Some(value) => self.flag(key, name, value),
            None => self,
        }
    }

    /// Reads the struct from the layers.
    ///
    /// # Errors
    /// An unknown key or a value of the wrong kind, with its path and where it was set.
    pub fn load<T: DeserializeOwned>(self) -> Result<T, ConfigError> {
        deserialize::read(&self.root)
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
