//! Faults of events: of the core group, and of their own, which asks for more.

use serde_json::Value;

use super::{Cause, IMMUTABLE, text};

/// Longest of what names something, and of a message.
const MOST_NAME: usize = 128;
const MOST_NOTE: usize = 1024;

/// Faults of an event. The inner form has the names of the core group.
pub(super) fn event(group: &str, object: &Value, faults: &mut Vec<Cause>) {
    let own_group = group == "events.k8s.io";
    let member = |core: &'static str, own: &'static str| if own_group { own } else { core };
    let timed = object.get("eventTime").is_some_and(|time| !time.is_null());
    let own = text(&object["metadata"], "namespace");
    let involved = text(&object[member("involvedObject", "regarding")], "namespace");
    // What belongs to no namespace is told in some of the server's own.
    let fits = match (involved, timed) {
        ("", false) => matches!(own, "" | "default"),
        ("", true) => matches!(own, "default" | "kube-system"),
        (involved, false) => involved == own,
        (_, true) => true,
    };
    if !fits {
        let why = "does not match event.namespace";
        faults.push(Cause::invalid("involvedObject.namespace", &involved.into(), why));
    }
    if timed {
        let reporter = text(object, member("reportingComponent", "reportingController"));
        let at = member("reportingComponent", "reportingController");
        if reporter.is_empty() {
            faults.push(Cause::required(at, ""));
        }
        for why in crate::meta::qualified_name(reporter) {
            faults.push(Cause::invalid(at, &reporter.into(), &why));
        }
        for name in ["reportingInstance", "action", "reason"] {
            let value = text(object, name);
            if value.is_empty() {
                faults.push(Cause::required(name, ""));
            }
            if value.len() > MOST_NAME {
                let why = format!("can have at most {MOST_NAME} characters");
                faults.push(Cause::invalid(name, &"".into(), &why));
            }
        }
        if text(object, member("message", "note")).len() > MOST_NOTE {
            let why = format!("can have at most {MOST_NOTE} characters");
            faults.push(Cause::invalid("message", &"".into(), &why));
        }
    }
    if !own_group {
        return;
    }
    if !timed {
        faults.push(Cause::required("eventTime", ""));
    }
    let kind = text(object, "type");
    if !matches!(kind, "Normal" | "Warning") {
        faults.push(Cause::invalid(
            "type",
            &"".into(),
            &format!("has invalid value: {kind}"),
        ));
    }
    for (own, core) in [
        ("deprecatedFirstTimestamp", "firstTimestamp"),
        ("deprecatedLastTimestamp", "lastTimestamp"),
        ("deprecatedCount", "count"),
        ("deprecatedSource", "source"),
    ] {
        let given = match object.get(own) {
            None | Some(Value::Null) => false,
            Some(Value::Object(members)) => !members.is_empty(),
            Some(_) => true,
        };
        if given {
            faults.push(Cause::invalid(core, &"".into(), "needs to be unset"));
        }
    }
}

/// Members of an event of its own group that stay, as the core group names them.
const KEPT: [(&str, &str); 13] = [
    ("regarding", "involvedObject"),
    ("reason", "reason"),
    ("note", "message"),
    ("deprecatedSource", "source"),
    ("deprecatedFirstTimestamp", "firstTimestamp"),
    ("deprecatedLastTimestamp", "lastTimestamp"),
    ("deprecatedCount", "count"),
    ("type", "type"),
    ("eventTime", "eventTime"),
    ("action", "action"),
    ("related", "related"),
    ("reportingController", "reportingController"),
    ("reportingInstance", "reportingInstance"),
];

/// Faults of a change of an event of its own group: only its series goes on.
pub(super) fn changed(object: &Value, current: &Value, faults: &mut Vec<Cause>) {
    for (own, core) in KEPT {
        if object.get(own) != current.get(own) {
            faults.push(Cause::invalid(core, &object[own], IMMUTABLE));
        }
    }
}
