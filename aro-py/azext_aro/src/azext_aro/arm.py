"""Azure Resource Manager, through az's own HTTP pipeline: its proxies, certificates, retries, --debug and headers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.core.pipeline import PipelineResponse, policies
from azure.core.rest import HttpRequest, HttpResponse
from azure.mgmt.core import ARMPipelineClient
from azure.mgmt.core.exceptions import ARMErrorFormat

READ_TIMEOUT = 120
"""Seconds; the service asks Azure about a cluster before it accepts it."""


class Arm:
    """What `azure.cli.core.commands.client_factory.get_mgmt_service_client` makes a client of."""

    def __init__(self, credential: Any, subscription_id: str, base_url: str | None = None, **kwargs: Any) -> None:
        self.subscription = subscription_id
        self.endpoint = (base_url or "https://management.azure.com").rstrip("/")
        self.pipeline = ARMPipelineClient(self.endpoint, policies=_policies(kwargs))

    def get(self, path: str, api_version: str) -> Any:
        """The resource."""
        return _body(self.send("GET", path, api_version))

    def find(self, path: str, api_version: str) -> Any:
        """The resource, or None where there is none."""
        try:
            return self.get(path, api_version)
        except ResourceNotFoundError:
            return None

    def exists(self, path: str, api_version: str) -> bool:
        """Whether there is one."""
        try:
            self.send("HEAD", path, api_version)
        except ResourceNotFoundError:
            return False
        return True

    def collection(self, path: str, api_version: str) -> Iterator[Any]:
        """All of a collection; pages are asked for as they are needed."""
        page = self.get(path, api_version)
        while True:
            yield from page["value"]
            url = page.get("nextLink")
            if not url:
                return
            page = _body(self._run(HttpRequest("GET", url)))

    def put(self, path: str, api_version: str, document: Mapping[str, Any]) -> Any:
        """The resource as it is made."""
        return _body(self.send("PUT", path, api_version, document))

    def post(self, path: str, api_version: str) -> Any:
        """What an action answers."""
        return _body(self.send("POST", path, api_version))

    def delete(self, path: str, api_version: str) -> None:
        """One that does not exist is deleted already."""
        self.send("DELETE", path, api_version)

    def send(
        self, method: str, path: str, api_version: str, document: Mapping[str, Any] | None = None
    ) -> PipelineResponse:
        """The reply, with the request that led to it.

        Raises azure.core's HttpResponseError where it is no success.
        """
        url = f"{self.endpoint}{path}"
        return self._run(HttpRequest(method, url, params={"api-version": api_version}, json=document))

    def _run(self, request: HttpRequest) -> PipelineResponse:
        request.headers.setdefault("Accept", "application/json")
        reply = self.pipeline.send_request(request, _return_pipeline_response=True, read_timeout=READ_TIMEOUT)
        response: HttpResponse = reply.http_response
        if response.status_code >= 400:
            kind = ResourceNotFoundError if response.status_code == 404 else HttpResponseError
            raise kind(response=response, error_format=ARMErrorFormat)
        return reply


def _body(reply: PipelineResponse) -> Any:
    response: HttpResponse = reply.http_response
    return response.json() if response.content else None


def _policies(given: dict[str, Any]) -> list[Any]:
    """In the order in which a request meets them; az brings those that are its own."""
    order: dict[str, Any] = {
        "headers_policy": policies.HeadersPolicy,
        "user_agent_policy": policies.UserAgentPolicy,
        "proxy_policy": policies.ProxyPolicy,
        "redirect_policy": policies.RedirectPolicy,
        "retry_policy": policies.RetryPolicy,
        "authentication_policy": None,
        "custom_hook_policy": policies.CustomHookPolicy,
        "logging_policy": policies.NetworkTraceLoggingPolicy,
        "http_logging_policy": policies.HttpLoggingPolicy,
    }
    made = {name: given.get(name) or kind(**given) for name, kind in order.items() if kind or given.get(name)}
    before, after = list(made.values())[:3], list(made.values())[3:]
    return [policies.RequestIdPolicy(**given), *before, policies.ContentDecodePolicy(**given), *after]
