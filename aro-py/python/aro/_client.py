"""The client for code that waits."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar, cast

from aro import _session
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
Progress = Callable[[OperationStatus], object]
"""Is told each status of an operation while somebody waits for its end."""


class Poller(Generic[Result]):
    """An operation that was accepted."""

    def __init__(self, session: Session, url: str | None, pause: float | None, read_result: Callable[[], Any]) -> None:
        self._session = session
        self._url = url
        self._pause = pause
        self._read_result = read_result
        self._done = url is None
        self._result: list[Result] = []

    @property
    def url(self) -> str | None:
        """Where its status is: what `Client.resume` takes. None where there was nothing to do."""
        return self._url

    def status(self) -> OperationStatus:
        """Asks once. A status that says that it failed is returned, not raised."""
        if self._url is None:
            return {"status": "Succeeded"}
        _, body, _, _, self._pause = self._session.connection.call("GET", self._url)
        return _session.checked_status(body, self._url)

    def done(self) -> bool:
        """Asks once whether it has ended well.

        Raises OperationFailedError where it has ended badly.
        """
        self._done = self._done or _session.ended(self.status())
        return self._done

    def wait(self, timeout: float | None = None, progress: Progress | None = None) -> None:
        """Waits for its end; `timeout` is in seconds.

        Raises OperationFailedError where it ends badly, WaitTimeoutError where it takes longer.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._done:
            status = self.status()
            if progress is not None:
                progress(status)
            self._done = _session.ended(status)
            if self._done:
                return
            pause = _session.pause(self._pause)
            if deadline is not None and time.monotonic() + pause > deadline:
                raise WaitTimeoutError(f"The operation has not ended within {timeout} seconds.", self._url or "")
            time.sleep(pause)

    def result(self, timeout: float | None = None, progress: Progress | None = None) -> Result:
        """Waits as `wait` does, and returns the cluster; None after a delete."""
        self.wait(timeout, progress)
        if not self._result:
            self._result.append(cast(Result, self._read_result()))
        return self._result[0]


class Client:
    """The clusters of one subscription.

    `endpoint` is Azure Resource Manager, `scope` what tokens are asked for, `ca_file` a PEM file with the only
    authorities to trust. A call is tried `attempts` times, each for at most `timeout` seconds, with pauses from
    `base_delay` to `max_delay` seconds between them. Threads may share a client.
    """

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

    def get(self, group: str, name: str) -> Cluster:
        """The cluster as it is."""
        return cast(Cluster, self._call("GET", self._session.cluster(group, name)))

    def list(self, group: str | None = None) -> Iterator[Cluster]:
        """The clusters of a resource group, or of the subscription. Pages are asked for as they are needed."""
        return cast("Iterator[Cluster]", self._pages(self._session.clusters(group)))

    def begin_create_or_update(self, group: str, name: str, document: Mapping[str, Any]) -> Poller[Cluster]:
        """Asks for a cluster, new or with other members."""
        return self._begin("PUT", group, name, document)

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
        return self._begin("PATCH", group, name, document)

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
        url = self._session.cluster(group, name)
        _, _, operation, _, pause = self._session.connection.call("DELETE", url)
        return Poller(self._session, operation, pause, lambda: None)

    def delete(
        self, group: str, name: str, *, timeout: float | None = None, progress: Progress | None = None
    ) -> None:
        """The same, and waits until it is gone."""
        self.begin_delete(group, name).result(timeout, progress)

    def resume(self, url: str) -> Poller[Cluster | None]:
        """Goes on with an operation that another poller, perhaps of another process, has begun; `url` is that
        poller's. Its result is the cluster, or None after a delete."""
        results = _session.result_url(url)
        return Poller(self._session, url, None, lambda: self._call("GET", results))

    def list_credentials(self, group: str, name: str) -> Credentials:
        """Name and password of kubeadmin."""
        return cast(Credentials, self._call("POST", self._session.cluster(group, name, "listCredentials")))

    def list_admin_credentials(self, group: str, name: str) -> AdminCredentials:
        """The kubeconfig of the administrator, in base64."""
        return cast(AdminCredentials, self._call("POST", self._session.cluster(group, name, "listAdminCredentials")))

    # === what there is ===

    def openshift_versions(self, location: str) -> Iterator[OpenShiftVersion]:
        """The versions of OpenShift that can be installed."""
        url = self._session.at_location(location, "openShiftVersions")
        return cast("Iterator[OpenShiftVersion]", self._pages(url))

    def openshift_version(self, location: str, name: str) -> OpenShiftVersion:
        """One of them."""
        return cast(OpenShiftVersion, self._call("GET", self._session.at_location(location, "openShiftVersions", name)))

    def role_sets(self, location: str) -> Iterator[RoleSet]:
        """The roles that the operators of each OpenShift minor version need."""
        url = self._session.at_location(location, "platformWorkloadIdentityRoleSets")
        return cast("Iterator[RoleSet]", self._pages(url))

    def role_set(self, location: str, name: str) -> RoleSet:
        """Those of one minor version."""
        url = self._session.at_location(location, "platformWorkloadIdentityRoleSets", name)
        return cast(RoleSet, self._call("GET", url))

    def operations(self) -> Iterator[ProviderOperation]:
        """What roles can allow."""
        return cast("Iterator[ProviderOperation]", self._pages(self._session.operations()))

    # === calls ===

    def _call(self, method: str, url: str) -> Any:
        return self._session.connection.call(method, url)[1]

    def _pages(self, first: str) -> Iterator[Any]:
        url: str | None = first
        while url:
            page = self._call("GET", url)
            yield from page["value"]
            url = page.get("nextLink")

    def _begin(self, method: str, group: str, name: str, document: Mapping[str, Any]) -> Poller[Cluster]:
        url = self._session.cluster(group, name)
        _, _, operation, _, pause = self._session.connection.call(method, url, document)
        return Poller(self._session, operation, pause, lambda: self._call("GET", url))
