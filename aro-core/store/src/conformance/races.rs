//! Many callers at once, through both handles.

use std::collections::BTreeSet;

use tokio::task::JoinSet;

use super::*;

/// Callers of each handle.
const CALLERS: usize = 8;

fn handles(subject: &Subject) -> impl Iterator<Item = Arc<dyn Backend>> {
    let pair = [Arc::clone(&subject.one), Arc::clone(&subject.other)];
    (0..CALLERS).flat_map(move |_| pair.clone())
}

/// Every caller adds to the same number; the sum tells whether an etag was ever passed over.
pub(super) async fn no_update_is_lost(subject: &Subject) {
    const ADDITIONS: usize = 10;
    let place = at("p", "1");
    ok(create(&*subject.one, &place, content("0")).await);
    let mut callers = JoinSet::new();
    for backend in handles(subject) {
        let place = place.clone();
        callers.spawn(async move {
            for _ in 0..ADDITIONS {
                loop {
                    let record = get(&*backend, &place).await;
                    let sum: usize = ok(String::from_utf8_lossy(&record.body).parse());
                    let next = content(&(sum + 1).to_string());
                    let result = replace(&*backend, &place, &record.etag, next, LeaseChange::Untouched).await;
                    if !is_precondition_failed(&result) {
                        ok(result);
                        break;
                    }
                }
            }
        });
    }
    while let Some(result) = callers.join_next().await {
        ok(result);
    }
    let sum = get(&*subject.one, &place).await.body;
    assert_eq!(String::from_utf8_lossy(&sum), (2 * CALLERS * ADDITIONS).to_string());
}

pub(super) async fn each_document_has_one_taker(subject: &Subject) {
    const DOCUMENTS_WAITING: usize = 100;
    for number in 0..DOCUMENTS_WAITING {
        ok(create(&*subject.one, &at("p", &format!("{number:03}")), queued("{}")).await);
    }
    let mut callers = JoinSet::new();
    for (number, backend) in handles(subject).enumerate() {
        callers.spawn(async move {
            let mut taken = Vec::new();
            while let Some(record) = ok(backend
                .take(&DOCUMENTS, &format!("{number}-{}", taken.len()), MINUTE)
                .await)
            {
                assert_eq!(record.dequeues, 1);
                taken.push(record.address.id);
            }
            taken
        });
    }
    let mut all = Vec::new();
    while let Some(result) = callers.join_next().await {
        all.extend(ok(result));
    }
    assert_eq!(all.len(), DOCUMENTS_WAITING);
    assert_eq!(
        all.into_iter().collect::<BTreeSet<_>>().len(),
        DOCUMENTS_WAITING,
        "no document was taken twice"
    );
}

pub(super) async fn one_of_many_creates_wins(subject: &Subject) {
    let mut callers = JoinSet::new();
    for (number, backend) in handles(subject).enumerate() {
        // Another id each, but the same client id.
        callers.spawn(async move {
            create(
                &*backend,
                &at("p", &number.to_string()),
                with_keys([None, Some("c"), None, None]),
            )
            .await
        });
    }
    let mut winners = 0;
    while let Some(result) = callers.join_next().await {
        match ok(result) {
            Ok(_) => winners += 1,
            refused => assert_eq!(conflict(refused), UniqueKey::ClientId),
        }
    }
    assert_eq!(winners, 1);
}
