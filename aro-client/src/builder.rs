//! Making a client.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use aro_http::{ClientBuilder, ClientCredential, HttpPace, LroPace, TokenSource, TransportConfig};
use azure_core::credentials::TokenCredential;
use http::HeaderValue;
use url::Url;

use crate::client::Inner;
use crate::credential::{Credential, Token};
use crate::transport::Transport;
use crate::{Client, Cloud, Error, Secret, generated};

/// What a client is made of. See [`Client::builder`].
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    subscription: String,
    cloud: Cloud,
    caller: Option<Caller>,
    ca_file: Option<PathBuf>,
    pace: HttpPace,
    operations: LroPace,
    application: Option<String>,
}

#[derive(Clone)]
enum Caller {
    Source(Arc<dyn TokenSource>),
    Token(Secret),
    ClientSecret {
        tenant: String,
        client_id: String,
        secret: Secret,
    },
}

impl Builder {
    pub(crate) fn new(subscription: String) -> Self {
        Self {
            subscription,
            cloud: Cloud::public(),
            caller: None,
            ca_file: None,
            pace: HttpPace::default(),
            operations: LroPace::default(),
            application: None,
        }
    }

    /// The cloud; Azure where not said.
    pub fn cloud(mut self, cloud: Cloud) -> Self {
        self.cloud = cloud;
        self
    }

    /// Calls carry tokens of a credential, such as those of azure_identity.
    pub fn credential(self, credential: Arc<dyn TokenCredential>) -> Self {
        self.token_source(Arc::new(Credential(credential)))
    }

    /// Calls carry tokens of a source that can be told to forget one that the service has refused.
    pub fn token_source(mut self, source: Arc<dyn TokenSource>) -> Self {
        self.caller = Some(Caller::Source(source));
        self
    }

    /// Calls carry this token, which is not renewed.
    pub fn token(mut self, token: impl Into<Secret>) -> Self {
        self.caller = Some(Caller::Token(token.into()));
        self
    }

    /// Calls carry tokens of an application, got from the cloud's authority.
    pub fn client_secret(
        mut self,
        tenant: impl Into<String>,
        client_id: impl Into<String>,
        secret: impl Into<Secret>,
    ) -> Self {
        self.caller = Some(Caller::ClientSecret {
            tenant: tenant.into(),
            client_id: client_id.into(),
            secret: secret.into(),
        });
        self
    }

    /// The only certificate authorities to trust, as a PEM file; those of the platform where not said.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
        self
    }

    /// Timeouts, retries and concurrency of single calls.
    pub fn pace(mut self, pace: HttpPace) -> Self {
        self.pace = pace;
        self
    }

    /// How often, and for how long, operations are asked for their state.
    pub fn operation_pace(mut self, pace: LroPace) -> Self {
        self.operations = pace;
        self
    }

    /// The program that calls, such as `inventory/1.2`: stands before this client's name in the service's logs.
    pub fn application(mut self, name: impl Into<String>) -> Self {
        self.application = Some(name.into());
        self
    }

    /// The client. Makes no call.
    ///
    /// # Errors
    /// [`Error::Configuration`] without a credential, where the subscription or the endpoint cannot be used, or where
    /// the CA file cannot be read.
    pub fn build(self) -> Result<Client, Error> {
        let cloud = self.cloud;
        let (endpoint, authority) = (url(&cloud.endpoint)?, url(&cloud.authority)?);
        let refuse = |what: String| Error::Configuration(what);
        if !is_safe(&endpoint) {
            return Err(refuse(format!(
                "{} cannot be used: tokens travel over https only, or over http on this machine",
                endpoint
            )));
        }
        if self.subscription.is_empty() || self.subscription.contains(['/', '?', '#']) {
            return Err(refuse("the subscription id is empty or malformed".to_owned()));
        }
        let transport = TransportConfig {
            ca_file: self.ca_file,
            ..TransportConfig::default()
        };
        let broken = |error: aro_http::AzureError| refuse(error.to_string());
        let own = concat!("aro-client/", env!("CARGO_PKG_VERSION"));
        let name = self
            .application
            .map_or_else(|| own.to_owned(), |name| format!("{name} {own}"));
        let name =
            HeaderValue::try_from(name).map_err(|_| refuse("the name of the application is no text".to_owned()))?;
        let layers = ClientBuilder::new(&transport, self.pace)
            .map_err(broken)?
            .user_agent(name);
        let source: Arc<dyn TokenSource> = match self.caller {
            Some(Caller::Source(source)) => source,
            Some(Caller::Token(token)) => Arc::new(Token(token.expose().to_owned().into())),
            Some(Caller::ClientSecret {
                tenant,
                client_id,
                secret,
            }) => {
                let caller = layers.build();
                let secret = secret.expose().to_owned();
                Arc::new(
                    ClientCredential::with_secret(&authority, &tenant, &client_id, secret, caller).map_err(broken)?,
                )
            }
            None => {
                return Err(refuse(
                    "a credential is missing: credential, client_secret or token".to_owned(),
                ));
            }
        };
        let http = layers.credential(source, cloud.scope.clone()).build();
        // Generated code only forms requests with it; the layers send them.
        let former = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build()
            .map_err(|error| refuse(error.without_url().to_string()))?;
        let base = endpoint.as_str().trim_end_matches('/').to_owned();
        let transport = Arc::new(Transport { client: http, endpoint });
        let calls = generated::Client::new_with_client(&base, former, transport.clone());
        Ok(Client::new(Inner {
            subscription: self.subscription,
            cloud,
            calls,
            transport,
            pace: self.operations,
        }))
    }
}

fn url(text: &str) -> Result<Url, Error> {
    Url::parse(text).map_err(|error| Error::Configuration(format!("{text} is no URL: {error}")))
}

fn is_safe(url: &Url) -> bool {
    let is_local = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_local)
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source(_) => "credential",
            Self::Token(_) => "token",
            Self::ClientSecret { .. } => "client secret",
        })
    }
}
