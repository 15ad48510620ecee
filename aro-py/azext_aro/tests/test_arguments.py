"""Single arguments: what is meant, and what is refused."""

import json

import pytest

from azext_aro import arguments
from azext_aro.refusals import Invalid, Missing

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
NET = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/net"
IDENTITIES = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
)


@pytest.mark.parametrize("text", ["10.128.0.0/14", "0.0.0.0/0", "192.168.1.1/32"])
def test_networks(text):
    assert arguments.network("--pod-cidr", text) == text


@pytest.mark.parametrize("text", ["", "10.128.0.0/99", "10.0.0.1/24", "fe80::/10", "ten"])
def test_no_networks(text):
    with pytest.raises(Invalid, match="--pod-cidr"):
        arguments.network("--pod-cidr", text)


@pytest.mark.parametrize("text", ["a", "0", "name", "a-b", "name.example.com", "x" * 63])
def test_domains(text):
    assert arguments.domain("--domain", text) == text


@pytest.mark.parametrize("text", ["", "Name", "-a", "a-", "a..b", ".a", "a.", "a b", "a\n", "x" * 64, "a_b"])
def test_no_domains(text):
    with pytest.raises(Invalid):
        arguments.domain("--domain", text)


def test_client_id():
    assert arguments.client_id("--client-id", SUBSCRIPTION) == SUBSCRIPTION
    with pytest.raises(Invalid, match="--client-id 'me'"):
        arguments.client_id("--client-id", "me")


@pytest.mark.parametrize("text", ["4.17.27", "4.9.0", "5.0.1"])
def test_versions(text):
    assert arguments.version("--version", text) == text


@pytest.mark.parametrize("text", ["", "four", "4", "4.17", "3.11.0", "4.17.270", "4.17.1\n", "4.17.1-rc.1"])
def test_no_versions(text):
    with pytest.raises(Invalid, match="--version is invalid"):
        arguments.version("--version", text)


@pytest.mark.parametrize(
    "text,fits",
    [("4.14.0", True), ("4.20.1", True), ("5.1.0", True), ("4.13.9", False), ("4.10.0", False), ("4.2", False)],
)
def test_upgradeable_to(text, fits):
    """The minor versions 10 to 13 slip through the pattern of the reference."""
    if fits:
        assert arguments.upgradeable_to("--upgradeable-to", text) == text
    else:
        with pytest.raises(Invalid, match="--upgradeable-to format is invalid"):
            arguments.upgradeable_to("--upgradeable-to", text)


def test_versions_are_ordered_by_number():
    assert sorted(["4.10.1", "4.9.12", "4.9.2"], key=arguments.version_order) == ["4.9.2", "4.9.12", "4.10.1"]


@pytest.mark.parametrize("value", [2, 0, -1])
def test_few_workers(value):
    """0 too, which the reference takes for the default."""
    with pytest.raises(Invalid, match="--worker-count must be greater than or equal to 3"):
        arguments.at_least("--worker-count", 3, value)


@pytest.mark.parametrize("value,fits", [(1, True), (20, True), (0, False), (21, False)])
def test_between(value, fits):
    if fits:
        assert arguments.between("--lb-ip-count", 1, 20, value) == value
    else:
        with pytest.raises(Invalid, match="between 1 and 20"):
            arguments.between("--lb-ip-count", 1, 20, value)


def test_words_in_their_spelling():
    assert arguments.one_of("--outbound-type", arguments.OUTBOUND_TYPES, "loadbalancer") == "Loadbalancer"
    with pytest.raises(Invalid, match="must be Loadbalancer or UserDefinedRouting"):
        arguments.one_of("--outbound-type", arguments.OUTBOUND_TYPES, "NAT")


