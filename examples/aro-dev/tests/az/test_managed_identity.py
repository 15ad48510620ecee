"""One cluster with managed identities, from what az prints about them to delete."""

import pytest

NAME = "mi"
OPERATORS = {
    "aro-operator",
    "cloud-controller-manager",
    "cloud-network-config",
    "disk-csi-driver",
    "file-csi-driver",
    "image-registry",
    "ingress",
    "machine-api",
}


@pytest.fixture(scope="module")
def where(network):
    return network(NAME)


@pytest.fixture(scope="module")
def cluster(az, where):
    return az("aro", "create", "-g", NAME, "-n", NAME, *where, "--enable-managed-identity", "--version", "4.17.27")


def test_get_required_says_what_to_make(az, where):
    words = ["aro", "identity", "get-required", "-g", NAME, "-l", az["LOCATION"], "--version", "4.17.27", *where]
    outcome = az.run(*words)
    assert outcome.code == 0
    for name in OPERATORS | {"aro-cluster"}:
        assert f"az identity create -g '{NAME}' -n '{name}'" in outcome.err


def test_create(az, cluster):
    assert (cluster["provisioningState"], cluster["servicePrincipalProfile"]) == ("Succeeded", None)
    assert cluster["identity"]["type"] == "UserAssigned"
    (identity,) = cluster["identity"]["userAssignedIdentities"].items()
    assert identity[0].endswith("/aro-cluster")
    identities = cluster["platformWorkloadIdentityProfile"]["platformWorkloadIdentities"]
    assert set(identities) == OPERATORS
    made = {one["name"]: one for one in az("identity", "list", "-g", NAME)}
    assert set(made) == OPERATORS | {"aro-cluster"}
    for name, identity in identities.items():
        assert (identity["clientId"], identity["objectId"]) == (made[name]["clientId"], made[name]["principalId"])


def test_show_and_credentials(az, cluster):
    assert az.cluster("show", group=NAME, name=NAME) == cluster
    assert az.cluster("list-credentials", group=NAME, name=NAME)["kubeadminUsername"] == "kubeadmin"


def test_upgradeable_to(az, cluster):
    profile = az.cluster("update", "--upgradeable-to", "4.18.5", group=NAME, name=NAME)["platformWorkloadIdentityProfile"]
    assert profile["upgradeableTo"] == "4.18.5" and set(profile["platformWorkloadIdentities"]) == OPERATORS


REFUSED = [
    ("no role set for the version", ["--upgradeable-to", "4.20.5"], "Could not find identity requirements"),
    ("not a version", ["--upgradeable-to", "4.2"], "--upgradeable-to format is invalid"),
]


@pytest.mark.parametrize("words,complaint", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused_updates(az, cluster, words, complaint):
    assert complaint in az.fails(1, "aro", "update", "-g", NAME, "-n", NAME, *words)


def test_delete_with_the_identities(az, cluster):
    assert az.cluster("delete", "--yes", "--delete-identities", group=NAME, name=NAME) is None
    az.fails(3, "aro", "show", "-g", NAME, "-n", NAME)
    assert az("identity", "list", "-g", NAME) == []
