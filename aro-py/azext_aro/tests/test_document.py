"""What is sent, judged by the rules of the service; what is shown; how progress and errors read."""

import random

import pytest

import aro
from aro import types
from azext_aro import document, offline, progress, remedies, shown
from azext_aro.document import Wish
from azext_aro.refusals import Unsound
from azext_aro.remedies import Place

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/group"
NET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net/subnets"
CLUSTER = f"{GROUP}/providers/Microsoft.RedHatOpenShift/openShiftClusters/cluster"
IDENTITIES = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
SECRET = document.service_principal(SUBSCRIPTION, "hush")
SUBNETS = {"location": "eastus", "master_subnet": f"{NET}/master", "worker_subnet": f"{NET}/worker"}
PLACE = Place("group", "cluster")


def sent(caller=SECRET, **given):
    return Wish.of(SUBNETS | given, "abcdefgh").document(SUBSCRIPTION, caller)


def findings(body):
    return [(one["code"], one["target"]) for one in aro.validate(body, operation="create", resource_id=CLUSTER)]


def test_defaults():
    body = sent(domain=None, tags=None)
    assert findings(body) == []
    properties = body["properties"]
    assert (body["location"], body["tags"]) == ("eastus", {})
    assert properties["clusterProfile"] == {
        "pullSecret": "",
        "domain": "abcdefgh",
        "resourceGroupId": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/aro-abcdefgh",
        "fipsValidatedModules": "Disabled",
        "version": "",
    }
    assert properties["networkProfile"] == {
        "podCidr": "10.128.0.0/14",
        "serviceCidr": "172.30.0.0/16",
        "outboundType": "",
        "preconfiguredNSG": "Disabled",
    }
    master = {"vmSize": "Standard_D8s_v5", "subnetId": f"{NET}/master", "encryptionAtHost": "Disabled"}
    assert properties["masterProfile"] == master
    worker = {"name": "worker", "vmSize": "Standard_D4s_v5", "diskSizeGB": 128, "count": 3}
    assert properties["workerProfiles"] == [worker | {"subnetId": f"{NET}/worker", "encryptionAtHost": "Disabled"}]
    assert properties["apiserverProfile"] == {"visibility": "Public"}
    assert properties["ingressProfiles"] == [{"name": "default", "visibility": "Public"}]
    assert properties["servicePrincipalProfile"] == {"clientId": SUBSCRIPTION, "clientSecret": "hush"}
    assert "platformWorkloadIdentityProfile" not in properties and "identity" not in body


def test_everything_said():
    encryption_set = f"{GROUP}/providers/Microsoft.Compute/diskEncryptionSets/one"
    body = sent(
        tags={"a": "b"},
        pull_secret='{"auths": {}}',
        domain="name",
        cluster_resource_group="managed",
        fips_validated_modules=True,
        pod_cidr="10.132.0.0/14",
        service_cidr="172.31.0.0/16",
        outbound_type="Loadbalancer",
        enable_preconfigured_nsg=True,
        disk_encryption_set=encryption_set,
        master_encryption_at_host=True,
        master_vm_size="Standard_D16s_v5",
        worker_encryption_at_host=True,
        worker_vm_size="Standard_D8s_v5",
        worker_vm_disk_size_gb=256,
        worker_count=5,
        apiserver_visibility="Private",
        ingress_visibility="Private",
        load_balancer_managed_outbound_ip_count=2,
        version="4.19.0",
    )
    assert findings(body) == []
    properties = body["properties"]
    assert body["tags"] == {"a": "b"}
    assert properties["networkProfile"]["loadBalancerProfile"] == {"managedOutboundIps": {"count": 2}}
    assert properties["networkProfile"]["preconfiguredNSG"] == "Enabled"
    for profile in (properties["masterProfile"], *properties["workerProfiles"]):
        assert (profile["encryptionAtHost"], profile["diskEncryptionSetId"]) == ("Enabled", encryption_set)
    assert (properties["workerProfiles"][0]["diskSizeGB"], properties["workerProfiles"][0]["count"]) == (256, 5)


