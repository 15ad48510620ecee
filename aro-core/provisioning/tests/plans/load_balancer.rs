//! The internal load balancer: mended, and spread over zones.

use std::time::Duration;

use aro_api::model::{Cluster, MaintenanceTask, ProvisioningState};
use aro_azure::{
    Reference,
    network::{LoadBalancer, NetworkInterface, PrivateLinkService},
};
use aro_http::CancellationToken;
use aro_provisioning::Outcome;
use aro_sim::{Effect, FaultRule, Match};

use crate::house::House;

const INTERNAL: &str = "internal-lb-ip-v4";

fn id_of(house: &House, kind: &str, end: &str) -> String {
    let all = house.world.resource_ids(&house.managed_group());
    let mut found = all
        .into_iter()
        .filter(|id| id.contains(&format!("/{kind}/")) && id.ends_with(end));
    found.next().unwrap_or_else(|| panic!("{kind} {end}"))
}

async fn balancer(house: &House) -> LoadBalancer {
    house
        .arm()
        .await
        .get(&id_of(house, "loadBalancers", "-internal"))
        .await
        .unwrap()
}

fn interface_id(house: &House, number: u8) -> String {
    id_of(house, "networkInterfaces", &format!("-master{number}-nic"))
}

/// Takes a rule, a pool and a probe from the load balancer, and machines out of the pools.
pub async fn disturb_ssh(house: &House) {
    let arm = house.arm().await;
    let interface = interface_id(house, 1);
    let mut two: NetworkInterface = arm.get(&interface).await.unwrap();
    two.properties.ip_configurations[0]
        .properties
        .load_balancer_backend_address_pools
        .clear();
    arm.put(&interface, &two).await.unwrap();
    let mut balancer = balancer(house).await;
    balancer
        .properties
        .load_balancing_rules
        .retain(|rule| rule.name != "ssh-1");
    balancer
        .properties
        .backend_address_pools
        .retain(|pool| pool.name != "ssh-1");
    arm.put(&balancer.id.clone(), &balancer).await.unwrap();
}

/// Makes the frontend anew without zones, with the same address, as old clusters have it; one that is already at work in a
/// migration stays as it is.
pub async fn take_zones(house: &House) {
    let arm = house.arm().await;
    let service_id = id_of(house, "privateLinkServices", "-pls");
    let mut balancer = balancer(house).await;
    if balancer.properties.frontends.len() > 1
        || balancer.properties.frontends[0].zones.is_empty()
        || balancer.properties.frontends[0].name != INTERNAL
    {
        // A migration that failed has left it half way.
        return;
    }
    let id = balancer.id.clone();
    let rules = balancer.properties.load_balancing_rules.clone();
    let own = balancer.properties.frontends[0].clone();
    let mut beside = own.clone();
    "beside".clone_into(&mut beside.name);
    beside.id = String::new();
    beside
        .properties
        .rest
        .insert("privateIPAllocationMethod".to_owned(), "Dynamic".into());
    beside.properties.private_ip_address = None;
    beside.properties.load_balancing_rules.clear();
    balancer.properties.frontends.push(beside);
    balancer = arm.put(&id, &balancer).await.unwrap();
    let mut service: PrivateLinkService = arm.get(&service_id).await.unwrap();
    let lead = |name: &str| vec![Reference::to(format!("{id}/frontendIPConfigurations/{name}"))];
    service.properties.load_balancer_frontend_ip_configurations = lead("beside");
    service = arm.put(&service_id, &service).await.unwrap();
    balancer.properties.frontends.retain(|one| one.name == "beside");
    balancer.properties.load_balancing_rules.clear();
    balancer = arm.put(&id, &balancer).await.unwrap();
    let mut plain = own;
    plain.zones.clear();
    plain
        .properties
        .rest
        .insert("privateIPAllocationMethod".to_owned(), "Static".into());
    balancer.properties.frontends.push(plain);
    balancer.properties.load_balancing_rules = rules;
    balancer = arm.put(&id, &balancer).await.unwrap();
    service.properties.load_balancer_frontend_ip_configurations = lead(INTERNAL);
    arm.put(&service_id, &service).await.unwrap();
    balancer.properties.frontends.retain(|one| one.name == INTERNAL);
    arm.put(&id, &balancer).await.unwrap();
}

