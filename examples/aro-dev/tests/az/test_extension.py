"""What the extension does better than the module of az: it says everything at once, before anything is made, with the
command that helps; it shows how far an operation is; it does not repeat slips."""

import os
import pty
import re
import signal
import subprocess

import pytest
import requests

pytestmark = pytest.mark.parametrize("flavour", ["extension"], indirect=True)
NAME = "better"


@pytest.fixture(scope="module")
def where(network):
    return network(NAME)


@pytest.fixture(scope="module")
def credentials(az):
    return ["--client-id", az["CLUSTER_CLIENT_ID"], "--client-secret", az["CLUSTER_CLIENT_SECRET"]]


@pytest.fixture(scope="module")
def cluster(az, where, credentials):
    return az("aro", "create", "-g", NAME, "-n", NAME, *where, *credentials)


@pytest.fixture
def calls(dev):
    """Those that change something, since the test began."""
    url = f"{dev.ready['inspect_url'].rstrip('/')}/calls"
    requests.delete(url, timeout=10).raise_for_status()

    def calls():
        found = requests.get(url, timeout=10).json()["value"]
        assert found
        planes, reading = ("arm", "graph"), ("GET", "HEAD")
        found = [one for one in found if one["plane"] in planes and one["method"] not in reading]
        return [(one["method"], one["type"]) for one in found]

    return calls


def test_everything_wrong_is_said_before_anything_is_made(az, where, calls):
    """Not even the application, which is made where no --client-id is given."""
    wrong = ["--master-vm-size", "Standard_Nope", "--worker-count", "90", "--cluster-resource-group", "free"]
    said = az.fails(1, "aro", "create", "-g", NAME, "-n", "wrong", *where, *wrong)
    assert said.count("Code: InvalidParameter") == 2
    assert "Target: properties.masterProfile.vmSize" in said and "Change --master-vm-size." in said
    assert "Target: properties.workerProfiles['worker'].count" in said and "Change --worker-count." in said
    assert calls() == []


def test_progress_on_a_terminal(az, cluster):
    """Percent and step beside the spinner."""
    shown, terminal = pty.openpty()
    words = [az.program_az, "aro", "update", "-g", NAME, "-n", NAME, "--lb-ip-count", "2", "-o", "none"]
    environment = az.environment | {"TERM": "xterm", "COLUMNS": "120"}
    with subprocess.Popen(words, env=environment, stdin=terminal, stdout=terminal, stderr=terminal) as running:
        os.close(terminal)
        text = b""
        # The end of a terminal nobody writes to any more is an error.
        try:
            while piece := os.read(shown, 4096):
                text += piece
        except OSError:
            pass
        os.close(shown)
    assert running.returncode == 0, text.decode()
    assert re.search(rb"Updating: \d+ %, step \d+ of \d+: \w+", text), text.decode()


def test_progress_in_a_log(az, cluster):
    words = ["aro", "update", "-g", NAME, "-n", NAME, "--lb-ip-count", "3", "--verbose"]
    lines = [line for line in az.run(*words).err.splitlines() if " %, step " in line]
    percents = [int(re.search(r"(\d+) %", line)[1]) for line in lines]
    assert percents and percents == sorted(percents) and percents[-1] <= 100


def test_an_interrupted_wait(az, dev, cluster):
    """The operation goes on, and so can the user."""
    # It is under way until it is let go on, however slow the client.
    held = {"match": {"method": "GET", "path": "*/loadBalancers/*"}, "effect": "hold", "times": 1}
    requests.post(dev.ready["fault_url"], json=[held], timeout=60).raise_for_status()
    words = [az.program_az, "aro", "update", "-g", NAME, "-n", NAME, "--lb-ip-count", "1", "--verbose"]
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
    with subprocess.Popen(words, env=az.environment, **streams) as run:
        for line in run.stderr:
            if "Updating: " in line:
                break
        # To all of its processes, as a terminal does.
        os.killpg(run.pid, signal.SIGINT)
        rest = run.stderr.read()
    requests.delete(dev.ready["fault_url"], timeout=60).raise_for_status()
    assert run.returncode != 0
    assert "The operation goes on" in rest and f"az aro wait -g {NAME} -n {NAME}" in rest
    az("aro", "wait", "-g", NAME, "-n", NAME, "--updated", "--interval", "1")
    profile = az.cluster("show", group=NAME, name=NAME)["networkProfile"]["loadBalancerProfile"]
    assert profile["managedOutboundIps"] == {"count": 1}


