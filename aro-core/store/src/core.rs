//! Between typed documents and records.

use std::sync::Arc;

use aro_api::{SealError, Sealer};
use zeroize::Zeroizing;

use crate::backend::{Address, Backend, LeaseChange, Write, Written};
use crate::document::{Document, Stored};
use crate::{IdSource, KeyError, KeyRing, StoreError};

/// What all collections of a store share.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) ids: Arc<dyn IdSource>,
}

/// A document on its way to the engine: the write, and what it will be afterwards.
pub(crate) struct Prepared<T> {
    pub(crate) write: Write,
    stored: Stored<T>,
}

impl<T> Prepared<T> {
    pub(crate) fn done(self, written: Option<&Written>) -> Stored<T> {
        let mut stored = self.stored;
        if let Some(written) = written {
            stored.etag.clone_from(&written.etag);
        }
        stored
    }
}

impl Core {
    pub(crate) fn prepare_create<T: Document>(&self, mut document: T) -> Result<Prepared<T>, StoreError> {
        let address = document.place()?;
        let content = self.content(&document, &address)?;
        let write = Write::Create {
            collection: T::collection(),
            address: address.clone(),
            content,
        };
        Ok(Prepared {
            write,
            stored: Stored {
                id: address.id.clone(),
                etag: String::new(),
                document,
                address,
            },
        })
    }

    pub(crate) fn prepare_replace<T: Document>(
        &self,
        mut stored: Stored<T>,
        lease: LeaseChange,
    ) -> Result<Prepared<T>, StoreError> {
        let collection = T::collection();
        let address = stored.document.place()?;
        if address != stored.address {
            return Err(StoreError::Invalid {
                collection: collection.name,
                reason: format!("document '{}' would move to another place", stored.address.id),
            });
        }
        let content = self.content(&stored.document, &address)?;
        let write = Write::Replace {
            collection,
            address,
            etag: stored.etag.clone(),
            content,
            lease,
        };
        Ok(Prepared { write, stored })
    }

    pub(crate) fn delete<T: Document>(stored: &Stored<T>, token: Option<String>) -> Write {
        Write::Delete {
            collection: T::collection(),
            address: stored.address.clone(),
            etag: stored.etag.clone(),
            token,
        }
    }

    pub(crate) async fn read<T: Document>(&self, address: &Address) -> Result<Option<Stored<T>>, StoreError> {
        let record = self.backend.get(T::collection(), address).await?;
        record.as_ref().map(Stored::read).transpose()
    }

    pub(crate) async fn write_one<T>(&self, prepared: Prepared<T>) -> Result<Stored<T>, StoreError> {
        let written = self.write(vec![prepared.write.clone()]).await?;
        Ok(prepared.done(written.first()))
    }

    pub(crate) async fn write(&self, batch: Vec<Write>) -> Result<Vec<Written>, StoreError> {
        self.backend.write(batch).await.map_err(|failure| failure.error)
    }

    fn content<T: Document>(&self, document: &T, address: &Address) -> Result<crate::backend::Content, StoreError> {
        document.encode(&self.keys).map_err(|malformed| StoreError::Invalid {
            collection: T::collection().name,
            reason: format!("document '{}' has no stored form: {}", address.id, malformed.0),
        })
    }
}

// === impl Sealer for KeyRing ===

impl Sealer for KeyRing {
    fn seal(&self, context: &str, plain: &[u8]) -> Result<String, SealError> {
        self.seal_value(context, plain)
            .map_err(|error| in_context(error, context))
    }

    fn open(&self, context: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, SealError> {
        self.open_value(context, sealed)
            .map_err(|error| in_context(error, context))
    }
}

fn in_context(error: KeyError, context: &str) -> SealError {
    let context = context.to_owned();
    match error {
        KeyError::Form => SealError::Malformed { context },
        KeyError::UnknownKey(key) => SealError::UnknownKey { context, key },
        KeyError::Open => SealError::Refused { context },
        KeyError::Seal | KeyError::File { .. } => SealError::Failed { context },
    }
}
