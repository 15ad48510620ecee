//! The last write on a document: repeated while the store has trouble and the lease lasts.

use std::time::Duration;

use aro_store::StoreError;
use tokio::time::Instant;

/// Runs `write` until it succeeds, fails for good, or `until` has come.
pub(super) async fn repeated<T, F>(
    until: Instant,
    pause: Duration,
    mut write: impl FnMut() -> F,
) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    loop {
        match write().await {
            Err(error) if error.retry_after().is_some() && Instant::now() + pause < until => {
                tracing::warn!(%error, "the end of the work is written again");
                tokio::time::sleep(pause).await;
            }
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn trouble() -> StoreError {
        StoreError::Unavailable {
            retry_after: Duration::from_secs(1),
            reason: "disk full".to_string(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn trouble_is_repeated_until_the_lease_ends() {
        let tries = AtomicUsize::new(0);
        let result = repeated(
            Instant::now() + Duration::from_secs(10),
            Duration::from_secs(2),
            || async {
                tries.fetch_add(1, Ordering::SeqCst);
                Err::<(), _>(trouble())
            },
        )
        .await;
        assert_eq!(result, Err(trouble()));
        assert_eq!(tries.load(Ordering::SeqCst), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_helped_is_not_repeated() {
        let lost = StoreError::LeaseLost {
            collection: "clusters",
            id: "1".to_string(),
        };
        let tries = AtomicUsize::new(0);
        let result = repeated(
            Instant::now() + Duration::from_secs(10),
            Duration::from_secs(2),
            || async {
                tries.fetch_add(1, Ordering::SeqCst);
                Err::<(), _>(StoreError::LeaseLost {
                    collection: "clusters",
                    id: "1".to_string(),
                })
            },
        )
        .await;
        assert_eq!(result, Err(lost));
        assert_eq!(tries.load(Ordering::SeqCst), 1);
    }
}
