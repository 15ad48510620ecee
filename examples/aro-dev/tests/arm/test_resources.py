"""azure-mgmt-resource and its parts for deployments, features and subscriptions."""

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resource.deployments import DeploymentsMgmtClient
from azure.mgmt.resource.features import FeatureClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resource.subscriptions import SubscriptionClient

from lifecycle import done, life, plain

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


@pytest.fixture(scope="module")
def resources(clients):
    return clients.make(ResourceManagementClient)


@pytest.fixture(scope="module")
def deployments(clients):
    return clients.make(DeploymentsMgmtClient)


def test_resource_groups(resources, name, dev, refused):
    groups = resources.resource_groups
    assert not groups.check_existence(name)
    made = groups.create_or_update(name, {"location": dev.location, "tags": {"a": "1"}})
    assert made.properties.provisioning_state == "Succeeded" and groups.check_existence(name)
    assert name in [one.name for one in groups.list()]
    assert name in [one.name for one in groups.list(filter="tagName eq 'a' and tagValue eq '1'")]
    assert name not in [one.name for one in groups.list(filter="tagName eq 'a' and tagValue eq '2'")]
    assert groups.update(name, {"tags": {"b": "2"}}).tags == {"b": "2"}
    assert groups.get(name.upper()).name == name
    elsewhere = {"location": "westeurope"}
    assert refused(groups.create_or_update, name, elsewhere, status=409) == "InvalidResourceGroupLocation"
    assert refused(groups.create_or_update, name, {}, status=400) == "LocationRequired"
    assert refused(groups.create_or_update, "ends.in.dot.", {"location": dev.location}, status=400)
    done(groups.begin_delete(name))
    assert refused(groups.get, name, status=404) == "ResourceGroupNotFound"
    assert refused(groups.begin_delete, name, status=404) == "ResourceGroupNotFound"


def test_any_resource_by_id(resources, group, name, dev, refused):
    scope = f"/subscriptions/{dev.subscription}/resourceGroups/{group}"
    table = f"{scope}/providers/Microsoft.Network/routeTables/{name}"
    operations, version = resources.resources, "2022-01-01"
    body = {"location": dev.location, "properties": {"routes": []}}
    life(
        lambda body: operations.begin_create_or_update_by_id(table, body, api_version=version),
        lambda: operations.get_by_id(table, api_version=version),
        lambda: operations.list_by_resource_group(group),
        lambda: operations.begin_delete_by_id(table, api_version=version),
        body,
        update=lambda tags: operations.begin_update_by_id(table, {"tags": tags}, api_version=version),
        also_listed=[
            lambda: operations.list(filter="resourceType eq 'Microsoft.Network/routeTables'"),
            lambda: operations.list_by_resource_group(group, filter=f"name eq '{name}'"),
        ],
    )
    assert not operations.check_existence_by_id(table, api_version=version)
    wrong = f"{scope}/providers/Microsoft.Network/noSuchType/{name}"
    assert refused(operations.get_by_id, wrong, api_version=version, status=404) == "InvalidResourceType"
    wrong = f"{scope}/providers/Microsoft.Nonsense/things/{name}"
    assert refused(operations.get_by_id, wrong, api_version=version, status=404) == "InvalidResourceNamespace"
    assert refused(operations.get_by_id, table, api_version="2001-01-01", status=400) == "NoRegisteredProviderFound"


def test_providers(resources):
    assert resources.providers.get("Microsoft.Network").registration_state == "Registered"
    assert "Microsoft.RedHatOpenShift" in [one.namespace for one in resources.providers.list()]
    types = {one.resource_type for one in resources.providers.get("microsoft.compute").resource_types}
    assert {"virtualMachines", "disks"} <= types
    assert resources.providers.register("Microsoft.Storage").registration_state == "Registered"
    assert "Microsoft.Network" in [one.namespace for one in resources.providers.list_at_tenant_scope()]
    assert "disks" in [one.resource_type for one in resources.provider_resource_types.list("Microsoft.Compute").value]


def test_operations_of_providers(clients):
    names = [one.name for one in clients.make(NetworkManagementClient).operations.list()]
    assert "Microsoft.Network/virtualNetworks/subnets/write" in names


