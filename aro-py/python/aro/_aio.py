"""The client for asyncio."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Generic, TypeVar, cast

from aro import _session
from aro._client import Progress
from aro._errors import WaitTimeoutError
from aro._offline import LATEST
from aro._session import Credential, Session
from aro.types import (
    AdminCredentials,
    Cluster,
    Credentials,
    OpenShiftVersion,
    OperationStatus,
    ProviderOperation,
    RoleSet,
)

Result = TypeVar("Result")


async def _call(session: Session, method: str, url: str, body: Mapping[str, Any] | None = None) -> Any:
    """Makes a call; cancelling the task that awaits it ends the call."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def settle(reply: Any, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(reply)
        else:
            future.set_exception(error)

    def done(reply: Any, error: BaseException | None) -> None:
        # A loop that was closed meanwhile has nobody left who waits.
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, reply, error)

    task = session.connection.start(done, method, url, body)
    try:
        return await future
    finally:
        task.cancel()


class AsyncPoller(Generic[Result]):
    """An operation that was accepted."""

    def __init__(
        self, session: Session, url: str | None, pause: float | None, read_result: Callable[[], Awaitable[Any]]
    ) -> None:
        self._session = session
        self._url = url
        self._pause = pause
        self._read_result = read_result
        self._done = url is None
        self._result: list[Result] = []

    @property
    def url(self) -> str | None:
        """Where its status is: what `AsyncClient.resume` takes. None where there was nothing to do."""
        return self._url

    async def status(self) -> OperationStatus:
        """Asks once. A status that says that it failed is returned, not raised."""
        if self._url is None:
            return {"status": "Succeeded"}
        _, body, _, _, self._pause = await _call(self._session, "GET", self._url)
        return _session.checked_status(body, self._url)

    async def done(self) -> bool:
        """Asks once whether it has ended well.

        Raises OperationFailedError where it has ended badly.
        """
        self._done = self._done or _session.ended(await self.status())
        return self._done

    async def wait(self, timeout: float | None = None, progress: Progress | None = None) -> None:
        """Waits for its end; `timeout` is in seconds, `progress` may be a coroutine function.

        Raises OperationFailedError where it ends badly, WaitTimeoutError where it takes longer.
        """
        loop = asyncio.get_running_loop()
        deadline = None if timeout is None else loop.time() + timeout
        while not self._done:
            status = await self.status()
            if progress is not None:
                told = progress(status)
                if inspect.isawaitable(told):
                    await told
            self._done = _session.ended(status)
            if self._done:
                return
            pause = _session.pause(self._pause)
            if deadline is not None and loop.time() + pause > deadline:
                raise WaitTimeoutError(f"The operation has not ended within {timeout} seconds.", self._url or "")
            await asyncio.sleep(pause)

    async def result(self, timeout: float | None = None, progress: Progress | None = None) -> Result:
        """Waits as `wait` does, and returns the cluster; None after a delete."""
        await self.wait(timeout, progress)
        if not self._result:
            self._result.append(cast(Result, await self._read_result()))
        return self._result[0]


