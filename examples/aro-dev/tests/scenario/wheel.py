"""The scenario as the wheel of aro-py plays it."""

import json
import sys
from pathlib import Path

import aro

world = json.loads(Path(sys.argv[1]).read_text())
ready = world["ready"]
entry = ready["service_principals"][0]
secret = aro.ClientSecret(ready["tenant"], entry["client_id"], entry["secret"], authority=ready["login"].rstrip("/"))
client = aro.Client(ready["subscriptions"][0], secret, endpoint=ready["arm"].rstrip("/"), ca_file=ready["ca_file"])
place = world["group"], world["name"]

created = client.create_or_update(*place, world["document"])
shown = client.get(*place)
listed = list(client.list(world["group"]))
updated = client.update(*place, world["change"])
credentials = client.list_credentials(*place)
seen = {
    "created": created["id"],
    "shown": shown["id"],
    "listed": [cluster["id"] for cluster in listed],
    "tags": updated["tags"],
    "user": credentials["kubeadminUsername"],
}
print(json.dumps(seen), flush=True)
sys.stdin.readline()
client.delete(*place)
