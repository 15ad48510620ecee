//! Subscriptions as ARM tells us about them.

use aro_api_derive::Resource;

use super::{Extra, Seq, SubscriptionState};

/// A subscription in which the provider is or was registered.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "Subscription")]
pub struct Subscription {
    /// Its state.
    #[aro(name = "state")]
    pub state: SubscriptionState,
    /// Its properties.
    #[aro(name = "properties")]
    pub properties: Option<SubscriptionProperties>,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// The properties of a subscription.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "SubscriptionProperties")]
pub struct SubscriptionProperties {
    /// The tenant of the subscription.
    #[aro(name = "tenantId")]
    pub tenant_id: String,
    /// Who pays.
    #[aro(name = "accountOwner")]
    pub account_owner: Option<AccountOwner>,
    /// The preview features that are registered.
    #[aro(name = "registeredFeatures")]
    pub registered_features: Seq<RegisteredFeature>,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// Who pays for a subscription.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "AccountOwner")]
pub struct AccountOwner {
    /// An e-mail address; blanked before anything is stored.
    #[aro(name = "email")]
    pub email: String,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}

/// A preview feature of a subscription.
#[derive(Clone, Debug, Default, PartialEq, Resource)]
#[aro(def = "RegisteredFeature")]
pub struct RegisteredFeature {
    /// Its name, with the provider namespace.
    #[aro(name = "name", key)]
    pub name: String,
    /// Its state.
    #[aro(name = "state")]
    pub state: String,
    /// Members that this build does not know.
    #[aro(extra)]
    pub rest: Extra,
}
