//! Which calls each plan makes, step by step: method, type, api-version. The lists are files beside this one, so that a
//! change of them shows in review. `ARO_UPDATE_CALLS=1` writes them anew.

use std::{fmt::Write as _, path::PathBuf};

use aro_api::model::{OutboundType, PreconfiguredNsg, ProvisioningState, Visibility};
use aro_http::CancellationToken;
use aro_provisioning::{Outcome, plans, plans::Features};
use aro_sim::CallRecord;
use aro_store::ClusterDocument;

use serde_json::{Value, json};

use crate::{figures, house::House, resume::OneStep, variants::with_workload_identities};

/// How operations are watched depends on time, and tokens are kept: neither is part of what a plan does.
pub fn is_beside(call: &CallRecord) -> bool {
    let watched = ["/operations/", "/operationresults/", "/operationstatuses/"];
    let path = call.path.to_lowercase();
    call.plane == "login" || watched.iter().any(|part| path.contains(part))
}

/// Steps whose calls are made at the same time, so that they arrive in any order.
const PARALLEL: [&str; 8] = [
    "validateResources",
    "startMachines",
    "outboundAddresses",
    "removeMachines",
    "removeLinkServices",
    "removeInterfaces",
    "removeResources",
    "removeSecurityGroups",
];

/// Calls as lines; what is read again and again is written once, what is written more than once is counted.
fn lines(calls: &[CallRecord], parallel: bool) -> Vec<String> {
    let mut lines: Vec<(String, usize)> = Vec::new();
    for call in calls.iter().filter(|call| !is_beside(call)) {
        let kind = call.resource_type.replace(crate::house::DOCUMENT, "{document}");
        let line = format!("{} {kind} {}", call.method, call.api_version);
        let line = format!(
            "{} {}",
            line.trim_end(),
            if call.plane == "arm" { "" } else { &call.plane }
        );
        let line = line.trim_end().to_owned();
        let known = if parallel {
            lines.iter_mut().find(|(known, _)| *known == line)
        } else {
            lines.last_mut().filter(|(last, _)| *last == line)
        };
        match known {
            Some((_, count)) => *count += 1,
            None => lines.push((line, 1)),
        }
    }
    if parallel {
        lines.sort();
    }
    let counted = lines.into_iter().map(|(line, count)| match count {
        count if count > 1 && !line.starts_with("GET") => format!("{line} x{count}"),
        _ => line,
    });
    counted.collect()
}

/// Runs the operation that waits, one worker for each step, and writes down the calls of each.
async fn record(house: &House, figures: &mut serde_json::Map<String, Value>) -> String {
    let begun = house.world.calls(0).last().map_or(0, |call| call.number);
    let leased = house.take().await;
    let plan = plans::running(&leased.stored().document, Features::default()).expect("an operation runs");
    let mut text = format!("{}: {} steps\n", plan.name, plan.steps.len());
    for step in &plan.steps {
        let before = house.world.calls(0).last().map_or(0, |call| call.number);
        let over = CancellationToken::new();
        let outcome = house.run(&OneStep::of(&leased, &over), &over).await;
        assert!(
            matches!(outcome, Outcome::Interrupted | Outcome::Finished),
            "{}: {outcome:?}",
            step.id
        );
        writeln!(text, "\n{}", step.id).unwrap();
        let parallel = PARALLEL.contains(&step.id);
        for line in lines(&house.world.calls(before), parallel) {
            writeln!(text, "    {line}").unwrap();
        }
    }
    let calls = house.world.calls(begun);
    let beside = calls.iter().filter(|call| is_beside(call)).count();
    figures.insert(
        plan.name.to_owned(),
        json!({"steps": plan.steps.len(), "calls": calls.len() - beside, "callsForTokensAndWatching": beside}),
    );
    if plan.name == "delete" {
        leased.finish_removed().await.unwrap();
    } else {
        leased.finish(&aro_store::Outcome::succeeded(), |_| {}).await.unwrap();
    }
    text
}

async fn compare(house: &House, variant: &str, document: ClusterDocument) {
    house.put(document).await;
    let mut figures = serde_json::Map::new();
    let mut found = record(house, &mut figures).await;
    for state in [
        ProvisioningState::Updating,
        ProvisioningState::AdminUpdating,
        ProvisioningState::Deleting,
    ] {
        house.begin(state, |_| {}).await;
        found.push('\n');
        found.push_str(&record(house, &mut figures).await);
    }
    figures::keep(&format!("plans-{variant}"), &Value::Object(figures));
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/plans/calls/{variant}.txt"));
    if std::env::var_os("ARO_UPDATE_CALLS").is_some() {
        std::fs::write(&file, &found).unwrap();
        return;
    }
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    let difference = known.lines().zip(found.lines()).find(|(known, found)| known != found);
    assert!(
        known == found,
        "{variant}: the calls have changed, first at {difference:?}; if that is meant, run with ARO_UPDATE_CALLS=1"
    );
}

#[tokio::test]
async fn of_a_public_cluster_with_a_service_principal() {
    let house = House::build().await;
    compare(&house, "service-principal", house.document()).await;
}

#[tokio::test]
async fn of_a_cluster_with_workload_identities() {
    let house = House::build().await;
    let document = with_workload_identities(&house).await;
    compare(&house, "workload-identity", document).await;
}

#[tokio::test]
async fn of_a_private_cluster_that_calls_out_by_load_balancer() {
    let house = House::build().await;
    let mut document = house.document();
    let properties = &mut document.cluster.properties;
    properties.apiserver_profile.visibility = Visibility::Private;
    properties.ingress_profiles[0].visibility = Visibility::Private;
    compare(&house, "private", document).await;
}

#[tokio::test]
async fn of_a_private_cluster_with_routes_of_the_customer() {
    let house = House::build().await;
    let mut document = house.document();
    let properties = &mut document.cluster.properties;
    properties.apiserver_profile.visibility = Visibility::Private;
    properties.ingress_profiles[0].visibility = Visibility::Private;
    properties.network_profile.outbound_type = OutboundType::UserDefinedRouting;
    properties.network_profile.load_balancer_profile = None;
    compare(&house, "user-defined-routing", document).await;
}

#[tokio::test]
async fn of_a_cluster_in_subnets_with_security_groups_of_the_customer() {
    let house = House::build().await;
    house.bring_security_group().await;
    let mut document = house.document();
    document.cluster.properties.network_profile.preconfigured_nsg = PreconfiguredNsg::Enabled;
    compare(&house, "own-security-groups", document).await;
}

#[tokio::test]
async fn of_a_cluster_with_a_domain_of_the_customer() {
    let house = House::build().await;
    let mut document = house.document();
    document.cluster.properties.cluster_profile.domain = "one.customer.example".to_owned();
    compare(&house, "own-domain", document).await;
}

#[tokio::test]
async fn of_a_cluster_in_a_region_without_zones() {
    let house = House::build().await;
    house.world.set_zones(&[]);
    // Zones are in what is asked, not in how.
    compare(&house, "service-principal", house.document()).await;
}
