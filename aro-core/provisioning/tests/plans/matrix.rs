//! Every call of every plan, failed in every way: the plan gets over it, or fails with step, cause and remedy; then a
//! repeated update or a delete succeeds, and delete leaves nothing. The default run takes a sample, `ARO_TEST_ALL=1` takes
//! all cells.

mod cells;
mod report;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use aro_api::{
    CloudError,
    model::{Cluster, MaintenanceTask, ProvisioningState},
};
use aro_azure::network::Subnet;
use aro_http::CancellationToken;
use aro_provisioning::{Holding, Outcome, plans, plans::Features};
use aro_sim::{Effect, FaultRule, Match};
use aro_store::ClusterDocument;

use cells::{Cell, End, Fault, Place, RUNS, Run, all_cells, sample};
use report::report;

use crate::{
    calls::is_beside,
    house::{CORRELATION, DOCUMENT, House, old_password},
    identities::{disturb_federation, remove_federation},
    load_balancer::{disturb_ssh, take_zones},
    machine_config::disturb_machine_config,
    variants::with_workload_identities,
};

/// Worlds at the same time.
const WORLDS: usize = 4;

/// A world in which one cell after the other is tried.
struct Stage {
    house: House,
    subnets: Vec<Subnet>,
    seeded: Vec<String>,
    made: Vec<String>,
    /// Whether the cluster that is there has workload identities.
    identities: bool,
    /// A cluster with workload identities, before it is made.
    wish: ClusterDocument,
}

impl Stage {
    async fn build() -> Self {
        let house = House::build_at(2000.0, Duration::from_millis(40)).await;
        house.offer_version().await;
        let wish = with_workload_identities(&house).await;
        let subnets = house.subnets().await;
        let seeded = house.inventory();
        Self {
            house,
            subnets,
            seeded,
            made: Vec::new(),
            identities: false,
            wish,
        }
    }

    async fn begin(&self, run: Run) {
        if run.creates() || run.by_hive() {
            self.house.use_hive(run.by_hive());
        }
        let count = match run {
            Run::Create | Run::CreateByHive => return self.house.put(self.house.document()).await,
            Run::CreateWithIdentities => return self.house.put(self.wish.clone()).await,
            Run::Delete | Run::DeleteWithIdentities | Run::DeleteByHive => {
                return self.house.begin(ProvisioningState::Deleting, |_| {}).await;
            }
            Run::UpdateWithIdentities => {
                disturb_federation(&self.house).await;
                return self.house.begin(ProvisioningState::Updating, |_| {}).await;
            }
            Run::Maintain => {
                disturb_ssh(&self.house).await;
                disturb_machine_config(&self.house);
                return self.house.begin(ProvisioningState::AdminUpdating, |_| {}).await;
            }
            Run::Adopt => {
                return self.house.begin(ProvisioningState::AdminUpdating, |_| {}).await;
            }
            Run::Spread => {
                take_zones(&self.house).await;
                let task = |cluster: &mut Cluster| {
                    cluster.properties.maintenance_task = MaintenanceTask::MigrateLoadBalancer;
                };
                return self.house.begin(ProvisioningState::AdminUpdating, task).await;
            }
            Run::Grow => 3,
            Run::Shrink => 1,
        };
        if run == Run::Grow {
            let arm = self.house.arm().await;
            let all = self.house.world.resource_ids(&self.house.managed_group());
            for id in all.iter().filter(|id| id.contains("/roleAssignments/")) {
                arm.delete(id, aro_azure::authorization::API_VERSION).await.unwrap();
            }
        }
        self.house
            .begin(ProvisioningState::Updating, |cluster| {
                let profile = &mut cluster.properties.network_profile.load_balancer_profile;
                profile.as_mut().unwrap().managed_outbound_ips.as_mut().unwrap().count = count;
                if run == Run::Grow {
                    old_password(cluster);
                }
            })
            .await;
    }

