"""What is missing, wrong or fails: exit codes and complaints, of az itself and of what it passes on."""

import pytest

NAME = "refused"


@pytest.fixture(scope="module")
def where(network):
    return network(NAME)


@pytest.fixture(scope="module")
def owner(az):
    return ["--client-id", az["CLIENT_ID"], "--client-secret", az["CLIENT_SECRET"]]


MISSING = [
    (["show"], 3),
    (["delete", "--yes"], 3),
    (["update", "--lb-ip-count", "2"], 3),
    (["list-credentials"], 3),
    (["get-admin-kubeconfig", "-f", "never-written"], 3),
]


@pytest.mark.parametrize("words,code", MISSING, ids=[words[0] for words, _ in MISSING])
def test_a_missing_cluster(az, where, words, code):
    complaint = az.fails(code, "aro", *words, "-g", NAME, "-n", "nobody")
    assert "ERROR: (ResourceNotFound) " in complaint and "Code: ResourceNotFound" in complaint


WRONG = [
    ("master size", ["--master-vm-size", "Standard_Nope"], "(InvalidParameter)", "properties.masterProfile.vmSize"),
    ("worker size", ["--worker-vm-size", "Standard_Nope"], "(InvalidParameter)", "properties.workerProfiles['worker'].vmSize"),
    ("pod network", ["--pod-cidr", "10.128.0.0/99"], "Invalid --pod-cidr", None),
    ("location", ["--location", "nowhere"], "(InvalidParameter)", "location"),
    ("fifty workers too many", ["--worker-count", "90"], "(InvalidParameter)", "properties.workerProfiles['worker'].count"),
    ("few workers", ["--worker-count", "2"], "--worker-count must be greater than or equal to 3", None),
    ("domain", ["--domain", "Not a name"], "Invalid --domain", None),
    ("pull secret", ["--pull-secret", "{"], "Invalid --pull-secret", None),
    ("version of no form", ["--version", "four"], "--version is invalid", None),
    ("managed resource group exists", ["--cluster-resource-group", NAME], "resource group must not exist", None),
]


