//! What can be installed, and the roles it needs.

use aro_api::model::{Extra, OpenShiftVersion, PlatformWorkloadIdentityRoleSet};

use super::{own_partition, sealed};
use crate::backend::{Address, Collection, Content, Record};
use crate::members::{Malformed, Members};
use crate::{KeyRing, StoreError, secrets};

/// OpenShift versions.
pub(crate) static VERSIONS: Collection = Collection {
    name: "openshift_versions",
    keys: &[],
    default_ttl: None,
};

/// Role sets.
pub(crate) static ROLE_SETS: Collection = Collection {
    name: "platform_workload_identity_role_sets",
    keys: &[],
    default_ttl: None,
};

macro_rules! catalogue_document {
    ($(#[$meta:meta])* $document:ident, $(#[$member_meta:meta])* $member:ident: $payload:ident = $name:literal,
     $collection:ident) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $document {
            /// Chosen by whoever creates it.
            pub id: String,
            $(#[$member_meta])*
            pub $member: $payload,
            /// Members that this build does not know.
            pub extra: Extra,
        }

        impl sealed::Form for $document {
            fn collection() -> &'static Collection {
                &$collection
            }

            fn place(&mut self) -> Result<Address, StoreError> {
                own_partition(&$collection, &self.id)
            }

            fn encode(&self, keys: &KeyRing) -> Result<Content, Malformed> {
                let mut members = Members::with_extra(&self.extra);
                members.put("id", &self.id)?;
                members.put_payload($name, &self.$member, keys, &self.id)?;
                Ok(Content { body: members.into_body()?, keys: Vec::new(), queued: false, dequeues: 0, ttl: None })
            }

            fn any_stale(&self, keys: &KeyRing) -> bool {
                secrets::any_stale(&self.$member, keys)
            }

            fn decode(record: &Record, mut members: Members) -> Result<Self, Malformed> {
                members.take::<String>("id")?;
                Ok(Self {
                    id: record.address.id.clone(),
                    $member: members
                        .take_payload($name)?
                        .ok_or_else(|| Malformed(format!("there is no member '{}'", $name)))?,
                    extra: members.into_extra(),
                })
            }
        }
    };
}

catalogue_document!(
    /// A version that can be installed.
    OpenShiftVersionDocument,
    /// The version.
    openshift_version: OpenShiftVersion = "openShiftVersion",
    VERSIONS
);

catalogue_document!(
    /// The roles that the identities of a minor version need.
    PlatformWorkloadIdentityRoleSetDocument,
    /// The roles.
    platform_workload_identity_role_set: PlatformWorkloadIdentityRoleSet = "platformWorkloadIdentityRoleSet",
    ROLE_SETS
);
