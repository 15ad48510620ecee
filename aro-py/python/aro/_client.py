"""The client for code that waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    from aro._native import Pages

Element = TypeVar("Element")


class Poller(Operation[Result]):
    """An operation that was accepted."""

    def status(self) -> OperationStatus:
        """Asks once. A status that says that it failed is returned, not raised. One that has ended is not asked again."""
        return self._native.look().wait()

    def done(self) -> bool:
        """Asks once whether it has ended well.

        Raises OperationFailedError where it has ended badly.
        """
        return self._native.done().wait()

    def wait(self, timeout: float | None = None, progress: Progress | None = None) -> None:
        """Waits for its end; `timeout` is in seconds.

        Raises OperationFailedError where it ends badly, WaitTimeoutError where it takes longer.
        """
        watch = self._native.watch(timeout)
        while (status := watch.next().wait()) is not None:
            if progress is not None:
                progress(status)

    def result(self, timeout: float | None = None, progress: Progress | None = None) -> Result:
        """Waits as `wait` does, and returns the cluster; None after a delete."""
        self.wait(timeout, progress)
        return self._native.result().wait()


class Client(Session):
    """The clusters of one subscription.

    `endpoint` is Azure Resource Manager, `scope` what tokens are asked for, `ca_file` a PEM file with the only
    authorities to trust. A call is tried `attempts` times, each for at most `timeout` seconds, with pauses from
    `base_delay` to `max_delay` seconds between them. Threads may share a client.
    """

    # === clusters ===

    def get(self, group: str, name: str) -> Cluster:
        """The cluster as it is."""
        return self._calls.get(group, name).wait()

    def list(self, group: str | None = None) -> Iterator[Cluster]:
        """The clusters of a resource group, or of the subscription. Pages are asked for as they are needed."""
        return _elements(self._calls.list(group))

    def begin_create_or_update(self, group: str, name: str, document: Mapping[str, Any]) -> Poller[Cluster]:
        """Asks for a cluster, new or with other members."""
        return Poller(self._calls.create_or_update(group, name, document).wait())

    def create_or_update(
        self,
        group: str,
        name: str,
        document: Mapping[str, Any],
        *,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> Cluster:
        """The same, and waits for the cluster."""
        return self.begin_create_or_update(group, name, document).result(timeout, progress)

    def begin_update(self, group: str, name: str, document: Mapping[str, Any]) -> Poller[Cluster]:
        """Asks for a change: the members that `document` has."""
        return Poller(self._calls.update(group, name, document).wait())

    def update(
        self,
        group: str,
        name: str,
        document: Mapping[str, Any],
        *,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> Cluster:
        """The same, and waits for the cluster."""
        return self.begin_update(group, name, document).result(timeout, progress)

    def begin_delete(self, group: str, name: str) -> Poller[None]:
        """Asks that a cluster be deleted. One that does not exist is deleted already."""
        return Poller(self._calls.delete(group, name).wait())

    def delete(
        self, group: str, name: str, *, timeout: float | None = None, progress: Progress | None = None
    ) -> None:
        """The same, and waits until it is gone."""
        self.begin_delete(group, name).result(timeout, progress)

    def resume(self, url: str) -> Poller[Cluster | None]:
        """Goes on with an operation that another poller, perhaps of another process, has begun; `url` is that
        poller's. Its result is the cluster, or None after a delete."""
        return Poller(self._calls.resume(url))

    def list_credentials(self, group: str, name: str) -> Credentials:
        """Name and password of kubeadmin."""
        return self._calls.credentials(group, name).wait()

    def list_admin_credentials(self, group: str, name: str) -> AdminCredentials:
        """The kubeconfig of the administrator, in base64."""
        return self._calls.admin_credentials(group, name).wait()

    # === what there is ===

    def openshift_versions(self, location: str) -> Iterator[OpenShiftVersion]:
        """The versions of OpenShift that can be installed."""
        return _elements(self._calls.openshift_versions(location))

    def openshift_version(self, location: str, name: str) -> OpenShiftVersion:
        """One of them."""
        return self._calls.openshift_version(location, name).wait()

    def role_sets(self, location: str) -> Iterator[RoleSet]:
        """The roles that the operators of each OpenShift minor version need."""
        return _elements(self._calls.role_sets(location))

    def role_set(self, location: str, name: str) -> RoleSet:
        """Those of one minor version."""
        return self._calls.role_set(location, name).wait()

    def operations(self) -> Iterator[ProviderOperation]:
        """What roles can allow."""
        return _elements(self._calls.operations())


def _elements(pages: Pages[Element]) -> Iterator[Element]:
    while (page := pages.next().wait()) is not None:
        yield from page