class AsyncClient:
    """The clusters of one subscription. The arguments are those of `Client`; event loops may share one."""

    def __init__(
        self,
        subscription: str,
        credential: Credential,
        *,
        api_version: str = LATEST,
        endpoint: str = _session.PUBLIC_CLOUD,
        scope: str | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        attempts: int = 4,
        base_delay: float = 2.0,
        max_delay: float = 60.0,
        timeout: float = 120.0,
    ) -> None:
        self._session = Session(
            subscription,
            credential,
            api_version=api_version,
            endpoint=endpoint,
            scope=scope,
            ca_file=ca_file,
            attempts=attempts,
            base_delay=base_delay,
            max_delay=max_delay,
            timeout=timeout,
        )

    # === clusters ===

    async def get(self, group: str, name: str) -> Cluster:
        """The cluster as it is."""
        return cast(Cluster, await self._call("GET", self._session.cluster(group, name)))

    def list(self, group: str | None = None) -> AsyncIterator[Cluster]:
        """The clusters of a resource group, or of the subscription. Pages are asked for as they are needed."""
        return cast("AsyncIterator[Cluster]", self._pages(self._session.clusters(group)))

    async def begin_create_or_update(self, group: str, name: str, document: Mapping[str, Any]) -> AsyncPoller[Cluster]:
        """Asks for a cluster, new or with other members."""
        return await self._begin("PUT", group, name, document)

    async def create_or_update(
        self,
        group: str,
        name: str,
        document: Mapping[str, Any],
        *,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> Cluster:
        """The same, and waits for the cluster."""
        return await (await self.begin_create_or_update(group, name, document)).result(timeout, progress)

    async def begin_update(self, group: str, name: str, document: Mapping[str, Any]) -> AsyncPoller[Cluster]:
        """Asks for a change: the members that `document` has."""
        return await self._begin("PATCH", group, name, document)

    async def update(
        self,
        group: str,
        name: str,
        document: Mapping[str, Any],
        *,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> Cluster:
        """The same, and waits for the cluster."""
        return await (await self.begin_update(group, name, document)).result(timeout, progress)

    async def begin_delete(self, group: str, name: str) -> AsyncPoller[None]:
        """Asks that a cluster be deleted. One that does not exist is deleted already."""
        url = self._session.cluster(group, name)
        _, _, operation, _, pause = await _call(self._session, "DELETE", url)

        async def gone() -> None:
            return None

        return AsyncPoller(self._session, operation, pause, gone)

    async def delete(
        self, group: str, name: str, *, timeout: float | None = None, progress: Progress | None = None
    ) -> None:
        """The same, and waits until it is gone."""
        await (await self.begin_delete(group, name)).result(timeout, progress)

    def resume(self, url: str) -> AsyncPoller[Cluster | None]:
        """Goes on with an operation that another poller, perhaps of another process, has begun; `url` is that
        poller's. Its result is the cluster, or None after a delete."""
        results = _session.result_url(url)
        return AsyncPoller(self._session, url, None, lambda: self._call("GET", results))

    async def list_credentials(self, group: str, name: str) -> Credentials:
        """Name and password of kubeadmin."""
        return cast(Credentials, await self._call("POST", self._session.cluster(group, name, "listCredentials")))

    async def list_admin_credentials(self, group: str, name: str) -> AdminCredentials:
        """The kubeconfig of the administrator, in base64."""
        url = self._session.cluster(group, name, "listAdminCredentials")
        return cast(AdminCredentials, await self._call("POST", url))

    # === what there is ===

    def openshift_versions(self, location: str) -> AsyncIterator[OpenShiftVersion]:
        """The versions of OpenShift that can be installed."""
        url = self._session.at_location(location, "openShiftVersions")
        return cast("AsyncIterator[OpenShiftVersion]", self._pages(url))

    async def openshift_version(self, location: str, name: str) -> OpenShiftVersion:
        """One of them."""
        url = self._session.at_location(location, "openShiftVersions", name)
        return cast(OpenShiftVersion, await self._call("GET", url))

    def role_sets(self, location: str) -> AsyncIterator[RoleSet]:
        """The roles that the operators of each OpenShift minor version need."""
        url = self._session.at_location(location, "platformWorkloadIdentityRoleSets")
        return cast("AsyncIterator[RoleSet]", self._pages(url))

    async def role_set(self, location: str, name: str) -> RoleSet:
        """Those of one minor version."""
        url = self._session.at_location(location, "platformWorkloadIdentityRoleSets", name)
        return cast(RoleSet, await self._call("GET", url))

    def operations(self) -> AsyncIterator[ProviderOperation]:
        """What roles can allow."""
        return cast("AsyncIterator[ProviderOperation]", self._pages(self._session.operations()))

    # === calls ===

    async def _call(self, method: str, url: str) -> Any:
        return (await _call(self._session, method, url))[1]

    async def _pages(self, first: str) -> AsyncIterator[Any]:
        url: str | None = first
        while url:
            page = await self._call("GET", url)
            for item in page["value"]:
                yield item
            url = page.get("nextLink")

    async def _begin(self, method: str, group: str, name: str, document: Mapping[str, Any]) -> AsyncPoller[Cluster]:
        url = self._session.cluster(group, name)
        _, _, operation, _, pause = await _call(self._session, method, url, document)
        return AsyncPoller(self._session, operation, pause, lambda: self._call("GET", url))
