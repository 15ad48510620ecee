"""The client for code that waits, against aro-dev."""

import base64
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from conftest import WAIT, described

import aro

CLIENT = """
import aro, json, os, sys
world = json.loads(sys.stdin.read())
tenant, client_id, secret, authority = world["secret"]
credential = aro.ClientSecret(tenant, client_id, secret, authority=authority)
client = aro.Client(world["subscription"], credential, **world["options"])
"""


def test_a_cluster_from_create_to_delete(dev, client, group, name):
    seen = []
    poller = client.begin_create_or_update(group, name, dev.document(name, principal=1))
    assert poller.url.startswith(dev.arm)
    cluster = poller.result(WAIT, seen.append)
    assert poller.done() and poller.status()["status"] == "Succeeded"
    assert cluster == client.get(group, name)
    assert cluster["properties"]["provisioningState"] == "Succeeded"
    running = [status for status in seen if status["status"] == "Creating"]
    percents = [status["percentComplete"] for status in running]
    assert percents and percents == sorted(percents) and 0 <= percents[0] <= percents[-1] <= 100
    assert any(status["properties"].get("step") for status in running)

    assert aro.validate(cluster, operation="replace", current=cluster) == []
    changed = client.update(group, name, {"tags": {"changed": "yes"}}, timeout=WAIT)
    assert changed["tags"] == {"changed": "yes"}

    assert [found["name"] for found in client.list(group)] == [name]
    assert name in [found["name"] for found in client.list()]

    client.delete(group, name, timeout=WAIT)
    with pytest.raises(aro.NotFoundError) as gone:
        client.get(group, name)
    assert (gone.value.code, gone.value.status_code) == ("ResourceNotFound", 404)
    nothing = client.begin_delete(group, name)
    assert nothing.url is None and nothing.done() and nothing.result() is None


def test_credentials_and_catalogues(dev, client, cluster):
    group, name, _ = cluster
    credentials = client.list_credentials(group, name)
    assert credentials["kubeadminUsername"] == "kubeadmin" and credentials["kubeadminPassword"]
    kubeconfig = base64.b64decode(client.list_admin_credentials(group, name)["kubeconfig"])
    assert b"clusters:" in kubeconfig
    versions = list(client.openshift_versions(dev.location))
    assert versions
    newest = versions[-1]["properties"]["version"]
    assert client.openshift_version(dev.location, newest) == versions[-1]
    for role_set in client.role_sets(dev.location):
        assert client.role_set(dev.location, role_set["properties"]["openShiftVersion"]) == role_set
    with pytest.raises(aro.ServiceError) as unknown:
        client.role_set(dev.location, "1.0")
    assert unknown.value.code == "ResourceNotFound"
    assert "Microsoft.RedHatOpenShift/openShiftClusters/read" in [each["name"] for each in client.operations()]


def test_an_older_version_shows_the_same_cluster(make_client, cluster):
    group, name, _ = cluster
    older = make_client(api_version="2020-04-30").get(group, name)
    assert older["id"] == make_client().get(group, name)["id"]
    with pytest.raises(aro.ServiceError) as missing:
        make_client(api_version="2020-04-30").list_admin_credentials(group, name)
    assert missing.value.code == "InvalidResourceType"


def test_the_service_says_the_first_of_what_validation_finds(dev, client, group, name):
    document = dev.document(name)
    document["properties"]["masterProfile"]["vmSize"] = "Standard_Nope"
    document["properties"]["workerProfiles"][0]["count"] = 1
    expected = aro.validate(document, operation="create")
    assert len(expected) == 2
    with pytest.raises(aro.ServiceError) as refused:
        client.begin_create_or_update(group, name, document)
    error = refused.value
    assert (error.status_code, error.details) == (400, [])
    assert {key: getattr(error, key) for key in ("code", "target", "message")}.items() <= expected[0].items()


def test_an_operation_that_fails_says_why(dev, client, faults, group, name):
    where = {"plane": "arm", "method": "PUT", "path": f"*/resourcegroups/managed-{name}/*"}
    faults.add("refuse", where, {"status": {"status": 400, "code": "Nope", "message": "Not today."}})
    poller = client.begin_create_or_update(group, name, dev.document(name, principal=1))
    with pytest.raises(aro.OperationFailedError) as failed:
        poller.result(WAIT)
    error = failed.value
    assert error.code and "Not today." in str(error)
    assert error.status["status"] == "Failed" and error.status["error"]["code"] == error.code
    assert poller.status()["status"] == "Failed"
    with pytest.raises(aro.OperationFailedError):
        poller.done()
    faults.clear()
    client.delete(group, name, timeout=WAIT)


