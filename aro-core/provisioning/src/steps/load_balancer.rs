//! The load balancer inside the virtual network, mended and moved to zones.

use aro_azure::{
    ArmClient, Reference,
    network::{self, Frontend, FrontendProperties, LoadBalancer, NetworkInterface, Part, PrivateLinkService},
};
use serde_json::{Value, json};

use super::{
    context::{Cx, missing},
    template::{self, INTERNAL_FRONTEND},
};
use crate::{Change, StepError, Verdict, validation};

/// The frontend that stands in while the real one is made anew. Its name says so to whoever goes on.
const STAND_IN: &str = "stand-in-ip";

fn balancer_id(cx: &Cx) -> Result<String, StepError> {
    cx.managed("Microsoft.Network/loadBalancers", &cx.names()?.internal_load_balancer())
}

fn part(of: Value) -> Part {
    // The template's own words for a part; a value that is no part has none of its members.
    serde_json::from_value(of).unwrap_or_default()
}

/// Parts of a template name each other by expressions; parts of a written load balancer by id.
fn resolved(balancer: &str, list: &str, name: &str) -> Value {
    json!({"id": format!("{balancer}/{list}/{name}")})
}

/// Adds the parts of a list that are missing, by name.
fn complete(list: &mut Vec<Part>, wanted: Vec<Part>) -> bool {
    let before = list.len();
    for one in wanted {
        if !list.iter().any(|known| known.name.eq_ignore_ascii_case(&one.name)) {
            list.push(one);
        }
    }
    list.len() > before
}

/// The rules that every internal load balancer has, and what they refer to. Those that are there already stay as they are.
fn complete_rules(cx: &Cx, id: &str, balancer: &mut LoadBalancer) -> Result<bool, StepError> {
    let names = cx.names()?;
    let properties = &mut balancer.properties;
    let parts = template::internal_parts(names.infra_id, &|list, name| resolved(id, list, name));
    let mut changed = complete(
        &mut properties.backend_address_pools,
        parts.pools.into_iter().map(part).collect(),
    );
    changed |= complete(&mut properties.probes, parts.probes.into_iter().map(part).collect());
    changed |= complete(
        &mut properties.load_balancing_rules,
        parts.rules.into_iter().map(part).collect(),
    );
    Ok(changed)
}

/// The number of the control plane machine whose interface this is: `…master…2-nic`.
fn master_number(name: &str) -> Option<char> {
    let (_, rest) = name.split_once("master")?;
    rest.strip_suffix("-nic")?
        .chars()
        .last()
        .filter(|number| ('0'..='2').contains(number))
}

/// Gives the service back its way to the control plane's machines by SSH: pools, rules and probe of the load balancer,
/// and each machine in its pools.
pub(crate) async fn fix_ssh(cx: Cx) -> Result<Verdict, StepError> {
    let arm = cx.arm().await?;
    let id = balancer_id(&cx)?;
    let mut balancer: LoadBalancer = arm.get(&id).await?;
    if complete_rules(&cx, &id, &mut balancer)? {
        arm.replace(&id, &balancer).await?;
    }
    let path = format!("{}/providers/Microsoft.Network/networkInterfaces", cx.managed_group()?);
    let interfaces: Vec<NetworkInterface> = arm.list(&path, network::API_VERSION, &[]).await?;
    if interfaces.is_empty() {
        return Err(StepError::Unexpected(
            "the cluster has no network interfaces".to_owned(),
        ));
    }
    for interface in interfaces {
        if let Some(number) = master_number(interface.name()) {
            fix_interface(&cx, &arm, &id, interface, number).await?;
        }
    }
    Ok(Change::none().into())
}

