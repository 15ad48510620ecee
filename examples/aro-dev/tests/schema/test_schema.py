"""schemathesis asks for what the API descriptions allow, and for what they forbid, of a running aro-dev.

Everything goes through the simulated ARM, as a customer's requests do. No reply may be a fault of the service, have a
status or a media type that the description does not know, or a body of another shape than it says.
"""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
DOCUMENTS = sorted((ROOT / "swagger/redhatopenshift").glob("**/redhatopenshift.json"), key=lambda path: path.parent.name)
VERSIONS = [path.parent.name for path in DOCUMENTS]

# The static rules are stricter than any description can say; the operations that need no credential are ARM's.
NOISE = "positive_data_acceptance,missing_required_header,ignored_auth,unsupported_method,negative_data_rejection"


@pytest.fixture(scope="session")
def existing(dev):
    """A cluster that reads and changes find."""
    group, name = dev.resource_group("schema"), "schema"
    path = dev.cluster_path(group, name)
    dev.request("PUT", path, "2023-11-22", json=dev.document(name, 1)).raise_for_status()
    deadline = time.monotonic() + 120
    while dev.request("GET", path, "2023-11-22").json()["properties"]["provisioningState"] != "Succeeded":
        assert time.monotonic() < deadline, "the cluster is not ready after two minutes"
        time.sleep(0.2)
    return group, name


def run(dev, folder, document, group, name, *arguments):
    version = document.parent.name
    parameters = {
        "api-version": version,
        "subscriptionId": dev.subscription,
        "resourceGroupName": group,
        "resourceName": name,
        "location": dev.location,
        "openShiftVersion": "4.17.27",
        "openShiftMinorVersion": "4.17",
    }
    config = folder / "schemathesis.toml"
    # A string in JSON is one in TOML.
    lines = [f"{json.dumps(key)} = {json.dumps(value)}" for key, value in parameters.items()]
    config.write_text("[parameters]\n" + "\n".join(lines) + "\n")
    command = [Path(sys.executable).with_name("schemathesis"), "--config-file", config, "run", document, "--url", dev.arm]
    command += ["--tls-verify", dev.ca, "--header", f"Authorization: Bearer {dev.token()}"]
    command += ["--workers", "1", "--seed", "1", "--exclude-checks", NOISE, "--output-sanitize", "true", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{' '.join(map(str, command[:6]))}\n{done.stdout}\n{done.stderr}"
    print(done.stdout)
    generated, passed = map(int, re.search(r"(\d+) generated, (\d+) passed", done.stdout).groups())
    assert generated == passed > 50, "hardly anything was asked"


@pytest.mark.parametrize("document", DOCUMENTS, ids=VERSIONS)
def test_reads_and_changes(dev, existing, tmp_path, document):
    phases = ["--phases", "coverage,fuzzing", "--mode", "all", "--max-examples", "10", "--max-time", "20"]
    run(dev, tmp_path, document, *existing, *phases, "--exclude-method", "DELETE", "--exclude-method", "PUT")


@pytest.mark.parametrize("document", [DOCUMENTS[0], DOCUMENTS[-1]], ids=[VERSIONS[0], VERSIONS[-1]])
def test_creation_of_what_is_not_there(dev, tmp_path, document):
    group = dev.resource_group("schema-throwaway")
    phases = ["--phases", "coverage,fuzzing", "--mode", "positive", "--max-examples", "20", "--max-time", "20"]
    run(dev, tmp_path, document, group, "throwaway", *phases)
