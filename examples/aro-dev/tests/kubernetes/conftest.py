"""The published Python client of Kubernetes, with the kubeconfig that the customer of a cluster gets."""

import base64
import time

import pytest
import yaml
from kubernetes import client, config

API = "2025-07-25"
WAIT = 120
"""Seconds after which a cluster is given up."""


@pytest.fixture(scope="session")
def api(dev):
    """Calls to the API server of a cluster that is made for these tests."""
    group = dev.resource_group("Kubernetes")
    path = dev.cluster_path(group, "python")
    dev.request("PUT", path, API, json=dev.document("python")).raise_for_status()
    deadline = time.monotonic() + WAIT
    while (shown := dev.request("GET", path, API).json())["properties"]["provisioningState"] != "Succeeded":
        assert shown["properties"]["provisioningState"] == "Creating" and time.monotonic() < deadline, shown
        time.sleep(0.2)
    reply = dev.request("POST", f"{path}/listAdminCredentials", API)
    reply.raise_for_status()
    kubeconfig = yaml.safe_load(base64.b64decode(reply.json()["kubeconfig"]))
    settings = client.Configuration()
    config.load_kube_config_from_dict(kubeconfig, client_configuration=settings)
    with client.ApiClient(settings) as made:
        yield made
