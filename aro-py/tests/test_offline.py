"""Without a network: findings, conversion, catalogues; and what importing costs."""

import copy
import pickle
import subprocess
import sys
import threading

import pytest

import aro

LATEST = aro.versions()[-1]["name"]
EVERY = [version["name"] for version in aro.versions()]


def pointed(document, pointer):
    place = document
    for part in pointer.strip("/").split("/"):
        place = place[int(part)] if isinstance(place, list) else place.get(part, {})
    return place


def test_a_good_document_has_no_findings(document):
    assert aro.validate(document) == []
    assert aro.validate(document, "2023-11-22", "create") == []


def test_everything_that_is_wrong_is_said_at_once_and_pointed_at(document):
    properties = document["properties"]
    properties["masterProfile"]["vmSize"] = "Standard_Nope"
    properties["workerProfiles"][0]["count"] = 1
    properties["networkProfile"]["podCidr"] = "10.254.0.0/14"
    findings = aro.validate(document, LATEST, "create")
    assert [finding["target"] for finding in findings] == [
        "properties.networkProfile.podCidr",
        "properties.masterProfile.vmSize",
        "properties.workerProfiles['worker'].count",
    ]
    assert [pointed(document, finding["pointer"]) for finding in findings] == ["10.254.0.0/14", "Standard_Nope", 1]
    for finding in findings:
        assert set(finding) == {"code", "target", "pointer", "message"}
        assert finding["message"][0].isupper() and finding["message"].endswith(".")


def test_a_member_of_another_type_is_a_finding_too(document):
    document["properties"]["workerProfiles"][0]["count"] = "three"
    (finding,) = aro.validate(document, LATEST, "create")
    assert finding["code"] == "InvalidRequestContent"


def test_a_change_is_judged_by_what_is_there(document):
    current = copy.deepcopy(document)
    current["properties"]["clusterProfile"]["version"] = "4.16.30"
    assert aro.validate(document, LATEST, "replace", current) == []
    assert aro.validate({"tags": {"a": "b"}}, LATEST, "update", current) == []
    current["properties"]["networkProfile"]["loadBalancerProfile"] = {"managedOutboundIps": {"count": 5}}
    assert aro.validate({"tags": {"a": "b"}}, LATEST, "update", current) == []
    wish = {"properties": {"masterProfile": {"vmSize": "Standard_D16s_v3"}}}
    (finding,) = aro.validate(wish, LATEST, "update", current)
    assert finding["code"] == "PropertyChangeNotAllowed"
    assert finding["target"] == "properties.masterProfile.vmSize"
    assert finding["pointer"] == "/properties/masterProfile/vmSize"


def test_what_the_caller_knows_counts(document):
    assert aro.validate(document, location="westus")[0]["target"] == "location"
    version = document["properties"]["clusterProfile"]["version"] = "4.16.30"
    assert aro.validate(document, openshift_versions=["4.17.1", version]) == []
    (finding,) = aro.validate(document, openshift_versions=["4.17.1", "4.17.2"])
    assert finding["pointer"] == "/properties/clusterProfile/version"


@pytest.mark.parametrize(
    "arguments",
    [
        {"api_version": "2023-11-23"},
        {"api_version": "admin"},
        {"operation": "delete"},
        {"operation": "update"},
        {"operation": "create", "current": {}},
    ],
)
def test_calls_that_make_no_sense_are_refused(document, arguments):
    with pytest.raises(aro.InvalidArgumentError) as refused:
        aro.validate(document, **arguments)
    assert isinstance(refused.value, ValueError)
    assert refused.value.message.endswith(".")


def test_objects_that_are_no_json_are_refused(document):
    with pytest.raises(TypeError, match="type set is no JSON"):
        aro.validate(document | {"tags": {"a"}})
    with pytest.raises(TypeError, match="key of a dictionary is no string"):
        aro.validate({1: 2})
    with pytest.raises(ValueError, match="no number NaN"):
        aro.validate(document | {"tags": float("nan")})
    document["properties"]["self"] = document
    with pytest.raises(ValueError, match="nests too deep"):
        aro.validate(document)


@pytest.mark.parametrize("version", EVERY)
def test_conversion_keeps_what_both_versions_know(document, version):
    there = aro.convert(document, LATEST, version)
    assert there["properties"]["masterProfile"]["vmSize"] == "Standard_D8s_v3"
    assert "clientSecret" not in there["properties"]["servicePrincipalProfile"]
    back = aro.convert(there, version, LATEST)
    assert back["properties"]["workerProfiles"][0]["count"] == 3
    assert back["tags"] == document["tags"]


def test_conversion_keeps_who_and_how_the_cluster_is(document):
    document |= {"id": "/subscriptions/s/x", "name": "n", "type": "t"}
    document["properties"]["provisioningState"] = "Succeeded"
    shown = aro.convert(document, LATEST, "2023-11-22")
    assert (shown["id"], shown["name"], shown["type"]) == ("/subscriptions/s/x", "n", "t")
    assert shown["properties"]["provisioningState"] == "Succeeded"
    with pytest.raises(aro.InvalidArgumentError):
        aro.convert({"location": 1}, LATEST, "2023-11-22")


def test_catalogues():
    assert EVERY == sorted(EVERY) and EVERY[0] == "2019-12-31-preview" and "admin" not in EVERY
    sizes = {size["name"]: size for size in aro.vm_sizes()}
    assert sizes["Standard_D8s_v3"] == {
        "name": "Standard_D8s_v3",
        "cores": 8,
        "family": "standardDSv3Family",
        "master": True,
        "worker": True,
        "minimum_version": None,
    }
    assert sizes["Standard_D8s_v6"]["minimum_version"] == "4.19.0"


def test_threads_validate_side_by_side(document):
    results = []
    threads = [threading.Thread(target=lambda: results.append(aro.validate(document))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[]] * 8


def test_exceptions_say_where_they_belong_and_survive_pickling():
    error = aro.ServiceError("Code", "Message.", "target", [{"code": "Inner"}], 409, "id")
    assert str(error) == "Code: target: Message.\n  Inner: "
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.code, again.details, again.status_code) == (type(error), "Code", [{"code": "Inner"}], 409)
    for kind in (aro.NotFoundError, aro.OperationFailedError):
        assert issubclass(kind, aro.ServiceError)
    for kind in (aro.ServiceError, aro.AuthenticationError, aro.TransportError, aro.WaitTimeoutError):
        assert issubclass(kind, aro.AroError) and kind.__module__ == "aro"


def test_secrets_are_not_shown():
    assert "hush" not in repr(aro.ClientSecret("tenant", "client", "hush"))


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads in /proc")
def test_an_import_starts_nothing():
    script = "import os, aro; aro.validate({}); print(len(os.listdir('/proc/self/task')))"
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert output.stdout.strip() == "1"
