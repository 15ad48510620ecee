//! The settings of the resource provider's services in the local world: the same that a file would give them.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aro_azure::Cloud;
use aro_backend::worker::{LeaseConfig, QueueConfig};
use aro_backend::{
    BackendConfig, FirstPartySettings, HiveSettings, OidcSettings, OperatorSettings, ProviderResources,
    RegistrySettings,
};
use aro_cluster::{ClusterSettings, DialSettings, KubeconfigSettings};
use aro_frontend::ConfiguredVersion;
use aro_frontend::config::{FrontendConfig, StoreSection};
use aro_frontend::server::ListenAddress;
use aro_sim::Endpoints;
use url::Url;

use crate::failure::{Failure, While as _};
use crate::options::{Installer, Options};
use crate::world::LocalWorld;

/// The OpenShift versions a new world offers; the first is installed where the customer names none.
const VERSIONS: [&str; 3] = ["4.17.27", "4.16.39", "4.15.49"];

/// Where installers are pulled from.
const INSTALLERS: &str = "arointsvc.azurecr.io/aro-installer";

/// What ARM is called behind the world's proxy.
const PUBLIC_ARM: &str = "https://management.azure.com";

/// How often a worker in a process of its own looks for work.
const POLL: Duration = Duration::from_millis(200);

/// The frontend's settings; it listens on `listen`.
pub(crate) fn frontend(world: &Endpoints, data: &Path, listen: ListenAddress) -> Result<FrontendConfig, Failure> {
    let mut config = FrontendConfig {
        location: world.location.clone(),
        domain: world.first_party.dns_zone.clone(),
        listen: vec![listen],
        store: StoreSection {
            path: database(data),
            ..StoreSection::default()
        },
        ..FrontendConfig::default()
    };
    config.tls.certificate_file = world.first_party.server_certificate_file.clone();
    config.tls.key_file = world.first_party.server_key_file.clone();
    config.links.arm = vec![url(&world.arm)?, url(PUBLIC_ARM)?];
    let metadata = format!("{}/metadata/authentication?api-version=2015-01-01", world.metadata);
    config.auth.arm_metadata_url = url(&metadata)?;
    config.auth.arm_metadata_ca_file = world.ca_file.clone();
    config.auth.arm_metadata_retry = Duration::from_millis(200);
    config.cloud = Some(cloud(world)?);
    config
        .first_party
        .client_id
        .clone_from(&world.first_party.principal.client_id);
    config.first_party.client_secret_file = Some(first_party_secret(world, data)?);
    config.cluster = clusters(world)?;
    config.limits.retry_after = Duration::from_secs(1);
    config.connections.readiness_delay = Duration::ZERO;
    config.connections.drain_delay = Duration::ZERO;
    config.connections.drain_timeout = Duration::from_secs(10);
    config.openshift_versions = VERSIONS
        .iter()
        .enumerate()
        .map(|(place, version)| ConfiguredVersion {
            version: (*version).to_string(),
            openshift_pullspec: format!("quay.io/openshift-release-dev/ocp-release:{version}-x86_64"),
            installer_pullspec: format!("{INSTALLERS}:{version}"),
            default: place == 0,
        })
        .collect();
    Ok(config)
}