async fn fix_interface(
    cx: &Cx,
    arm: &ArmClient,
    balancer: &str,
    mut interface: NetworkInterface,
    number: char,
) -> Result<(), StepError> {
    let id = interface.id.clone();
    if interface.properties.virtual_machine.is_none() {
        // Left over from a machine that was replaced.
        return Ok(arm.delete(&id, network::API_VERSION).await?);
    }
    let subnet = &cx.properties().master_profile.subnet_id;
    let mut changed = false;
    for configuration in &mut interface.properties.ip_configurations {
        let own = configuration.properties.subnet.as_ref();
        if !own.is_some_and(|own| own.is(subnet)) {
            continue;
        }
        let pools = &mut configuration.properties.load_balancer_backend_address_pools;
        let main = cx.names()?.infra_id;
        let ssh = format!("ssh-{number}");
        let pool = |balancer: &str, name: &str| format!("{balancer}/backendAddressPools/{name}");
        let mut wanted = vec![pool(balancer, main), pool(balancer, &ssh)];
        if cx.calls_out_by_load_balancer() {
            let public = cx.managed("Microsoft.Network/loadBalancers", &cx.names()?.public_load_balancer())?;
            wanted.push(pool(&public, main));
        }
        let before = pools.len();
        let wrong = pool(balancer, "ssh-").to_lowercase();
        pools.retain(|one| !one.id.to_lowercase().starts_with(&wrong) || one.is(&wanted[1]));
        changed |= pools.len() != before;
        for id in wanted {
            if !pools.iter().any(|one| one.is(&id)) {
                pools.push(Reference::to(id));
                changed = true;
            }
        }
    }
    if changed {
        arm.replace(&id, &interface).await?;
    }
    Ok(())
}

/// Keeps the address of the internal load balancer where the document does not have it: it must not be lost when the load
/// balancer is made anew.
pub(crate) async fn internal_address(cx: Cx) -> Result<Verdict, StepError> {
    if !cx.properties().apiserver_profile.int_ip.is_empty() {
        return Ok(Change::none().into());
    }
    let balancer: LoadBalancer = cx.arm().await?.get(&balancer_id(&cx)?).await?;
    let frontends = &balancer.properties.frontends;
    let frontend = frontends
        .iter()
        .find(|one| one.name == INTERNAL_FRONTEND)
        .or(frontends.first());
    let address = frontend.and_then(|one| one.properties.private_ip_address.clone());
    let Some(address) = address else {
        return Ok(Verdict::not_yet("the internal load balancer has no address"));
    };
    Ok(Change::document(move |document| {
        document
            .cluster
            .properties
            .apiserver_profile
            .int_ip
            .clone_from(&address);
    })
    .into())
}

/// Spreads the address of the internal load balancer over the zones of the region. Azure cannot change the zones of a
/// frontend, so it is made anew with the same address, while another one stands in for the private link service.
///
/// ```text
///  frontends                        link service leads to
///  internal                         internal
///  internal, stand-in               internal
///  internal, stand-in               stand-in
///  stand-in                         stand-in           no rules: the API is away inside the network
///  stand-in, internal with zones    stand-in           rules are back
///  stand-in, internal with zones    internal
///  internal with zones              internal
/// ```
///
/// Every line can be told from the others by looking, so whoever comes next goes on where another has died.
pub(crate) async fn spread_over_zones(cx: Cx) -> Result<Verdict, StepError> {
    let zones = validation::control_plane_zones(&cx.region().await?, cx.cluster()).await?;
    if zones.is_empty() {
        return Ok(Change::none().into());
    }
    let address = cx.properties().apiserver_profile.int_ip.clone();
    if address.is_empty() {
        return Err(missing("the address of the internal load balancer"));
    }
    let arm = cx.arm().await?;
    let moving = Moving {
        balancer: balancer_id(&cx)?,
        service: cx.managed(
            "Microsoft.Network/privateLinkServices",
            &cx.names()?.private_link_service(),
        )?,
        cx: &cx,
        arm: &arm,
        zones: &zones,
        address: &address,
    };
    moving.run().await?;
    Ok(Change::document(move |document| document.cluster.properties.zones = zones.clone().into()).into())
}

