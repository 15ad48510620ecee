//! One process of ours: its log in a file, signals, and its end.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::{Child, Command};

/// How long anything may take before a test gives up on it.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Where `name` of another package lies: next to this test's own folder. `cargo test --workspace` builds it.
pub fn binary(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let path = own.parent().unwrap().parent().unwrap().join(name);
    assert!(
        path.exists(),
        "{} is missing: run `cargo test --workspace`, or `cargo build -p {name}` first",
        path.display()
    );
    path
}

/// A running process, killed when dropped.
pub struct Process {
    child: Child,
    pub name: String,
    pub log: PathBuf,
}

impl Process {
    /// Starts `program`; standard output and error go to `<folder>/<name>.log`.
    pub fn start(folder: &Path, name: &str, program: &Path, arguments: &[String]) -> Process {
        Self::start_with(folder, name, program, arguments, &[])
    }

    /// As [`Process::start`], with further environment variables.
    pub fn start_with(
        folder: &Path,
        name: &str,
        program: &Path,
        arguments: &[String],
        environment: &[(&str, String)],
    ) -> Process {
        let log = folder.join(format!("{name}.log"));
        let file = std::fs::File::create(&log).unwrap();
        let child = Command::new(program)
            .args(arguments)
            .envs(environment.iter().map(|(key, value)| (*key, value.as_str())))
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
        Process {
            child,
            name: name.to_string(),
            log,
        }
    }

    /// Sends a signal by name, for example `STOP`.
    pub async fn signal(&self, signal: &str) {
        let Some(id) = self.child.id() else {
            panic!("{} has ended:\n{}", self.name, self.log_text())
        };
        let sent = Command::new("kill")
            .args([format!("-{signal}"), id.to_string()])
            .status()
            .await
            .unwrap();
        assert!(sent.success(), "kill -{signal} {id}");
    }

    /// SIGKILL, and waits for the end.
    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// SIGTERM, and waits for the end: its exit must be a success.
    pub async fn terminate(&mut self) {
        self.signal("TERM").await;
        let status = tokio::time::timeout(PATIENCE, self.child.wait())
            .await
            .unwrap_or_else(|_| panic!("{} does not end after SIGTERM:\n{}", self.name, self.log_text()))
            .unwrap();
        assert!(
            status.success(),
            "{} ended with {status}:\n{}",
            self.name,
            self.log_text()
        );
    }

    /// Fails the test when the process has ended by itself.
    pub fn assert_running(&mut self) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("{} ended with {status}:\n{}", self.name, self.log_text());
        }
    }

    /// What it has used: seconds of processor time, and the most memory it had, in MiB.
    pub fn used(&self) -> Value {
        let id = self.child.id().unwrap_or_default();
        let read = |name: &str| std::fs::read_to_string(format!("/proc/{id}/{name}")).unwrap_or_default();
        let stat = read("stat");
        // After the name in parentheses: times in user and kernel mode are the 12th and 13th, in hundredths of a second.
        let after = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
        let ticks: u64 = after
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|text| text.parse::<u64>().ok())
            .sum();
        let status = read("status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak: u64 = peak
            .and_then(|line| line.split_whitespace().next()?.parse().ok())
            .unwrap_or_default();
        serde_json::json!({"processorSeconds": ticks / 100, "peakMemoryMiB": peak / 1024})
    }

    /// Everything it has written so far.
    pub fn log_text(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Its log lines, read as JSON; others are left out.
    pub fn events(&self) -> Vec<Value> {
        self.log_text()
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }
}

/// Looks again and again until `look` finds something. Fails the test after [`PATIENCE`].
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, look: impl FnMut() -> F) -> T {
    eventually_within(PATIENCE, what, look).await
}

/// As [`eventually`], with another patience.
pub async fn eventually_within<T, F: Future<Output = Option<T>>>(
    patience: Duration,
    what: &str,
    mut look: impl FnMut() -> F,
) -> T {
    let deadline = tokio::time::Instant::now() + patience;
    let mut pause = tokio::time::interval(Duration::from_millis(20));
    loop {
        pause.tick().await;
        if let Some(found) = look().await {
            return found;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "{what}: not seen within {patience:?}"
        );
    }
}
