//! Reaching a cluster: dial, Kubernetes clients, kubeconfigs, enrichment, conditions.
