//! Addresses and ports of services.

use serde_json::{Value, json};

use crate::status::Status;
use crate::world::World;

/// Gives a service its cluster address and node ports.
pub(crate) fn allocate(world: &mut World, service: &mut Value, current: Option<&Value>) -> Result<(), Status> {
    let kind = service
        .pointer("/spec/type")
        .and_then(Value::as_str)
        .unwrap_or("ClusterIP")
        .to_owned();
    if !service["spec"].is_object() {
        service["spec"] = json!({});
    }
    if kind == "ExternalName" {
        return Ok(());
    }
    let has = service
        .pointer("/spec/clusterIP")
        .and_then(Value::as_str)
        .is_some_and(|address| !address.is_empty());
    if !has {
        let address = current
            .and_then(|current| current.pointer("/spec/clusterIP"))
            .and_then(Value::as_str)
            .map(str::to_owned)
            .unwrap_or_else(|| world.allocated.address());
        service["spec"]["clusterIP"] = Value::from(address);
    }
    if service.pointer("/spec/clusterIPs").is_none_or(Value::is_null) {
        let address = service["spec"]["clusterIP"].clone();
        service["spec"]["clusterIPs"] = Value::Array(vec![address]);
    }
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer")
        && let Some(ports) = service.pointer_mut("/spec/ports").and_then(Value::as_array_mut)
    {
        for port in ports {
            let wanted = port
                .get("nodePort")
                .and_then(Value::as_u64)
                .and_then(|port| u16::try_from(port).ok())
                .filter(|port| *port > 0);
            if wanted.is_none()
                && let Some(given) = world.allocated.port(None)
            {
                port["nodePort"] = Value::from(given);
            }
        }
    }
    Ok(())
}
