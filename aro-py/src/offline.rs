//! What can be said without a network: findings, conversion between versions, what there is.

use aro_api::arm_id::CLUSTER_TYPE;
use aro_api::request::{self, Conversion, Method, OPERATOR_FLAGS, PutOrPatch, RpFacts};
use aro_api::validate::{Finding, enabled};
use aro_api::vm_size::{Role, VmSize};
use aro_api::{ApiVersion, CloudError, Secret, model, view};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use serde::Deserialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;

use crate::{errors, json};

/// Everything that the rules have against a document.
#[pyfunction]
#[pyo3(signature = (document, api_version, operation, current, resource_id, location, domain, versions))]
#[allow(clippy::too_many_arguments)] // One for each member of the Python signature, which has names for them.
pub(crate) fn validate<'py>(
    py: Python<'py>,
    document: &Bound<'py, PyAny>,
    api_version: &str,
    operation: &str,
    current: Option<&Bound<'py, PyAny>>,
    resource_id: Option<String>,
    location: Option<String>,
    domain: Option<String>,
    versions: Vec<String>,
) -> PyResult<Bound<'py, PyList>> {
    let version = known_version(py, api_version)?;
    let method = match (operation, current.is_some()) {
        ("create", false) | ("replace", true) => Method::Put,
        ("update", true) => Method::Patch,
        ("create", true) => {
            let message = "A cluster that is there is not created: leave out current, or use the operation 'replace'.";
            return Err(errors::invalid_argument(py, message));
        }
        ("replace" | "update", false) => {
            let message = format!("The operation '{operation}' needs current, the cluster as it is.");
            return Err(errors::invalid_argument(py, &message));
        }
        _ => {
            let message = format!("The operation '{operation}' is not known. Use 'create', 'replace' or 'update'.");
            return Err(errors::invalid_argument(py, &message));
        }
    };
    let document = json::to_text(document)?;
    let current = current.map(json::to_text).transpose()?;
    let judge = Judge {
        version,
        method,
        resource_id,
        location,
        domain,
        versions,
    };
    let findings = py.detach(|| judge.findings(&document, current.as_deref()));
    let list = PyList::empty(py);
    for finding in findings {
        let entry = PyDict::new(py);
        entry.set_item("code", finding.code.as_str())?;
        entry.set_item("target", finding.target)?;
        entry.set_item("pointer", finding.pointer)?;
        entry.set_item("message", finding.message)?;
        list.append(entry)?;
    }
    Ok(list)
}

/// A document as another version shows it.
#[pyfunction]
pub(crate) fn convert<'py>(
    py: Python<'py>,
    document: &Bound<'py, PyAny>,
    from_version: &str,
    to_version: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let from = known_version(py, from_version)?;
    let to = known_version(py, to_version)?;
    let document = json::to_text(document)?;
    let shown = py.detach(|| as_stored(&document, from).map(|cluster| view::cluster(&cluster, to)));
    match shown {
        Ok(text) => json::from_text(py, &text),
        Err(error) => Err(errors::invalid_argument(py, &error.message)),
    }
}

/// The api-versions, oldest first.
#[pyfunction]
pub(crate) fn versions(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let list = PyList::empty(py);
    for version in ApiVersion::all().filter(|version| !version.is_admin()) {
        let entry = PyDict::new(py);
        entry.set_item("name", version.name())?;
        entry.set_item("preview", version.name().ends_with("-preview"))?;
        entry.set_item("has_admin_credentials", version.has_admin_credentials())?;
        entry.set_item("has_versions", version.has_versions())?;
        entry.set_item("has_role_sets", version.has_role_sets())?;
        list.append(entry)?;
    }
    Ok(list)
}

/// The sizes of virtual machines that clusters may use.
#[pyfunction]
pub(crate) fn vm_sizes(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let list = PyList::empty(py);
    for size in VmSize::all() {
        let entry = PyDict::new(py);
        entry.set_item("name", size.name)?;
        entry.set_item("cores", size.cores)?;
        entry.set_item("family", size.family)?;
        entry.set_item("master", size.supports(Role::Master))?;
        entry.set_item("worker", size.supports(Role::Worker))?;
        entry.set_item(
            "minimum_version",
            size.minimum_release().map(|release| release.to_string()),
        )?;
        list.append(entry)?;
    }
    Ok(list)
}

fn known_version(py: Python<'_>, name: &str) -> PyResult<ApiVersion> {
    ApiVersion::parse(name)
        .filter(|version| !version.is_admin())
        .ok_or_else(|| {
            let message = format!("The api-version '{name}' is not known. aro.versions() lists those that are.");
            errors::invalid_argument(py, &message)
        })
}

/// What a document is judged by.
struct Judge {
    version: ApiVersion,
    method: Method,
    resource_id: Option<String>,
    location: Option<String>,
    domain: Option<String>,
    versions: Vec<String>,
}

impl Judge {
    fn findings(&self, document: &[u8], current: Option<&[u8]>) -> Vec<Finding> {
        self.try_findings(document, current)
            .unwrap_or_else(|error| vec![whole_document(error)])
    }

