//! The rules, pure: a cluster and facts in, findings out.

mod credentials;
mod encryption;
mod identities;
mod machines;
mod network;
mod permissions;
mod quota;
mod subscription;

use aro_api::{arm_id::ResourceGroupId, model::Cluster};

use super::{Facts, Findings};

pub use machines::zones;

/// Everything that stands against creating or changing this cluster, by its provisioning state.
#[must_use]
pub fn evaluate(cluster: &Cluster, facts: &Facts) -> Findings {
    let mut all = Vec::new();
    credentials::judge(facts, &mut all);
    identities::judge(cluster, facts, &mut all);
    permissions::judge(facts, &mut all);
    network::judge(cluster, facts, &mut all);
    encryption::judge_sets(cluster, facts, &mut all);
    all.extend(evaluate_region(cluster, facts).0);
    Findings(all)
}

/// What stands against the cluster in its subscription and region alone: sizes and zones, features, quota, providers.
#[must_use]
pub fn evaluate_region(cluster: &Cluster, facts: &Facts) -> Findings {
    let mut all = Vec::new();
    machines::judge(cluster, facts, &mut all);
    encryption::judge_at_host(cluster, facts, &mut all);
    quota::judge(cluster, facts, &mut all);
    subscription::judge(cluster, facts, &mut all);
    Findings(all)
}

/// Subscription id and group name of a resource id, for commands.
fn place(id: &str) -> (&str, &str) {
    let mut segments = id.split('/').skip(2);
    let subscription = segments.next().unwrap_or_default();
    (subscription, segments.nth(1).unwrap_or_default())
}

/// The last segment of a resource id.
fn name(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or_default()
}

/// The subscription of a cluster.
fn subscription_of(cluster: &Cluster) -> &str {
    ResourceGroupId::parse(&cluster.properties.cluster_profile.resource_group_id)
        .map_or_else(|| place(&cluster.id).0, |group| group.subscription_id)
}

#[cfg(test)]
mod tests;
