//! How far the work on a cluster is.

use aro_api::model::Extra;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use time::OffsetDateTime;

use crate::members::{Malformed, Members};

/// The record of a running plan. Whoever takes the cluster next goes on where it ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Name of the plan.
    pub plan: String,
    /// Hash of the plan's steps; another one means that the release has changed the plan.
    pub plan_hash: String,
    /// Ids of the steps that are finished, in the order they ended.
    pub done: Vec<String>,
    /// Id of the step that runs.
    pub current: Option<String>,
    /// How often the current step was begun.
    pub attempt: u32,
    /// When the current step was first begun; its timeout counts from here.
    pub started_at: Option<OffsetDateTime>,
    /// What steps have learned that has no place on the cluster itself. Never secrets: those have sealed members.
    pub outputs: serde_json::Map<String, serde_json::Value>,
    /// Members that this build does not know.
    pub extra: Extra,
}

/// A time in the form that all documents use.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Time(#[serde(with = "time::serde::rfc3339")] OffsetDateTime);

impl Progress {
    pub(crate) fn to_raw(&self) -> Result<Box<RawValue>, Malformed> {
        let mut members = Members::with_extra(&self.extra);
        members.put("plan", &self.plan)?;
        members.put_text("planHash", &self.plan_hash)?;
        members.put("done", &self.done)?;
        if let Some(current) = &self.current {
            members.put("current", current)?;
        }
        members.put("attempt", &self.attempt)?;
        if let Some(started_at) = self.started_at {
            members.put("startedAt", &Time(started_at))?;
        }
        if !self.outputs.is_empty() {
            members.put("outputs", &self.outputs)?;
        }
        let text = String::from_utf8(members.into_body()?).map_err(|_| Malformed("progress: not text".into()))?;
        RawValue::from_string(text).map_err(|_| Malformed("progress: not JSON".into()))
    }

    pub(crate) fn from_raw(raw: &RawValue) -> Result<Self, Malformed> {
        let mut members = Members::parse(raw.get().as_bytes())?;
        Ok(Self {
            plan: members.take("plan")?,
            plan_hash: members.take("planHash")?,
            done: members.take("done")?,
            current: members.take("current")?,
            attempt: members.take("attempt")?,
            started_at: members.take::<Option<Time>>("startedAt")?.map(|time| time.0),
            outputs: members.take("outputs")?,
            extra: members.into_extra(),
        })
    }
}
