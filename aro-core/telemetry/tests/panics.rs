//! A panic is found in the log with its place, and without a text that may quote a secret.
#![allow(clippy::unwrap_used)]

use aro_telemetry::{LogConfig, LogFormat, init};

fn failing(reason: String) -> Result<(), String> {
    Err(reason)
}

/// One process can set up logging once, so this is the only test of the file.
#[test]
fn a_panic_is_logged_without_what_it_quotes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log");
    init(&LogConfig {
        format: LogFormat::Json,
        file: Some(file.clone()),
        ..LogConfig::default()
    })
    .unwrap();
    let canary = format!("canary-{}", std::process::id());
    let quoted = canary.clone();
    std::thread::spawn(move || panic!("the password {quoted} is wrong"))
        .join()
        .unwrap_err();
    let quoted = canary.clone();
    std::thread::spawn(move || failing(quoted).unwrap()).join().unwrap_err();
    std::thread::spawn(|| panic!("a text of the program"))
        .join()
        .unwrap_err();

    let log = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3, "{log}");
    assert!(!log.contains(&canary), "{log}");
    for line in &lines {
        assert_eq!(line["message"], "panicked");
        assert!(line["place"].as_str().unwrap().contains("tests/panics.rs:"), "{line}");
    }
    assert_eq!(lines[0]["text"], "(text withheld)");
    assert_eq!(lines[1]["text"], "(text withheld)");
    assert_eq!(lines[2]["text"], "a text of the program");
}
