//! Where Azure is.

use url::Url;

use crate::Error;

/// The endpoints of a cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    /// Azure Resource Manager.
    pub endpoint: Url,
    /// The token service, for [`Builder::client_secret`](crate::Builder::client_secret).
    pub authority: Url,
    /// What tokens are asked for, such as `https://management.azure.com/.default`.
    pub scope: String,
}

impl Cloud {
    /// A cloud of your own: Azure Stack, a simulated Azure.
    ///
    /// # Errors
    /// Where one of the two is no URL.
    pub fn custom(endpoint: &str, authority: &str) -> Result<Self, Error> {
        let url = |what: &str, text: &str| {
            Url::parse(text).map_err(|error| Error::Configuration(format!("the {what} {text} is no URL: {error}")))
        };
        Ok(Self {
            endpoint: url("endpoint", endpoint)?,
            authority: url("authority", authority)?,
            scope: format!("{}/.default", endpoint.trim_end_matches('/')),
        })
    }

    /// Azure.
    ///
    /// # Errors
    /// None in practice: the endpoints are fixed.
    pub fn public() -> Result<Self, Error> {
        Self::custom("https://management.azure.com", "https://login.microsoftonline.com")
    }

    /// Azure for the government of the United States.
    ///
    /// # Errors
    /// None in practice: the endpoints are fixed.
    pub fn us_government() -> Result<Self, Error> {
        Self::custom(
            "https://management.usgovcloudapi.net",
            "https://login.microsoftonline.us",
        )
    }

    /// Whether a URL that a reply names belongs to this cloud's ARM: tokens must not go anywhere else. ARM may answer
    /// from a region below its name.
    pub(crate) fn owns(&self, url: &Url) -> bool {
        let (Some(host), Some(known)) = (url.host_str(), self.endpoint.host_str()) else {
            return false;
        };
        url.scheme() == self.endpoint.scheme()
            && url.port_or_known_default() == self.endpoint.port_or_known_default()
            && (host == known || host.strip_suffix(known).is_some_and(|region| region.ends_with('.')))
    }
}
