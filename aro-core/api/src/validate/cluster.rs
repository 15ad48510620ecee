//! Rules about the cluster profile, the provisioning state, the console and the service principal.

use super::facts::Facts;
use super::text::quoted;
use crate::arm_id::eq_ignore_case;
use crate::model::{FipsValidatedModules, ProvisioningState};
use crate::{grammar, pull_secret};

fn is_common_state(state: &ProvisioningState) -> bool {
    use ProvisioningState::{AdminUpdating, Creating, Deleting, Failed, Succeeded, Updating};
    matches!(
        state,
        Creating | Updating | AdminUpdating | Deleting | Succeeded | Failed
    )
}

pub(super) fn state_unknown(f: &Facts<'_>) -> bool {
    !is_common_state(&f.properties.provisioning_state)
}

pub(super) fn state_unknown_but_cancelled(f: &Facts<'_>) -> bool {
    state_unknown(f) && f.properties.provisioning_state != ProvisioningState::Cancelled
}

pub(super) fn state_unknown_but_canceled(f: &Facts<'_>) -> bool {
    state_unknown(f) && f.properties.provisioning_state != ProvisioningState::Canceled
}

pub(super) fn state_message(f: &Facts<'_>) -> String {
    format!(
        "The provided provisioning state {} is invalid. Leave 'provisioningState' out; the service sets it.",
        quoted(f.properties.provisioning_state.as_str())
    )
}

/// The pull secret of the request; one that rests sealed was checked when it came.
fn pull_secret_fault(f: &Facts<'_>) -> Option<pull_secret::Malformed> {
    f.properties
        .cluster_profile
        .pull_secret
        .plain()
        .and_then(|text| pull_secret::check(text).err())
}

pub(super) fn pull_secret_malformed(f: &Facts<'_>) -> bool {
    pull_secret_fault(f).is_some()
}

pub(super) fn pull_secret_message(f: &Facts<'_>) -> String {
    let fault = pull_secret_fault(f).map(|fault| fault.to_string()).unwrap_or_default();
    format!("The provided pull secret {fault}. Copy it unchanged from the Red Hat console, or leave it out.")
}

fn domain<'a>(f: &Facts<'a>) -> &'a str {
    &f.properties.cluster_profile.domain
}

pub(super) fn new_domain_malformed(f: &Facts<'_>) -> bool {
    !grammar::is_new_domain(domain(f))
}

pub(super) fn domain_malformed(f: &Facts<'_>) -> bool {
    !grammar::is_domain(domain(f))
}

pub(super) fn new_domain_message(f: &Facts<'_>) -> String {
    format!(
        "The provided domain {} is invalid. Use lower-case letters, digits and dashes in labels of at most 63 \
         characters separated by dots; the first label starts with a letter and has at least two characters.",
        quoted(domain(f))
    )
}

pub(super) fn domain_message(f: &Facts<'_>) -> String {
    format!(
        "The provided domain {} is invalid. Use lower-case letters, digits and dashes in labels of at most 63 \
         characters separated by dots.",
        quoted(domain(f))
    )
}

/// What stands before `.` and the parent domain.
fn below<'a>(domain: &'a str, parent: &str) -> Option<&'a str> {
    domain.strip_suffix(parent)?.strip_suffix('.')
}

/// A default domain of another region: below the parent of this resource provider's domain, but not below the domain.
pub(super) fn domain_of_other_region(f: &Facts<'_>) -> bool {
    f.subject
        .domain
        .split_once('.')
        .is_some_and(|(_, shared)| below(domain(f), shared).is_some())
        && below(domain(f), f.subject.domain).is_none()
}

pub(super) fn domain_too_deep(f: &Facts<'_>) -> bool {
    below(domain(f), f.subject.domain).is_some_and(|prefix| prefix.contains('.'))
}

