//! Everything about reaching clusters that can be set: `[cluster]`.

use serde::{Deserialize, Serialize};

use crate::{
    dial::DialSettings,
    kubeconfig::KubeconfigSettings,
    reach::{Reach, ReachPace},
};

/// How clusters are reached. Nothing has to be set in Azure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClusterSettings {
    /// Which way connections take.
    pub dial: DialSettings,
    /// How patient calls are.
    pub pace: ReachPace,
    /// How kubeconfigs are made.
    pub kubeconfig: KubeconfigSettings,
}

impl ClusterSettings {
    /// What makes clients of clusters.
    #[must_use]
    pub fn reach(&self) -> Reach {
        Reach::new(self.dial.dial(), self.pace.clone())
    }
}