    fn try_findings(&self, document: &[u8], current: Option<&[u8]>) -> Result<Vec<Finding>, CloudError> {
        let hints = Hints::of(document);
        let path = match (&self.resource_id, current) {
            (Some(id), _) => id.clone(),
            (None, Some(current)) => Hints::of(current).resource_id(),
            (None, None) => hints.resource_id(),
        };
        let mut current = current.map(|text| as_stored(text, self.version)).transpose()?;
        if let Some(current) = &mut current {
            complete(current, &path);
        }
        let location = match (&self.location, &current) {
            (Some(location), _) => location.clone(),
            (None, Some(current)) if !current.location.is_empty() => current.location.clone(),
            _ => hints.location.clone(),
        };
        let domain = self.domain.clone().unwrap_or_else(|| format!("{location}.aroapp.io"));
        let offered: Vec<_> = self
            .versions
            .iter()
            .enumerate()
            .map(|(index, name)| {
                let mut offered = model::OpenShiftVersion::default();
                offered.properties.version.clone_from(name);
                offered.properties.enabled = true;
                offered.properties.default = index == 0;
                offered
            })
            .collect();
        let request = PutOrPatch {
            version: self.version,
            method: self.method,
            path: &path,
            body: document,
            // No rule looks at the time; what it goes into is not shown to anybody here.
            now: OffsetDateTime::UNIX_EPOCH,
            system_data: None,
            identity_url: None,
            home_tenant_id: None,
            rp: &RpFacts {
                location: &location,
                domain: &domain,
                require_d2s_workers: false,
                commit: "",
                gateway_enabled: false,
            },
            versions: &offered,
            role_sets: &[],
            secrets: None,
        };
        let mut findings = request::findings(&request, current.as_ref())?;
        // With more than a default the caller has said what is offered.
        if let (None, true, Some(wanted)) = (&current, offered.len() > 1, hints.version())
            && let Err(error) = enabled::check_version(wanted, &offered)
        {
            findings.push(Finding {
                pointer: "/properties/clusterProfile/version".to_owned(),
                ..whole_document(error)
            });
        }
        Ok(findings)
    }
}

/// What the service has of a cluster, where its caller or the version does not show it.
fn complete(current: &mut model::Cluster, path: &str) {
    let mut segments = path.rsplit('/');
    for (member, value) in [
        (&mut current.id, path),
        (&mut current.name, segments.next().unwrap_or_default()),
        (&mut current.r#type, CLUSTER_TYPE),
    ] {
        if member.is_empty() {
            value.clone_into(member);
        }
    }
    if current.properties.provisioning_state.is_unset() {
        current.properties.provisioning_state = model::ProvisioningState::Succeeded;
    }
    // No version shows it; a cluster that was created by this service has the newest one.
    current.properties.architecture_version = model::ArchitectureVersion::V2;
    if let Some(profile) = &mut current.properties.service_principal_profile
        && profile.client_secret.is_empty()
    {
        // There is one, which is never shown; what it is no rule asks.
        profile.client_secret = Secret::new("*");
    }
    request::set_defaults(current, OPERATOR_FLAGS);
}

fn whole_document(error: CloudError) -> Finding {
    Finding {
        code: error.code,
        target: error.target,
        pointer: String::new(),
        message: error.message,
    }
}

/// The cluster that a version shows as `document`. What the version does not show is unset.
fn as_stored(document: &[u8], version: ApiVersion) -> Result<model::Cluster, CloudError> {
    let mut cluster = request::convert(
        &model::Cluster::default(),
        version,
        Method::Put,
        document,
        Conversion::default(),
    )?;
    let hints = Hints::of(document);
    cluster.id = hints.id;
    cluster.name = hints.name;
    cluster.r#type = hints.kind;
    // A body never writes it; the service does.
    if let Some(data) = hints.system_data {
        cluster.system_data = Some(request::system_data(data.get().as_bytes())?);
    }
    Ok(cluster)
}

/// The few members that stand for what a request says outside its body. Where they have another type the rules say so.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Hints {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: String,
    location: String,
    #[serde(rename = "systemData")]
    system_data: Option<Box<RawValue>>,
    properties: Properties,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Properties {
    cluster_profile: ClusterProfile,
    master_profile: MasterProfile,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ClusterProfile {
    version: String,
    resource_group_id: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct MasterProfile {
    subnet_id: String,
}

impl Hints {
    fn of(document: &[u8]) -> Self {
        serde_json::from_slice(document).unwrap_or_default()
    }

    fn version(&self) -> Option<&str> {
        let version = self.properties.cluster_profile.version.as_str();
        (!version.is_empty()).then_some(version)
    }

    /// An id in the subscription that the document speaks of: the rules want all of it in one.
    fn resource_id(&self) -> String {
        if !self.id.is_empty() {
            return self.id.clone();
        }
        let properties = &self.properties;
        let subscription = [
            &properties.cluster_profile.resource_group_id,
            &properties.master_profile.subnet_id,
        ]
        .into_iter()
        .find_map(|id| id.split('/').nth(2).filter(|id| !id.is_empty()))
        .unwrap_or("00000000-0000-0000-0000-000000000000");
        format!(
            "/subscriptions/{subscription}/resourceGroups/resource-group/providers/\
             Microsoft.RedHatOpenShift/openShiftClusters/cluster"
        )
    }
}
