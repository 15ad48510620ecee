"""azure-mgmt-compute."""

import pytest
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.network import NetworkManagementClient

from lifecycle import done, life, plain


@pytest.fixture(scope="module")
def compute(clients):
    return clients.make(ComputeManagementClient)


@pytest.fixture
def place(dev):
    return {"location": dev.location}


def tracked(operations, group, name, body):
    return life(
        lambda body: operations.begin_create_or_update(group, name, body),
        lambda: operations.get(group, name),
        lambda: operations.list_by_resource_group(group),
        lambda: operations.begin_delete(group, name),
        body,
        update=lambda tags: operations.begin_update(group, name, {"tags": tags}),
        also_listed=[operations.list],
    )


def test_disks(compute, group, name, place, refused):
    body = place | {
        "sku": {"name": "Premium_LRS"},
        "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 64},
    }
    made = tracked(compute.disks, group, name, body)
    assert made["properties"]["diskState"] == "Unattached"
    done(compute.disks.begin_create_or_update(group, name, body))
    smaller = body | {"properties": body["properties"] | {"diskSizeGB": 32}}
    assert refused(compute.disks.begin_create_or_update, group, name, smaller, status=409) == "OperationNotAllowed"
    without = place | {"properties": {}}
    assert refused(compute.disks.begin_create_or_update, group, name, without, status=400) == "InvalidParameter"


def test_snapshots(compute, group, name, place):
    disk = done(
        compute.disks.begin_create_or_update(
            group, name, place | {"properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 8}}
        )
    )
    copy = {"createOption": "Copy", "sourceResourceId": disk.id}
    tracked(compute.snapshots, group, name, place | {"properties": {"creationData": copy, "incremental": True}})


def test_disk_encryption_sets(compute, group, name, place, refused):
    body = place | {
        "identity": {"type": "SystemAssigned"},
        "properties": {"activeKey": {"keyUrl": "https://somewhere.vault.azure.net/keys/one/1"}},
    }
    made = tracked(compute.disk_encryption_sets, group, name, body)
    assert made["identity"]["principalId"]
    encryption = done(compute.disk_encryption_sets.begin_create_or_update(group, name, body))
    disk = place | {
        "properties": {
            "creationData": {"createOption": "Empty"},
            "diskSizeGB": 8,
            "encryption": {"type": "EncryptionAtRestWithCustomerKey", "diskEncryptionSetId": encryption.id},
        }
    }
    disk_id = done(compute.disks.begin_create_or_update(group, name, disk)).id
    associated = list(compute.disk_encryption_sets.list_associated_resources(group, name))
    assert [one.lower() for one in associated] == [disk_id.lower()]
    delete = compute.disk_encryption_sets.begin_delete
    assert refused(delete, group, name, status=409) == "OperationNotAllowed"
    disk["properties"]["encryption"]["diskEncryptionSetId"] += "-that-is-not-there"
    assert refused(compute.disks.begin_create_or_update, group, f"{name}-2", disk, status=404) == "NotFound"


def machine(clients, group, name, place):
    network = clients.make(NetworkManagementClient)
    vnet = place | {
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            "subnets": [{"name": "first", "properties": {"addressPrefix": "10.0.0.0/24"}}],
        }
    }
    done(network.virtual_networks.begin_create_or_update(group, name, vnet))
    subnet = network.subnets.get(group, name, "first").id
    interface = place | {"properties": {"ipConfigurations": [{"name": "ip", "properties": {"subnet": {"id": subnet}}}]}}
    interface_id = done(network.network_interfaces.begin_create_or_update(group, name, interface)).id
    return place | {
        "properties": {
            "hardwareProfile": {"vmSize": "Standard_D4s_v3"},
            "storageProfile": {"osDisk": {"createOption": "FromImage", "name": f"{name}_OSDisk", "diskSizeGB": 128}},
            "networkProfile": {"networkInterfaces": [{"id": interface_id}]},
            "diagnosticsProfile": {"bootDiagnostics": {"enabled": True}},
        }
    }


def test_virtual_machines(compute, clients, group, name, place, dev, refused):
    body = machine(clients, group, name, place)
    machines = compute.virtual_machines
    life(
        lambda body: machines.begin_create_or_update(group, name, body),
        lambda: machines.get(group, name),
        lambda: machines.list(group),
        lambda: machines.begin_delete(group, name),
        body,
        update=lambda tags: machines.begin_update(group, name, {"tags": tags}),
        also_listed=[machines.list_all],
    )
    done(machines.begin_create_or_update(group, name, body))

    def power():
        statuses = machines.instance_view(group, name).statuses
        return [one.code for one in statuses if one.code.startswith("PowerState/")]

    assert power() == ["PowerState/running"]
    done(machines.begin_deallocate(group, name))
    assert power() == ["PowerState/deallocated"]
    done(machines.begin_start(group, name))
    assert power() == ["PowerState/running"]
    done(machines.begin_restart(group, name))
    done(machines.begin_power_off(group, name))
    assert power() == ["PowerState/stopped"]
    assert name in [one.name for one in machines.list_by_location(dev.location)]
    assert "Standard_D4s_v3" in [one.name for one in machines.list_available_sizes(group, name)]
    expanded = plain(machines.get(group, name, expand="instanceView"))
    assert expanded["properties"]["instanceView"]["statuses"]
    assert machines.retrieve_boot_diagnostics_data(group, name).serial_console_log_blob_uri

    assert plain(compute.disks.get(group, f"{name}_OSDisk"))["managedBy"].lower().endswith(name.lower())
    assert refused(compute.disks.begin_delete, group, f"{name}_OSDisk", status=409) == "OperationNotAllowed"
    network = clients.make(NetworkManagementClient)
    assert refused(network.network_interfaces.begin_delete, group, name, status=400) == "NicInUse"
    other = refused(machines.begin_create_or_update, group, f"{name}-2", body, status=400)
    assert other == "NicInUse"
    body["properties"]["hardwareProfile"]["vmSize"] = "Standard_Nonsense"
    assert refused(machines.begin_create_or_update, group, name, body, status=400) == "InvalidParameter"
    assert refused(machines.get, group, "no-such-machine", status=404) == "ResourceNotFound"


def test_sizes_and_quotas(compute, dev):
    listed = {one.name: one for one in compute.virtual_machine_sizes.list(dev.location)}
    assert listed["Standard_D8s_v3"].number_of_cores == 8
    skus = [one for one in compute.resource_skus.list(filter=f"location eq '{dev.location}'")]
    size = next(one for one in skus if one.name == "Standard_D8s_v3")
    assert size.location_info[0].zones == ["1", "2", "3"]
    usages = {one.name.value: one.limit for one in compute.usage.list(dev.location)}
    assert usages["cores"] > 0 and usages["standardDSv3Family"] > 0