def test_remedies(az, cluster, credentials, where):
    said = az.fails(3, "aro", "show", "-g", NAME, "-n", "nobody")
    assert "az aro list -o table" in said
    said = az.fails(1, "aro", "update", "-g", NAME, "-n", NAME, *credentials[:3], "wrong")
    assert "(InvalidServicePrincipalCredentials)" in said
    assert f"az aro update -g {NAME} -n {NAME} --client-id" in said
    assert az.cluster("update", *credentials, group=NAME, name=NAME)["provisioningState"] == "Succeeded"


def test_an_application_that_does_not_exist(az, where):
    words = ["--client-id", "00000000-0000-0000-0000-000000000001", "--client-secret", "x"]
    said = az.fails(1, "aro", "create", "-g", NAME, "-n", "wrong", *where, *words, "--enable-preconfigured-nsg")
    assert "the tenant has no such application" in said


SLIPS = [
    ("no workers", ["create", "--worker-count", "0"], "--worker-count must be greater than or equal to 3"),
    ("no disk", ["create", "--worker-vm-disk-size-gb", "0"], "--worker-vm-disk-size-gb must be greater"),
    ("routing with public ends", ["create", "--outbound-type", "UserDefinedRouting"], "cannot use UserDefinedRouting"),
    ("half of the credentials", ["create", "--client-secret", "x"], "Must specify --client-id with --client-secret"),
    ("identity, not switched on", ["validate", "--assign-cluster-identity", "a"], "Must set --enable-managed-identity"),
]


@pytest.mark.parametrize("words,complaint", [row[1:] for row in SLIPS], ids=[row[0] for row in SLIPS])
def test_slips(az, where, words, complaint):
    command, *words = words
    assert complaint in az.fails(1, "aro", command, "-g", NAME, "-n", "wrong", *where, *words)


def test_updates_that_do_not_fit(az, cluster):
    words = ["aro", "update", "-g", NAME, "-n", NAME]
    assert "the cluster has a service principal" in az.fails(1, *words, "--upgradeable-to", "4.18.5")
    assert "--upgradeable-to format is invalid" in az.fails(1, *words, "--upgradeable-to", "4.12.1")
    said = az.fails(1, *words, "--refresh-credentials", "--client-secret", "x")
    assert "must be not set with --refresh-credentials" in said


def test_validate_looks_at_preconfigured_guards(az, cluster, where):
    """Those that the service attached to the subnets of the cluster are as good as any."""
    words = ["aro", "validate", "-g", NAME, "-n", "new", *where]
    assert "A Network Security Group" in az.fails(1, *words)
    assert az(*words, "--enable-preconfigured-nsg") is None


def test_an_overlap_is_said_once(az, where):
    words = ["aro", "validate", "-g", NAME, "-n", "new", *where, "--enable-preconfigured-nsg"]
    assert az.fails(1, *words, "--service-cidr", "10.0.2.0/24").count("overlaps with") == 1


