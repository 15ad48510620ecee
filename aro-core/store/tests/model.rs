//! Random sequences of operations, held against what they should do.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::time::Duration;

use aro_store::backend::{Address, Backend, Content, LeaseChange, RecordChange, Write};
use aro_store::conformance::COLLECTIONS;
use aro_store::{SqliteBackend, StoreConfig, StoreError, UniqueKey};
use proptest::prelude::*;

const TTL: Duration = Duration::from_secs(10);

#[derive(Debug, Clone)]
enum Step {
    Create {
        id: u8,
        key: Option<u8>,
        queued: bool,
    },
    Replace {
        id: u8,
        stale: bool,
        key: Option<u8>,
        queued: bool,
        with_token: bool,
        release: bool,
    },
    Delete {
        id: u8,
        stale: bool,
        with_token: bool,
    },
    Take,
    Renew {
        id: u8,
    },
    Advance {
        seconds: u64,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let id = 0..4u8;
    let key = prop::option::of(0..3u8);
    let step = prop_oneof![
        3 => (id.clone(), key.clone(), any::<bool>()).prop_map(|(id, key, queued)| Step::Create { id, key, queued }),
        5 => (id.clone(), prop::bool::weighted(0.2), key, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
            |(id, stale, key, queued, with_token, release)| Step::Replace { id, stale, key, queued, with_token, release }
        ),
        2 => (id.clone(), prop::bool::weighted(0.2), any::<bool>())
            .prop_map(|(id, stale, with_token)| Step::Delete { id, stale, with_token }),
        4 => Just(Step::Take),
        2 => id.prop_map(|id| Step::Renew { id }),
        2 => (1..8u64).prop_map(|seconds| Step::Advance { seconds }),
    ];
    prop::collection::vec(step, 1..60)
}

#[derive(Debug, Clone)]
struct Expected {
    etag: String,
    key: Option<u8>,
    queued_since: Option<usize>,
    dequeues: u32,
    lease: Option<(String, u64)>,
}

/// What the store should hold, and the token that was last given out for each document.
#[derive(Debug, Default)]
struct Model {
    documents: BTreeMap<u8, Expected>,
    tokens: BTreeMap<u8, String>,
    now: u64,
    step: usize,
}

#[derive(Debug, PartialEq)]
enum Answer {
    Done,
    Taken(Option<u8>),
    NotFound,
    PreconditionFailed,
    LeaseLost,
    Conflict(UniqueKey),
}

impl Answer {
    fn of<T>(result: Result<T, StoreError>) -> Self {
        match result {
            Ok(_) => Self::Done,
            Err(StoreError::NotFound { .. }) => Self::NotFound,
            Err(StoreError::PreconditionFailed { .. }) => Self::PreconditionFailed,
            Err(StoreError::LeaseLost { .. }) => Self::LeaseLost,
            Err(StoreError::Conflict { key, .. }) => Self::Conflict(key),
            Err(error) => panic!("{error:?}"),
        }
    }
}

impl Model {
    fn key_taken(&self, id: u8, key: Option<u8>) -> bool {
        key.is_some()
            && self
                .documents
                .iter()
                .any(|(other, document)| *other != id && document.key == key)
    }

    fn check(&self, id: u8, stale: bool, with_token: bool) -> Answer {
        let Some(document) = self.documents.get(&id) else {
            return Answer::NotFound;
        };
        let held = document.lease.as_ref().map(|(token, _)| token);
        if with_token && held != Some(&self.token(id)) {
            Answer::LeaseLost
        } else if stale {
            Answer::PreconditionFailed
        } else {
            Answer::Done
        }
    }

    fn token(&self, id: u8) -> String {
        self.tokens.get(&id).cloned().unwrap_or_else(|| "nobody".to_owned())
    }

    fn etag(&self, id: u8, stale: bool) -> String {
        if stale {
            "stale".to_owned()
        } else {
            self.documents.get(&id).map_or("none", |d| &d.etag).to_owned()
        }
    }