class TestPullSecret:
    def test_text(self):
        assert json.loads(arguments.pull_secret("--pull-secret", '{"auths": {}}')) == {"auths": {}}

    def test_file(self, tmp_path):
        path = tmp_path / "pull-secret.txt"
        path.write_text('{"auths": {"a": 1}}\n')
        assert arguments.pull_secret("--pull-secret", str(path)) == '{"auths": {"a": 1}}'

    @pytest.mark.parametrize("text", ["{", "[1]", "no such file", "", "x" * 5000])
    def test_neither(self, text):
        with pytest.raises(Invalid) as refused:
            arguments.pull_secret("--pull-secret", text)
        assert not text or text not in refused.value.message.replace("Invalid --pull-secret", "")

    def test_a_folder(self, tmp_path):
        with pytest.raises(Invalid):
            arguments.pull_secret("--pull-secret", str(tmp_path))


class TestSubnet:
    def subnet(self, given, vnet=NET):
        return arguments.subnet("--master-subnet", given, vnet, SUBSCRIPTION)

    def test_name_or_id(self):
        assert self.subnet("master") == f"{NET}/subnets/master"
        assert self.subnet(f"{NET}/subnets/master", None) == f"{NET}/subnets/master"
        shouted = f"{NET}/subnets/master".upper()
        assert self.subnet(shouted) == shouted

    def test_a_name_needs_a_network(self):
        with pytest.raises(Missing, match="Must specify --vnet if --master-subnet is not an id"):
            self.subnet("master", None)

    @pytest.mark.parametrize(
        "given",
        [
            NET,
            f"{NET}/peerings/other",
            f"{NET}/subnets/master/children/one",
            f"{NET.replace('Network/', 'Nothing/')}/subnets/master",
            f"{NET.replace(SUBSCRIPTION, '0' * 8)}/subnets/master",
            "/subscriptions/one",
            "master/worker",
        ],
    )
    def test_something_else(self, given):
        with pytest.raises(Invalid, match="--master-subnet"):
            self.subnet(given)


@pytest.mark.parametrize(
    "master,worker,what",
    [
        (f"{NET}/subnets/one", f"{NET}/subnets/ONE", "must not equal --worker-subnet name 'ONE'"),
        (f"{NET}/subnets/one", f"{NET}x/subnets/two", "must equal --worker-subnet vnet name 'netx'"),
        (
            f"{NET}/subnets/one",
            f"{NET.replace('/g/', '/h/')}/subnets/two",
            "must equal --worker-subnet resource group 'h'",
        ),
    ],
)
def test_subnets_that_do_not_go_together(master, worker, what):
    with pytest.raises(Invalid, match=what):
        arguments.together(master, worker)


def test_subnets_that_go_together():
    arguments.together(f"{NET}/subnets/one", f"{NET.upper()}/subnets/two")


def test_vnet():
    assert arguments.vnet("net", SUBSCRIPTION, "g") == NET
    assert arguments.vnet(NET, SUBSCRIPTION, "other") == NET
    with pytest.raises(Invalid):
        arguments.vnet(f"{NET}/subnets/one", SUBSCRIPTION, "g")


class TestIdentities:
    FLAG = "--assign-platform-workload-identity"

    def test_names_and_ids(self):
        pairs = [["ingress", "one"], ["machine-api", f"{IDENTITIES}/two"]]
        meant = arguments.operator_identities(self.FLAG, pairs, SUBSCRIPTION, "g")
        assert meant == {"ingress": f"{IDENTITIES}/one", "machine-api": f"{IDENTITIES}/two"}

    @pytest.mark.parametrize(
        "pairs,complaint",
        [
            ([["ingress"]], "requires 2 values"),
            ([["ingress", "a", "b"]], "requires 2 values"),
            ([["ingress", "a"], ["ingress", "b"]], "ingress multiple times"),
            ([["ingress", NET]], "not a valid userAssignedIdentity"),
        ],
    )
    def test_refused(self, pairs, complaint):
        with pytest.raises(Invalid, match=complaint):
            arguments.operator_identities(self.FLAG, pairs, SUBSCRIPTION, "g")


def test_disk_encryption_set():
    one = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.Compute/diskEncryptionSets/one"
    assert arguments.disk_encryption_set("--disk-encryption-set", one) == one
    for other in ("one", NET):
        with pytest.raises(Invalid, match="has to be a resource ID"):
            arguments.disk_encryption_set("--disk-encryption-set", other)