    /// Runs what has begun; `Some` is the error it failed with.
    async fn end(&self) -> Option<CloudError> {
        let leased = self.house.take().await;
        let document = leased.document();
        let plan = plans::running(&document, Features::default()).unwrap();
        match self.house.run(&leased, &CancellationToken::new()).await {
            Outcome::Finished if plan.name == "delete" => leased.finish_removed().await.unwrap(),
            Outcome::Finished => drop(leased.finish(&aro_store::Outcome::succeeded(), |_| {}).await.unwrap()),
            Outcome::Failed(error) => {
                let state = document.cluster.properties.provisioning_state.clone();
                let outcome = aro_store::Outcome::failed(state, error.body());
                leased.finish(&outcome, |_| {}).await.unwrap();
                let named = plan
                    .steps
                    .iter()
                    .any(|step| error.message.contains(&format!("({})", step.id)));
                assert!(named, "no step in: {}", error.message);
                return Some(error);
            }
            other => panic!("{other:?}"),
        }
        None
    }

    async fn calm(&self, run: Run) {
        self.begin(run).await;
        let failed = self.end().await;
        assert!(failed.is_none(), "{run:?}: {failed:?}");
    }

    /// Removes what is there and shows that nothing is left.
    async fn clear(&mut self, what: &str) {
        if self
            .house
            .store
            .clusters()
            .get(&self.house.cluster_id())
            .await
            .unwrap()
            .is_some()
        {
            self.calm(Run::delete(self.identities)).await;
        }
        self.house.purge().await;
        assert_eq!(self.house.inventory(), self.seeded, "{what}");
        assert!(self.house.left_with_hive().is_empty(), "{what}");
        let billing = self.house.store.billing();
        if let Some(record) = billing.get(DOCUMENT).await.unwrap() {
            billing.delete(&record).await.unwrap();
        }
        self.house.restore(&self.subnets).await;
        self.made.clear();
    }

    /// Brings the world to where `run` begins.
    async fn prepare(&mut self, run: Run) {
        let there = !self.made.is_empty();
        if run.creates() {
            assert!(!there);
            self.identities = run.has_identities();
            return;
        }
        if !there {
            self.identities = run.has_identities();
            self.calm(run.made_by()).await;
            self.made = self.house.inventory();
        }
        if run == Run::Shrink {
            self.calm(Run::Grow).await;
        }
    }

