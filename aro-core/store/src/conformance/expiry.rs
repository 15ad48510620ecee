//! Documents with a limited life.

use super::*;
use crate::backend::{Query, RecordChange, Values};

fn passing(name: &str, ttl: Option<Duration>) -> Content {
    Content {
        keys: vec![Some(name.to_owned())],
        ttl,
        queued: true,
        ..content("{}")
    }
}

async fn put(backend: &dyn Backend, id: &str, content: Content) -> Result<Written, StoreError> {
    one(
        backend,
        Write::Create {
            collection: &PASSING,
            address: at(id, id),
            content,
        },
    )
    .await
}

async fn ids(backend: &dyn Backend) -> Vec<String> {
    let query = Query {
        key: "id",
        partition: None,
        values: Values::All,
        after: None,
        limit: 100,
    };
    ok(backend.query(&PASSING, query).await)
        .into_iter()
        .map(|found| found.record.address.id)
        .collect()
}

pub(super) async fn invisible_after_expiry(subject: &Subject) {
    let (first, second) = (&*subject.one, &*subject.other);
    ok(put(first, "default", passing("d", None)).await);
    ok(put(first, "short", passing("s", Some(MINUTE))).await);
    ok(put(first, "long", passing("l", Some(HOUR * 2))).await);
    ok(second.advance_clock(MINUTE).await);
    assert_eq!(ids(first).await, ["default", "long"]);
    assert_eq!(ok(first.get(&PASSING, &at("short", "short")).await), None);
    assert_eq!(ok(first.queue_length(&PASSING).await), 2);
    ok(second.advance_clock(HOUR).await);
    assert_eq!(ids(first).await, ["long"]);
    let gone = Write::Delete {
        collection: &PASSING,
        address: at("short", "short"),
        etag: "1".into(),
        token: None,
    };
    assert!(is_not_found(&one(first, gone).await));
    assert_eq!(
        some(ok(first.take(&PASSING, "t", MINUTE).await), "what lives")
            .address
            .id,
        "long"
    );
    let feed = ok(first.changes(&PASSING, 0, 100).await);
    let alive = feed
        .iter()
        .filter(|change| matches!(change, RecordChange::Written(_)))
        .count();
    assert_eq!(alive, 1);
    // Any process sweeps for all, and the feed then tells of it.
    assert_eq!(ok(second.sweep().await), 2);
    assert_eq!(ok(first.sweep().await), 0);
    let feed = ok(first.changes(&PASSING, 0, 100).await);
    let mut dead: Vec<_> = feed
        .iter()
        .filter_map(|change| match change {
            RecordChange::Deleted { address, .. } => Some(address.id.as_str()),
            RecordChange::Written(_) => None,
        })
        .collect();
    dead.sort_unstable();
    assert_eq!(dead, ["default", "short"]);
}

pub(super) async fn expired_documents_hold_no_keys(subject: &Subject) {
    let (one, other) = (&*subject.one, &*subject.other);
    ok(put(one, "a", passing("n", None)).await);
    assert_eq!(conflict(put(one, "a", passing("m", None)).await), UniqueKey::Id);
    ok(other.advance_clock(HOUR).await);
    ok(put(one, "a", passing("n", None)).await);
    assert_eq!(ids(other).await, ["a"]);
}

pub(super) async fn a_write_starts_life_anew(subject: &Subject) {
    let (first, second) = (&*subject.one, &*subject.other);
    let written = ok(put(first, "a", passing("n", None)).await);
    ok(second.advance_clock(HOUR / 2).await);
    let again = Write::Replace {
        collection: &PASSING,
        address: at("a", "a"),
        etag: written.etag,
        content: passing("n", None),
        lease: LeaseChange::Untouched,
    };
    ok(one(first, again).await);
    ok(second.advance_clock(HOUR * 3 / 4).await);
    assert_eq!(ids(first).await, ["a"]);
    ok(second.advance_clock(HOUR / 4).await);
    assert_eq!(ids(first).await, Vec::<String>::new());
}
