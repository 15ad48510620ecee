"""Bad input: status, code and target of the contract, a message that helps, and nothing written."""

import copy

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

API = "2023-11-22"


def changed(document, path, value):
    document = copy.deepcopy(document)
    *parents, last = path
    place = document
    for part in parents:
        place = place[part]
    place[last] = value
    return document


P = "properties"
WRONG = [
    ("location", ["location"], "nowhere", "InvalidParameter", "location"),
    (
        "master size",
        [P, "masterProfile", "vmSize"],
        "Standard_Nope",
        "InvalidParameter",
        "properties.masterProfile.vmSize",
    ),
    (
        "worker size",
        [P, "workerProfiles", 0, "vmSize"],
        "Standard_Nope",
        "InvalidParameter",
        "properties.workerProfiles['worker'].vmSize",
    ),
    (
        "worker count",
        [P, "workerProfiles", 0, "count"],
        1,
        "InvalidParameter",
        "properties.workerProfiles['worker'].count",
    ),
    (
        "pod range",
        [P, "networkProfile", "podCidr"],
        "10.254.0.0/14",
        "InvalidNetworkAddress",
        "properties.networkProfile.podCidr",
    ),
    (
        "client id",
        [P, "servicePrincipalProfile", "clientId"],
        "me",
        "InvalidParameter",
        "properties.servicePrincipalProfile.clientId",
    ),
    (
        "version",
        [P, "clusterProfile", "version"],
        "4.0.1",
        "InvalidParameter",
        "properties.clusterProfile.version",
    ),
]


@pytest.mark.parametrize("path,value,code,target", [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_a_wrong_create_is_refused(dev, sdk, group, name, path, value, code, target):
    with pytest.raises(HttpResponseError) as refused:
        sdk.begin_create(group, name, changed(dev.document(name), path, value))
    error = refused.value
    assert (error.status_code, error.error.code, error.error.target) == (400, code, target)
    assert error.error.message[0].isupper() and error.error.message.endswith(".")
    with pytest.raises(ResourceNotFoundError):
        sdk.get(group, name)


RAW = [
    ("not JSON", {"data": b"{", "headers": {"Content-Type": "application/json"}}, 400, "InvalidRequestContent"),
    ("null", {"data": b"null", "headers": {"Content-Type": "application/json"}}, 400, "InvalidRequestContent"),
    ("wrong type", {"json": {"properties": {"workerProfiles": 5}}}, 400, "InvalidRequestContent"),
    ("content type", {"data": b"a: 1", "headers": {"Content-Type": "text/yaml"}}, 415, "UnsupportedMediaType"),
    ("too large", {"json": {"tags": {"a": "x" * (1 << 20)}}}, 400, "InvalidResource"),
]


@pytest.mark.parametrize("arguments,status,code", [r[1:] for r in RAW], ids=[r[0] for r in RAW])
def test_a_body_that_cannot_be_read(dev, group, name, arguments, status, code):
    reply = dev.request("PUT", dev.cluster_path(group, name), API, **copy.deepcopy(arguments))
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)
    assert dev.request("GET", dev.cluster_path(group, name), API).status_code == 404


@pytest.mark.parametrize("version", ["2001-01-01", "nonsense"])
def test_an_unknown_api_version(dev, group, name, version):
    reply = dev.request("GET", dev.cluster_path(group, name), version)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "InvalidResourceType")


def test_a_missing_cluster(dev, sdk, group, name):
    with pytest.raises(ResourceNotFoundError) as missing:
        sdk.get(group, name)
    assert missing.value.error.code == "ResourceNotFound"
    reply = dev.request("PATCH", dev.cluster_path(group, name), API, json={"tags": {}})
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "ResourceNotFound")


def test_what_may_not_change_and_what_may_not_be_shared(dev, sdk, group, name):
    sdk.create(group, name, dev.document(name, principal=1))
    before = sdk.get(group, name)

    with pytest.raises(HttpResponseError) as refused:
        sdk.update(group, name, {"properties": {"masterProfile": {"vmSize": "Standard_D16s_v3"}}})
    error = refused.value
    assert (error.status_code, error.error.code) == (400, "PropertyChangeNotAllowed")
    assert error.error.target == "properties.masterProfile.vmSize"

    other = f"{name}b"
    with pytest.raises(HttpResponseError) as shared:
        sdk.begin_create(group, other, dev.document(other, principal=1))
    assert (shared.value.status_code, shared.value.error.code) == (400, "DuplicateClientID")

    assert sdk.get(group, name) == before
    sdk.delete(group, name)


def test_a_wrong_client_secret_says_so(dev, sdk, group, name):
    body = changed(dev.document(name), [P, "servicePrincipalProfile", "clientSecret"], "wrong")
    with pytest.raises(HttpResponseError) as failed:
        sdk.create(group, name, body)
    assert failed.value.error.code == "InvalidServicePrincipalCredentials"
    assert "AADSTS7000215" in failed.value.error.message
    assert sdk.get(group, name)["properties"]["provisioningState"] == "Failed"
    sdk.delete(group, name)
