//! Where tokens come from.

use std::{error::Error as _, fmt, sync::Arc};

use azure_core::{
    cloud::{CloudConfiguration, CustomConfiguration},
    credentials::{Secret, TokenCredential},
    error::ErrorKind,
    http::{ClientOptions, RetryOptions, Transport},
};
use azure_identity::{
    ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
};
use tokio::sync::RwLock;
use url::Url;

use crate::{AzureError, Client, CoreTransport, FailureKind, certificate::Statement, reply};

/// Gives tokens, and caches them.
#[async_trait::async_trait]
pub trait TokenSource: fmt::Debug + Send + Sync {
    /// A token for that scope, from the cache while it is valid for some minutes. Callers that come together cause one
    /// request.
    ///
    /// # Errors
    /// [`FailureKind::Authentication`] with the `AADSTS…` code, or what the transport said.
    async fn token(&self, scope: &str) -> Result<Secret, AzureError>;

    /// A service has refused this token: do not give it again.
    async fn forget(&self, scope: &str, token: &Secret);
}

/// A credential of azure_identity, which caches its tokens; made anew to forget them.
struct Renewable {
    make: Make,
    credential: RwLock<Arc<dyn TokenCredential>>,
}

type Make = Box<dyn Fn() -> azure_core::Result<Arc<dyn TokenCredential>> + Send + Sync>;

impl Renewable {
    /// The credential that `make` makes.
    ///
    /// # Errors
    /// When it cannot be made.
    fn new(
        make: impl Fn() -> azure_core::Result<Arc<dyn TokenCredential>> + Send + Sync + 'static,
    ) -> Result<Self, AzureError> {
        let credential = make().map_err(|error| AzureError::new(FailureKind::Authentication, error.to_string()))?;
        Ok(Self {
            make: Box::new(make),
            credential: RwLock::new(credential),
        })
    }

    async fn token(&self, scope: &str) -> Result<Secret, AzureError> {
        let credential = self.credential.read().await.clone();
        credential
            .get_token(&[scope], None)
            .await
            .map(|token| token.token)
            .map_err(|error| authentication(&error))
    }

    async fn forget(&self, scope: &str, token: &Secret) {
        let mut credential = self.credential.write().await;
        // Another caller may have renewed it already; then its token stays.
        let cached = credential.get_token(&[scope], None).await;
        if cached.is_ok_and(|cached| cached.token == *token)
            && let Ok(fresh) = (self.make)()
        {
            *credential = fresh;
        }
    }
}

/// Calls of azure_identity go through our stack.
fn client_options(authority: &Url, client: &Client) -> ClientOptions {
    let mut cloud = CustomConfiguration::default();
    cloud.authority_host = authority.to_string();
    ClientOptions {
        transport: Some(Transport::new(Arc::new(CoreTransport::repeatable(client.clone())))),
        // Our stack retries already; two layers would multiply.
        retry: RetryOptions::none(),
        cloud: Some(Arc::new(CloudConfiguration::from(cloud))),
        ..ClientOptions::default()
    }
}

/// An application that proves itself with its client secret or its certificate, at a configurable authority.
pub struct ClientCredential {
    tenant: String,
    client_id: String,
    authority: Url,
    credential: Renewable,
}

impl ClientCredential {
    /// With a secret. `authority` is the token service, such as `https://login.microsoftonline.com`; `client` makes the
    /// calls to it and carries no credential itself.
    ///
    /// # Errors
    /// When the authority is not https, or tenant, client id or secret is empty or malformed.
    pub fn with_secret(
        authority: &Url,
        tenant: &str,
        client_id: &str,
        secret: String,
        client: Client,
    ) -> Result<Self, AzureError> {
        let secret = Secret::new(secret);
        Self::renewable(
            authority,
            tenant,
            client_id,
            client,
            move |tenant, id, client_options| {
                let options = ClientSecretCredentialOptions { client_options };
                Ok(ClientSecretCredential::new(tenant, id, secret.clone(), Some(options))?)
            },
        )
    }

    /// With a certificate: `pem` holds the RSA key and the certificate, which comes before others of its chain. Each token
    /// is asked for with a statement that the key has signed; the chain goes along, so that Entra ID can trust its issuer
    /// and name. `authority` and `client` as with a secret.
    ///
    /// # Errors
    /// When the PEM text holds no RSA key or no certificate, the authority is not https, or an id is malformed.
    pub fn with_certificate(
        authority: &Url,
        tenant: &str,
        client_id: &str,
        pem: &[u8],
        client: Client,
    ) -> Result<Self, AzureError> {
        let statement = Statement::new(authority, tenant, client_id, pem)?;
        Self::renewable(
            authority,
            tenant,
            client_id,
            client,
            move |tenant, id, client_options| {
                let options = ClientAssertionCredentialOptions { client_options };
                let tenant = tenant.to_owned();
                Ok(ClientAssertionCredential::new(
                    tenant,
                    id,
                    statement.clone(),
                    Some(options),
                )?)
            },
        )
    }

    fn renewable(
        authority: &Url,
        tenant: &str,
        client_id: &str,
        client: Client,
        make: impl Fn(&str, String, ClientOptions) -> azure_core::Result<Arc<dyn TokenCredential>> + Send + Sync + 'static,
    ) -> Result<Self, AzureError> {
        let (at, of, id) = (authority.clone(), tenant.to_owned(), client_id.to_owned());
        let credential = Renewable::new(move || make(&of, id.clone(), client_options(&at, &client)))?;
        Ok(Self {
            tenant: tenant.to_owned(),
            client_id: client_id.to_owned(),
            authority: authority.clone(),
            credential,
        })
    }
}

#[async_trait::async_trait]
impl TokenSource for ClientCredential {
    async fn token(&self, scope: &str) -> Result<Secret, AzureError> {
        self.credential.token(scope).await
    }

    async fn forget(&self, scope: &str, token: &Secret) {
        self.credential.forget(scope, token).await;
    }
}

impl fmt::Debug for ClientCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredential")
            .field("authority", &self.authority.as_str())
            .field("tenant", &self.tenant)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// What the token service said, dug out of azure_core's error chain.
fn authentication(error: &azure_core::Error) -> AzureError {
    let mut current: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = current {
        if let Some(ours) = cause.downcast_ref::<AzureError>() {
            return ours.clone();
        }
        if let Some(core) = cause.downcast_ref::<azure_core::Error>()
            && let ErrorKind::HttpResponse {
                status, raw_response, ..
            } = core.kind()
        {
            let mut failure = AzureError::new(FailureKind::Authentication, core.to_string());
            let facts = failure.facts_mut();
            facts.status = http::StatusCode::from_u16(u16::from(*status)).ok();
            if let Some(detail) = raw_response
                .as_ref()
                .and_then(|raw| reply::error_of(raw.body().as_ref()))
            {
                facts.code = detail.code;
                facts.message = detail.message;
            }
            return failure;
        }
        current = cause.source();
    }
    let text = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    AzureError::new(FailureKind::Authentication, text)
}
