//! Rules about the API server and the ingress.

use super::facts::Facts;
use super::text::quoted;
use crate::cidr::is_ipv4;
use crate::model::{IngressProfile, Visibility};
use crate::url_syntax::is_url;

fn visibility_unknown(visibility: &Visibility) -> bool {
    !matches!(visibility, Visibility::Public | Visibility::Private)
}

fn visibility(visibility: &Visibility) -> String {
    format!(
        "The provided visibility {} is invalid. Use 'Public' or 'Private'.",
        quoted(visibility.as_str())
    )
}

fn address_wrong(ip: &str) -> bool {
    !ip.is_empty() && !is_ipv4(ip)
}

fn address(ip: &str) -> String {
    format!(
        "The provided IP address {} is invalid: it must be IPv4. Leave it out; the service sets it.",
        quoted(ip)
    )
}

pub(super) fn api_visibility_unknown(f: &Facts<'_>) -> bool {
    visibility_unknown(&f.properties.apiserver_profile.visibility)
}

pub(super) fn api_visibility_message(f: &Facts<'_>) -> String {
    visibility(&f.properties.apiserver_profile.visibility)
}

pub(super) fn api_url_unreadable(f: &Facts<'_>) -> bool {
    !is_url(&f.properties.apiserver_profile.url)
}

pub(super) fn api_url_message(f: &Facts<'_>) -> String {
    format!(
        "The provided API server URL {} is invalid. Leave it out; the service sets it.",
        quoted(&f.properties.apiserver_profile.url)
    )
}

pub(super) fn api_ip_wrong(f: &Facts<'_>) -> bool {
    address_wrong(&f.properties.apiserver_profile.ip)
}

pub(super) fn api_ip_message(f: &Facts<'_>) -> String {
    address(&f.properties.apiserver_profile.ip)
}

pub(super) fn not_one_ingress_profile(f: &Facts<'_>) -> bool {
    f.properties.ingress_profiles.len() != 1
}

pub(super) fn not_one_ingress_profile_message(f: &Facts<'_>) -> String {
    format!(
        "A cluster has exactly one ingress profile here, but {} were given.",
        f.properties.ingress_profiles.len()
    )
}

pub(super) fn ingress_name_wrong(_: &Facts<'_>, ingress: &IngressProfile) -> bool {
    ingress.name != "default"
}

pub(super) fn ingress_name_message(_: &Facts<'_>, ingress: &IngressProfile) -> String {
    format!(
        "The provided ingress name {} is invalid. Use 'default'.",
        quoted(&ingress.name)
    )
}

pub(super) fn ingress_visibility_unknown(_: &Facts<'_>, ingress: &IngressProfile) -> bool {
    visibility_unknown(&ingress.visibility)
}

pub(super) fn ingress_visibility_message(_: &Facts<'_>, ingress: &IngressProfile) -> String {
    visibility(&ingress.visibility)
}

pub(super) fn ingress_ip_wrong(_: &Facts<'_>, ingress: &IngressProfile) -> bool {
    address_wrong(&ingress.ip)
}

pub(super) fn ingress_ip_message(_: &Facts<'_>, ingress: &IngressProfile) -> String {
    address(&ingress.ip)
}

pub(super) fn first_ingress_null(f: &Facts<'_>) -> bool {
    f.is_null("/properties/ingressProfiles/0")
}

pub(super) fn first_ingress_null_message(_: &Facts<'_>) -> String {
    "The first ingress profile is null. Give an object, or leave 'ingressProfiles' out.".to_owned()
}
