//! Documents of a case in and out of a store.

use aro_api::model::{
    AsyncOperation, Cluster, CorrelationData, MaintenanceManifest, OpenShiftVersion, PlatformWorkloadIdentityRoleSet,
    Subscription,
};
use aro_api::secret::InTheClear;
use aro_api::{Sealer, Secret, SecretBytes, resource::Node, stored};
use aro_store::{
    AsyncOperationDocument, ClusterDocument, ClusterScope, MaintenanceManifestDocument, OpenShiftVersionDocument,
    PlatformWorkloadIdentityRoleSetDocument, Store, SubscriptionDocument,
};
use serde_json::{Map, Value, json};

use super::Failure;

/// Puts the documents of a fixture into the store.
pub(super) async fn fill(store: &Store, fixture: &Value) -> Result<(), Failure> {
    for document in list(fixture, "subscriptions") {
        let document = SubscriptionDocument {
            id: text(document, "id"),
            deleting: document["deleting"].as_bool().unwrap_or(false),
            subscription: read::<Subscription>(&document["subscription"])?,
            ..SubscriptionDocument::default()
        };
        store.subscriptions().create(document).await?;
    }
    for (number, document) in list(fixture, "versions").enumerate() {
        let document = OpenShiftVersionDocument {
            id: catalogue_id(7, number),
            openshift_version: read::<OpenShiftVersion>(&document["openShiftVersion"])?,
            ..OpenShiftVersionDocument::default()
        };
        store.openshift_versions().create(document).await?;
    }
    for (number, document) in list(fixture, "roleSets").enumerate() {
        let document = PlatformWorkloadIdentityRoleSetDocument {
            id: catalogue_id(8, number),
            platform_workload_identity_role_set: read::<PlatformWorkloadIdentityRoleSet>(
                &document["platformWorkloadIdentityRoleSet"],
            )?,
            ..PlatformWorkloadIdentityRoleSetDocument::default()
        };
        store.role_sets().create(document).await?;
    }
    for document in list(fixture, "clusters") {
        let id = text(document, "id");
        let mut cluster = read::<Cluster>(&document["openShiftCluster"])?;
        reveal(&mut cluster, &InTheClear, &id)?;
        let mut made = ClusterDocument {
            id,
            bucket: u8::try_from(document["bucket"].as_u64().unwrap_or_default())?,
            cluster,
            ..ClusterDocument::default()
        };
        if let Some(correlation) = document.get("correlationData") {
            made.correlation_data = read::<CorrelationData>(correlation)?;
        }
        // Clusters come with an operation; where the fixture's has none, it is taken away again.
        let operation = text(document, "asyncOperationId");
        let placeholder = AsyncOperationDocument {
            id: "fixture".to_owned(),
            ..AsyncOperationDocument::default()
        };
        let mut stored = store.clusters().create(made, placeholder).await?;
        stored.document.async_operation_id = operation;
        store.clusters().replace(stored, None).await?;
        if let Some(placeholder) = store.operations().get("fixture").await? {
            store.operations().delete(&placeholder).await?;
        }
    }
    for document in list(fixture, "asyncOperations") {
        let id = text(document, "id");
        let cluster = match document.get("openShiftCluster") {
            Some(cluster) => {
                let mut cluster = read::<Cluster>(cluster)?;
                reveal(&mut cluster, &InTheClear, &id)?;
                Some(cluster)
            }
            None => None,
        };
        let document = AsyncOperationDocument {
            openshift_cluster_key: text(document, "openShiftClusterKey"),
            async_operation: read::<AsyncOperation>(&document["asyncOperation"])?,
            openshift_cluster: cluster,
            id,
            ..AsyncOperationDocument::default()
        };
        store.operations().create(document).await?;
    }
    for document in list(fixture, "manifests") {
        let document = MaintenanceManifestDocument {
            id: text(document, "id"),
            cluster_resource_id: text(document, "clusterResourceID"),
            maintenance_manifest: read::<MaintenanceManifest>(&document["maintenanceManifest"])?,
            ..MaintenanceManifestDocument::default()
        };
        store.manifests().create(document).await?;
    }
    Ok(())
}

