"""One cluster with a service principal, from validation to delete."""

import os
import shutil
import subprocess

import pytest

NAME = "sp"


@pytest.fixture(scope="module")
def where(network):
    return network(NAME)


@pytest.fixture(scope="module")
def credentials(az):
    return ["--client-id", az["CLUSTER_CLIENT_ID"], "--client-secret", az["CLUSTER_CLIENT_SECRET"]]


@pytest.fixture(scope="module")
def cluster(az, where, credentials):
    az("aro", "validate", "-g", NAME, "-n", NAME, *where, *credentials)
    return az("aro", "create", "-g", NAME, "-n", NAME, *where, *credentials, "--tags", "stage=test")


def test_create(az, cluster):
    assert cluster["provisioningState"] == "Succeeded"
    assert (cluster["name"], cluster["resourceGroup"], cluster["location"]) == (NAME, NAME, az["LOCATION"])
    assert cluster["tags"] == {"stage": "test"}
    assert cluster["servicePrincipalProfile"] == {"clientId": az["CLUSTER_CLIENT_ID"], "clientSecret": None}
    assert cluster["clusterProfile"]["pullSecret"] is None
    assert cluster["consoleProfile"]["url"].startswith("https://console-openshift-console.apps.")
    assert cluster["networkProfile"]["loadBalancerProfile"]["managedOutboundIps"] == {"count": 1}
    assert [worker["count"] for worker in cluster["workerProfiles"]] == [3]


def test_show(az, cluster):
    assert az("aro", "show", "-g", NAME.upper(), "-n", NAME.upper()) == cluster
    row = az.run("aro", "show", "-g", NAME, "-n", NAME, "-o", "table").out.splitlines()
    assert row[0].split() == ["Name", "ResourceGroup", "Location", "ProvisioningState", "WorkerCount", "URL"]
    assert row[2].split()[:5] == [NAME, NAME, az["LOCATION"], "Succeeded", "3"]


def test_list(az, cluster):
    assert az("aro", "list", "-g", NAME) == [cluster]
    assert cluster["id"] in [one["id"] for one in az("aro", "list")]
    assert az("aro", "list", "-g", "aro-dev") == []


def test_list_credentials(az, cluster):
    credentials = az.cluster("list-credentials", group=NAME, name=NAME)
    assert credentials["kubeadminUsername"] == "kubeadmin" and len(credentials["kubeadminPassword"]) == 23


def test_get_admin_kubeconfig(az, cluster, tmp_path):
    path = tmp_path / "kubeconfig"
    az("aro", "get-admin-kubeconfig", "-g", NAME, "-n", NAME, "-f", str(path))
    assert cluster["apiserverProfile"]["url"].rstrip("/") in path.read_text()
    complaint = az.fails(1, "aro", "get-admin-kubeconfig", "-g", NAME, "-n", NAME, "-f", str(path))
    assert f"File {path} already exists." in complaint
    # Whoever can read it owns the cluster; az as published lets everybody.
    assert not az.has_extension or path.stat().st_mode & 0o777 == 0o600


