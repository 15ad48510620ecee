//! `aro-dev env`: what to `eval` so that the Azure CLI as published talks to a running aro-dev.
//!
//! `az aro` calls Azure's public host names whatever cloud is configured, so it is led here through the world's proxy
//! and told to trust the world's certificate authority. It gets a configuration folder of its own: the user's real
//! logins stay where they are.

use std::fmt::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use crate::failure::{Failure, While as _};
use crate::options::Env;
use crate::ready::Ready;

/// Prints the lines, and makes the folder that they name.
pub(crate) fn print(wish: &Env) -> Result<(), Failure> {
    let ready = Ready::read(&wish.ready_file)?;
    let text = lines(&ready, &wish.ready_file, wish.with_secrets)?;
    // The CLI keeps tokens in it.
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(ready.data_dir.join(CONFIG_FOLDER))
        .while_doing("Making a configuration folder for the Azure CLI")?;
    print!("{text}");
    Ok(())
}

/// In the data folder, so that it goes when the world goes.
const CONFIG_FOLDER: &str = "az";

fn lines(ready: &Ready, ready_file: &Path, with_secrets: bool) -> Result<String, Failure> {
    let missing = |what: &str| Failure::new(format!("The ready file names no {what}."));
    let proxy = ready.proxy.as_deref().ok_or_else(|| missing("proxy"))?;
    let subscription = ready.subscriptions.first().ok_or_else(|| missing("subscription"))?;
    let owner = ready
        .service_principals
        .first()
        .ok_or_else(|| missing("service principal"))?;
    // The last one, because what people try by hand takes the first ones.
    let cluster = ready.service_principals.last().unwrap_or(owner);
    let direct = format!("localhost,127.0.0.1,::1,.{}", ready.domain);
    let network = &ready.network;
    let vnet = network.vnet.rsplit('/').next().unwrap_or_default();
    let config = ready.data_dir.join(CONFIG_FOLDER).display().to_string();
    let ca_file = ready.ca_file.display().to_string();

    let mut text = String::new();
    let mut export = |name: &str, value: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "export {name}={}", quoted(value));
    };
    // Both spellings: where the small one is set already, clients prefer it.
    for name in ["HTTPS_PROXY", "https_proxy"] {
        export(name, proxy);
    }
    for name in ["NO_PROXY", "no_proxy"] {
        export(name, &direct);
    }
    export("REQUESTS_CA_BUNDLE", &ca_file);
    export("AZURE_CONFIG_DIR", &config);
    export("AZURE_CORE_INSTANCE_DISCOVERY", "false");
    export("AZURE_CORE_COLLECT_TELEMETRY", "false");
    export("AZURE_EXTENSION_USE_DYNAMIC_INSTALL", "no");
    export("ARO_DEV_TENANT", &ready.tenant);
    export("ARO_DEV_SUBSCRIPTION", subscription);
    export("ARO_DEV_LOCATION", &ready.location);
    export("ARO_DEV_NETWORK_GROUP", &network.resource_group);
    export("ARO_DEV_VNET", vnet);
    export("ARO_DEV_MASTER_SUBNET", &network.master_subnet);
    export("ARO_DEV_WORKER_SUBNET", &network.worker_subnet);
    export("ARO_DEV_CLIENT_ID", &owner.client_id);
    export("ARO_DEV_CLUSTER_CLIENT_ID", &cluster.client_id);
    if with_secrets {
        export("ARO_DEV_CLIENT_SECRET", &owner.secret);
        export("ARO_DEV_CLUSTER_CLIENT_SECRET", &cluster.secret);
    } else {
        // Last, because a comment swallows what follows where the user forgot the quotes around $( ).
        let _ = writeln!(
            text,
            "# The secrets are in {} under service_principals; --with-secrets sets them too.",
            ready_file.display()
        );
    }
    Ok(text)
}

/// A word that no shell takes apart.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ready() -> Ready {
        serde_json::from_value(json!({
            "arm": "https://localhost:1", "rp": null, "login": "https://localhost:2", "graph": "https://localhost:3",
            "proxy": "http://127.0.0.1:4", "cluster_api": null, "ca_file": "/it's here/ca.pem", "data_dir": "/data",
            "domain": "aro.test", "tenant": "t", "location": "eastus", "subscriptions": ["s"],
            "service_principals": [
                {"client_id": "one", "secret": "hush-1", "object_id": "o1"},
                {"client_id": "two", "secret": "hush-2", "object_id": "o2"},
            ],
            "network": {"resource_group": "g", "vnet": "/v/name", "master_subnet": "/m", "worker_subnet": "/w"},
            "inspect_url": "http://127.0.0.1:5/inspect", "fault_url": "http://127.0.0.1:5/faults",
        }))
        .unwrap()
    }

    #[test]
    fn secrets_only_on_demand() {
        let quiet = lines(&ready(), Path::new("ready.json"), false).unwrap();
        assert!(!quiet.contains("hush"));
        assert!(quiet.contains("# The secrets are in ready.json"));
        let loud = lines(&ready(), Path::new("ready.json"), true).unwrap();
        assert!(loud.contains("export ARO_DEV_CLIENT_SECRET='hush-1'\n"));
        assert!(loud.contains("export ARO_DEV_CLUSTER_CLIENT_SECRET='hush-2'\n"));
    }

    #[test]
    fn a_shell_reads_back_what_is_meant() {
        let text = lines(&ready(), Path::new("ready.json"), false).unwrap();
        let shell = std::process::Command::new("sh")
            .arg("-c")
            .arg(format!(
                "{text}\nprintf '%s|%s|%s' \"$REQUESTS_CA_BUNDLE\" \"$NO_PROXY\" \"$ARO_DEV_VNET\""
            ))
            .output()
            .unwrap();
        assert_eq!(
            String::from_utf8(shell.stdout).unwrap(),
            "/it's here/ca.pem|localhost,127.0.0.1,::1,.aro.test|name"
        );
    }
}
