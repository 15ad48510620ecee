//! What PUT and PATCH share: from the wish of the client to the stored cluster and its operation.

use aro_api::arm_id::ResourceId;
use aro_api::model::{Cluster, CorrelationData, Subscription, SubscriptionState, SystemData};
use aro_api::request::{self, Method, PutOrPatch, RpFacts, Secrets};
use aro_api::{ApiVersion, CloudError, Code, view};
use aro_store::{ClusterDocument, IdKind, StoreError, Stored, UniqueKey};
use bytes::Bytes;
use http::StatusCode;

use super::operation::{self, OperationId};
use super::{enriched, find, not_found, subscription_in};
use crate::fault::Fault;
use crate::reply::Reply;
use crate::request::Call;
use crate::settings::Settings;

/// One PUT or PATCH.
pub(super) struct Write {
    pub(super) method: Method,
    pub(super) version: ApiVersion,
    pub(super) body: Bytes,
    pub(super) system_data: Option<SystemData>,
    /// The id of the operation that the request starts.
    pub(super) operation: OperationId,
}

impl Write {
    /// One attempt, from the reading of everything it rests on to the write that fails if any of it has changed.
    pub(super) async fn attempt(&self, call: &Call) -> Result<Reply, Fault> {
        let subscription = subscription_in(call, &[SubscriptionState::Registered]).await?;

        match (find(call).await?, self.method) {
            (Some(stored), _) => self.update(call, stored).await,
            (None, Method::Put) => self.create(call, &subscription).await,
            (None, Method::Patch) => Err(not_found(call).into()),
        }
    }

    async fn create(&self, call: &Call, subscription: &Subscription) -> Result<Reply, Fault> {
        let parts = &call.app.parts;
        call.check_conditions(None)?;
        let id = parts.ids.new_id(IdKind::Cluster).to_string();

        // The body as a cluster, by the rules that need nothing but the body.
        let cluster = self.with_request(call, None, |wish| request::create(&wish)).await??;
        check_identities(&cluster)?;
        // Then by those that ask Azure.
        let correlation_id = &call.correlation.correlation_id;
        parts
            .validators
            .validate_new_cluster(&cluster, subscription, correlation_id)
            .await?;

        // Cluster and operation in one batch: neither is ever there without the other.
        let begun = operation::begun(call, self.operation.get(call), &cluster.properties.provisioning_state);
        let document = ClusterDocument {
            id,
            // The key follows from the cluster's id, which is the path as the client wrote it.
            bucket: bucket(call)?,
            correlation_data: CorrelationData::clone(&call.correlation),
            cluster: cluster.clone(),
            ..ClusterDocument::default()
        };
        match parts.store.clusters().create(document, begun).await {
            Ok(stored) => self.reply(call, StatusCode::CREATED, stored),
            Err(StoreError::Conflict { key, .. }) => Err(taken(key, &cluster)),
            Err(error) => Err(error.into()),
        }
    }

    async fn update(&self, call: &Call, stored: Stored<ClusterDocument>) -> Result<Reply, Fault> {
        let parts = &call.app.parts;
        call.check_conditions(Some(&stored.etag))?;
        request::check_state_for_write(&stored.document.cluster)?;

        // The client knows the cluster as GET shows it, so that is what its body is laid over and compared with.
        let mut current = stored.document.cluster.clone();
        enriched::fill(&call.app, [(stored.document.id.as_str(), &mut current)]).await;
        // A body may repeat the secrets, which are sealed in the store.
        let secrets = Secrets {
            sealer: parts.store.sealer(),
            document: &stored.document.id,
        };
        let mut cluster = self
            .with_request(call, Some(secrets), |wish| request::update(&wish, &current))
            .await??;
        check_identities(&cluster)?;
        enriched::forget(&mut cluster, &stored.document.cluster);

        let begun = operation::begun(call, self.operation.get(call), &cluster.properties.provisioning_state);
        let mut changed = stored;
        changed.document.cluster = cluster.clone();
        changed.document.dequeues = 0;
        changed.document.correlation_data = CorrelationData::clone(&call.correlation);
        match parts.store.clusters().replace(changed, Some(begun)).await {
            Ok(stored) => self.reply(call, StatusCode::OK, stored),
            Err(StoreError::Conflict { key, .. }) => Err(taken(key, &cluster)),
            Err(error) => Err(error.into()),
        }
    }

