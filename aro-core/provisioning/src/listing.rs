//! A plan as data that can be printed and compared.

use serde::Serialize;

use crate::{Kind, Plan};

/// What a plan consists of, without the code of its steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listing {
    /// What the plan does.
    pub plan: &'static str,
    /// The digest that a progress record keeps.
    pub hash: String,
    /// The steps in the order they are run.
    pub steps: Vec<ListedStep>,
}

/// One step of a [`Listing`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedStep {
    /// Stable name.
    pub id: &'static str,
    /// What it does, for people.
    pub title: &'static str,
    /// `action`, `authorizationRetried` or `condition`.
    pub kind: &'static str,
    /// Limit of one attempt, of a condition's whole wait, in seconds.
    pub timeout_seconds: u64,
    /// Its share of the percentage.
    pub weight: u32,
}

impl<E> Plan<E> {
    /// The plan as data.
    #[must_use]
    pub fn listing(&self) -> Listing {
        let steps = self.steps.iter().map(|step| {
            let (kind, timeout) = match step.kind {
                Kind::Action { timeout } => ("action", timeout),
                Kind::AuthorizationRetried { timeout } => ("authorizationRetried", timeout),
                Kind::Condition { timeout } => ("condition", timeout),
            };
            ListedStep {
                id: step.id,
                title: step.title,
                kind,
                timeout_seconds: timeout.as_secs(),
                weight: step.weight,
            }
        });
        Listing {
            plan: self.name,
            hash: self.hash(),
            steps: steps.collect(),
        }
    }
}
