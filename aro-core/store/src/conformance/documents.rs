//! Single documents, keys, queries and batches.

use super::*;
use crate::backend::{After, Query, Values};

pub(super) async fn create_and_get(subject: &Subject) {
    let (one, other) = (&*subject.one, &*subject.other);
    let place = at("p", "1");
    assert_eq!(ok(one.get(&DOCUMENTS, &place).await), None);

    let written = ok(create(one, &place, content(r#"{"a":1}"#)).await);
    assert!(!written.etag.is_empty());
    let record = get(other, &place).await;
    assert_eq!(record.address, place);
    assert_eq!(record.etag, written.etag);
    assert_eq!(record.position, written.position);
    assert_eq!(record.body, br#"{"a":1}"#);
    assert_eq!((record.dequeues, &record.lease), (0, &None));

    assert_eq!(conflict(create(other, &place, content("{}")).await), UniqueKey::Id);
    assert_eq!(get(one, &place).await, record, "a refused create changes nothing");
    // The id is unique within its partition, and collections have nothing to do with each other.
    ok(create(one, &at("q", "1"), content("{}")).await);
    assert_eq!(ok(one.get(&PASSING, &place).await), None);
}

pub(super) async fn replace_carries_the_etag(subject: &Subject) {
    let (one, other) = (&*subject.one, &*subject.other);
    let place = at("p", "1");
    assert!(is_not_found(
        &replace(one, &place, "1", content("{}"), LeaseChange::Untouched).await
    ));
    let first = ok(create(one, &place, content("1")).await);
    let second = ok(replace(other, &place, &first.etag, content("2"), LeaseChange::Untouched).await);
    assert_ne!(first.etag, second.etag);
    assert!(second.position > first.position);
    for stale in [first.etag.as_str(), "", "*"] {
        let refused = replace(one, &place, stale, content("3"), LeaseChange::Untouched).await;
        assert!(is_precondition_failed(&refused), "etag {stale:?}: {refused:?}");
    }
    assert_eq!(get(one, &place).await.body, b"2");
    // Writing the same again is a write.
    let third = ok(replace(one, &place, &second.etag, content("2"), LeaseChange::Untouched).await);
    assert_ne!(third.etag, second.etag);
}

pub(super) async fn delete_carries_the_etag(subject: &Subject) {
    let (one, other) = (&*subject.one, &*subject.other);
    let place = at("p", "1");
    assert!(is_not_found(&delete(one, &place, "1", None).await));
    let first = ok(create(one, &place, content("1")).await);
    let second = ok(replace(one, &place, &first.etag, content("2"), LeaseChange::Untouched).await);
    assert!(is_precondition_failed(&delete(other, &place, &first.etag, None).await));
    ok(delete(other, &place, &second.etag, None).await);
    assert_eq!(ok(one.get(&DOCUMENTS, &place).await), None);
    assert!(is_not_found(&delete(one, &place, &second.etag, None).await));

    let again = ok(create(one, &place, content("3")).await);
    let refused = replace(one, &place, &second.etag, content("4"), LeaseChange::Untouched).await;
    assert!(
        is_precondition_failed(&refused),
        "the etag of a deleted document opens no later one"
    );
    assert!(again.etag != first.etag && again.etag != second.etag);
}

pub(super) async fn unique_keys_hold_within_a_partition(subject: &Subject) {
    let (one, other) = (&*subject.one, &*subject.other);
    ok(create(
        one,
        &at("p", "1"),
        with_keys([Some("n1"), Some("c1"), Some("g1"), Some("red")]),
    )
    .await);
    let mut attempt = 1;
    let mut refused = async |keys: [Option<&str>; 4]| {
        attempt += 1;
        conflict(create(other, &at("p", &attempt.to_string()), with_keys(keys)).await)
    };
    assert_eq!(
        refused([Some("n1"), Some("c2"), Some("g2"), None]).await,
        UniqueKey::Key
    );
    assert_eq!(
        refused([Some("n2"), Some("c1"), Some("g2"), None]).await,
        UniqueKey::ClientId
    );
    assert_eq!(
        refused([Some("n2"), Some("c2"), Some("g1"), None]).await,
        UniqueKey::ResourceGroup
    );
    // Of several, the first in the collection's order is reported.
    assert_eq!(
        refused([Some("n2"), Some("c1"), Some("g1"), None]).await,
        UniqueKey::ClientId
    );
    assert_eq!(
        refused([Some("n1"), Some("c1"), Some("g1"), None]).await,
        UniqueKey::Key
    );

    ok(create(
        one,
        &at("q", "1"),
        with_keys([Some("n1"), Some("c1"), Some("g1"), None]),
    )
    .await);
    ok(create(one, &at("p", "2"), with_keys([Some("n2"), None, None, Some("red")])).await);
    let third = ok(create(one, &at("p", "3"), with_keys([Some("n3"), None, None, Some("red")])).await);
    // On replacement as well; and a document does not conflict with itself.
    let taken = with_keys([Some("n3"), Some("c1"), None, None]);
    let clash = replace(other, &at("p", "3"), &third.etag, taken, LeaseChange::Untouched).await;
    assert_eq!(conflict(clash), UniqueKey::ClientId);
    assert_eq!(get(one, &at("p", "3")).await.etag, third.etag);
    let own = with_keys([Some("n3"), Some("c3"), None, None]);
    ok(replace(other, &at("p", "3"), &third.etag, own, LeaseChange::Untouched).await);
}

pub(super) async fn keys_follow_the_document(subject: &Subject) {
    let (one, other) = (&*subject.one, &*subject.other);
    let place = at("p", "1");
    let first = ok(create(one, &place, with_keys([Some("n1"), Some("c1"), None, None])).await);
    let moved = with_keys([Some("n1"), Some("c2"), None, None]);
    let second = ok(replace(one, &place, &first.etag, moved, LeaseChange::Untouched).await);
    assert_eq!(
        find(other, "client", Values::Equal("c1".into())).await,
        Vec::<String>::new()
    );
    assert_eq!(find(other, "client", Values::Equal("c2".into())).await, ["1"]);
    // The old value is free, the new one is not; after a deletion both are.
    assert_eq!(
        conflict(create(one, &at("p", "2"), with_keys([None, Some("c2"), None, None])).await),
        UniqueKey::ClientId
    );
    ok(create(one, &at("p", "2"), with_keys([None, Some("c1"), None, None])).await);
    ok(delete(one, &place, &second.etag, None).await);
    ok(create(one, &at("p", "3"), with_keys([Some("n1"), Some("c2"), None, None])).await);
}

async fn find(backend: &dyn Backend, key: &'static str, values: Values) -> Vec<String> {
    let query = Query {
        key,
        partition: None,
        values,
        after: None,
        limit: 100,
    };
    ok(backend.query(&DOCUMENTS, query).await)
        .into_iter()
        .map(|found| found.record.address.id)
        .collect()
}

pub(super) async fn queries_are_ordered_and_paged(subject: &Subject) {
    let (one, other) = (&*subject.one, &*subject.other);
    // In an order that is neither that of ids nor of keys.
    for number in [7, 2, 9, 4, 1, 8, 3, 6, 5, 0] {
        let (name, color) = (
            format!("n{:02}", 20 - number),
            if number % 2 == 0 { "even" } else { "odd" },
        );
        let partition = if number < 5 { "p" } else { "q" };
        let keys = with_keys([Some(&name), None, None, Some(color)]);
        ok(create(one, &at(partition, &number.to_string()), keys).await);
    }
    ok(create(one, &at("p", "no-keys"), content("{}")).await);

    assert_eq!(
        find(other, "name", Values::All).await,
        ["9", "8", "7", "6", "5", "4", "3", "2", "1", "0"]
    );
    assert_eq!(
        find(other, "color", Values::Equal("odd".into())).await,
        ["1", "3", "5", "7", "9"]
    );
    assert_eq!(
        find(other, "color", Values::All).await,
        ["0", "2", "4", "6", "8", "1", "3", "5", "7", "9"]
    );
    assert_eq!(find(other, "id", Values::All).await.len(), 11);
    assert!(matches!(
        one.query(
            &DOCUMENTS,
            Query {
                key: "body",
                partition: None,
                values: Values::All,
                after: None,
                limit: 1
            }
        )
        .await,
        Err(StoreError::Invalid { .. })
    ));

    let query = |partition: Option<&str>, after: Option<After>, limit| Query {
        key: "color",
        partition: partition.map(str::to_owned),
        values: Values::All,
        after,
        limit,
    };
    // Page by page, with ties of the key between pages.
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = ok(one.query(&DOCUMENTS, query(None, after, 3)).await);
        let Some(last) = page.last() else { break };
        after = Some(After {
            key: last.key.clone(),
            id: Some(last.record.address.id.clone()),
        });
        seen.extend(page.iter().map(|found| found.record.address.id.clone()));
    }
    assert_eq!(seen, ["0", "2", "4", "6", "8", "1", "3", "5", "7", "9"]);
    // Past all documents of a value.
    let after = Some(After {
        key: "even".into(),
        id: None,
    });
    assert_eq!(ok(one.query(&DOCUMENTS, query(None, after, 100)).await).len(), 5);
    // One partition only.
    let page = ok(one.query(&DOCUMENTS, query(Some("q"), None, 100)).await);
    assert_eq!(page.len(), 5);
    assert!(page.iter().all(|found| found.record.address.partition == "q"));
}

pub(super) async fn prefixes_are_taken_literally(subject: &Subject) {
    let one = &*subject.one;
    let names = [
        "a/b",
        "a/b/c",
        "a/bc",
        "a%b",
        "a_b",
        "A/b",
        "a/ü",
        "a/\u{10FFFF}z",
        "b",
        "a",
    ];
    for (number, name) in names.iter().enumerate() {
        ok(create(
            one,
            &at("p", &number.to_string()),
            with_keys([Some(name), None, None, None]),
        )
        .await);
    }
    let ids = async |prefix: &str| find(one, "name", Values::Prefix(prefix.to_owned())).await;
    assert_eq!(ids("a/b").await, ["0", "1", "2"]);
    assert_eq!(ids("a/b/").await, ["1"]);
    assert_eq!(ids("a%").await, ["3"]);
    assert_eq!(ids("a_").await, ["4"]);
    assert_eq!(ids("A").await, ["5"]);
    assert_eq!(ids("a/ü").await, ["6"]);
    assert_eq!(ids("").await.len(), names.len());
}

pub(super) async fn a_batch_is_atomic_or_a_prefix(subject: &Subject) {
    let (one, other) = (&*subject.one, &*subject.other);
    let first = ok(create(one, &at("p", "1"), content("1")).await);
    let new = |id: &str| Write::Create {
        collection: &DOCUMENTS,
        address: at("p", id),
        content: content("new"),
    };
    let change = |etag: &str| Write::Replace {
        collection: &DOCUMENTS,
        address: at("p", "1"),
        etag: etag.to_owned(),
        content: content("2"),
        lease: LeaseChange::Untouched,
    };
    let failure = match one.write(vec![new("a"), change("stale"), new("b")]).await {
        Err(failure) => failure,
        Ok(written) => panic!("a batch with a stale etag took place: {written:?}"),
    };
    assert_eq!(failure.index, 1);
    assert!(matches!(failure.error, StoreError::PreconditionFailed { .. }));
    let before = ok(other.get(&DOCUMENTS, &at("p", "a")).await);
    assert_eq!(
        before.is_none(),
        one.atomic_batches(),
        "the write before the failed one"
    );
    assert_eq!(
        ok(other.get(&DOCUMENTS, &at("p", "b")).await),
        None,
        "the write after the failed one"
    );
    assert_eq!(get(other, &at("p", "1")).await.etag, first.etag);

    let done = ok(one.write(vec![new("c"), change(&first.etag), new("d")]).await);
    assert_eq!(done.len(), 3);
    assert_eq!(get(other, &at("p", "1")).await.etag, done[1].etag);
    assert_eq!(get(other, &at("p", "d")).await.etag, done[2].etag);
    assert_eq!(ok(one.write(Vec::new()).await), Vec::new());
}

pub(super) async fn bodies_are_kept_byte_for_byte(subject: &Subject) {
    let (one, other) = (&*subject.one, &*subject.other);
    let long = format!(r#"{{"long":"{}"}}"#, "x".repeat(1 << 20));
    for (number, body) in [r#"{"n": 1e400, "t":"ü\u0000🦀", "s" : [ ] }"#, "{}", &long]
        .iter()
        .enumerate()
    {
        let place = at("p", &number.to_string());
        ok(create(one, &place, content(body)).await);
        assert!(
            get(other, &place).await.body == body.as_bytes(),
            "body {number} was changed"
        );
    }
}
