//! Counting and printing.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::case::Case;
use crate::compare::Difference;
use crate::deviations;

/// A case that does not agree.
pub(crate) struct Failure {
    file: String,
    version: String,
    op: String,
    id: String,
    about: String,
    differences: Vec<Difference>,
}

impl Failure {
    pub(crate) fn new(case: &Case, differences: Vec<Difference>) -> Self {
        let text = |name: &str| case.value.get(name).and_then(Value::as_str).unwrap_or_default();
        let about = [text("currentRef"), text("mutation"), text("note"), text("name")]
            .join(" ")
            .trim()
            .to_owned();
        Self {
            file: case.file.clone(),
            version: case.version.clone(),
            op: case.op.clone(),
            id: case.id.clone(),
            about,
            differences,
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Count {
    passed: usize,
    all: usize,
}

/// What came out.
pub(crate) struct Report {
    counts: BTreeMap<(String, String, String), Count>,
    touched: Vec<usize>,
    failures: Vec<Failure>,
}

impl Report {
    pub(crate) fn new(rules: usize) -> Self {
        Self {
            counts: BTreeMap::new(),
            touched: vec![0; rules],
            failures: Vec::new(),
        }
    }

    fn count(&mut self, file: &str, version: &str, op: &str) -> &mut Count {
        self.counts
            .entry((file.to_owned(), version.to_owned(), op.to_owned()))
            .or_default()
    }

    pub(crate) fn passed(&mut self, case: &Case, touched: &[usize]) {
        let count = self.count(&case.file, &case.version, &case.op);
        count.passed += 1;
        count.all += 1;
        for rule in touched {
            self.touched[*rule] += 1;
        }
    }

    pub(crate) fn failed(&mut self, failure: Failure) {
        self.count(&failure.file, &failure.version, &failure.op).all += 1;
        self.failures.push(failure);
    }

    /// Adds what another part of the run found.
    pub(crate) fn absorb(&mut self, other: Self) {
        for ((file, version, op), count) in other.counts {
            let own = self.count(&file, &version, &op);
            own.passed += count.passed;
            own.all += count.all;
        }
        for (own, other) in self.touched.iter_mut().zip(other.touched) {
            *own += other;
        }
        self.failures.extend(other.failures);
    }

    /// Prints everything; returns whether the run is good enough. Rules of the files in `complete` must have applied,
    /// unless the cases are a `subset`.
    pub(crate) fn print(mut self, failures: usize, min_percent: Option<f64>, complete: &[&str], subset: bool) -> bool {
        println!(
            "{:<9}{:<20}{:<36}{:>8}{:>8}",
            "file", "version", "operation", "agree", "cases"
        );
        let mut files: BTreeMap<&str, Count> = BTreeMap::new();
        let mut total = Count::default();
        for ((file, version, op), count) in &self.counts {
            println!("{file:<9}{version:<20}{op:<36}{:>8}{:>8}", count.passed, count.all);
            for sum in [files.entry(file).or_default(), &mut total] {
                sum.passed += count.passed;
                sum.all += count.all;
            }
        }
        let mut unused = 0;
        println!("\ndeviations: cases touched, name");
        for (rule, touched) in deviations::all().zip(&self.touched) {
            if *touched == 0 && rule.file.split('+').any(|file| complete.contains(&file)) {
                unused += 1;
                let advice = if subset { "" } else { ": remove it, or find out why" };
                println!("{touched:>6}  {} NEVER APPLIES{advice}", rule.name);
            } else {
                println!("{touched:>6}  {}: {}", rule.name, rule.reason);
            }
        }
        self.failures.sort_by(|a, b| (&a.file, &a.id).cmp(&(&b.file, &b.id)));
        for failure in self.failures.iter().take(failures) {
            println!("\n{} {} ({})", failure.file, failure.id, failure.about);
            for difference in failure.differences.iter().take(30) {
                println!("    {}", difference.path);
                println!("        recorded: {}", shown(difference.expected.as_ref()));
                println!("        ours:     {}", shown(difference.ours.as_ref()));
            }
        }
        println!();
        let mut enough = true;
        let demanded = min_percent.unwrap_or(100.0);
        for (file, count) in &files {
            let reached = percent(*count);
            enough &= reached >= demanded;
            println!(
                "{file}: {} of {} agree ({reached:.3} %, at least {demanded} % are demanded)",
                count.passed, count.all
            );
        }
        println!("all: {} of {} agree ({:.3} %)", total.passed, total.all, percent(total));
        enough && (subset || unused == 0)
    }
}

fn percent(count: Count) -> f64 {
    if count.all == 0 {
        100.0
    } else {
        count.passed as f64 * 100.0 / count.all as f64
    }
}

fn shown(value: Option<&Value>) -> String {
    let text = value.map_or_else(|| "<absent>".to_owned(), Value::to_string);
    match text.char_indices().nth(20000) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
