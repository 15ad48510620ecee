//! The crate is a library without I/O: nothing that it is built from waits, listens or connects.

use std::process::Command;

#[test]
fn nothing_here_does_input_or_output() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tree = Command::new(cargo)
        .args([
            "tree",
            "--offline",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--package",
            "aro-api",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.starts_with("aro-api "), "cargo tree says nothing");
    for name in [
        "tokio",
        "futures",
        "async-trait",
        "hyper",
        "reqwest",
        "axum",
        "mio",
        "socket2",
        "rusqlite",
        "tracing",
    ] {
        assert!(
            !tree.lines().any(|line| line.split([' ', '-']).next() == Some(name)),
            "{name} is among what aro-api is built from"
        );
    }
}
