"""azure-mgmt-storage."""

import datetime

import pytest
from azure.mgmt.storage import StorageManagementClient

from lifecycle import done, life, plain


@pytest.fixture(scope="module")
def storage(clients):
    return clients.make(StorageManagementClient)


@pytest.fixture
def body(dev):
    return {
        "location": dev.location,
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "properties": {"minimumTlsVersion": "TLS1_2", "supportsHttpsTrafficOnly": True, "allowBlobPublicAccess": False},
    }


def test_storage_accounts(storage, group, name, body, refused):
    accounts = storage.storage_accounts
    made = life(
        lambda body: accounts.begin_create(group, name, body),
        lambda: accounts.get_properties(group, name),
        lambda: accounts.list_by_resource_group(group),
        lambda: accounts.delete(group, name),
        body,
        update=lambda tags: accounts.update(group, name, {"tags": tags}),
        also_listed=[accounts.list],
    )
    assert made["properties"]["primaryEndpoints"]["blob"]
    assert accounts.check_name_availability({"name": name, "type": "Microsoft.Storage/storageAccounts"}).name_available
    done(accounts.begin_create(group, name, body))
    taken = accounts.check_name_availability({"name": name, "type": "Microsoft.Storage/storageAccounts"})
    assert (taken.name_available, taken.reason) == (False, "AlreadyExists")
    assert refused(accounts.begin_create, group, "Capitals", body, status=400)
    without = {key: value for key, value in body.items() if key != "sku"}
    assert refused(accounts.begin_create, group, f"{name}x", without, status=400) == "InvalidValuesForRequestParameters"
    other_kind = body | {"kind": "BlobStorage"}
    assert refused(accounts.begin_create, group, name, other_kind, status=400) == "InvalidAccountKindChange"


def test_names_are_taken_everywhere(storage, group, name, body, refused, dev):
    done(storage.storage_accounts.begin_create(group, name, body))
    other = dev.resource_group(f"{group}-other")
    code = refused(storage.storage_accounts.begin_create, other, name, body, status=409)
    assert code == "StorageAccountAlreadyTaken"


def test_keys_and_signatures(storage, group, name, body, refused):
    accounts = storage.storage_accounts
    done(accounts.begin_create(group, name, body))
    first, second = (one["value"] for one in plain(accounts.list_keys(group, name))["keys"])
    keys = plain(accounts.regenerate_key(group, name, {"keyName": "key1"}))["keys"]
    renewed = {one["keyName"]: one["value"] for one in keys}
    assert renewed["key1"] != first and renewed["key2"] == second
    wish = {
        "signedServices": "b",
        "signedResourceTypes": "o",
        "signedPermission": "r",
        "signedProtocol": "https",
        "signedExpiry": (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)).isoformat(),
    }
    assert "sig=" in accounts.list_account_sas(group, name, wish).account_sas_token
    accounts.update(group, name, {"properties": {"allowSharedKeyAccess": False}})
    assert refused(accounts.list_account_sas, group, name, wish, status=403) == "KeyBasedAuthenticationNotPermitted"


def test_blob_containers(storage, group, name, body, refused):
    done(storage.storage_accounts.begin_create(group, name, body))
    containers = storage.blob_containers
    life(
        lambda body: containers.create(group, name, "ignition", body),
        lambda: containers.get(group, name, "ignition"),
        lambda: containers.list(group, name),
        lambda: containers.delete(group, name, "ignition"),
        {"properties": {"publicAccess": "None"}},
    )
    containers.create(group, name, "ignition", {})
    changed = containers.update(group, name, "ignition", {"properties": {"metadata": {"purpose": "test"}}})
    assert plain(changed)["properties"]["metadata"] == {"purpose": "test"}
    assert refused(containers.create, group, name, "No", {}, status=400)
    assert refused(containers.create, group, "nosuchaccount", "ignition", {}, status=404)
    assert refused(containers.get, group, name, "other", status=404)


def test_blob_services(storage, group, name, body):
    done(storage.storage_accounts.begin_create(group, name, body))
    assert storage.blob_services.get_service_properties(group, name).name == "default"
    assert [one.name for one in storage.blob_services.list(group, name)] == ["default"]
    wish = {"properties": {"deleteRetentionPolicy": {"enabled": True, "days": 7}}}
    set_to = storage.blob_services.set_service_properties(group, name, wish)
    assert plain(set_to)["properties"]["deleteRetentionPolicy"] == {"enabled": True, "days": 7}


def test_firewalls_name_subnets_with_the_endpoint(storage, group, name, body, refused, dev):
    rule = {"id": dev.ready["network"]["worker_subnet"] + "-that-is-not-there", "action": "Allow"}
    body["properties"]["networkAcls"] = {"defaultAction": "Deny", "virtualNetworkRules": [rule]}
    assert refused(storage.storage_accounts.begin_create, group, name, body)


def test_what_the_provider_offers(storage, group, name, body, dev):
    assert {"Standard_LRS", "Premium_LRS"} <= {one.name for one in storage.skus.list()}

    def used():
        (usage,) = storage.usages.list_by_location(dev.location)
        return usage.current_value

    before = used()
    done(storage.storage_accounts.begin_create(group, name, body))
    assert used() == before + 1
    assert list(storage.private_endpoint_connections.list(group, name)) == []