def test_identities():
    operators = {"ingress": f"{IDENTITIES}/ingress"}
    body = sent(document.managed_identities(f"{IDENTITIES}/aro-cluster", operators))
    assert findings(body) == []
    assert body["identity"] == {"type": "UserAssigned", "userAssignedIdentities": {f"{IDENTITIES}/aro-cluster": {}}}
    profile = body["properties"]["platformWorkloadIdentityProfile"]
    assert profile == {"platformWorkloadIdentities": {"ingress": {"resourceId": f"{IDENTITIES}/ingress"}}}
    assert "servicePrincipalProfile" not in body["properties"]


def test_updates_say_only_what_changes():
    assert document.merged(document.service_principal(None, None), document.outbound_ips(None)) == {}
    assert document.service_principal(None, "new") == {
        "properties": {"servicePrincipalProfile": {"clientSecret": "new"}}
    }
    change = document.merged(
        document.managed_identities(None, {"ingress": "/one"}),
        document.upgradeable_to("4.18.5"),
        document.outbound_ips(3),
    )
    assert change == {
        "properties": {
            "platformWorkloadIdentityProfile": {
                "platformWorkloadIdentities": {"ingress": {"resourceId": "/one"}},
                "upgradeableTo": "4.18.5",
            },
            "networkProfile": {"loadBalancerProfile": {"managedOutboundIps": {"count": 3}}},
        }
    }


def test_updates_of_a_cluster_with_several_addresses():
    current = sent(load_balancer_managed_outbound_ip_count=5, version="4.19.0") | {"id": CLUSTER, "name": "cluster"}
    change = document.service_principal(SUBSCRIPTION, "new")
    offline.check(change, "update", CLUSTER, PLACE, current=current)
    with pytest.raises(Unsound, match="clientId"):
        wrong = document.service_principal("no uuid", "new")
        offline.check(wrong, "update", CLUSTER, PLACE, current=current)


def test_random_names_are_domains():
    names = {document.random_name(random.Random(seed)) for seed in range(50)}
    assert len(names) == 50
    for name in names:
        assert len(name) == 8 and name[0].isalpha() and findings(sent(domain=name)) == []


def test_everything_that_is_wrong_is_said_at_once():
    body = sent(master_vm_size="Standard_Nope", worker_count=90)
    with pytest.raises(Unsound) as refused:
        offline.check(body, "create", CLUSTER, PLACE)
    text = refused.value.message
    assert text.startswith("(InvalidParameter) ") and text.count("Code: InvalidParameter") == 2
    assert "Target: properties.masterProfile.vmSize" in text
    assert "Target: properties.workerProfiles['worker'].count" in text
    assert refused.value.advice == "Change --master-vm-size.\nChange --worker-count."
    offline.check(sent(version="4.19.1"), "create", CLUSTER, PLACE, versions=["4.19.1"])


