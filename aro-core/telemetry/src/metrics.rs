//! Counters, gauges and histograms of one process: kept in a [`Registry`], read as Prometheus text, and optionally
//! passed on one by one to a [`Sink`] (statsd).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds in seconds for the duration of an HTTP request.
pub const REQUEST_SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// Upper bounds in seconds for the duration of an operation or step.
pub const OPERATION_SECONDS: &[f64] = &[0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0];

/// What kind of measurement a [`Sink`] is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An increment.
    Counter,
    /// A new value.
    Gauge,
    /// One observation.
    Histogram,
}

/// Takes measurements as they happen. Must not block.
pub trait Sink: Send + Sync {
    /// One measurement; `labels` are (name, value).
    fn record(&self, kind: Kind, name: &str, labels: &[(String, String)], value: f64);
}

type Labels = Vec<(String, String)>;

struct Family {
    help: String,
    kind: Kind,
    series: BTreeMap<Labels, Series>,
}

#[derive(Clone)]
enum Series {
    Counter(Arc<AtomicU64>),
    Gauge(Arc<AtomicI64>),
    Histogram(Arc<Buckets>),
}

struct Buckets {
    bounds: Vec<f64>,
    state: Mutex<BucketState>,
}

#[derive(Clone)]
struct BucketState {
    counts: Vec<u64>,
    sum: f64,
    count: u64,
}

/// The measurements of one process. Cloning shares them.
#[derive(Clone, Default)]
pub struct Registry {
    families: Arc<Mutex<BTreeMap<String, Family>>>,
    sink: Option<Arc<dyn Sink>>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").finish_non_exhaustive()
    }
}

impl Registry {
    /// An empty registry.
    pub fn new() -> Registry {
        Registry::default()
    }

    /// A registry that also passes each measurement on.
    pub fn with_sink(sink: Arc<dyn Sink>) -> Registry {
        Registry {
            families: Arc::default(),
            sink: Some(sink),
        }
    }

    fn series(
        &self,
        kind: Kind,
        name: &str,
        help: &str,
        labels: &[(&str, &str)],
        make: impl FnOnce() -> Series,
    ) -> (Series, Labels) {
        let mut labels: Labels = labels
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect();
        labels.sort();
        // A poisoned lock only means that some thread panicked between two map operations; the map is still whole.
        let mut families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        let family = families.entry(name.to_string()).or_insert_with(|| Family {
            help: help.to_string(),
            kind,
            series: BTreeMap::new(),
        });
        let series = match family.series.get(&labels) {
            Some(series) => series.clone(),
            None if family.kind == kind => {
                let series = make();
                family.series.insert(labels.clone(), series.clone());
                series
            }
            // One name used for two kinds is a mistake of ours; the measurement is kept apart, not lost in a panic.
            None => make(),
        };
        (series, labels)
    }

    /// A number that only grows. Names are lower case with dots: `frontend.requests`.
    pub fn counter(&self, name: &str, help: &str, labels: &[(&str, &str)]) -> Counter {
        let (series, labels) = self.series(Kind::Counter, name, help, labels, || {
            Series::Counter(Arc::new(AtomicU64::new(0)))
        });
        let value = match series {
            Series::Counter(value) => value,
            _ => Arc::new(AtomicU64::new(0)),
        };
        Counter {
            value,
            passed_on: self.passed_on(name, labels),
        }
    }

    /// A number that goes up and down.
    pub fn gauge(&self, name: &str, help: &str, labels: &[(&str, &str)]) -> Gauge {
        let (series, labels) = self.series(Kind::Gauge, name, help, labels, || {
            Series::Gauge(Arc::new(AtomicI64::new(0)))
        });
        let value = match series {
            Series::Gauge(value) => value,
            _ => Arc::new(AtomicI64::new(0)),
        };
        Gauge {
            value,
            passed_on: self.passed_on(name, labels),
        }
    }

