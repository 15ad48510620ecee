"""Address ranges, and what is attached to subnets."""

import pytest

from azext_aro import findings, networks
from azext_aro.findings import Finding, Report, Severity
from azext_aro.networks import Subnet
from azext_aro.refusals import Unsound

NET = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/net/subnets"


def subnet(name, *prefixes, **attached):
    member = {"addressPrefix": prefixes[0]} if len(prefixes) == 1 else {"addressPrefixes": list(prefixes)}
    shown = {"properties": member | {kind: {"id": one} for kind, one in attached.items()}}
    return Subnet.of(f"--{name}-subnet", f"{NET}/{name}", shown)


MASTER = subnet("master", "10.0.0.0/23")
WORKER = subnet("worker", "10.0.2.0/23")


def ranges(pods="10.128.0.0/14", services="172.30.0.0/16", master=MASTER, worker=WORKER):
    return [(one.name, one.description) for one in networks.ranges(pods, services, [worker, master])]


def test_apart():
    assert ranges() == []


def test_an_overlap_is_said_once():
    assert ranges(services="10.0.0.0/16") == [
        ("Service CIDR", "10.0.0.0/16 is not valid as it overlaps with 10.0.2.0/23 (Worker Subnet CIDR)"),
        ("Service CIDR", "10.0.0.0/16 is not valid as it overlaps with 10.0.0.0/23 (Master Subnet CIDR)"),
    ]
    assert len(ranges(pods="172.30.0.0/20")) == 1


def test_several_prefixes():
    found = ranges(worker=subnet("worker", "10.0.2.0/24", "172.30.4.0/24", "fd00::/64"))
    assert found == [
        (
            "Service CIDR",
            "172.30.0.0/16 is not valid as it overlaps with 172.30.4.0/24 (Worker Subnet CIDR -- 172.30.4.0/24)",
        )
    ]


@pytest.mark.parametrize("pods,small", [("10.128.0.0/21", False), ("10.128.0.0/22", True)])
def test_room_for_pods(pods, small):
    found = ranges(pods=pods)
    assert bool(found) is small
    assert not small or "does not contain enough addresses" in found[0][1]


def test_guards():
    guarded = subnet("worker", "10.0.2.0/23", networkSecurityGroup="/guard")
    assert networks.guards([MASTER, WORKER], False) == []
    (found,) = networks.guards([MASTER, guarded], False)
    assert (found.kind, found.name, found.severity) == ("worker-subnet", "worker", Severity.ERROR)
    assert '"/guard" is already assigned' in found.description


def test_preconfigured_guards():
    guarded = [subnet(name, "10.0.0.0/23", networkSecurityGroup="/guard") for name in ("master", "worker")]
    assert networks.guards(guarded, True) == networks.guards([MASTER, WORKER], True) == []
    with pytest.raises(Unsound, match=f"Without one: {NET}/worker"):
        networks.guards([guarded[0], WORKER], True)


def test_attached():
    both = [
        subnet("master", "10.0.0.0/23", routeTable="/table", networkSecurityGroup="/guard"),
        subnet("worker", "10.0.2.0/23", routeTable="/table", natGateway="/gateway"),
    ]
    assert networks.attached(both, False) == ["/gateway", "/table"]
    assert networks.attached(both, True) == ["/gateway", "/guard", "/table"]
    assert networks.attached([MASTER, WORKER], True) == []


def test_report():
    long = "word " * 60
    report = Report([Finding("vnet", "net", long), Finding("vnet", "net", "well", Severity.WARNING)])
    assert (len(report.errors), len(report.warnings)) == (1, 1)
    lines = findings.table(report.errors).splitlines()
    assert lines[1].split() == ["|", "Type", "|", "Name", "|", "Severity", "|", "Description", "|"]
    assert lines[3].split()[:6] == ["|", "vnet", "|", "net", "|", "Error"]
    # 160 characters, and a second line for what is left.
    assert lines[3].count("word") == 32 and lines[4].count("word") == 28
