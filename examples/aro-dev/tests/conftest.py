"""A running aro-dev for tests that published clients drive; each folder adds its own clients."""

import json
import os
import signal
import subprocess
import time
import uuid
from pathlib import Path

import pytest
import requests

READY_SECONDS = 60
SETTLE_SECONDS = 120

# Operators of OpenShift that act in Azure, each with an identity of its own.
OPERATORS = (
    "aro-operator",
    "cloud-controller-manager",
    "cloud-network-config",
    "disk-csi-driver",
    "file-csi-driver",
    "image-registry",
    "ingress",
    "machine-api",
)
# Built-in roles of Azure.
NETWORK_CONTRIBUTOR = "4d97b98b-1d4f-4787-a291-c67834d212e7"
FEDERATED_CREDENTIAL = "ef318e2a-8334-4a05-9e4a-295a196c6a6e"


class Dev:
    """One aro-dev: what its ready file says, and plain HTTP to the simulated ARM where no client exists."""

    def __init__(self, ready):
        self.ready = ready
        self.subscription = ready["subscriptions"][0]
        self.arm = ready["arm"].rstrip("/")
        self.ca = ready["ca_file"]
        self.location = ready["location"]

    def credential(self, principal=0, secret=None):
        """As azure-identity makes it, where that is installed."""
        from azure.identity import ClientSecretCredential

        entry = self.ready["service_principals"][principal]
        return ClientSecretCredential(
            self.ready["tenant"],
            entry["client_id"],
            secret or entry["secret"],
            authority=self.ready["login"],
            connection_verify=self.ca,
            disable_instance_discovery=True,
        )

    def token(self):
        """A token for ARM, got with plain HTTP."""
        entry = self.ready["service_principals"][0]
        form = {
            "grant_type": "client_credentials",
            "client_id": entry["client_id"],
            "client_secret": entry["secret"],
            "scope": f"{self.arm}/.default",
        }
        url = f"{self.ready['login'].rstrip('/')}/{self.ready['tenant']}/oauth2/v2.0/token"
        reply = requests.post(url, data=form, verify=self.ca, timeout=60)
        reply.raise_for_status()
        return reply.json()["access_token"]

    def request(self, method, path, api_version="2021-04-01", **arguments):
        headers = {"Authorization": f"Bearer {self.token()}"} | arguments.pop("headers", {})
        url = f"{self.arm}{path}"
        return requests.request(
            method, url, params={"api-version": api_version}, headers=headers, verify=self.ca, timeout=60, **arguments
        )

    def settled(self, cluster, api_version="2023-11-22"):
        """The cluster, once no operation is under way."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            document = self.request("GET", cluster, api_version).json()
            if document["properties"]["provisioningState"] in ("Succeeded", "Failed"):
                return document
            assert time.monotonic() < deadline, f"still {document['properties']['provisioningState']}"
            time.sleep(0.2)

    def resource_group(self, name):
        path = f"/subscriptions/{self.subscription}/resourcegroups/{name}"
        self.request("PUT", path, json={"location": self.location}).raise_for_status()
        return name

    def cluster_path(self, group, name):
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{group}"
            f"/providers/Microsoft.RedHatOpenShift/openShiftClusters/{name}"
        )

    def network(self, name):
        """A virtual network for one cluster; a subnet never serves two."""
        path = (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.ready['network']['resource_group']}"
            f"/providers/Microsoft.Network/virtualNetworks/{name}"
        )
        subnets = [
            {"name": role, "properties": {"addressPrefix": prefix}}
            for role, prefix in (("master", "10.0.0.0/23"), ("worker", "10.0.2.0/23"))
        ]
        body = {
            "location": self.location,
            "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/22"]}, "subnets": subnets},
        }
        self.request("PUT", path, "2022-01-01", json=body).raise_for_status()
        return {f"{role}_subnet": f"{path}/subnets/{role}" for role in ("master", "worker")}

    def document(self, name, principal=0):
        """The body that creates a cluster, in the JSON of the wire, in a network of its own."""
        entry = self.ready["service_principals"][principal]
        network = self.network(name)
        return {
            "location": self.location,
            "tags": {"purpose": "test"},
            "properties": {
                "clusterProfile": {
                    "domain": name,
                    "resourceGroupId": f"/subscriptions/{self.subscription}/resourceGroups/Managed-{name}",
                    "fipsValidatedModules": "Disabled",
                },
                "servicePrincipalProfile": {"clientId": entry["client_id"], "clientSecret": entry["secret"]},
                "networkProfile": {"podCidr": "10.128.0.0/14", "serviceCidr": "172.30.0.0/16"},
                "masterProfile": {
                    "vmSize": "Standard_D8s_v3",
                    "subnetId": network["master_subnet"],
                    "encryptionAtHost": "Disabled",
                },
                "workerProfiles": [
                    {
                        "name": "worker",
                        "vmSize": "Standard_D4s_v3",
                        "diskSizeGB": 128,
                        "subnetId": network["worker_subnet"],
                        "count": 3,
                        "encryptionAtHost": "Disabled",
                    }
                ],
                "apiserverProfile": {"visibility": "Public"},
                "ingressProfiles": [{"name": "default", "visibility": "Public"}],
            },
        }

    def identities(self, group, network):
        """The identities of one cluster in its group, with the rights a customer gives them: by name, resource ids."""
        made = {}
        for name in (*OPERATORS, "cluster"):
            path = (
                f"/subscriptions/{self.subscription}/resourceGroups/{group}"
                f"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"
            )
            reply = self.request("PUT", path, "2023-01-31", json={"location": self.location})
            reply.raise_for_status()
            made[name] = (path, reply.json()["properties"]["principalId"])
        vnet = network["master_subnet"].rsplit("/", 2)[0]
        for name in OPERATORS:
            self.assign(vnet, NETWORK_CONTRIBUTOR, made[name][1])
            self.assign(made[name][0], FEDERATED_CREDENTIAL, made["cluster"][1])
        return {name: path for name, (path, _) in made.items()}

    def assign(self, scope, role, principal):
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
        definition = f"/subscriptions/{self.subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
        properties = {"roleDefinitionId": definition, "principalId": principal, "principalType": "ServicePrincipal"}
        self.request("PUT", path, "2022-04-01", json={"properties": properties}).raise_for_status()

    def document_with_identities(self, name, group):
        """The body that creates a cluster with managed identities, which are made."""
        document = self.document(name)
        properties = document["properties"]
        del properties["servicePrincipalProfile"]
        network = {"master_subnet": properties["masterProfile"]["subnetId"]}
        identities = self.identities(group, network)
        own = identities.pop("cluster")
        document["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {own: {}}}
        properties["platformWorkloadIdentityProfile"] = {
            "platformWorkloadIdentities": {name: {"resourceId": path} for name, path in identities.items()}
        }
        return document


@pytest.fixture(scope="session")
def dev_mode():
    """What of aro-dev runs; a folder that needs no resource provider says `--world-only`."""
    return "--serve"


@pytest.fixture(scope="session")
def dev(tmp_path_factory, dev_mode):
    folder = tmp_path_factory.mktemp("aro-dev")
    ready_file = folder / "ready.json"
    program = os.environ.get("ARO_DEV", "target/debug/aro-dev")
    log = (folder / "aro-dev.log").open("wb")
    arguments = [program, dev_mode, "--port-base", "0", "--speed", "20", "--data-dir", folder / "data"]
    process = subprocess.Popen([*arguments, "--ready-file", ready_file], stdout=log, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not ready_file.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"aro-dev did not become ready:\n{Path(log.name).read_text()}")
            time.sleep(0.05)
        assert ready_file.stat().st_mode & 0o777 == 0o600, "the ready file holds secrets"
        yield Dev(json.loads(ready_file.read_text()))
    finally:
        process.send_signal(signal.SIGINT)
        try:
            code = process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        log.close()
    assert code == 0, f"aro-dev ended with {code}:\n{Path(log.name).read_text()[-4000:]}"


@pytest.fixture
def name():
    return f"c{uuid.uuid4().hex[:10]}"


@pytest.fixture
def group(dev, name):
    return dev.resource_group(f"Group-{name}")
