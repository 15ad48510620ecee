//! Figures that a run of the tests leaves for whoever reads its end: `cargo xtask test` prints and keeps them.

use std::path::PathBuf;

use serde_json::Value;

/// Keeps figures under a name; those of an earlier run go.
pub fn keep(name: &str, figures: &Value) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("figures");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.json")), format!("{figures}\n")).unwrap();
}
