//! Addresses and ports of services.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use serde_json::{Value, json};

use crate::meta;
use crate::status::{Cause, Qualified, Status};
use crate::world::World;

/// The network of cluster addresses, 172.30.0.0/16, and what of it is not given out unasked.
const NETWORK: [u8; 2] = [172, 30];
const RESERVED: u32 = 10;
const ADDRESSES: u32 = 1 << 16;

const FIRST_PORT: u16 = 30000;
const LAST_PORT: u16 = 32767;

/// What the services of a cluster have, one of them aside.
struct Taken {
    addresses: BTreeSet<String>,
    ports: BTreeSet<(u16, String)>,
}

impl Taken {
    fn of(world: &World, but: &Value) -> Self {
        let (namespace, name) = (meta::namespace(but), meta::name(but));
        let (mut addresses, mut ports) = (BTreeSet::new(), BTreeSet::new());
        for (_, service) in world.state.scan("services", "") {
            if meta::namespace(service) == namespace && meta::name(service) == name {
                continue;
            }
            let spec = &service["spec"];
            addresses.extend(
                spec["clusterIPs"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .map(str::to_owned),
            );
            ports.extend(spec["ports"].as_array().into_iter().flatten().filter_map(node_port));
        }
        Self { addresses, ports }
    }
}

fn node_port(port: &Value) -> Option<(u16, String)> {
    let number = port["nodePort"]
        .as_u64()
        .and_then(|number| u16::try_from(number).ok())?;
    (number > 0).then(|| (number, port["protocol"].as_str().unwrap_or("TCP").to_owned()))
}

/// Gives a service its cluster address and node ports.
///
/// # Errors
/// 422 for an address or port that it asks for and cannot have.
pub(crate) fn allocate(world: &mut World, service: &mut Value, current: Option<&Value>) -> Result<(), Status> {
    if !service["spec"].is_object() {
        service["spec"] = json!({});
    }
    let kind = service["spec"]["type"].as_str().unwrap_or("ClusterIP").to_owned();
    if kind == "ExternalName" {
        return Ok(());
    }
    let taken = Taken::of(world, service);
    let name = meta::name(service).to_owned();
    let invalid = |cause: Cause| {
        let kind = Qualified {
            name: "Service",
            group: "",
        };
        Status::invalid(kind, &name, &[cause])
    };
    let had = |address: &str| current.is_some_and(|current| current["spec"]["clusterIP"] == address);
    match service["spec"]["clusterIP"].as_str().unwrap_or_default() {
        "" => {
            let address = free_address(world, &taken)
                .ok_or_else(|| Status::internal("failed to allocate a serviceIP: range is full"))?;
            service["spec"]["clusterIP"] = Value::from(address);
        }
        "None" => {}
        address if had(address) => {}
        address => {
            let why = match address.parse::<Ipv4Addr>() {
                // Whether it is an address at all is said by validation.
                Err(_) => None,
                Ok(parsed) if parsed.octets()[..2] != NETWORK => {
                    Some("the provided network does not match the current range")
                }
                Ok(_) if taken.addresses.contains(address) => Some("provided IP is already allocated"),
                Ok(_) => None,
            };
            // Of an update that changes the address validation speaks first.
            if let Some(why) = why.filter(|_| current.is_none()) {
                let why = format!("failed to allocate IP {address}: {why}");
                return Err(invalid(Cause::invalid("spec.clusterIPs", &json!([address]), &why)));
            }
        }
    }
    if service["spec"]["clusterIPs"].is_null() {
        let address = service["spec"]["clusterIP"].clone();
        service["spec"]["clusterIPs"] = json!([address]);
    }
    let wants_ports =
        kind == "NodePort" || (kind == "LoadBalancer" && service["spec"]["allocateLoadBalancerNodePorts"] != false);
    let ports = service["spec"]["ports"].as_array_mut();
    let mut own: BTreeSet<(u16, String)> = BTreeSet::new();
    for (index, port) in ports.into_iter().flatten().enumerate() {
        match node_port(port) {
            Some(wanted) => {
                let at = format!("spec.ports[{index}].nodePort");
                if !(FIRST_PORT..=LAST_PORT).contains(&wanted.0) {
                    let why = format!(
                        "provided port is not in the valid range. The range of valid ports is {FIRST_PORT}-{LAST_PORT}"
                    );
                    return Err(invalid(Cause::invalid(at, &wanted.0.into(), &why)));
                }
                if taken.ports.contains(&wanted) {
                    let why = "provided port is already allocated";
                    return Err(invalid(Cause::invalid(at, &wanted.0.into(), why)));
                }
                own.insert(wanted);
            }
            None if wants_ports => {
                let protocol = port["protocol"].as_str().unwrap_or("TCP").to_owned();
                let mut free = (FIRST_PORT..=LAST_PORT).map(|offset| {
                    FIRST_PORT + (offset - FIRST_PORT + world.allocated.next_port) % (LAST_PORT - FIRST_PORT + 1)
                });
                let found = free.find(|number| {
                    let key = (*number, protocol.clone());
                    !taken.ports.contains(&key) && !own.contains(&key)
                });
                if let Some(number) = found {
                    world.allocated.next_port = (number - FIRST_PORT + 1) % (LAST_PORT - FIRST_PORT + 1);
                    port["nodePort"] = Value::from(number);
                    own.insert((number, protocol));
                }
            }
            None => {}
        }
    }
    Ok(())
}

fn free_address(world: &mut World, taken: &Taken) -> Option<String> {
    for _ in RESERVED..ADDRESSES {
        world.allocated.next_address = (world.allocated.next_address + 1) % (ADDRESSES - RESERVED);
        let [_, _, high, low] = (world.allocated.next_address + RESERVED).to_be_bytes();
        let address = Ipv4Addr::new(NETWORK[0], NETWORK[1], high, low).to_string();
        if !taken.addresses.contains(&address) {
            return Some(address);
        }
    }
    None
}
