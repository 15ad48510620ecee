//! Values that must not be seen: never printed, zeroed when dropped, sealed where they rest.
//!
//! A document that was read has its secrets sealed; they are opened one by one where they are needed. A secret that
//! nobody touched goes back to the store byte for byte.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::{Zeroize, Zeroizing};

/// Seals and opens secrets. `context` is the document's id and the path of the member; what was sealed for one
/// context does not open in another.
pub trait Sealer: Send + Sync {
    /// Seals `plain`.
    fn seal(&self, context: &str, plain: &[u8]) -> Result<String, SealError>;
    /// Opens what [`Sealer::seal`] made for the same context.
    fn open(&self, context: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, SealError>;
}

/// Why a secret could not be sealed or opened. It names the context, never the content.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum SealError {
    /// The text is not in the form that the sealer writes.
    #[error("the sealed value of {context} is malformed")]
    Malformed {
        /// Document id and path.
        context: String,
    },
    /// The key that sealed the value is not known here.
    #[error("the key {key} that sealed {context} is not in the key ring")]
    UnknownKey {
        /// Document id and path.
        context: String,
        /// The key's id.
        key: String,
    },
    /// The value was changed, or belongs to another document or member.
    #[error("the sealed value of {context} does not open here")]
    Refused {
        /// Document id and path.
        context: String,
    },
    /// The cryptographic library failed.
    #[error("sealing {context} failed")]
    Failed {
        /// Document id and path.
        context: String,
    },
}

/// A secret text. Clones share it.
#[derive(Clone, Default)]
pub struct Secret(Inner<String>);

/// Secret bytes, as a kubeconfig or a private key; base64 where they rest in the clear. Clones share them.
#[derive(Clone, Default)]
pub struct SecretBytes(Inner<Vec<u8>>);

#[derive(Clone, Default)]
enum Inner<T: Zeroize> {
    #[default]
    Empty,
    Plain(Arc<Zeroizing<T>>),
    Sealed(Arc<Sealed>),
}

/// A secret as it rests.
struct Sealed {
    text: String,
    path: Box<str>,
}

impl<T: Zeroize> Inner<T> {
    fn plain(plain: T, is_empty: bool) -> Self {
        if is_empty {
            Self::Empty
        } else {
            Self::Plain(Arc::new(Zeroizing::new(plain)))
        }
    }

    fn sealed(text: String, path: &str) -> Self {
        Self::Sealed(Arc::new(Sealed {
            text,
            path: path.into(),
        }))
    }

    fn sealed_text(&self) -> Option<&str> {
        match self {
            Self::Empty | Self::Plain(_) => None,
            Self::Sealed(sealed) => Some(&sealed.text),
        }
    }
}

impl<T: PartialEq + Zeroize> PartialEq for Inner<T> {
    /// Two sealed secrets are the same when they were sealed together; a plain one is never known to be the same as a
    /// sealed one.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Empty, Self::Empty) => true,
            (Self::Plain(a), Self::Plain(b)) => a == b,
            (Self::Sealed(a), Self::Sealed(b)) => Arc::ptr_eq(a, b) || a.text == b.text,
            _ => false,
        }
    }
}

/// What a sealed secret was sealed for.
pub(crate) fn seal_context(document: &str, path: &str) -> String {
    format!("{document}/{path}")
}

impl Secret {
    /// A secret in the clear.
    pub fn new(plain: impl Into<String>) -> Self {
        let plain = plain.into();
        let is_empty = plain.is_empty();
        Self(Inner::plain(plain, is_empty))
    }

    /// A secret as it came from the store, with the path of its member in the document.
    pub fn sealed(text: String, path: &str) -> Self {
        Self(Inner::sealed(text, path))
    }

    /// Whether there is no secret. A sealed one is never empty.
    pub fn is_empty(&self) -> bool {
        matches!(&self.0, Inner::Empty)
    }

    /// The secret where it is in the clear, as it is in a request; `None` where it is sealed.
    pub fn plain(&self) -> Option<&str> {
        match &self.0 {
            Inner::Empty => Some(""),
            Inner::Plain(plain) => Some(plain),
            Inner::Sealed(_) => None,
        }
    }

    /// The sealed text; `None` where the secret is in the clear.
    pub fn sealed_text(&self) -> Option<&str> {
        self.0.sealed_text()
    }

