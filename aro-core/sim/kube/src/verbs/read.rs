//! GET of one object and of a collection.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::call::{Call, Reply, Target};
use crate::fields;
use crate::options::{self, RevisionMatch};
use crate::selector::{Fields, Labels};
use crate::server::Inner;
use crate::status::Status;
use crate::storage::RevisionError;
use crate::types;
use crate::world::World;

pub(crate) fn get(server: &Inner, call: &Call, target: &Target) -> Result<Reply, Status> {
    let world = server.world();
    if let Some(text) = call.query.get("resourceVersion") {
        let wanted = options::revision(text)?;
        if wanted > world.state.revision() {
            return Err(Status::future_revision(wanted, world.state.revision()));
        }
    }
    let object = world
        .state
        .get(&target.resource.storage, &target.key())
        .ok_or_else(|| Status::not_found(target.resource.qualified(), &target.name))?;
    Ok(Reply::object(200, types::show(target.typed(), object)))
}

/// Which objects of a kind are wanted.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    pub(crate) labels: Labels,
    pub(crate) fields: Fields,
    pub(crate) prefix: String,
    /// One object of a collection, by the path.
    pub(crate) name: Option<String>,
}

impl Selection {
    pub(crate) fn of(call: &Call, target: &Target) -> Result<Self, Status> {
        let labels = Labels::parse(call.query.get("labelSelector").unwrap_or_default())?;
        let fields = Fields::parse(call.query.get("fieldSelector").unwrap_or_default())?;
        fields::check(&target.resource, &target.version, &fields)?;
        Ok(Self {
            labels,
            fields,
            prefix: target.prefix(),
            name: (!target.name.is_empty()).then(|| target.name.clone()),
        })
    }

    pub(crate) fn is_everything(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// Whether an object in scope is wanted.
    pub(crate) fn matches(&self, target: &Target, object: &Value) -> bool {
        self.name.as_ref().is_none_or(|name| crate::meta::name(object) == name)
            && (self.labels.is_empty() || self.labels.matches(object))
            && (self.fields.is_empty()
                || self
                    .fields
                    .matches(&fields::values(&target.resource, &target.version, object)))
    }
}

/// One answer to a list.
pub(crate) struct Page {
    /// Objects as stored.
    pub(crate) items: Vec<Arc<Value>>,
    pub(crate) revision: u64,
    continue_token: Option<String>,
    remaining: Option<usize>,
}

/// Where a list goes on: after the key, in the past of the revision; -1 means now.
fn token(revision: i64, after: &str) -> String {
    let text = json!({"v": "meta.k8s.io/v1", "rv": revision, "start": format!("{after}\0")}).to_string();
    URL_SAFE_NO_PAD.encode(text)
}

fn read_token(text: &str) -> Result<(i64, String), Status> {
    let invalid = |why: &str| Status::bad_request(format!("continue key is not valid: {why}"));
    let bytes = URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| invalid("illegal base64 data at input byte 0"))?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| invalid(&error.to_string()))?;
    if value["v"] != "meta.k8s.io/v1" {
        return Err(invalid(&format!(
            "server does not recognize this encoded version {}",
            value["v"]
        )));
    }
    let start = value["start"].as_str().unwrap_or_default();
    if start.is_empty() {
        return Err(invalid("encoded start key empty"));
    }
    Ok((value["rv"].as_i64().unwrap_or_default(), start.to_owned()))
}

const TOO_OLD: &str = "The resourceVersion for the provided list is too old.";
const TOKEN_TOO_OLD: &str = "The provided continue parameter is too old to display a consistent list result. You can start a \
                             new list without the continue parameter, or use the continue token in this response to \
                             retrieve the remainder of the results. Continuing with the provided token results in an \
                             inconsistent list - objects that were created, modified, or deleted between the time the \
                             first chunk was returned and now may show up in the list.";