def test_operators_of_a_newer_version_get_identities(az, monkeypatch):
    """All sets of roles of aro-dev name the same operators; here is one that names another."""
    monkeypatch.syspath_prepend(f"{az.environment['AZURE_CONFIG_DIR']}/cliextensions/aro")
    from azext_aro import update

    class Azure:
        """Answers as ARM and the service do, and keeps what is written."""

        subscription = "sub"

        def __init__(self):
            self.arm = self.clusters = self
            self.written = []

        def tell(self, text):
            pass

        def find(self, path, version):
            return {"properties": {"addressPrefix": "10.0.0.0/23"}}

        def get(self, path, version):
            if "roleDefinitions" in path:
                action = "Microsoft.Network/virtualNetworks/subnets/read"
                return {"properties": {"permissions": [{"actions": [action]}]}}
            return {"properties": {"principalId": "principal-of-the-cluster"}}

        def put(self, path, version, document):
            self.written.append((path, document.get("properties", {})))
            return {"id": path, "properties": {"principalId": "principal-of-new"}}

        def role_sets(self, location):
            roles = [{"operatorName": name, "roleDefinitionId": f"/role/{name}"} for name in ("old", "new")]
            yield {"properties": {"openShiftVersion": "4.18", "platformWorkloadIdentityRoles": roles}}

    group = "/subscriptions/sub/resourceGroups/g/providers"
    subnets = f"{group}/Microsoft.Network/virtualNetworks/net/subnets"
    identities = f"{group}/Microsoft.ManagedIdentity/userAssignedIdentities"
    profile = {"platformWorkloadIdentities": {"old": {"resourceId": f"{identities}/old"}}}
    current = {
        "location": "eastus",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {f"{identities}/aro-cluster": {}}},
        "properties": {
            "masterProfile": {"subnetId": f"{subnets}/master"},
            "workerProfiles": [{"subnetId": f"{subnets}/worker"}],
            "platformWorkloadIdentityProfile": profile,
        },
    }
    azure = Azure()
    change = update._with_new_operators(azure, "g", current, "4.18.5")
    assert change["properties"]["platformWorkloadIdentityProfile"]["platformWorkloadIdentities"] == {
        "old": {"resourceId": f"{identities}/old"},
        "new": {"resourceId": f"{identities}/new"},
    }
    assert list(change["identity"]["userAssignedIdentities"]) == [f"{identities}/aro-cluster"]
    scopes = [(path.split("/providers/Microsoft.Auth")[0], said.get("principalId")) for path, said in azure.written]
    assert scopes == [
        (f"{identities}/new", None),
        (f"{subnets}/master", "principal-of-new"),
        (f"{subnets}/worker", "principal-of-new"),
        (f"{identities}/new", "principal-of-the-cluster"),
    ]


def test_help(az):
    text = az.run("aro", "create", "--help").out
    assert "Everything that can be checked beforehand" in text and "[Default: Standard_D8s_v5]" in text
    for command in ("update", "delete", "validate", "wait", "identity create-required"):
        assert "Examples" in az.run("aro", *command.split(), "--help").out


def test_delete(az, cluster):
    words = ["aro", "delete", "-g", NAME, "-n", NAME, "--yes"]
    assert "non-managed identity cluster" in az.fails(1, *words, "--delete-identities")
    assert az(*words, "--no-wait") is None
    az("aro", "wait", "-g", NAME, "-n", NAME, "--deleted", "--interval", "1")


def test_without_the_extension_all_is_as_before(az, tmp_path):
    """It comes with one file and goes without a trace."""
    other = type(az)(az.environment | {"AZURE_CONFIG_DIR": str(tmp_path)})
    other("extension", "add", "--yes", "--source", os.environ["ARO_AZ_EXTENSION"])
    ours = other.run("aro", "create", "--help").out
    other("extension", "remove", "-n", "aro")
    theirs = other.run("aro", "create", "--help").out
    assert "Everything that can be checked" in ours and "Everything that can be checked" not in theirs
    # Every argument that az has, and none that it has not.
    flags = [set(re.findall(r"^ {4}(--.*?)(?: *\[Required\])? *:", text, re.MULTILINE)) for text in (ours, theirs)]
    assert flags[0] == flags[1]