    /// A distribution over `bounds` (ascending upper bounds), for example [`REQUEST_SECONDS`].
    pub fn histogram(&self, name: &str, help: &str, labels: &[(&str, &str)], bounds: &[f64]) -> Histogram {
        let make = || {
            Arc::new(Buckets {
                bounds: bounds.to_vec(),
                state: Mutex::new(BucketState {
                    counts: vec![0; bounds.len()],
                    sum: 0.0,
                    count: 0,
                }),
            })
        };
        let (series, labels) = self.series(Kind::Histogram, name, help, labels, || Series::Histogram(make()));
        let buckets = match series {
            Series::Histogram(buckets) => buckets,
            _ => make(),
        };
        Histogram {
            buckets,
            passed_on: self.passed_on(name, labels),
        }
    }

    fn passed_on(&self, name: &str, labels: Labels) -> Option<Arc<PassedOn>> {
        self.sink.clone().map(|sink| {
            Arc::new(PassedOn {
                sink,
                name: name.to_string(),
                labels,
            })
        })
    }

    /// Everything measured so far, in the text format Prometheus reads (version 0.0.4).
    pub fn render_prometheus(&self) -> String {
        let mut out = String::new();
        let families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, family) in families.iter() {
            let name = prometheus_name(name);
            let kind = match family.kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
                Kind::Histogram => "histogram",
            };
            // Writing to a String cannot fail.
            let _ = writeln!(
                out,
                "# HELP {name} {}\n# TYPE {name} {kind}",
                family.help.replace('\n', " ")
            );
            for (labels, series) in &family.series {
                match series {
                    Series::Counter(value) => {
                        let _ = writeln!(out, "{name}{} {}", braces(labels, None), value.load(Ordering::Relaxed));
                    }
                    Series::Gauge(value) => {
                        let _ = writeln!(out, "{name}{} {}", braces(labels, None), value.load(Ordering::Relaxed));
                    }
                    Series::Histogram(buckets) => {
                        let state = buckets.state.lock().unwrap_or_else(PoisonError::into_inner).clone();
                        let mut below = 0;
                        for (bound, count) in buckets.bounds.iter().zip(&state.counts) {
                            below += count;
                            let _ = writeln!(out, "{name}_bucket{} {below}", braces(labels, Some(&bound.to_string())));
                        }
                        let _ = writeln!(out, "{name}_bucket{} {}", braces(labels, Some("+Inf")), state.count);
                        let _ = writeln!(out, "{name}_sum{} {}", braces(labels, None), state.sum);
                        let _ = writeln!(out, "{name}_count{} {}", braces(labels, None), state.count);
                    }
                }
            }
        }
        out
    }
}

struct PassedOn {
    sink: Arc<dyn Sink>,
    name: String,
    labels: Labels,
}

impl PassedOn {
    fn record(&self, kind: Kind, value: f64) {
        self.sink.record(kind, &self.name, &self.labels, value);
    }
}

/// A number that only grows.
#[derive(Clone)]
pub struct Counter {
    value: Arc<AtomicU64>,
    passed_on: Option<Arc<PassedOn>>,
}

impl Counter {
    /// Adds one.
    pub fn inc(&self) {
        self.add(1);
    }

    /// Adds `by`.
    pub fn add(&self, by: u64) {
        self.value.fetch_add(by, Ordering::Relaxed);
        if let Some(passed_on) = &self.passed_on {
            passed_on.record(Kind::Counter, by as f64);
        }
    }

    /// The number now.
    pub fn get(&self) -> u64 {
        self.value.load(Ordering::Relaxed)
    }
}

/// A number that goes up and down.
#[derive(Clone)]
pub struct Gauge {
    value: Arc<AtomicI64>,
    passed_on: Option<Arc<PassedOn>>,
}

impl Gauge {
    /// Sets the number.
    pub fn set(&self, value: i64) {
        self.value.store(value, Ordering::Relaxed);
        self.pass_on(value);
    }

    /// Counts one more for as long as the guard lives; a panic drops it too.
    pub fn enter(&self) -> GaugeGuard {
        let now = self.value.fetch_add(1, Ordering::Relaxed) + 1;
        self.pass_on(now);
        GaugeGuard(self.clone())
    }