/// The worker's settings. The pace of waiting follows the speed of the world.
pub(crate) fn worker(world: &Endpoints, data: &Path, options: &Options) -> Result<BackendConfig, Failure> {
    let first_party = &world.first_party;
    let secret_file = first_party_secret(world, data)?;
    let mut config = BackendConfig {
        location: world.location.clone(),
        domain: first_party.dns_zone.clone(),
        tenant: world.tenant.clone(),
        subscription: first_party.subscription.clone(),
        resource_group: first_party.resource_group.clone(),
        private_endpoint_subnet: first_party.private_endpoint_subnet.clone(),
        installer: Some(url(&world.installer)?),
        hive: match options.installer {
            Installer::Simulated => None,
            Installer::Hive => Some(hive(world, data)?),
        },
        cloud: Some(cloud(world)?),
        provider: provider(world)?,
        operator: Some(operator(world)),
        first_party: FirstPartySettings {
            client_id: first_party.principal.client_id.clone(),
            client_secret: None,
            client_secret_file: Some(secret_file),
        },
        queue: QueueConfig {
            poll_interval: POLL,
            grace: Duration::from_secs(2),
            ..QueueConfig::default()
        },
        lease: LeaseConfig {
            ttl: Duration::from_secs(15),
            renew_interval: Duration::from_secs(3),
            renew_retry: Duration::from_millis(500),
            margin: Duration::from_secs(4),
        },
        ..BackendConfig::default()
    };
    config.cluster = clusters(world)?;
    config.queue.subscription_retry = Duration::from_secs(1);
    config.store.path = database(data);
    let wait = Duration::from_millis(200)
        .div_f64(options.speed)
        .clamp(Duration::from_millis(10), Duration::from_secs(2));
    config.pace.condition_poll = wait;
    config.pace.retry_delay = wait;
    config.pace.max_retry_delay = wait * 10;
    config.pace.cluster_poll = wait;
    config.pace.authorization_poll = wait;
    // A wrong secret and one that has not spread yet look the same; nobody at a laptop waits ten minutes to learn which.
    config.pace.authorization_window = wait * 50;
    config.pace.gateway_farewell = wait;
    config.http.base_delay = wait;
    config.http.max_delay = wait * 10;
    config.lro.delay = wait;
    config.lro.max_delay = wait;
    Ok(config)
}

/// The operator of this release. The simulated clusters run whatever image they are told to.
fn operator(world: &Endpoints) -> OperatorSettings {
    let mut settings = OperatorSettings::of(format!(
        "{}/aro:{}",
        world.first_party.registry_server,
        env!("CARGO_PKG_VERSION")
    ));
    settings.development = true;
    settings.environment = "Development".to_string();
    settings
}

/// Hive in its AKS cluster, whose installers pull their images with a pull secret of the service.
fn hive(world: &Endpoints, data: &Path) -> Result<HiveSettings, Failure> {
    let pull_secret = data.join("pull-secret.json");
    let registry = INSTALLERS.split('/').next().unwrap_or_default();
    let auths = serde_json::json!({"auths": {registry: {"auth": "bG9jYWw6bG9jYWw="}}});
    write_private(&pull_secret, &auths.to_string())?;
    Ok(HiveSettings {
        cluster: world.first_party.hive_cluster.clone(),
        registry: world.first_party.registry_server.clone(),
        pull_secret_file: Some(pull_secret),
        adopt: true,
        ..HiveSettings::default()
    })
}

/// What the provider owns in the simulated Azure.
fn provider(world: &Endpoints) -> Result<ProviderResources, Failure> {
    let first_party = &world.first_party;
    let account = format!("{}/{}", world.blob, first_party.oidc_storage_account);
    Ok(ProviderResources {
        certificate_vault: Some(url(&first_party.certificate_vault)?),
        identity_vault: Some(url(&first_party.identity_vault)?),
        identity_endpoint: Some(url(&world.identity)?),
        gateway_private_link_service: Some(first_party.gateway_private_link_service.clone()),
        storage_subnets: first_party.storage_subnets.clone(),
        oidc: Some(OidcSettings {
            account: url(&account)?,
            container: "$web".to_string(),
            issuer: url(&format!("{account}/$web"))?,
        }),
        registry: Some(RegistrySettings {
            id: first_party.registry.clone(),
            server: first_party.registry_server.clone(),
        }),
    })
}

/// All clusters are behind one listener, which nobody but the world's proxy finds by the clusters' names. Their
/// certificates are of their own authorities, or of the world's, which signs for domains in the provider's zone.
fn clusters(world: &Endpoints) -> Result<ClusterSettings, Failure> {
    let address = match &world.cluster_api {
        Some(listener) => {
            let port = url(listener)?.port_or_known_default().unwrap_or(443);
            Some((std::net::Ipv4Addr::LOCALHOST, port).into())
        }
        None => None,
    };
    Ok(ClusterSettings {
        dial: DialSettings { address },
        kubeconfig: KubeconfigSettings {
            proxy: Some(world.proxy.clone()),
            keep_authority: true,
            authority_file: Some(world.ca_file.clone()),
            ..KubeconfigSettings::default()
        },
        ..ClusterSettings::default()
    })
}

