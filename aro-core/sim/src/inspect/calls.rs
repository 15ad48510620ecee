//! The ordered log of calls.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::call::Call;
use crate::clock::rfc3339;
use crate::faults::type_of;

/// How many calls are remembered; the oldest go first.
const CAPACITY: usize = 200_000;

/// One call to any plane. Bodies and headers, where secrets travel, are not kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
    /// Place in the order of arrival, from 1; goes on counting after a reset of the log.
    pub number: u64,
    /// When it arrived, RFC 3339.
    pub at: String,
    /// `arm`, `login`, `graph`, `data` or `cluster`.
    pub plane: String,
    /// HTTP method.
    pub method: String,
    /// ARM resource type; group and resource of a cluster's API; the first segments of the path of other planes.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// Path, decoded, without query.
    pub path: String,
    /// The api-version asked for.
    pub api_version: String,
    /// HTTP status; absent while the call is under way and when its reply was lost.
    pub status: Option<u16>,
    /// Milliseconds until the reply; absent while the call is under way.
    pub milliseconds: Option<u64>,
    /// Correlation id.
    pub correlation_id: String,
    /// Application id of the caller, if it had a valid token.
    pub app_id: Option<String>,
    /// The fault rule that had its effect on this call.
    pub fault: Option<String>,
    #[serde(skip)]
    arrived: Option<OffsetDateTime>,
}

#[derive(Default)]
struct Inner {
    calls: VecDeque<CallRecord>,
    last: u64,
}

#[derive(Default)]
pub(crate) struct CallLog {
    inner: Mutex<Inner>,
}

impl CallLog {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a call and gives it its number.
    pub(crate) fn arrived(&self, call: &Call, now: OffsetDateTime) -> u64 {
        let mut inner = self.lock();
        inner.last += 1;
        let number = inner.last;
        if inner.calls.len() == CAPACITY {
            inner.calls.pop_front();
        }
        inner.calls.push_back(CallRecord {
            number,
            at: rfc3339(now),
            plane: call.plane.name().to_owned(),
            method: call.method.to_string(),
            resource_type: type_of(call),
            path: call.path.clone(),
            api_version: call.api_version().to_owned(),
            status: None,
            milliseconds: None,
            correlation_id: call.correlation_id.clone(),
            app_id: call.caller.as_ref().map(|caller| caller.appid.clone()),
            fault: None,
            arrived: Some(now),
        });
        number
    }

    pub(crate) fn answered(&self, number: u64, status: Option<u16>, now: OffsetDateTime) {
        self.change(number, |call| {
            call.status = status;
            call.milliseconds = call
                .arrived
                .map(|arrived| u64::try_from((now - arrived).whole_milliseconds()).unwrap_or_default());
        });
    }

    pub(crate) fn failed_on_order(&self, number: u64, rule: &str) {
        self.change(number, |call| call.fault = Some(rule.to_owned()));
    }

    fn change(&self, number: u64, change: impl FnOnce(&mut CallRecord)) {
        let mut inner = self.lock();
        // Numbers grow by one, so the place follows from the first.
        let first = inner.calls.front().map_or(0, |call| call.number);
        if let Some(call) = number
            .checked_sub(first)
            .and_then(|at| inner.calls.get_mut(at as usize))
        {
            change(call);
        }
    }

    /// Calls after the given number.
    pub(crate) fn after(&self, number: u64) -> Vec<CallRecord> {
        self.lock()
            .calls
            .iter()
            .filter(|call| call.number > number)
            .cloned()
            .collect()
    }

    pub(crate) fn reset(&self) {
        self.lock().calls.clear();
    }
}
