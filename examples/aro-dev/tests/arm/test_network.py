"""azure-mgmt-network."""

import pytest
from azure.mgmt.network import NetworkManagementClient

from lifecycle import done, life, plain


@pytest.fixture(scope="module")
def network(clients):
    return clients.make(NetworkManagementClient)


@pytest.fixture
def place(dev):
    return {"location": dev.location}


@pytest.fixture
def subnet(network, group, name, place):
    body = place | {
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            "subnets": [
                {
                    "name": "first",
                    "properties": {
                        "addressPrefix": "10.0.0.0/24",
                        "privateEndpointNetworkPolicies": "Disabled",
                        "privateLinkServiceNetworkPolicies": "Disabled",
                    },
                }
            ],
        }
    }
    return plain(done(network.virtual_networks.begin_create_or_update(group, name, body)))["properties"]["subnets"][0][
        "id"
    ]


def tracked(operations, group, name, body, everywhere="list_all", tags=True):
    """The life of a type whose operations are named as most of this provider's are."""
    return life(
        lambda body: operations.begin_create_or_update(group, name, body),
        lambda: operations.get(group, name),
        lambda: operations.list(group),
        lambda: operations.begin_delete(group, name),
        body,
        update=(lambda tags: operations.update_tags(group, name, {"tags": tags})) if tags else None,
        also_listed=[getattr(operations, everywhere)],
    )