def test_throttled_calls_are_repeated_until_the_attempts_are_used_up(make_client, faults, cluster):
    group, name, _ = cluster
    match = {"plane": "arm", "method": "GET", "path": f"*/openshiftclusters/{name}"}
    busy = {"status": {"status": 429, "code": "TooManyRequests", "message": "Later.", "retry_after": 0}}
    rule = faults.add("busy", match, busy, times=2)
    assert make_client(attempts=3).get(group, name)["name"] == name
    assert faults.fired(rule) == 2
    faults.add("busy", match, busy)
    with pytest.raises(aro.ServiceError) as throttled:
        make_client(attempts=2).get(group, name)
    assert (throttled.value.status_code, throttled.value.code) == (429, "TooManyRequests")


def test_an_operation_is_watched_through_throttling(dev, client, faults, group, name):
    busy = {"status": {"status": 429, "code": "TooManyRequests", "message": "Later.", "retry_after": 0}}
    rule = faults.add("busy", {"plane": "arm", "method": "GET", "path": "*/operationsstatus/*"}, busy, times=2)
    cluster = client.create_or_update(group, name, dev.document(name, principal=1), timeout=WAIT)
    assert cluster["properties"]["provisioningState"] == "Succeeded" and faults.fired(rule) == 2
    client.delete(group, name, timeout=WAIT)


def test_an_operation_that_has_ended_is_not_asked_for_again(client, faults, cluster):
    group, name, _ = cluster
    poller = client.begin_update(group, name, {"tags": {"purpose": "test"}})
    assert poller.result(WAIT)["name"] == name
    faults.add("gone", {"plane": "arm", "method": "GET", "path": "*"}, {"status": {"status": 400, "code": "Nope"}})
    assert poller.done() and poller.status()["status"] == "Succeeded"
    assert poller.result()["name"] == name and poller.url


def test_no_answer_is_a_transport_error(dev, make_client, faults, cluster):
    group, name, _ = cluster
    with pytest.raises(aro.TransportError):
        make_client(endpoint="https://127.0.0.1:9", scope=f"{dev.arm}/.default", attempts=1).get(group, name)
    with pytest.raises(aro.TransportError):
        make_client(ca_file=None, attempts=1).get(group, name)
    faults.add("slow", {"plane": "arm", "path": f"*/openshiftclusters/{name}"}, "hold")
    with pytest.raises(aro.TransportError) as slow:
        make_client(attempts=1, timeout=0.2).get(group, name)
    assert name in slow.value.url and "api-version" in str(slow.value)


def test_credentials_that_do_not_work(dev, make_client, cluster):
    group, name, _ = cluster
    entry = dev.ready["service_principals"][0]
    wrong = aro.ClientSecret(dev.ready["tenant"], entry["client_id"], "wrong", authority=dev.ready["login"].rstrip("/"))
    with pytest.raises(aro.AuthenticationError, match="AADSTS7000215") as refused:
        make_client(credential=wrong).get(group, name)
    assert "wrong" not in repr(refused.value)

    def broken(scope):
        raise RuntimeError("no token today")

    with pytest.raises(aro.AuthenticationError, match="RuntimeError: no token today"):
        make_client(credential=broken).get(group, name)
    with pytest.raises(aro.AuthenticationError, match="neither a text nor an object"):
        make_client(credential=lambda scope: 5).get(group, name)
    with pytest.raises(aro.InvalidArgumentError):
        make_client(credential="a token")


def test_tokens_of_a_callable(dev, make_client, cluster):
    group, name, _ = cluster
    asked = []

    class Token:
        token = dev.token()
        expires_on = int(time.time()) + 3600

    def give(scope):
        asked.append(scope)
        return Token if len(asked) < 2 else Token.token

    client = make_client(credential=give)
    assert client.get(group, name) == client.get(group, name)
    assert asked == [f"{dev.arm}/.default"], "a token that is valid for an hour is kept"
    assert make_client(credential=lambda scope: Token.token).get(group, name)["name"] == name


@pytest.mark.parametrize(
    "options",
    [
        {"api_version": "1999-01-01"},
        {"endpoint": "http://management.example"},
        {"endpoint": "nowhere"},
        {"timeout": -1.0},
    ],
)
def test_clients_that_cannot_be(make_client, options):
    with pytest.raises(aro.InvalidArgumentError):
        make_client(**options)


def test_a_missing_ca_file_is_named(make_client, cluster):
    with pytest.raises(aro.InvalidArgumentError, match="/no/such/file"):
        make_client(ca_file="/no/such/file").get(*cluster[:2])