    /// Hands the request to the library with the catalogue it is checked against.
    async fn with_request<T>(
        &self,
        call: &Call,
        secrets: Option<Secrets<'_>>,
        work: impl FnOnce(PutOrPatch<'_>) -> T,
    ) -> Result<T, Fault> {
        let parts = &call.app.parts;
        let versions = call.app.catalogue.versions().await?;
        let role_sets = call.app.catalogue.role_sets().await?;
        let identity_url = call.header("x-ms-identity-url");
        let home_tenant_id = call.header("x-ms-home-tenant-id");
        Ok(work(PutOrPatch {
            version: self.version,
            method: self.method,
            path: &call.original_path,
            body: &self.body,
            now: parts.clock.now(),
            system_data: self.system_data.as_ref(),
            identity_url: identity_url.as_deref(),
            home_tenant_id: home_tenant_id.as_deref(),
            rp: &rp_facts(&parts.settings),
            versions: &versions,
            role_sets: &role_sets,
            secrets,
        }))
    }

    fn reply(&self, call: &Call, status: StatusCode, stored: Stored<ClusterDocument>) -> Result<Reply, Fault> {
        let Stored { etag, document, .. } = stored;
        let shown = Cluster {
            properties: aro_api::model::Properties {
                // What the machine sets were before the change says nothing about after it.
                worker_profiles_status: Default::default(),
                ..document.cluster.properties
            },
            ..document.cluster
        };
        Reply::json(status, view::cluster(&shown, self.version))
            .etag(&etag)?
            .operation(
                &call.operation_link("operationsstatus", self.operation.get(call)),
                call.app.parts.settings.retry_after,
            )
    }
}

/// Azure finds the identities of a cluster by their resource ids, so each has to be one.
fn check_identities(cluster: &Cluster) -> Result<(), CloudError> {
    let named = cluster
        .identity
        .iter()
        .flat_map(|identity| identity.user_assigned_identities.keys());
    for id in named.map(String::as_str) {
        let kind = ResourceId::parse(id).map(|id| format!("{}/{}", id.namespace, id.type_segment));
        if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("Microsoft.ManagedIdentity/userAssignedIdentities")) {
            let message = format!(
                "The identity '{}' is no resource id. Use that of a user-assigned managed identity.",
                id.replace('"', "'")
            );
            return Err(CloudError::invalid_parameter(
                "identity.userAssignedIdentities",
                message,
            ));
        }
    }
    Ok(())
}

/// What the library has to know about this service.
pub(crate) fn rp_facts(settings: &Settings) -> RpFacts<'_> {
    RpFacts {
        location: &settings.location,
        domain: &settings.domain,
        require_d2s_workers: settings.require_d2s_workers,
        commit: &settings.commit,
        gateway_enabled: settings.gateway_enabled,
    }
}

/// Which instance of the services behind watches over the cluster.
fn bucket(call: &Call) -> Result<u8, Fault> {
    let mut byte = [0];
    call.app
        .parts
        .random
        .fill(&mut byte)
        .map_err(|error| Fault::Unexpected(error.to_string()))?;
    Ok(byte[0])
}

/// What to tell a client whose cluster would share with another one what no two clusters can share.
fn taken(key: UniqueKey, cluster: &Cluster) -> Fault {
    match key {
        UniqueKey::ClientId => {
            let whose = match (
                &cluster.properties.service_principal_profile,
                cluster.cluster_identity_id(),
            ) {
                (Some(profile), _) => format!("client id {}", profile.client_id),
                (None, Some(identity)) => format!("managed identity {identity}"),
                (None, None) => "identity".to_string(),
            };
            let message = format!(
                "The {} is already used by another cluster of the subscription. Use one of its own for each cluster.",
                whose.replace('"', "'")
            );
            CloudError::bad_request(Code::DUPLICATE_CLIENT_ID, "", message).into()
        }
        UniqueKey::ResourceGroup => {
            let group = &cluster.properties.cluster_profile.resource_group_id;
            let message = format!(
                "The managed resource group {} is already used by another cluster. Choose another name in \
                 properties.clusterProfile.resourceGroupId.",
                group.replace('"', "'")
            );
            CloudError::bad_request(Code::DUPLICATE_RESOURCE_GROUP, "", message).into()
        }
        // Somebody created the same cluster meanwhile: the next attempt finds it and updates it.
        UniqueKey::Key => Fault::Overtaken,
        other => Fault::Unexpected(format!("another document has the same {other}")),
    }
}
