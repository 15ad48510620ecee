"""One scenario through every client: create, get, list, update tags, credentials, delete. All end in the same resource.

Each player is a program of its own, because some cannot live in one environment. It takes a file that describes the
world, prints what it has seen and waits for a line before it deletes. `ARO_PLAYERS` says which there are: one a line, its
name and the words of its command, separated by tabs. Each plays alone, with the same name, so that nothing has to differ.
"""

import datetime
import ipaddress
import json
import os
import re
import subprocess

import pytest

API = "2025-07-25"
WAIT = 180
"""Seconds after which a player is given up."""

PLAYERS = [line.split("\t") for line in os.environ["ARO_PLAYERS"].splitlines()]

group_name, cluster_name = "Scenario", "scenario"


@pytest.fixture(scope="module")
def world(dev, tmp_path_factory):
    """(file for the players, id of the cluster)"""
    document = dev.document(cluster_name, principal=1)
    group = dev.resource_group(group_name)
    world = {
        "ready": dev.ready,
        "group": group,
        "name": cluster_name,
        "document": document,
        "change": {"tags": {"purpose": "scenario", "empty": ""}},
    }
    file = tmp_path_factory.mktemp("scenario") / "world.json"
    file.write_text(json.dumps(world))
    return file, dev.cluster_path(group, cluster_name)


def play(dev, world, command):
    """The cluster as plain HTTP shows it before the player deletes it."""
    file, path = world
    with subprocess.Popen(
        [*command, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as player:
        line = player.stdout.readline()
        assert line, player.stderr.read()
        seen = json.loads(line)
        shown = dev.request("GET", path, API)
        shown.raise_for_status()
        _, errors = player.communicate("go on\n", timeout=WAIT)
    assert player.returncode == 0, errors
    assert seen == {
        "created": path,
        "shown": path,
        "listed": [path],
        "tags": {"purpose": "scenario", "empty": ""},
        "user": "kubeadmin",
    }
    assert dev.request("GET", path, API).status_code == 404
    return shown.json()


def without_luck(cluster):
    """Without what says when it was made, which addresses Azure had free, and the installer's five letters."""
    profiles = cluster["properties"]
    named = [(address, "id") for address in profiles["networkProfile"]["loadBalancerProfile"]["effectiveOutboundIps"]]
    named += [(machines, "name") for machines in profiles["workerProfilesStatus"]]
    for place, member in named:
        place[member], replaced = re.subn(r"\bscenario-[a-z0-9]{5}-(?=pip|worker)", "scenario-*****-", place[member])
        assert replaced == 1, place
    for place in [profiles["apiserverProfile"], *profiles["ingressProfiles"]]:
        assert ipaddress.ip_address(place.pop("ip")).is_global
    for name in ("createdAt", "lastModifiedAt"):
        assert datetime.datetime.fromisoformat(cluster["systemData"].pop(name).replace("Z", "+00:00"))
    return cluster


def leaves(value, place=""):
    """(place, value) of all that is in a document, so that a difference names itself."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = {place: value} if not members else {}
    for name, member in members:
        found |= leaves(member, f"{place}/{name}")
    return found


@pytest.fixture(scope="module")
def first(dev, world):
    """What the first player leaves."""
    return without_luck(play(dev, world, PLAYERS[0][1:]))


@pytest.mark.parametrize("player", PLAYERS[1:], ids=[player[0] for player in PLAYERS[1:]])
def test_every_client_ends_in_the_same_resource(dev, world, first, player):
    ours, theirs = leaves(without_luck(play(dev, world, player[1:]))), leaves(first)
    assert {place: (ours.get(place), theirs.get(place)) for place, _ in ours.items() ^ theirs.items()} == {}


def test_the_resource_is_the_one_that_was_wished_for(dev, world, first):
    wish = json.loads(world[0].read_text())["document"]["properties"]
    got = first["properties"]
    assert got["provisioningState"] == "Succeeded"
    for profile in ("masterProfile", "networkProfile", "apiserverProfile"):
        assert wish[profile].items() <= got[profile].items()
