//! The stored form of what the model declares.

use aro_api::Sealer;
use aro_api::resource::Node;
use aro_api::stored;
use serde_json::value::RawValue;

/// Something of the model that documents carry.
pub(crate) trait Payload: Sized {
    /// Its stored form; secrets in the clear are sealed for the document, sealed ones stay as they are.
    fn to_stored(&self, sealer: &dyn Sealer, document: &str) -> Result<Box<RawValue>, String>;
    /// Reads the stored form; secrets stay sealed.
    fn from_stored(stored: &RawValue) -> Result<Self, String>;
}

// The model's errors name places, never contents.
impl<T: Node + Default> Payload for T {
    fn to_stored(&self, sealer: &dyn Sealer, document: &str) -> Result<Box<RawValue>, String> {
        stored::to_raw(self, sealer, document).map_err(|error| error.to_string())
    }

    fn from_stored(stored: &RawValue) -> Result<Self, String> {
        stored::from_str(stored.get()).map_err(|error| error.to_string())
    }
}
