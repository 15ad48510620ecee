//! Virtual machines: an OS disk that comes with them, interfaces that must exist, power states.

use crate::arm::references;
use std::time::Duration;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Behaviour, Put, compute, disks};
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::front::ArmCall;
use crate::arm::id::{key, last};
use crate::arm::operations::{Monitor, accepted};
use crate::arm::registry::{Dialect, Flow, Kind, never_in_use};
use crate::arm::resources;
use crate::call::Reply;
use crate::clock::rfc3339;
use crate::state::{Effect, Resource, State, Verb};

pub(crate) const VM: &str = "Microsoft.Compute/virtualMachines";
const POWER_TIME: Duration = Duration::from_millis(100);

pub(super) const KINDS: &[Kind] = &[Kind {
    name: VM,
    dialect: Dialect::Compute,
    shape: "plan{*} zones[] identity{*} extendedLocation{*} placement{*} resources~ managedBy~ properties!{ \
            hardwareProfile!{vmSize! vmSizeProperties{*}} storageProfile!{imageReference{*} osDisk!{*} dataDisks[]{*} diskControllerType} \
            additionalCapabilities{*} osProfile{*} networkProfile!{networkInterfaces![]{id!@ properties{*}} networkApiVersion \
            networkInterfaceConfigurations[]{*}} securityProfile{*} diagnosticsProfile{*} availabilitySet{id!} virtualMachineScaleSet{id} \
            proximityPlacementGroup{id} priority evictionPolicy billingProfile{*} host{id} hostGroup{id} licenseType \
            extensionsTimeBudget platformFaultDomain scheduledEventsProfile{*} scheduledEventsPolicy{*} userData capacityReservation{*} \
            applicationProfile{*} instanceView~ vmId~ timeCreated~ provisioningState~ }",
    located: true,
    valid_name: machine_name,
    put: Flow::Watched,
    delete: Flow::Watched,
    put_time: Duration::from_millis(200),
    delete_time: Duration::from_millis(120),
    etag: false,
    in_use: never_in_use,
    behaviour: &Machines,
}];

fn machine_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

struct Machines;

impl Behaviour for Machines {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let at = rfc3339(put.cx.now);
        let size = new
            .property("hardwareProfile")
            .and_then(|one| one["vmSize"].as_str())
            .unwrap_or_default()
            .to_owned();
        if !compute::size_exists(&size) {
            return Err(ArmError::bad(
                "InvalidParameter",
                format!("The value {size} provided for the VM size is not valid. The valid sizes in the current region are listed by the SKUs API."),
            )
            .target("vmSize"));
        }
        if put.old.is_none() {
            compute::check_quota(put.cx, put.path.subscription.as_deref().unwrap_or_default(), &size)?;
        }
        let own_key = key(&new.id);
        let interfaces = new
            .property("networkProfile")
            .and_then(|one| one["networkInterfaces"].as_array())
            .cloned();
        for interface in interfaces.unwrap_or_default() {
            let id = interface["id"].as_str().unwrap_or_default();
            let other = references::users(put.cx.state, &key(id))
                .find(|(user, one)| one.kind == VM && **user != own_key)
                .map(|(_, one)| one.id.clone());
            if let Some(other) = other {
                return Err(ArmError::bad(
                    "NicInUse",
                    format!("Network Interface {id} is used by existing resource {other}."),
                ));
            }
        }
        let group = format!("{}/providers/{}", put.path.scope, disks::DISK);
        let name = new.name.clone();
        let kept = put.old.and_then(|old| old.property("vmId").cloned());
        let created = put.old.and_then(|old| old.property("timeCreated").cloned());
        let power = put.old.and_then(|old| old.property("_power").cloned());
        let properties = new.properties_mut();
        if let Some(disk) = properties
            .get_mut("storageProfile")
            .and_then(|one| one.get_mut("osDisk"))
        {
            let disk_name = disk["name"]
                .as_str()
                .map_or_else(|| format!("{name}_OSDisk"), str::to_owned);
            disk["name"] = json!(disk_name);
            if disk["managedDisk"]["id"].as_str().is_none() {
                disk["managedDisk"]["id"] = json!(format!("{group}/{disk_name}"));
            }
        }
        properties.insert(
            "vmId".to_owned(),
            kept.unwrap_or_else(|| json!(Uuid::new_v4().to_string())),
        );
        properties.insert("timeCreated".to_owned(), created.unwrap_or_else(|| json!(at)));
        properties.insert("_power".to_owned(), power.unwrap_or_else(|| json!("running")));
        if let Some(profile) = properties.get_mut("osProfile").and_then(Value::as_object_mut) {
            profile.remove("adminPassword");
        }
        Ok(())
    }

    fn written(&self, cx: &mut Cx<'_>, own_key: &str) -> Result<(), ArmError> {
        let Some(machine) = cx.state.resources.get(own_key).cloned() else {
            return Ok(());
        };
        let disk = machine
            .property("storageProfile")
            .map(|one| one["osDisk"].clone())
            .unwrap_or_default();
        let id = disk["managedDisk"]["id"].as_str().unwrap_or_default().to_owned();
        if id.is_empty() || cx.state.resources.contains(&key(&id)) {
            return Ok(());
        }
        let at = rfc3339(cx.now);
        let mut body = Map::new();
        body.insert(
            "sku".to_owned(),
            json!({"name": disk["managedDisk"]["storageAccountType"].as_str().unwrap_or("Premium_LRS")}),
        );
        for member in ["zones", "tags"] {
            if let Some(value) = machine.body.get(member) {
                body.insert(member.to_owned(), value.clone());
            }
        }
        body.insert(
            "properties".to_owned(),
            json!({
                "provisioningState": "Succeeded", "osType": "Linux", "creationData": {"createOption": "FromImage"},
                "diskSizeGB": disk["diskSizeGB"].as_u64().unwrap_or(128), "timeCreated": at, "uniqueId": Uuid::new_v4().to_string(),
            }),
        );
        cx.state.resources.put(
            key(&id),
            Resource {
                name: last(&id).to_owned(),
                kind: disks::DISK.to_owned(),
                location: machine.location.clone(),
                body,
                etag: Uuid::new_v4().to_string(),
                created_at: at.clone(),
                changed_at: at,
                operation: None,
                deleting: false,
                refs: Vec::new(),
                id,
            },
        );
        Ok(())
    }

    fn deleted(&self, cx: &mut Cx<'_>, _own_key: &str, resource: &Resource) {
        let delete = |value: &Value| {
            value["deleteOption"]
                .as_str()
                .is_some_and(|one| one.eq_ignore_ascii_case("Delete"))
        };
        let mut gone: Vec<String> = Vec::new();
        if let Some(disk) = resource
            .property("storageProfile")
            .map(|one| &one["osDisk"])
            .filter(|one| delete(one))
        {
            gone.extend(disk["managedDisk"]["id"].as_str().map(key));
        }
        let interfaces = resource
            .property("networkProfile")
            .and_then(|one| one["networkInterfaces"].as_array());
        for interface in interfaces
            .into_iter()
            .flatten()
            .filter(|one| delete(&one["properties"]))
        {
            gone.extend(interface["id"].as_str().map(key));
        }
        for one in gone {
            resources::remove(cx, &one);
        }
    }

    fn view(&self, _cx: &Cx<'_>, resource: &Resource, expand: Option<&str>, body: &mut Value) {
        if expand.is_some_and(|text| text.eq_ignore_ascii_case("instanceView")) {
            body["properties"]["instanceView"] = instance_view(resource);
        }
    }

    fn action(
        &self,
        cx: &mut Cx<'_>,
        arm: &ArmCall<'_>,
        own_key: &str,
        action: &str,
    ) -> Option<Result<Reply, ArmError>> {
        let machine = cx.state.resources.get(own_key)?;
        let power = match action.to_lowercase().as_str() {
            "start" | "restart" | "redeploy" | "reimage" => "running",
            "poweroff" => "stopped",
            "deallocate" => "deallocated",
            "retrievebootdiagnosticsdata" => {
                let (place, signature) = console_place(machine);
                let base = format!("{}/{DIAGNOSTICS_ACCOUNT}/{place}", cx.facts.endpoints.blob);
                let query = format!("sv=2021-08-06&sr=b&sp=r&sig={signature}");
                return Some(Ok(Reply::json(
                    200,
                    &json!({
                        "consoleScreenshotBlobUri": format!("{base}/screenshot.bmp?{query}"),
                        "serialConsoleLogBlobUri": format!("{base}/serialconsole.log?{query}"),
                    }),
                )));
            }
            _ => return None,
        };
        if cx.running(machine.operation.as_ref()).is_some() {
            return Some(Err(ArmError::new(
                409,
                "OperationNotAllowed",
                "The request cannot be performed because another operation is in progress on the virtual machine. Please retry later.",
            )));
        }
        let id = machine.id.clone();
        let operation = cx.begin(
            &id,
            Verb::Action,
            POWER_TIME,
            Effect::Power {
                state: power.to_owned(),
            },
        );
        cx.state
            .resources
            .change(own_key, |machine| machine.operation = Some(operation.clone()));
        Some(Ok(accepted(cx, arm, &operation, Monitor::Provider)))
    }
}

