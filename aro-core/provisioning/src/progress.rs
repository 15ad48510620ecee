//! How far the work on a cluster is: a pure function of its document.

use aro_store::ClusterDocument;

use crate::plans::{self, Features};

/// What is told about running work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// 0 to 100, steps weighted.
    pub percent: u8,
    /// Id of the step that runs; of the first, before any has begun.
    pub step: String,
    /// What it does, for people.
    pub title: &'static str,
    /// Number of steps that are done.
    pub done: usize,
    /// Number of steps.
    pub total: usize,
}

/// How far the running operation is; `None` when there is no operation, or all its steps are done.
#[must_use]
pub fn status(document: &ClusterDocument) -> Option<Status> {
    let mut variants = Features::ALL
        .iter()
        .filter_map(|features| plans::running(document, *features));
    let whole = variants.next()?;
    let record = document.progress.as_ref().filter(|record| record.plan == whole.name);
    // The digest in the record says which plan runs. That of another build is taken for the whole.
    let plan = match record {
        Some(record) if record.plan_hash != whole.hash() => {
            variants.find(|plan| plan.hash() == record.plan_hash).unwrap_or(whole)
        }
        _ => whole,
    };
    let is_done = |id: &str| record.is_some_and(|record| record.done.iter().any(|done| done == id));
    let weight: u64 = plan.steps.iter().map(|step| u64::from(step.weight)).sum();
    let behind: u64 = plan
        .steps
        .iter()
        .filter(|step| is_done(step.id))
        .map(|step| u64::from(step.weight))
        .sum();
    let done = plan.steps.iter().filter(|step| is_done(step.id)).count();
    let current = plan.steps.iter().find(|step| !is_done(step.id))?;
    let within = record
        .filter(|record| record.current.as_deref() == Some(current.id))
        .and_then(|record| record.outputs.get(&part_of(current.id)))
        .and_then(serde_json::Value::as_u64)
        .unwrap_or(0)
        .min(100);
    let percent = (behind * 100 + within * u64::from(current.weight)) / weight.max(1);
    Some(Status {
        percent: u8::try_from(percent.min(99)).unwrap_or(99),
        step: current.id.to_owned(),
        title: current.title,
        done,
        total: plan.steps.len(),
    })
}

/// The name in the record's outputs under which a long wait notes how far it is.
pub(crate) fn part_of(step: &str) -> String {
    format!("part:{step}")
}
