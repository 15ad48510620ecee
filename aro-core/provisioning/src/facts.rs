//! Facts about a failure, kept as they come: what has come in time is kept when the rest has not.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aro_api::CloudErrorBody;

/// Longest text of all facts together, in bytes.
const KEPT: usize = 24 * 1024;

/// Where facts are put. Copies share what they hold.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    limit: Duration,
    found: Arc<Mutex<BTreeMap<usize, Vec<CloudErrorBody>>>>,
}

impl Facts {
    /// None yet; they are taken after that time at the latest.
    #[must_use]
    pub fn within(limit: Duration) -> Self {
        Self {
            limit,
            found: Arc::default(),
        }
    }

    /// How long gathering may take.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, Vec<CloudErrorBody>>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps facts at that place. Those at lower places matter more.
    pub fn put(&self, place: usize, facts: impl IntoIterator<Item = CloudErrorBody>) {
        self.lock().entry(place).or_default().extend(facts);
    }

    /// What has come until now, until the texts have reached the limit; what matters most comes first.
    pub(crate) fn take(&self) -> Vec<CloudErrorBody> {
        let mut left = KEPT;
        let mut kept = Vec::new();
        for mut one in std::mem::take(&mut *self.lock()).into_values().flatten() {
            one.details
                .retain(|inner| inner.message.len() + one.message.len() <= left);
            let size = one.message.len() + one.details.iter().map(|inner| inner.message.len()).sum::<usize>();
            let Some(rest) = left.checked_sub(size) else { break };
            left = rest;
            kept.push(one);
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use aro_api::Code;

    use super::*;

    fn fact(target: &str, message: String) -> CloudErrorBody {
        CloudErrorBody {
            code: Code::other("Fact"),
            message,
            target: target.to_owned(),
            details: Vec::new(),
        }
    }

    #[test]
    fn facts_have_a_limit_and_an_order() {
        let with_console = |target: &str, length: usize| {
            let mut one = fact(target, "m".repeat(10));
            one.details.push(fact("console", "c".repeat(length)));
            one
        };
        let facts = Facts::within(Duration::from_secs(1));
        facts.put(
            1,
            [with_console("b", 100), with_console("c", KEPT), with_console("d", 100)],
        );
        facts.put(0, [fact("a", "first".to_owned())]);
        let kept: Vec<(String, usize)> = facts
            .take()
            .into_iter()
            .map(|one| (one.target, one.details.len()))
            .collect();
        let expected = [("a", 0), ("b", 1), ("c", 0), ("d", 1)].map(|(target, count)| (target.to_owned(), count));
        assert_eq!(
            kept, expected,
            "a console that is too long is left out, not its machine"
        );
        facts.put(0, [fact("x", "z".repeat(KEPT + 1)), fact("y", "1".to_owned())]);
        assert!(facts.take().is_empty());
    }
}
