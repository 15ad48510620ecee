//! Where fresh ids come from.

use std::fmt;

use uuid::Uuid;

/// Source of document ids, lease tokens and buckets; a test may supply one it can foresee.
pub trait IdSource: Send + Sync + fmt::Debug {
    /// An id never given out before.
    fn new_id(&self) -> Uuid;

    /// The bucket of a new cluster, uniform over 0 to 255: which instance of a service watches over it.
    fn new_bucket(&self) -> u8 {
        self.new_id().as_bytes()[0]
    }
}

/// Ids from the operating system's random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    fn new_id(&self) -> Uuid {
        Uuid::new_v4()
    }
}
