//! Protobuf request bodies.

use crate::body::Decoded;

/// Decodes a body with the magic prefix.
pub(crate) fn decode(_: &[u8]) -> Result<Decoded, String> {
    Err("this kind cannot be read from protobuf".to_owned())
}
