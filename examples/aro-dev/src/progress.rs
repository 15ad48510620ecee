//! A progress bar where there is a terminal, a line for each change where there is none.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use crate::arm_client::Status;

const WIDTH: usize = 32;

/// Shows how far one operation is.
pub(crate) struct Progress {
    what: String,
    started: Instant,
    terminal: bool,
    shown: Option<Status>,
}

impl Progress {
    /// Starts with nothing done.
    pub(crate) fn start(what: &str) -> Progress {
        let progress = Progress {
            what: what.to_string(),
            started: Instant::now(),
            terminal: std::io::stdout().is_terminal(),
            shown: None,
        };
        if progress.terminal {
            progress.draw(&Status::default());
        }
        progress
    }

    /// Shows a status, if it differs from the one shown.
    pub(crate) fn show(&mut self, status: &Status) {
        if self.terminal {
            self.draw(status);
        } else if self.shown.as_ref() != Some(status) {
            println!("  {}", line(status));
        }
        self.shown = Some(status.clone());
    }

    /// Ends the bar and says how long it took.
    pub(crate) fn end(self) -> Duration {
        let took = self.started.elapsed();
        if self.terminal {
            print!("\r\x1b[2K");
        }
        println!("  {} took {:.1} s", self.what, took.as_secs_f64());
        took
    }

    fn draw(&self, status: &Status) {
        let percent = status
            .percent
            .unwrap_or(if status.status == "Succeeded" { 100.0 } else { 0.0 });
        let mut out = std::io::stdout().lock();
        // A terminal that went away is no reason to stop the work.
        let _ = write!(out, "\r\x1b[2K  {} {}", bar(percent), line(status));
        let _ = out.flush();
    }
}

fn bar(percent: f64) -> String {
    let filled = ((percent.clamp(0.0, 100.0) / 100.0) * WIDTH as f64).round() as usize;
    format!("[{}{}]", "#".repeat(filled), "-".repeat(WIDTH - filled))
}

fn line(status: &Status) -> String {
    let mut text = match status.percent {
        Some(percent) => format!("{percent:>3.0} %"),
        None => String::new(),
    };
    if let Some((done, total)) = status.steps {
        text.push_str(&format!("  {done}/{total}"));
    }
    match &status.step {
        Some(step) => text.push_str(&format!("  {}", words(step))),
        None => text.push_str(&format!("  {}", status.status)),
    }
    text.trim_start().to_string()
}

/// A step's id as words: `attachSecurityGroups` reads "attach security groups".
fn words(id: &str) -> String {
    let mut text = String::with_capacity(id.len() + 8);
    for letter in id.chars() {
        if letter.is_ascii_uppercase() {
            text.push(' ');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_as_full_as_the_percentage() {
        assert_eq!(bar(0.0), format!("[{}]", "-".repeat(32)));
        assert_eq!(bar(50.0), format!("[{}{}]", "#".repeat(16), "-".repeat(16)));
        assert_eq!(bar(250.0), format!("[{}]", "#".repeat(32)));
    }

    #[test]
    fn a_line_names_percent_and_step() {
        let status = Status {
            status: "Creating".into(),
            percent: Some(40.0),
            step: Some("attachSecurityGroups".into()),
            steps: Some((4, 10)),
        };
        assert_eq!(line(&status), "40 %  4/10  attach security groups");
        assert_eq!(
            line(&Status {
                status: "Deleting".into(),
                ..Status::default()
            }),
            "Deleting"
        );
    }
}
