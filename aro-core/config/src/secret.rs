//! A secret in a configuration: read like a string, never shown.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// A secret value of a configuration file or variable. `Debug` and `Serialize` show `[REDACTED]`; the memory is
/// overwritten when it is dropped.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ConfigSecret(Zeroizing<String>);

impl ConfigSecret {
    /// Wraps a secret.
    pub fn new(value: impl Into<String>) -> ConfigSecret {
        ConfigSecret(Zeroizing::new(value.into()))
    }

    /// The secret itself, for the one call that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether nothing was set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for ConfigSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

impl Serialize for ConfigSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("[REDACTED]")
    }
}

impl<'de> Deserialize<'de> for ConfigSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Serde's own message for a wrong type quotes the value, so the value is taken as what it is first.
        struct SecretVisitor;
        impl serde::de::Visitor<'_> for SecretVisitor {
            type Value = ConfigSecret;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a secret as text")
            }
            fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<ConfigSecret, E> {
                Ok(ConfigSecret::new(value))
            }
            fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<ConfigSecret, E> {
                Err(E::custom("a secret must be text in quotes"))
            }
            fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<ConfigSecret, E> {
                Err(E::custom("a secret must be text in quotes"))
            }
        }
        deserializer.deserialize_str(SecretVisitor)
    }
}
