"""The Azure CLI, led to a running aro-dev by nothing but what `aro-dev env` prints: as published, and with the
extension aro. Each has an aro-dev and a configuration folder of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

PROGRAM = os.environ.get("ARO_DEV", "target/debug/aro-dev")
AZ = Path(sys.executable).with_name("az")
PATIENCE = 180


@dataclass
class Outcome:
    """What one command left: its code, what it printed, and what it complained about."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


class Cli:
    program = PROGRAM
    program_az = AZ

    def __init__(self, environment, has_extension=False):
        self.environment = environment
        self.has_extension = has_extension

    def __getitem__(self, name):
        return self.environment[f"ARO_DEV_{name}"]

    def run(self, *words):
        done = subprocess.run(
            [AZ, *words], env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def __call__(self, *words):
        """Runs a command that must succeed, and returns what it printed as JSON, if anything."""
        outcome = self.run(*words)
        assert outcome.code == 0, f"az {' '.join(words)}\n{outcome.err}"
        return outcome.json if outcome.out.strip() else None

    def fails(self, code, *words):
        """Runs a command that must end with this code, and returns its complaint."""
        outcome = self.run(*words)
        assert (outcome.code, outcome.out) == (code, ""), f"az {' '.join(words)}\n{outcome}"
        assert "Traceback" not in outcome.err
        return outcome.err

    def cluster(self, *words, group, name):
        return self("aro", *words, "-g", group, "-n", name)


def environment_of(ready_file):
    """What a shell has after `eval "$(aro-dev env …)"`."""
    script = 'eval "$("$0" env --ready-file "$1" --with-secrets)" && exec env -0'
    # Settings of the machine that the lines must win over.
    inherited = {**os.environ, "https_proxy": "http://127.0.0.1:9", "AZURE_CORE_OUTPUT": "json"}
    done = subprocess.run(["sh", "-c", script, PROGRAM, ready_file], env=inherited, capture_output=True, text=True, check=True)
    return dict(line.split("=", 1) for line in done.stdout.split("\0") if line)


@pytest.fixture(scope="session", params=["published", "extension"])
def flavour(request):
    """Which `az aro`; a test that is about one of them says so by parametrising this."""
    return request.param


@pytest.fixture(scope="session")
def dev_mode(flavour):
    return "--serve"


@pytest.fixture(scope="session")
def ready_file(dev, tmp_path_factory):
    path = tmp_path_factory.mktemp("az") / "ready.json"
    path.write_text(json.dumps(dev.ready))
    return path


@pytest.fixture(scope="session")
def az(ready_file, flavour):
    cli = Cli(environment_of(ready_file), flavour == "extension")
    login = ["login", "--service-principal", "-u", cli["CLIENT_ID"], "--tenant", cli["TENANT"]]
    refused = cli.fails(1, *login, "-p", "wrong")
    assert "AADSTS7000215" in refused
    accounts = cli(*login, "-p", cli["CLIENT_SECRET"])
    assert [account["id"] for account in accounts] == [cli["SUBSCRIPTION"]]
    if cli.has_extension:
        cli("extension", "add", "--yes", "--source", os.environ["ARO_AZ_EXTENSION"])
        (extension,) = cli("extension", "list")
        assert (extension["name"], extension["extensionType"]) == ("aro", "whl")
    return cli


@pytest.fixture(scope="session")
def network(az):
    """Makes a resource group with a virtual network for one cluster, and returns the words that name them."""

    def network(name):
        az("group", "create", "-n", name, "-l", az["LOCATION"])
        first = ["--subnet-name", "master", "--subnet-prefixes", "10.0.0.0/23"]
        az("network", "vnet", "create", "-g", name, "-n", "net", "--address-prefixes", "10.0.0.0/22", *first)
        second = ["-n", "worker", "--address-prefixes", "10.0.2.0/23"]
        az("network", "vnet", "subnet", "create", "-g", name, "--vnet-name", "net", *second)
        return ["--vnet", "net", "--master-subnet", "master", "--worker-subnet", "worker"]

    return network
