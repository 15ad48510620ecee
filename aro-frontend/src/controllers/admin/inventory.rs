//! GET /admin/clusters: all clusters of the region at a glance.

use aro_api::arm_id::ResourceId;
use aro_store::{ClusterDocument, ClusterScope};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::indented;
use crate::fault::Fault;
use crate::reply::Reply;
use crate::request::Call;

/// Documents that are read at once. All of them end up in the reply, but not in memory as a whole.
const PAGE: usize = 200;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    key: String,
    name: String,
    subscription: String,
    resource_group: String,
    resource_id: String,
    provisioning_state: String,
    failed_provisioning_state: String,
    version: String,
    created_at: String,
    created_by: String,
    provisioned_by: String,
    last_modified: String,
}

impl From<ClusterDocument> for Entry {
    fn from(document: ClusterDocument) -> Entry {
        let cluster = document.cluster;
        let properties = cluster.properties;
        let resource_group = ResourceId::parse(&cluster.id).and_then(|id| id.resource_group);
        let resource_group = resource_group.unwrap_or_default().to_string();
        let modified = cluster.system_data.and_then(|data| data.last_modified_at);
        Entry {
            key: document.id,
            name: cluster.name,
            subscription: document.partition_key,
            resource_group,
            resource_id: cluster.id,
            provisioning_state: properties.provisioning_state.as_str().to_string(),
            failed_provisioning_state: properties.failed_provisioning_state.as_str().to_string(),
            version: properties.cluster_profile.version,
            created_at: written(properties.created_at),
            created_by: properties.created_by,
            provisioned_by: properties.provisioned_by,
            last_modified: written(modified),
        }
    }
}

/// A time as text; empty for none.
fn written(time: Option<OffsetDateTime>) -> String {
    time.and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_default()
}

/// A member of an entry that can be filtered by.
type Member = fn(&Entry) -> &str;

/// What the client wants to see: each filter that is set must fit, in any letter case.
struct Filter {
    contains: Vec<(Member, String)>,
    state: Option<String>,
}

impl Filter {
    fn of(call: &Call) -> Filter {
        let members: [(&str, Member); 5] = [
            ("name", |entry| &entry.name),
            ("subscription", |entry| &entry.subscription),
            ("version", |entry| &entry.version),
            ("created_by", |entry| &entry.created_by),
            ("provisioned_by", |entry| &entry.provisioned_by),
        ];
        let wanted = |parameter: &str| call.parameter(parameter).filter(|value| !value.is_empty());
        Filter {
            contains: members
                .into_iter()
                .filter_map(|(parameter, member)| Some((member, wanted(parameter)?.to_lowercase())))
                .collect(),
            state: wanted("state"),
        }
    }

    fn lets_pass(&self, entry: &Entry) -> bool {
        self.contains
            .iter()
            .all(|(member, part)| member(entry).to_lowercase().contains(part))
            && self
                .state
                .as_ref()
                .is_none_or(|state| state.eq_ignore_ascii_case(&entry.provisioning_state))
    }
}

/// GET /admin/clusters
pub(crate) async fn get(call: Call) -> Result<Reply, Fault> {
    let filter = Filter::of(&call);
    let clusters = call.app.parts.store.clusters();
    // The store's order is that of the ids in lower case.
    let mut entries = Vec::new();
    let mut after = None;
    loop {
        let page = clusters.list(&ClusterScope::All, after.as_deref(), PAGE).await?;
        for error in &page.corrupt {
            tracing::error!(%error, "a cluster is left out of the inventory");
        }
        let found = page.documents.into_iter().map(|stored| Entry::from(stored.document));
        entries.extend(found.filter(|entry| filter.lets_pass(entry)));
        after = page.next;
        if after.is_none() {
            return indented(&entries);
        }
    }
}
