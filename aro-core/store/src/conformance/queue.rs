//! The queue and its leases.

use super::*;

async fn take(backend: &dyn Backend, token: &str) -> Option<Record> {
    ok(backend.take(&DOCUMENTS, token, MINUTE).await)
}

async fn advance(subject: &Subject, by: Duration) {
    ok(subject.other.advance_clock(by).await);
}

pub(super) async fn oldest_first_and_one_at_a_time(subject: &Subject) {
    let (one, other) = (&*subject.one, &*subject.other);
    assert_eq!(take(one, "t0").await, None);
    let first = ok(create(one, &at("p", "9"), content("{}")).await);
    ok(create(one, &at("p", "5"), queued("{}")).await);
    ok(create(one, &at("q", "7"), queued("{}")).await);
    // Enters the queue last, although it is the oldest document.
    ok(replace(one, &at("p", "9"), &first.etag, queued("{}"), LeaseChange::Untouched).await);
    assert_eq!(ok(other.queue_length(&DOCUMENTS).await), 3);

    let record = some(take(other, "t1").await, "the oldest");
    assert_eq!(record.address.id, "5");
    assert_eq!(record.dequeues, 1);
    let lease = some(record.lease.clone(), "its lease");
    assert_eq!(lease.token, "t1");
    let left = lease.expires - ok(one.now().await);
    assert!(left <= MINUTE && left > MINUTE / 2, "{left}");
    let stored = get(one, &record.address).await;
    assert_eq!(
        (&stored.lease, &stored.etag, stored.dequeues),
        (&record.lease, &record.etag, 1)
    );
    assert_eq!(ok(one.queue_length(&DOCUMENTS).await), 2);

    // A change that leaves it in the queue does not cost it its place.
    let seven = get(one, &at("q", "7")).await;
    ok(replace(one, &seven.address, &seven.etag, queued("{}"), LeaseChange::Untouched).await);
    assert_eq!(some(take(one, "t2").await, "the next").address.id, "7");
    assert_eq!(some(take(one, "t3").await, "the last").address.id, "9");
    assert_eq!(take(other, "t4").await, None);
    assert_eq!(ok(one.queue_length(&DOCUMENTS).await), 0);
}

pub(super) async fn a_lease_that_ran_out_passes_on(subject: &Subject) {
    let (one, other) = (&*subject.one, &*subject.other);
    let place = at("p", "1");
    ok(create(one, &place, queued("{}")).await);
    let old = some(take(one, "old").await, "first take");
    assert_eq!(take(other, "new").await, None);
    advance(subject, MINUTE / 2).await;
    assert_eq!(take(other, "new").await, None);
    advance(subject, MINUTE / 2).await;
    assert_eq!(ok(one.queue_length(&DOCUMENTS).await), 1);
    // Until somebody takes it, the late holder still is the holder.
    let hold = |token: &str| LeaseChange::Hold(token.to_owned());
    let late = ok(replace(one, &place, &old.etag, queued("late"), hold("old")).await);

    let new = some(take(other, "new").await, "second take");
    assert_eq!(new.lease.map(|lease| lease.token), Some("new".to_owned()));
    // The attempts are those of the last write, plus one.
    assert_eq!(new.dequeues, 1);
    assert_ne!(new.etag, late.etag);
    // Whatever etag it carries, the old holder writes nothing any more.
    for etag in [&late.etag, &new.etag] {
        assert!(is_lease_lost(
            &replace(one, &place, etag, content("x"), hold("old")).await
        ));
        assert!(is_lease_lost(&delete(one, &place, etag, Some("old")).await));
        assert!(is_lease_lost(&one.renew(&DOCUMENTS, &place, etag, "old", MINUTE).await));
    }
    assert_eq!(get(one, &place).await.body, b"late");
    ok(replace(other, &place, &new.etag, queued("new"), hold("new")).await);
}

