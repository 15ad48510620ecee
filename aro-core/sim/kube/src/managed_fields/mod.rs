//! Ownership of fields: server-side apply and the tracking of plain updates.
//!
//! | write | takes | gives up | refuses |
//! |---|---|---|---|
//! | update | what it changes and adds, from whoever had it | what it removes | nothing |
//! | apply | all it states | and removes what it stated before, no longer states and nobody else owns | to change what others own, unless forced |
//!
//! An object that nobody owns anything of is not tracked by updates; the first apply then makes
//! `before-first-apply` the owner of all that is there.

mod entries;
mod set;
mod typed;

use std::fmt;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use self::entries::{Entry, Manager, Operation};
use self::set::Set;
use self::typed::Comparison;
use crate::schema::Type;

/// The word for a conflict among status causes.
const CONFLICT: &str = "FieldManagerConflict";

/// The owner of what was there before the first apply.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";

/// The annotation in which `kubectl apply` keeps what it applied on the client's side.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Members that nobody owns.
const UNOWNED: [&str; 8] = [
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "generation",
    "managedFields",
    "resourceVersion",
];

/// Who writes, how, and by which types.
pub struct Writer<'a> {
    /// Name of the manager; `unknown` where it is empty.
    pub manager: &'a str,
    /// Version of the document.
    pub api_version: &'a str,
    /// Subresource of the request; empty for the object itself.
    pub subresource: &'a str,
    /// Now, RFC 3339 in seconds.
    pub time: &'a str,
    /// The type of the document.
    pub ty: &'a Type,
    /// Types of other versions of the kind; fields of unknown versions are forgotten.
    pub types: &'a dyn Fn(&str) -> Option<Type>,
    /// Paths that this endpoint drops, as `fieldsV1` keys from the root: `["f:status"]`, `["f:metadata", "f:labels"]`.
    pub dropped: &'a [&'a [&'a str]],
}

impl fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("manager", &self.manager)
            .field("api_version", &self.api_version)
            .field("subresource", &self.subresource)
            .finish_non_exhaustive()
    }
}

/// One field that another manager owns with another value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The owner as the server names it: `"x" using v1`.
    pub manager: String,
    /// The path: `.spec.replicas`.
    pub field: String,
}

/// All conflicts of an apply: 409.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Conflicts(pub Vec<Conflict>);

impl fmt::Display for Conflicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(
            f,
            "Apply failed with {count} conflict{}: ",
            if count == 1 { "" } else { "s" }
        )?;
        if let [one] = self.0.as_slice() {
            return write!(f, "conflict with {}: {}", one.manager, one.field);
        }
        let mut managers: Vec<&str> = self.0.iter().map(|conflict| conflict.manager.as_str()).collect();
        managers.sort_unstable();
        managers.dedup();
        for (at, manager) in managers.into_iter().enumerate() {
            write!(f, "{}conflicts with {manager}:", if at > 0 { "\n" } else { "" })?;
            for conflict in self.0.iter().filter(|conflict| conflict.manager == manager) {
                write!(f, "\n- {}", conflict.field)?;
            }
        }
        Ok(())
    }
}

impl Conflicts {
    /// The entries of the status' `details.causes`.
    pub fn causes(&self) -> Vec<Value> {
        let cause = |conflict: &Conflict| {
            json!({
                "reason": CONFLICT,
                "message": format!("conflict with {}", conflict.manager),
                "field": conflict.field,
            })
        };
        self.0.iter().map(cause).collect()
    }
}

/// Why an apply is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// Others own what it changes: 409.
    #[error(transparent)]
    Conflicts(#[from] Conflicts),
    /// The document does not fit its type: 500.
    #[error("{0}")]
    Untyped(String),
    /// The document is none that can be applied: 400.
    #[error("{0}")]
    BadRequest(String),
}

/// What an apply makes of the stored object.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The object, owners included. Where values changed it is yet to be decoded and defaulted.
    pub object: Value,
    /// Whether a value changed; if not, only owners may have.
    pub changed: bool,
}

