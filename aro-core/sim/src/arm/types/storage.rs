//! Storage accounts and their blob containers.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Behaviour, Put, network};
use crate::arm::cx::Cx;
use crate::arm::error::ArmError;
use crate::arm::front::ArmCall;
use crate::arm::id::{key, last};
use crate::arm::registry::{Dialect, Flow, Kind, never_in_use};
use crate::call::Reply;
use crate::clock::rfc3339;
use crate::planes::sas;
use crate::state::{Resource, State};

pub(crate) const ACCOUNT: &str = "Microsoft.Storage/storageAccounts";
pub(crate) const SERVICE: &str = "Microsoft.Storage/storageAccounts/blobServices";
pub(crate) const CONTAINER: &str = "Microsoft.Storage/storageAccounts/blobServices/containers";

const fn row(
    name: &'static str,
    shape: &'static str,
    valid_name: fn(&str) -> bool,
    behaviour: &'static dyn Behaviour,
) -> Kind {
    Kind {
        name,
        dialect: Dialect::Storage,
        shape,
        located: false,
        valid_name,
        put: Flow::Now,
        delete: Flow::Now,
        put_time: Duration::ZERO,
        delete_time: Duration::ZERO,
        etag: false,
        in_use: never_in_use,
        behaviour,
    }
}

pub(super) const KINDS: &[Kind] = &[
    Kind {
        located: true,
        put: Flow::AcceptedWhenNew,
        put_time: Duration::from_millis(200),
        ..row(
            ACCOUNT,
            "sku!{name! tier} kind! identity{*} extendedLocation{*} zones[] properties{ accessTier allowBlobPublicAccess \
             allowCrossTenantReplication allowSharedKeyAccess allowedCopyScope azureFilesIdentityBasedAuthentication{*} \
             customDomain{*} defaultToOAuthAuthentication dnsEndpointType enableExtendedGroups \
             encryption{ identity{*} keySource keyvaultproperties{*} requireInfrastructureEncryption services{ \
                blob{enabled keyType lastEnabledTime} file{enabled keyType lastEnabledTime} queue{enabled keyType lastEnabledTime} \
                table{enabled keyType lastEnabledTime} } } \
             immutableStorageWithVersioning{*} isHnsEnabled isLocalUserEnabled isNfsV3Enabled isSftpEnabled \
             keyPolicy{keyExpirationPeriodInDays} largeFileSharesState minimumTlsVersion \
             networkAcls{ bypass defaultAction! ipRules[]{value action} resourceAccessRules[]{*} ipv6Rules[]{*} \
                virtualNetworkRules[]{id!@ action state} } \
             publicNetworkAccess routingPreference{*} sasPolicy{expirationAction sasExpirationPeriod} supportsHttpsTrafficOnly \
             primaryEndpoints~ secondaryEndpoints~ primaryLocation~ secondaryLocation~ statusOfPrimary~ statusOfSecondary~ \
             creationTime~ lastGeoFailoverTime~ failoverInProgress~ geoReplicationStats~ keyCreationTime~ \
             privateEndpointConnections~ blobRestoreStatus~ storageAccountSkuConversionStatus~ isSkuConversionBlocked~ \
             accountMigrationInProgress~ provisioningState~ }",
            account_name,
            &Accounts,
        )
    },
    row(SERVICE, "sku{*} properties{*}", default_name, &super::Nothing),
    row(
        CONTAINER,
        "properties{ publicAccess metadata{*} defaultEncryptionScope denyEncryptionScopeOverride immutableStorageWithVersioning{*} \
         enableNfsV3AllSquash enableNfsV3RootSquash deleted~ deletedTime~ hasImmutabilityPolicy~ hasLegalHold~ immutabilityPolicy~ \
         lastModifiedTime~ leaseDuration~ leaseState~ leaseStatus~ legalHold~ remainingRetentionDays~ version~ }",
        container_name,
        &Containers,
    ),
];

/// 3 to 24 lower-case letters and digits.
fn account_name(name: &str) -> bool {
    (3..=24).contains(&name.len()) && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
}

fn default_name(name: &str) -> bool {
    name.eq_ignore_ascii_case("default")
}

/// 3 to 63 lower-case letters, digits and single dashes, or a special container.
fn container_name(name: &str) -> bool {
    if ["$web", "$root", "$logs"].contains(&name) {
        return true;
    }
    (3..=63).contains(&name.len())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}

/// The account of this name, wherever it is: names are unique in all of Azure.
pub(crate) fn account<'a>(state: &'a State, name: &str) -> Option<(&'a String, &'a Resource)> {
    state
        .resources
        .iter()
        .find(|(_, one)| one.kind == ACCOUNT && one.name.eq_ignore_ascii_case(name))
}

struct Accounts;

