//! Rules about the resource as ARM sees it: id, name, type, location.

use super::facts::Facts;
use super::text::quoted;
use crate::arm_id::{CLUSTER_TYPE, eq_ignore_case};

pub(super) fn url_unreadable(f: &Facts<'_>) -> bool {
    f.url.is_none()
}

pub(super) fn url_unreadable_message(f: &Facts<'_>) -> String {
    format!(
        "The resource id {} of the request is not the id of a cluster.",
        quoted(f.subject.resource_id)
    )
}

pub(super) fn id_differs(f: &Facts<'_>) -> bool {
    !eq_ignore_case(&f.cluster.id, f.subject.resource_id)
}

pub(super) fn id_message(f: &Facts<'_>) -> String {
    mismatch("id", &f.cluster.id, f.subject.resource_id)
}

pub(super) fn name_differs(f: &Facts<'_>) -> bool {
    f.url.is_some_and(|url| !eq_ignore_case(&f.cluster.name, url.name))
}

pub(super) fn name_message(f: &Facts<'_>) -> String {
    mismatch("name", &f.cluster.name, f.url.map_or("", |url| url.name))
}

pub(super) fn type_differs(f: &Facts<'_>) -> bool {
    !eq_ignore_case(&f.cluster.r#type, CLUSTER_TYPE)
}

pub(super) fn type_message(f: &Facts<'_>) -> String {
    mismatch("type", &f.cluster.r#type, CLUSTER_TYPE)
}

fn mismatch(member: &str, given: &str, expected: &str) -> String {
    format!(
        "The provided {member} {} is not the one of the request, {}. Send that value, or leave '{member}' out.",
        quoted(given),
        quoted(expected)
    )
}

pub(super) fn location_differs(f: &Facts<'_>) -> bool {
    !eq_ignore_case(&f.cluster.location, f.subject.location)
}

pub(super) fn location_message(f: &Facts<'_>) -> String {
    format!(
        "The provided location {} is not served here. Set 'location' to {}.",
        quoted(&f.cluster.location),
        quoted(f.subject.location)
    )
}