async fn assert_spread(house: &House, address: &str) {
    let balancer = balancer(house).await;
    let [frontend] = &balancer.properties.frontends[..] else {
        panic!("{:?}", balancer.properties.frontends);
    };
    assert_eq!(frontend.name, INTERNAL);
    assert_eq!(frontend.zones, ["1", "2", "3"]);
    assert_eq!(frontend.properties.private_ip_address.as_deref(), Some(address));
    let mut rules: Vec<&str> = balancer
        .properties
        .load_balancing_rules
        .iter()
        .map(|rule| rule.name.as_str())
        .collect();
    rules.sort_unstable();
    assert_eq!(rules, ["api-internal-v4", "sint-v4", "ssh-0", "ssh-1", "ssh-2"]);
    let service: PrivateLinkService = house
        .arm()
        .await
        .get(&id_of(house, "privateLinkServices", "-pls"))
        .await
        .unwrap();
    let leads = &service.properties.load_balancer_frontend_ip_configurations;
    assert!(matches!(&leads[..], [only] if only.is(&frontend.id)), "{leads:?}");
}

fn migrate(cluster: &mut Cluster) {
    cluster.properties.maintenance_task = MaintenanceTask::MigrateLoadBalancer;
}

async fn made() -> (House, String) {
    let house = House::build().await;
    house.put(house.document()).await;
    house.complete().await;
    let address = house.stored().await.cluster.properties.apiserver_profile.int_ip;
    (house, address)
}

#[tokio::test]
async fn a_load_balancer_is_spread_over_zones_by_whoever_goes_on() {
    let (house, address) = made().await;
    let made = house.inventory();
    // Every write of the migration, its worker dying after it.
    for nth in 1..=6 {
        take_zones(&house).await;
        house.begin(ProvisioningState::AdminUpdating, migrate).await;
        let rule = FaultRule {
            id: None,
            matches: Match {
                method: Some("PUT".to_owned()),
                nth: Some(nth),
                ..Match::default()
            },
            effect: Effect::HoldReply,
            times: None,
        };
        let rules = house.world.add_faults(vec![rule]);
        let leased = house.take().await;
        let over = CancellationToken::new();
        tokio::select! {
            outcome = house.run(&leased, &over) => panic!("{nth}: {outcome:?}"),
            held = house.world.wait_until_held(&rules[0], Duration::from_secs(60)) => assert!(held, "{nth}"),
        }
        house.world.release_fault(&rules[0], true);
        house.world.clear_faults();
        let outcome = house.run(&leased, &over).await;
        assert!(matches!(outcome, Outcome::Finished), "{nth}: {outcome:?}");
        leased.finish(&aro_store::Outcome::succeeded(), |_| {}).await.unwrap();
        assert_spread(&house, &address).await;
        assert_eq!(
            house.stored().await.cluster.properties.apiserver_profile.int_ip,
            address
        );
    }
    // Again, with nothing to do.
    let before = house.world.calls(0).last().unwrap().number;
    house.begin(ProvisioningState::AdminUpdating, migrate).await;
    house.complete().await;
    assert!(!house.world.calls(before).iter().any(|call| call.method == "PUT"));
    assert_eq!(house.inventory(), made);
}

#[tokio::test]
async fn ways_to_the_machines_are_mended() {
    let (house, _) = made().await;
    let arm = house.arm().await;
    let before: NetworkInterface = arm.get(&interface_id(&house, 1)).await.unwrap();
    disturb_ssh(&house).await;
    // A machine in the pool of another one.
    let zero = interface_id(&house, 0);
    let mut wrong: NetworkInterface = arm.get(&zero).await.unwrap();
    let pools = &mut wrong.properties.ip_configurations[0]
        .properties
        .load_balancer_backend_address_pools;
    for pool in pools.iter_mut() {
        pool.id = pool.id.replace("ssh-0", "ssh-2");
    }
    arm.put(&zero, &wrong).await.unwrap();
    house.begin(ProvisioningState::AdminUpdating, |_| {}).await;
    house.complete().await;
    let names = |one: &NetworkInterface| {
        let pools = one.properties.ip_configurations[0]
            .properties
            .load_balancer_backend_address_pools
            .iter();
        let mut names: Vec<String> = pools.map(|pool| pool.id.to_lowercase()).collect();
        names.sort_unstable();
        names
    };
    let after: NetworkInterface = arm.get(&interface_id(&house, 1)).await.unwrap();
    assert_eq!(names(&after), names(&before));
    let after: NetworkInterface = arm.get(&zero).await.unwrap();
    let ssh: Vec<String> = names(&after)
        .into_iter()
        .filter(|name| name.contains("/ssh-"))
        .collect();
    assert!(matches!(&ssh[..], [only] if only.ends_with("ssh-0")), "{ssh:?}");
    let rules = balancer(&house).await.properties.load_balancing_rules;
    assert!(rules.iter().any(|rule| rule.name == "ssh-1"));
}