impl Behaviour for Accounts {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        if put.old.is_none()
            && let Some((_, other)) = account(put.cx.state, &new.name)
        {
            return Err(ArmError::new(
                409,
                "StorageAccountAlreadyTaken",
                format!("The storage account named {} is already taken.", other.name),
            ));
        }
        service_endpoints(put, new)?;
        let old_kind = put.old.and_then(|old| old.body.get("kind"));
        if old_kind.is_some_and(|kind| Some(kind) != new.body.get("kind")) {
            return Err(ArmError::bad(
                "InvalidAccountKindChange",
                format!("The kind of storage account {} cannot be changed.", new.name),
            ));
        }
        if let Some(sku) = new.body.get_mut("sku") {
            let tier = sku["name"]
                .as_str()
                .unwrap_or_default()
                .split('_')
                .next()
                .unwrap_or_default()
                .to_owned();
            sku["tier"] = json!(tier);
        }
        let at = rfc3339(put.cx.now);
        let location = new.location.clone();
        let blob = &put.cx.facts.endpoints.blob;
        let name = new.name.clone();
        let infrastructure = |one: &Resource| {
            one.property("encryption")
                .and_then(|one| one["requireInfrastructureEncryption"].as_bool())
                .unwrap_or(false)
        };
        if let Some(old) = put.old
            && new.property("encryption").is_some()
            && infrastructure(old) != infrastructure(new)
        {
            return Err(ArmError::bad(
                "CannotChangeRequireInfrastructureEncryption",
                format!(
                    "The property requireInfrastructureEncryption of storage account {name} cannot be changed after creation."
                ),
            ));
        }
        let properties = new.properties_mut();
        if let Some(old) = put.old {
            // What a later PUT leaves out stays as it is.
            for (member, value) in old.properties() {
                properties.entry(member.clone()).or_insert_with(|| value.clone());
            }
        }
        properties.insert(
            "primaryEndpoints".to_owned(),
            json!({"blob": format!("{blob}/{name}/"), "web": format!("{blob}/{name}/$web/"), "dfs": format!("{blob}/{name}/")}),
        );
        properties.insert("primaryLocation".to_owned(), json!(location));
        properties.insert("statusOfPrimary".to_owned(), json!("available"));
        network::default(properties, "creationTime", json!(at));
        network::default(properties, "allowSharedKeyAccess", json!(true));
        network::default(
            properties,
            "networkAcls",
            json!({
                "bypass": "AzureServices", "virtualNetworkRules": [], "ipRules": [], "defaultAction": "Allow",
            }),
        );
        for key in ["_key1", "_key2"] {
            network::default(properties, key, json!(new_key()));
        }
        Ok(())
    }

    fn written(&self, cx: &mut Cx<'_>, own_key: &str) -> Result<(), ArmError> {
        let Some(account) = cx.state.resources.get(own_key) else {
            return Ok(());
        };
        let id = format!("{}/blobServices/default", account.id);
        if !cx.state.resources.contains(&key(&id)) {
            let at = rfc3339(cx.now);
            let mut body = Map::new();
            body.insert(
                "properties".to_owned(),
                json!({"deleteRetentionPolicy": {"enabled": false}}),
            );
            let service = Resource {
                name: last(&id).to_owned(),
                kind: SERVICE.to_owned(),
                location: None,
                body,
                etag: Uuid::new_v4().to_string(),
                created_at: at.clone(),
                changed_at: at,
                operation: None,
                deleting: false,
                refs: Vec::new(),
                id: id.clone(),
            };
            cx.state.resources.put(key(&id), service);
        }
        Ok(())
    }

    fn deleted(&self, cx: &mut Cx<'_>, _own_key: &str, resource: &Resource) {
        remove_blobs(cx.state, &format!("{}/", resource.name));
    }

    fn action(
        &self,
        cx: &mut Cx<'_>,
        arm: &ArmCall<'_>,
        own_key: &str,
        action: &str,
    ) -> Option<Result<Reply, ArmError>> {
        let account = cx.state.resources.get(own_key)?.clone();
        let shared = account
            .property("allowSharedKeyAccess")
            .and_then(Value::as_bool)
            .unwrap_or(true);
        match action.to_lowercase().as_str() {
            "listkeys" => Some(Ok(Reply::json(200, &keys(&account)))),
            "regeneratekey" => Some(arm.body().and_then(|body| {
                let wanted = body["keyName"].as_str().unwrap_or_default();
                if !["key1", "key2"].contains(&wanted) {
                    return Err(ArmError::bad(
                        "InvalidValuesForRequestParameters",
                        "Values for request parameters are invalid: keyName.",
                    ));
                }
                let mut renewed = account.clone();
                renewed.properties_mut().insert(format!("_{wanted}"), json!(new_key()));
                let reply = Reply::json(200, &keys(&renewed));
                cx.state.resources.put(own_key.to_owned(), renewed);
                Ok(reply)
            })),
            "listaccountsas" => Some(arm.body().and_then(|body| {
                if !shared {
                    return Err(ArmError::new(
                        403,
                        "KeyBasedAuthenticationNotPermitted",
                        "Key based authentication is not permitted on this storage account.",
                    ));
                }
                let secret = account.property_text("_key1").unwrap_or_default();
                sas::make(&body, &account.name, secret)
                    .map(|token| Reply::json(200, &json!({"accountSasToken": token})))
            })),
            _ => None,
        }
    }
}

