//! The OpenShift that the simulated installer leaves behind.
//!
//! | module | holds |
//! |---|---|
//! | [`authorities`] | the certificate authorities of a cluster, and what they sign |
//! | [`graph`] | what an installer leaves: kubeconfig, signer, passwords |

pub(crate) mod authorities;
pub(crate) mod graph;
