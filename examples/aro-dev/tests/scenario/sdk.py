"""The scenario as azure-mgmt-redhatopenshift plays it, in whatever generation is installed."""

import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


def module(name, path):
    spec = spec_from_file_location(name, path)
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


world = json.loads(Path(sys.argv[1]).read_text())
dev = module("aro_dev", TESTS / "conftest.py").Dev(world["ready"])
sdk = module("sdk_of_tests", TESTS / "python" / "conftest.py").Sdk(dev)
place = world["group"], world["name"]

created = sdk.create(*place, world["document"])
shown = sdk.get(*place)
listed = sdk.list(world["group"])
updated = sdk.update(*place, world["change"])
credentials = sdk.clusters.list_credentials(*place)
seen = {
    "created": created["id"],
    "shown": shown["id"],
    "listed": [cluster["id"] for cluster in listed],
    "tags": dict(updated["tags"]),
    "user": credentials.kubeadmin_username,
}
print(json.dumps(seen), flush=True)
sys.stdin.readline()
sdk.delete(*place)
