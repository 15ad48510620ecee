//! Whether the keys at hand are those of the store.
//!
//! Without this, a store opened with another key file would seal new secrets with keys that the other processes do
//! not have, and fail only when somebody needs an old one.

use crate::backend::{Address, Collection, Content, LeaseChange, Write};
use crate::core::Core;
use crate::members::{Malformed, Members};
use crate::{KeyError, StoreError};

/// Holds one value, sealed with a key of the ring.
pub(crate) static COLLECTION: Collection = Collection {
    name: "key_checks",
    keys: &[],
    default_ttl: None,
};

const ID: &str = "keys";
const MEMBER: &str = "sealed";
const KNOWN: &[u8] = b"aro-store";

/// Opens the value, or leaves one in a new store.
pub(crate) async fn check(core: &Core) -> Result<(), StoreError> {
    let address = Address {
        partition: ID.to_owned(),
        id: ID.to_owned(),
    };
    if let Some((sealed, _)) = read(core, &address).await? {
        return open(core, &sealed);
    }
    let create = Write::Create {
        collection: &COLLECTION,
        address: address.clone(),
        content: sealed_anew(core)?,
    };
    match core.write(vec![create]).await {
        // Another process was faster; its key counts.
        Err(StoreError::Conflict { .. }) => match read(core, &address).await? {
            Some((sealed, _)) => open(core, &sealed),
            None => Ok(()),
        },
        other => other.map(drop),
    }
}

/// Seals the value with the active key.
pub(crate) async fn renew(core: &Core) -> Result<(), StoreError> {
    let address = Address {
        partition: ID.to_owned(),
        id: ID.to_owned(),
    };
    let Some((sealed, etag)) = read(core, &address).await? else {
        return check(core).await;
    };
    if !core.keys.is_stale(&sealed) {
        return Ok(());
    }
    let (content, lease) = (sealed_anew(core)?, LeaseChange::Untouched);
    let replace = Write::Replace {
        collection: &COLLECTION,
        address,
        etag,
        content,
        lease,
    };
    match core.write(vec![replace]).await {
        // Somebody else has just done it.
        Err(StoreError::PreconditionFailed { .. }) => Ok(()),
        other => other.map(drop),
    }
}

async fn read(core: &Core, address: &Address) -> Result<Option<(String, String)>, StoreError> {
    let Some(record) = core.backend.get(&COLLECTION, address).await? else {
        return Ok(None);
    };
    let sealed = Members::parse(&record.body)
        .and_then(|mut members| members.take::<String>(MEMBER))
        .map_err(corrupt)?;
    Ok(Some((sealed, record.etag)))
}

fn open(core: &Core, sealed: &str) -> Result<(), StoreError> {
    let known = core.keys.open_value(ID, sealed)?;
    if known.as_slice() == KNOWN {
        Ok(())
    } else {
        Err(KeyError::Open.into())
    }
}

fn sealed_anew(core: &Core) -> Result<Content, StoreError> {
    let mut members = Members::default();
    members
        .put(MEMBER, &core.keys.seal_value(ID, KNOWN)?)
        .map_err(corrupt)?;
    let body = members.into_body().map_err(corrupt)?;
    Ok(Content {
        body,
        keys: Vec::new(),
        queued: false,
        dequeues: 0,
        ttl: None,
    })
}

fn corrupt(malformed: Malformed) -> StoreError {
    malformed.corrupt(COLLECTION.name, ID)
}