/// A random account key.
fn new_key() -> String {
    let random = [
        Uuid::new_v4().into_bytes(),
        Uuid::new_v4().into_bytes(),
        Uuid::new_v4().into_bytes(),
        Uuid::new_v4().into_bytes(),
    ]
    .concat();
    STANDARD.encode(random)
}

fn keys(account: &Resource) -> Value {
    let keys: Vec<Value> = ["key1", "key2"]
        .iter()
        .map(|name| json!({"keyName": name, "value": account.property(&format!("_{name}")), "permissions": "FULL"}))
        .collect();
    json!({"keys": keys})
}

/// `…/providers/Microsoft.Storage/checkNameAvailability`.
pub(super) fn answer(cx: &Cx<'_>, arm: &ArmCall<'_>) -> Option<Result<Reply, ArmError>> {
    let own = "microsoft.storage/checknameavailability";
    if arm.call.method != Method::POST || arm.path.kind().to_lowercase() != own {
        return None;
    }
    let checked = || {
        let body = arm.body()?;
        let name = body["name"].as_str().unwrap_or_default();
        let refusal = if !account_name(name) {
            Some((
                "AccountNameInvalid",
                format!("{name} is not a valid storage account name: 3 to 24 lower-case letters and digits."),
            ))
        } else if account(cx.state, name).is_some() {
            Some((
                "AlreadyExists",
                format!("The storage account named {name} is already taken."),
            ))
        } else {
            None
        };
        Ok(Reply::json(
            200,
            &match refusal {
                Some((reason, message)) => json!({"nameAvailable": false, "reason": reason, "message": message}),
                None => json!({"nameAvailable": true}),
            },
        ))
    };
    Some(checked())
}

/// A subnet may be named in the firewall only if it has the storage endpoint.
fn service_endpoints(put: &Put<'_, '_>, new: &Resource) -> Result<(), ArmError> {
    let rules = new
        .property("networkAcls")
        .and_then(|acls| acls["virtualNetworkRules"].as_array())
        .cloned();
    for rule in rules.unwrap_or_default() {
        let id = rule["id"].as_str().unwrap_or_default();
        let subnet = put.cx.state.resources.get(&key(id));
        let endpoints = subnet
            .and_then(|one| one.property("serviceEndpoints")?.as_array())
            .cloned()
            .unwrap_or_default();
        if !endpoints.iter().any(|one| {
            one["service"]
                .as_str()
                .is_some_and(|one| one.to_lowercase().starts_with("microsoft.storage"))
        }) {
            return Err(ArmError::bad(
                "NetworkAclsValidationFailure",
                format!(
                    "Validation of network acls failure: SubnetsHaveNoServiceEndpointsConfigured:Subnets {} of virtual network do not have ServiceEndpoints for Microsoft.Storage resources configured. Add Microsoft.Storage to subnet's ServiceEndpoints collection before trying to ACL Microsoft.Storage resources to these subnets. ({id})",
                    last(id)
                ),
            ));
        }
    }
    Ok(())
}

/// Blobs go with their container or account.
pub(crate) fn remove_blobs(state: &mut State, prefix: &str) {
    let gone: Vec<String> = state.blobs.under(prefix).map(|(key, _)| key.clone()).collect();
    for one in gone {
        state.blobs.remove(&one);
    }
}

struct Containers;

impl Behaviour for Containers {
    fn accept(&self, put: &Put<'_, '_>, new: &mut Resource) -> Result<(), ArmError> {
        let at = rfc3339(put.cx.now);
        let properties = new.properties_mut();
        properties.remove("provisioningState");
        network::default(properties, "publicAccess", json!("None"));
        properties.insert("leaseState".to_owned(), json!("Available"));
        properties.insert("leaseStatus".to_owned(), json!("Unlocked"));
        properties.insert("lastModifiedTime".to_owned(), json!(at));
        properties.insert("hasImmutabilityPolicy".to_owned(), json!(false));
        properties.insert("hasLegalHold".to_owned(), json!(false));
        Ok(())
    }

    fn deleted(&self, cx: &mut Cx<'_>, own_key: &str, resource: &Resource) {
        let account = own_key
            .split("/storageaccounts/")
            .nth(1)
            .and_then(|rest| rest.split('/').next())
            .unwrap_or_default();
        remove_blobs(cx.state, &format!("{account}/{}/", resource.name));
    }
}
