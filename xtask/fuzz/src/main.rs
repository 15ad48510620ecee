//! `aro-fuzz`: tries the promises of `aro-api` (the targets of its property tests) with random changes of good bodies,
//! for a bounded time.
//!
//! The input is random, not led by what it reaches in the code. A run says its seed; the same seed, with one thread,
//! tries the same inputs in the same order. An input that breaks a promise is written to a file, which
//! `aro-fuzz --input FILE` tries again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the targets are tests: a promise that is broken panics"
)]

#[path = "../../../aro-core/api/tests/model/sample.rs"]
#[allow(dead_code, reason = "shared with the tests, which need more")]
mod sample;
#[path = "../../../aro-core/api/tests/model/targets.rs"]
mod targets;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Parser;

use targets::{TARGETS, Target, change, seeds};

/// Tries the promises of aro-api with random input.
#[derive(Parser)]
#[command(name = "cargo xtask fuzz")]
struct Options {
    /// Only this target (`requests`, `repeated`, `survival`, `secrets`, `stored`, `others`).
    #[arg(long)]
    target: Option<String>,
    /// For how many seconds each target is tried.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// What the random numbers start from.
    #[arg(long)]
    seed: Option<u64>,
    /// Try this input only.
    #[arg(long)]
    input: Option<PathBuf>,
    /// The folder for an input that breaks a promise.
    #[arg(long, default_value = "target/fuzz")]
    findings: PathBuf,
}

/// Random numbers (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap_or_default()
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let seed = options.seed.unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(now.as_nanos() & u128::from(u64::MAX)).unwrap_or_default()
    });
    println!("fuzz: random changes of good bodies, not led by coverage; seed {seed}");
    let mut broken = 0;
    let chosen = |name: &str| options.target.as_ref().is_none_or(|target| target == name);
    for (name, target) in TARGETS.into_iter().filter(|(name, _)| chosen(name)) {
        let found = match &options.input {
            Some(file) => match std::fs::read(file) {
                Ok(input) => fails(target, &input).then_some((input, 1)).ok_or(1),
                Err(error) => {
                    eprintln!("fuzz: {}: {error}", file.display());
                    return ExitCode::FAILURE;
                }
            },
            None => search(target, &mut Random(seed), Duration::from_secs(options.seconds)),
        };
        match found {
            Err(inputs) => println!("fuzz: {name:<10} {inputs:>8} inputs, every promise kept"),
            Ok((input, inputs)) => {
                broken += 1;
                let file = options.findings.join(format!("{name}-{seed}"));
                println!("fuzz: {name:<10} {inputs:>8} inputs, BROKEN by {}", file.display());
                let written = std::fs::create_dir_all(&options.findings).and_then(|()| std::fs::write(&file, input));
                if let Err(error) = written {
                    eprintln!("fuzz: {}: {error}", file.display());
                }
            }
        }
    }
    if broken == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The first input that breaks a promise, and how many were tried; without one, only the latter.
fn search(target: Target, random: &mut Random, time: Duration) -> Result<(Vec<u8>, u64), u64> {
    let seeds = seeds();
    let end = Instant::now() + time;
    let mut inputs = 0;
    while Instant::now() < end {
        inputs += 1;
        let input = input(&seeds, random);
        if fails(target, &input) {
            return Ok((input, inputs));
        }
    }
    Err(inputs)
}

fn input(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    if random.below(10) == 0 {
        let len = random.below(200);
        return (0..len).map(|_| random.next().to_le_bytes()[0]).collect();
    }
    let mut input = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(4) {
        let at = random.below(input.len() + 1);
        match random.below(4) {
            // A whole value or name, from one quotation mark to the next.
            0 => {
                let quotes: Vec<usize> = (at..input.len()).filter(|at| input[*at] == b'"').take(2).collect();
                if let [from, to] = quotes[..] {
                    change(&mut input, from, to + 1 - from, random.below(1000));
                }
            }
            1 if at < input.len() => input[at] = random.next().to_le_bytes()[0],
            _ => change(&mut input, at, random.below(40), random.below(1000)),
        }
    }
    input
}

/// Whether the input breaks the promise. The panic says on standard error how.
fn fails(target: Target, input: &[u8]) -> bool {
    std::panic::catch_unwind(|| target(input)).is_err()
}