def test_kubectl(az, cluster, tmp_path):
    """With the kubeconfig as it is."""
    path = tmp_path / "kubeconfig"
    az("aro", "get-admin-kubeconfig", "-g", NAME, "-n", NAME, "-f", str(path))
    if (kubectl := shutil.which("kubectl")) is None:
        pytest.skip("kubectl is not installed")
    words = [kubectl, "--kubeconfig", path, "get", "nodes", "-o", "name"]
    done = subprocess.run(words, env=az.environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert len([line for line in done.stdout.splitlines() if line.startswith("node/")]) == 6


@pytest.mark.parametrize("condition", ["--created", "--updated", "--exists"])
def test_wait(az, cluster, condition):
    assert az("aro", "wait", "-g", NAME, "-n", NAME, condition, "--interval", "1") is None


def test_wait_in_vain(az, cluster):
    words = ["aro", "wait", "-g", NAME, "-n", NAME, "--deleted", "--interval", "1", "--timeout", "1"]
    if az.has_extension:
        assert "timed-out after 1 seconds" in az.fails(1, *words)
    else:
        # It ends without a complaint, but prints an empty object where it otherwise prints nothing.
        assert az(*words) == {}


def test_create_again_changes_nothing(az, cluster, where, credentials):
    """az itself refuses: the subnets carry the cluster's security groups by now."""
    complaint = az.fails(1, "aro", "create", "-g", NAME, "-n", NAME, *where, *credentials)
    assert "A Network Security Group" in complaint
    assert az.cluster("show", group=NAME, name=NAME) == cluster


def test_resource_show_and_tag(az, cluster):
    shown = az("resource", "show", "--ids", cluster["id"])
    assert (shown["id"], shown["type"]) == (cluster["id"], "Microsoft.RedHatOpenShift/openShiftClusters")
    tagged = az("resource", "tag", "--ids", cluster["id"], "--tags", "stage=changed", "owner=me")
    assert tagged["tags"] == {"stage": "changed", "owner": "me"}
    after = az.cluster("show", group=NAME, name=NAME)
    assert (after["tags"], after["provisioningState"]) == (tagged["tags"], "Succeeded")
    assert NAME in [one["name"] for one in az("resource", "list", "-g", NAME)]


def test_update_load_balancer_ips(az, cluster):
    profile = az.cluster("update", "--lb-ip-count", "3", group=NAME, name=NAME)["networkProfile"]["loadBalancerProfile"]
    assert profile["managedOutboundIps"] == {"count": 3} and len(profile["effectiveOutboundIps"]) == 3


def test_update_without_waiting(az, cluster):
    assert az.cluster("update", "--lb-ip-count", "2", "--no-wait", group=NAME, name=NAME) is None
    az("aro", "wait", "-g", NAME, "-n", NAME, "--updated", "--interval", "1")
    after = az.cluster("show", group=NAME, name=NAME)
    assert after["networkProfile"]["loadBalancerProfile"]["managedOutboundIps"] == {"count": 2}


def test_update_credentials(az, cluster, credentials):
    assert az.cluster("update", *credentials, group=NAME, name=NAME)["provisioningState"] == "Succeeded"


def test_a_wrong_secret_fails_and_the_right_one_repairs(az, cluster, credentials):
    wrong = [*credentials[:3], "wrong"]
    complaint = az.fails(1, "aro", "update", "-g", NAME, "-n", NAME, *wrong)
    assert "(InvalidServicePrincipalCredentials)" in complaint and "AADSTS7000215" in complaint
    assert az.cluster("show", group=NAME, name=NAME)["provisioningState"] == "Failed"
    assert az.cluster("update", *credentials, group=NAME, name=NAME)["provisioningState"] == "Succeeded"


def test_refresh_credentials(az, cluster):
    def secrets():
        return {one["keyId"] for one in az("ad", "app", "show", "--id", az["CLUSTER_CLIENT_ID"])["passwordCredentials"]}

    before = secrets()
    assert az.cluster("update", "--refresh-credentials", group=NAME, name=NAME)["provisioningState"] == "Succeeded"
    assert len(secrets() - before) == 1


def test_delete(az, cluster):
    assert az.cluster("delete", "--yes", group=NAME, name=NAME) is None
    assert "(ResourceNotFound)" in az.fails(3, "aro", "show", "-g", NAME, "-n", NAME)
    assert "(ResourceNotFound)" in az.fails(3, "aro", "delete", "-g", NAME, "-n", NAME, "--yes")
    assert az("aro", "wait", "-g", NAME, "-n", NAME, "--deleted", "--interval", "1") is None
    assert az("aro", "list", "-g", NAME) == []
    managed = os.path.basename(cluster["clusterProfile"]["resourceGroupId"])
    assert "(ResourceGroupNotFound)" in az.fails(3, "group", "show", "-n", managed)


def test_without_a_service_principal_az_makes_one_and_without_waiting(az, where):
    domain = ["--domain", "own-name", "--apiserver-visibility", "Private", "--ingress-visibility", "Private"]
    assert az("aro", "create", "-g", NAME, "-n", "auto", *where, *domain, "--no-wait") is None
    az("aro", "wait", "-g", NAME, "-n", "auto", "--created", "--interval", "1")
    shown = az.cluster("show", group=NAME, name="auto")
    assert (shown["apiserverProfile"]["visibility"], shown["clusterProfile"]["domain"]) == ("Private", "own-name")
    assert shown["servicePrincipalProfile"]["clientId"] not in (az["CLIENT_ID"], az["CLUSTER_CLIENT_ID"])
    assert az("resource", "delete", "--ids", shown["id"]) is None
    az.fails(3, "aro", "show", "-g", NAME, "-n", "auto")
