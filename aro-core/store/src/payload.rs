//! The stored form of what the model declares.

use aro_api::Sealer;
use aro_api::model::{
    AsyncOperation, Billing, Cluster, CorrelationData, OpenShiftVersion, PlatformWorkloadIdentityRoleSet, Subscription,
};
use serde_json::value::RawValue;

/// Something of the model that documents carry.
pub(crate) trait Payload: Sized {
    /// Its stored form; secrets in the clear are sealed for the document, sealed ones stay as they are.
    fn to_stored(&self, sealer: &dyn Sealer, document: &str) -> Result<Box<RawValue>, String>;
    /// Reads the stored form; secrets stay sealed.
    fn from_stored(stored: &RawValue) -> Result<Self, String>;
}

macro_rules! payloads {
    ($($name:ty),* $(,)?) => {
        $(impl Payload for $name {
            fn to_stored(&self, _: &dyn Sealer, _: &str) -> Result<Box<RawValue>, String> {
                Err("the model has no stored form yet".to_owned())
            }

            fn from_stored(_: &RawValue) -> Result<Self, String> {
                Err("the model has no stored form yet".to_owned())
            }
        })*
    };
}

payloads!(
    AsyncOperation,
    Billing,
    Cluster,
    CorrelationData,
    OpenShiftVersion,
    PlatformWorkloadIdentityRoleSet,
    Subscription,
);
