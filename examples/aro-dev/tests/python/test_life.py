"""One cluster from create to delete, as the published client sees it."""

import base64

import pytest
import requests
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from conftest import GENERATION

pytestmark = pytest.mark.usefixtures("dev")


def without_secrets(document):
    text = str(document)
    assert "clientSecret" not in text and "client_secret" not in text
    assert "pullSecret" not in text and "boundServiceAccountSigningKey" not in text
    return document


def test_a_cluster_lives(dev, sdk, group, name):
    body = dev.document(name)
    poller = sdk.begin_create(group, name, body)
    assert not poller.done()
    with pytest.raises(HttpResponseError) as refused:
        sdk.clusters.begin_delete(group, name)
    assert refused.value.status_code == 400 and refused.value.error.code == "RequestNotAllowed"

    created = sdk._plain(poller.result(timeout=120))
    without_secrets(created)
    assert created["properties"]["provisioningState"] == "Succeeded"
    assert created["id"] == dev.cluster_path(group, name)
    assert created["name"] == name
    assert created["type"] == "Microsoft.RedHatOpenShift/openShiftClusters"
    assert created["properties"]["consoleProfile"]["url"].startswith("https://console-openshift-console.apps.")
    assert created["properties"]["apiserverProfile"]["url"].startswith("https://api.")
    assert created["systemData"]["createdBy"]

    assert sdk.get(group.upper(), name.upper())["id"] == created["id"]
    assert created["id"] in [cluster["id"] for cluster in sdk.list()]
    assert [cluster["id"] for cluster in sdk.list(group)] == [created["id"]]
    for cluster in sdk.list():
        without_secrets(cluster)

    credentials = sdk.clusters.list_credentials(group, name)
    assert credentials.kubeadmin_username == "kubeadmin" and credentials.kubeadmin_password
    kubeconfig = base64.b64decode(sdk.clusters.list_admin_credentials(group, name).kubeconfig)
    assert b"clusters" in kubeconfig and b"server" in kubeconfig

    updated = sdk.update(group, name, {"tags": {"purpose": "changed"}})
    assert updated["tags"] == {"purpose": "changed"}
    assert updated["properties"]["provisioningState"] == "Succeeded"

    # The template deployed a second time, as it was written: succeeds, and puts its tags back.
    again = sdk.create(group, name, body)
    assert again["tags"] == body["tags"]
    # What GET says can be put back.
    assert sdk.create(group, name, sdk.get(group, name))["id"] == created["id"]

    # Tags alone, as `az tag update` changes them: ARM asks for the resource and patches it.
    tags = f"{created['id']}/providers/Microsoft.Resources/tags/default"
    merge = {"operation": "Merge", "properties": {"tags": {"team": "blue"}}}
    reply = dev.request("PATCH", tags, json=merge)
    assert reply.status_code == 202 and reply.headers["Azure-AsyncOperation"]
    assert dev.settled(created["id"])["tags"] == body["tags"] | {"team": "blue"}
    assert dev.request("GET", tags).json()["properties"]["tags"]["team"] == "blue"

    sdk.delete(group, name)
    with pytest.raises(ResourceNotFoundError) as gone:
        sdk.get(group, name)
    assert gone.value.error.code == "ResourceNotFound"
    assert sdk.list(group) == []
    sdk.delete(group, name)  # a second delete has nothing to do

    managed = f"/subscriptions/{dev.subscription}/resourceGroups/Managed-{name}"
    assert dev.request("GET", managed).status_code == 404


@pytest.mark.skipif(GENERATION < 4, reason="older clients do not know managed identities")
def test_a_cluster_with_managed_identities_lives(dev, sdk, group, name):
    body = dev.document_with_identities(name, group)
    created = without_secrets(sdk.create(group, name, body))
    assert created["properties"]["provisioningState"] == "Succeeded"
    (own,) = created["identity"]["userAssignedIdentities"].values()
    assert own["clientId"] and own["principalId"]

    # Anybody can check the tokens of its service accounts.
    issuer = created["properties"]["clusterProfile"]["oidcIssuer"]
    about = requests.get(f"{issuer}/.well-known/openid-configuration", verify=dev.ca, timeout=60).json()
    assert about["issuer"] == issuer
    (key,) = requests.get(about["jwks_uri"], verify=dev.ca, timeout=60).json()["keys"]
    assert (key["kty"], key["alg"], len(key["n"])) == ("RSA", "RS256", 683)  # 4096 bits

    identities = created["properties"]["platformWorkloadIdentityProfile"]["platformWorkloadIdentities"]
    paths = {operator: identity["resourceId"] for operator, identity in identities.items()}

    def trusted(operator):
        reply = dev.request("GET", f"{paths[operator]}/federatedIdentityCredentials", "2023-01-31")
        reply.raise_for_status()
        return {(one["properties"]["issuer"], one["properties"]["subject"]) for one in reply.json()["value"]}

    for operator in paths:
        assert identities[operator]["clientId"] and identities[operator]["objectId"]
        assert {whom for whom, _ in trusted(operator)} == {issuer}
    assert trusted("ingress") == {(issuer, "system:serviceaccount:openshift-ingress-operator:ingress-operator")}

    assert sdk.update(group, name, {"tags": {"purpose": "changed"}})["tags"] == {"purpose": "changed"}
    sdk.delete(group, name)
    assert all(trusted(operator) == set() for operator in paths)
    assert requests.get(f"{issuer}/openid/v1/jwks", verify=dev.ca, timeout=60).status_code == 404


def test_operations_and_versions(sdk, dev):
    names = {operation.name for operation in sdk.client.operations.list()}
    assert "Microsoft.RedHatOpenShift/openShiftClusters/write" in names
    versions = sdk.client.open_shift_versions.list(dev.location)
    values = [entry.version if GENERATION < 4 else entry.properties.version for entry in versions]
    assert values, "a fresh installation offers at least one OpenShift version"
    assert values == sorted(values, key=lambda value: [int(part) for part in value.split(".")])
