//! Options of reads, writes and deletes, and what the server refuses about them.

use serde_json::Value;

use crate::query::Query;
use crate::status::{Cause, Status};

/// How unknown and repeated members of a body are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldValidation {
    Ignore,
    Warn,
    Strict,
}

/// Options of a write.
#[derive(Debug, Clone)]
pub(crate) struct WriteOptions {
    pub(crate) dry_run: bool,
    pub(crate) field_validation: FieldValidation,
    pub(crate) field_manager: Option<String>,
    pub(crate) force: bool,
}

/// Reads the options of a create, update or patch.
pub(crate) fn write(query: &Query, kind: &'static str, apply: bool) -> Result<WriteOptions, Status> {
    let mut causes = Vec::new();
    let dry: Vec<&str> = query.all("dryRun").filter(|value| !value.is_empty()).collect();
    let dry_run = !dry.is_empty();
    if dry.iter().any(|value| *value != "All") {
        causes.push(Cause::not_supported("dryRun", &Value::from(dry), &["All"]));
    }
    let manager = query.get("fieldManager").map(str::to_owned);
    if apply && manager.is_none() {
        causes.push(Cause::required("fieldManager", "is required for apply patch"));
    }
    if let Some(name) = &manager {
        if name.len() > 128 {
            causes.push(Cause::too_long("fieldManager", 128));
        }
        if let Some((at, c)) = name.char_indices().find(|(_, c)| c.is_control()) {
            let why = format!("should only contain printable characters (found {c:?} at {at})");
            causes.push(Cause::invalid("fieldManager", &Value::from(name.as_str()), &why));
        }
    }
    let force = query.flag("force");
    if !apply && query.raw("force").is_some() && kind == "PatchOptions" {
        causes.push(Cause::forbidden("force", "may not be specified for non-apply patch"));
    }
    let field_validation = match query.get("fieldValidation") {
        None | Some("Warn") => FieldValidation::Warn,
        Some("Ignore") => FieldValidation::Ignore,
        Some("Strict") => FieldValidation::Strict,
        Some(other) => {
            let supported = ["", "Ignore", "Strict", "Warn"];
            causes.push(Cause::not_supported("fieldValidation", &Value::from(other), &supported));
            FieldValidation::Warn
        }
    };
    if !causes.is_empty() {
        return Err(Status::invalid_options(kind, &causes));
    }
    Ok(WriteOptions {
        dry_run,
        field_validation,
        field_manager: manager,
        force,
    })
}

/// What happens to objects owned by a deleted one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Propagation {
    Background,
    Foreground,
    Orphan,
}

/// Options of a delete.
#[derive(Debug, Clone, Default)]
pub(crate) struct DeleteOptions {
    pub(crate) dry_run: bool,
    pub(crate) grace: Option<i64>,
    pub(crate) uid: Option<String>,
    pub(crate) resource_version: Option<String>,
    pub(crate) propagation: Option<Propagation>,
}

