//! The OpenShift that the simulated installer leaves behind: one listener for the API servers of all clusters.
//!
//! | module | holds |
//! |---|---|
//! | [`authorities`] | the certificate authorities of a cluster, and what they sign |
//! | [`graph`] | what an installer leaves: kubeconfig, signer, passwords |
//! | [`crds`], [`seed`] | the kinds of OpenShift, and what a new cluster holds |
//! | [`clusters`] | which clusters there are; each comes to life when somebody first asks for it |
//! | [`serving`] | which certificate an API server shows |
//! | [`front`] | the listener: TLS by the name that is asked for, client certificates, orders of failures |
//! | [`life`] | what changes by itself: machines, operators, versions, workloads |
//! | [`cloud`] | how what runs in a cluster asks Azure |
//! | [`content`] | what pods answer: logs, commands, ports |
//! | [`monitoring`] | alerts and measurements |
//! | [`events`] | what can be made to happen |
//!
//! What a cluster holds lives in memory: after a restart of the world a cluster is again as its installer left it, with
//! the same authorities.

pub(crate) mod authorities;
mod cloud;
pub(crate) mod clusters;
mod content;
mod crds;
pub(crate) mod events;
pub(crate) mod front;
pub(crate) mod graph;
pub(crate) mod life;
mod monitoring;
mod seed;
mod serving;