    /// The number now.
    pub fn get(&self) -> i64 {
        self.value.load(Ordering::Relaxed)
    }

    fn pass_on(&self, value: i64) {
        if let Some(passed_on) = &self.passed_on {
            passed_on.record(Kind::Gauge, value as f64);
        }
    }
}

/// Counts one in a [`Gauge`] until it is dropped.
pub struct GaugeGuard(Gauge);

impl Drop for GaugeGuard {
    fn drop(&mut self) {
        let now = self.0.value.fetch_sub(1, Ordering::Relaxed) - 1;
        self.0.pass_on(now);
    }
}

/// A distribution of observations.
#[derive(Clone)]
pub struct Histogram {
    buckets: Arc<Buckets>,
    passed_on: Option<Arc<PassedOn>>,
}

impl Histogram {
    /// Adds one observation.
    pub fn observe(&self, value: f64) {
        let mut state = self.buckets.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = self.buckets.bounds.iter().position(|bound| value <= *bound) {
            state.counts[index] += 1;
        }
        state.sum += value;
        state.count += 1;
        drop(state);
        if let Some(passed_on) = &self.passed_on {
            passed_on.record(Kind::Histogram, value);
        }
    }

    /// Adds one duration, in seconds.
    pub fn observe_duration(&self, duration: Duration) {
        self.observe(duration.as_secs_f64());
    }

    /// How many observations there are.
    pub fn count(&self) -> u64 {
        self.buckets.state.lock().unwrap_or_else(PoisonError::into_inner).count
    }
}

/// Prometheus names know no dots: `frontend.requests` reads `aro_frontend_requests`.
fn prometheus_name(name: &str) -> String {
    let body: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' })
        .collect();
    format!("aro_{body}")
}

fn braces(labels: &Labels, le: Option<&str>) -> String {
    let mut parts: Vec<String> = labels
        .iter()
        .map(|(key, value)| {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            format!("{key}=\"{value}\"")
        })
        .collect();
    if let Some(le) = le {
        parts.push(format!("le=\"{le}\""));
    }
    if parts.is_empty() {
        String::new()
    } else {
        format!("{{{}}}", parts.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prometheus_text_holds_every_kind() {
        let registry = Registry::new();
        registry
            .counter("frontend.requests", "Requests.", &[("code", "200"), ("verb", "PUT")])
            .add(3);
        registry
            .counter("frontend.requests", "Requests.", &[("verb", "PUT"), ("code", "200")])
            .inc();
        let histogram = registry.histogram("step.seconds", "Steps.", &[], &[0.5, 1.0]);
        histogram.observe(0.2);
        histogram.observe(0.7);
        histogram.observe(3.0);
        registry.gauge("workers", "Work \"now\".", &[("name", "a\"b\\")]).set(2);
        let text = registry.render_prometheus();
        for line in [
            "# TYPE aro_frontend_requests counter",
            "aro_frontend_requests{code=\"200\",verb=\"PUT\"} 4",
            "aro_step_seconds_bucket{le=\"0.5\"} 1",
            "aro_step_seconds_bucket{le=\"1\"} 2",
            "aro_step_seconds_bucket{le=\"+Inf\"} 3",
            "aro_step_seconds_count 3",
            "aro_workers{name=\"a\\\"b\\\\\"} 2",
        ] {
            assert!(text.lines().any(|have| have == line), "{line} is missing in\n{text}");
        }
    }

    #[test]
    fn a_guard_counts_down_when_its_task_panics() {
        let gauge = Registry::new().gauge("workers", "Work.", &[]);
        let inner = gauge.clone();
        let _ = std::thread::spawn(move || {
            let _guard = inner.enter();
            assert_eq!(inner.get(), 1);
            std::panic::resume_unwind(Box::new("a worker failed"));
        })
        .join();
        assert_eq!(gauge.get(), 0);
    }
}
