"""The identities of a cluster made beforehand, given to it, and left when it goes."""

import pytest

NAME = "given"
VERSION = "4.17.27"


@pytest.fixture(scope="module")
def where(network):
    return network(NAME)


@pytest.fixture(scope="module")
def required(az, where):
    words = ["-g", NAME, "-l", az["LOCATION"], "--version", VERSION, *where]

    def required(command, *more):
        return az("aro", "identity", command, *words, *more)

    required.words = words
    return required


@pytest.fixture(scope="module")
def identities(required):
    return required("create-required", "--yes")


@pytest.fixture(scope="module")
def cluster(az, where, identities):
    first, *others = identities
    words = ["--enable-managed-identity", "--assign-cluster-identity", first["name"]]
    for one in others:
        # A name, or an id.
        given = one["id"] if one["name"] == "ingress" else one["name"]
        words += ["--assign-platform-workload-identity", one["name"], given]
    return az("aro", "create", "-g", NAME, "-n", NAME, *where, *words)


def test_create_required(az, identities, required):
    """The cluster's is the first, and making them again finds them."""
    assert identities[0]["name"] == "aro-cluster" and len(identities) == 9
    listed = {one["id"]: one["principalId"] for one in az("identity", "list", "-g", NAME)}
    assert {one["id"]: one["principalId"] for one in identities} == listed
    again = az.run("aro", "identity", "create-required", "--yes", *required.words)
    assert (again.code, [one["id"] for one in again.json]) == (0, [one["id"] for one in identities])
    assert "already" in again.err


def test_roles(az, identities):
    """Over the identities for the cluster's; over the network for those of operators that need it."""
    cluster, *operators = identities
    for one in operators:
        (given,) = az("role", "assignment", "list", "--scope", one["id"])
        assert given["principalId"] == cluster["principalId"]
        assert given["roleDefinitionName"] == "Azure Red Hat OpenShift Federated Credential"
    group = f"/subscriptions/{az['SUBSCRIPTION']}/resourceGroups/{NAME}"
    subnet = f"{group}/providers/Microsoft.Network/virtualNetworks/net/subnets/master"
    given = az("role", "assignment", "list", "--scope", subnet)
    assert {one["principalId"] for one in given} <= {one["principalId"] for one in operators} and given


def test_refusals(az, where):
    words = ["-g", NAME, "-l", az["LOCATION"], *where]
    assert "--version invalid" in az.fails(1, "aro", "identity", "get-required", *words, "--version", "4.0.1")
    assert "--version is invalid" in az.fails(1, "aro", "identity", "get-required", *words, "--version", "new")
    assert "the following arguments are required: --version" in az.fails(2, "aro", "identity", "get-required", *words)


def test_create_with_them(az, cluster, identities):
    assert cluster["provisioningState"] == "Succeeded"
    profile = cluster["platformWorkloadIdentityProfile"]["platformWorkloadIdentities"]
    assert {name: one["resourceId"].lower() for name, one in profile.items()} == {
        one["name"]: one["id"].lower() for one in identities[1:]
    }
    row = az.run("aro", "list", "-g", NAME, "-o", "table").out.splitlines()
    assert row[2].split()[:5] == [NAME, NAME, az["LOCATION"], "Succeeded", "3"]


def test_another_identity_for_an_operator(az, cluster):
    other = az("identity", "create", "-g", NAME, "-n", "other-ingress")
    words = ["--assign-platform-workload-identity", "ingress", "other-ingress"]
    before = cluster["platformWorkloadIdentityProfile"]["platformWorkloadIdentities"]
    scope = f"/subscriptions/{az['SUBSCRIPTION']}/resourceGroups/{NAME}"
    cluster_identity = az("identity", "show", "-g", NAME, "-n", "aro-cluster")
    grants = [(cluster_identity, "ef318e2a-8334-4a05-9e4a-295a196c6a6e", other["id"])]
    # What create-required gave to the one that it replaces.
    for given in az("role", "assignment", "list", "--all", "--assignee-object-id", before["ingress"]["objectId"]):
        if given["scope"].startswith(f"{scope}/"):
            grants.append((other, given["roleDefinitionId"], given["scope"]))
    assert len(grants) > 1
    for principal, role, over in grants:
        az("role", "assignment", "create", *_assignee(principal), "--role", role, "--scope", over)
    after = az.cluster("update", *words, group=NAME, name=NAME)["platformWorkloadIdentityProfile"]
    identities = after["platformWorkloadIdentities"]
    assert identities["ingress"]["resourceId"].lower() == f"{scope}/providers/Microsoft.ManagedIdentity".lower() + (
        "/userassignedidentities/other-ingress"
    )
    assert set(identities) == set(before)


def _assignee(identity):
    return ["--assignee-object-id", identity["principalId"], "--assignee-principal-type", "ServicePrincipal"]


def test_delete_leaves_them(az, cluster):
    assert "--delete-identities is used" in az.fails(
        1, "aro", "delete", "-g", NAME, "-n", NAME, "--yes", "--delete-identities", "--no-wait"
    )
    gone = az.run("aro", "delete", "-g", NAME, "-n", NAME, "--yes")
    assert (gone.code, gone.out) == (0, "")
    assert f"az identity delete -g {NAME} -n aro-cluster" in gone.err
    assert {"aro-cluster", "ingress"} < {one["name"] for one in az("identity", "list", "-g", NAME)}
