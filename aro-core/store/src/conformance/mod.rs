//! What every storage engine has to do, as checks that any of them can be put to.
//!
//! An engine's tests call [`run`] with a way to make an empty store. Each check gets its own store and two handles on
//! it, as two processes would have. A check that fails panics and says what was expected.

mod documents;
mod expiry;
mod feed;
mod queue;
mod races;

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use crate::backend::{Address, Backend, Collection, Content, KeySpec, LeaseChange, Record, Write, Written};
use crate::{StoreError, UniqueKey};

/// Documents with three unique keys and one that is not.
static DOCUMENTS: Collection = Collection {
    name: "documents",
    keys: &[
        KeySpec {
            name: "name",
            unique: Some(UniqueKey::Key),
        },
        KeySpec {
            name: "client",
            unique: Some(UniqueKey::ClientId),
        },
        KeySpec {
            name: "group_name",
            unique: Some(UniqueKey::ResourceGroup),
        },
        KeySpec {
            name: "color",
            unique: None,
        },
    ],
    default_ttl: None,
};

/// Documents that expire by default.
static PASSING: Collection = Collection {
    name: "passing",
    keys: &[KeySpec {
        name: "name",
        unique: Some(UniqueKey::Key),
    }],
    default_ttl: Some(HOUR),
};

/// The collections that the engine has to be opened with.
pub static COLLECTIONS: &[&Collection] = &[&DOCUMENTS, &PASSING];

/// How long the engine under test must remember deletions.
pub const TOMBSTONE_TTL: Duration = Duration::from_secs(24 * 60 * 60);

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// An engine under test: an empty store with [`COLLECTIONS`], a clock that can be moved, and two handles.
pub struct Subject {
    /// One handle.
    pub one: Arc<dyn Backend>,
    /// Another, as of another process.
    pub other: Arc<dyn Backend>,
    /// What must live as long as the store, such as its directory.
    pub keep: Box<dyn Any + Send>,
}

/// Puts an engine to all checks. `fresh` makes an empty store.
///
/// # Panics
/// If the engine does not do what [`Backend`] promises.
pub async fn run<F: AsyncFn() -> Subject>(fresh: F) {
    macro_rules! checks {
        ($($module:ident::$check:ident),* $(,)?) => {
            $(
                let subject = fresh().await;
                $module::$check(&subject).await;
                subject.one.close().await;
                subject.other.close().await;
                drop(subject.keep);
            )*
        };
    }
    checks!(
        documents::create_and_get,
        documents::replace_carries_the_etag,
        documents::delete_carries_the_etag,
        documents::unique_keys_hold_within_a_partition,
        documents::keys_follow_the_document,
        documents::queries_are_ordered_and_paged,
        documents::prefixes_are_taken_literally,
        documents::a_batch_is_atomic_or_a_prefix,
        documents::bodies_are_kept_byte_for_byte,
        queue::oldest_first_and_one_at_a_time,
        queue::a_lease_that_ran_out_passes_on,
        queue::renewal_extends,
        queue::release_ends_the_lease,
        queue::others_may_write_under_a_lease,
        queue::what_is_not_queued_is_not_taken,
        expiry::invisible_after_expiry,
        expiry::expired_documents_hold_no_keys,
        expiry::a_write_starts_life_anew,
        feed::writes_and_deletions_in_order,
        feed::pages_and_the_latest_state,
        feed::old_deletions_are_forgotten,
        races::no_update_is_lost,
        races::each_document_has_one_taker,
        races::one_of_many_creates_wins,
    );
}

/// The value, or the end of the check.
fn ok<T, E: Debug>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("unexpected error: {error:?}"),
    }
}

fn some<T>(value: Option<T>, what: &str) -> T {
    match value {
        Some(value) => value,
        None => panic!("nothing found: {what}"),
    }
}

fn at(partition: &str, id: &str) -> Address {
    Address {
        partition: partition.to_owned(),
        id: id.to_owned(),
    }
}

fn content(body: &str) -> Content {
    Content {
        body: body.as_bytes().to_vec(),
        keys: vec![None; 4],
        queued: false,
        dequeues: 0,
        ttl: None,
    }
}

fn queued(body: &str) -> Content {
    Content {
        queued: true,
        ..content(body)
    }
}

fn with_keys(keys: [Option<&str>; 4]) -> Content {
    Content {
        keys: keys.iter().map(|key| key.map(str::to_owned)).collect(),
        ..content("{}")
    }
}

async fn create(backend: &dyn Backend, address: &Address, content: Content) -> Result<Written, StoreError> {
    let write = Write::Create {
        collection: &DOCUMENTS,
        address: address.clone(),
        content,
    };
    one(backend, write).await
}

async fn replace(
    backend: &dyn Backend,
    address: &Address,
    etag: &str,
    content: Content,
    lease: LeaseChange,
) -> Result<Written, StoreError> {
    let write = Write::Replace {
        collection: &DOCUMENTS,
        address: address.clone(),
        etag: etag.to_owned(),
        content,
        lease,
    };
    one(backend, write).await
}

async fn delete(
    backend: &dyn Backend,
    address: &Address,
    etag: &str,
    token: Option<&str>,
) -> Result<Written, StoreError> {
    let (etag, token) = (etag.to_owned(), token.map(str::to_owned));
    one(
        backend,
        Write::Delete {
            collection: &DOCUMENTS,
            address: address.clone(),
            etag,
            token,
        },
    )
    .await
}

async fn one(backend: &dyn Backend, write: Write) -> Result<Written, StoreError> {
    match backend.write(vec![write]).await {
        Ok(written) => Ok(some(written.into_iter().next(), "result of a write")),
        Err(failure) => Err(failure.error),
    }
}

async fn get(backend: &dyn Backend, address: &Address) -> Record {
    some(ok(backend.get(&DOCUMENTS, address).await), &address.id)
}

fn is_precondition_failed<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::PreconditionFailed { .. }))
}

fn is_not_found<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::NotFound { .. }))
}

fn is_lease_lost<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::LeaseLost { .. }))
}

fn conflict<T: Debug>(result: Result<T, StoreError>) -> UniqueKey {
    match result {
        Err(StoreError::Conflict { key, .. }) => key,
        other => panic!("expected a conflict, got {other:?}"),
    }
}
