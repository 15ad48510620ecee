"""A running aro-dev, and the published Python client in the version that is installed here."""

import json
import os
import signal
import subprocess
import time
import uuid
from importlib.metadata import version
from pathlib import Path

import pytest
import requests
from azure.identity import ClientSecretCredential
from azure.mgmt.redhatopenshift import AzureRedHatOpenShiftClient

READY_SECONDS = 60
GENERATION = int(version("azure-mgmt-redhatopenshift").split(".")[0])


class Dev:
    """One aro-dev: what its ready file says, and plain HTTP to the simulated ARM where no client exists."""

    def __init__(self, ready):
        self.ready = ready
        self.subscription = ready["subscriptions"][0]
        self.arm = ready["arm"].rstrip("/")
        self.ca = ready["ca_file"]
        self.location = ready["location"]

    def credential(self, principal=0, secret=None):
        entry = self.ready["service_principals"][principal]
        return ClientSecretCredential(
            self.ready["tenant"],
            entry["client_id"],
            secret or entry["secret"],
            authority=self.ready["login"],
            connection_verify=self.ca,
            disable_instance_discovery=True,
        )

    def request(self, method, path, api_version="2021-04-01", **arguments):
        token = self.credential().get_token(f"{self.arm}/.default").token
        headers = {"Authorization": f"Bearer {token}"} | arguments.pop("headers", {})
        url = f"{self.arm}{path}"
        return requests.request(
            method, url, params={"api-version": api_version}, headers=headers, verify=self.ca, timeout=60, **arguments
        )

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


class Sdk:
    """The published client behind one face: documents in and out are the JSON of the wire."""

    def __init__(self, dev):
        options = {"api_version": "2023-11-22"} if GENERATION < 4 else {}
        self.client = AzureRedHatOpenShiftClient(
            dev.credential(),
            dev.subscription,
            base_url=dev.arm,
            credential_scopes=[f"{dev.arm}/.default"],
            connection_verify=dev.ca,
            polling_interval=1,
            retry_total=0,
            **options,
        )
        self.clusters = self.client.open_shift_clusters
        self.models = AzureRedHatOpenShiftClient.models("2023-11-22") if GENERATION < 4 else None

    def _model(self, kind, document):
        return getattr(self.models, kind).deserialize(document) if self.models else document

    @staticmethod
    def _plain(model):
        return model.serialize(keep_readonly=True) if GENERATION < 4 else model.as_dict()

    def begin_create(self, group, name, document):
        return self.clusters.begin_create_or_update(group, name, self._model("OpenShiftCluster", document))

    def create(self, group, name, document):
        return self._plain(self.begin_create(group, name, document).result(timeout=120))

    def update(self, group, name, document):
        poller = self.clusters.begin_update(group, name, self._model("OpenShiftClusterUpdate", document))
        return self._plain(poller.result(timeout=120))

    def delete(self, group, name):
        poller = self.clusters.begin_delete(group, name)
        poller.wait(120)
        assert poller.done(), "the delete did not finish within two minutes"
        return poller

    def get(self, group, name):
        return self._plain(self.clusters.get(group, name))

    def list(self, group=None):
        pages = self.clusters.list_by_resource_group(group) if group else self.clusters.list()
        return [self._plain(cluster) for cluster in pages]


@pytest.fixture(scope="session")
def dev(tmp_path_factory):
    folder = tmp_path_factory.mktemp("aro-dev")
    ready_file = folder / "ready.json"
    program = os.environ.get("ARO_DEV", "target/debug/aro-dev")
    log = (folder / "aro-dev.log").open("wb")
    arguments = [program, "--serve", "--port-base", "0", "--speed", "20", "--data-dir", folder / "data"]
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


@pytest.fixture(scope="session")
def sdk(dev):
    return Sdk(dev)


@pytest.fixture
def name():
    return f"c{uuid.uuid4().hex[:10]}"


@pytest.fixture
def group(dev, name):
    return dev.resource_group(f"Group-{name}")