class TestShown:
    def test_each_member_is_there(self):
        wire = {
            "id": CLUSTER,
            "name": "cluster",
            "location": "eastus",
            "properties": {"workerProfiles": [{"name": "worker"}]},
        }
        flat = shown.cluster(wire)
        expected = {*types.Cluster.__annotations__, *types.ClusterProperties.__annotations__} - {"properties"}
        assert set(flat) == expected
        assert (flat["name"], flat["tags"], flat["consoleProfile"]) == ("cluster", None, None)
        assert flat["workerProfiles"] == [
            {"count": None, "diskEncryptionSetId": None, "diskSizeGb": None, "encryptionAtHost": None}
            | {"name": "worker", "subnetId": None, "vmSize": None}
        ]

    def test_keys_of_maps_are_the_customers(self):
        profile = {"platformWorkloadIdentities": {"NAME": {"resourceId": "/one"}}}
        flat = shown.cluster({"tags": {"ABC": "x"}, "properties": {"platformWorkloadIdentityProfile": profile}})
        identities = flat["platformWorkloadIdentityProfile"]["platformWorkloadIdentities"]
        assert identities == {"NAME": {"resourceId": "/one", "clientId": None, "objectId": None}}
        assert flat["tags"] == {"ABC": "x"}

    def test_row(self):
        workers = [{"count": 3}, {"count": None}, {}]
        wire = {"id": CLUSTER, "name": "cluster", "location": "eastus"}
        properties = {
            "provisioningState": "Succeeded",
            "workerProfiles": workers,
            "consoleProfile": {"url": "https://c"},
        }
        (row,) = shown.rows([shown.cluster(wire | {"properties": properties})])
        assert list(row) == ["Name", "ResourceGroup", "Location", "ProvisioningState", "WorkerCount", "URL"]
        assert list(row.values()) == ["cluster", "group", "eastus", "Succeeded", 3, "https://c"]

    def test_a_cluster_that_is_not_there_yet(self):
        row = shown.row(shown.cluster({"id": CLUSTER, "properties": {"provisioningState": "Creating"}}))
        assert (row["WorkerCount"], row["URL"]) == (0, None)

    def test_versions(self):
        assert shown.version_rows(["4.9.1"]) == [{"Version": "4.9.1"}]


@pytest.mark.parametrize(
    "status,line",
    [
        ({}, "Running"),
        ({"status": "Succeeded"}, "Succeeded"),
        ({"status": "Creating", "percentComplete": 0}, "Creating: 0 %"),
        (
            {
                "status": "Creating",
                "percentComplete": 42.0,
                "properties": {"step": "attach", "stepsDone": 6, "stepsTotal": 19},
            },
            "Creating: 42 %, step 7 of 19: attach",
        ),
        ({"status": "Updating", "properties": {"stepsDone": 3, "stepsTotal": 3}}, "Updating: step 3 of 3"),
    ],
)
def test_progress(status, line):
    assert progress.line(status) == line


class TestRemedies:
    @pytest.mark.parametrize("target", remedies.FLAGS)
    def test_flags_are_of_members_that_exist(self, target):
        """The documents are described once, in aro.types."""
        kinds = {
            "properties": "ClusterProperties",
            "workerProfiles": "WorkerProfile",
            "ingressProfiles": "IngressProfile",
            "apiserverProfile": "APIServerProfile",
            "managedOutboundIps": "ManagedOutboundIPs",
        }
        kind = types.Cluster
        for member in target.split("."):
            assert member in kind.__annotations__, target
            kind = getattr(types, kinds.get(member, member[:1].upper() + member[1:]), None)

    def test_flag(self):
        assert remedies.flag_of("properties.workerProfiles['worker'].vmSize") == "--worker-vm-size"
        operators = "properties.platformWorkloadIdentityProfile.platformWorkloadIdentities"
        assert remedies.flag_of(f"{operators}[a.b].resourceId") == "--assign-platform-workload-identity"
        assert remedies.flag_of("identity.userAssignedIdentities") == "--assign-cluster-identity"
        assert remedies.flag_of("properties.nothing") is None and remedies.flag_of("") is None

    def test_refusals_and_failures(self):
        assert remedies.of_refusal("Nobody", "", PLACE) == []
        assert "az aro list" in remedies.of_refusal("ResourceNotFound", "", PLACE)[0]
        (create,) = remedies.of_failure("InvalidServicePrincipalCredentials", "create", PLACE)
        assert "az aro delete -g group -n cluster" in create
        credentials, again = remedies.of_failure("InvalidServicePrincipalCredentials", "update", PLACE)
        assert "az aro update -g group -n cluster --client-id" in credentials and "tries again" in again
        assert remedies.of_failure("Nobody", "delete", PLACE) == []

    def test_block(self):
        assert remedies.block({"code": "A", "message": "b", "target": ""}) == "(A) b\nCode: A\nMessage: b"
