//! What can be done with the provider's resources.

pub(crate) mod list;