/// The simulated Azure.
fn cloud(world: &Endpoints) -> Result<Cloud, Failure> {
    Ok(Cloud {
        arm: url(&world.arm)?,
        arm_audience: world.arm_audience.clone(),
        authority: url(&world.login)?,
        graph: url(&world.graph)?,
        graph_audience: world.graph_audience.clone(),
        check_access: Some(url(&world.check_access)?),
        ca_file: Some(world.ca_file.clone()),
        audiences: Default::default(),
    })
}

/// The file with the secret of the first-party application.
fn first_party_secret(world: &Endpoints, data: &Path) -> Result<PathBuf, Failure> {
    let file = data.join("first-party.secret");
    write_private(&file, &world.first_party.principal.secret)?;
    Ok(file)
}

/// Where the resource providers of their own processes listen: where the user says, else at the port of the RP, else at
/// a free one.
pub(crate) fn providers(options: &Options) -> Result<Vec<Url>, Failure> {
    if !options.rp.is_empty() {
        return Ok(options.rp.clone());
    }
    let port = match options.rp_port() {
        0 => std::net::TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .while_doing("Looking for a free port")?
            .port(),
        port => port,
    };
    Ok(vec![url(&format!("https://localhost:{port}"))?])
}

/// Writes `rp.toml`: what frontend and worker need to run as processes of their own. The frontend listens where the
/// first of `providers` is.
pub(crate) fn write(world: &LocalWorld, options: &Options, data: &Path, providers: &[Url]) -> Result<PathBuf, Failure> {
    let endpoints = world.endpoints();
    let port = providers.first().and_then(Url::port_or_known_default).unwrap_or(443);
    let listen =
        ListenAddress::parse(&format!("https://127.0.0.1:{port}")).while_doing("Choosing the address of the RP")?;
    let frontend = frontend(endpoints, data, listen)?;
    let mut frontend = table(&frontend)?;
    let mut worker = table(&worker(endpoints, data, options)?)?;
    let mut file = toml::Table::new();
    for shared in ["location", "domain", "store", "log"] {
        worker.remove(shared);
        if let Some(value) = frontend.remove(shared) {
            file.insert(shared.to_string(), value);
        }
    }
    file.insert("frontend".to_string(), frontend.into());
    file.insert("worker".to_string(), worker.into());
    let path = data.join("rp.toml");
    let text = toml::to_string_pretty(&file).while_doing("Writing rp.toml")?;
    write_private(&path, &text)?;
    Ok(path)
}

fn table<T: serde::Serialize>(settings: &T) -> Result<toml::Table, Failure> {
    toml::Table::try_from(settings).while_doing("Writing rp.toml")
}

fn database(data: &Path) -> PathBuf {
    data.join("rp.db")
}

fn url(text: &str) -> Result<Url, Failure> {
    Url::parse(text).while_doing("Reading an address of the world")
}

/// Writes the kubeconfig of Hive, where it installs; where it is.
pub(crate) fn write_hive_kubeconfig(
    world: &LocalWorld,
    options: &Options,
    data: &Path,
) -> Result<Option<PathBuf>, Failure> {
    if options.installer != Installer::Hive {
        return Ok(None);
    }
    let path = data.join("hive.kubeconfig");
    write_private(&path, &world.hive_kubeconfig()?)?;
    Ok(Some(path))
}

/// Writes a file that only its owner can read.
fn write_private(path: &Path, text: &str) -> Result<(), Failure> {
    let write = || -> std::io::Result<()> {
        let new = path.with_extension("new");
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .mode(0o600)
            .open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, path)
    };
    write().map_err(|error| Failure::new(format!("{} cannot be written: {error}.", path.display())))
}