/// Selects what a list answers.
pub(crate) fn select(server: &Inner, world: &mut World, call: &Call, target: &Target) -> Result<Page, Status> {
    let _ = server;
    let options = options::list(&call.query, false)?;
    let selection = Selection::of(call, target)?;
    let storage = &target.resource.storage;
    let now = world.state.revision();
    let mut limit = options.limit;
    // The past to read from, if it is the past; and the key to start at.
    let (mut exact, mut start) = (None, None);
    if let Some(token) = &options.continue_token {
        let (revision, key) = read_token(token)?;
        exact = u64::try_from(revision).ok().filter(|revision| *revision > 0);
        start = Some(key);
    } else if let Some(text) = &options.revision {
        let wanted = options::revision(text)?;
        if wanted > now {
            return Err(Status::future_revision(wanted, now));
        }
        match options.revision_match {
            RevisionMatch::Exact => exact = Some(wanted),
            RevisionMatch::Unset if wanted > 0 && limit.is_some() => exact = Some(wanted),
            RevisionMatch::Unset | RevisionMatch::NotOlderThan if wanted == 0 => limit = None,
            RevisionMatch::Unset | RevisionMatch::NotOlderThan => {}
        }
    }
    let prefix = &selection.prefix;
    let first = start
        .map(|start| format!("{prefix}{start}"))
        .unwrap_or_else(|| prefix.clone());
    let within = |key: &str| key >= first.as_str();
    let objects: Vec<(String, Arc<Value>)> = match exact {
        None => world
            .state
            .scan(storage, prefix)
            .filter(|(key, _)| within(key))
            .map(|(key, object)| (key.clone(), Arc::clone(object)))
            .collect(),
        Some(revision) => {
            let past = world.state.exact(storage, revision).map_err(|error| match error {
                RevisionError::TooNew { current } => Status::future_revision(revision, current),
                RevisionError::TooOld if options.continue_token.is_some() => {
                    let mut status = Status::expired(TOKEN_TOO_OLD);
                    let rest = first.strip_prefix(prefix.as_str()).unwrap_or(&first);
                    status.continue_token = Some(token(-1, rest.trim_end_matches('\0')));
                    status
                }
                RevisionError::TooOld => Status::expired(TOO_OLD),
            })?;
            past.into_iter()
                .filter(|(key, _)| key.starts_with(prefix.as_str()) && within(key))
                .collect()
        }
    };
    let revision = exact.unwrap_or(now);
    let mut items = Vec::new();
    let mut last = None;
    let mut continue_token = None;
    let mut remaining = None;
    let count = objects.len();
    for (index, (key, object)) in objects.into_iter().enumerate() {
        if limit.is_some_and(|limit| items.len() as u64 >= limit) {
            if selection.matches(target, &object) || !selection.is_everything() {
                let after: &String = last.get_or_insert(key);
                let rest = after.strip_prefix(prefix.as_str()).unwrap_or(after);
                continue_token = Some(token(i64::try_from(revision).unwrap_or(i64::MAX), rest));
                remaining = selection.is_everything().then_some(count - index);
            }
            break;
        }
        last = Some(key);
        if selection.matches(target, &object) {
            items.push(object);
        }
    }
    Ok(Page {
        items,
        revision,
        continue_token,
        remaining,
    })
}

impl Page {
    /// The list object, items whole.
    pub(crate) fn list(&self, target: &Target) -> Value {
        let resource = &target.resource;
        let custom = resource.is_custom();
        let items: Vec<Value> = self
            .items
            .iter()
            .map(|object| {
                let mut shown = types::show(target.typed(), object);
                // The list says once what its items are; custom resources repeat it.
                if let Some(members) = shown.as_object_mut()
                    && !custom
                {
                    members.remove("kind");
                    members.remove("apiVersion");
                }
                shown
            })
            .collect();
        let mut metadata = json!({"resourceVersion": self.revision.to_string()});
        if let Some(token) = &self.continue_token {
            metadata["continue"] = Value::from(token.as_str());
        } else if custom {
            metadata["continue"] = Value::from("");
        }
        if let Some(remaining) = self.remaining {
            metadata["remainingItemCount"] = Value::from(remaining);
        }
        json!({
            "kind": resource.list_kind,
            "apiVersion": resource.api_version(&target.version),
            "metadata": metadata,
            "items": items,
        })
    }
}

pub(crate) fn list(server: &Inner, call: &Call, target: &Target) -> Result<Reply, Status> {
    let page = select(server, &mut server.world(), call, target)?;
    Ok(Reply::List {
        list: page.list(target),
    })
}
