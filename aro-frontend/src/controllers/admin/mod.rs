//! What only operators may ask for. Authentication has let in nobody else under `/admin`.

pub(crate) mod clusters;
pub(crate) mod openshift_versions;
pub(crate) mod role_sets;
