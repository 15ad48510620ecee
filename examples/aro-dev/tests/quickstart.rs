//! The program as a newcomer uses it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails by panicking"
)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

fn aro_dev(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aro-dev"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn the_tour_creates_shows_updates_and_deletes_a_cluster() {
    let output = aro_dev(&["--speed", "4"]).output().unwrap();
    let text = text(&output);
    assert!(output.status.success(), "{text}");
    for expected in [
        "ARM ",
        "Creating a cluster",
        " % ",
        "The create took",
        "state              Succeeded",
        "kubeadmin",
        "The update took",
        r#""changed":"yes""#,
        "The delete took",
        "the cluster is gone",
        "A cluster with managed identities",
        "token issuer",
        "trusts ingress-operator",
        "What to try next",
    ] {
        assert!(text.contains(expected), "{expected} is missing in:\n{text}");
    }
    assert!(
        !text.contains('\u{1b}'),
        "no terminal, so no control sequences:\n{text}"
    );
}

#[test]
fn unknown_flags_are_refused() {
    let output = aro_dev(&["--colour"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("--colour"));
}

#[test]
fn what_cannot_work_ends_with_a_reason() {
    let output = aro_dev(&["--data-dir", "/proc/no/such/folder"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("--data-dir"), "{}", text(&output));
}

/// Serves until the ready file is there; gives its content, and ends the program with Ctrl-C.
fn served(data: &Path, ready_file: &Path) -> Value {
    let arguments = [
        "--serve",
        "--data-dir",
        data.to_str().unwrap(),
        "--ready-file",
        ready_file.to_str().unwrap(),
    ];
    let mut child = aro_dev(&arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !ready_file.exists() {
        if let Some(status) = child.try_wait().unwrap() {
            panic!("ended with {status}: {}", text(&child.wait_with_output().unwrap()));
        }
        assert!(Instant::now() < deadline, "not ready within a minute");
        std::thread::sleep(Duration::from_millis(20));
    }
    let ready = serde_json::from_slice(&std::fs::read(ready_file).unwrap()).unwrap();
    assert_eq!(
        std::fs::metadata(ready_file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(
        Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    std::fs::remove_file(ready_file).unwrap();
    ready
}

#[test]
fn serving_writes_the_ready_file_and_keeps_its_state() {
    let folder = tempfile::tempdir().unwrap();
    let (data, ready_file) = (folder.path().join("data"), folder.path().join("ready.json"));
    let first = served(&data, &ready_file);
    let mut names: Vec<_> = first.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected = [
        "arm",
        "ca_file",
        "cluster_api",
        "data_dir",
        "domain",
        "fault_url",
        "graph",
        "inspect_url",
        "location",
        "login",
        "network",
        "proxy",
        "rp",
        "service_principals",
        "subscriptions",
        "tenant",
    ];
    assert_eq!(names, expected);
    assert!(first["rp"].as_str().unwrap().starts_with("https://"));
    assert!(first["cluster_api"].as_str().unwrap().starts_with("https://localhost:"));
    for principal in first["service_principals"].as_array().unwrap() {
        let members = principal.as_object().unwrap();
        assert!(
            ["client_id", "secret", "object_id"]
                .iter()
                .all(|name| members[*name].is_string())
                && members.len() == 3
        );
    }
    assert_eq!(first["service_principals"].as_array().unwrap().len(), 2);

    let ca = std::fs::read(first["ca_file"].as_str().unwrap()).unwrap();
    let second = served(&data, &ready_file);
    assert_eq!(
        ca,
        std::fs::read(second["ca_file"].as_str().unwrap()).unwrap(),
        "the authority is kept"
    );
    for same in ["tenant", "subscriptions", "service_principals", "network"] {
        assert_eq!(first[same], second[same], "{same} is kept");
    }
}
