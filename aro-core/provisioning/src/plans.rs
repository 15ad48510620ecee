//! The plans. A plan depends on the document, and only on what the customer has chosen, and on the [`Features`] of the
//! service, so that it is the same for whoever goes on with it. Whoever only wants to know how far it is finds out from the
//! record which of the few plans it is.

mod admin_update;
mod cluster;
mod create;
mod delete;
mod operator;
mod shared;
mod update;

use std::{future::Future, time::Duration};

use aro_api::model::ProvisioningState;
use aro_store::ClusterDocument;

pub use admin_update::admin_update;
pub use create::create;
pub use delete::delete;
pub use update::update;

use crate::{Environment, Kind, Plan, Step, StepError, Verdict, steps::context::Cx};

/// What an installation of the service brings into clusters, as far as plans differ by it. What it has not is left out of
/// the plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Features {
    /// The operator.
    pub operator: bool,
}

impl Features {
    /// Whatever there may be, the whole first.
    pub(crate) const ALL: [Self; 2] = [Self { operator: true }, Self { operator: false }];
}

impl Default for Features {
    fn default() -> Self {
        Self::ALL[0]
    }
}

/// The plan that the state of a cluster calls for; `None` when no operation runs.
#[must_use]
pub fn running(document: &ClusterDocument, features: Features) -> Option<Plan<Environment>> {
    match document.cluster.properties.provisioning_state {
        ProvisioningState::Creating => Some(create(document, features)),
        ProvisioningState::Updating => Some(update(document, features)),
        ProvisioningState::AdminUpdating => Some(admin_update(document, features)),
        ProvisioningState::Deleting => Some(delete(document)),
        _ => None,
    }
}

/// Limit of one attempt of a step that makes single calls.
const CALLS: Duration = Duration::from_secs(10 * 60);
/// Limit of one attempt of a step that waits for long-running operations.
const LONG: Duration = Duration::from_secs(60 * 60);

fn action<F, R>(id: &'static str, title: &'static str, weight: u32, timeout: Duration, body: F) -> Step<Environment>
where
    F: Fn(Cx) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Verdict, StepError>> + Send + 'static,
{
    Step::new(id, title, Kind::Action { timeout }, weight, body)
}

/// An action that Azure may refuse for some minutes, until it knows of rights that were just given.
fn retried<F, R>(id: &'static str, title: &'static str, weight: u32, timeout: Duration, body: F) -> Step<Environment>
where
    F: Fn(Cx) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Verdict, StepError>> + Send + 'static,
{
    Step::new(id, title, Kind::AuthorizationRetried { timeout }, weight, body)
}

fn condition<F, R>(id: &'static str, title: &'static str, weight: u32, timeout: Duration, body: F) -> Step<Environment>
where
    F: Fn(Cx) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Verdict, StepError>> + Send + 'static,
{
    Step::new(id, title, Kind::Condition { timeout }, weight, body)
}
