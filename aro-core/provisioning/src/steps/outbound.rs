//! The addresses machines call out from, kept as many as the customer wants. Three steps, each of which can be repeated:
//! make what is missing, let the load balancer use the wanted ones, remove what nobody uses.

use aro_azure::{
    ArmClient, Extra, Reference,
    network::{self, Frontend, FrontendProperties, LoadBalancer, PublicIpAddress, PublicIpAddressProperties},
};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::json;

use super::{
    base::{effective_outbound, references},
    context::Cx,
};
use crate::{Change, StepError, Verdict, names};

const OUTBOUND_RULE: &str = "outbound-rule-v4";
/// Calls made at the same time.
const AT_ONCE: usize = 4;

/// Ids of the addresses of the outbound rule. A frontend without a public address of its own has none to name.
pub(crate) fn addresses_of(balancer: &LoadBalancer) -> Vec<String> {
    let rule = balancer
        .properties
        .outbound_rules
        .iter()
        .find(|rule| rule.name == OUTBOUND_RULE);
    rule.into_iter()
        .flat_map(|rule| &rule.properties.frontends)
        .filter_map(|wanted| {
            balancer
                .properties
                .frontends
                .iter()
                .find(|frontend| wanted.is(&frontend.id))
        })
        .filter_map(|frontend| frontend.properties.public_ip_address.as_ref())
        .map(|address| address.id.clone())
        .collect()
}

/// Whether there is anything to do: user defined routes need no addresses, and no wish means leave alone.
fn wanted(cx: &Cx) -> Option<usize> {
    cx.wanted_outbound().filter(|_| cx.calls_out_by_load_balancer())
}

async fn managed_addresses(cx: &Cx, arm: &ArmClient) -> Result<Vec<PublicIpAddress>, StepError> {
    let path = format!("{}/providers/Microsoft.Network/publicIPAddresses", cx.managed_group()?);
    let mut all: Vec<PublicIpAddress> = arm.list(&path, network::API_VERSION, &[]).await?;
    let api = cx.names()?.api_address();
    all.retain(|address| address.name() == api || address.name().ends_with(names::OUTBOUND_ADDRESS));
    Ok(all)
}

/// The addresses to use: the API server's first, then those in use, then the others by name.
fn choose(api: &str, in_use: &[String], there: &[PublicIpAddress], count: usize) -> Vec<String> {
    let mut ids: Vec<&PublicIpAddress> = there.iter().collect();
    ids.sort_by_key(|address| {
        let used = in_use.iter().any(|id| id.eq_ignore_ascii_case(&address.id));
        (address.name() != api, !used, address.name().to_owned())
    });
    ids.into_iter().take(count).map(|address| address.id.clone()).collect()
}

/// Makes the addresses that are missing.
pub(crate) async fn make(cx: Cx) -> Result<Verdict, StepError> {
    let Some(count) = wanted(&cx) else {
        return Ok(Change::none().into());
    };
    let arm = cx.arm().await?;
    let there = managed_addresses(&cx, &arm).await?;
    let missing = count.saturating_sub(there.len());
    // The first names that are not there: the same ones for whoever repeats the step.
    let fresh = names::outbound_addresses(&cx.document.id, count + there.len());
    let fresh = fresh
        .into_iter()
        .filter(|name| there.iter().all(|address| address.name() != name))
        .take(missing);
    let location = cx.cluster().location.to_lowercase();
    let zones = cx.properties().zones.to_vec();
    let ids: Result<Vec<String>, StepError> = fresh
        .map(|name| cx.managed("Microsoft.Network/publicIPAddresses", &name))
        .collect();
    stream::iter(ids?)
        .map(|id| {
            let arm = arm.clone();
            let address = PublicIpAddress {
                location: location.clone(),
                sku: Some(Extra::from_iter([("name".to_owned(), json!("Standard"))])),
                zones: zones.clone(),
                properties: PublicIpAddressProperties {
                    allocation_method: Some("Static".to_owned()),
                    ..PublicIpAddressProperties::default()
                },
                ..PublicIpAddress::default()
            };
            async move { arm.put(&id, &address).await }
        })
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<_>>()
        .await?;
    Ok(Change::none().into())
}

/// Lets the load balancer call out from the wanted addresses, and keeps their ids on the cluster.
pub(crate) async fn apply(cx: Cx) -> Result<Verdict, StepError> {
    let arm = cx.arm().await?;
    let Some(count) = wanted(&cx) else {
        return Ok(learned(effective_outbound(&cx, &arm).await?));
    };
    let there = managed_addresses(&cx, &arm).await?;
    let id = cx.managed("Microsoft.Network/loadBalancers", &cx.names()?.public_load_balancer())?;
    let mut balancer: LoadBalancer = arm.get(&id).await?;
    let current = addresses_of(&balancer);
    let chosen = choose(&cx.names()?.api_address(), &current, &there, count);
    if chosen.len() < count {
        return Ok(Verdict::not_yet("not all outbound addresses are there"));
    }
    if !same(&current, &chosen) {
        use_addresses(&id, &mut balancer, &chosen);
        arm.replace(&id, &balancer).await?;
    }
    Ok(learned(Some(chosen)))
}

