//! Key vaults: secrets and certificates.

use std::{collections::BTreeMap, fmt};

use aro_http::{AzureError, Client, FailureKind, Response, json};
use http::Method;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use url::Url;
use zeroize::Zeroizing;

use crate::{
    Extra,
    arm::absent_is_none,
    certificate_text::{pem_of, pem_of_base64},
    secret_text,
};

/// Api-version of this service.
pub const API_VERSION: &str = "7.4";

/// The form of a certificate that is no PEM: Base64 of PKCS#12.
const PKCS12: &str = "application/x-pkcs12";

/// Calls one key vault as one caller.
#[derive(Debug, Clone)]
pub struct VaultClient {
    client: Client,
    vault: Url,
}

/// A secret, with its newest value.
#[derive(Clone, Default, Deserialize)]
pub struct VaultSecret {
    /// The value.
    #[serde(with = "secret_text")]
    pub value: Zeroizing<String>,
    /// What the value is, as a media type; a certificate's tells its form.
    #[serde(default, rename = "contentType")]
    pub content_type: Option<String>,
    /// Free key-value pairs.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// A new value of a secret.
#[derive(Serialize)]
pub struct NewVaultSecret<'a> {
    /// The value.
    #[serde(serialize_with = "secret_text::serialize")]
    pub value: &'a Zeroizing<String>,
    /// Free key-value pairs.
    pub tags: BTreeMap<String, String>,
}

fn null_is_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// How certificates are made: by which issuer, for which names. Members that are not named here survive a change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CertificatePolicy {
    /// Who signs.
    #[serde(default)]
    pub issuer: Issuer,
    /// Subject, names, life.
    #[serde(default)]
    pub x509_props: Extra,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// Who signs certificates.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Issuer {
    /// Its name in the vault.
    #[serde(default)]
    pub name: String,
    /// All else.
    #[serde(flatten)]
    pub rest: Extra,
}

/// How the making of a certificate stands.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct CertificateOperation {
    /// `inProgress`, `completed`, `failed`.
    #[serde(default)]
    pub status: String,
    /// Why it failed.
    #[serde(default)]
    pub error: Option<CertificateError>,
}

/// Why a certificate was not made.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct CertificateError {
    /// As a word.
    #[serde(default)]
    pub code: String,
    /// For people.
    #[serde(default)]
    pub message: String,
}

/// A certificate, without its key.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Certificate {
    /// Its id, with the version.
    pub id: String,
}

#[derive(Serialize)]
struct NewCertificate<'a> {
    policy: &'a CertificatePolicy,
}

impl VaultClient {
    pub(crate) fn new(client: Client, vault: Url) -> Self {
        Self { client, vault }
    }

    fn url(&self, segments: &[&str]) -> Result<Url, AzureError> {
        let mut url = self.vault.clone();
        url.path_segments_mut()
            .map_err(|()| AzureError::new(FailureKind::Request, "the vault's address cannot have a path"))?
            .pop_if_empty()
            .extend(segments);
        url.query_pairs_mut().append_pair("api-version", API_VERSION);
        Ok(url)
    }

    async fn call<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        method: Method,
        segments: &[&str],
        body: Option<&B>,
    ) -> Result<T, AzureError> {
        let url = self.url(segments)?;
        let response = self.send(&method, &url, body).await?;
        json::body(&response).map_err(|error| error.at(&method, &url))
    }

    async fn send<B: Serialize + Sync>(
        &self,
        method: &Method,
        url: &Url,
        body: Option<&B>,
    ) -> Result<Response, AzureError> {
        self.client
            .execute(json::request(method.clone(), url, &[], body)?)
            .await
    }

    /// A secret; `None` when there is none of that name.
    ///
    /// # Errors
    /// What the vault said, but for 404.
    pub async fn secret(&self, name: &str) -> Result<Option<VaultSecret>, AzureError> {
        absent_is_none(self.call::<(), _>(Method::GET, &["secrets", name], None).await)
    }

    /// Gives a secret a new value.
    ///
    /// # Errors
    /// What the vault said.
    pub async fn set_secret(&self, name: &str, secret: &NewVaultSecret<'_>) -> Result<(), AzureError> {
        let url = self.url(&["secrets", name])?;
        self.send(&Method::PUT, &url, Some(secret)).await.map(drop)
    }

    /// Deletes a secret; one that is missing is gone already.
    ///
    /// # Errors
    /// What the vault said, but for 404.
    pub async fn delete_secret(&self, name: &str) -> Result<(), AzureError> {
        self.remove("secrets", name).await
    }

    /// A certificate; `None` when there is none of that name.
    ///
    /// # Errors
    /// What the vault said, but for 404.
    pub async fn certificate(&self, name: &str) -> Result<Option<Certificate>, AzureError> {
        absent_is_none(self.call::<(), _>(Method::GET, &["certificates", name], None).await)
    }

    /// Starts to make a certificate, or a new version of it.
    ///
    /// # Errors
    /// What the vault said.
    pub async fn create_certificate(&self, name: &str, policy: &CertificatePolicy) -> Result<(), AzureError> {
        let url = self.url(&["certificates", name, "create"])?;
        self.send(&Method::POST, &url, Some(&NewCertificate { policy }))
            .await
            .map(drop)
    }

    /// How the making of a certificate stands; `None` when none was started.
    ///
    /// # Errors
    /// What the vault said, but for 404.
    pub async fn certificate_operation(&self, name: &str) -> Result<Option<CertificateOperation>, AzureError> {
        absent_is_none(
            self.call::<(), _>(Method::GET, &["certificates", name, "pending"], None)
                .await,
        )
    }

    /// How a certificate is made; `None` when there is none of that name.
    ///
    /// # Errors
    /// What the vault said, but for 404.
    pub async fn certificate_policy(&self, name: &str) -> Result<Option<CertificatePolicy>, AzureError> {
        absent_is_none(
            self.call::<(), _>(Method::GET, &["certificates", name, "policy"], None)
                .await,
        )
    }

    /// Changes how a certificate is made from now on.
    ///
    /// # Errors
    /// What the vault said.
    pub async fn set_certificate_policy(&self, name: &str, policy: &CertificatePolicy) -> Result<(), AzureError> {
        let url = self.url(&["certificates", name, "policy"])?;
        self.send(&Method::PATCH, &url, Some(policy)).await.map(drop)
    }

    /// Deletes a certificate; one that is missing is gone already.
    ///
    /// # Errors
    /// What the vault said, but for 404.
    pub async fn delete_certificate(&self, name: &str) -> Result<(), AzureError> {
        self.remove("certificates", name).await
    }

    async fn remove(&self, kind: &str, name: &str) -> Result<(), AzureError> {
        let url = self.url(&[kind, name])?;
        absent_is_none(self.send::<()>(&Method::DELETE, &url, None).await).map(drop)
    }
}

impl VaultSecret {
    /// Key and certificate as PEM text, of a secret that is a certificate in one of the forms that vaults have.
    #[must_use]
    pub fn pem(&self) -> Option<Zeroizing<Vec<u8>>> {
        match self.content_type.as_deref() {
            Some(PKCS12) => pem_of_base64(&self.value),
            _ => pem_of(self.value.as_bytes()),
        }
    }
}

impl fmt::Debug for VaultSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VaultSecret")
            .field("tags", &self.tags)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NewVaultSecret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewVaultSecret")
            .field("tags", &self.tags)
            .finish_non_exhaustive()
    }
}