/// Tracks a plain write: `after` gets its `managedFields`. `before` is the stored object, or the empty one of the type
/// where the write creates.
pub fn update(before: &Value, after: &mut Value, writer: &Writer<'_>) {
    let stored = before.pointer("/metadata/managedFields");
    let given = after.pointer("/metadata/managedFields").cloned();
    let mut entries = if writer.subresource.is_empty() {
        if entries::is_reset(given.as_ref()) {
            Vec::new()
        } else {
            match entries::read(given.as_ref()) {
                Some(entries) if !entries.is_empty() => entries,
                _ => entries::read(stored).unwrap_or_default(),
            }
        }
    } else {
        entries::read(stored).unwrap_or_default()
    };
    let creating = before
        .pointer("/metadata/uid")
        .and_then(Value::as_str)
        .is_none_or(str::is_empty);
    if !entries.is_empty() || creating {
        let manager = writer.as_manager(Operation::Update);
        track(before, after, &manager, writer, &mut entries);
    }
    entries::write(after, entries);
}

/// Applies a document to the stored object (or to the empty one of the type where there is none).
///
/// # Errors
/// [`ApplyError`], as its variants say.
pub fn apply(current: &Value, applied: &Value, writer: &Writer<'_>, force: bool) -> Result<Applied, ApplyError> {
    if applied
        .pointer("/metadata/managedFields")
        .is_some_and(|fields| !fields.is_null())
    {
        return Err(ApplyError::BadRequest("metadata.managedFields must be nil".to_owned()));
    }
    typed::check(writer.ty, applied).map_err(|fault| {
        let meta = |name: &str| {
            applied
                .pointer(&format!("/metadata/{name}"))
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let kind = applied.get("kind").and_then(Value::as_str).unwrap_or_default();
        let version = if writer.api_version.contains('/') {
            writer.api_version.to_owned()
        } else {
            format!("/{}", writer.api_version)
        };
        ApplyError::Untyped(format!(
            "failed to create typed patch object ({}/{}; {version}, Kind={kind}): {fault}",
            meta("namespace"),
            meta("name"),
        ))
    })?;
    let mut entries = entries::read(current.pointer("/metadata/managedFields")).unwrap_or_default();
    let stored = current
        .pointer("/metadata/uid")
        .and_then(Value::as_str)
        .is_some_and(|uid| !uid.is_empty());
    if entries.is_empty() && stored {
        let manager = Manager {
            name: BEFORE_FIRST_APPLY.to_owned(),
            ..writer.as_manager(Operation::Update)
        };
        let nothing = crate::schema::empty(writer.ty);
        let nothing = if nothing.is_object() { nothing } else { json!({}) };
        track(&nothing, current, &manager, writer, &mut entries);
    }
    let mut result = match lay_over(current, applied, writer, entries.clone(), force) {
        Err(conflicts) if writer.manager == "kubectl" && was_applied_before(current, &conflicts, writer) => {
            lay_over(current, applied, writer, entries, true)
        }
        result => result,
    }?;
    if writer.manager == "kubectl" {
        remember(&mut result, applied);
    }
    Ok(result)
}

/// Keeps what `kubectl` remembers of its client-side applies in step, where it remembers anything.
fn remember(result: &mut Applied, applied: &Value) {
    let annotations = result
        .object
        .pointer_mut("/metadata/annotations")
        .and_then(Value::as_object_mut);
    let Some(remembered) = annotations.and_then(|all| all.get_mut(LAST_APPLIED)) else {
        return;
    };
    let mut applied = applied.clone();
    if let Some(annotations) = applied
        .pointer_mut("/metadata/annotations")
        .and_then(Value::as_object_mut)
    {
        annotations.remove(LAST_APPLIED);
    }
    let now = Value::from(format!("{applied}\n"));
    if *remembered != now {
        *remembered = now;
        result.changed = true;
    }
}

impl Writer<'_> {
    fn as_manager(&self, operation: Operation) -> Manager {
        let name = if self.manager.is_empty() {
            "unknown"
        } else {
            self.manager
        };
        Manager {
            name: name.to_owned(),
            operation,
            api_version: self.api_version.to_owned(),
            subresource: self.subresource.to_owned(),
        }
    }

    fn dropped(&self) -> Set {
        let mut fields = Value::Object(Map::new());
        for path in self.dropped {
            let mut at = &mut fields;
            for step in *path {
                let Value::Object(members) = at else { break };
                at = members
                    .entry((*step).to_owned())
                    .or_insert_with(|| Value::Object(Map::new()));
            }
        }
        Set::read(&fields)
    }

    /// The type of a version of the kind.
    fn type_of(&self, api_version: &str) -> Option<Type> {
        if api_version == self.api_version {
            Some(self.ty.clone())
        } else {
            (self.types)(api_version)
        }
    }
}

