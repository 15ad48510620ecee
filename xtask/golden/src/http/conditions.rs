//! What must be true of a case for a rule to apply.

use serde_json::Value;

use crate::case::Case;

pub(super) fn always(_: &Case) -> bool {
    true
}

pub(super) fn text<'a>(case: &'a Case, pointer: &str) -> &'a str {
    case.get(pointer).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn fixture<'a>(case: &'a Case, pointer: &str) -> Option<&'a str> {
    case.get(&format!("/fixture/clusters/0/openShiftCluster{pointer}"))
        .and_then(Value::as_str)
}

pub(super) fn method(case: &Case, step: usize) -> &str {
    text(case, &format!("/steps/{step}/request/method"))
}

pub(super) fn first_method(case: &Case) -> &str {
    method(case, 0)
}

pub(super) fn first_status(case: &Case) -> u64 {
    case.get("/steps/0/response/status")
        .and_then(Value::as_u64)
        .unwrap_or_default()
}

pub(super) fn first_body_lacks(case: &Case, pointer: &str) -> bool {
    case.get(&format!("/steps/0/request/body{pointer}")).is_none()
}

/// Whether the first request names no other service principal or secret than the stored ones.
pub(super) fn service_principal_unchanged(case: &Case) -> bool {
    ["clientId", "clientSecret"].iter().all(|member| {
        let member = format!("/properties/servicePrincipalProfile/{member}");
        let sent = case
            .get(&format!("/steps/0/request/body{member}"))
            .and_then(Value::as_str);
        sent.is_none() || sent == fixture(case, &member)
    })
}

pub(super) fn asks(case: &Case, step: usize, part: &str) -> bool {
    text(case, &format!("/steps/{step}/request/path")).contains(part)
}

pub(super) fn asks_bad_operation(case: &Case) -> bool {
    asks(case, 4, "/bad?") && asks(case, 5, "/bad?")
}

pub(super) fn asks_westus_at_8(case: &Case) -> bool {
    asks(case, 8, "/westus/")
}

pub(super) fn asks_westus_at_4(case: &Case) -> bool {
    asks(case, 4, "/westus/")
}

pub(super) fn bodies(case: &Case) -> bool {
    text(case, "/name").ends_with(" bodies")
}

pub(super) fn null_body(case: &Case) -> bool {
    text(case, "/steps/0/request/rawBody").trim() == "null"
}

pub(super) fn bad_version(case: &Case) -> bool {
    text(case, "/name").ends_with("version bad") && first_status(case) == 500
}

pub(super) fn store_is_asked(case: &Case) -> bool {
    first_status(case) == 500
}

pub(super) fn faults(case: &Case) -> bool {
    text(case, "/name").ends_with(" faults")
}

pub(super) fn no_ingress(case: &Case) -> bool {
    text(case, "/name").ends_with(" no ingress") && first_status(case) == 500
}

pub(super) fn patch_of_missing(case: &Case) -> bool {
    text(case, "/name").ends_with("PATCH of a missing cluster") && first_status(case) == 201
}

pub(super) fn lacks_identity_headers(case: &Case) -> bool {
    let lacks = |name: &str| case.get(&format!("/steps/0/request/headers/{name}")).is_none();
    lacks("X-Ms-Identity-Url") || lacks("X-Ms-Home-Tenant-Id")
}

pub(super) fn spells_otherwise(case: &Case) -> bool {
    text(case, "/name").ends_with("body id name type")
}

/// Whether no part of a path is empty or made of dots.
pub(super) fn path_is_plain(path: &str) -> bool {
    let rest = path.strip_prefix('/').unwrap_or(path);
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    rest.is_empty() || !rest.split('/').any(|part| matches!(part, "" | "." | ".."))
}

/// The part of the first path that stands `after` another part, without percent-encoding, in lower case.
fn part_after(case: &Case, before: &str) -> Option<String> {
    let path = text(case, "/steps/0/request/path").split('?').next()?;
    let mut parts = path.split('/');
    parts.find(|part| part.eq_ignore_ascii_case(before))?;
    let mut bytes = Vec::new();
    let mut rest = parts.next()?.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let encoded = (byte == b'%').then(|| tail.get(..2)).flatten();
        let digits = encoded.and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &tail[2..];
            }
            None => {
                bytes.push(byte);
                rest = tail;
            }
        }
    }
    Some(String::from_utf8_lossy(&bytes).to_lowercase())
}

/// Whether ARM allows the text as the name of a resource group, by which clusters go, too.
fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '(' | ')' | '.');
    (1..=90).contains(&text.len()) && text.chars().all(allowed) && !text.ends_with('.')
}

/// Whether the conversation is about a resource group that cannot exist.
pub(super) fn odd_group(case: &Case) -> bool {
    part_after(case, "resourceGroups").is_some_and(|group| !is_name(&group) && !group.is_empty() && group != ".")
}

/// Whether the conversation is about a cluster that cannot exist, in a group that can.
pub(super) fn odd_cluster(case: &Case) -> bool {
    !odd_group(case) && part_after(case, "openShiftClusters").is_some_and(|name| !is_name(&name) && !name.is_empty())
}