pub(super) fn default_domain_message(f: &Facts<'_>) -> String {
    format!(
        "The provided domain {} is invalid in this location. Use a single name, a single name below {}, or a domain \
         of your own.",
        quoted(domain(f)),
        quoted(f.subject.domain)
    )
}

fn group_id<'a>(f: &Facts<'a>) -> &'a str {
    &f.properties.cluster_profile.resource_group_id
}

pub(super) fn group_malformed(f: &Facts<'_>) -> bool {
    f.managed_group.is_none()
}

pub(super) fn group_malformed_message(f: &Facts<'_>) -> String {
    format!(
        "The provided resource group {} is invalid. Give the id of a resource group that does not exist yet, in the \
         form '/subscriptions/<subscription>/resourceGroups/<name>'.",
        quoted(group_id(f))
    )
}

pub(super) fn group_foreign(f: &Facts<'_>) -> bool {
    f.managed_group.is_some_and(|group| f.is_foreign(group.subscription_id))
}

pub(super) fn group_foreign_message(f: &Facts<'_>) -> String {
    format!(
        "The provided resource group {} is in another subscription than the cluster. Give one of the same subscription.",
        quoted(group_id(f))
    )
}

pub(super) fn group_is_own(f: &Facts<'_>) -> bool {
    f.managed_group.zip(f.url).is_some_and(|(group, url)| {
        eq_ignore_case(group.resource_group, url.resource_group)
            && group.subscription_id.eq_ignore_ascii_case(url.subscription_id)
    })
}

pub(super) fn group_is_own_message(f: &Facts<'_>) -> String {
    format!(
        "The provided resource group {} holds the cluster resource itself. Give another name, for a resource group \
         that the service creates and manages.",
        quoted(group_id(f))
    )
}

pub(super) fn fips_unknown(f: &Facts<'_>) -> bool {
    use FipsValidatedModules::{Disabled, Enabled};
    !matches!(f.properties.cluster_profile.fips_validated_modules, Disabled | Enabled)
}

pub(super) fn fips_message(f: &Facts<'_>) -> String {
    format!(
        "The provided value {} for 'fipsValidatedModules' is invalid. Use 'Enabled' or 'Disabled'.",
        quoted(f.properties.cluster_profile.fips_validated_modules.as_str())
    )
}

pub(super) fn console_url_unreadable(f: &Facts<'_>) -> bool {
    !crate::url_syntax::is_url(&f.properties.console_profile.url)
}

pub(super) fn console_url_message(f: &Facts<'_>) -> String {
    format!(
        "The provided console URL {} is invalid. Leave it out; the service sets it.",
        quoted(&f.properties.console_profile.url)
    )
}

pub(super) fn service_principal_missing(f: &Facts<'_>) -> bool {
    f.properties.service_principal_profile.is_none()
}

pub(super) fn service_principal_missing_message(_: &Facts<'_>) -> String {
    "The service principal profile is missing. Give 'clientId' and 'clientSecret' of the cluster's service principal; \
     clusters with workload identities need a newer api-version."
        .to_owned()
}

pub(super) fn client_id_malformed(f: &Facts<'_>) -> bool {
    f.properties
        .service_principal_profile
        .as_ref()
        .is_some_and(|profile| !grammar::is_uuid(&profile.client_id))
}

pub(super) fn client_id_message(f: &Facts<'_>) -> String {
    let id = f
        .properties
        .service_principal_profile
        .as_ref()
        .map_or("", |profile| &profile.client_id);
    format!(
        "The provided client id {} is invalid. Give the application id (a UUID) of the service principal.",
        quoted(id)
    )
}

pub(super) fn client_secret_missing(f: &Facts<'_>) -> bool {
    f.properties
        .service_principal_profile
        .as_ref()
        .is_some_and(|profile| profile.client_secret.is_empty())
}

pub(super) fn client_secret_message(_: &Facts<'_>) -> String {
    "The client secret of the service principal is empty. Give the secret of the application that 'clientId' names."
        .to_owned()
}
