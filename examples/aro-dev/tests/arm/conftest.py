"""The published management clients, unchanged, against the simulated Azure alone."""

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from lifecycle import Clients


@pytest.fixture(scope="session")
def dev_mode():
    return "--world-only"


@pytest.fixture(scope="session")
def clients(dev):
    return Clients(dev)


@pytest.fixture
def refused():
    """Calls what must be refused and returns the code, of the status if one is given."""

    def refused(call, *arguments, status=None, **options):
        with pytest.raises(HttpResponseError) as refusal:
            result = call(*arguments, **options)
            # Pagers ask when they are read, pollers fail when they are waited for.
            if hasattr(result, "result"):
                result.result()
            elif hasattr(result, "by_page"):
                list(result)
        error = refusal.value
        if status is not None:
            assert error.status_code == status, error
        if error.status_code == 404:
            assert isinstance(error, ResourceNotFoundError)
        return error.error.code if error.error else None

    return refused