struct Moving<'a> {
    cx: &'a Cx,
    arm: &'a ArmClient,
    balancer: String,
    service: String,
    zones: &'a [String],
    address: &'a str,
}

impl Moving<'_> {
    fn frontend_id(&self, name: &str) -> String {
        format!("{}/frontendIPConfigurations/{name}", self.balancer)
    }

    fn frontend(&self, name: &str, address: Option<&str>) -> Frontend {
        let mut rest = aro_azure::Extra::new();
        let method = if address.is_some() { "Static" } else { "Dynamic" };
        rest.insert("privateIPAllocationMethod".to_owned(), json!(method));
        rest.insert(
            "subnet".to_owned(),
            json!({"id": self.cx.properties().master_profile.subnet_id}),
        );
        Frontend {
            name: name.to_owned(),
            zones: self.zones.to_vec(),
            properties: FrontendProperties {
                private_ip_address: address.map(str::to_owned),
                rest,
                ..FrontendProperties::default()
            },
            ..Frontend::default()
        }
    }

    async fn read(&self) -> Result<LoadBalancer, StepError> {
        Ok(self.arm.get(&self.balancer).await?)
    }

    async fn run(&self) -> Result<(), StepError> {
        let mut balancer = self.read().await?;
        let has =
            |balancer: &LoadBalancer, name: &str| balancer.properties.frontends.iter().any(|one| one.name == name);
        let zonal = |balancer: &LoadBalancer| {
            let own = balancer
                .properties
                .frontends
                .iter()
                .find(|one| one.name == INTERNAL_FRONTEND);
            own.is_some_and(|own| !own.zones.is_empty())
        };
        if !zonal(&balancer) {
            if !has(&balancer, STAND_IN) {
                balancer.properties.frontends.push(self.frontend(STAND_IN, None));
                self.arm.replace(&self.balancer, &balancer).await?;
                balancer = self.read().await?;
            }
            self.lead_to(STAND_IN).await?;
            if balancer.properties.frontends.iter().any(|one| one.name != STAND_IN) {
                balancer.properties.frontends.retain(|one| one.name == STAND_IN);
                balancer.properties.load_balancing_rules.clear();
                self.arm.replace(&self.balancer, &balancer).await?;
                balancer = self.read().await?;
            }
            balancer
                .properties
                .frontends
                .push(self.frontend(INTERNAL_FRONTEND, Some(self.address)));
            complete_rules(self.cx, &self.balancer, &mut balancer)?;
            self.arm.replace(&self.balancer, &balancer).await?;
            balancer = self.read().await?;
        }
        self.lead_to(INTERNAL_FRONTEND).await?;
        // Any other frontend has only stood in.
        if balancer
            .properties
            .frontends
            .iter()
            .any(|one| one.name != INTERNAL_FRONTEND)
        {
            balancer
                .properties
                .frontends
                .retain(|one| one.name == INTERNAL_FRONTEND);
            self.arm.replace(&self.balancer, &balancer).await?;
        }
        Ok(())
    }

    /// Lets the private link service lead to that frontend, and to no other.
    async fn lead_to(&self, frontend: &str) -> Result<(), StepError> {
        let mut service: PrivateLinkService = self.arm.get(&self.service).await?;
        let wanted = self.frontend_id(frontend);
        let current = &mut service.properties.load_balancer_frontend_ip_configurations;
        if !matches!(&current[..], [only] if only.is(&wanted)) {
            *current = vec![Reference::to(wanted)];
            self.arm.replace(&self.service, &service).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::master_number;

    #[test]
    fn interfaces_of_the_control_plane() {
        assert_eq!(master_number("aro-x-master0-nic"), Some('0'));
        assert_eq!(master_number("aro-x-abcde-master-2-nic"), Some('2'));
        for other in [
            "aro-x-worker1-nic",
            "aro-x-master3-nic",
            "aro-x-master-nic",
            "aro-x-master1",
        ] {
            assert_eq!(master_number(other), None, "{other}");
        }
    }
}
