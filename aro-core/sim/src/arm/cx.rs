//! What a change of the world needs at hand.

use std::time::Duration;

use time::OffsetDateTime;
use uuid::Uuid;

use super::error::ArmError;
use crate::shared::Facts;
use crate::state::{Effect, Operation, State, Status, Verb};

/// The facts, the state under its lock, the time of the change.
pub(crate) struct Cx<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) state: &'a mut State,
    pub(crate) now: OffsetDateTime,
}

impl Cx<'_> {
    /// Begins an operation that has its effect after `base` at the world's pace; its id.
    pub(crate) fn begin(&mut self, target_id: &str, verb: Verb, base: Duration, effect: Effect) -> String {
        let id = Uuid::new_v4().to_string();
        let due = self.now + self.facts.pace.scaled(base);
        self.state.begin(Operation {
            id: id.clone(),
            target: super::id::key(target_id),
            target_id: target_id.to_owned(),
            verb,
            started: self.now,
            due,
            status: Status::Running,
            ended: None,
            error: None,
            effect,
        });
        id
    }

    /// The tenant's subscription, or what ARM says when there is none.
    pub(crate) fn subscription_exists(&self, id: &str) -> Result<(), ArmError> {
        if self.state.subscriptions.contains(&id.to_lowercase()) {
            return Ok(());
        }
        if Uuid::try_parse(id).is_err() {
            return Err(ArmError::bad(
                "InvalidSubscriptionId",
                format!("The provided subscription identifier '{id}' is malformed or invalid."),
            ));
        }
        Err(ArmError::new(
            404,
            "SubscriptionNotFound",
            format!("The subscription '{id}' could not be found."),
        ))
    }

    /// A running operation of a resource.
    pub(crate) fn running(&self, operation: Option<&String>) -> Option<&Operation> {
        self.state
            .operations
            .get(operation?)
            .filter(|operation| operation.status == Status::Running)
    }
}
