"""Both clients against a server that says what a test wants: pages, documents from the future, nonsense."""

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import aro


class Script(ThreadingHTTPServer):
    """Replies in order, and what was asked."""

    # Clients keep their connections.
    block_on_close = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server_port}"
        self.replies = []
        self.asked = []

    def add(self, status, body="", **headers):
        text = body if isinstance(body, str) else json.dumps(body)
        self.replies.append((status, text, {name.replace("_", "-"): value for name, value in headers.items()}))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        self.server.asked.append((f"{self.command} {self.path}", self.headers["user-agent"], body))
        status, text, headers = self.server.replies.pop(0)
        self.send_response(status)
        for name, value in ({"content-type": "application/json", "content-length": len(text)} | headers).items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_PUT = do_PATCH = do_DELETE = do_POST = answer

    def log_message(self, *arguments):
        pass


@pytest.fixture
def script():
    server = Script()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
    assert not server.replies, "not everything was asked for"


@pytest.fixture
def client(script):
    return aro.Client("sub", lambda scope: "token", endpoint=script.base, attempts=1)


@pytest.fixture
def async_client(script):
    return aro.AsyncClient("sub", lambda scope: "token", endpoint=script.base, attempts=1)


def test_every_page_is_asked_for_when_it_is_needed(script, client, async_client):
    pages = [{"value": [{"name": "a"}, {"name": "b"}], "nextLink": f"{script.base}/next?$skipToken=x"}]
    pages.append({"value": [{"name": "c", "fromTheFuture": [1, 2.5, None]}], "nextLink": ""})
    for page in pages * 2:
        script.add(200, page)
    clusters = client.list()
    assert script.asked == []
    assert next(clusters) == {"name": "a"} and next(clusters) == {"name": "b"} and len(script.asked) == 1
    assert list(clusters) == pages[1]["value"]
    first, agent, _ = script.asked[0]
    assert first == (
        "GET /subscriptions/sub/providers/Microsoft.RedHatOpenShift/openShiftClusters?api-version=2025-07-25"
    )
    assert agent.startswith(f"aro-py/{aro.__version__} aro-client/")
    assert script.asked[1][0] == "GET /next?$skipToken=x"

    async def everything():
        return [cluster async for cluster in async_client.list()]

    assert [cluster["name"] for cluster in asyncio.run(everything())] == ["a", "b", "c"]


def test_a_page_elsewhere_is_not_asked_for(script, client):
    script.add(200, {"value": [{"name": "a"}], "nextLink": "https://elsewhere.example/next"})
    clusters = client.list("group")
    assert next(clusters) == {"name": "a"}
    with pytest.raises(aro.InvalidArgumentError, match="not sent elsewhere"):
        next(clusters)


def test_documents_and_statuses_keep_what_nobody_knows(script, client):
    document = {"location": "here", "big": 12345678901234567890, "nested": {"ü": [True, {}]}, "number": 0.1}
    running = {"status": "Dreaming", "percentComplete": 3.5, "alsoNew": {"a": 1}}
    script.add(201, document, azure_asyncoperation=f"{script.base}/x/operationsstatus/1?api-version=9", retry_after=0)
    script.add(200, running, retry_after=0)
    script.add(200, {"status": "Succeeded"})
    script.add(200, document)
    poller = client.begin_create_or_update("group", "name", document)
    seen = []
    assert poller.result(10, seen.append) == document
    assert seen == [running, {"status": "Succeeded"}]
    assert json.loads(script.asked[0][2]) == document
    assert [asked.split()[0] for asked, _, _ in script.asked] == ["PUT", "GET", "GET", "GET"]


def test_who_waits_keeps_nobody_from_looking(script, async_client):
    script.add(202, azure_asyncoperation=f"{script.base}/x/operationsstatus/1")
    for _ in range(2):
        script.add(200, {"status": "Updating"}, retry_after=3600)

    async def both():
        poller = await async_client.begin_update("group", "name", {})
        told = asyncio.Event()
        waiting = asyncio.create_task(poller.wait(progress=lambda status: told.set()))
        await told.wait()
        assert (await asyncio.wait_for(poller.status(), 60))["status"] == "Updating"
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(both())


def test_an_operation_is_resumed_at_its_results(script, client, async_client):
    url = f"{script.base}/x/operationsstatus/1?api-version=9"
    for _ in range(2):
        script.add(200, {"status": "Succeeded"})
        script.add(204)
    assert client.resume(url).result() is None
    assert script.asked[1][0] == "GET /x/operationresults/1?api-version=9"

    async def resume():
        return await async_client.resume(url).result()

    assert asyncio.run(resume()) is None


@pytest.mark.parametrize("body", ["<html>hunter2</html>", "", '{"value": 5}'])
def test_nonsense_is_a_transport_error_that_does_not_quote_it(script, client, async_client, body):
    script.add(200, body)
    with pytest.raises(aro.TransportError) as nonsense:
        list(client.list())
    assert "hunter2" not in str(nonsense.value)
    script.add(200, body)
    with pytest.raises(aro.TransportError):
        asyncio.run(async_client.list().__anext__())


def test_a_status_that_is_none(script, client):
    script.add(202, azure_asyncoperation=f"{script.base}/x/operationsstatus/1")
    script.add(200, {"value": []})
    with pytest.raises(aro.TransportError):
        client.begin_delete("group", "name").wait()


def test_an_error_without_words_has_its_status(script, client):
    script.add(418, "short and stout")
    with pytest.raises(aro.ServiceError) as refused:
        client.get("group", "name")
    assert refused.value.status_code == 418 and refused.value.code == ""


def test_nested_details_and_the_request_id_are_there(script, client):
    details = [{"code": "Inner", "message": "deeper", "target": "t", "details": [{"code": "Deep", "message": "x"}]}]
    error = {"error": {"code": "Outer", "message": "m", "target": "properties.a", "details": details}}
    script.add(409, error, x_ms_request_id="an-id")
    with pytest.raises(aro.ServiceError) as refused:
        client.list_credentials("group", "name")
    error = refused.value
    assert (error.code, error.target, error.request_id, error.status_code) == ("Outer", "properties.a", "an-id", 409)
    inner = error.details[0]
    assert (inner["code"], inner["target"], inner["details"][0]["code"]) == ("Inner", "t", "Deep")


def test_operations_that_are_followed_by_their_location_end_too(script, client):
    script.add(202, location=f"{script.base}/results/1", retry_after=0)
    script.add(202, retry_after=0)
    script.add(200)
    poller = client.begin_delete("group", "name")
    assert poller.url is None
    seen = []
    assert poller.result(10, seen.append) is None
    assert [status["status"] for status in seen] == ["InProgress", "Succeeded"]


@pytest.mark.parametrize("timeout", [-1.0, float("nan")])
def test_a_timeout_that_is_no_time(script, client, timeout):
    poller = client.resume(f"{script.base}/x/operationsstatus/1")
    with pytest.raises(aro.InvalidArgumentError, match="timeout"):
        poller.wait(timeout)