/// What nobody owns: the type, the identity, what the server keeps of an object, and `metadata` on the way to them.
static UNOWNED_FIELDS: LazyLock<Set> = LazyLock::new(|| {
    let meta: Map<String, Value> = UNOWNED.iter().map(|name| (format!("f:{name}"), json!({}))).collect();
    let mut fields = Set::read(&json!({ "f:apiVersion": {}, "f:kind": {}, "f:metadata": meta }));
    fields.insert(&[set::Step::member("metadata")]);
    fields
});

fn owned(fields: &Set) -> Set {
    fields.difference(&UNOWNED_FIELDS)
}

fn bare(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(meta) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        meta.remove("managedFields");
    }
    object
}

/// Moves ownership for a plain write of `manager`.
fn track(before: &Value, after: &Value, manager: &Manager, writer: &Writer<'_>, entries: &mut Vec<Entry>) {
    let dropped = writer.dropped();
    let (before, after) = (bare(before), bare(after));
    let comparison = Comparison::new(writer.ty, &before, &after).without(&dropped);
    // Whatever was there changes hands; a manager's own entry gets it back with what it took.
    let conflicts = release(&before, &after, &comparison, writer, entries, None);
    for (at, taken) in conflicts {
        entries[at].fields = entries[at].fields.difference(&taken);
    }
    let taken = owned(&comparison.modified.union(&comparison.added)).without(&dropped);
    if !taken.is_empty() {
        match entries.iter_mut().find(|entry| entry.manager.is(manager)) {
            Some(entry) => {
                entry.fields = std::mem::take(&mut entry.fields).union(&taken);
                entry.time = Some(writer.time.to_owned());
                entry.manager.api_version.clone_from(&manager.api_version);
            }
            None => {
                entries.push(Entry {
                    manager: manager.clone(),
                    time: Some(writer.time.to_owned()),
                    fields: taken,
                });
            }
        }
    }
    entries.retain(|entry| !entry.fields.is_empty());
    entries::cap(entries);
}

/// Takes removed fields from all managers but `except`, and tells which entries own what changed or was added.
fn release(
    before: &Value,
    after: &Value,
    comparison: &Comparison,
    writer: &Writer<'_>,
    entries: &mut Vec<Entry>,
    except: Option<&Manager>,
) -> Vec<(usize, Set)> {
    entries.retain(|entry| writer.type_of(&entry.manager.api_version).is_some());
    let mut conflicts = Vec::new();
    for (at, entry) in entries.iter_mut().enumerate() {
        if except.is_some_and(|except| except.is(&entry.manager)) {
            continue;
        }
        let other;
        let comparison = if entry.manager.api_version == writer.api_version {
            comparison
        } else {
            let Some(ty) = writer.type_of(&entry.manager.api_version) else {
                continue;
            };
            other = Comparison::new(&ty, before, after).without(&writer.dropped());
            &other
        };
        let changed = comparison.modified.clone().union(&comparison.added);
        let conflict = entry.fields.intersection(&changed);
        if !conflict.is_empty() {
            conflicts.push((at, conflict));
        }
        entry.fields = entry.fields.difference(&comparison.removed);
    }
    conflicts
}