/// What the store holds, in the recorded form.
pub(super) async fn dump(store: &Store) -> Result<Value, Failure> {
    let mut dumped = Map::new();
    let mut keep = |name: &str, documents: Vec<Value>| {
        if !documents.is_empty() {
            dumped.insert(name.to_owned(), Value::Array(documents));
        }
    };

    let mut clusters = Vec::new();
    let page = store.clusters().list(&ClusterScope::All, None, 1000).await?;
    for stored in page.documents {
        let mut document = stored.document;
        reveal(&mut document.cluster, store.sealer(), &document.id)?;
        let mut value = json!({
            "id": document.id, "key": document.key, "partitionKey": document.partition_key, "bucket": document.bucket,
            "openShiftCluster": write(&document.cluster)?,
        });
        put(
            &mut value,
            "clusterResourceGroupIdKey",
            &document.cluster_resource_group_id_key,
        );
        put(&mut value, "clientIdKey", &document.client_id_key);
        put(&mut value, "asyncOperationId", &document.async_operation_id);
        let mut correlation = write(&document.correlation_data)?;
        if let Some(members) = correlation.as_object_mut().filter(|members| !members.is_empty()) {
            // Times of day are left out of the recording, and these ids are random there.
            members.remove("requestTime");
            for name in ["operationID", "requestID"] {
                if members.contains_key(name) {
                    members.insert(name.to_owned(), json!("<uuid>"));
                }
            }
            value["correlationData"] = correlation;
        }
        clusters.push(value);
    }
    clusters.sort_by_key(|document| text(document, "id"));
    keep("clusters", clusters);

    let mut documents = Vec::new();
    for stored in store.operations().list().await? {
        let document = stored.document;
        let mut value = json!({
            "id": document.id, "openShiftClusterKey": document.openshift_cluster_key,
            "asyncOperation": write(&document.async_operation)?,
        });
        if let Some(mut cluster) = document.openshift_cluster {
            reveal(&mut cluster, store.sealer(), &document.id)?;
            value["openShiftCluster"] = write(&cluster)?;
        }
        // The recording leaves out the time of day at which an operation of the case itself began.
        if document.id.starts_with("02020202-")
            && let Some(operation) = value["asyncOperation"].as_object_mut()
        {
            operation.remove("startTime");
        }
        super::recorded::blank_messages(&mut value);
        documents.push(value);
    }
    keep("asyncOperations", documents);

    let mut documents = Vec::new();
    for stored in store.subscriptions().list().await? {
        let document = stored.document;
        let mut value = json!({"id": document.id, "subscription": write(&document.subscription)?});
        if document.deleting {
            value["deleting"] = json!(true);
        }
        documents.push(value);
    }
    keep("subscriptions", documents);

    let mut documents = Vec::new();
    for stored in store.openshift_versions().list().await? {
        documents.push(json!({"id": stored.id, "openShiftVersion": write(&stored.document.openshift_version)?}));
    }
    documents.sort_by_key(|document| text(document, "id"));
    keep("versions", documents);

    let mut documents = Vec::new();
    for stored in store.role_sets().list().await? {
        let set = write(&stored.document.platform_workload_identity_role_set)?;
        documents.push(json!({"id": stored.id, "platformWorkloadIdentityRoleSet": set}));
    }
    documents.sort_by_key(|document| text(document, "id"));
    keep("roleSets", documents);

    let mut documents = Vec::new();
    for stored in store.manifests().list().await? {
        documents.push(json!({
            "id": stored.id, "clusterResourceID": stored.document.cluster_resource_id,
            "maintenanceManifest": write(&stored.document.maintenance_manifest)?,
        }));
    }
    keep("manifests", documents);
    Ok(Value::Object(dumped))
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

fn put(value: &mut Value, name: &str, member: &str) {
    if !member.is_empty() {
        value[name] = json!(member);
    }
}

/// `07070707-0707-0707-0707-070707070001` for the first version.
fn catalogue_id(byte: u8, number: usize) -> String {
    let pair = format!("{byte:02}");
    format!("{0}{0}{0}{0}-{0}{0}-{0}{0}-{0}{0}-{0}{0}{0}{0}{1:04}", pair, number + 1)
}

fn read<T: Node + Default>(value: &Value) -> Result<T, Failure> {
    Ok(stored::from_json(value)?)
}

fn write<T: Node>(value: &T) -> Result<Value, Failure> {
    Ok(stored::to_json(value, &InTheClear, "")?)
}

/// Opens every secret of a cluster, so that it can be sealed or written anew.
fn reveal(cluster: &mut Cluster, sealer: &dyn Sealer, document: &str) -> Result<(), Failure> {
    let open = |secret: &mut Secret| -> Result<(), Failure> {
        if !secret.is_empty() {
            *secret = Secret::new(secret.open(sealer, document)?.as_str());
        }
        Ok(())
    };
    let open_bytes = |secret: &mut SecretBytes| -> Result<(), Failure> {
        if !secret.is_empty() {
            *secret = SecretBytes::new(secret.open(sealer, document)?.to_vec());
        }
        Ok(())
    };
    let properties = &mut cluster.properties;
    open(&mut properties.cluster_profile.pull_secret)?;
    open(&mut properties.kubeadmin_password)?;
    if let Some(profile) = &mut properties.service_principal_profile {
        open(&mut profile.client_secret)?;
    }
    if let Some(key) = &mut properties.cluster_profile.bound_service_account_signing_key {
        open(key)?;
    }
    for profile in properties.registry_profiles.iter_mut() {
        open(&mut profile.password)?;
    }
    for bytes in [
        &mut properties.ssh_key,
        &mut properties.admin_kubeconfig,
        &mut properties.aro_service_kubeconfig,
        &mut properties.aro_sre_kubeconfig,
        &mut properties.user_admin_kubeconfig,
    ] {
        open_bytes(bytes)?;
    }
    Ok(())
}