    /// The secret in the clear; `document` is the id of the document it was read from.
    pub fn open(&self, sealer: &dyn Sealer, document: &str) -> Result<Zeroizing<String>, SealError> {
        match &self.0 {
            Inner::Empty => Ok(Zeroizing::default()),
            Inner::Plain(plain) => Ok(Zeroizing::clone(plain)),
            Inner::Sealed(sealed) => {
                let Sealed { text, path } = &**sealed;
                let context = seal_context(document, path);
                let opened = sealer.open(&context, text)?;
                match std::str::from_utf8(&opened) {
                    Ok(plain) => Ok(Zeroizing::new(plain.to_owned())),
                    Err(_) => Err(SealError::Malformed { context }),
                }
            }
        }
    }

    /// The text to store at `path`.
    pub(crate) fn store(&self, sealer: &dyn Sealer, document: &str, path: &str) -> Result<Cow<'_, str>, SealError> {
        match &self.0 {
            Inner::Empty => sealer.seal(&seal_context(document, path), &[]).map(Cow::Owned),
            Inner::Plain(plain) => sealer
                .seal(&seal_context(document, path), plain.as_bytes())
                .map(Cow::Owned),
            Inner::Sealed(sealed) => Ok(Cow::Borrowed(&sealed.text)),
        }
    }
}

impl SecretBytes {
    /// Secret bytes in the clear.
    pub fn new(plain: impl Into<Vec<u8>>) -> Self {
        let plain = plain.into();
        let is_empty = plain.is_empty();
        Self(Inner::plain(plain, is_empty))
    }

    /// Secret bytes as they came from the store, with the path of their member in the document.
    pub fn sealed(text: String, path: &str) -> Self {
        Self(Inner::sealed(text, path))
    }

    /// Whether there is nothing. Sealed bytes are never empty.
    pub fn is_empty(&self) -> bool {
        matches!(&self.0, Inner::Empty)
    }

    /// The bytes where they are in the clear.
    pub fn plain(&self) -> Option<&[u8]> {
        match &self.0 {
            Inner::Empty => Some(&[]),
            Inner::Plain(plain) => Some(plain),
            Inner::Sealed(_) => None,
        }
    }

    /// The sealed text; `None` where the bytes are in the clear.
    pub fn sealed_text(&self) -> Option<&str> {
        self.0.sealed_text()
    }

    /// The bytes in the clear; `document` is the id of the document they were read from.
    pub fn open(&self, sealer: &dyn Sealer, document: &str) -> Result<Zeroizing<Vec<u8>>, SealError> {
        match &self.0 {
            Inner::Empty => Ok(Zeroizing::default()),
            Inner::Plain(plain) => Ok(Zeroizing::clone(plain)),
            Inner::Sealed(sealed) => sealer.open(&seal_context(document, &sealed.path), &sealed.text),
        }
    }

    /// The text to store at `path`.
    pub(crate) fn store(&self, sealer: &dyn Sealer, document: &str, path: &str) -> Result<Cow<'_, str>, SealError> {
        match &self.0 {
            Inner::Empty => sealer.seal(&seal_context(document, path), &[]).map(Cow::Owned),
            Inner::Plain(plain) => sealer.seal(&seal_context(document, path), plain).map(Cow::Owned),
            Inner::Sealed(sealed) => Ok(Cow::Borrowed(&sealed.text)),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "[]" } else { "[REDACTED]" })
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "[]" } else { "[REDACTED]" })
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl PartialEq for SecretBytes {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

/// Keeps secrets in the clear: text as it is, bytes as base64. For tests and for reading recorded documents; a service
/// that stores anything uses a key ring.
#[derive(Clone, Copy, Debug, Default)]
pub struct InTheClear;

impl Sealer for InTheClear {
    fn seal(&self, context: &str, plain: &[u8]) -> Result<String, SealError> {
        // Members of type bytes cannot be told from text here; their paths are few and end alike.
        if bytes_path(context) {
            return Ok(STANDARD.encode(plain));
        }
        String::from_utf8(plain.to_vec()).map_err(|_| SealError::Malformed {
            context: context.to_owned(),
        })
    }

    fn open(&self, context: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, SealError> {
        if bytes_path(context) {
            let malformed = |_| SealError::Malformed {
                context: context.to_owned(),
            };
            return STANDARD.decode(sealed).map(Zeroizing::new).map_err(malformed);
        }
        Ok(Zeroizing::new(sealed.as_bytes().to_vec()))
    }
}

fn bytes_path(context: &str) -> bool {
    context.ends_with("Kubeconfig") || context.ends_with("sshKey")
}