/// The account of the platform that keeps what machines write while they boot. Nobody owns it; its places are read with
/// the signature in their address.
pub(crate) const DIAGNOSTICS_ACCOUNT: &str = "bootdiagnostics";

/// Container of a machine in that account, and the signature that opens it.
fn console_place(machine: &Resource) -> (String, String) {
    let id = machine.id.to_lowercase();
    let name = |what: &str| crate::seed::named_uuid(&format!("{what}|{id}")).to_string();
    (name("bootdiagnostics"), name("signature"))
}

/// What the machine of that container has written on its serial console; `None` when there is none, or the signature is not
/// its own.
pub(crate) fn console(state: &State, place: &str, signature: &str) -> Option<String> {
    let mut machines = state.resources.iter().filter(|(_, one)| one.kind == VM);
    let (_, machine) = machines.find(|(_, one)| console_place(one) == (place.to_owned(), signature.to_owned()))?;
    let name = &machine.name;
    Some(format!(
        "[    0.000000] Linux version 5.14.0-427.el9.x86_64\r\n\
         [    3.104187] systemd[1]: Hostname set to <{name}>.\r\n\
         [    9.530201] ignition[812]: Ignition finished successfully\r\n\
         [   31.877312] systemd[1]: Reached target Multi-User System.\r\n\
         Red Hat Enterprise Linux CoreOS 9.4 (Plow)\r\n\
         Kernel 5.14.0-427.el9.x86_64 on an x86_64\r\n\r\n{name} login: "
    ))
}

/// What the machine is doing.
pub(super) fn instance_view(machine: &Resource) -> Value {
    let power = machine.property_text("_power").unwrap_or("running");
    let provisioning = machine
        .property_text("provisioningState")
        .unwrap_or("Succeeded")
        .to_lowercase();
    json!({
        "computerName": machine.name, "osName": "rhcos", "hyperVGeneration": "V2",
        "statuses": [
            {"code": format!("ProvisioningState/{provisioning}"), "level": "Info", "displayStatus": "Provisioning succeeded", "time": machine.changed_at},
            {"code": format!("PowerState/{power}"), "level": "Info", "displayStatus": format!("VM {power}")},
        ],
    })
}
