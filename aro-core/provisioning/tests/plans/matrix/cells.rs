//! What is failed: every place of every run, in every way.

use aro_sim::{Effect, FaultStatus};

/// Cells of a default run.
const SAMPLE: usize = 36;

/// An operation on a cluster. Each begins where the one before has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Run {
    Create,
    /// Two more outbound addresses, a right that somebody has taken away, and a password for the registry that is old.
    Grow,
    /// Two addresses fewer.
    Shrink,
    /// All of maintenance, on a cluster that has lost some of its ways to the machines.
    Maintain,
    /// The internal load balancer, which has lost its zones, is spread over them.
    Spread,
    Delete,
    // From here on with workload identities; only the calls that no run before makes.
    CreateWithIdentities,
    /// One federated credential is missing, another is too many.
    UpdateWithIdentities,
    DeleteWithIdentities,
    // From here on only the calls to Hive, and those that lead to it.
    CreateByHive,
    DeleteByHive,
    /// Maintenance of a cluster that somebody else has installed.
    Adopt,
}

pub(super) const RUNS: [Run; 12] = [
    Run::Create,
    Run::Grow,
    Run::Shrink,
    Run::Maintain,
    Run::Spread,
    Run::Delete,
    Run::CreateWithIdentities,
    Run::UpdateWithIdentities,
    Run::DeleteWithIdentities,
    Run::CreateByHive,
    Run::DeleteByHive,
    Run::Adopt,
];

impl Run {
    pub(super) fn has_identities(self) -> bool {
        matches!(
            self,
            Self::CreateWithIdentities | Self::UpdateWithIdentities | Self::DeleteWithIdentities
        )
    }

    pub(super) fn by_hive(self) -> bool {
        self >= Self::CreateByHive
    }

    /// What makes the cluster on which this run begins.
    pub(super) fn made_by(self) -> Self {
        match self {
            Self::DeleteByHive => Self::CreateByHive,
            _ => Self::create(self.has_identities()),
        }
    }

    pub(super) fn creates(self) -> bool {
        matches!(self, Self::Create | Self::CreateWithIdentities | Self::CreateByHive)
    }

    pub(super) fn deletes(self) -> bool {
        matches!(self, Self::Delete | Self::DeleteWithIdentities | Self::DeleteByHive)
    }

    pub(super) fn create(identities: bool) -> Self {
        if identities {
            Self::CreateWithIdentities
        } else {
            Self::Create
        }
    }

    pub(super) fn delete(identities: bool) -> Self {
        if identities {
            Self::DeleteWithIdentities
        } else {
            Self::Delete
        }
    }
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    Throttled,
    InternalError,
    Unavailable,
    Reset,
    ReplyLost,
    AuthorizationLag,
    OperationFailsOnce,
    /// A list that has gone on too long.
    Gone,
    /// Credentials that are no longer good.
    Unauthorized,
    // From here on it stays until somebody mends it.
    OperationFails,
    Quota,
    Forbidden,
    Outage,
}

pub(super) const FAULTS: [Fault; 13] = [
    Fault::Throttled,
    Fault::InternalError,
    Fault::Unavailable,
    Fault::Reset,
    Fault::ReplyLost,
    Fault::AuthorizationLag,
    Fault::OperationFailsOnce,
    Fault::Gone,
    Fault::Unauthorized,
    Fault::OperationFails,
    Fault::Quota,
    Fault::Forbidden,
    Fault::Outage,
];

impl Fault {
    pub(super) fn stays(self) -> bool {
        self >= Self::OperationFails
    }

    /// Only what the plane itself says.
    pub(super) fn concerns(self, plane: &str, method: &str) -> bool {
        match self {
            Self::AuthorizationLag | Self::Forbidden => plane == "arm",
            Self::Gone | Self::Unauthorized => plane == "hive",
            Self::Quota => plane == "arm" && method == "PUT",
            Self::OperationFails | Self::OperationFailsOnce => plane == "arm" && method != "GET",
            _ => true,
        }
    }

    pub(super) fn effect(self) -> Effect {
        let status = |status, code: &str, message: &str| {
            Effect::Status(FaultStatus {
                status,
                code: code.to_owned(),
                message: message.to_owned(),
                retry_after: (status == 429).then_some(1),
            })
        };
        let fails = |code: &str| Effect::OperationFails {
            code: code.to_owned(),
            message: "It did not work out.".to_owned(),
        };
        match self {
            Self::Throttled => status(429, "SubscriptionRequestsThrottled", "Too many requests."),
            Self::InternalError | Self::Outage => status(500, "InternalServerError", "An error occurred."),
            Self::Gone => status(410, "Expired", "The list has gone on too long."),
            Self::Unauthorized => status(401, "Unauthorized", "Nobody knows you."),
            Self::Unavailable => status(503, "ServiceUnavailable", "The service is away."),
            Self::Reset => Effect::ResetBeforeEffect,
            Self::ReplyLost => Effect::EffectDoneButReplyLost,
            Self::AuthorizationLag | Self::Forbidden => {
                status(403, "AuthorizationFailed", "The client does not have authorization.")
            }
            Self::OperationFailsOnce => fails("InternalServerError"),
            Self::OperationFails => fails("ResourceOperationFailure"),
            Self::Quota => status(
                409,
                "OperationNotAllowed",
                "Operation results in exceeding approved quota.",
            ),
        }
    }

    /// Azure's code in the error that the customer is told.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::OperationFails => "ResourceOperationFailure",
            Self::Quota => "OperationNotAllowed",
            Self::Forbidden | Self::AuthorizationLag => "AuthorizationFailed",
            Self::Outage => "InternalServerError",
            _ => "",
        }
    }
}

/// A call of a plan: the `nth` of its kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) run: Run,
    pub(super) plane: String,
    pub(super) method: String,
    pub(super) kind: String,
    pub(super) nth: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) place: Place,
    pub(super) fault: Fault,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    /// The plan has got over it.
    Recovered,
    /// The plan has failed, and the repeated operation or a delete has succeeded.
    Mended,
    /// Nothing long-running was started that could fail, or the call was not made this time.
    NotMet,
}

pub(super) fn all_cells(places: &[Place]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for place in places {
        for fault in FAULTS {
            if fault.concerns(&place.plane, &place.method) {
                cells.push(Cell {
                    place: place.clone(),
                    fault,
                });
            }
        }
    }
    cells
}

/// A few cells of every run and fault, the same ones each time.
pub(super) fn sample(cells: Vec<Cell>) -> Vec<Cell> {
    let step = (cells.len() / SAMPLE).max(1);
    // A step that shares no factor with the number of faults visits all of them.
    let step = if step.is_multiple_of(FAULTS.len()) {
        step + 1
    } else {
        step
    };
    cells.into_iter().step_by(step).collect()
}