fn same(a: &[String], b: &[String]) -> bool {
    a.len() == b.len()
        && a.iter()
            .all(|one| b.iter().any(|other| other.eq_ignore_ascii_case(one)))
}

/// Frontends that only served to call out go, unless they are still wanted; each wanted address gets one.
fn use_addresses(id: &str, balancer: &mut LoadBalancer, chosen: &[String]) {
    let properties = &mut balancer.properties;
    let Some(rule) = properties
        .outbound_rules
        .iter_mut()
        .find(|rule| rule.name == OUTBOUND_RULE)
    else {
        return;
    };
    let has = |frontend: &Frontend, address: &str| {
        frontend
            .properties
            .public_ip_address
            .as_ref()
            .is_some_and(|reference| reference.is(address))
    };
    let used = std::mem::take(&mut rule.properties.frontends);
    properties.frontends.retain(|frontend| {
        let outbound_only = used.iter().any(|reference| reference.is(&frontend.id))
            && frontend.properties.load_balancing_rules.is_empty();
        !outbound_only || chosen.iter().any(|address| has(frontend, address))
    });
    for address in chosen {
        let known = properties.frontends.iter().find(|frontend| has(frontend, address));
        let name = match known {
            Some(frontend) => frontend.name.clone(),
            None => {
                let name = address.rsplit('/').next().unwrap_or_default().to_owned();
                properties.frontends.push(Frontend {
                    name: name.clone(),
                    properties: FrontendProperties {
                        public_ip_address: Some(Reference::to(address.clone())),
                        ..FrontendProperties::default()
                    },
                    ..Frontend::default()
                });
                name
            }
        };
        rule.properties
            .frontends
            .push(Reference::to(format!("{id}/frontendIPConfigurations/{name}")));
    }
}

fn learned(ids: Option<Vec<String>>) -> Verdict {
    let Some(ids) = ids else { return Change::none().into() };
    Change::document(move |document| {
        if let Some(profile) = &mut document.cluster.properties.network_profile.load_balancer_profile {
            profile.effective_outbound_ips = references(&ids);
        }
    })
    .into()
}

/// Removes managed addresses that the load balancer does not use.
pub(crate) async fn remove_surplus(cx: Cx) -> Result<Verdict, StepError> {
    if wanted(&cx).is_none() {
        return Ok(Change::none().into());
    }
    let arm = cx.arm().await?;
    let used = effective_outbound(&cx, &arm).await?.unwrap_or_default();
    let api = cx.names()?.api_address();
    for address in managed_addresses(&cx, &arm).await? {
        let keep =
            used.iter().any(|id| id.eq_ignore_ascii_case(&address.id)) || (address.name() == api && cx.api_is_public());
        if !keep {
            arm.delete(&address.id, network::API_VERSION).await?;
        }
    }
    Ok(Change::none().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(name: &str) -> PublicIpAddress {
        PublicIpAddress {
            id: format!("/g/{name}"),
            ..PublicIpAddress::default()
        }
    }

    fn balancer() -> LoadBalancer {
        serde_json::from_value(json!({"id": "/lb", "properties": {
            "frontendIPConfigurations": [
                {"id": "/lb/frontendIPConfigurations/api", "name": "api", "properties": {
                    "publicIPAddress": {"id": "/g/api"}, "loadBalancingRules": [{"id": "/r"}]}},
                {"id": "/lb/frontendIPConfigurations/b", "name": "b", "properties": {"publicIPAddress": {"id": "/g/b"}}},
                {"id": "/lb/frontendIPConfigurations/private", "name": "private", "properties": {"privateIPAddress": "1"}}],
            "outboundRules": [{"name": OUTBOUND_RULE, "properties": {"frontendIPConfigurations": [
                {"id": "/LB/frontendIPConfigurations/api"}, {"id": "/lb/frontendIPConfigurations/b"},
                {"id": "/lb/frontendIPConfigurations/private"}]}}],
            "probes": [{"name": "kept"}]}}))
        .unwrap()
    }

    #[test]
    fn those_in_use_are_kept_and_the_rest_goes_by_name() {
        let there = [address("c"), address("b"), address("a"), address("api")];
        assert_eq!(
            choose("api", &["/g/b".to_owned()], &there, 3),
            ["/g/api", "/g/b", "/g/a"]
        );
        assert_eq!(choose("api", &[], &there, 1), ["/g/api"]);
    }

    #[test]
    fn a_private_frontend_has_no_address_to_name() {
        assert_eq!(addresses_of(&balancer()), ["/g/api", "/g/b"]);
    }

    #[test]
    fn scaling_changes_only_what_calls_out() {
        let mut balancer = balancer();
        use_addresses("/lb", &mut balancer, &["/g/api".to_owned(), "/g/new".to_owned()]);
        let names: Vec<&str> = balancer
            .properties
            .frontends
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        assert_eq!(names, ["api", "new"]);
        let rule = &balancer.properties.outbound_rules[0];
        let used: Vec<&str> = rule.properties.frontends.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(
            used,
            ["/lb/frontendIPConfigurations/api", "/lb/frontendIPConfigurations/new"]
        );
        assert_eq!(balancer.properties.probes[0].name, "kept");
    }
}
