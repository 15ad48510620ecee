//! Sealing everything with the active key.

use crate::backend::LeaseChange;
use crate::document::{Document, Stored};
use crate::documents::Documents;
use crate::{Store, StoreError, key_check};

/// Documents that one query reads.
const PAGE: usize = 100;

/// What [`Store::rekey`] has found and done.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Rekeyed {
    /// Documents looked at.
    pub documents: u64,
    /// Documents written because a secret in them was sealed with an older key.
    pub rewritten: u64,
    /// Documents that still hold a secret sealed with an older key, because it does not open or because others kept
    /// writing; and documents that cannot be read. Do not remove the older keys while there are any.
    pub left: Vec<StoreError>,
}

impl Store {
    /// Seals with the active key whatever older keys have sealed, document by document, while others work. Afterwards
    /// the older keys are needed no more, if nothing was left.
    ///
    /// # Errors
    /// `Unavailable`; what was done stays done, and it may be called again.
    pub async fn rekey(&self) -> Result<Rekeyed, StoreError> {
        let mut result = Rekeyed::default();
        rekey(&self.clusters().documents, &mut result).await?;
        rekey(&self.operations(), &mut result).await?;
        rekey(&self.subscriptions(), &mut result).await?;
        rekey(&self.openshift_versions(), &mut result).await?;
        rekey(&self.role_sets(), &mut result).await?;
        rekey(&self.billing(), &mut result).await?;
        rekey(&self.gateways(), &mut result).await?;
        rekey(&self.manifests(), &mut result).await?;
        rekey(&self.schedules(), &mut result).await?;
        key_check::renew(&self.core).await?;
        Ok(result)
    }
}

async fn rekey<T: Document>(documents: &Documents<T>, result: &mut Rekeyed) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = documents.page(after.as_deref(), PAGE).await?;
        result.documents += (page.documents.len() + page.corrupt.len()) as u64;
        result.left.extend(page.corrupt);
        for stored in page.documents {
            rekey_one(documents, stored, result).await?;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

async fn rekey_one<T: Document>(
    documents: &Documents<T>,
    stored: Stored<T>,
    result: &mut Rekeyed,
) -> Result<(), StoreError> {
    let core = &documents.core;
    if !stored.document.any_stale(&core.keys) {
        return Ok(());
    }
    let address = stored.address.clone();
    match core
        .write_one(core.prepare_replace(stored, LeaseChange::Untouched)?)
        .await
    {
        Ok(_) => result.rewritten += 1,
        // Whoever wrote it has sealed it anew, and who deleted it has no use for it.
        Err(StoreError::PreconditionFailed { .. } | StoreError::NotFound { .. }) => {}
        Err(error) => return Err(error),
    }
    match core.read::<T>(&address).await {
        Ok(Some(stored)) if stored.document.any_stale(&core.keys) => result.left.push(StoreError::Corrupt {
            collection: T::collection().name,
            id: address.id,
            reason: "a secret in it does not open with the key that sealed it".to_owned(),
        }),
        Ok(_) => {}
        Err(error @ StoreError::Corrupt { .. }) => result.left.push(error),
        Err(error) => return Err(error),
    }
    Ok(())
}