fn lay_over(
    current: &Value,
    applied: &Value,
    writer: &Writer<'_>,
    mut entries: Vec<Entry>,
    force: bool,
) -> Result<Applied, Conflicts> {
    let manager = writer.as_manager(Operation::Apply);
    let dropped = writer.dropped();
    let current = bare(current);
    let ty = writer.ty;
    let merged = typed::merge(ty, Some(&current), Some(applied)).unwrap_or_else(|| json!({}));
    let stated = typed::field_set(ty, applied).without(&dropped);
    let before = entries
        .iter()
        .position(|entry| entry.manager.is(&manager))
        .map(|at| entries.remove(at));
    entries.push(Entry {
        manager: manager.clone(),
        time: before.as_ref().and_then(|entry| entry.time.clone()),
        fields: stated,
    });
    let object = match before.filter(|entry| !entry.fields.is_empty()) {
        Some(last) => {
            let last_type = writer.type_of(&last.manager.api_version).unwrap_or_else(|| ty.clone());
            without_unstated(&last_type, merged, &last.fields, &entries, writer)
        }
        None => merged,
    };
    let comparison = Comparison::new(ty, &current, &object).without(&dropped);
    let mut kept = entries.clone();
    let conflicts = release(&current, &object, &comparison, writer, &mut kept, Some(&manager));
    if !force && !conflicts.is_empty() {
        let told = conflicts.iter().flat_map(|(at, fields)| {
            let manager = kept[*at].manager.told();
            fields.told().into_iter().map(move |field| Conflict {
                manager: manager.clone(),
                field,
            })
        });
        let mut told: Vec<Conflict> = told.collect();
        told.sort_by(|one, other| one.manager.cmp(&other.manager));
        return Err(Conflicts(told));
    }
    for (at, taken) in conflicts {
        kept[at].fields = kept[at].fields.difference(&taken);
    }
    for entry in &mut kept {
        entry.fields = owned(&entry.fields);
    }
    let changed = !typed::same(&current, &object);
    let mut object = if changed { object } else { current };
    if changed && let Some(entry) = kept.iter_mut().find(|entry| entry.manager.is(&manager)) {
        entry.time = Some(writer.time.to_owned());
    }
    entries::write(&mut object, kept);
    Ok(Applied { object, changed })
}

/// Removes what the manager stated last time and neither it nor another states now.
fn without_unstated(ty: &Type, merged: Value, last: &Set, entries: &[Entry], writer: &Writer<'_>) -> Value {
    let last = last.with_members(ty);
    let gone = |value: &Value, paths: &Set| typed::remove(ty, value, paths).unwrap_or_else(|| json!({}));
    let pruned = gone(&merged, &last);
    let mut owners = Set::default();
    for entry in entries {
        if let Some(ty) = writer.type_of(&entry.manager.api_version) {
            owners = owners.union(&entry.fields.with_members(&ty));
        }
    }
    // Back comes what somebody owns ...
    let all = typed::field_set(ty, &merged).with_members(ty);
    let left = typed::field_set(ty, &pruned).with_members(ty);
    let pruned = gone(&merged, &all.difference(&left.union(&owners)));
    // ... and what went along with it and was not the manager's own.
    let left = typed::field_set(ty, &pruned).with_members(ty);
    gone(&merged, &all.difference(&left).intersection(&last))
}

/// Whether all conflicts are with fields that `kubectl` applied on the client's side before.
fn was_applied_before(current: &Value, conflicts: &Conflicts, writer: &Writer<'_>) -> bool {
    let annotation = current
        .pointer("/metadata/annotations")
        .and_then(|all| all.get(LAST_APPLIED));
    let Some(last) = annotation
        .and_then(Value::as_str)
        .and_then(|text| serde_json::from_str(text).ok())
    else {
        return false;
    };
    let known = typed::field_set(writer.ty, &last).told();
    conflicts.0.iter().all(|conflict| {
        known.contains(&conflict.field) || conflict.field == format!(".metadata.annotations.{LAST_APPLIED}")
    })
}