/// Reads the options of a delete: the body if there is one, else the query.
pub(crate) fn delete(query: &Query, body: Option<&Value>) -> Result<DeleteOptions, Status> {
    let text = |name: &str| {
        body.and_then(|body| body.get(name))
            .and_then(Value::as_str)
            .or_else(|| query.get(name))
            .map(str::to_owned)
    };
    let mut causes = Vec::new();
    let dry: Vec<String> = match body.and_then(|body| body.get("dryRun")).and_then(Value::as_array) {
        Some(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        None => query
            .all("dryRun")
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .collect(),
    };
    let orphan = match body.and_then(|body| body.get("orphanDependents")) {
        Some(value) => value.as_bool(),
        None => query.raw("orphanDependents").map(|_| query.flag("orphanDependents")),
    };
    let policy = text("propagationPolicy");
    if orphan.is_some()
        && let Some(policy) = &policy
    {
        let why = "orphanDependents and deletionPropagation cannot be both set";
        causes.push(Cause::invalid("propagationPolicy", &Value::from(policy.as_str()), why));
    }
    let propagation = match policy.as_deref() {
        None => orphan.map(|orphan| {
            if orphan {
                Propagation::Orphan
            } else {
                Propagation::Background
            }
        }),
        Some("Background") => Some(Propagation::Background),
        Some("Foreground") => Some(Propagation::Foreground),
        Some("Orphan") => Some(Propagation::Orphan),
        Some(other) => {
            let supported = ["Foreground", "Background", "Orphan", "nil"];
            causes.push(Cause::not_supported(
                "propagationPolicy",
                &Value::from(other),
                &supported,
            ));
            None
        }
    };
    if dry.iter().any(|value| value != "All") {
        causes.push(Cause::not_supported("dryRun", &Value::from(dry.clone()), &["All"]));
    }
    if !causes.is_empty() {
        return Err(Status::invalid_options("DeleteOptions", &causes));
    }
    let preconditions = body.and_then(|body| body.get("preconditions"));
    let precondition = |name: &str| {
        preconditions
            .and_then(|preconditions| preconditions.get(name))
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    Ok(DeleteOptions {
        dry_run: !dry.is_empty(),
        grace: match body.and_then(|body| body.get("gracePeriodSeconds")) {
            Some(value) => value.as_i64(),
            None => query.get("gracePeriodSeconds").and_then(|text| text.parse().ok()),
        },
        uid: precondition("uid"),
        resource_version: precondition("resourceVersion"),
        propagation,
    })
}

/// How a list or watch takes its revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RevisionMatch {
    Unset,
    Exact,
    NotOlderThan,
}

/// Options of a list or watch.
#[derive(Debug, Clone)]
pub(crate) struct ListOptions {
    pub(crate) limit: Option<u64>,
    pub(crate) continue_token: Option<String>,
    /// `resourceVersion` as sent.
    pub(crate) revision: Option<String>,
    pub(crate) revision_match: RevisionMatch,
    pub(crate) timeout: Option<u64>,
    pub(crate) bookmarks: bool,
    pub(crate) initial_events: Option<bool>,
}

/// Reads the options of a list (or a watch).
pub(crate) fn list(query: &Query, watch: bool) -> Result<ListOptions, Status> {
    let revision = query.get("resourceVersion").map(str::to_owned);
    let continue_token = query.get("continue").map(str::to_owned);
    let wanted = query.get("resourceVersionMatch");
    let initial_events = query.raw("sendInitialEvents").map(|_| query.flag("sendInitialEvents"));
    let mut causes = Vec::new();
    let field = "resourceVersionMatch";
    let forbidden = |causes: &mut Vec<Cause>, why: &str| causes.push(Cause::forbidden(field, why));
    let unsupported = |causes: &mut Vec<Cause>, supported: &[&str]| {
        causes.push(Cause::not_supported(
            field,
            &Value::from(wanted.unwrap_or_default()),
            supported,
        ));
    };
    if watch {
        if initial_events.is_some() {
            if wanted != Some("NotOlderThan") {
                forbidden(
                    &mut causes,
                    "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
                );
                if wanted.is_some() {
                    unsupported(&mut causes, &["NotOlderThan"]);
                }
            }
        } else if wanted.is_some() {
            forbidden(
                &mut causes,
                "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
            );
        } else if continue_token.is_some() {
            forbidden(
                &mut causes,
                "resourceVersionMatch is forbidden when continue is provided",
            );
        }
    } else {
        if wanted.is_some() {
            if revision.is_none() {
                forbidden(
                    &mut causes,
                    "resourceVersionMatch is forbidden unless resourceVersion is provided",
                );
            } else if continue_token.is_some() {
                forbidden(
                    &mut causes,
                    "resourceVersionMatch is forbidden when continue is provided",
                );
            } else if !matches!(wanted, Some("Exact" | "NotOlderThan")) {
                unsupported(&mut causes, &["Exact", "NotOlderThan", ""]);
            } else if wanted == Some("Exact") && revision.as_deref() == Some("0") {
                forbidden(
                    &mut causes,
                    "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
                );
            }
        }
        if initial_events.is_some() {
            causes.push(Cause::forbidden(
                "sendInitialEvents",
                "sendInitialEvents is forbidden for list",
            ));
        }
    }
    if !causes.is_empty() {
        return Err(Status::invalid_options("ListOptions", &causes));
    }
    Ok(ListOptions {
        limit: query.number("limit").filter(|limit| *limit > 0),
        continue_token,
        revision,
        revision_match: match wanted {
            Some("Exact") => RevisionMatch::Exact,
            Some(_) => RevisionMatch::NotOlderThan,
            None => RevisionMatch::Unset,
        },
        timeout: query.number("timeoutSeconds").filter(|seconds| *seconds > 0),
        bookmarks: query.flag("allowWatchBookmarks"),
        initial_events,
    })
}

/// A `resourceVersion` parameter as a number.
pub(crate) fn revision(text: &str) -> Result<u64, Status> {
    text.parse().map_err(|_| {
        Status::bad_request(format!(
            "invalid resource version: resourceVersion: Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": \
             invalid syntax"
        ))
    })
}
