"""Whatever is sent, Azure answers with an error of its own, never with a failure of the server."""

import json
import random

import pytest
import requests

TYPES = {
    "Microsoft.Network/virtualNetworks": "2024-05-01",
    "Microsoft.Network/loadBalancers": "2024-05-01",
    "Microsoft.Network/networkSecurityGroups": "2024-05-01",
    "Microsoft.Network/networkInterfaces": "2024-05-01",
    "Microsoft.Network/publicIPAddresses": "2024-05-01",
    "Microsoft.Network/publicIPPrefixes": "2024-05-01",
    "Microsoft.Network/privateEndpoints": "2024-05-01",
    "Microsoft.Network/privateLinkServices": "2024-05-01",
    "Microsoft.Network/routeTables": "2024-05-01",
    "Microsoft.Network/natGateways": "2024-05-01",
    "Microsoft.Network/dnsZones": "2018-05-01",
    "Microsoft.Network/privateDnsZones": "2024-06-01",
    "Microsoft.Compute/virtualMachines": "2024-03-01",
    "Microsoft.Compute/disks": "2024-03-02",
    "Microsoft.Compute/diskEncryptionSets": "2024-03-02",
    "Microsoft.Storage/storageAccounts": "2023-05-01",
    "Microsoft.ManagedIdentity/userAssignedIdentities": "2024-11-30",
    "Microsoft.KeyVault/vaults": "2023-07-01",
    "Microsoft.ContainerRegistry/registries": "2023-07-01",
    "Microsoft.Resources/deployments": "2021-04-01",
    "Microsoft.Authorization/locks": "2020-05-01",
    "Microsoft.Authorization/policyDefinitions": "2021-06-01",
    "Microsoft.Authorization/policyAssignments": "2022-06-01",
    "Microsoft.Authorization/roleAssignments": "2022-04-01",
}
VALUES = [None, True, 0, -1, 2**70, 1.5, "", "x", "[", "[concat(", "\0", "é" * 300, [], [[]], [None], {}, {"": {}}, {"id": 7}]
MEMBERS = [
    "location", "tags", "properties", "sku", "kind", "identity", "zones", "name", "id", "subnets", "addressSpace",
    "ipConfigurations", "securityRules", "routes", "frontendIPConfigurations", "template", "mode", "parameters", "resources",
    "level", "policyRule", "if", "then", "copy", "outputs", "roleDefinitionId", "principalId", "creationData", "prefixLength",
]  # fmt: skip


@pytest.fixture(scope="module")
def send(dev):
    session = requests.Session()
    token = dev.credential().get_token(f"{dev.arm}/.default").token
    session.headers["Authorization"] = f"Bearer {token}"

    def send(method, path, version, body=None):
        reply = session.request(method, f"{dev.arm}{path}", params={"api-version": version}, data=body, verify=dev.ca, timeout=30)
        assert reply.status_code < 500, (method, path, body, reply.status_code, reply.text)
        if reply.status_code >= 400 and method != "HEAD":
            assert reply.json()["error"]["code"], (method, path, body, reply.text)
        return reply

    return send


def anything(chance, depth=0):
    if depth > 4 or chance.random() < 0.3:
        return chance.choice(VALUES)
    if chance.random() < 0.2:
        return [anything(chance, depth + 1) for _ in range(chance.randrange(3))]
    return {chance.choice(MEMBERS): anything(chance, depth + 1) for _ in range(chance.randrange(5))}


@pytest.mark.parametrize("kind", TYPES)
def test_bodies(send, dev, group, kind):
    chance = random.Random(kind)
    path = f"/subscriptions/{dev.subscription}/resourceGroups/{group}/providers/{kind}"
    for raw in (b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b"{}" * 2, b"[" * 10_000, b'{"a":' * 200):
        assert send("PUT", f"{path}/one", TYPES[kind], raw).status_code >= 400
    for turn in range(30):
        body = {"location": dev.location, "properties": anything(chance)} if turn % 2 else anything(chance)
        send(chance.choice(["PUT", "PUT", "PATCH", "POST"]), f"{path}/one{turn % 3}", TYPES[kind], json.dumps(body))
    for method in ("GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "LOCK"):
        send(method, f"{path}/one", TYPES[kind])


def test_paths(send, dev, group):
    chance = random.Random(7)
    words = [
        "subscriptions", dev.subscription, "resourceGroups", group, "providers", "Microsoft.Network", "virtualNetworks", "x",
        "Microsoft.Authorization", "locks", "%2e%2e", "%00", "%ff", "..", "*", "deployments", "operations", "validate", "locations",
        "'", "é", "Microsoft.RedHatOpenShift", "features", "x" * 3000, "[", "tags",
    ]  # fmt: skip
    versions = ["", "x", "2021-04-01", "2024-05-01", "2020-05-01", "9999-99-99"]
    for _ in range(400):
        path = "/" + "/".join(chance.choice(words) for _ in range(chance.randrange(12)))
        # Without a resource provider its own paths are answered with 503 or the like, which is right.
        if "RedHat" in path:
            continue
        send(chance.choice(["GET", "PUT", "POST", "DELETE", "PATCH"]), path, chance.choice(versions), b"{}")
