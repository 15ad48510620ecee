//! Container registries: tokens, and the passwords that go with them.

use std::fmt;

use aro_http::AzureError;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::{ArmClient, Extra, Resource, secret_text};

/// Api-version of this service.
pub const API_VERSION: &str = "2020-11-01-preview";
/// The scope map that allows to pull from all repositories of a registry.
pub const PULL: &str = "_repositories_pull";

/// A token: a user name of a registry, with up to two passwords.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// Resource id; empty in requests.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Content.
    pub properties: TokenProperties,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Content of a token.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenProperties {
    /// What it may do.
    #[serde(default)]
    pub scope_map_id: String,
    /// `enabled` or `disabled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Which passwords there are, without their values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<TokenCredentials>,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Which passwords a token has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TokenCredentials {
    /// Up to two.
    #[serde(default)]
    pub passwords: Vec<KnownPassword>,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// A password, without its value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownPassword {
    /// `password1` or `password2`.
    pub name: PasswordName,
    /// When it was made.
    #[serde(
        default,
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub creation_time: Option<OffsetDateTime>,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Which of the two passwords of a token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PasswordName {
    /// The first.
    #[default]
    Password1,
    /// The second.
    Password2,
}

impl Resource for Token {
    const API_VERSION: &'static str = API_VERSION;
}

impl Token {
    /// The password whose turn it is to be replaced: one that is not there, else the older one.
    #[must_use]
    pub fn turn(&self) -> PasswordName {
        let passwords = self.properties.credentials.as_ref().map(|all| all.passwords.as_slice());
        let made = |name: PasswordName| {
            passwords
                .unwrap_or_default()
                .iter()
                .find(|one| one.name == name)
                .map(|one| one.creation_time)
        };
        // Nothing sorts before something, so a password that is missing, or says no time, goes first.
        if made(PasswordName::Password2) < made(PasswordName::Password1) {
            PasswordName::Password2
        } else {
            PasswordName::Password1
        }
    }
}

/// A password of a token, as it is shown once.
#[derive(Clone, Deserialize)]
pub struct Password {
    /// Its value.
    #[serde(deserialize_with = "secret_text::deserialize")]
    pub value: Zeroizing<String>,
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Password").finish_non_exhaustive()
    }
}

impl ArmClient {
    /// Makes a new password of a token; the old one of that name no longer works.
    ///
    /// # Errors
    /// What the registry said.
    pub async fn new_password(
        &self,
        registry: &str,
        token: &str,
        name: PasswordName,
    ) -> Result<Option<Password>, AzureError> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Wanted<'a> {
            token_id: &'a str,
            name: PasswordName,
        }
        #[derive(Deserialize)]
        struct Made {
            passwords: Vec<Password>,
        }
        let wanted = Wanted { token_id: token, name };
        let path = format!("{registry}/generateCredentials");
        let made: Option<Made> = self.post(&path, API_VERSION, &wanted).await?;
        Ok(made.and_then(|made| made.passwords.into_iter().next()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(passwords: &str) -> Token {
        let text = format!(r#"{{"properties": {{"scopeMapId": "m", "credentials": {{"passwords": {passwords}}}}}}}"#);
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn the_unused_or_older_password_is_replaced() {
        assert_eq!(Token::default().turn(), PasswordName::Password1);
        let first = r#"{"name": "password1", "creationTime": "2026-01-02T00:00:00Z"}"#;
        assert_eq!(token(&format!("[{first}]")).turn(), PasswordName::Password2);
        for (time, turn) in [
            ("2026-01-01T00:00:00Z", PasswordName::Password2),
            ("2026-01-03T00:00:00Z", PasswordName::Password1),
        ] {
            let second = format!(r#"{{"name": "password2", "creationTime": "{time}"}}"#);
            assert_eq!(token(&format!("[{first}, {second}]")).turn(), turn);
        }
    }
}