    /// The answer to expect; what a successful write leaves behind is noted, but for its etag.
    fn apply(&mut self, step: &Step) -> Answer {
        self.step += 1;
        match *step {
            Step::Create { id, key, queued } => {
                if self.key_taken(id, key) {
                    return Answer::Conflict(UniqueKey::Key);
                }
                if self.documents.contains_key(&id) {
                    return Answer::Conflict(UniqueKey::Id);
                }
                let queued_since = queued.then_some(self.step);
                let document = Expected {
                    etag: String::new(),
                    key,
                    queued_since,
                    dequeues: 0,
                    lease: None,
                };
                self.documents.insert(id, document);
                Answer::Done
            }
            Step::Replace {
                id,
                stale,
                key,
                queued,
                with_token,
                release,
            } => {
                let answer = self.check(id, stale, with_token);
                if answer == Answer::Done && self.key_taken(id, key) {
                    return Answer::Conflict(UniqueKey::Key);
                }
                if let (Answer::Done, Some(document)) = (&answer, self.documents.get_mut(&id)) {
                    document.key = key;
                    document.dequeues = 0;
                    document.queued_since = if queued {
                        document.queued_since.or(Some(self.step))
                    } else {
                        None
                    };
                    if with_token && release {
                        document.lease = None;
                    }
                }
                answer
            }
            Step::Delete { id, stale, with_token } => {
                let answer = self.check(id, stale, with_token);
                if answer == Answer::Done {
                    self.documents.remove(&id);
                }
                answer
            }
            Step::Take => {
                let now = self.now;
                let free = |document: &Expected| document.lease.as_ref().is_none_or(|(_, until)| *until <= now);
                let next = self
                    .documents
                    .iter_mut()
                    .filter(|(_, document)| document.queued_since.is_some() && free(document))
                    .min_by_key(|(_, document)| document.queued_since);
                let Some((id, document)) = next else {
                    return Answer::Taken(None);
                };
                let token = format!("t{}", self.step);
                document.lease = Some((token.clone(), now + TTL.as_secs()));
                document.dequeues += 1;
                self.tokens.insert(*id, token);
                Answer::Taken(Some(*id))
            }
            Step::Renew { id } => {
                let answer = self.check(id, false, true);
                if let (
                    Answer::Done,
                    Some(Expected {
                        lease: Some((_, until)),
                        ..
                    }),
                ) = (&answer, self.documents.get_mut(&id))
                {
                    *until = self.now + TTL.as_secs();
                }
                answer
            }
            Step::Advance { seconds } => {
                self.now += seconds;
                Answer::Done
            }
        }
    }
}

fn address(id: u8) -> Address {
    Address {
        partition: "p".to_owned(),
        id: id.to_string(),
    }
}

fn content(key: Option<u8>, queued: bool) -> Content {
    let keys = vec![key.map(|key| key.to_string()), None, None, None];
    Content {
        body: b"{}".to_vec(),
        keys,
        queued,
        dequeues: 0,
        ttl: None,
    }
}

async fn perform(backend: &SqliteBackend, model: &Model, step: &Step) -> Answer {
    let collection = COLLECTIONS[0];
    let write = |write| async move { Answer::of(backend.write(vec![write]).await.map_err(|failure| failure.error)) };
    let token = |id, with_token: bool| with_token.then(|| model.token(id));
    match *step {
        Step::Create { id, key, queued } => {
            write(Write::Create {
                collection,
                address: address(id),
                content: content(key, queued),
            })
            .await
        }
        Step::Replace {
            id,
            stale,
            key,
            queued,
            with_token,
            release,
        } => {
            let lease = match token(id, with_token) {
                None => LeaseChange::Untouched,
                Some(token) if release => LeaseChange::Release {
                    token,
                    rest: Duration::ZERO,
                },
                Some(token) => LeaseChange::Hold(token),
            };
            let (address, etag, content) = (address(id), model.etag(id, stale), content(key, queued));
            write(Write::Replace {
                collection,
                address,
                etag,
                content,
                lease,
            })
            .await
        }
        Step::Delete { id, stale, with_token } => {
            let (address, etag, token) = (address(id), model.etag(id, stale), token(id, with_token));
            write(Write::Delete {
                collection,
                address,
                etag,
                token,
            })
            .await
        }
        Step::Take => {
            let taken = backend
                .take(collection, &format!("t{}", model.step + 1), TTL)
                .await
                .unwrap();
            Answer::Taken(taken.map(|record| record.address.id.parse().unwrap()))
        }
        Step::Renew { id } => {
            let (etag, token) = (model.etag(id, false), model.token(id));
            Answer::of(backend.renew(collection, &address(id), &etag, &token, TTL).await)
        }
        Step::Advance { seconds } => Answer::of(backend.advance_clock(Duration::from_secs(seconds)).await),
    }
}

async fn compare(backend: &SqliteBackend, model: &mut Model) {
    let mut feed = BTreeMap::new();
    for change in backend.changes(COLLECTIONS[0], 0, 1000).await.unwrap() {
        match change {
            RecordChange::Written(record) => feed.insert(record.address.id.clone(), Some(record)),
            RecordChange::Deleted { address, .. } => feed.insert(address.id, None),
        };
    }
    for id in 0..4 {
        let record = backend.get(COLLECTIONS[0], &address(id)).await.unwrap();
        assert_eq!(
            feed.remove(&id.to_string()).flatten(),
            record,
            "the feed ends in the state there is"
        );
        match (record, model.documents.get_mut(&id)) {
            (None, None) => {}
            (Some(record), Some(expected)) => {
                let token = expected.lease.as_ref().map(|(token, _)| token);
                assert_eq!(record.lease.as_ref().map(|lease| &lease.token), token);
                assert_eq!(record.dequeues, expected.dequeues);
                expected.etag = record.etag;
            }
            (record, expected) => panic!("document {id}: {record:?}, expected {expected:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_does_what_a_simple_model_says(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let directory = tempfile::tempdir().unwrap();
            let config = StoreConfig { test_clock: true, ..StoreConfig::default() };
            let backend = SqliteBackend::open(&directory.path().join("db"), config, COLLECTIONS).await.unwrap();
            let mut model = Model::default();
            for step in &steps {
                let answer = perform(&backend, &model, step).await;
                assert_eq!(answer, model.apply(step), "{step:?}");
                compare(&backend, &mut model).await;
            }
            backend.close().await;
        });
    }
}
