"""azure-mgmt-msi."""

import pytest
from azure.mgmt.msi import ManagedServiceIdentityClient

from lifecycle import life


@pytest.fixture(scope="module")
def identities(clients):
    return clients.make(ManagedServiceIdentityClient)


def test_user_assigned_identities(identities, group, name, dev, refused):
    operations = identities.user_assigned_identities
    made = life(
        lambda body: operations.create_or_update(group, name, body),
        lambda: operations.get(group, name),
        lambda: operations.list_by_resource_group(group),
        lambda: operations.delete(group, name),
        {"location": dev.location},
        update=lambda tags: operations.update(group, name, {"tags": tags}),
        also_listed=[operations.list_by_subscription],
    )
    assert made["properties"]["principalId"] and made["properties"]["clientId"]
    assert made["properties"]["tenantId"] == dev.ready["tenant"]
    assert refused(operations.get, group, name, status=404) == "ResourceNotFound"
    assert refused(operations.create_or_update, group, "no", {"location": dev.location}, status=400)


def test_federated_credentials(identities, group, name, dev, refused):
    identities.user_assigned_identities.create_or_update(group, name, {"location": dev.location})
    operations = identities.federated_identity_credentials
    body = {"properties": {"issuer": "https://issuer.example/1", "subject": "system:sa:one", "audiences": ["openshift"]}}
    life(
        lambda body: operations.create_or_update(group, name, "first", body),
        lambda: operations.get(group, name, "first"),
        lambda: operations.list(group, name),
        lambda: operations.delete(group, name, "first"),
        body,
    )
    create = operations.create_or_update
    create(group, name, "first", body)
    assert refused(create, group, name, "second", body, status=409) == "Conflict"
    two = {"properties": body["properties"] | {"audiences": ["openshift", "other"]}}
    assert refused(create, group, name, "first", two, status=400) == "BadRequest"
    without = {"properties": {"issuer": "https://issuer.example/1", "audiences": ["openshift"]}}
    assert refused(create, group, name, "first", without, status=400)
    assert refused(create, group, "no-such-identity", "first", body, status=404) == "ParentResourceNotFound"
    identities.user_assigned_identities.delete(group, name)
    assert refused(operations.get, group, name, "first", status=404)