def test_tags(resources, clients, group, name, dev, refused):
    tables = clients.make(NetworkManagementClient).route_tables
    body = {"location": dev.location, "tags": {"a": "1"}, "properties": {"routes": []}}
    table = done(tables.begin_create_or_update(group, name, body))
    tags = resources.tags

    def change(operation, given, scope=table.id):
        body = {"operation": operation, "properties": {"tags": given}}
        return done(tags.begin_update_at_scope(scope, body)).properties.tags

    assert tags.get_at_scope(table.id).properties.tags == {"a": "1"}
    assert change("Merge", {"b": "2", "a": "3"}) == {"a": "3", "b": "2"}
    assert change("Delete", {"b": "2", "a": "other"}) == {"a": "3"}
    assert change("Replace", {"c": "4"}) == {"c": "4"}
    assert tables.get(group, name).tags == {"c": "4"}
    assert "c" in [one.tag_name for one in tags.list()]
    done(tags.begin_delete_at_scope(table.id))
    assert not tables.get(group, name).tags

    whole = f"/subscriptions/{dev.subscription}/resourceGroups/{group}"
    assert done(tags.begin_create_or_update_at_scope(whole, {"properties": {"tags": {"d": "5"}}}))
    assert resources.resource_groups.get(group).tags == {"d": "5"}
    assert change("Merge", {"team": name}, whole.split("/resourceGroups/")[0])["team"] == name
    bad = {"operation": "Shuffle", "properties": {"tags": {}}}
    assert refused(tags.begin_update_at_scope, table.id, bad, status=400) == "InvalidTagsPatchOperation"
    bad = {"operation": "Merge", "properties": {"tags": {"a/b": "1"}}}
    assert refused(tags.begin_update_at_scope, table.id, bad, status=400) == "InvalidTagNameValue"
    assert refused(tags.get_at_scope, f"{table.id}-2", status=404) == "ResourceNotFound"


def template(*items, **parts):
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": list(items)} | parts


def test_deployments(deployments, group, name, dev):
    table = {
        "type": "Microsoft.Network/routeTables",
        "apiVersion": "2020-08-01",
        "name": "[parameters('name')]",
        "location": "[resourceGroup().location]",
        "properties": {"routes": []},
    }
    body = {
        "properties": {
            "mode": "Incremental",
            "template": template(
                table,
                parameters={"name": {"type": "string"}},
                outputs={"id": {"type": "string", "value": "[resourceId('Microsoft.Network/routeTables', 'table')]"}},
            ),
            "parameters": {"name": {"value": "table"}},
        }
    }
    operations = deployments.deployments
    made = life(
        lambda body: operations.begin_create_or_update(group, name, body),
        lambda: operations.get(group, name),
        lambda: operations.list_by_resource_group(group),
        lambda: operations.begin_delete(group, name),
        body,
    )
    assert made["properties"]["outputs"]["id"]["value"].endswith("/routeTables/table")
    assert made["properties"]["outputResources"][0]["id"].endswith("/routeTables/table")
    done(operations.begin_create_or_update(group, name, body))
    assert operations.check_existence(group, name)
    assert operations.export_template(group, name).template["resources"]
    steps = [plain(one)["properties"] for one in deployments.deployment_operations.list(group, name)]
    assert [one["targetResource"]["resourceName"] for one in steps if one.get("targetResource")] == ["table"]
    checked = done(operations.begin_validate(group, name, body))
    assert checked.error is None


def test_copies_references_and_outputs(deployments, group, name):
    address = {
        "type": "Microsoft.Network/publicIPAddresses",
        "apiVersion": "2020-08-01",
        "name": "[concat('address-', copyIndex(1))]",
        "location": "[resourceGroup().location]",
        "sku": {"name": "Standard"},
        "properties": {"publicIPAllocationMethod": "Static"},
        "copy": {"name": "addresses", "count": "[variables('count')]"},
    }
    gateway = {
        "type": "Microsoft.Network/natGateways",
        "apiVersion": "2020-08-01",
        "name": "gateway",
        "location": "[resourceGroup().location]",
        "sku": {"name": "Standard"},
        "tags": {"first": "[reference(resourceId('Microsoft.Network/publicIPAddresses', 'address-1')).ipAddress]"},
        "properties": {
            "copy": [
                {
                    "name": "publicIpAddresses",
                    "count": "[variables('count')]",
                    "input": {
                        "id": "[resourceId('Microsoft.Network/publicIPAddresses', "
                        "concat('address-', copyIndex('publicIpAddresses', 1)))]"
                    },
                }
            ]
        },
        "dependsOn": ["addresses"],
    }
    whole = template(
        address,
        gateway,
        variables={"count": 3},
        outputs={
            "first": {"type": "string", "value": "[reference('address-1').ipAddress]"},
            "gateway": {"type": "object", "value": "[reference('gateway', '2020-08-01', 'full')]"},
            "all": {
                "type": "array",
                "copy": {"count": 3, "input": "[reference(concat('address-', copyIndex(1))).ipAddress]"},
            },
            "unless": {"type": "string", "condition": False, "value": "[reference('nothing').at]"},
        },
    )
    body = {"properties": {"mode": "Incremental", "template": whole}}
    made = plain(done(deployments.deployments.begin_create_or_update(group, name, body)))["properties"]
    outputs = {key: one["value"] for key, one in made["outputs"].items()}
    assert set(outputs) == {"first", "gateway", "all"}
    assert len(outputs["all"]) == 3 and outputs["all"][0] == outputs["first"]
    assert outputs["gateway"]["tags"]["first"] == outputs["first"]
    assert len(outputs["gateway"]["properties"]["publicIpAddresses"]) == 3
    assert len(made["outputResources"]) == 4


