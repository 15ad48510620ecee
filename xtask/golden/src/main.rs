//! `aro-golden DIR`: runs recorded cases of the Go reference through the public API and compares everything.
//!
//! Status, code, target and documents are compared leaf by leaf; message texts are ours. Where this product differs
//! on purpose, one [rule](deviations) says which leaf is another one and why; a case is never left out.

mod case;
mod compare;
mod convert;
mod deviations;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "kube")]
mod kube;
mod listing;
mod manifests;
mod report;
mod statics;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use clap::Parser;
use serde_json::Value;

use case::{Case, Context};
use report::{Failure, Report};

/// Runs recorded cases of the Go reference through the public API.
#[derive(Parser)]
#[command(name = "cargo xtask golden")]
struct Options {
    /// The folder with the case files (`static.jsonl.gz`, …). Nothing is run when it does not exist.
    #[arg(required_unless_present = "list")]
    dir: Option<PathBuf>,
    /// Print the deviation rules as a page and run nothing.
    #[arg(long)]
    list: bool,
    /// Only this file (`static`, `convert`, `admin`, `http`, `kube`).
    #[arg(long)]
    file: Option<String>,
    /// Only this api-version.
    #[arg(long)]
    version: Option<String>,
    /// Only this operation.
    #[arg(long)]
    op: Option<String>,
    /// Only the case of this id.
    #[arg(long)]
    id: Option<String>,
    /// How many failures to show.
    #[arg(long, default_value_t = 10)]
    failures: usize,
    /// The folder holds a part of the recorded cases: a rule that never applies is said, and does not fail the run.
    #[arg(long)]
    subset: bool,
    /// Succeed when at least this share of the cases of each file agrees; without it, all of them.
    #[arg(long)]
    min_percent: Option<f64>,
}

/// Runs one case: returns what this product does, in the form of the recorded outcome (`result`, `out`, `outText`, …).
type Runner = fn(&Value, &Context) -> Value;

/// Which files can be run. A runner is a function from a case to its outcome.
const RUNNERS: &[(&str, Runner)] = &[
    ("admin", admin),
    ("convert", convert::run),
    #[cfg(feature = "http")]
    ("http", http::run),
    #[cfg(feature = "kube")]
    ("kube", kube::run),
    ("static", statics::run),
];

/// The admin API: maintenance, and everything else.
fn admin(case: &Value, context: &Context) -> Value {
    manifests::run(case).unwrap_or_else(|| convert::admin::run(case, context))
}

fn main() -> ExitCode {
    let options = Options::parse();
    // clap sees to it that one of both is given.
    let (false, Some(dir)) = (options.list, &options.dir) else {
        print!("{}", listing::page());
        return ExitCode::SUCCESS;
    };
    if !dir.is_dir() {
        println!("golden: skipped, there is no folder {}", dir.display());
        return ExitCode::SUCCESS;
    }
    match run(dir, &options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("golden: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(dir: &Path, options: &Options) -> std::io::Result<bool> {
    let context = Context::read(dir)?;
    // A panic is a failed case; its message is part of the report.
    std::panic::set_hook(Box::new(|_| {}));
    let mut report = Report::new(deviations::all().count());
    for path in case::files(dir)? {
        let name = case::file_name(&path);
        if options.file.as_ref().is_some_and(|file| *file != name) {
            continue;
        }
        let Some((_, runner)) = RUNNERS.iter().find(|(file, _)| *file == name) else {
            println!("golden: skipped {name}, nothing runs it here");
            continue;
        };
        let mut cases = case::read(&path, &name)?;
        #[cfg(feature = "http")]
        cases
            .iter_mut()
            .filter(|case| case.file == "http")
            .for_each(http::recorded::prepare);
        let others = cases.iter_mut().filter(|case| case.file != "http");
        others.for_each(|case| case.before = convert::recorded::before(case, &context));
        cases.retain(|case| {
            options.version.as_ref().is_none_or(|version| *version == case.version)
                && options.op.as_ref().is_none_or(|op| *op == case.op)
                && options.id.as_ref().is_none_or(|id| *id == case.id)
        });
        run_file(&cases, *runner, &context, &mut report);
    }
    let everything = options.version.is_none() && options.op.is_none() && options.id.is_none();
    let files: Vec<&str> = match &options.file {
        Some(file) => vec![file.as_str()],
        None => RUNNERS.iter().map(|(name, _)| *name).collect(),
    };
    Ok(report.print(
        options.failures,
        options.min_percent,
        if everything { &files } else { &[] },
        options.subset,
    ))
}

/// Runs the cases of a file on all processors.
fn run_file(cases: &[Case], runner: Runner, context: &Context, report: &mut Report) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let whole = Mutex::new(report);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut own = Report::new(deviations::all().count());
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    run_case(case, runner, context, &mut own);
                }
                whole.lock().unwrap_or_else(PoisonError::into_inner).absorb(own);
            });
        }
    });
}

fn run_case(case: &Case, runner: Runner, context: &Context, report: &mut Report) {
    if case.file == "static" {
        case.as_if.get_or_init(|| statics::as_if::results(case, context));
    }
    #[cfg(feature = "http")]
    if case.file == "http" {
        case.as_if.get_or_init(|| http::as_if::results(case, context));
    }
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| runner(&case.value, context)));
    let ours = match outcome {
        Ok(value) => compare::leaves(&value),
        Err(panic) => {
            let text = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("?");
            BTreeMap::from([("panic".to_owned(), Value::from(text))])
        }
    };
    let mut best: Option<Vec<compare::Difference>> = None;
    for expected in case.expected() {
        let mut expected = compare::leaves(&convert::recorded::whole(case, context, expected));
        let mut touched = Vec::new();
        for (index, rule) in deviations::all().enumerate() {
            if rule.apply(case, &mut expected) {
                touched.push(index);
            }
        }
        let differences = compare::differences(&expected, &ours);
        if differences.is_empty() {
            report.passed(case, &touched);
            return;
        }
        if best.as_ref().is_none_or(|best| differences.len() < best.len()) {
            best = Some(differences);
        }
    }
    report.failed(Failure::new(case, best.unwrap_or_default()));
}