    async fn run(&mut self, cell: &Cell) -> End {
        let run = cell.place.run;
        if !self.made.is_empty() && (run.creates() || run.has_identities() != self.identities) {
            self.clear("between").await;
        }
        self.prepare(run).await;
        let what = format!("{cell:?}");
        let stays = cell.fault.stays();
        self.begin(run).await;
        let before = self.house.world.calls(0).last().map_or(0, |call| call.number);
        // What stays, stays for this call and all later ones of its kind.
        let skipped = cell.place.nth - 1;
        let matches = Match {
            plane: Some(cell.place.plane.clone()),
            method: Some(cell.place.method.clone()),
            resource_type: Some(cell.place.kind.clone()),
            ..Match::default()
        };
        let rule = |nth: Option<u64>, effect, times| FaultRule {
            id: None,
            matches: Match { nth, ..matches.clone() },
            effect,
            times,
        };
        let mut rules = Vec::new();
        if stays {
            // The first rule takes the calls before it out of the second one's sight.
            if skipped > 0 {
                rules.push(rule(None, Effect::Delay { ms: 0 }, Some(skipped)));
            }
            // A condition waits for an outage to end, up to an hour: here it ends.
            let condition = match run {
                _ if cell.place.plane == "cluster" => cell.place.method == "GET",
                Run::CreateByHive | Run::Adopt => cell.place.plane == "hive" && cell.place.method == "GET",
                Run::Create | Run::CreateWithIdentities => cell.place.plane == "data" && cell.place.method == "GET",
                // The second step of delete waits for deployments; it is the first to ask for a token.
                Run::Delete | Run::DeleteWithIdentities => {
                    let kind = cell.place.kind.rsplit('/').next().unwrap_or_default();
                    skipped == 0 && ["deployments", "resourceGroups", "token"].contains(&kind)
                }
                _ => false,
            };
            rules.push(rule(None, cell.fault.effect(), condition.then_some(40)));
        } else {
            rules.push(rule(Some(cell.place.nth), cell.fault.effect(), None));
        }
        let ids = self.house.world.add_faults(rules);
        let failed = self.end().await;
        self.house.world.clear_faults();
        let last = ids.last().unwrap();
        let met = self
            .house
            .world
            .calls(before)
            .iter()
            .any(|call| call.fault.as_ref() == Some(last));
        if let Some(error) = &failed {
            assert!(met, "{what}: {error:?}");
            self.told(cell, error);
            // A half made cluster can only be deleted; all else is asked for again.
            self.calm(if run.creates() {
                Run::delete(self.identities)
            } else {
                run
            })
            .await;
        }
        match run {
            _ if run.creates() || run.deletes() => {
                if run.creates() && failed.is_none() {
                    self.calm(Run::delete(self.identities)).await;
                }
                // What the customer forbids is left: it must not keep a cluster from being deleted.
                let refused = matches!(cell.fault, Fault::Forbidden | Fault::AuthorizationLag);
                if refused && run.deletes() && failed.is_none() {
                    remove_federation(&self.house).await;
                }
                self.clear(&what).await;
            }
            Run::Grow => {
                self.calm(Run::Shrink).await;
                assert_eq!(self.house.inventory(), self.made, "{what}");
            }
            _ => assert_eq!(self.house.inventory(), self.made, "{what}"),
        }
        match failed {
            Some(_) => End::Mended,
            None if met && !matches!(cell.fault, Fault::OperationFails | Fault::OperationFailsOnce) => End::Recovered,
            None if met && cell.fault == Fault::OperationFailsOnce => End::Recovered,
            None => End::NotMet,
        }
    }

    /// The error names cause and remedy, and joins with the logs.
    #[allow(clippy::unused_self)]
    fn told(&self, cell: &Cell, error: &CloudError) {
        let text = &error.message;
        assert!(text.contains(CORRELATION), "{cell:?}: no correlation id in: {text}");
        assert!(!text.contains('"'), "{cell:?}: {text}");
        let remedies = [
            "Try again",
            "Give the principal",
            "Ask for",
            "Send ",
            "Check ",
            "Exempt ",
            "Remove ",
            "Choose ",
        ];
        assert!(
            remedies.iter().any(|remedy| text.contains(remedy)),
            "{cell:?}: no remedy in: {text}"
        );
        let code = match (cell.fault.code(), cell.place.plane.as_str()) {
            // A cluster's API server says it in Kubernetes' words.
            ("InternalServerError", "cluster" | "hive") => "InternalError",
            (code, _) => code,
        };
        let said = error.details.iter().any(|detail| detail.code.as_str().contains(code));
        assert!(
            said && !error.details.is_empty(),
            "{cell:?}: cause {code} is not in: {error:?}"
        );
    }
}

