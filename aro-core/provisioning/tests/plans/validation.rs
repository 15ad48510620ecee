//! What stands against a cluster is told all at once, and doing what is told mends it.

use aro_api::model::{EncryptionAtHost, ProvisioningState};
use aro_azure::{
    Reference,
    authorization::{API_VERSION, RoleAssignment},
};

use crate::{house::House, variants::with_workload_identities};

const PERMISSIONS: &str = "InvalidServicePrincipalPermissions";

/// Takes every right from a principal in the customer's subscription.
async fn disown(house: &House, principal: &str) {
    let arm = house.arm().await;
    let path = format!(
        "/subscriptions/{}/providers/Microsoft.Authorization/roleAssignments",
        house.subscription()
    );
    let filter = format!("principalId eq '{principal}'");
    let all: Vec<RoleAssignment> = arm.list(&path, API_VERSION, &[("$filter", &filter)]).await.unwrap();
    assert!(!all.is_empty());
    for one in all {
        arm.delete(&one.id, API_VERSION).await.unwrap();
    }
}

#[tokio::test]
async fn all_findings_are_told_at_once_before_anything_is_made() {
    let house = House::build().await;
    let before = house.inventory();
    let arm = house.arm().await;
    let own = format!(
        "/subscriptions/{}/resourceGroups/aro-dev/providers/Microsoft.Network/routeTables/own",
        house.subscription()
    );
    let mut subnets = house.subnets().await;
    house.bring_security_group().await;
    subnets[1] = house.subnets().await.remove(1);
    let table: aro_azure::network::RouteTable =
        serde_json::from_value(serde_json::json!({"location": house.world.endpoints().location})).unwrap();
    arm.put(&own, &table).await.unwrap();
    subnets[1].properties.route_table = Some(Reference::to(own.clone()));
    house.restore(&subnets).await;

    let principal = house.world.endpoints().service_principals[1].object_id.clone();
    disown(&house, &principal).await;
    let mut document = house.document();
    let properties = &mut document.cluster.properties;
    properties.master_profile.encryption_at_host = EncryptionAtHost::Enabled;
    properties.network_profile.pod_cidr = "10.1.0.0/18".to_owned();
    properties.master_profile.disk_encryption_set_id = format!(
        "/subscriptions/{}/resourceGroups/aro-dev/providers/Microsoft.Compute/diskEncryptionSets/none",
        house.subscription()
    );
    house.put(document).await;
    let error = house.fail().await;
    let codes: Vec<&str> = error.details.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(
        codes,
        [
            // The network, both subnets, the disk encryption set; then what was found attached.
            PERMISSIONS,
            PERMISSIONS,
            PERMISSIONS,
            PERMISSIONS,
            PERMISSIONS,
            "InvalidLinkedVNet",
            "InvalidLinkedVNet",
            "InvalidLinkedDiskEncryptionSet",
            "InvalidParameter",
        ],
        "{:#?}",
        error.details
    );
    assert_eq!((error.status_code, error.code.as_str()), (400, PERMISSIONS));
    assert_eq!(error.target, "properties.masterProfile.subnetId");
    for part in [
        "(validateResources)",
        "8 more findings",
        "Run: az role assignment create",
        "correlation-1",
    ] {
        assert!(error.message.contains(part), "{part} is missing in: {}", error.message);
    }
    let texts: Vec<&String> = error.details.iter().map(|one| &one.message).collect();
    assert!(
        texts
            .iter()
            .all(|text| text.contains("Run: az ") && !text.contains('"')),
        "{texts:#?}"
    );
    assert!(
        texts[4].contains(&own) && texts[4].contains("routeTables/join/action"),
        "{}",
        texts[4]
    );
    let made: Vec<String> = house
        .inventory()
        .into_iter()
        .filter(|id| !before.contains(id))
        .collect();
    assert!(made.iter().all(|id| id.contains("/aro-dev/")), "{made:?}");
}

#[tokio::test]
async fn rights_given_while_it_is_checked_are_waited_for() {
    let house = House::build().await;
    let there = house.world.endpoints();
    let principal = there.service_principals[1].object_id.clone();
    disown(&house, &principal).await;
    house.put(house.document()).await;
    let leased = house.take().await;
    let cancellation = aro_http::CancellationToken::new();
    let run = house.run(&leased, &cancellation);
    let mend = async {
        // The first questions have been answered with no.
        loop {
            let asked = house.world.calls(0);
            if asked.iter().filter(|call| call.path.contains("checkAccess")).count() >= 8 {
                break;
            }
            tokio::task::yield_now().await;
        }
        house.allow(&there.network.vnet, &principal).await;
    };
    let (outcome, ()) = tokio::join!(run, mend);
    assert!(matches!(outcome, aro_provisioning::Outcome::Finished), "{outcome:?}");
}

#[tokio::test]
async fn missing_rights_of_a_platform_identity_are_found_on_update_too() {
    let house = House::build().await;
    let document = with_workload_identities(&house).await;
    house.put(document).await;
    house.complete().await;
    let profile = house
        .stored()
        .await
        .cluster
        .properties
        .platform_workload_identity_profile;
    let identities = profile.unwrap().platform_workload_identities;
    let (_, identity) = identities.iter().find(|(name, _)| *name == "ingress").unwrap();
    let at = format!("{}/", house.managed_group());
    let arm = house.arm().await;
    let path = format!(
        "{}/providers/Microsoft.Authorization/roleAssignments",
        house.world.endpoints().network.vnet
    );
    let filter = format!("principalId eq '{}'", identity.object_id);
    let all: Vec<RoleAssignment> = arm.list(&path, API_VERSION, &[("$filter", &filter)]).await.unwrap();
    for one in all.iter().filter(|one| !one.id.starts_with(&at)) {
        arm.delete(&one.id, API_VERSION).await.unwrap();
    }
    house.begin(ProvisioningState::Updating, |_| {}).await;
    let error = house.fail().await;
    assert_eq!(error.code.as_str(), "InvalidWorkloadIdentityPermissions", "{error:#?}");
    assert!(error.message.contains("The platform identity of ingress"), "{error}");
    // Facts about the cluster come after the findings.
    let findings = error.details.iter().filter(|one| one.code == error.code);
    assert_eq!(findings.count(), 3, "{:#?}", error.details);
}
