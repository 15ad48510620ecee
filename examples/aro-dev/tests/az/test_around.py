"""Commands that instructions for `az aro` use around it."""

import subprocess


def test_environment(az, dev):
    """The machine's own proxy is overruled, the folder is private, and no secret is said unasked."""
    assert az.environment["https_proxy"] == az.environment["HTTPS_PROXY"] == dev.ready["proxy"]
    config = az.environment["AZURE_CONFIG_DIR"]
    assert config.startswith(dev.ready["data_dir"])
    said = subprocess.run([az.program, "env", "--ready-file", "/nowhere"], capture_output=True, text=True)
    assert said.returncode == 1 and said.stdout == "" and "cannot be read" in said.stderr


def test_provider(az):
    assert az("provider", "show", "-n", "Microsoft.RedHatOpenShift")["registrationState"] == "Registered"
    az("provider", "register", "-n", "Microsoft.RedHatOpenShift", "--wait")


def test_directory(az):
    provider = "f1dd0a37-89c6-4e07-bcd1-ffd3d43d8875"
    shown = az("ad", "sp", "show", "--id", provider)
    assert shown["appId"] == provider
    (found,) = az("ad", "sp", "list", "--display-name", "Azure Red Hat OpenShift RP")
    assert found["id"] == shown["id"]
    assert az("ad", "app", "show", "--id", az["CLUSTER_CLIENT_ID"])["appId"] == az["CLUSTER_CLIENT_ID"]


def test_groups_and_roles(az):
    group = az("group", "create", "-n", "around", "-l", az["LOCATION"])
    identity = az("identity", "create", "-g", "around", "-n", "someone")
    words = ["--assignee-object-id", identity["principalId"], "--assignee-principal-type", "ServicePrincipal"]
    given = az("role", "assignment", "create", *words, "--role", "Network Contributor", "--scope", group["id"])
    assert given["principalId"] == identity["principalId"]
    (listed,) = az("role", "assignment", "list", "--scope", group["id"])
    assert (listed["id"], listed["roleDefinitionName"]) == (given["id"], "Network Contributor")
    assert listed["roleDefinitionId"].startswith(f"/subscriptions/{az['SUBSCRIPTION']}/")
    assert [one["name"] for one in az("resource", "list", "-g", "around")] == ["someone"]
    assert az("group", "delete", "-n", "around", "--yes") is None
    assert "around" not in [one["name"] for one in az("group", "list")]
