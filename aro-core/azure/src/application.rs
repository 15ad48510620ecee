//! An application that acts in many tenants.

use std::{collections::HashMap, sync::Arc};

use aro_http::{AzureError, OperationContext, TokenSource};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::Azure;

/// Tenants whose credentials are kept at the same time.
const KEPT: usize = 1000;

/// An application with its secret. Its credential in each tenant keeps its tokens, for all who act with it.
pub struct Application {
    azure: Azure,
    client_id: String,
    secret: Zeroizing<String>,
    /// By tenant.
    credentials: Mutex<HashMap<String, Arc<dyn TokenSource>>>,
}

impl Application {
    /// The application `client_id`.
    #[must_use]
    pub fn new(azure: Azure, client_id: String, secret: String) -> Self {
        Self {
            azure,
            client_id,
            secret: Zeroizing::new(secret),
            credentials: Mutex::default(),
        }
    }

    /// Its credential in a tenant.
    ///
    /// # Errors
    /// When the tenant, the application's id or its secret is empty or malformed.
    pub async fn in_tenant(&self, tenant: &str) -> Result<Arc<dyn TokenSource>, AzureError> {
        let mut credentials = self.credentials.lock().await;
        if let Some(known) = credentials.get(tenant) {
            return Ok(known.clone());
        }
        // It outlives the operation that asked for it first, so it does not end with that.
        let of_many = OperationContext::default();
        let secret = self.secret.as_str().to_owned();
        let made = self.azure.client_secret(tenant, &self.client_id, secret, &of_many)?;
        if credentials.len() >= KEPT {
            credentials.clear();
        }
        credentials.insert(tenant.to_owned(), made.clone());
        Ok(made)
    }
}

impl std::fmt::Debug for Application {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Application")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}