def test_deployments_that_fail(deployments, group, name, refused):
    create = deployments.deployments.begin_create_or_update

    def body(*items, **parts):
        return {"properties": {"mode": "Incremental", "template": template(*items, **parts)}}

    table = {
        "type": "Microsoft.Network/routeTables",
        "apiVersion": "2020-08-01",
        "name": "table",
        "location": "[resourceGroup().location]",
        "properties": {"routes": []},
    }
    for wrong in (
        body(table | {"name": "[nonsense()]"}),
        body(table, table),
        body(table | {"dependsOn": ["elsewhere"]}),
        body(table | {"name": "a/b"}),
        body(table | {"name": "[parameters('missing')]"}),
        body(table, nonsense={}),
    ):
        assert refused(create, group, name, wrong, status=400) == "InvalidTemplate"
    assert refused(create, group, name, {"properties": {"mode": "Often"}}, status=400)
    with pytest.raises(HttpResponseError) as failure:
        done(create(group, name, body(table | {"properties": {"colour": "blue"}})))
    assert failure.value.error.code == "DeploymentFailed"
    assert failure.value.error.details[0].code == "InvalidRequestFormat"
    state = deployments.deployments.get(group, name).properties
    assert state.provisioning_state == "Failed"


def test_policy_refuses(resources, clients, group, name, dev, refused):
    """Azure has no published client for policies in these packages that is small; the generic one does."""
    operations, version = resources.resources, "2021-06-01"
    definition = f"/subscriptions/{dev.subscription}/providers/Microsoft.Authorization/policyDefinitions/{name}"
    rule = {
        "if": {"allOf": [{"field": "type", "equals": "Microsoft.Network/routeTables"}, {"field": "tags['cost']", "exists": "false"}]},
        "then": {"effect": "deny"},
    }
    body = {"properties": {"policyType": "Custom", "mode": "All", "displayName": "Tag them", "policyRule": rule}}
    done(operations.begin_create_or_update_by_id(definition, body, api_version=version))
    scope = f"/subscriptions/{dev.subscription}/resourceGroups/{group}"
    assignment = f"{scope}/providers/Microsoft.Authorization/policyAssignments/{name}"
    done(operations.begin_create_or_update_by_id(assignment, {"properties": {"policyDefinitionId": definition}}, api_version="2022-06-01"))
    table = f"{scope}/providers/Microsoft.Network/routeTables/{name}"
    plain_table = {"location": dev.location, "properties": {"routes": []}}
    create = operations.begin_create_or_update_by_id
    assert refused(create, table, plain_table, api_version="2022-01-01", status=403) == "RequestDisallowedByPolicy"
    done(create(table, plain_table | {"tags": {"cost": "none"}}, api_version="2022-01-01"))
    done(operations.begin_delete_by_id(assignment, api_version="2022-06-01"))
    done(create(f"{table}-2", plain_table, api_version="2022-01-01"))


def test_features(clients, refused):
    features = clients.make(FeatureClient).features
    assert features.register("Microsoft.Network", "SomeFeature").properties.state == "Registered"
    assert features.get("Microsoft.Network", "SomeFeature").properties.state == "Registered"
    assert "Microsoft.Network/SomeFeature" in [one.name for one in features.list("Microsoft.Network")]
    assert "Microsoft.Network/SomeFeature" in [one.name for one in features.list_all()]
    assert features.unregister("Microsoft.Network", "SomeFeature").properties.state in ("Unregistered", "NotRegistered")


def test_subscriptions(clients, dev, refused):
    operations = clients.make(SubscriptionClient)
    assert dev.subscription in [one.subscription_id for one in operations.subscriptions.list()]
    assert operations.subscriptions.get(dev.subscription).state == "Enabled"
    assert dev.location in [one.name for one in operations.subscriptions.list_locations(dev.subscription)]
    assert [one.tenant_id for one in operations.tenants.list()] == [dev.ready["tenant"]]
    missing = "00000000-0000-0000-0000-00000000dead"
    assert refused(operations.subscriptions.get, missing, status=404) == "SubscriptionNotFound"