def test_virtual_networks(network, group, name, place):
    body = place | {"properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}}}
    made = tracked(network.virtual_networks, group, name, body)
    assert made["properties"]["addressSpace"]["addressPrefixes"] == ["10.1.0.0/16"]
    assert made["etag"]


def test_subnets(network, group, name, subnet, refused):
    body = {"properties": {"addressPrefix": "10.0.4.0/24", "serviceEndpoints": [{"service": "Microsoft.Storage"}]}}
    life(
        lambda body: network.subnets.begin_create_or_update(group, name, "second", body),
        lambda: network.subnets.get(group, name, "second"),
        lambda: network.subnets.list(group, name),
        lambda: network.subnets.begin_delete(group, name, "second"),
        body,
    )
    create = network.subnets.begin_create_or_update
    overlapping = {"properties": {"addressPrefix": "10.0.0.128/25"}}
    assert refused(create, group, name, "third", overlapping, status=400) == "NetcfgSubnetRangesOverlap"
    outside = {"properties": {"addressPrefix": "10.9.0.0/24"}}
    assert refused(create, group, name, "third", outside, status=400) == "NetcfgInvalidSubnet"
    assert refused(network.subnets.get, group, name, "third", status=404) == "NotFound"
    assert refused(create, group, "nowhere", "third", overlapping, status=404) == "ParentResourceNotFound"


def test_security_groups_and_their_rules(network, group, name, place, refused):
    rule = {
        "protocol": "Tcp",
        "sourcePortRange": "*",
        "destinationPortRange": "6443",
        "sourceAddressPrefix": "*",
        "destinationAddressPrefix": "*",
        "access": "Allow",
        "priority": 120,
        "direction": "Inbound",
    }
    body = place | {"properties": {"securityRules": [{"name": "api", "properties": rule}]}}
    tracked(network.network_security_groups, group, name, body)

    done(network.network_security_groups.begin_create_or_update(group, name, body))
    life(
        lambda body: network.security_rules.begin_create_or_update(group, name, "ssh", body),
        lambda: network.security_rules.get(group, name, "ssh"),
        lambda: network.security_rules.list(group, name),
        lambda: network.security_rules.begin_delete(group, name, "ssh"),
        {"properties": rule | {"destinationPortRange": "22", "priority": 130}},
    )
    create = network.security_rules.begin_create_or_update
    assert refused(create, group, name, "ssh", {"properties": rule}, status=400) == "SecurityRuleConflict"
    wrong = {"properties": rule | {"priority": 1}}
    assert refused(create, group, name, "ssh", wrong, status=400) == "SecurityRuleInvalidPriority"


def test_a_security_group_in_use_stays(network, group, name, subnet, place, refused):
    security = done(network.network_security_groups.begin_create_or_update(group, name, place))
    body = {"properties": {"addressPrefix": "10.0.0.0/24", "networkSecurityGroup": {"id": security.id}}}
    done(network.subnets.begin_create_or_update(group, name, "first", body))
    assert plain(network.network_security_groups.get(group, name))["properties"]["subnets"][0]["id"] == subnet
    delete = network.network_security_groups.begin_delete
    assert refused(delete, group, name, status=400) == "InUseNetworkSecurityGroupCannotBeDeleted"


def test_route_tables_and_their_routes(network, group, name, place, refused):
    body = place | {"properties": {"routes": [], "disableBgpRoutePropagation": True}}
    tracked(network.route_tables, group, name, body)
    done(network.route_tables.begin_create_or_update(group, name, body))
    life(
        lambda body: network.routes.begin_create_or_update(group, name, "out", body),
        lambda: network.routes.get(group, name, "out"),
        lambda: network.routes.list(group, name),
        lambda: network.routes.begin_delete(group, name, "out"),
        {
            "properties": {
                "addressPrefix": "0.0.0.0/0",
                "nextHopType": "VirtualAppliance",
                "nextHopIpAddress": "10.0.0.4",
            }
        },
    )
    without = {"properties": {"addressPrefix": "0.0.0.0/0"}}
    code = refused(network.routes.begin_create_or_update, group, name, "out", without, status=400)
    assert code == "InvalidRequestFormat"


def test_public_addresses_and_prefixes(network, group, name, place, refused):
    body = place | {"sku": {"name": "Standard"}, "zones": ["1", "2", "3"]}
    made = tracked(network.public_ip_addresses, group, name, body)
    assert made["properties"]["ipAddress"]
    dynamic = body | {"properties": {"publicIPAllocationMethod": "Dynamic"}}
    code = refused(network.public_ip_addresses.begin_create_or_update, group, name, dynamic, status=400)
    assert code == "StandardSkuPublicIPAddressesMustBeStatic"

    made = tracked(network.public_ip_prefixes, group, name, body | {"properties": {"prefixLength": 28}})
    assert made["properties"]["ipPrefix"].endswith("/28")
    too_long = body | {"properties": {"prefixLength": 8}}
    assert refused(network.public_ip_prefixes.begin_create_or_update, group, name, too_long, status=400)


def test_nat_gateways(network, group, name, place):
    address = done(network.public_ip_addresses.begin_create_or_update(group, name, place | {"sku": {"name": "Standard"}}))
    body = place | {
        "sku": {"name": "Standard"},
        "properties": {"idleTimeoutInMinutes": 10, "publicIpAddresses": [{"id": address.id}]},
    }
    tracked(network.nat_gateways, group, name, body)


def balancer(network, group, name, subnet, place):
    below = (
        f"{subnet.split('/virtualNetworks/')[0]}/loadBalancers/{name}"  # elements refer to each other by id
    )
    return place | {
        "sku": {"name": "Standard"},
        "properties": {
            "frontendIPConfigurations": [
                {
                    "name": "front",
                    "properties": {"privateIPAllocationMethod": "Dynamic", "subnet": {"id": subnet}},
                }
            ],
            "backendAddressPools": [{"name": "pool"}],
            "probes": [
                {
                    "name": "probe",
                    "properties": {"protocol": "Tcp", "port": 6443, "intervalInSeconds": 5, "numberOfProbes": 2},
                }
            ],
            "loadBalancingRules": [
                {
                    "name": "rule",
                    "properties": {
                        "frontendIPConfiguration": {"id": f"{below}/frontendIPConfigurations/front"},
                        "backendAddressPool": {"id": f"{below}/backendAddressPools/pool"},
                        "probe": {"id": f"{below}/probes/probe"},
                        "protocol": "Tcp",
                        "frontendPort": 6443,
                        "backendPort": 6443,
                    },
                }
            ],
        },
    }


def test_load_balancers_and_their_elements(network, group, name, subnet, place, refused):
    body = balancer(network, group, name, subnet, place)
    made = tracked(network.load_balancers, group, name, body)
    front = made["properties"]["frontendIPConfigurations"][0]
    assert front["properties"]["privateIPAddress"].startswith("10.0.0.")
    assert front["properties"]["loadBalancingRules"][0]["id"].endswith("/loadBalancingRules/rule")

    done(network.load_balancers.begin_create_or_update(group, name, body))
    for operations, element in (
        (network.load_balancer_backend_address_pools, "pool"),
        (network.load_balancer_frontend_ip_configurations, "front"),
        (network.load_balancer_load_balancing_rules, "rule"),
        (network.load_balancer_probes, "probe"),
    ):
        assert operations.get(group, name, element).name == element
        assert [one.name for one in operations.list(group, name)] == [element]
        assert refused(operations.get, group, name, "other", status=404) == "NotFound"
    pools = network.load_balancer_backend_address_pools
    life(
        lambda body: pools.begin_create_or_update(group, name, "second", body),
        lambda: pools.get(group, name, "second"),
        lambda: pools.list(group, name),
        lambda: pools.begin_delete(group, name, "second"),
        {"name": "second"},
    )
    body["properties"]["loadBalancingRules"][0]["properties"]["probe"]["id"] += "-that-is-not-there"
    create = network.load_balancers.begin_create_or_update
    assert refused(create, group, name, body, status=400) == "InvalidResourceReference"


def test_network_interfaces(network, group, name, subnet, place, refused):
    configuration = {"name": "ip", "properties": {"subnet": {"id": subnet}}}
    body = place | {"properties": {"ipConfigurations": [configuration]}}
    made = tracked(network.network_interfaces, group, name, body)
    assert made["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"].startswith("10.0.0.")

    done(network.network_interfaces.begin_create_or_update(group, name, body))
    delete = network.subnets.begin_delete
    assert refused(delete, group, name, "first", status=400) == "InUseSubnetCannotBeDeleted"
    assert refused(network.virtual_networks.begin_delete, group, name, status=400) == "InUseSubnetCannotBeDeleted"
    configuration["properties"]["subnet"]["id"] += "-that-is-not-there"
    create = network.network_interfaces.begin_create_or_update
    assert refused(create, group, f"{name}-2", body, status=400) == "InvalidResourceReference"


def test_private_link(network, group, name, subnet, place, refused):
    done(
        network.load_balancers.begin_create_or_update(group, name, balancer(network, group, name, subnet, place))
    )
    front = network.load_balancer_frontend_ip_configurations.get(group, name, "front").id
    body = place | {
        "properties": {
            "loadBalancerFrontendIpConfigurations": [{"id": front}],
            "ipConfigurations": [{"name": "nat", "properties": {"subnet": {"id": subnet}, "primary": True}}],
        }
    }
    services, endpoints = network.private_link_services, network.private_endpoints
    tracked(services, group, name, body, everywhere="list_by_subscription", tags=False)

    service = done(services.begin_create_or_update(group, name, body))
    connection = {"name": "link", "properties": {"privateLinkServiceId": service.id, "requestMessage": "please"}}
    body = place | {
        "properties": {"subnet": {"id": subnet}, "manualPrivateLinkServiceConnections": [connection]}
    }
    tracked(endpoints, group, name, body, everywhere="list_by_subscription", tags=False)

    done(endpoints.begin_create_or_update(group, name, body))
    (pending,) = services.list_private_endpoint_connections(group, name)
    assert plain(pending)["properties"]["privateLinkServiceConnectionState"]["status"] == "Pending"
    approval = {
        "name": pending.name,
        "properties": {"privateLinkServiceConnectionState": {"status": "Approved", "description": "yes"}},
    }
    approved = services.update_private_endpoint_connection(group, name, pending.name, approval)
    assert plain(approved)["properties"]["privateLinkServiceConnectionState"]["status"] == "Approved"
    assert plain(services.get_private_endpoint_connection(group, name, pending.name))["name"] == pending.name
    assert refused(services.begin_delete, group, name, status=400)
    done(services.begin_delete_private_endpoint_connection(group, name, pending.name))
    assert list(services.list_private_endpoint_connections(group, name)) == []


def test_what_is_worked_out(network, group, name, subnet, place, dev, refused):
    body = balancer(network, group, name, subnet, place)
    balanced = done(network.load_balancers.begin_create_or_update(group, name, body))
    pool = f"{balanced.id}/backendAddressPools/pool"
    configuration = {"subnet": {"id": subnet}, "loadBalancerBackendAddressPools": [{"id": pool}]}
    body = place | {"properties": {"ipConfigurations": [{"name": "ip", "properties": configuration}]}}
    nic = done(network.network_interfaces.begin_create_or_update(group, name, body))
    assert [one.id for one in network.load_balancer_network_interfaces.list(group, name)] == [nic.id]
    assert [one.id for one in network.network_interface_load_balancers.list(group, name)] == [balanced.id]
    assert refused(network.load_balancer_network_interfaces.list, group, "nowhere", status=404)

    own = nic.ip_configurations[0].private_ip_address
    available = network.virtual_networks.check_ip_address_availability
    taken = available(group, name, ip_address=own)
    assert not taken.available and len(taken.available_ip_addresses) == 5 and own not in taken.available_ip_addresses
    free = available(group, name, ip_address=taken.available_ip_addresses[0])
    assert free.available and not free.available_ip_addresses
    assert plain(available(group, name, ip_address="10.0.0.1"))["isPlatformReserved"]
    outside = refused(available, group, name, ip_address="10.9.9.9", status=400)
    assert outside == "PrivateIPAddressNotInAnySubnet"
    (usage,) = network.virtual_networks.list_usage(group, name)
    assert (usage.current_value, usage.limit) == (2, 251)

    labelled = place | {
        "sku": {"name": "Standard"},
        "properties": {"publicIPAllocationMethod": "Static", "dnsSettings": {"domainNameLabel": f"label-{name}"}},
    }
    check = network.check_dns_name_availability
    assert check(dev.location, domain_name_label=f"label-{name}").available
    done(network.public_ip_addresses.begin_create_or_update(group, name, labelled))
    assert not check(dev.location, domain_name_label=f"label-{name}").available


def test_usages(network, dev):
    usages = {one.name.value: plain(one) for one in network.usages.list(dev.location)}
    assert usages["PublicIPAddresses"]["limit"] > usages["PublicIPAddresses"]["currentValue"]


def test_refusals(network, group, name, place, refused):
    vnets = network.virtual_networks
    create = vnets.begin_create_or_update
    assert refused(vnets.get, group, name, status=404) == "ResourceNotFound"
    assert refused(vnets.get, "no-such-group", name, status=404) == "ResourceGroupNotFound"
    space = {"properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}}}
    assert refused(create, group, name, space, status=400) == "LocationRequired"
    mars = {"location": "mars"} | space
    assert refused(create, group, name, mars, status=400) == "LocationNotAvailableForResourceType"
    unknown = place | {"properties": space["properties"] | {"colour": "blue"}}
    assert refused(create, group, name, unknown, status=400) == "InvalidRequestFormat"
    wrong = place | {"properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0"]}}}
    assert refused(create, group, name, wrong, status=400) == "InvalidAddressPrefixFormat"
    assert refused(create, group, "-bad-name-", place | space, status=400) == "InvalidResourceName"