/// Every call that a run makes, in the order in which its kinds come first.
async fn places() -> Vec<Place> {
    let mut stage = Stage::build().await;
    let mut places: Vec<Place> = Vec::new();
    for run in RUNS {
        if matches!(run, Run::CreateWithIdentities | Run::CreateByHive | Run::Adopt) {
            stage.clear("before the next cluster").await;
        }
        if run == Run::Adopt {
            stage.calm(run.made_by()).await;
        }
        stage.begin(run).await;
        let before = stage.house.world.calls(0).last().map_or(0, |call| call.number);
        let failed = stage.end().await;
        assert!(failed.is_none(), "{failed:?}");
        let mut counts: BTreeMap<(String, String, String), u64> = BTreeMap::new();
        let mut last = String::new();
        for call in stage.house.world.calls(before) {
            let key = (call.plane.clone(), call.method.clone(), call.resource_type.clone());
            let nth = counts.entry(key).or_default();
            *nth += 1;
            let this = format!("{} {}", call.method, call.path);
            // Of what is asked again and again, the first asking stands for all.
            let repeated = call.method == "GET" && this == last;
            last = this;
            let nth = *nth;
            if repeated || (is_beside(&call) && (nth > 1 || run.has_identities())) {
                continue;
            }
            let leads_to_hive = call.plane == "hive" || call.resource_type.contains("Microsoft.ContainerService");
            if run.by_hive() && !leads_to_hive {
                continue;
            }
            // A kind of call that a run before makes is failed there.
            let known = |one: &Place| one.method == call.method && one.kind == call.resource_type;
            if matches!(run, Run::Maintain | Run::Spread) && places.iter().any(|one| one.run == Run::Grow && known(one))
                || run.has_identities() && places.iter().any(|one| !one.run.has_identities() && known(one))
            {
                continue;
            }
            places.push(Place {
                run,
                plane: call.plane,
                method: call.method,
                kind: call.resource_type,
                nth,
            });
        }
    }
    stage.house.world.shutdown().await;
    places
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_call_failed_in_every_way() {
    let begun = Instant::now();
    let places = places().await;
    let all = all_cells(&places);
    let total = all.len();
    let mut cells = if std::env::var_os("ARO_TEST_ALL").is_some() {
        all
    } else {
        sample(all)
    };
    if let Ok(only) = std::env::var("ARO_MATRIX_ONLY") {
        cells.retain(|cell| only.split('|').any(|one| format!("{cell:?}").contains(one)));
    }
    let cells = Arc::new(cells);
    let next = Arc::new(AtomicUsize::new(0));
    let ends = Arc::new(Mutex::new(Vec::new()));
    let workers = (0..WORLDS.min(cells.len())).map(|_| {
        let (cells, next, ends) = (cells.clone(), next.clone(), ends.clone());
        tokio::spawn(async move {
            let mut stage = Stage::build().await;
            while let Some(cell) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
                let patience = Duration::from_secs(60);
                let cell = cell.clone();
                let tried = cell.clone();
                let task = tokio::spawn(async move {
                    let end = tokio::time::timeout(patience, stage.run(&tried)).await;
                    (stage, end.expect("a cell ends in time"))
                });
                // A cell that fails does not keep the others from being tried, in a new world.
                stage = match task.await {
                    Ok((stage, end)) => {
                        ends.lock().unwrap().push((cell, end));
                        stage
                    }
                    Err(_) => {
                        println!("failed: {cell:?}");
                        Stage::build().await
                    }
                };
            }
            stage.house.world.shutdown().await;
        })
    });
    let results = futures::future::join_all(workers).await;
    assert!(results.iter().all(Result::is_ok), "a worker has failed, see above");
    let ends = ends.lock().unwrap().clone();
    report(&places, &ends, total, begun.elapsed());
    assert_eq!(ends.len(), cells.len(), "cells have failed, see above");
    for (cell, end) in &ends {
        let fine = match (*end, cell.fault) {
            // A right that Azure does not know yet is told on delete, where nothing was just given.
            (End::Mended, Fault::AuthorizationLag) => cell.place.run.deletes(),
            (End::Mended, fault) => fault.stays(),
            (End::Recovered | End::NotMet, _) => true,
        };
        assert!(fine, "{cell:?}: {end:?}");
    }
    let missed = |(cell, end): &&(Cell, End)| {
        *end == End::NotMet && !matches!(cell.fault, Fault::OperationFails | Fault::OperationFailsOnce)
    };
    let missed: Vec<_> = ends.iter().filter(missed).collect();
    assert!(
        missed.len() * 20 <= ends.len().max(20),
        "calls not made again: {missed:#?}"
    );
}
