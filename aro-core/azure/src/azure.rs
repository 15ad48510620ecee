//! The factory of all clients.

use std::sync::Arc;

use aro_http::{
    AzureError, Client, ClientBuilder, ClientCredential, HttpPace, LroPace, OperationContext, TokenSource,
    TransportConfig,
};
use url::Url;

use crate::{
    ArmClient, CheckAccessClient, Claims, Cloud, GraphClient, blob::BlobClient, compute::ComputeClient,
    identity_credentials::IdentityCredentialsClient, vault::VaultClient,
};

/// Makes clients of one cloud. Cheap to clone; connections, limits and pace are shared.
#[derive(Debug, Clone)]
pub struct Azure {
    cloud: Arc<Cloud>,
    http: ClientBuilder,
    lro: Arc<LroPace>,
}

impl Azure {
    /// A factory for that cloud.
    ///
    /// # Errors
    /// When the CA file cannot be used.
    pub fn new(cloud: Cloud, http: HttpPace, lro: LroPace) -> Result<Self, AzureError> {
        let transport = TransportConfig {
            ca_file: cloud.ca_file.clone(),
            ..TransportConfig::default()
        };
        Ok(Self {
            http: ClientBuilder::new(&transport, http)?,
            cloud: Arc::new(cloud),
            lro: Arc::new(lro),
        })
    }

    /// The cloud.
    #[must_use]
    pub fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// Pace of long-running operations.
    #[must_use]
    pub fn lro(&self) -> &LroPace {
        &self.lro
    }

    /// A credential for an application and its secret. Tokens are cached in it.
    ///
    /// # Errors
    /// When an id or the secret is empty or malformed.
    pub fn client_secret(
        &self,
        tenant: &str,
        client_id: &str,
        secret: String,
        context: &OperationContext,
    ) -> Result<Arc<dyn TokenSource>, AzureError> {
        let client = self.anonymous(context);
        Ok(Arc::new(ClientCredential::with_secret(
            &self.cloud.authority,
            tenant,
            client_id,
            secret,
            client,
        )?))
    }

    /// A credential for an application and its certificate: PEM text with the RSA key and the chain. Tokens are cached in
    /// it.
    ///
    /// # Errors
    /// When the text holds no such key or certificate, or an id is malformed.
    pub fn client_certificate(
        &self,
        tenant: &str,
        client_id: &str,
        pem: &[u8],
        context: &OperationContext,
    ) -> Result<Arc<dyn TokenSource>, AzureError> {
        let client = self.anonymous(context);
        Ok(Arc::new(ClientCredential::with_certificate(
            &self.cloud.authority,
            tenant,
            client_id,
            pem,
            client,
        )?))
    }

    /// The key vault at that address.
    #[must_use]
    pub fn vault(&self, vault: &Url, credential: Arc<dyn TokenSource>, context: &OperationContext) -> VaultClient {
        VaultClient::new(
            self.client(credential, &self.cloud.audiences.vault, context),
            vault.clone(),
        )
    }

    /// The blobs of the storage account at that address, as a holder of roles.
    #[must_use]
    pub fn blobs(&self, account: &Url, credential: Arc<dyn TokenSource>, context: &OperationContext) -> BlobClient {
        BlobClient::new(
            self.client(credential, &self.cloud.audiences.storage, context),
            account.clone(),
            None,
        )
    }

    /// The blobs of the storage account at that address, with a shared access signature (a query string).
    #[must_use]
    pub fn blobs_with_signature(&self, account: &Url, signature: String, context: &OperationContext) -> BlobClient {
        BlobClient::new(self.anonymous(context), account.clone(), Some(signature))
    }

    /// The data plane of managed identities.
    #[must_use]
    pub fn identity_credentials(
        &self,
        credential: Arc<dyn TokenSource>,
        context: &OperationContext,
    ) -> IdentityCredentialsClient {
        IdentityCredentialsClient::new(self.client(credential, &self.cloud.audiences.identity, context))
    }

    /// A token for Azure Resource Manager: proof that a credential works.
    ///
    /// # Errors
    /// What Entra ID said.
    pub async fn prove(&self, credential: &dyn TokenSource) -> Result<(), AzureError> {
        credential.token(&self.cloud.arm_scope()).await.map(drop)
    }

    /// What a token for Azure Resource Manager says of its bearer.
    ///
    /// # Errors
    /// What Entra ID said; [`FailureKind::Decode`](aro_http::FailureKind::Decode) when the token cannot be read.
    pub async fn claims(&self, credential: &dyn TokenSource) -> Result<Claims, AzureError> {
        Claims::read(credential.token(&self.cloud.arm_scope()).await?.secret())
    }

    /// What a token for Microsoft Graph says of its bearer: its roles are those in the directory.
    ///
    /// # Errors
    /// As [`Azure::claims`].
    pub async fn graph_claims(&self, credential: &dyn TokenSource) -> Result<Claims, AzureError> {
        Claims::read(credential.token(&self.cloud.graph_scope()).await?.secret())
    }

    /// A client without credential.
    #[must_use]
    pub fn anonymous(&self, context: &OperationContext) -> Client {
        self.http.build().with_context(context.clone())
    }

    /// A client of any service that takes tokens for `audience`.
    #[must_use]
    pub fn client(&self, credential: Arc<dyn TokenSource>, audience: &str, context: &OperationContext) -> Client {
        let scope = format!("{audience}/.default");
        self.http
            .clone()
            .credential(credential, scope)
            .build()
            .with_context(context.clone())
    }

    /// Azure Resource Manager.
    #[must_use]
    pub fn arm(&self, credential: Arc<dyn TokenSource>, context: &OperationContext) -> ArmClient {
        let client = self.http.clone().credential(credential, self.cloud.arm_scope()).build();
        ArmClient::new(
            client.with_context(context.clone()),
            self.cloud.arm.clone(),
            self.lro.clone(),
        )
    }

    /// Microsoft Graph.
    #[must_use]
    pub fn graph(&self, credential: Arc<dyn TokenSource>, context: &OperationContext) -> GraphClient {
        let client = self
            .http
            .clone()
            .credential(credential, self.cloud.graph_scope())
            .build();
        GraphClient::new(client.with_context(context.clone()), self.cloud.graph.clone())
    }

    /// The check-access service of a region.
    ///
    /// # Errors
    /// When the region's name cannot be part of a host name.
    pub fn check_access(
        &self,
        credential: Arc<dyn TokenSource>,
        location: &str,
        context: &OperationContext,
    ) -> Result<CheckAccessClient, AzureError> {
        let client = self.client(credential, crate::check_access::AUDIENCE, context);
        CheckAccessClient::new(client, self.cloud.check_access.as_ref(), location)
    }

    /// Machines and their sizes.
    ///
    /// # Errors
    /// When the generated client cannot be set up.
    pub fn compute(
        &self,
        credential: Arc<dyn TokenSource>,
        context: &OperationContext,
    ) -> Result<ComputeClient, AzureError> {
        ComputeClient::new(self.arm(credential, context))
    }
}
