//! The change feed.

use super::*;
use crate::backend::RecordChange;

/// Ids in the feed, deletions with a minus in front.
async fn ids(backend: &dyn Backend, after: u64, limit: usize) -> (Vec<String>, u64) {
    let changes = ok(backend.changes(&DOCUMENTS, after, limit).await);
    assert!(
        changes.windows(2).all(|pair| pair[0].position() < pair[1].position()),
        "positions grow"
    );
    assert!(changes.first().is_none_or(|first| first.position() > after));
    let last = changes.last().map_or(after, RecordChange::position);
    let ids = changes.into_iter().map(|change| match change {
        RecordChange::Written(record) => record.address.id,
        RecordChange::Deleted { address, .. } => format!("-{}", address.id),
    });
    (ids.collect(), last)
}

pub(super) async fn writes_and_deletions_in_order(subject: &Subject) {
    let (one, other) = (&*subject.one, &*subject.other);
    let mut signal = one.watch(&DOCUMENTS);
    assert_eq!(ids(one, 0, 100).await, (vec![], 0));
    let a = ok(create(one, &at("p", "a"), content("1")).await);
    assert!(ok(signal.has_changed()), "a write of this process shows");
    signal.mark_unchanged();
    ok(create(other, &at("p", "b"), content("1")).await);
    let (seen, position) = ids(one, 0, 100).await;
    assert_eq!(seen, ["a", "b"]);
    ok(replace(other, &at("p", "a"), &a.etag, content("2"), LeaseChange::Untouched).await);
    assert_eq!(ids(one, position, 100).await.0, ["a"]);
    assert_eq!(ids(one, 0, 100).await.0, ["b", "a"]);
    let b = get(one, &at("p", "b")).await;
    ok(delete(one, &b.address, &b.etag, None).await);
    let (seen, position) = ids(other, position, 100).await;
    assert_eq!(seen, ["a", "-b"]);
    ok(create(one, &b.address, content("3")).await);
    assert_eq!(ids(other, position, 100).await.0, ["b"]);
    // A refused write does not show.
    let (_, end) = ids(one, 0, 100).await;
    assert!(create(one, &b.address, content("4")).await.is_err());
    assert_eq!(ids(one, end, 100).await, (vec![], end));
}

pub(super) async fn pages_and_the_latest_state(subject: &Subject) {
    let (one, other) = (&*subject.one, &*subject.other);
    for number in 0..10 {
        let place = at("p", &number.to_string());
        let written = ok(create(one, &place, content("old")).await);
        if number % 3 == 0 {
            ok(delete(one, &place, &written.etag, None).await);
        } else {
            ok(replace(one, &place, &written.etag, content("new"), LeaseChange::Untouched).await);
        }
    }
    let (mut seen, mut position) = (Vec::new(), 0);
    loop {
        let (page, last) = ids(other, position, 3).await;
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 3);
        seen.extend(page);
        position = last;
    }
    assert_eq!(seen, ["-0", "1", "2", "-3", "4", "5", "-6", "7", "8", "-9"]);
    for change in ok(one.changes(&DOCUMENTS, 0, 100).await) {
        if let RecordChange::Written(record) = change {
            assert_eq!(record.body, b"new");
        }
    }
}

pub(super) async fn old_deletions_are_forgotten(subject: &Subject) {
    let (one, other) = (&*subject.one, &*subject.other);
    let a = ok(create(one, &at("p", "a"), content("1")).await);
    ok(create(one, &at("p", "b"), content("1")).await);
    let (_, early) = ids(one, 0, 100).await;
    ok(delete(one, &at("p", "a"), &a.etag, None).await);
    let (_, late) = ids(one, early, 100).await;
    ok(other.advance_clock(TOMBSTONE_TTL / 2).await);
    ok(other.sweep().await);
    assert_eq!(ids(one, early, 100).await.0, ["-a"], "still remembered");
    ok(other.advance_clock(TOMBSTONE_TTL / 2).await);
    ok(other.sweep().await);
    // Who had seen the deletion goes on; who had not has to start again.
    assert_eq!(ids(one, late, 100).await.0, Vec::<String>::new());
    let expired = one.changes(&DOCUMENTS, early, 100).await;
    assert!(matches!(expired, Err(StoreError::FeedExpired { .. })), "{expired:?}");
    assert_eq!(ids(one, 0, 100).await.0, ["b"]);
}
