"""Permissions and roles."""

import pytest

from azext_aro import permissions, roles
from azext_aro.refusals import Invalid
from azext_aro.roles import Scope

READ = "Microsoft.Network/virtualNetworks/read"
WRITE = "Microsoft.Network/virtualNetworks/write"
SUBNETS = "Microsoft.Network/virtualNetworks/subnets/"


@pytest.mark.parametrize(
    "granted,lacking",
    [
        ([], [READ, WRITE]),
        ([{"actions": ["*"], "notActions": []}], []),
        ([{"actions": ["*/read"]}], [WRITE]),
        ([{"actions": ["microsoft.network/VIRTUALNETWORKS/*"], "notActions": None}], []),
        ([{"actions": ["Microsoft.Network/*"], "notActions": ["Microsoft.Network/*/write"]}], [WRITE]),
        ([{"actions": ["*"], "notActions": ["*"]}, {"actions": [READ]}], [WRITE]),
        # A dot is a dot.
        ([{"actions": ["MicrosoftXNetwork/*", "Microsoft.Network/virtualNetworks"]}], [READ, WRITE]),
        ([{"actions": ["Microsoft.Network/virtualNetworks/rea"]}], [READ, WRITE]),
    ],
)
def test_lacking(granted, lacking):
    assert permissions.lacking(granted, [READ, WRITE]) == lacking


def role(*actions):
    return {"properties": {"permissions": [{"actions": [action]} for action in actions]}}


BOTH = [Scope.MASTER_SUBNET, Scope.WORKER_SUBNET]


@pytest.mark.parametrize(
    "actions,scopes",
    [
        (["Microsoft.Compute/virtualMachines/read"], []),
        ([f"{SUBNETS}read", f"{SUBNETS}join/action"], BOTH),
        ([f"{SUBNETS}read", READ], [Scope.VNET]),
        ([READ, f"{SUBNETS}read"], [Scope.VNET]),
        # The reference looks for "routeTable/", which no action starts with.
        (["Microsoft.Network/routeTables/join/action"], [Scope.ROUTE_TABLE]),
        (["microsoft.network/natgateways/join/action"], [Scope.NAT_GATEWAY]),
        (["Microsoft.Network/networkSecurityGroups/join/action"], [Scope.NETWORK_SECURITY_GROUP]),
        (["Microsoft.Compute/diskEncryptionSets/read", f"{SUBNETS}read"], [Scope.DISK_ENCRYPTION_SET, *BOTH]),
    ],
)
def test_scopes(actions, scopes):
    assert roles.scopes_of(role(*actions)) == scopes


def test_given():
    definition = roles.definition_id(roles.READER, "sub")
    assignments = [{"properties": {"roleDefinitionId": definition.upper(), "principalId": "ME"}}]
    assert roles.is_given(assignments, roles.READER, "me")
    assert not roles.is_given(assignments, roles.READER, "you")
    assert not roles.is_given(assignments, roles.NETWORK_CONTRIBUTOR, "me")


def test_definition_id():
    """In the plural: in the singular, as the reference spells it, nothing is found."""
    meant = f"/subscriptions/sub/providers/Microsoft.Authorization/roleDefinitions/{roles.READER}"
    for given in (roles.READER, f"/providers/Microsoft.Authorization/roleDefinitions/{roles.READER}", meant):
        assert roles.definition_id(given, "sub") == meant


def role_set(version):
    return {"properties": {"openShiftVersion": version, "platformWorkloadIdentityRoles": [{"operatorName": version}]}}


def test_role_sets_are_found_by_minor_version():
    """The reference compares beginnings, so that 4.1 would serve 4.17."""
    sets = [role_set("4.1"), role_set("4.17"), role_set("4.18")]
    assert roles.for_version(sets, "4.17.27") == [{"operatorName": "4.17"}]
    assert roles.for_version(sets, "4.1.7") == [{"operatorName": "4.1"}]
    with pytest.raises(Invalid, match="Could not find identity requirements for OpenShift version 4.20.5"):
        roles.for_version(sets, "4.20.5")
