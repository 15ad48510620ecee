//! Where fresh ids come from.

use std::fmt;

use uuid::Uuid;

/// What an id is for. A test gives each kind ids that it can recognise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdKind {
    /// A cluster document.
    Cluster,
    /// An asynchronous operation.
    Operation,
    /// A request, and the operation id of its correlation data.
    Request,
    /// An OpenShift version.
    Catalogue,
    /// A platform workload identity role set.
    RoleSet,
    /// A piece of maintenance.
    Manifest,
    /// A schedule of maintenance.
    Schedule,
    /// Any other document.
    Document,
    /// The right to work on a document.
    Lease,
    /// Something of a cluster in Azure whose name must be nobody else's.
    Name,
}

/// Source of ids, for every service; a test may supply one it can foresee.
pub trait IdSource: fmt::Debug + Send + Sync + 'static {
    /// An id never given out before.
    fn new_id(&self, of: IdKind) -> Uuid;
}

/// Ids from the operating system's random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    fn new_id(&self, _: IdKind) -> Uuid {
        Uuid::new_v4()
    }
}
