//! What several rules need to know about a cluster, found out once; everything borrows from the request.

use super::Subject;
use crate::arm_id::{DiskEncryptionSetId, ResourceGroupId, ResourceId, SubnetId};
use crate::cidr::Cidr;
use crate::model::{Cluster, PlatformWorkloadIdentityProfile, Properties};

pub(super) struct Facts<'a> {
    pub(super) subject: Subject<'a>,
    pub(super) cluster: &'a Cluster,
    pub(super) properties: &'a Properties,
    /// The id in the URL; `None` if it is not the id of a resource in a resource group.
    pub(super) url: Option<UrlId<'a>>,
    pub(super) managed_group: Option<ResourceGroupId<'a>>,
    pub(super) pods: Option<Cidr>,
    pub(super) services: Option<Cidr>,
    pub(super) master_subnet: Option<SubnetId<'a>>,
    pub(super) master_disk_encryption_set: Option<DiskEncryptionSetId<'a>>,
}

#[derive(Clone, Copy)]
pub(super) struct UrlId<'a> {
    pub(super) subscription_id: &'a str,
    pub(super) resource_group: &'a str,
    pub(super) name: &'a str,
}

impl<'a> Facts<'a> {
    pub(super) fn new(subject: &Subject<'a>) -> Self {
        let cluster = subject.cluster;
        let properties = &cluster.properties;
        let network = &properties.network_profile;
        Self {
            subject: *subject,
            cluster,
            properties,
            url: ResourceId::parse(subject.resource_id).and_then(|id| {
                Some(UrlId {
                    subscription_id: id.subscription_id?,
                    resource_group: id.resource_group?,
                    name: id.name,
                })
            }),
            managed_group: ResourceGroupId::parse(&properties.cluster_profile.resource_group_id),
            pods: Cidr::parse(&network.pod_cidr),
            services: Cidr::parse(&network.service_cidr),
            master_subnet: SubnetId::parse(&properties.master_profile.subnet_id),
            master_disk_encryption_set: DiskEncryptionSetId::parse(&properties.master_profile.disk_encryption_set_id),
        }
    }

    pub(super) fn is_create(&self) -> bool {
        self.subject.current.is_none()
    }

    /// Whether an id names another subscription than the URL does. An unreadable URL has its own rule.
    pub(super) fn is_foreign(&self, subscription_id: &str) -> bool {
        self.url
            .is_some_and(|url| !url.subscription_id.eq_ignore_ascii_case(subscription_id))
    }

    /// The workload-identity profile. A new cluster has one only together with a map of identities.
    pub(super) fn workload_identities(&self) -> Option<&'a PlatformWorkloadIdentityProfile> {
        self.properties
            .platform_workload_identity_profile
            .as_ref()
            .filter(|profile| !self.is_create() || profile.platform_workload_identities.is_some())
    }

    /// Whether the body gives `null` at this JSON pointer.
    pub(super) fn is_null(&self, pointer: &str) -> bool {
        self.subject.null_elements.iter().any(|null| null == pointer)
    }
}
