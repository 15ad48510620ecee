"""The client for asyncio."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from aro._session import Operation, Progress, Result, Session
from aro.types import (
    AdminCredentials,
    Cluster,
    Credentials,
    OpenShiftVersion,
    OperationStatus,
    ProviderOperation,
    RoleSet,
)

if TYPE_CHECKING:
    from aro._native import Call, Pages

Answer = TypeVar("Answer")


async def _made(call: Call[Answer]) -> Answer:
    """Makes a call; cancelling the task that awaits it ends the call."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def settle(answer: Answer | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(answer)
        else:
            future.set_exception(error)

    def done(answer: Answer | None, error: BaseException | None) -> None:
        # A loop that was closed meanwhile has nobody left who waits.
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, answer, error)

    task = call.start(done)
    try:
        answer: Answer = await future
        return answer
    finally:
        task.cancel()


class AsyncPoller(Operation[Result]):
    """An operation that was accepted. The methods are those of `Poller`."""

    async def status(self) -> OperationStatus:
        """Asks once. A status that says that it failed is returned, not raised. One that has ended is not asked again."""
        return await _made(self._native.look())

    async def done(self) -> bool:
        """Asks once whether it has ended well.

        Raises OperationFailedError where it has ended badly.
        """
        return await _made(self._native.done())

    async def wait(self, timeout: float | None = None, progress: Progress | None = None) -> None:
        """Waits for its end; `timeout` is in seconds, `progress` may be a coroutine function.

        Raises OperationFailedError where it ends badly, WaitTimeoutError where it takes longer.
        """
        watch = self._native.watch(timeout)
        while (status := await _made(watch.next())) is not None:
            told = progress(status) if progress is not None else None
            if inspect.isawaitable(told):
                await told

    async def result(self, timeout: float | None = None, progress: Progress | None = None) -> Result:
        """Waits as `wait` does, and returns the cluster; None after a delete."""
        await self.wait(timeout, progress)
        return await _made(self._native.result())


class AsyncClient(Session):
    """The clusters of one subscription. The arguments are those of `Client`; event loops may share one."""

    # === clusters ===

    async def get(self, group: str, name: str) -> Cluster:
        """The cluster as it is."""
        return await _made(self._calls.get(group, name))

    def list(self, group: str | None = None) -> AsyncIterator[Cluster]:
        """The clusters of a resource group, or of the subscription. Pages are asked for as they are needed."""
        return _elements(self._calls.list(group))

    async def begin_create_or_update(self, group: str, name: str, document: Mapping[str, Any]) -> AsyncPoller[Cluster]:
        """Asks for a cluster, new or with other members."""
        return AsyncPoller(await _made(self._calls.create_or_update(group, name, document)))

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
        return AsyncPoller(await _made(self._calls.update(group, name, document)))

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
        return AsyncPoller(await _made(self._calls.delete(group, name)))

    async def delete(
        self, group: str, name: str, *, timeout: float | None = None, progress: Progress | None = None
    ) -> None:
        """The same, and waits until it is gone."""
        await (await self.begin_delete(group, name)).result(timeout, progress)

    def resume(self, url: str) -> AsyncPoller[Cluster | None]:
        """Goes on with an operation that another poller, perhaps of another process, has begun; `url` is that
        poller's. Its result is the cluster, or None after a delete."""
        return AsyncPoller(self._calls.resume(url))

    async def list_credentials(self, group: str, name: str) -> Credentials:
        """Name and password of kubeadmin."""
        return await _made(self._calls.credentials(group, name))

    async def list_admin_credentials(self, group: str, name: str) -> AdminCredentials:
        """The kubeconfig of the administrator, in base64."""
        return await _made(self._calls.admin_credentials(group, name))

    # === what there is ===

    def openshift_versions(self, location: str) -> AsyncIterator[OpenShiftVersion]:
        """The versions of OpenShift that can be installed."""
        return _elements(self._calls.openshift_versions(location))

    async def openshift_version(self, location: str, name: str) -> OpenShiftVersion:
        """One of them."""
        return await _made(self._calls.openshift_version(location, name))

    def role_sets(self, location: str) -> AsyncIterator[RoleSet]:
        """The roles that the operators of each OpenShift minor version need."""
        return _elements(self._calls.role_sets(location))

    async def role_set(self, location: str, name: str) -> RoleSet:
        """Those of one minor version."""
        return await _made(self._calls.role_set(location, name))

    def operations(self) -> AsyncIterator[ProviderOperation]:
        """What roles can allow."""
        return _elements(self._calls.operations())


async def _elements(pages: Pages[Answer]) -> AsyncIterator[Answer]:
    while (page := await _made(pages.next())) is not None:
        for element in page:
            yield element
