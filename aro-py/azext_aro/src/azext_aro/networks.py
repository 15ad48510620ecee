"""The networks of a cluster: that they are large enough and apart, and what is attached to its subnets."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from azext_aro import resource_id
from azext_aro.findings import Finding
from azext_aro.refusals import Unsound

NODE_PREFIX = 23
"""Each node takes a network of this size out of that of the pods."""
LARGEST_POD_PREFIX = 21
"""Room for four nodes: three of the control plane and the bootstrap node."""


@dataclass(frozen=True)
class Subnet:
    """What matters of a subnet as Azure shows it."""

    flag: str
    id: str
    prefixes: tuple[str, ...]
    route_table: str | None
    nat_gateway: str | None
    network_security_group: str | None

    @classmethod
    def of(cls, flag: str, given_id: str, shown: Mapping[str, Any]) -> Subnet:
        properties = shown.get("properties") or {}
        one = properties.get("addressPrefix")
        several = (one,) if one else tuple(properties.get("addressPrefixes") or ())

        def attached(member: str) -> str | None:
            return (properties.get(member) or {}).get("id")

        return cls(
            flag,
            given_id,
            several,
            attached("routeTable"),
            attached("natGateway"),
            attached("networkSecurityGroup"),
        )

    @property
    def name(self) -> str:
        return resource_id.known(self.id).name


def ranges(pods: str | None, services: str | None, subnets: Sequence[Subnet]) -> list[Finding]:
    """What is wrong with the address ranges."""
    found = []
    named = [(name, text) for name, text in (("Pod CIDR", pods), ("Service CIDR", services)) if text is not None]
    for subnet in subnets:
        label = f"{subnet.flag.removeprefix('--').removesuffix('-subnet').capitalize()} Subnet CIDR"
        several = len(subnet.prefixes) > 1
        named += [(f"{label} -- {prefix}" if several else label, prefix) for prefix in subnet.prefixes]
    # A subnet can have addresses of both families; clusters take those of the old one.
    networks = [(name, ipaddress.IPv4Network(text)) for name, text in named if ":" not in text]
    if pods is not None and ipaddress.IPv4Network(pods).prefixlen > LARGEST_POD_PREFIX:
        needed = f"Requires cidr prefix of {LARGEST_POD_PREFIX} or lower"
        text = f"{pods} does not contain enough addresses for 3 master nodes ({needed})"
        found.append(Finding("Pod CIDR", "Pod CIDR Capacity", text))
    for (name, one), (other_name, other) in combinations(networks, 2):
        if one.overlaps(other):
            found.append(Finding("CIDR Range", name, f"{one} is not valid as it overlaps with {other} ({other_name})"))
    return found


def guards(subnets: Sequence[Subnet], preconfigured: bool) -> list[Finding]:
    """What is wrong with the network security groups of the subnets."""
    guarded = [subnet for subnet in subnets if subnet.network_security_group]
    if not preconfigured:
        text = (
            'A Network Security Group "{}" is already assigned to this subnet. The service attaches its own: detach it '
            "with `az network vnet subnet update --nsg null`, or keep it with --enable-preconfigured-nsg"
        )
        return [
            Finding(subnet.flag.removeprefix("--"), subnet.name, text.format(subnet.network_security_group))
            for subnet in guarded
        ]
    if guarded and len(guarded) != len(subnets):
        bare = ", ".join(subnet.id for subnet in subnets if not subnet.network_security_group)
        raise Unsound(
            "--enable-preconfigured-nsg needs a network security group on each subnet of the cluster, or on none. "
            f"Without one: {bare}.",
            "Attach one with `az network vnet subnet update --nsg`.",
        )
    return []


def attached(subnets: Sequence[Subnet], preconfigured: bool) -> list[str]:
    """The resources beside the network over which the principals of a cluster need a role, in a fixed order."""
    found = set()
    for subnet in subnets:
        found |= {subnet.route_table, subnet.nat_gateway}
        if preconfigured:
            found.add(subnet.network_security_group)
    return sorted(one for one in found if one)