pub(super) async fn renewal_extends(subject: &Subject) {
    let (one, other) = (&*subject.one, &*subject.other);
    let place = at("p", "1");
    ok(create(one, &place, queued("{}")).await);
    let record = some(take(one, "t").await, "take");
    assert!(is_precondition_failed(
        &one.renew(&DOCUMENTS, &place, "stale", "t", MINUTE).await
    ));
    assert!(is_not_found(
        &one.renew(&DOCUMENTS, &at("p", "2"), "1", "t", MINUTE).await
    ));
    let mut etag = record.etag;
    for _ in 0..3 {
        advance(subject, MINUTE * 3 / 4).await;
        let (renewed, expires) = ok(one.renew(&DOCUMENTS, &place, &etag, "t", MINUTE).await);
        etag = renewed;
        assert_eq!(take(other, "thief").await, None);
        assert!(expires - ok(other.now().await) > MINUTE / 2);
    }
    ok(replace(one, &place, &etag, content("{}"), LeaseChange::Hold("t".to_owned())).await);
}

pub(super) async fn release_ends_the_lease(subject: &Subject) {
    let (one, other) = (&*subject.one, &*subject.other);
    let place = at("p", "1");
    ok(create(one, &place, queued("{}")).await);
    let release = |token: &str, rest| LeaseChange::Release {
        token: token.to_owned(),
        rest,
    };
    let record = some(take(one, "a").await, "first take");
    let again = Content {
        dequeues: 0,
        ..queued("{}")
    };
    let written = ok(replace(one, &place, &record.etag, again, release("a", Duration::ZERO)).await);
    let stored = get(other, &place).await;
    assert_eq!(
        (&stored.lease, &stored.etag, stored.dequeues),
        (&None, &written.etag, 0)
    );
    // The token is spent.
    assert!(is_lease_lost(
        &replace(one, &place, &written.etag, content("x"), LeaseChange::Hold("a".into())).await
    ));

    // Back in the queue at once, or after a rest.
    let record = some(take(other, "b").await, "second take");
    ok(replace(other, &place, &record.etag, queued("{}"), release("b", HOUR)).await);
    assert_eq!(get(one, &place).await.lease, None);
    assert_eq!(take(one, "c").await, None);
    assert_eq!(ok(one.queue_length(&DOCUMENTS).await), 0);
    advance(subject, HOUR).await;
    assert_eq!(ok(one.queue_length(&DOCUMENTS).await), 1);
    let record = some(take(one, "c").await, "third take");
    // Gone for good.
    ok(delete(one, &place, &record.etag, Some("c")).await);
    assert_eq!(ok(one.get(&DOCUMENTS, &place).await), None);
}

pub(super) async fn others_may_write_under_a_lease(subject: &Subject) {
    let (one, other) = (&*subject.one, &*subject.other);
    let place = at("p", "1");
    ok(create(one, &place, queued("{}")).await);
    let held = some(take(one, "t").await, "take");
    let written = ok(replace(other, &place, &held.etag, queued("theirs"), LeaseChange::Untouched).await);
    let stored = get(one, &place).await;
    assert_eq!(
        stored.lease, held.lease,
        "a write of somebody else leaves the lease alone"
    );
    // The holder has to read first, and then is still the holder.
    let hold = || LeaseChange::Hold("t".to_owned());
    assert!(is_precondition_failed(
        &replace(one, &place, &held.etag, queued("mine"), hold()).await
    ));
    ok(replace(one, &place, &written.etag, queued("mine"), hold()).await);
}

pub(super) async fn what_is_not_queued_is_not_taken(subject: &Subject) {
    let (one, other) = (&*subject.one, &*subject.other);
    let place = at("p", "1");
    ok(create(one, &place, queued("{}")).await);
    let record = some(take(one, "t").await, "take");
    let hold = LeaseChange::Hold("t".to_owned());
    let done = ok(replace(one, &place, &record.etag, content("{}"), hold).await);
    advance(subject, HOUR).await;
    assert_eq!(take(other, "u").await, None);
    // Queued again, but the lease had not been given back: it has run out.
    ok(replace(one, &place, &done.etag, queued("{}"), LeaseChange::Untouched).await);
    assert!(take(other, "u").await.is_some());
}