def test_tokens_are_sent_to_the_endpoint_only(client):
    with pytest.raises(aro.InvalidArgumentError, match="not sent elsewhere"):
        client.resume("https://elsewhere.example/x/operationsstatus/1?api-version=2025-07-25").status()
    with pytest.raises(aro.InvalidArgumentError, match="url of a poller"):
        client.resume("https://elsewhere.example/")
    for place in [("group", ""), ("", "name"), ("group", ".."), ("..", "name")]:
        with pytest.raises(aro.InvalidArgumentError, match="empty"):
            client.get(*place)
    with pytest.raises(aro.InvalidArgumentError, match="malformed"):
        client.resume("no URL")


def test_names_cannot_leave_their_place_in_the_path(client):
    with pytest.raises(aro.ServiceError):
        client.get("group", "../../other")


def test_another_process_goes_on_where_this_one_gave_up(dev, client, group, name):
    poller = client.begin_create_or_update(group, name, dev.document(name, principal=1))
    with pytest.raises(aro.WaitTimeoutError) as late:
        poller.wait(timeout=0)
    assert isinstance(late.value, TimeoutError) and late.value.url == poller.url
    script = CLIENT + "print(client.resume(world['url']).result(120)['properties']['provisioningState'])"
    output = subprocess.run(
        [sys.executable, "-c", script], input=described(dev, url=poller.url), capture_output=True, text=True, timeout=WAIT
    )
    assert output.stdout.strip() == "Succeeded", output.stderr
    live = client.get(group, name)
    # A result is what was stored; only a GET asks the running cluster for its machines.
    assert len(live["properties"].pop("workerProfilesStatus")) == 3
    assert client.resume(poller.url).result(WAIT) == live
    gone = client.begin_delete(group, name)
    assert client.resume(gone.url).result(WAIT) is None and gone.result(WAIT) is None


@contextlib.contextmanager
def held(faults, name):
    """A GET of the cluster is not answered; the block begins when it is made by what the caller starts in it."""
    faults.add("hold", {"plane": "arm", "method": "GET", "path": f"*/openshiftclusters/{name}"}, "hold")
    yield lambda: faults.wait("hold", "waiting")
    faults.clear()


def test_other_threads_run_while_a_call_waits(client, faults, cluster):
    group, name, _ = cluster
    results = []
    with held(faults, name) as wait_for_call:
        thread = threading.Thread(target=lambda: results.append(client.get(group, name)))
        thread.start()
        # This thread needs the interpreter for it.
        wait_for_call()
        assert thread.is_alive() and not results
        faults.release("hold")
        thread.join(WAIT)
    assert results[0]["name"] == name


ASYNC = "aro.AsyncClient(world['subscription'], credential, **world['options'])"


@pytest.mark.parametrize(
    "what",
    [
        "client.get(*world['cluster'])",
        "client.resume(world['url']).wait()",
        f"import asyncio; asyncio.run({ASYNC}.get(*world['cluster']))",
    ],
)
def test_ctrl_c_ends_a_wait_within_a_second(dev, client, faults, cluster, what):
    group, name, _ = cluster
    url = f"{dev.arm}/subscriptions/{dev.subscription}/providers/Microsoft.RedHatOpenShift/locations/x/operationsstatus/y"
    paths = f"*/openshiftclusters/{name}|*/operationsstatus/y"
    faults.add("hold", {"plane": "arm", "method": "GET", "path": paths}, "hold")
    process = subprocess.Popen(
        [sys.executable, "-c", CLIENT + what], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdin.write(described(dev, cluster=[group, name], url=url))
    process.stdin.close()
    faults.wait("hold", "waiting")
    pressed = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.wait(WAIT)
    took = time.monotonic() - pressed
    assert "KeyboardInterrupt" in process.stderr.read() and took < 1.0
    process.stderr.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_fork_after_the_first_call_is_refused_and_one_before_works(dev, cluster):
    group, name, _ = cluster
    script = CLIENT + (
        "import signal\n"
        "def fork():\n"
        "    child = os.fork()\n"
        "    if child: return os.waitpid(child, 0)[1]\n"
        "    signal.alarm(30)\n"
        "    try: client.get(*world['cluster'])\n"
        "    except aro.AroError as error: os._exit(7 if 'forked' in error.message else 8)\n"
        "    os._exit(0)\n"
        "print(fork())\n"
        "client.get(*world['cluster'])\n"
        "print(os.waitstatus_to_exitcode(fork()))\n"
        "client.get(*world['cluster'])\n"
    )
    output = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        input=described(dev, cluster=[group, name]),
        capture_output=True,
        text=True,
        timeout=WAIT,
    )
    assert output.stdout.split() == ["0", "7"], output.stderr
