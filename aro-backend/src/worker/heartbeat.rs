//! Keeps a lease alive while work goes on.
//!
//! Whether a write of the holder counts is decided by the store from the lease's token, never by a clock. The clock here
//! only decides when to stop working on something that another worker may take soon.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::config::LeaseConfig;

/// A lease that can be renewed.
#[async_trait]
pub(crate) trait Renew: Send + Sync {
    /// Puts the end of the lease one whole life into the future.
    async fn renew(&self) -> Result<(), RenewError>;
}

/// Why a lease could not be renewed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RenewError {
    /// Somebody else has the document now; nothing can bring it back.
    #[error("the lease has passed to another worker")]
    Lost,
    /// The store had trouble; trying again may help.
    #[error("{0}")]
    Trouble(String),
}

/// Why a heartbeat ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The work was done.
    Stopped,
    /// The lease passed to another worker.
    Lost,
    /// The margin before the end of the lease was reached without a renewal.
    Expiring,
}

/// Renews `lease`, taken no earlier than `taken_at`, until `stop`. When it is lost, or its margin is reached, `work` is
/// cancelled.
pub(crate) async fn keep(
    lease: &dyn Renew,
    taken_at: Instant,
    config: &LeaseConfig,
    work: &CancellationToken,
    stop: &CancellationToken,
) -> Ended {
    let usable: Duration = config.ttl.saturating_sub(config.margin);
    let mut deadline = taken_at + usable;
    let mut next = taken_at + config.renew_interval;
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ended::Stopped,
            () = tokio::time::sleep_until(next.min(deadline)) => {}
        }
        let started = Instant::now();
        if started >= deadline {
            // Also after the whole process stood still: what another worker may have begun is not disturbed by ours.
            tracing::error!("the lease could not be renewed in time; the work is cancelled");
            work.cancel();
            return Ended::Expiring;
        }
        let renewed = tokio::select! {
            biased;
            () = stop.cancelled() => return Ended::Stopped,
            renewed = tokio::time::timeout_at(deadline, lease.renew()) => renewed,
        };
        match renewed {
            Ok(Ok(())) => {
                // The lease counts from some moment after `started`, so this end is never too late.
                deadline = started + usable;
                next = started + config.renew_interval;
            }
            Ok(Err(RenewError::Lost)) => {
                tracing::error!("the lease was lost to another worker; the work is cancelled");
                work.cancel();
                return Ended::Lost;
            }
            Ok(Err(RenewError::Trouble(reason))) => {
                tracing::warn!(%reason, left = ?deadline.saturating_duration_since(Instant::now()), "the lease could not be renewed yet");
                next = Instant::now() + config.renew_retry;
            }
            Err(_) => next = deadline,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Answers as listed, then always yes.
    #[derive(Default)]
    struct Scripted {
        answers: Mutex<Vec<Result<(), RenewError>>>,
        calls: AtomicUsize,
    }

    impl Scripted {
        fn new(mut answers: Vec<Result<(), RenewError>>) -> Scripted {
            answers.reverse();
            Scripted {
                answers: Mutex::new(answers),
                calls: AtomicUsize::new(0),
            }
        }
    }

    #[async_trait]
    impl Renew for Scripted {
        async fn renew(&self) -> Result<(), RenewError> {
            self.calls.fetch_add(1, Ordering::SeqCst);
            self.answers.lock().unwrap().pop().unwrap_or(Ok(()))
        }
    }

    fn trouble() -> Result<(), RenewError> {
        Err(RenewError::Trouble("disk full".to_string()))
    }

    async fn run_for(lease: &Scripted, time: Duration) -> (Option<Ended>, bool) {
        let (work, stop) = (CancellationToken::new(), CancellationToken::new());
        let config = LeaseConfig::default();
        let keep = keep(lease, Instant::now(), &config, &work, &stop);
        let ended = tokio::time::timeout(time, keep).await.ok();
        (ended, work.is_cancelled())
    }

    #[tokio::test(start_paused = true)]
    async fn a_healthy_lease_is_renewed_at_every_interval() {
        let lease = Scripted::default();
        assert_eq!(run_for(&lease, Duration::from_secs(605)).await, (None, false));
        assert_eq!(lease.calls.load(Ordering::SeqCst), 60);
    }

    #[tokio::test(start_paused = true)]
    async fn trouble_is_retried_and_forgotten() {
        let lease = Scripted::new(vec![trouble(), trouble(), trouble()]);
        assert_eq!(run_for(&lease, Duration::from_secs(300)).await, (None, false));
    }

    #[tokio::test(start_paused = true)]
    async fn trouble_up_to_the_margin_cancels_the_work_before_the_lease_ends() {
        let lease = Scripted::new((0..1000).map(|_| trouble()).collect());
        let started = Instant::now();
        assert_eq!(
            run_for(&lease, Duration::from_secs(300)).await,
            (Some(Ended::Expiring), true)
        );
        assert_eq!(started.elapsed(), Duration::from_secs(45));
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_lease_cancels_at_once() {
        let lease = Scripted::new(vec![Err(RenewError::Lost)]);
        assert_eq!(
            run_for(&lease, Duration::from_secs(300)).await,
            (Some(Ended::Lost), true)
        );
        assert_eq!(lease.calls.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn stopping_ends_it_without_touching_the_work() {
        let (work, stop) = (CancellationToken::new(), CancellationToken::new());
        stop.cancel();
        let config = LeaseConfig::default();
        assert_eq!(
            keep(&Scripted::default(), Instant::now(), &config, &work, &stop).await,
            Ended::Stopped
        );
        assert!(!work.is_cancelled());
    }
}
