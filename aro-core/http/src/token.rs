//! Where tokens come from.

use std::{error::Error as _, fmt, sync::Arc};

use azure_core::{
    cloud::{CloudConfiguration, CustomConfiguration},
    credentials::{Secret, TokenCredential},
    error::ErrorKind,
    http::{ClientOptions, RetryOptions, Transport},
};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use tokio::sync::RwLock;
use url::Url;

use crate::{AzureError, Client, CoreTransport, FailureKind, reply};

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
pub(crate) struct Renewable {
    make: Make,
    credential: RwLock<Arc<dyn TokenCredential>>,
}

type Make = Box<dyn Fn() -> azure_core::Result<Arc<dyn TokenCredential>> + Send + Sync>;

impl Renewable {
    /// The credential that `make` makes.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn new(
        make: impl Fn() -> azure_core::Result<Arc<dyn TokenCredential>> + Send + Sync + 'static,
    ) -> Result<Self, AzureError> {
        let credential = make().map_err(|error| AzureError::new(FailureKind::Authentication, error.to_string()))?;
        Ok(Self {
            make: Box::new(make),
            credential: RwLock::new(credential),
        })
    }

    pub(crate) async fn token(&self, scope: &str) -> Result<Secret, AzureError> {
        let credential = self.credential.read().await.clone();
        credential
            .get_token(&[scope], None)
            .await
            .map(|token| token.token)
            .map_err(|error| authentication(&error))
    }

    pub(crate) async fn forget(&self, scope: &str, token: &Secret) {
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
pub(crate) fn client_options(authority: &Url, client: &Client) -> ClientOptions {
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

/// An application and its client secret, at a configurable authority.
pub struct ClientSecret {
    tenant: String,
    client_id: String,
    authority: Url,
    credential: Renewable,
}

impl ClientSecret {
    /// `authority` is the token service, such as `https://login.microsoftonline.com`; `client` makes the calls to it and
    /// carries no credential itself.
    ///
    /// # Errors
    /// When the authority is not https, or tenant, client id or secret is empty or malformed.
    pub fn new(
        authority: &Url,
        tenant: &str,
        client_id: &str,
        secret: String,
        client: Client,
    ) -> Result<Self, AzureError> {
        let secret = Secret::new(secret);
        let (at, of, id) = (authority.clone(), tenant.to_owned(), client_id.to_owned());
        let credential = Renewable::new(move || {
            let client_options = client_options(&at, &client);
            let options = ClientSecretCredentialOptions { client_options };
            let made = ClientSecretCredential::new(&of, id.clone(), secret.clone(), Some(options))?;
            Ok(made as Arc<dyn TokenCredential>)
        })?;
        Ok(Self {
            tenant: tenant.to_owned(),
            client_id: client_id.to_owned(),
            authority: authority.clone(),
            credential,
        })
    }
}

#[async_trait::async_trait]
impl TokenSource for ClientSecret {
    async fn token(&self, scope: &str) -> Result<Secret, AzureError> {
        self.credential.token(scope).await
    }

    async fn forget(&self, scope: &str, token: &Secret) {
        self.credential.forget(scope, token).await;
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSecret")
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
