//! Where Azure is.

/// The endpoints of a cloud. They are checked when a client is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    /// Azure Resource Manager.
    pub endpoint: String,
    /// The token service, for [`Builder::client_secret`](crate::Builder::client_secret).
    pub authority: String,
    /// What tokens are asked for, such as `https://management.azure.com/.default`.
    pub scope: String,
}

impl Cloud {
    /// A cloud of your own: Azure Stack, a simulated Azure.
    #[must_use]
    pub fn custom(endpoint: impl Into<String>, authority: impl Into<String>) -> Self {
        let endpoint = endpoint.into();
        Self {
            scope: format!("{}/.default", endpoint.trim_end_matches('/')),
            endpoint,
            authority: authority.into(),
        }
    }

    /// Azure.
    #[must_use]
    pub fn public() -> Self {
        Self::custom("https://management.azure.com", "https://login.microsoftonline.com")
    }

    /// Azure for the government of the United States.
    #[must_use]
    pub fn us_government() -> Self {
        Self::custom(
            "https://management.usgovcloudapi.net",
            "https://login.microsoftonline.us",
        )
    }

    /// Azure in China.
    #[must_use]
    pub fn china() -> Self {
        Self::custom("https://management.chinacloudapi.cn", "https://login.chinacloudapi.cn")
    }
}

impl Default for Cloud {
    fn default() -> Self {
        Self::public()
    }
}
