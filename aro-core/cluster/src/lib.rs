//! Reaching a cluster: dial, Kubernetes clients, kubeconfigs, enrichment, conditions.
//!
//! | module | answers |
//! |---|---|
//! | [`dial`] | where a connection to an API server leads: a private endpoint in Azure, one address in a local world |
//! | [`reach`] | a Kubernetes client for a cluster, as one of the identities that the service has there |
//! | [`kubeconfig`] | what a kubeconfig says; those that the service makes; when one has to be made anew |
//! | [`graph`] | what the installer leaves: the administrator's kubeconfig, the authority that signs clients, passwords |
//! | [`machine_config`] | what new machines start from, and the certificate of the server that they ask |
//! | [`openshift`] | OpenShift's own kinds, with the members that are looked at |
//! | [`conditions`] | whether an API server, nodes, operators and versions are as they should be |
//! | [`troubles`] | what is not as it should be in a cluster, in words for people |
//! | [`enrich`] | what only a running cluster knows, read into its document |

pub mod conditions;
pub mod dial;
pub mod enrich;
pub mod graph;
pub mod kubeconfig;
pub mod machine_config;
pub mod openshift;
pub mod reach;
mod settings;
pub mod troubles;

pub use dial::{Dial, DialSettings};
pub use graph::{Graph, GraphError};
pub use kubeconfig::{ClientKeys, Identity, Kubeconfig, KubeconfigError, KubeconfigSettings, Signer};
pub use reach::{ClusterError, Reach, ReachPace};
pub use settings::ClusterSettings;
