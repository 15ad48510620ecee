//! The files of the published folder scheme.

use super::common_types;
use super::document::document;
use super::examples;
use super::json::Json;
use super::openapi;
use super::routes::Operation;
use super::switches::Switches;
use crate::version::ApiVersion;

/// Folders, below that of the descriptions, that hold nothing but generated files.
pub const FOLDERS: [&str; 3] = ["common-types", "openapi", "redhatopenshift"];

/// A generated file.
#[derive(Clone, Debug)]
pub struct File {
    /// Its path below the folder of the descriptions.
    pub path: String,
    /// Its content.
    pub content: Json,
}

/// The folder of a version below that of the descriptions.
pub fn folder(version: ApiVersion) -> String {
    let stability = if version.name().ends_with("-preview") {
        "preview"
    } else {
        "stable"
    };
    format!("redhatopenshift/resource-manager/Microsoft.RedHatOpenShift/openshiftclusters/{stability}/{version}")
}

/// Every file: the description of each published version with its examples, the common types that they refer to, and
/// the description for clients.
pub fn files() -> Vec<File> {
    let mut files = Vec::new();
    for version in ApiVersion::all() {
        let (Some(switches), Some(content)) = (Switches::of(version), document(version)) else {
            continue;
        };
        let folder = folder(version);
        files.push(File {
            path: format!("{folder}/redhatopenshift.json"),
            content,
        });
        files.extend(Operation::of(version, switches).map(|operation| File {
            path: format!("{folder}/examples/{}", examples::name(operation, version).1),
            content: examples::example(operation, version),
        }));
    }
    for edition in Switches::editions() {
        let folder = common_types::folder(edition);
        files.extend(common_types::files(edition).into_iter().map(|(name, content)| File {
            path: format!("{folder}/{name}"),
            content,
        }));
    }
    files.push(File {
        path: openapi::PATH.to_owned(),
        content: openapi::document(),
    });
    files
}