@pytest.mark.parametrize("words,complaint,target", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_create(az, where, owner, words, complaint, target):
    said = az.fails(1, "aro", "create", "-g", NAME, "-n", "wrong", *where, *owner, *words)
    assert complaint in said
    assert target is None or f"Target: {target}" in said
    az.fails(3, "aro", "show", "-g", NAME, "-n", "wrong")


def test_a_word_az_does_not_know(az, where, owner):
    words = ["aro", "create", "-g", NAME, "-n", "wrong", *where, *owner, "--apiserver-visibility", "Hidden"]
    assert "'Hidden' is not a valid value" in az.fails(2, *words)


def test_a_missing_resource_group(az, where, owner):
    network = [*where, "--vnet-resource-group", NAME]
    words = ["aro", "create", "-g", "nowhere", "-n", "wrong", *network, *owner]
    assert "ResourceGroupNotFound" in az.fails(2, *words)


def test_versions_of_a_location(az):
    versions = az("aro", "get-versions", "-l", az["LOCATION"])
    assert "4.17.27" in versions
    assert versions == sorted(versions, key=lambda version: [int(part) for part in version.split(".")])
    table = az.run("aro", "get-versions", "-l", az["LOCATION"], "-o", "table").out.splitlines()
    assert table[0].split() == ["Version"] and [line.strip() for line in table[2:]] == versions
    assert "(InvalidLocation)" in az.fails(1, "aro", "get-versions", "-l", "nowhere")


def test_a_create_that_fails_says_why_and_leaves_something_to_delete(az, where, owner):
    wrong = [*owner[:3], "wrong"]
    said = az.fails(1, "aro", "create", "-g", NAME, "-n", "failed", *where, *wrong)
    assert "(InvalidServicePrincipalCredentials)" in said and "AADSTS7000215" in said
    assert "Target: properties.servicePrincipalProfile" in said
    assert az.cluster("show", group=NAME, name="failed")["provisioningState"] == "Failed"
    waited = az.fails(1, "aro", "wait", "-g", NAME, "-n", "failed", "--created", "--interval", "1", "--timeout", "60")
    assert "The operation failed" in waited
    assert "(RequestNotAllowed)" in az.fails(1, "aro", "update", "-g", NAME, "-n", "failed", "--lb-ip-count", "2")
    assert az.cluster("delete", "--yes", group=NAME, name="failed") is None


class TestValidate:
    """`az aro validate`, each prerequisite missing once."""

    def invalid(self, az, where, *words):
        return az.fails(1, "aro", "validate", "-g", NAME, "-n", "new", *where, *words)

    def test_all_is_well(self, az, where):
        assert az("aro", "validate", "-g", NAME, "-n", "new", *where, "--version", "4.17.27") is None

    def test_version(self, az, where):
        assert "4.0.1 is not a valid version" in self.invalid(az, where, "--version", "4.0.1")

    def test_overlapping_networks(self, az, where):
        assert "is not valid as it overlaps with" in self.invalid(az, where, "--service-cidr", "10.0.0.0/16")

    def test_small_pod_network(self, az, where):
        assert "does not contain enough addresses" in self.invalid(az, where, "--pod-cidr", "10.128.0.0/23")

    def test_networks_that_are_none(self, az, where):
        assert "Invalid --service-cidr" in self.invalid(az, where, "--service-cidr", "10.0.0.1/16")

    def test_a_managed_resource_group_that_exists(self, az, where):
        assert "resource group must not exist" in self.invalid(az, where, "--cluster-resource-group", NAME)

    def test_missing_disk_encryption_set(self, az, where):
        sets = f"/subscriptions/{az['SUBSCRIPTION']}/resourceGroups/{NAME}/providers/Microsoft.Compute/diskEncryptionSets"
        assert "Invalid --disk-encryption-set" in self.invalid(az, where, "--disk-encryption-set", f"{sets}/none")
        assert "has to be a resource ID" in self.invalid(az, where, "--disk-encryption-set", "none")

    def test_missing_network(self, az, where):
        assert "not found" in self.invalid(az, where, "--vnet", "nothing")

    def test_missing_subnet(self, az, where):
        said = self.invalid(az, where, "--worker-subnet", "nothing")
        assert "Invalid --worker-subnet" in said and "not found" in said

    def test_the_same_subnet_twice(self, az, where, owner):
        said = az.fails(1, "aro", "create", "-g", NAME, "-n", "new", *where, *owner, "--worker-subnet", "master")
        assert "--master-subnet name 'master' must not equal --worker-subnet name 'master'" in said

    def test_a_security_group_on_the_subnet(self, az, where):
        net = ["--vnet-name", "net", "-g", NAME]
        az("network", "nsg", "create", "-g", NAME, "-n", "guard")
        az("network", "vnet", "subnet", "update", *net, "-n", "worker", "--nsg", "guard")
        assert "A Network Security Group" in self.invalid(az, where)
        az("network", "vnet", "subnet", "update", *net, "-n", "worker", "--nsg", "null")
        az("aro", "validate", "-g", NAME, "-n", "new", *where)

    def test_missing_roles_are_warnings(self, az, where):
        """In a network where nobody has a role yet: of the service, and of the cluster's principal."""
        az("network", "vnet", "create", "-g", NAME, "-n", "fresh", "--address-prefixes", "10.8.0.0/22")
        for name, prefix in (("master", "10.8.0.0/23"), ("worker", "10.8.2.0/23")):
            words = ["-g", NAME, "--vnet-name", "fresh", "-n", name, "--address-prefixes", prefix]
            az("network", "vnet", "subnet", "create", *words)
        principal = ["--client-id", az["CLUSTER_CLIENT_ID"], "--client-secret", az["CLUSTER_CLIENT_SECRET"]]
        outcome = az.run("aro", "validate", "-g", NAME, "-n", "new", *where, "--vnet", "fresh", *principal)
        assert (outcome.code, outcome.out) == (0, "")
        assert outcome.err.count("Resource fresh is missing role assignment 4d97b98b-1d4f-4787-a291-c67834d212e7") == 2

    def test_guards_on_some_subnets_only(self, az, where, owner):
        net = ["--vnet-name", "net", "-g", NAME]
        az("network", "vnet", "subnet", "update", *net, "-n", "worker", "--nsg", "guard")
        words = ["aro", "create", "-g", NAME, "-n", "new", *where, *owner, "--enable-preconfigured-nsg"]
        said = az.fails(1, *words)
        az("network", "vnet", "subnet", "update", *net, "-n", "worker", "--nsg", "null")
        assert "subnets/master" in said and "subnets/worker" not in said

    def test_who_may_only_read(self, az, where, tmp_path):
        """Neither the network nor the table of routes that a subnet has."""
        az("network", "route-table", "create", "-g", NAME, "-n", "routes")
        net = ["--vnet-name", "net", "-g", NAME, "-n", "master"]
        az("network", "vnet", "subnet", "update", *net, "--route-table", "routes")
        scope = f"/subscriptions/{az['SUBSCRIPTION']}"
        made = az("ad", "sp", "create-for-rbac", "-n", "reader", "--role", "Reader", "--scopes", scope)
        reader = type(az)(az.environment | {"AZURE_CONFIG_DIR": str(tmp_path)})
        reader("login", "--service-principal", "-u", made["appId"], "-p", made["password"], "--tenant", made["tenant"])
        said = self.invalid(reader, where)
        assert "Microsoft.Network/virtualNetworks/join/action" in said and "permission" in said
        assert "Microsoft.Network/routeTables/join/action" in said
        # What reading allows is not missing.
        assert "Microsoft.Network/virtualNetworks/read" not in said
        az("network", "vnet", "subnet", "update", *net, "--route-table", "null")
        refused = reader.fails(1, "group", "create", "-n", "mine", "-l", az["LOCATION"])
        assert "(AuthorizationFailed)" in refused


def test_a_provider_that_is_not_registered(az, where, owner):
    try:
        az("provider", "unregister", "-n", "Microsoft.RedHatOpenShift", "--wait")
        said = az.fails(1, "aro", "create", "-g", NAME, "-n", "wrong", *where, *owner)
        assert "Microsoft.RedHatOpenShift provider is not registered" in said
        assert "az provider register -n Microsoft.RedHatOpenShift --wait" in said
    finally:
        az("provider", "register", "-n", "Microsoft.RedHatOpenShift", "--wait")
