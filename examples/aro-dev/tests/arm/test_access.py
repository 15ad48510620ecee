"""azure-mgmt-authorization and azure-mgmt-resource-locks."""

import uuid

import pytest
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resource.locks import ManagementLockClient
from azure.mgmt.resource.resources import ResourceManagementClient

from lifecycle import done, life

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"


@pytest.fixture(scope="module")
def access(clients):
    return clients.make(AuthorizationManagementClient)


@pytest.fixture
def scope(dev, group):
    return f"/subscriptions/{dev.subscription}/resourceGroups/{group}"


def role(dev, role_id):
    return f"/subscriptions/{dev.subscription}/providers/Microsoft.Authorization/roleDefinitions/{role_id}"


def test_role_assignments(access, dev, group, scope, refused):
    operations, name = access.role_assignments, str(uuid.uuid4())
    principal = dev.ready["service_principals"][1]["object_id"]
    body = {"properties": {"roleDefinitionId": role(dev, READER), "principalId": principal}}
    life(
        lambda body: operations.create(scope, name, body),
        lambda: operations.get(scope, name),
        lambda: operations.list_for_scope(scope),
        lambda: operations.delete(scope, name),
        body,
        also_listed=[
            lambda: operations.list_for_resource_group(group),
            lambda: operations.list_for_scope(scope, filter=f"principalId eq '{principal}'"),
            lambda: operations.list_for_subscription(),
        ],
    )
    create = operations.create
    create(scope, name, body)
    assert refused(create, scope, str(uuid.uuid4()), body, status=409) == "RoleAssignmentExists"
    nobody = {"properties": body["properties"] | {"principalId": str(uuid.uuid4())}}
    assert refused(create, scope, str(uuid.uuid4()), nobody, status=400) == "PrincipalNotFound"
    nothing = {"properties": body["properties"] | {"roleDefinitionId": role(dev, uuid.uuid4())}}
    assert refused(create, scope, str(uuid.uuid4()), nothing, status=400) == "RoleDefinitionDoesNotExist"
    assert refused(create, scope, "no-guid", body, status=400)
    assert operations.get_by_id(f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}").name == name
    operations.delete_by_id(f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}")
    assert refused(operations.get, scope, name, status=404) == "RoleAssignmentNotFound"


def test_role_definitions(access, dev, scope, name, refused):
    operations, role_id = access.role_definitions, str(uuid.uuid4())
    body = {
        "properties": {
            "roleName": name,
            "permissions": [{"actions": ["Microsoft.Network/virtualNetworks/read"], "notActions": []}],
            "assignableScopes": [scope],
        }
    }
    life(
        lambda body: operations.create_or_update(scope, role_id, body),
        lambda: operations.get(scope, role_id),
        lambda: operations.list(scope),
        lambda: operations.delete(scope, role_id),
        body,
        also_listed=[lambda: operations.list(scope, filter="type eq 'CustomRole'")],
    )
    built_in = operations.get(f"/subscriptions/{dev.subscription}", READER)
    assert (built_in.role_name, built_in.role_type) == ("Reader", "BuiltInRole")
    assert [one.name for one in operations.list(scope, filter="roleName eq 'Reader'")] == [READER]
    assert refused(operations.get, scope, role_id, status=404) == "RoleDefinitionDoesNotExist"


def test_custom_roles_count(access, clients, dev, group, scope, name, refused):
    role_id, principal = str(uuid.uuid4()), dev.ready["service_principals"][1]["object_id"]
    body = {
        "properties": {
            "roleName": name,
            "permissions": [{"actions": ["Microsoft.Authorization/locks/*"], "notActions": []}],
            "assignableScopes": [scope],
        }
    }
    definition = access.role_definitions.create_or_update(scope, role_id, body)
    other = clients.make(ManagementLockClient, principal=1).management_locks
    lock = {"properties": {"level": "CanNotDelete"}}
    assert refused(other.create_or_update_by_scope, scope, name, lock, status=403) == "AuthorizationFailed"
    assignment = {"properties": {"roleDefinitionId": definition.id, "principalId": principal}}
    access.role_assignments.create(scope, str(uuid.uuid4()), assignment)
    other.create_or_update_by_scope(scope, name, lock)
    other.delete_by_scope(scope, name)
    code = refused(access.role_definitions.delete, scope, role_id, status=400)
    assert code == "RoleDefinitionHasAssignments"


def test_permissions_and_denials(access, group):
    permissions = list(access.permissions.list_for_resource_group(group))
    assert any("*" in one.actions for one in permissions)
    assert list(access.deny_assignments.list_for_resource_group(group)) == []


def test_locks(clients, dev, group, scope, name, refused):
    operations = clients.make(ManagementLockClient).management_locks
    life(
        lambda body: operations.create_or_update_at_resource_group_level(group, name, body),
        lambda: operations.get_at_resource_group_level(group, name),
        lambda: operations.list_at_resource_group_level(group),
        lambda: operations.delete_at_resource_group_level(group, name),
        {"properties": {"level": "CanNotDelete", "notes": "a test"}},
        also_listed=[lambda: operations.list_at_subscription_level()],
    )
    wrong = {"properties": {"level": "Sometimes"}}
    assert refused(operations.create_or_update_by_scope, scope, name, wrong, status=400) == "InvalidLockLevel"


def test_what_is_locked_stays_as_it_is(clients, dev, group, scope, name, refused):
    locks = clients.make(ManagementLockClient).management_locks
    vnets = clients.make(NetworkManagementClient).virtual_networks
    groups = clients.make(ResourceManagementClient).resource_groups
    body = {"location": dev.location, "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}
    vnet = done(vnets.begin_create_or_update(group, name, body))
    locks.create_or_update_by_scope(vnet.id, "keep", {"properties": {"level": "CanNotDelete"}})
    assert refused(vnets.begin_delete, group, name, status=409) == "ScopeLocked"
    assert refused(groups.begin_delete, group, status=409) == "ScopeLocked"
    done(vnets.begin_create_or_update(group, name, body))
    locks.create_or_update_by_scope(scope, "freeze", {"properties": {"level": "ReadOnly"}})
    assert refused(vnets.begin_create_or_update, group, name, body, status=409) == "ScopeLocked"
    assert vnets.get(group, name).id == vnet.id
    locks.delete_by_scope(scope, "freeze")
    locks.delete_by_scope(vnet.id, "keep")
    done(vnets.begin_delete(group, name))
    done(groups.begin_delete(group))
