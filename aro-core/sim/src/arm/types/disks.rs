//! Managed disks and disk encryption sets.

use crate::arm::{authorization, references, refusals};
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Behaviour, Put, network};
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::front::ArmCall;
use crate::arm::id::key;
use crate::arm::registry::{Dialect, Flow, Kind, any_name};
use crate::call::Reply;
use crate::clock::rfc3339;
use crate::state::Resource;

pub(crate) const DISK: &str = "Microsoft.Compute/disks";

const fn row(
    name: &'static str,
    shape: &'static str,
    in_use: fn(&Resource, &[String]) -> Option<ArmError>,
    behaviour: &'static dyn Behaviour,
) -> Kind {
    Kind {
        name,
        dialect: Dialect::Compute,
        shape,
        located: true,
        valid_name: any_name,
        put: Flow::Accepted,
        delete: Flow::Watched,
        put_time: Duration::from_millis(60),
        delete_time: Duration::from_millis(60),
        etag: false,
        in_use,
        behaviour,
    }
}

pub(super) const KINDS: &[Kind] = &[
    row(
        DISK,
        "sku{name tier} zones[] extendedLocation{*} managedBy~ managedByExtended~ properties!{ osType hyperVGeneration purchasePlan{*} \
         creationData!{*} diskSizeGB encryptionSettingsCollection{*} encryption{diskEncryptionSetId@ type} diskIOPSReadWrite \
         diskMBpsReadWrite maxShares networkAccessPolicy diskAccessId tier burstingEnabled publicNetworkAccess \
         dataAccessAuthMode securityProfile{*} supportedCapabilities{*} supportsHibernation optimizedForFrequentAttach \
         diskState~ diskSizeBytes~ timeCreated~ uniqueId~ shareInfo~ provisioningState~ }",
        disk_in_use,
        &Disks,
    ),
    row(
        "Microsoft.Compute/diskEncryptionSets",
        "identity{*} properties!{ activeKey!{*} encryptionType rotationToLatestKeyVersionEnabled federatedClientId previousKeys~ \
         lastKeyRotationTimestamp~ autoKeyRotationError~ provisioningState~ }",
        encryption_set_in_use,
        &EncryptionSets,
    ),
    row(
        "Microsoft.Compute/snapshots",
        "sku{name tier} extendedLocation{*} properties!{ creationData!{*} osType diskSizeGB encryption{*} incremental networkAccessPolicy \
         publicNetworkAccess diskState~ provisioningState~ }",
        crate::arm::registry::never_in_use,
        &super::Nothing,
    ),
];

fn disk_in_use(resource: &Resource, users: &[String]) -> Option<ArmError> {
    Some(ArmError::new(
        409,
        "OperationNotAllowed",
        format!("Disk {} is attached to VM {}.", resource.name, users.join(", ")),
    ))
}

fn encryption_set_in_use(resource: &Resource, users: &[String]) -> Option<ArmError> {
    Some(ArmError::new(
        409,
        "OperationNotAllowed",
        format!(
            "Disk encryption set {} cannot be deleted because it is in use by {}.",
            resource.name,
            users.join(", ")
        ),
    ))
}

struct EncryptionSets;

impl Behaviour for EncryptionSets {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let own = |one: &Resource, name: &str| one.body.get("identity").map(|identity| identity[name].clone());
        let tenant = put.cx.facts.endpoints.tenant.clone();
        let before = put.old.and_then(|old| own(old, "principalId")).filter(Value::is_string);
        let has_own = own(new, "type")
            .and_then(|kind| kind.as_str().map(|kind| kind.contains("SystemAssigned")))
            .unwrap_or(false);
        if has_own && let Some(identity) = new.body.get_mut("identity") {
            identity["principalId"] = before.unwrap_or_else(|| json!(Uuid::new_v4().to_string()));
            identity["tenantId"] = json!(tenant);
        }
        new.properties_mut()
            .entry("encryptionType")
            .or_insert(json!("EncryptionAtRestWithCustomerKey"));
        Ok(())
    }
}

/// Ids of what is encrypted with a set: `…/diskEncryptionSets/{name}/associatedResources`.
pub(super) fn answer(cx: &Cx<'_>, arm: &ArmCall<'_>) -> Option<Result<Reply, ArmError>> {
    let own = "microsoft.compute/diskencryptionsets/associatedresources";
    if arm.call.method != Method::GET || arm.path.names_a_resource() || arm.path.kind().to_lowercase() != own {
        return None;
    }
    let set = arm.path.without_last();
    let listed = || {
        authorization::authorize(
            cx.state,
            &arm.caller,
            "Microsoft.Compute/diskEncryptionSets/read",
            &set.text,
        )?;
        let own_key = key(&set.text);
        if !cx.state.resources.contains(&own_key) {
            return Err(refusals::parent_missing(&set));
        }
        let ids: Vec<&str> = references::users(cx.state, &own_key)
            .map(|(_, one)| one.id.as_str())
            .collect();
        Ok(Reply::json(200, &json!({"value": ids})))
    };
    Some(listed())
}

struct Disks;

impl Behaviour for Disks {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let at = rfc3339(put.cx.now);
        let size = |one: &Resource| one.property("diskSizeGB").and_then(Value::as_u64);
        if let Some(old) = put.old
            && size(new) < size(old)
        {
            return Err(ArmError::new(
                409,
                "OperationNotAllowed",
                format!("Disk {} cannot be made smaller.", new.name),
            )
            .target("diskSizeGB"));
        }
        let properties = new.properties_mut();
        for name in ["timeCreated", "uniqueId"] {
            if let Some(value) = put.old.and_then(|old| old.property(name)) {
                properties.insert(name.to_owned(), value.clone());
            }
        }
        network::default(properties, "timeCreated", json!(at));
        network::default(properties, "uniqueId", json!(Uuid::new_v4().to_string()));
        Ok(())
    }

    fn view(&self, cx: &Cx<'_>, resource: &Resource, _expand: Option<&str>, body: &mut Value) {
        let own_key = key(&resource.id);
        let machine = references::users(cx.state, &own_key).find(|(_, user)| user.kind == super::machines::VM);
        if let Some((_, machine)) = machine {
            body["managedBy"] = json!(machine.id);
        }
        body["properties"]["diskState"] = json!(if machine.is_some() { "Attached" } else { "Unattached" });
    }
}
