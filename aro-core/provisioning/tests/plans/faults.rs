//! Azure misbehaves.

use aro_api::{Secret, model::ProvisioningState};
use aro_azure::network::ServiceEndpoint;
use aro_http::CancellationToken;
use aro_provisioning::{Holding, Outcome};
use aro_sim::{Effect, FaultRule, FaultStatus, Match};

use crate::house::House;

pub fn rule(method: &str, kind: &str, nth: Option<u64>, effect: Effect) -> FaultRule {
    FaultRule {
        id: None,
        matches: Match {
            method: Some(method.to_owned()),
            resource_type: Some(kind.to_owned()),
            nth,
            ..Match::default()
        },
        effect,
        times: None,
    }
}

pub fn status(status: u16, code: &str, message: &str) -> Effect {
    Effect::Status(FaultStatus {
        status,
        code: code.to_owned(),
        message: message.to_owned(),
        retry_after: Some(0),
    })
}

const DEPLOYMENTS: &str = "Microsoft.Resources/deployments";
const RECORDS: &str = "Microsoft.Network/dnsZones/A";
const SUBNETS: &str = "Microsoft.Network/virtualNetworks/subnets";

#[tokio::test]
async fn trouble_that_passes_is_not_seen_by_the_customer() {
    let house = House::build().await;
    let calm = House::build().await;
    house.world.add_faults(vec![
        rule(
            "PUT",
            "Microsoft.Resources/resourceGroups",
            Some(1),
            Effect::EffectDoneButReplyLost,
        ),
        rule("PUT", RECORDS, Some(1), Effect::EffectDoneButReplyLost),
        rule("PUT", SUBNETS, Some(1), Effect::ResetBeforeEffect),
        rule(
            "PUT",
            DEPLOYMENTS,
            Some(1),
            status(403, "AuthorizationFailed", "The client may not do this."),
        ),
        rule("PUT", DEPLOYMENTS, Some(2), Effect::EffectDoneButReplyLost),
        rule(
            "GET",
            "Microsoft.Network/loadBalancers",
            Some(1),
            status(500, "InternalServerError", "Oops."),
        ),
        rule(
            "GET",
            "Microsoft.Network/virtualNetworks",
            Some(1),
            status(429, "TooManyRequests", "Slowly."),
        ),
    ]);
    house.put(house.document()).await;
    calm.put(calm.document()).await;
    house.complete().await;
    calm.complete().await;
    assert_eq!(house.inventory(), calm.inventory());
    house.world.add_faults(vec![
        rule(
            "DELETE",
            "Microsoft.Network/privateEndpoints",
            Some(1),
            Effect::EffectDoneButReplyLost,
        ),
        rule(
            "DELETE",
            "Microsoft.Network/loadBalancers",
            Some(1),
            Effect::ResetBeforeEffect,
        ),
        rule(
            "DELETE",
            "Microsoft.Resources/resourceGroups",
            Some(1),
            Effect::EffectDoneButReplyLost,
        ),
    ]);
    house.begin(ProvisioningState::Deleting, |_| {}).await;
    house.complete().await;
    assert!(house.world.resource_ids(&house.managed_group()).is_empty());
}

#[tokio::test]
async fn what_azure_refuses_is_told_with_step_cause_remedy_and_correlation_id() {
    let house = House::build().await;
    let policy = "Resource \"x\" was disallowed by policy.";
    house.world.add_faults(vec![rule(
        "PUT",
        DEPLOYMENTS,
        None,
        status(403, "RequestDisallowedByPolicy", policy),
    )]);
    house.put(house.document()).await;
    let error = house.fail().await;
    assert_eq!(
        (error.status_code, error.code.as_str()),
        (400, "RequestDisallowedByPolicy")
    );
    for part in [
        "(baseResources)",
        "disallowed by policy",
        "Exempt",
        "managed resource group",
        "correlation-1",
    ] {
        assert!(error.message.contains(part), "{part} is missing in: {}", error.message);
    }
    assert!(!error.message.contains('"'));
}

#[tokio::test]
async fn every_resource_that_a_deployment_could_not_make_is_told() {
    let house = House::build().await;
    let nested = r#"{"error":{"code":"DeploymentFailed","message":"At least one resource deployment operation failed.","details":[
        {"code":"SubnetIsFull","message":"No more addresses."},{"code":"QuotaExceeded","message":"No more groups."}]}}"#;
    house.world.add_faults(vec![rule(
        "PUT",
        DEPLOYMENTS,
        None,
        Effect::Status(FaultStatus {
            status: 400,
            code: "InvalidTemplateDeployment".to_owned(),
            message: nested.to_owned(),
            retry_after: None,
        }),
    )]);
    house.put(house.document()).await;
    let error = house.fail().await;
    assert_eq!((error.status_code, error.code.as_str()), (400, "InvalidLinkedSubnet"));
    for part in [
        "(baseResources)",
        "No more addresses.",
        "choose a larger one",
        "Azure's request id: ",
    ] {
        assert!(error.message.contains(part), "{part} is missing in: {}", error.message);
    }
    let told = &error.details[0];
    assert_eq!(
        (told.code.as_str(), told.message.as_str()),
        ("SubnetIsFull", "No more addresses.")
    );
    let all: Vec<&str> = told.details.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(all, ["SubnetIsFull", "QuotaExceeded"]);
}

