//! A plan with a new worker for every step ends as if undisturbed.

use std::sync::Arc;

use aro_api::model::{Cluster, ProvisioningState};
use aro_http::CancellationToken;
use aro_provisioning::{Edit, Holding, Outcome};
use aro_store::{ClusterDocument, Leased, StoreError};

use crate::{house::House, variants::with_workload_identities};

/// Ends its worker after the first step that is recorded as done.
pub struct OneStep {
    leased: Leased<ClusterDocument>,
    done_before: usize,
    over: CancellationToken,
}

impl OneStep {
    /// A worker that ends itself by `over`.
    pub fn of(leased: &Leased<ClusterDocument>, over: &CancellationToken) -> Self {
        Self {
            leased: leased.clone(),
            done_before: done(&leased.document()),
            over: over.clone(),
        }
    }
}

#[async_trait::async_trait]
impl Holding for OneStep {
    fn document(&self) -> Arc<ClusterDocument> {
        self.leased.document()
    }

    async fn write(&self, change: &Edit<'_>) -> Result<(), StoreError> {
        Holding::write(&self.leased, change).await?;
        if done(&self.document()) > self.done_before {
            self.over.cancel();
        }
        Ok(())
    }
}

fn done(document: &ClusterDocument) -> usize {
    document.progress.as_ref().map_or(0, |progress| progress.done.len())
}

/// Runs an operation with a new environment, engine and lease handle for every step; returns how many workers it took.
pub async fn worker_for_every_step(house: &House) -> usize {
    let leased = house.take().await;
    for workers in 1.. {
        let over = CancellationToken::new();
        let holding = OneStep::of(&leased, &over);
        let recorded: Vec<String> = leased.document().progress.clone().unwrap_or_default().done;
        let outcome = house.run(&holding, &over).await;
        let now: Vec<String> = leased.document().progress.clone().unwrap_or_default().done;
        assert_eq!(now[..recorded.len()], recorded, "what is recorded stays so");
        match outcome {
            Outcome::Interrupted => assert_eq!(now.len(), recorded.len() + 1, "{now:?}"),
            Outcome::Finished => {
                if leased.document().cluster.properties.provisioning_state == ProvisioningState::Deleting {
                    leased.finish_removed().await.unwrap();
                } else {
                    leased.finish(&aro_store::Outcome::succeeded(), |_| {}).await.unwrap();
                }
                return workers;
            }
            other => panic!("{other:?}"),
        }
    }
    unreachable!("the loop has no end of its own")
}

/// What two clusters of two worlds must have in common.
fn comparable(house: &House, cluster: &Cluster) -> String {
    let mut cluster = cluster.clone();
    let properties = &mut cluster.properties;
    for drawn in [
        &mut properties.admin_kubeconfig,
        &mut properties.aro_service_kubeconfig,
        &mut properties.aro_sre_kubeconfig,
        &mut properties.user_admin_kubeconfig,
    ] {
        assert!(!drawn.is_empty());
        *drawn = Default::default();
    }
    properties.kubeadmin_password = Default::default();
    // Azure gives public addresses in the order in which a deployment happens to make them.
    for address in [
        &mut properties.apiserver_profile.ip,
        &mut properties.ingress_profiles[0].ip,
    ] {
        assert!(!address.is_empty());
        "drawn".clone_into(address);
    }
    for profile in properties.registry_profiles.as_vec_mut() {
        assert!(profile.issue_date.take().is_some());
    }
    if let Some(profile) = &mut properties.service_principal_profile {
        *profile = Default::default();
    }
    format!("{cluster:#?}").replace(house.subscription(), "customer")
}

#[tokio::test]
async fn create_update_and_delete_with_a_worker_for_every_step_equal_undisturbed_runs() {
    let (calm, torn) = tokio::join!(House::build(), House::build());
    let seeded = torn.inventory();
    calm.put(calm.document()).await;
    torn.put(torn.document()).await;
    let (_, workers) = tokio::join!(calm.complete(), worker_for_every_step(&torn));
    assert!(workers >= 8, "{workers}");
    assert_eq!(torn.inventory(), calm.inventory());
    let (a, b) = (calm.stored().await, torn.stored().await);
    assert_eq!(comparable(&torn, &b.cluster), comparable(&calm, &a.cluster));

    let scale = |cluster: &mut Cluster| {
        let profile = cluster
            .properties
            .network_profile
            .load_balancer_profile
            .as_mut()
            .unwrap();
        profile.managed_outbound_ips.as_mut().unwrap().count = 3;
    };
    calm.begin(ProvisioningState::Updating, scale).await;
    torn.begin(ProvisioningState::Updating, scale).await;
    tokio::join!(calm.complete(), worker_for_every_step(&torn));
    assert_eq!(torn.inventory(), calm.inventory());
    let (a, b) = (calm.stored().await, torn.stored().await);
    assert_eq!(comparable(&torn, &b.cluster), comparable(&calm, &a.cluster));

    torn.begin(ProvisioningState::Deleting, |_| {}).await;
    worker_for_every_step(&torn).await;
    assert_eq!(torn.inventory(), seeded);
}

#[tokio::test]
async fn a_cluster_with_workload_identities_with_a_worker_for_every_step_equals_an_undisturbed_one() {
    let (calm, torn) = tokio::join!(House::build(), House::build());
    calm.put(with_workload_identities(&calm).await).await;
    torn.put(with_workload_identities(&torn).await).await;
    let seeded = torn.inventory();
    let (_, workers) = tokio::join!(calm.complete(), worker_for_every_step(&torn));
    assert!(workers >= 30, "{workers}");
    assert_eq!(torn.inventory(), calm.inventory());
    let (a, b) = (calm.stored().await, torn.stored().await);
    let keys = [&a, &b].map(|document| {
        let properties = &document.cluster.properties;
        let key = properties.cluster_profile.bound_service_account_signing_key.as_ref();
        key.is_some_and(|key| key.sealed_text().is_some()) && properties.cluster_profile.oidc_issuer.is_some()
    });
    assert_eq!(keys, [true, true]);
    for state in [ProvisioningState::Updating, ProvisioningState::AdminUpdating] {
        torn.begin(state.clone(), |_| {}).await;
        worker_for_every_step(&torn).await;
        assert_eq!(torn.inventory(), calm.inventory(), "{state:?}");
    }
    torn.begin(ProvisioningState::Deleting, |_| {}).await;
    worker_for_every_step(&torn).await;
    assert_eq!(torn.inventory(), seeded);
}
