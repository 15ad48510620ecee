//! What the engine needs of a lease on a document.

use std::sync::Arc;

use aro_store::{ClusterDocument, Leased, StoreError};

/// A change of a document.
pub type Edit<'a> = dyn for<'d> Fn(&'d mut ClusterDocument) + Send + Sync + 'a;

/// A cluster document held under a lease.
#[async_trait::async_trait]
pub trait Holding: Send + Sync {
    /// The document as last read or written.
    fn document(&self) -> Arc<ClusterDocument>;

    /// Applies `change` to the document and writes it, guarded by lease token and etag. After success
    /// [`Holding::document`] is what was written. `change` may be applied several times, each time to a fresh copy.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when another holds the document by now; [`StoreError::Unavailable`] when the store cannot
    /// take it now.
    async fn write(&self, change: &Edit<'_>) -> Result<(), StoreError>;
}

#[async_trait::async_trait]
impl Holding for Leased<ClusterDocument> {
    fn document(&self) -> Arc<ClusterDocument> {
        Arc::new(self.stored().document.clone())
    }

    async fn write(&self, change: &Edit<'_>) -> Result<(), StoreError> {
        Leased::write(self, |document| change(document)).await.map(drop)
    }
}
