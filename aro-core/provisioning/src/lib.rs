//! The step engine and the plans that create, update and delete a cluster.
