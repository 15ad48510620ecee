//! What a cluster costs, or rather since when.

use aro_api_derive::Resource;

use super::Extra;

/// Since when and until when a cluster is billed.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "Billing")]
pub struct Billing {
    /// When the cluster was created, in seconds since 1970.
    #[aro(name = "creationTime", in("admin"))]
    pub creation_time: i64,
    /// When it was deleted, in seconds since 1970; 0 while it lives.
    #[aro(name = "deletionTime", in("admin"))]
    pub deletion_time: i64,
    /// Until when it has been billed, in seconds since 1970.
    #[aro(name = "lastBillingTime", in("admin"))]
    pub last_billing_time: i64,
    /// The Azure region.
    #[aro(name = "location", in("admin"))]
    pub location: String,
    /// The tenant of the customer.
    #[aro(name = "tenantID", in("admin"))]
    pub tenant_id: String,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}
