//! Protobuf request bodies.

use crate::body::Decoded;
use crate::schema;

/// Decodes a body with the magic prefix.
pub(crate) fn decode(body: &[u8]) -> Result<Decoded, String> {
    let value = schema::protobuf(body)?;
    Ok(Decoded {
        value,
        duplicates: Vec::new(),
    })
}
