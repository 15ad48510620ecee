"""azure-mgmt-keyvault and azure-mgmt-containerregistry."""

from azure.mgmt.containerregistry import ContainerRegistryManagementClient
from azure.mgmt.keyvault import KeyVaultManagementClient

from lifecycle import done, life, plain


def test_vaults(clients, group, name, dev, refused):
    vaults = clients.make(KeyVaultManagementClient).vaults
    properties = {"tenantId": dev.ready["tenant"], "sku": {"family": "A", "name": "standard"}, "accessPolicies": []}
    body = {"location": dev.location, "properties": properties}
    made = life(
        lambda body: vaults.begin_create_or_update(group, name, body),
        lambda: vaults.get(group, name),
        lambda: vaults.list_by_resource_group(group),
        lambda: vaults.delete(group, name),
        body,
        update=lambda tags: vaults.update(group, name, {"tags": tags}),
        also_listed=[vaults.list_by_subscription],
    )
    assert made["properties"]["vaultUri"]
    assert refused(vaults.begin_create_or_update, group, "1-wrong", body, status=400)


def test_registries_and_their_tokens(clients, group, name, dev, refused):
    client = clients.make(ContainerRegistryManagementClient)
    registries, tokens, maps = client.registries, client.tokens, client.scope_maps
    body = {"location": dev.location, "sku": {"name": "Premium"}}
    made = life(
        lambda body: registries.begin_create(group, name, body),
        lambda: registries.get(group, name),
        lambda: registries.list_by_resource_group(group),
        lambda: registries.begin_delete(group, name),
        body,
        update=lambda tags: registries.begin_update(group, name, {"tags": tags}),
        also_listed=[registries.list],
    )
    assert made["properties"]["loginServer"] == f"{name}.azurecr.io"
    registry = done(registries.begin_create(group, name, body))
    pull = f"{registry.id}/scopeMaps/_repositories_pull"
    assert plain(maps.get(group, name, "_repositories_pull"))["properties"]["actions"]
    life(
        lambda body: tokens.begin_create(group, name, "token", body),
        lambda: tokens.get(group, name, "token"),
        lambda: tokens.list(group, name),
        lambda: tokens.begin_delete(group, name, "token"),
        {"properties": {"scopeMapId": pull, "status": "enabled"}},
    )
    token = done(tokens.begin_create(group, name, "token", {"properties": {"scopeMapId": pull, "status": "enabled"}}))
    wish = {"tokenId": token.id, "name": "password1", "expiry": "2099-01-01T00:00:00Z"}
    credentials = done(registries.begin_generate_credentials(group, name, wish))
    assert credentials.username == "token"
    assert credentials.passwords[0].name == "password1" and credentials.passwords[0].value
    shown = plain(tokens.get(group, name, "token"))["properties"]["credentials"]["passwords"]
    assert shown[0]["name"] == "password1" and "value" not in shown[0]
    second = done(registries.begin_generate_credentials(group, name, wish | {"name": "password2"}))
    assert second.passwords[0].name == "password2"
    assert len(plain(tokens.get(group, name, "token"))["properties"]["credentials"]["passwords"]) == 2
    nothing = {"properties": {"scopeMapId": f"{pull}-that-is-not-there"}}
    assert refused(tokens.begin_create, group, name, "other", nothing, status=400)
    wrong = wish | {"tokenId": f"{token.id}-that-is-not-there"}
    assert refused(registries.begin_generate_credentials, group, name, wrong, status=400) == "InvalidTokenId"
