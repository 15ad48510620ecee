//! The ready file: where everything listens. Written last and by rename, so that who sees it can rely on it.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// What a client needs to know. Parts that do not exist are null.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Ready {
    pub(crate) arm: String,
    pub(crate) rp: Option<String>,
    pub(crate) login: String,
    pub(crate) graph: String,
    pub(crate) proxy: Option<String>,
    pub(crate) cluster_api: Option<String>,
    pub(crate) ca_file: PathBuf,
    /// Where the state of this world lives; removed at the end unless the user chose it.
    pub(crate) data_dir: PathBuf,
    /// Clusters are `api.{name}.{domain}` and `*.apps.{name}.{domain}`.
    pub(crate) domain: String,
    pub(crate) tenant: String,
    pub(crate) location: String,
    pub(crate) subscriptions: Vec<String>,
    pub(crate) service_principals: Vec<Principal>,
    pub(crate) network: Network,
    pub(crate) inspect_url: String,
    pub(crate) fault_url: String,
}

/// A service principal of the simulated tenant. No `Debug`: the secret works nowhere else, but habits do.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Principal {
    pub(crate) client_id: String,
    pub(crate) secret: String,
    pub(crate) object_id: String,
}

/// A virtual network that is ready for a cluster.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Network {
    pub(crate) resource_group: String,
    pub(crate) vnet: String,
    pub(crate) master_subnet: String,
    pub(crate) worker_subnet: String,
}

impl Ready {
    /// Reads the file of a running aro-dev.
    pub(crate) fn read(path: &Path) -> Result<Ready, Failure> {
        let hint = "Start aro-dev --serve --ready-file PATH and name the same PATH here.";
        let text = std::fs::read(path).map_err(|error| {
            Failure::new(format!("The ready file {} cannot be read ({error}).", path.display())).hint(hint)
        })?;
        serde_json::from_slice(&text)
            .map_err(|error| Failure::new(format!("{} is no ready file ({error}).", path.display())).hint(hint))
    }

    /// Writes the file: never half, never readable by others.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let text = serde_json::to_vec_pretty(self).map_err(|error| Failure::new(format!("The ready file: {error}")))?;
        let write = || -> std::io::Result<()> {
            let mut name = path.as_os_str().to_owned();
            name.push(format!(".{}.new", std::process::id()));
            let new = PathBuf::from(name);
            let mut file = std::fs::OpenOptions::new()
                .create(true)
                .write(true)
                .truncate(true)
                .mode(0o600)
                .open(&new)?;
            file.write_all(&text)?;
            file.sync_all()?;
            std::fs::rename(&new, path)
        };
        write().map_err(|error| {
            Failure::new(format!(
                "The ready file {} cannot be written ({error}).",
                path.display()
            ))
            .hint("Choose another path with --ready-file.")
        })
    }
}
