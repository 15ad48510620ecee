"""Arguments that exclude or need each other."""

from types import SimpleNamespace

import pytest

from azext_aro import combinations
from azext_aro.refusals import Exclusive, Invalid, Missing

NOTHING = dict.fromkeys(
    [
        "client_id",
        "client_secret",
        "enable_managed_identity",
        "platform_workload_identities",
        "mi_user_assigned",
        "version",
        "apiserver_visibility",
        "ingress_visibility",
        "outbound_type",
        "upgradeable_to",
        "refresh_cluster_credentials",
        "delete_identities",
        "no_wait",
    ]
)
PRINCIPAL = {"client_id": "id", "client_secret": "secret"}
OPERATORS = {"platform_workload_identities": {"ingress": "one"}}
CLUSTER = {"mi_user_assigned": "one"}
IDENTITIES = {"enable_managed_identity": True, **OPERATORS, **CLUSTER}


def given(**arguments):
    return SimpleNamespace(**NOTHING | arguments)


CREATE = [
    ({}, None),
    (PRINCIPAL, None),
    (IDENTITIES, None),
    ({"enable_managed_identity": True, "version": "4.17.27"}, None),
    ({"enable_managed_identity": False, **PRINCIPAL}, None),
    ({"client_id": "id"}, Missing),
    ({"client_secret": "secret"}, Missing),
    ({"client_id": "id", "client_secret": ""}, Missing),
    ({"enable_managed_identity": True}, Missing),
    ({"enable_managed_identity": True, **OPERATORS}, Missing),
    ({"enable_managed_identity": True, **CLUSTER}, Missing),
    (OPERATORS, Missing),
    (CLUSTER, Missing),
    (IDENTITIES | {"client_id": "id"}, Exclusive),
    (IDENTITIES | {"client_secret": "secret"}, Exclusive),
    (OPERATORS | PRINCIPAL, Exclusive),
]
UPDATE = [
    ({}, None),
    (PRINCIPAL, None),
    ({"client_secret": "secret"}, None),
    ({"refresh_cluster_credentials": True}, None),
    ({"refresh_cluster_credentials": False, **PRINCIPAL}, None),
    (OPERATORS | CLUSTER | {"upgradeable_to": "4.18.5"}, None),
    ({"client_id": "id"}, Missing),
    ({"refresh_cluster_credentials": True, **PRINCIPAL}, Missing),
    ({"refresh_cluster_credentials": True, "client_secret": "secret"}, Missing),
    ({"refresh_cluster_credentials": True, **OPERATORS}, Exclusive),
    ({"refresh_cluster_credentials": True, "upgradeable_to": "4.18.5"}, Exclusive),
    (PRINCIPAL | OPERATORS, Exclusive),
    (PRINCIPAL | {"upgradeable_to": "4.18.5"}, Exclusive),
]
PRIVATE = {"apiserver_visibility": "Private", "ingress_visibility": "Private"}
ROUTED = {"outbound_type": "UserDefinedRouting"}
ROUTING = [
    ({}, None),
    ({"outbound_type": "Loadbalancer"}, None),
    (ROUTED | PRIVATE, None),
    (ROUTED, Invalid),
    (ROUTED | PRIVATE | {"ingress_visibility": "Public"}, Invalid),
    (ROUTED | {"apiserver_visibility": "Private"}, Invalid),
]
DELETE = [
    ({}, None),
    ({"no_wait": True}, None),
    ({"delete_identities": True}, None),
    ({"delete_identities": False, "no_wait": True}, None),
    ({"delete_identities": True, "no_wait": True}, Exclusive),
]
ROWS = [
    pytest.param(rule, *row, id=f"{rule.__name__}-{number}")
    for rule, rows in (
        (combinations.of_create, CREATE),
        (combinations.of_update, UPDATE),
        (combinations.of_routing, ROUTING),
        (combinations.of_delete, DELETE),
    )
    for number, row in enumerate(rows)
]


@pytest.mark.parametrize("rule,arguments,refusal", ROWS)
def test_rules(rule, arguments, refusal):
    if refusal is None:
        rule(given(**arguments))
        return
    with pytest.raises(refusal) as refused:
        rule(given(**arguments))
    assert "--" in refused.value.message and "secret'" not in refused.value.message
