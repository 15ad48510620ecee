//! Only the registry, the annotations and the tables of rules name a version.

use std::fs;
use std::path::Path;

use aro_api::ApiVersion;

/// Where versions may be named, below `src`.
const ALLOWED: [&str; 4] = ["version.rs", "model/", "swagger/switches.rs", "validate/rules.rs"];

#[test]
fn no_other_file_names_a_version() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    visit(&source, &source, &mut found);
    assert!(found.is_empty(), "versions are named in {found:#?}");
}

fn visit(root: &Path, folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            visit(root, &path, found);
            continue;
        }
        let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
        if ALLOWED.iter().any(|allowed| name.starts_with(allowed)) || name.ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        // Tests may name any version.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let named = ApiVersion::all().filter(|version| !version.is_admin() && code.contains(version.name()));
        found.extend(named.map(|version| format!("{name}: {version}")));
    }
}
