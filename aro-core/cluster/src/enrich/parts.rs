//! The parts: what is read of each, and what it changes.

use std::{collections::BTreeMap, fmt};

use aro_api::{
    Sealer, Secret,
    model::{Cluster, EncryptionAtHost, IngressProfile, Visibility, WorkerProfile},
};
use k8s_openapi::api::core::v1::{Secret as KubeSecret, Service};
use kube::{Api, Client, ResourceExt as _, api::ListParams};
use zeroize::Zeroizing;

use crate::{
    conditions::look::MACHINES,
    openshift::{AzureMachine, ClusterVersion, IngressController, MachineSet},
    reach::ClusterError,
};

/// The label of a router's service that names its ingress controller.
const OWNER: &str = "ingresscontroller.operator.openshift.io/owning-ingresscontroller";

/// A part of what is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Nothing can be asked at all.
    All,
    /// The version.
    Version,
    /// The ways in.
    Ingress,
    /// The machine sets.
    Machines,
    /// The service principal's credentials.
    Credentials,
}

impl Part {
    pub(super) const EACH: [Self; 4] = [Self::Version, Self::Ingress, Self::Machines, Self::Credentials];

    /// Its name in measurements.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Version => "clusterVersion",
            Self::Ingress => "ingressProfiles",
            Self::Machines => "workerProfiles",
            Self::Credentials => "servicePrincipal",
        }
    }

    pub(super) async fn read(self, client: &Client, cluster_id: &str) -> Result<Found, ClusterError> {
        Ok(match self {
            Self::All | Self::Version => {
                let version = Api::<ClusterVersion>::all(client.clone()).get("version").await?;
                Found::Version(version.status.desired.version)
            }
            Self::Ingress => {
                let controllers = Api::<IngressController>::namespaced(client.clone(), "openshift-ingress-operator");
                let services = Api::<Service>::namespaced(client.clone(), "openshift-ingress");
                let (every, routers) = (ListParams::default(), ListParams::default().labels("app=router"));
                let (controllers, services) = futures::try_join!(controllers.list(&every), services.list(&routers))?;
                Found::Ingress(ingress(&controllers.items, &services.items))
            }
            Self::Machines => {
                let sets = Api::<MachineSet>::namespaced(client.clone(), MACHINES);
                let subscription = cluster_id.split('/').nth(2).unwrap_or_default();
                Found::Machines(workers(&sets.list(&ListParams::default()).await?.items, subscription))
            }
            Self::Credentials => {
                let secrets = Api::<KubeSecret>::namespaced(client.clone(), "kube-system");
                Found::Credentials(credentials(secrets.get("azure-credentials").await?))
            }
        })
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What was read.
pub(super) enum Found {
    Version(String),
    Ingress(Vec<IngressProfile>),
    Machines(Vec<WorkerProfile>),
    Credentials(Option<(String, Zeroizing<String>)>),
}

impl Found {
    /// Writes it into the cluster, which lies in the document with that id. An empty answer says nothing: the stored
    /// value stays.
    pub(super) fn write(self, cluster: &mut Cluster, sealer: &dyn Sealer, document: &str) {
        let properties = &mut cluster.properties;
        match self {
            Self::Version(version) if version.is_empty() => {}
            Self::Version(version) => properties.cluster_profile.version = version,
            Self::Ingress(profiles) => properties.ingress_profiles = profiles.into(),
            Self::Machines(profiles) => properties.worker_profiles_status = profiles.into(),
            Self::Credentials(None) => {}
            Self::Credentials(Some((id, secret))) => {
                if let Some(profile) = &mut properties.service_principal_profile {
                    profile.client_id = id;
                    // A secret that is the same stays as it is sealed, so that nothing seems to have changed.
                    let known = profile.client_secret.open(sealer, document);
                    if !known.is_ok_and(|known| *known == *secret) {
                        profile.client_secret = Secret::new(secret.as_str());
                    }
                }
            }
        }
    }
}

fn ingress(controllers: &[IngressController], services: &[Service]) -> Vec<IngressProfile> {
    let addresses: BTreeMap<&str, &str> = services
        .iter()
        .filter_map(|service| {
            let owner = service.labels().get(OWNER)?;
            let status = service.status.as_ref()?.load_balancer.as_ref()?;
            let address = status.ingress.as_ref()?.first()?.ip.as_deref()?;
            Some((owner.as_str(), address))
        })
        .collect();
    let mut profiles: Vec<IngressProfile> = controllers
        .iter()
        .map(|controller| {
            let name = controller.name_any();
            IngressProfile {
                visibility: visibility(controller),
                ip: addresses.get(name.as_str()).copied().unwrap_or_default().to_owned(),
                name,
                ..IngressProfile::default()
            }
        })
        .collect();
    profiles.sort_by(|a, b| a.name.cmp(&b.name));
    profiles
}

fn visibility(controller: &IngressController) -> Visibility {
    let Some(strategy) = &controller.spec.endpoint_publishing_strategy else {
        return Visibility::Public;
    };
    match strategy.load_balancer.as_ref().map(|balancer| balancer.scope.as_str()) {
        Some("Internal") => Visibility::Private,
        Some("External") => Visibility::Public,
        _ => Visibility::default(),
    }
}

fn workers(sets: &[MachineSet], subscription: &str) -> Vec<WorkerProfile> {
    let mut profiles: Vec<WorkerProfile> = sets.iter().map(|set| worker(set, subscription)).collect();
    profiles.sort_by(|a, b| a.name.cmp(&b.name));
    profiles
}

fn worker(set: &MachineSet, subscription: &str) -> WorkerProfile {
    let mut profile = WorkerProfile {
        name: set.name_any(),
        count: set.spec.replicas.unwrap_or(1),
        ..WorkerProfile::default()
    };
    let value = &set.spec.template.spec.provider_spec.value;
    if set.status.ready_replicas == 0 || value.is_null() {
        return profile;
    }
    let Ok(machine) = serde_json::from_value::<AzureMachine>(value.clone()) else {
        return profile;
    };
    let AzureMachine {
        vm_size,
        os_disk,
        network_resource_group: group,
        vnet,
        subnet,
        security_profile,
    } = machine;
    profile.vm_size = vm_size;
    profile.disk_size_gb = os_disk.disk_size_gb;
    profile.subnet_id = format!(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/{vnet}/subnets/{subnet}"
    );
    profile.encryption_at_host = if security_profile.encryption_at_host == Some(true) {
        EncryptionAtHost::Enabled
    } else {
        EncryptionAtHost::Disabled
    };
    if let Some(set) = os_disk.managed_disk.disk_encryption_set {
        profile.disk_encryption_set_id = set.id;
    }
    profile
}

/// Id and secret; `None` where the secret lacks one of them, as it does while it is rewritten.
fn credentials(secret: KubeSecret) -> Option<(String, Zeroizing<String>)> {
    let data = secret.data?;
    let text = |key: &str| {
        let bytes = Zeroizing::new(data.get(key)?.0.clone());
        let text = std::str::from_utf8(&bytes).ok().filter(|text| !text.is_empty())?;
        Some(Zeroizing::new(text.to_owned()))
    };
    let id = text("azure_client_id")?.as_str().to_owned();
    Some((id, text("azure_client_secret")?))
}

#[cfg(test)]
mod tests {
    use aro_api::secret::InTheClear;
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn ways_in_are_sorted_and_have_the_address_of_their_router() {
        let controllers: Vec<IngressController> = from_value(json!([
            {"metadata": {"name": "other"}, "spec": {"endpointPublishingStrategy": {
                "type": "LoadBalancerService", "loadBalancer": {"scope": "Internal"}}}},
            {"metadata": {"name": "default"}, "spec": {}},
            {"metadata": {"name": "odd"}, "spec": {"endpointPublishingStrategy": {"type": "HostNetwork"}}},
        ]))
        .unwrap();
        let services: Vec<Service> = from_value(json!([
            {"metadata": {"name": "router-default", "labels": {OWNER: "default"}},
             "status": {"loadBalancer": {"ingress": [{"ip": "20.0.0.4"}]}}},
            {"metadata": {"name": "router-other", "labels": {OWNER: "other"}}, "status": {"loadBalancer": {}}},
            {"metadata": {"name": "stray"}, "status": {"loadBalancer": {"ingress": [{"ip": "1.1.1.1"}]}}},
        ]))
        .unwrap();
        let found: Vec<_> = ingress(&controllers, &services)
            .into_iter()
            .map(|one| (one.name, one.visibility, one.ip))
            .collect();
        let expected = [
            ("default", Visibility::Public, "20.0.0.4"),
            ("odd", Visibility::default(), ""),
            ("other", Visibility::Private, ""),
        ];
        assert_eq!(
            found,
            expected.map(|(name, seen, ip)| (name.to_owned(), seen, ip.to_owned()))
        );
    }

    #[test]
    fn machine_sets_without_ready_machines_or_with_odd_specs_show_name_and_count() {
        let value = json!({
            "vmSize": "Standard_D4s_v3", "osDisk": {"diskSizeGB": 128, "managedDisk": {"diskEncryptionSet": {"id": "/des"}}},
            "networkResourceGroup": "net", "vnet": "v", "subnet": "worker", "securityProfile": {"encryptionAtHost": true},
        });
        let set = |name: &str, ready: i64, value: serde_json::Value| {
            json!({"metadata": {"name": name}, "spec": {"replicas": 2, "template": {"spec": {
                "providerSpec": {"value": value}}}}, "status": {"readyReplicas": ready}})
        };
        let sets: Vec<MachineSet> = from_value(json!([
            set("b", 2, value.clone()), set("a", 0, value), set("c", 1, json!({"vmSize": 7})),
            {"metadata": {"name": "d"}},
        ]))
        .unwrap();
        let found = workers(&sets, "sub");
        let [a, b, c, d] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!((a.name.as_str(), a.count, a.vm_size.as_str()), ("a", 2, ""));
        assert_eq!((c.name.as_str(), c.count, c.vm_size.as_str()), ("c", 2, ""));
        assert_eq!((d.name.as_str(), d.count), ("d", 1));
        assert_eq!(b.vm_size, "Standard_D4s_v3");
        assert_eq!(
            b.subnet_id,
            "/subscriptions/sub/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v/subnets/worker"
        );
        assert_eq!(b.encryption_at_host, EncryptionAtHost::Enabled);
        assert_eq!((b.disk_size_gb, b.disk_encryption_set_id.as_str()), (128, "/des"));
    }

    #[test]
    fn a_secret_that_is_the_same_stays_as_it_is_sealed() {
        let sealed = Secret::sealed(
            "swordfish".to_owned(),
            "properties.servicePrincipalProfile.clientSecret",
        );
        let mut cluster = Cluster::default();
        cluster.properties.service_principal_profile = Some(aro_api::model::ServicePrincipalProfile {
            client_secret: sealed.clone(),
            ..Default::default()
        });
        let same = || Found::Credentials(Some(("id".to_owned(), Zeroizing::new("swordfish".to_owned()))));
        same().write(&mut cluster, &InTheClear, "document");
        let profile = cluster.properties.service_principal_profile.clone().unwrap();
        assert_eq!((profile.client_id.as_str(), profile.client_secret), ("id", sealed));
        let other = Found::Credentials(Some(("id".to_owned(), Zeroizing::new("other".to_owned()))));
        other.write(&mut cluster, &InTheClear, "document");
        let profile = cluster.properties.service_principal_profile.clone().unwrap();
        assert_eq!(profile.client_secret.plain(), Some("other"));
    }

    #[test]
    fn half_written_credentials_are_not_taken() {
        let secret: KubeSecret = from_value(json!({"data": {"azure_client_id": "aWQ="}})).unwrap();
        assert!(credentials(secret).is_none());
    }
}
