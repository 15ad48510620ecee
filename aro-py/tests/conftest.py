"""What the tests share: documents, and clients of an aro-dev that runs for this test run."""

import importlib.util
import json
from pathlib import Path

import pytest
import requests

import aro

# The aro-dev of the tests that published clients drive.
_place = Path(__file__).parents[2] / "examples" / "aro-dev" / "tests" / "conftest.py"
_spec = importlib.util.spec_from_file_location("aro_dev_fixtures", _place)
_fixtures = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_fixtures)
dev, dev_mode, name, group = _fixtures.dev, _fixtures.dev_mode, _fixtures.name, _fixtures.group

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
WAIT = 120
"""Seconds after which a test gives up."""


def arguments(dev, **options):
    """Of both clients, for the world of `dev`; the pace is that of a test."""
    entry = dev.ready["service_principals"][0]
    secret = aro.ClientSecret(
        dev.ready["tenant"], entry["client_id"], entry["secret"], authority=dev.ready["login"].rstrip("/")
    )
    options = {"endpoint": dev.arm, "ca_file": dev.ca, "base_delay": 0.01, "max_delay": 1.0} | options
    return (dev.subscription, options.pop("credential", secret)), options


@pytest.fixture
def make_client(dev):
    def make(kind=aro.Client, **options):
        positional, keywords = arguments(dev, **options)
        return kind(*positional, **keywords)

    return make


@pytest.fixture
def client(make_client):
    return make_client()


@pytest.fixture(scope="session")
def cluster(dev):
    """(group, name, document) of a cluster that tests only read."""
    positional, keywords = arguments(dev)
    group, name = dev.resource_group("Shared"), "shared"
    document = dev.document(name)
    aro.Client(*positional, **keywords).create_or_update(group, name, document, timeout=WAIT)
    return group, name, document


class Faults:
    """Failures on order in the simulated Azure."""

    def __init__(self, url):
        self.url = url.rstrip("/")

    def add(self, rule, match, effect, times=None):
        body = {"id": rule, "match": match, "effect": effect} | ({} if times is None else {"times": times})
        requests.post(self.url, json=[body], timeout=10).raise_for_status()
        return rule

    def fired(self, rule):
        return self._read(rule)["fired"]

    def wait(self, rule, state):
        """Until the rule is in that state; the simulated Azure answers when it is."""
        assert self._read(f"{rule}?wait={state}&timeout_ms=60000")["state"] == state

    def release(self, rule):
        requests.post(f"{self.url}/{rule}/release", json={"perform": True}, timeout=10).raise_for_status()

    def _read(self, place):
        reply = requests.get(f"{self.url}/{place}", timeout=90)
        reply.raise_for_status()
        return reply.json()

    def clear(self):
        requests.delete(self.url, timeout=10).raise_for_status()


@pytest.fixture
def faults(dev):
    faults = Faults(dev.ready["fault_url"])
    yield faults
    faults.clear()


@pytest.fixture
def document():
    """A wish that every rule accepts."""
    network = (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/network/providers/Microsoft.Network"
        "/virtualNetworks/vnet/subnets/"
    )
    return {
        "location": "eastus",
        "tags": {"purpose": "test"},
        "properties": {
            "clusterProfile": {
                "domain": "mycluster",
                "resourceGroupId": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/managed",
                "fipsValidatedModules": "Disabled",
            },
            "servicePrincipalProfile": {"clientId": SUBSCRIPTION, "clientSecret": "not shown"},
            "networkProfile": {
                "podCidr": "10.128.0.0/14",
                "serviceCidr": "172.30.0.0/16",
                "outboundType": "Loadbalancer",
            },
            "masterProfile": {
                "vmSize": "Standard_D8s_v3",
                "subnetId": network + "master",
                "encryptionAtHost": "Disabled",
            },
            "workerProfiles": [
                {
                    "name": "worker",
                    "vmSize": "Standard_D4s_v3",
                    "diskSizeGB": 128,
                    "subnetId": network + "worker",
                    "count": 3,
                    "encryptionAtHost": "Disabled",
                }
            ],
            "apiserverProfile": {"visibility": "Public"},
            "ingressProfiles": [{"name": "default", "visibility": "Public"}],
        },
    }


def described(dev, **more):
    """The world in text, for a client in another process."""
    entry = dev.ready["service_principals"][0]
    return json.dumps(
        {
            "subscription": dev.subscription,
            "secret": [dev.ready["tenant"], entry["client_id"], entry["secret"], dev.ready["login"].rstrip("/")],
            "options": {"endpoint": dev.arm, "ca_file": dev.ca},
        }
        | more
    )
