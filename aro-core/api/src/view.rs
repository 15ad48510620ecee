//! Replies: what a version shows, as the bytes that are sent.

mod maintenance;
mod operations;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::json;
use crate::model::{AsyncOperation, Cluster, OpenShiftVersion, PlatformWorkloadIdentityRoleSet, ProvisioningState};
use crate::resource::projection::{project, project_version};
use crate::resource::strip::{keep_visible, strip};
use crate::resource::view::View;
use crate::version::{ApiVersion, Dialect};

pub use maintenance::{manifest, manifests, schedule, schedules};
pub use operations::operations;

/// How far a running operation is, as the status of an operation shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OperationProgress {
    /// From 0 to 100.
    pub percent_complete: u8,
    /// The step that runs.
    pub step: String,
    /// How many steps are done.
    pub steps_done: usize,
    /// How many there are.
    pub steps_total: usize,
}

/// A cluster. Secrets are never part of it.
pub fn cluster(cluster: &Cluster, version: ApiVersion) -> Vec<u8> {
    write_of(&Projected { cluster, version }, CLUSTER)
}

/// What a version knows of a cluster: what it does not show is absent.
pub fn known_part(cluster: &Cluster, version: ApiVersion) -> Cluster {
    let mut known = project(cluster, version).into_owned();
    keep_visible(&mut known, version);
    if cluster.system_data.is_none() {
        known.system_data = None;
    }
    known
}

/// A cluster without what the service writes itself: what a client would send to keep it as it is, less its secrets.
pub fn writable_part(cluster: &Cluster, version: ApiVersion) -> Vec<u8> {
    let mut shown = project(cluster, version).into_owned();
    strip(&mut shown, version);
    write(&View { node: &shown, version })
}

/// A page of clusters.
pub fn cluster_list(clusters: &[Cluster], version: ApiVersion, next_link: Option<&str>) -> Vec<u8> {
    let value = clusters.iter().map(|cluster| Projected { cluster, version }).collect();
    write(&Page { value, next_link })
}

/// A cluster as a version shows it, made when it is written.
struct Projected<'a> {
    cluster: &'a Cluster,
    version: ApiVersion,
}

impl Serialize for Projected<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        View {
            node: &*project(self.cluster, self.version),
            version: self.version,
        }
        .serialize(serializer)
    }
}

/// The reply of `listCredentials`; the password is the opened one.
pub fn credentials(password: Option<&str>, version: ApiVersion) -> Vec<u8> {
    #[derive(Serialize)]
    struct Credentials<'a> {
        #[serde(rename = "kubeadminUsername")]
        username: &'static str,
        #[serde(rename = "kubeadminPassword", skip_serializing_if = "Option::is_none")]
        password: Option<&'a str>,
    }
    #[derive(Serialize)]
    struct Sorted<'a> {
        #[serde(rename = "kubeadminPassword", skip_serializing_if = "Option::is_none")]
        password: Option<&'a str>,
        #[serde(rename = "kubeadminUsername")]
        username: &'static str,
    }
    let password = password.filter(|password| !password.is_empty());
    match version.dialect() {
        Dialect::Legacy => write(&Credentials {
            username: "kubeadmin",
            password,
        }),
        Dialect::Modern => write(&Sorted {
            password,
            username: "kubeadmin",
        }),
    }
}

/// The reply of `listAdminCredentials`; the kubeconfig is the opened one.
pub fn admin_credentials(kubeconfig: Option<&[u8]>, _version: ApiVersion) -> Vec<u8> {
    #[derive(Serialize)]
    struct AdminCredentials {
        #[serde(skip_serializing_if = "Option::is_none")]
        kubeconfig: Option<String>,
    }
    let kubeconfig = kubeconfig
        .filter(|bytes| !bytes.is_empty())
        .map(|bytes| STANDARD.encode(bytes));
    write(&AdminCredentials { kubeconfig })
}

/// An OpenShift version that can be installed.
pub fn openshift_version(version: &OpenShiftVersion, api_version: ApiVersion) -> Vec<u8> {
    let mut shown = version.clone();
    project_version(&mut shown, api_version);
    write(&View {
        node: &shown,
        version: api_version,
    })
}

/// The OpenShift versions that can be installed, in the order given.
pub fn openshift_versions(versions: &[OpenShiftVersion], api_version: ApiVersion) -> Vec<u8> {
    let mut shown = versions.to_vec();
    shown
        .iter_mut()
        .for_each(|version| project_version(version, api_version));
    let value = shown
        .iter()
        .map(|node| View {
            node,
            version: api_version,
        })
        .collect();
    write(&Page { value, next_link: None })
}

/// The platform workload identities that an OpenShift minor version needs.
pub fn role_set(role_set: &PlatformWorkloadIdentityRoleSet, version: ApiVersion) -> Vec<u8> {
    write(&View {
        node: role_set,
        version,
    })
}

/// The platform workload identities that each OpenShift minor version needs, in the order given.
pub fn role_sets(role_sets: &[PlatformWorkloadIdentityRoleSet], version: ApiVersion) -> Vec<u8> {
    let value = role_sets.iter().map(|node| View { node, version }).collect();
    write(&Page { value, next_link: None })
}

/// The status of an operation. How far it is is shown only while it runs or where it failed.
pub fn operation_status(operation: &AsyncOperation, progress: Option<&OperationProgress>) -> Vec<u8> {
    struct Status<'a> {
        operation: &'a AsyncOperation,
        progress: Option<&'a OperationProgress>,
    }
    impl Serialize for Status<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            let view = View {
                node: self.operation,
                version: ApiVersion::admin(),
            };
            view.each(&mut |name, value| map.serialize_entry(name, value))?;
            if let Some(progress) = self.progress {
                map.serialize_entry("percentComplete", &progress.percent_complete)?;
                map.serialize_entry(
                    "properties",
                    &Steps {
                        step: &progress.step,
                        done: progress.steps_done,
                        total: progress.steps_total,
                    },
                )?;
            }
            map.end()
        }
    }
    #[derive(Serialize)]
    struct Steps<'a> {
        #[serde(skip_serializing_if = "str::is_empty")]
        step: &'a str,
        #[serde(rename = "stepsDone")]
        done: usize,
        #[serde(rename = "stepsTotal")]
        total: usize,
    }
    let ended_well = operation.status == ProvisioningState::Succeeded;
    write(&Status {
        operation,
        progress: progress.filter(|_| !ended_well),
    })
}

struct Page<'a, T> {
    value: Vec<T>,
    next_link: Option<&'a str>,
}

impl<T: Serialize> Serialize for Page<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("value", &self.value)?;
        if let Some(link) = self.next_link.filter(|link| !link.is_empty()) {
            map.serialize_entry("nextLink", link)?;
        }
        map.end()
    }
}

/// How many bytes a cluster usually takes; a guess that only spares the buffer to grow.
const CLUSTER: usize = 4096;

fn write(value: &impl Serialize) -> Vec<u8> {
    write_of(value, 1024)
}

fn write_of(value: &impl Serialize, size: usize) -> Vec<u8> {
    // A view writes texts, numbers and times between the years 0 and 9999; should one ever fail to be written, an
    // empty object is what a client can still read.
    json::to_vec_of(value, size).unwrap_or_else(|_| b"{}\n".to_vec())
}
