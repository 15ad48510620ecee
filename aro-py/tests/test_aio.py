"""The client for asyncio, against aro-dev."""

import asyncio

import pytest
from conftest import WAIT

import aro


@pytest.fixture
def make(make_client):
    return lambda **options: make_client(aro.AsyncClient, **options)


def test_a_cluster_from_create_to_delete(dev, make, group, name):
    async def life():
        client = make()
        seen = []

        async def tell(status):
            await asyncio.sleep(0)
            seen.append(status["status"])

        poller = await client.begin_create_or_update(group, name, dev.document(name, principal=1))
        cluster = await poller.result(WAIT, tell)
        assert seen[-1] == "Succeeded" and cluster["properties"]["provisioningState"] == "Succeeded"
        assert await poller.done() and (await poller.status())["status"] == "Succeeded"
        live = await client.get(group, name)
        # A result is what was stored; only a GET asks the running cluster for its machines.
        assert len(live["properties"].pop("workerProfilesStatus")) == 3
        assert await client.resume(poller.url).result(WAIT) == live
        changed = await client.update(group, name, {"tags": {"changed": "yes"}}, timeout=WAIT)
        assert changed["tags"] == {"changed": "yes"}
        assert [found["name"] async for found in client.list(group)] == [name]
        await client.delete(group, name, timeout=WAIT)
        with pytest.raises(aro.NotFoundError):
            await client.get(group, name)
        nothing = await client.begin_delete(group, name)
        assert nothing.url is None and await nothing.result() is None

    asyncio.run(life())


def test_calls_run_side_by_side(dev, make, cluster):
    group, name, _ = cluster

    async def everything():
        client = make()
        credentials, kubeconfig, *clusters = await asyncio.gather(
            client.list_credentials(group, name),
            client.list_admin_credentials(group, name),
            *(client.get(group, name) for _ in range(20)),
        )
        assert credentials["kubeadminUsername"] == "kubeadmin" and kubeconfig["kubeconfig"]
        assert len(clusters) == 20 and all(found == clusters[0] for found in clusters)
        versions = [version async for version in client.openshift_versions(dev.location)]
        newest = versions[-1]["properties"]["version"]
        assert await client.openshift_version(dev.location, newest) == versions[-1]
        async for role_set in client.role_sets(dev.location):
            minor = role_set["properties"]["openShiftVersion"]
            assert await client.role_set(dev.location, minor) == role_set
        assert [each async for each in client.operations()]
        with pytest.raises(aro.ServiceError) as refused:
            await client.begin_create_or_update(group, "other", {"location": "nowhere"})
        assert refused.value.target == "location"

    asyncio.run(everything())


def test_a_cancelled_task_ends_its_call(make, faults, cluster):
    group, name, _ = cluster
    faults.add("hold", {"plane": "arm", "method": "GET", "path": f"*/openshiftclusters/{name}"}, "hold")

    async def cancel():
        client = make()
        call = asyncio.create_task(client.get(group, name))
        # In another thread: the loop has to run.
        await asyncio.to_thread(faults.wait, "hold", "waiting")
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        with pytest.raises(asyncio.TimeoutError):  # on 3.10 not yet the builtin one
            await asyncio.wait_for(client.get(group, name), 0.1)

    asyncio.run(cancel())


def test_waiting_for_an_operation_can_be_cancelled(dev, make, group, name):
    async def give_up():
        client = make()
        poller = await client.begin_create_or_update(group, name, dev.document(name, principal=1))
        told = asyncio.Event()
        wait = asyncio.create_task(poller.wait(progress=lambda status: told.set()))
        await told.wait()
        wait.cancel()
        with pytest.raises(asyncio.CancelledError):
            await wait
        with pytest.raises(aro.WaitTimeoutError):
            await poller.wait(timeout=0)
        await poller.wait(WAIT)
        await client.delete(group, name, timeout=WAIT)

    asyncio.run(give_up())


def test_an_operation_that_fails_says_why(dev, make, faults, group, name):
    where = {"plane": "arm", "method": "PUT", "path": f"*/resourcegroups/managed-{name}/*"}
    faults.add("refuse", where, {"status": {"status": 400, "code": "Nope", "message": "Not today."}})

    async def fail():
        client, seen = make(), []
        poller = await client.begin_create_or_update(group, name, dev.document(name, principal=1))
        with pytest.raises(aro.OperationFailedError, match="Not today.") as failed:
            await poller.wait(WAIT, seen.append)
        assert failed.value.status == seen[-1] == await poller.status() and seen[-1]["status"] == "Failed"
        for ask in (poller.done, poller.wait, poller.result):
            with pytest.raises(aro.OperationFailedError):
                await ask()
        await asyncio.to_thread(faults.clear)
        await client.delete(group, name, timeout=WAIT)

    asyncio.run(fail())


def test_one_client_serves_loops_that_come_and_go(make, cluster):
    client = make()
    for _ in range(2):
        assert asyncio.run(client.get(*cluster[:2]))["name"] == cluster[1]


def test_errors_are_those_of_the_other_client(dev, make, cluster):
    with pytest.raises(aro.TransportError):
        asyncio.run(make(endpoint="https://127.0.0.1:9", scope=f"{dev.arm}/.default", attempts=1).get(*cluster[:2]))
    with pytest.raises(aro.InvalidArgumentError):
        make(endpoint="http://management.example")
