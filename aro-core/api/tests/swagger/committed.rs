//! What is committed is what the model says.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use aro_api::swagger::{FOLDERS, files};

#[test]
fn the_committed_descriptions_are_those_of_the_model() {
    let root = super::folder();
    let mut on_disk = BTreeMap::new();
    for folder in FOLDERS {
        read(&root, &root.join(folder), &mut on_disk);
    }
    let mut stale = Vec::new();
    for file in files() {
        if on_disk.remove(&file.path).as_deref() != Some(file.content.to_text().as_str()) {
            stale.push(file.path);
        }
    }
    stale.extend(on_disk.into_keys());
    assert!(
        stale.is_empty(),
        "run `cargo xtask generate`; stale or superfluous: {stale:#?}"
    );
}

fn read(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(root, &path, found);
        } else {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            found.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}
