//! Records of the cluster's domain in the provider's zone.

use std::collections::BTreeMap;

use aro_api::{CloudError, Code};
use aro_azure::{
    ArmClient, Precondition,
    dns::{self, ARecord, RecordSet, RecordSetProperties},
};

use super::context::Cx;
use crate::{Change, StepError, Verdict};

/// Seconds a resolver may keep a record.
const TTL: u32 = 300;
/// Metadata that says whose record it is.
const OWNER: &str = "resourceId";

/// The part of a domain before the provider's zone; `None` when the customer looks after the domain.
pub(crate) fn managed_prefix<'a>(domain: &'a str, zone: &str) -> Option<&'a str> {
    let prefix = domain
        .strip_suffix(zone)
        .and_then(|rest| rest.strip_suffix('.'))
        .unwrap_or(domain);
    (!prefix.is_empty() && !prefix.contains('.')).then_some(prefix)
}

/// The whole domain: one label lies in the provider's zone.
pub(crate) fn full_domain(cx: &Cx) -> String {
    let domain = &cx.properties().cluster_profile.domain;
    if domain.contains('.') {
        domain.clone()
    } else {
        format!("{domain}.{}", cx.environment.config.dns_zone)
    }
}

struct Records {
    arm: ArmClient,
    api: String,
    apps: String,
    owner: String,
}

impl Records {
    /// The two records of a managed domain.
    async fn of(cx: &Cx) -> Result<Option<Self>, StepError> {
        let zone = &cx.environment.config.dns_zone;
        let Some(prefix) = managed_prefix(&cx.properties().cluster_profile.domain, zone) else {
            return Ok(None);
        };
        let below = format!(
            "{}/providers/Microsoft.Network/dnszones/{zone}/A",
            cx.environment.provider_group()
        );
        Ok(Some(Self {
            arm: cx.provider_arm().await?,
            api: format!("{below}/api.{prefix}"),
            apps: format!("{below}/*.apps.{prefix}"),
            owner: cx.cluster().id.clone(),
        }))
    }

    fn owns(&self, record: &RecordSet) -> bool {
        record
            .properties
            .metadata
            .get(OWNER)
            .is_some_and(|owner| owner.eq_ignore_ascii_case(&self.owner))
    }
}

/// Takes the domain for this cluster: the record `api` without an address, marked with the cluster's id.
pub(crate) async fn reserve(cx: Cx) -> Result<Verdict, StepError> {
    let Some(records) = Records::of(&cx).await? else {
        return Ok(Change::none().into());
    };
    match records.arm.find::<RecordSet>(&records.api).await? {
        Some(record) if records.owns(&record) => {}
        Some(_) => {
            let text = format!(
                "The domain {} belongs to another cluster. Choose another domain.",
                cx.properties().cluster_profile.domain
            );
            return Err(
                CloudError::bad_request(Code::DUPLICATE_DOMAIN, "properties.clusterProfile.domain", text).into(),
            );
        }
        None => {
            let record = RecordSet {
                properties: RecordSetProperties {
                    ttl: TTL,
                    metadata: BTreeMap::from([(OWNER.to_owned(), records.owner.clone())]),
                    ..RecordSetProperties::default()
                },
                ..RecordSet::default()
            };
            // When the record is there all of a sudden, the next attempt sees whose it is: ours, if a reply was lost.
            records.arm.put_if(&records.api, &record, &Precondition::Absent).await?;
        }
    }
    Ok(Change::none().into())
}

/// Resource id of the cluster that has the domain; `None` when nobody has it or the customer looks after it.
pub(crate) async fn owner(cx: &Cx) -> Result<Option<String>, StepError> {
    let Some(records) = Records::of(cx).await? else {
        return Ok(None);
    };
    let record = records.arm.find::<RecordSet>(&records.api).await?;
    // A record without an owner is somebody else's too.
    Ok(record.map(|record| record.properties.metadata.get(OWNER).cloned().unwrap_or_default()))
}

/// Points `api` at an address.
pub(crate) async fn point_api(cx: &Cx, address: &str) -> Result<(), StepError> {
    let Some(records) = Records::of(cx).await? else {
        return Ok(());
    };
    let mut record: RecordSet = records.arm.get(&records.api).await?;
    if !records.owns(&record) {
        return Err(StepError::Unexpected(
            "the DNS record of the API server belongs to another cluster".to_owned(),
        ));
    }
    if addresses(&record) != [address] {
        record.properties.a_records = vec![ARecord {
            ipv4_address: address.to_owned(),
        }];
        records.arm.replace(&records.api, &record).await?;
    }
    Ok(())
}

/// Points `*.apps` at an address.
pub(crate) async fn point_apps(cx: &Cx, address: &str) -> Result<(), StepError> {
    let Some(records) = Records::of(cx).await? else {
        return Ok(());
    };
    let current = records.arm.find::<RecordSet>(&records.apps).await?;
    if current.as_ref().is_some_and(|record| addresses(record) == [address]) {
        return Ok(());
    }
    let record = RecordSet {
        properties: RecordSetProperties {
            ttl: TTL,
            a_records: vec![ARecord {
                ipv4_address: address.to_owned(),
            }],
            ..RecordSetProperties::default()
        },
        ..RecordSet::default()
    };
    records.arm.put(&records.apps, &record).await?;
    Ok(())
}

fn addresses(record: &RecordSet) -> Vec<&str> {
    record
        .properties
        .a_records
        .iter()
        .map(|record| record.ipv4_address.as_str())
        .collect()
}

/// Gives the domain back. `api`, which says whose the domain is, goes last.
pub(crate) async fn remove(cx: Cx) -> Result<Verdict, StepError> {
    let Some(records) = Records::of(&cx).await? else {
        return Ok(Change::none().into());
    };
    if let Some(record) = records.arm.find::<RecordSet>(&records.api).await?
        && records.owns(&record)
    {
        records.arm.delete(&records.apps, dns::API_VERSION).await?;
        let etag = Some(record.etag.as_str()).filter(|etag| !etag.is_empty());
        records.arm.delete_if(&records.api, dns::API_VERSION, etag).await?;
    }
    Ok(Change::none().into())
}

#[cfg(test)]
mod tests {
    use super::managed_prefix;

    #[test]
    fn managed_and_own_domains() {
        assert_eq!(managed_prefix("abc", "aro.example"), Some("abc"));
        assert_eq!(managed_prefix("abc.aro.example", "aro.example"), Some("abc"));
        assert_eq!(managed_prefix("abc.corp.example", "aro.example"), None);
        assert_eq!(managed_prefix("a.b.aro.example", "aro.example"), None);
        assert_eq!(managed_prefix("abcaro.example", "aro.example"), None);
    }
}
