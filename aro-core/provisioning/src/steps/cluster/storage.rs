//! Storage classes.

use aro_cluster::openshift::kinds;
use k8s_openapi::api::storage::v1::StorageClass;
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::json;

use super::{super::context::Cx, FIELD_MANAGER, all, merge_if_there};
use crate::{Change, StepError, Verdict, wish};

const DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";

/// The class that a version of OpenShift makes the default, and ours with the customer's key.
fn names(version: &str) -> (&'static str, &'static str) {
    if wish::minor_version(version).unwrap_or_default() < (4, 11) {
        ("managed-premium", "managed-premium-encrypted-cmk")
    } else {
        ("managed-csi", "managed-csi-encrypted-cmk")
    }
}

/// Volumes are encrypted with the customer's key, where workers' disks are.
pub(crate) async fn default_class(cx: Cx) -> Result<Verdict, StepError> {
    let (workers, _) = cx.cluster().workers();
    let set = workers.first().map(|worker| worker.disk_encryption_set_id.as_str());
    let Some(set) = set.filter(|set| !set.is_empty()) else {
        return Ok(Change::none().into());
    };
    let (usual, ours) = names(&cx.properties().cluster_profile.version);
    let classes = Api::<StorageClass>::all(cx.kube().await?);
    let parameters = PatchParams::apply(FIELD_MANAGER).force();
    let class = json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
        "metadata": {"name": ours, "annotations": {DEFAULT: "true"}},
        "provisioner": if usual == "managed-csi" { "disk.csi.azure.com" } else { "kubernetes.io/azure-disk" },
        "parameters": {"kind": "Managed", "storageaccounttype": "Premium_LRS", "diskEncryptionSetID": set},
        "volumeBindingMode": "WaitForFirstConsumer", "allowVolumeExpansion": true, "reclaimPolicy": "Delete",
    });
    classes.patch(ours, &parameters, &Patch::Apply(&class)).await?;
    if classes.get_opt(usual).await?.is_some() {
        let change = json!({"metadata": {"annotations": {DEFAULT: "false"}}});
        classes
            .patch(usual, &PatchParams::default(), &Patch::Merge(&change))
            .await?;
    }
    Ok(Change::none().into())
}

/// The class of shared files needs a key of the storage account, which workload identities have not.
pub(crate) async fn remove_file_class(cx: Cx) -> Result<Verdict, StepError> {
    let drivers = all(&cx.kube().await?, &kinds::cluster_csi_driver());
    let change = json!({"spec": {"storageClassState": "Removed"}});
    merge_if_there(&drivers, "file.csi.azure.com", &change).await?;
    Ok(Change::none().into())
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn the_default_class_changed_its_name_with_4_11() {
        assert_eq!(names("4.10.40").0, "managed-premium");
        assert_eq!(names("4.11.0").0, "managed-csi");
        assert_eq!(names("4.17.2").1, "managed-csi-encrypted-cmk");
    }
}