#[tokio::test]
async fn a_wrong_secret_is_found_before_anything_is_made() {
    let house = House::build().await;
    let before = house.inventory();
    let mut document = house.document();
    let profile = document.cluster.properties.service_principal_profile.as_mut().unwrap();
    profile.client_secret = Secret::new("CANARY-not-the-secret");
    house.put(document).await;
    let error = house.fail().await;
    assert_eq!(
        (error.status_code, error.code.as_str()),
        (400, "InvalidServicePrincipalCredentials")
    );
    assert_eq!(error.target, "properties.servicePrincipalProfile");
    assert!(!format!("{error:?}").contains("CANARY"));
    assert_eq!(house.inventory(), before);
}

#[tokio::test]
async fn a_missing_subnet_is_named() {
    let house = House::build().await;
    let mut document = house.document();
    document.cluster.properties.worker_profiles[0]
        .subnet_id
        .push_str("-missing");
    house.put(document).await;
    let error = house.fail().await;
    assert_eq!((error.status_code, error.code.as_str()), (400, "InvalidLinkedVNet"));
    assert_eq!(error.target, "properties.workerProfiles[0].subnetId");
}

#[tokio::test]
async fn a_worker_that_is_cancelled_in_a_call_makes_no_other() {
    let house = House::build().await;
    let ids = house
        .world
        .add_faults(vec![rule("PUT", DEPLOYMENTS, Some(1), Effect::Hold)]);
    house.put(house.document()).await;
    let leased = house.take().await;
    let over = CancellationToken::new();
    let run = house.run(&leased, &over);
    let stop = async {
        assert!(
            house
                .world
                .wait_until_held(&ids[0], std::time::Duration::from_secs(60))
                .await
        );
        over.cancel();
    };
    let (outcome, ()) = tokio::join!(run, stop);
    assert!(matches!(outcome, Outcome::Interrupted), "{outcome:?}");
    let calls = house.world.calls(0).len();
    assert!(matches!(house.run(&leased, &over).await, Outcome::Interrupted));
    assert_eq!(house.world.calls(0).len(), calls);
    house.world.release_fault(&ids[0], true);
    let recorded = leased.document().progress.clone().unwrap();
    assert_eq!(recorded.current.as_deref(), Some("baseResources"));
    assert!(matches!(
        house.run(&leased, &CancellationToken::new()).await,
        Outcome::Finished
    ));
    leased.finish(&aro_store::Outcome::succeeded(), |_| {}).await.unwrap();
}

#[tokio::test]
async fn a_failed_installation_tells_the_states_of_the_machines() {
    let house = House::build().await;
    house.world.add_faults(vec![rule(
        "DELETE",
        "Microsoft.Compute/virtualMachines",
        None,
        status(400, "BadRequest", "No."),
    )]);
    house.put(house.document()).await;
    let error = house.fail().await;
    assert!(error.message.contains("(removeBootstrap)"), "{error}");
    let machines: Vec<_> = error
        .details
        .iter()
        .filter(|one| one.code.as_str() == "MachineState")
        .collect();
    assert!(machines.len() >= 4, "{:?}", error.details);
    assert!(machines.iter().any(|one| one.target.contains("-bootstrap")));
    assert!(
        machines.iter().all(|one| one.message.contains("PowerState/running")),
        "{machines:?}"
    );
    let kept = machines.iter().flat_map(|one| &one.details);
    let consoles: Vec<_> = kept.filter(|one| one.code.as_str() == "SerialConsole").collect();
    assert!(!consoles.is_empty(), "{machines:?}");
    assert!(
        consoles
            .iter()
            .all(|one| !one.message.is_empty() && one.message.len() <= 1500)
    );
    let consoles = house.world.calls(0);
    assert!(consoles.iter().any(|call| call.path.contains("bootdiagnostics")));
}

#[tokio::test]
async fn facts_that_cannot_be_had_do_not_hide_the_failure() {
    let house = House::build().await;
    let any = |method: &str, kind: &str| rule(method, kind, None, status(400, "BadRequest", "No."));
    house.world.add_faults(vec![
        any("DELETE", "Microsoft.Compute/virtualMachines"),
        any("GET", "Microsoft.Compute/virtualMachines"),
    ]);
    house.put(house.document()).await;
    let error = house.fail().await;
    assert!(error.message.contains("(removeBootstrap)"), "{error}");
    assert!(error.details.iter().all(|one| one.code.as_str() != "MachineState"));
}

#[tokio::test]
async fn a_change_of_a_subnet_by_somebody_else_is_not_lost() {
    let house = House::build().await;
    let held = house
        .world
        .add_faults(vec![rule("PUT", SUBNETS, Some(1), Effect::Hold)]);
    house.put(house.document()).await;
    let leased = house.take().await;
    let over = CancellationToken::new();
    let run = house.run(&leased, &over);
    let other = async {
        let patience = std::time::Duration::from_secs(60);
        assert!(house.world.wait_until_held(&held[0], patience).await);
        let mut subnets = house.subnets().await;
        for subnet in &mut subnets {
            subnet.properties.service_endpoints.push(ServiceEndpoint {
                service: "Microsoft.Sql".to_owned(),
                locations: vec!["*".to_owned()],
                ..ServiceEndpoint::default()
            });
        }
        house.restore(&subnets).await;
        house.world.release_fault(&held[0], true);
    };
    let (outcome, ()) = tokio::join!(run, other);
    assert!(matches!(outcome, Outcome::Finished), "{outcome:?}");
    for subnet in house.subnets().await {
        let endpoints = &subnet.properties.service_endpoints;
        let mut services: Vec<&str> = endpoints.iter().map(|one| one.service.as_str()).collect();
        services.sort_unstable();
        assert_eq!(
            services,
            ["Microsoft.ContainerRegistry", "Microsoft.Sql", "Microsoft.Storage"]
        );
    }
}
