//! Machines and their sizes, by the generated crate `azure_mgmt_compute` on our own stack.
//!
//! The generated code forms requests and reads replies. Everything between (tokens, retry, correlation, certificates,
//! timeouts, cancellation) is the stack of `aro-http`, and so is waiting: of the generated request builders only `send` and
//! `into_stream` are used. Awaiting a builder that changes something sends the change again and again instead of asking for
//! its state; `clippy.toml` bans the methods that make such builders.

use std::sync::Arc;

use aro_http::{AzureError, Client, FailureKind, json, lro};
use azure_core_021 as core;
use azure_mgmt_compute::{
    Client as Generated,
    models::{ResourceSku, VirtualMachineInstanceView},
};
use bytes::Bytes;
use futures::{TryStreamExt, stream};
use http::Method;
use serde::Deserialize;
use url::Url;

use crate::{ArmClient, network::Usage, resources::GenericResource};

pub use azure_mgmt_compute::models;

/// Api-version for machines called without the generated crate.
const API_VERSION: &str = "2024-07-01";

/// Calls the compute service as one caller.
#[derive(Clone)]
pub struct ComputeClient {
    generated: Generated,
    arm: ArmClient,
}

impl ComputeClient {
    pub(crate) fn new(arm: ArmClient) -> Result<Self, AzureError> {
        let transport = Arc::new(Transport(arm.http().clone()));
        let generated = Generated::builder(Arc::new(StackAuthenticates))
            .endpoint(arm.base().clone())
            .scopes(&[])
            .transport(core::TransportOptions::new(transport))
            .retry(core::RetryOptions::none())
            .build()
            .map_err(failure)?;
        Ok(Self { generated, arm })
    }

    /// The sizes and disks a subscription can have in a region.
    ///
    /// # Errors
    /// What ARM said.
    pub async fn skus(&self, subscription: &str, location: &str) -> Result<Vec<ResourceSku>, AzureError> {
        let pages = self
            .generated
            .resource_skus_client()
            .list(subscription)
            .filter(format!("location eq '{location}'"))
            .into_stream();
        let pages: Vec<_> = pages.try_collect().await.map_err(failure)?;
        Ok(pages.into_iter().flat_map(|page| page.value).collect())
    }

    /// The ids of the machines in a resource group.
    ///
    /// # Errors
    /// What ARM said.
    pub async fn machines(&self, subscription: &str, resource_group: &str) -> Result<Vec<String>, AzureError> {
        // The generated model of a machine refuses a list when one of its many enums is newer than the crate; only ids are
        // wanted here.
        let path = format!(
            "/subscriptions/{subscription}/resourceGroups/{resource_group}/providers/Microsoft.Compute/virtualMachines"
        );
        let machines: Vec<GenericResource> = self.arm.list(&path, API_VERSION, &[]).await?;
        Ok(machines.into_iter().map(|machine| machine.id).collect())
    }

    /// The sizes of the machines in a resource group.
    ///
    /// # Errors
    /// What ARM said.
    pub async fn sizes_in(&self, subscription: &str, resource_group: &str) -> Result<Vec<String>, AzureError> {
        let path = format!(
            "/subscriptions/{subscription}/resourceGroups/{resource_group}/providers/Microsoft.Compute/virtualMachines"
        );
        let machines: Vec<GenericResource> = self.arm.list(&path, API_VERSION, &[]).await?;
        let sizes = machines.iter().map(|machine| {
            let properties = machine.rest.get("properties");
            properties.and_then(|properties| properties["hardwareProfile"]["vmSize"].as_str())
        });
        Ok(sizes.flatten().map(str::to_owned).collect())
    }

    /// How much of the limits of a subscription in a region is used.
    ///
    /// # Errors
    /// What ARM said.
    pub async fn usages(&self, subscription: &str, location: &str) -> Result<Vec<Usage>, AzureError> {
        let path = format!("/subscriptions/{subscription}/providers/Microsoft.Compute/locations/{location}/usages");
        self.arm.list(&path, API_VERSION, &[]).await
    }

    /// What a machine is doing.
    ///
    /// # Errors
    /// What ARM said, 404 included.
    pub async fn instance_view(&self, machine: &Machine<'_>) -> Result<VirtualMachineInstanceView, AzureError> {
        let request = self.generated.virtual_machines_client().instance_view(
            machine.resource_group,
            machine.name,
            machine.subscription,
        );
        let response = request.send().await.map_err(failure)?;
        response.into_body().await.map_err(failure)
    }

    /// What a machine wrote on its serial console. The place has a signature in its address, so it is read by `anonymous`,
    /// a client without credentials.
    ///
    /// # Errors
    /// What ARM or the storage service said.
    pub async fn serial_console(&self, machine: &Machine<'_>, anonymous: &Client) -> Result<String, AzureError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Places {
            serial_console_log_blob_uri: Option<Url>,
        }
        let path = format!("{}/retrieveBootDiagnosticsData", machine.id());
        let places: Option<Places> = self.arm.post(&path, API_VERSION, &serde_json::json!({})).await?;
        let Some(place) = places.and_then(|places| places.serial_console_log_blob_uri) else {
            return Ok(String::new());
        };
        let request = json::request::<()>(Method::GET, &place, &[], None)?;
        let response = anonymous.execute(request).await?;
        Ok(String::from_utf8_lossy(response.body()).into_owned())
    }

    /// Starts a machine and waits until it is.
    ///
    /// # Errors
    /// What ARM said, at once or at the end.
    pub async fn start(&self, machine: &Machine<'_>) -> Result<(), AzureError> {
        let request =
            self.generated
                .virtual_machines_client()
                .start(machine.resource_group, machine.name, machine.subscription);
        let response = request.send().await.map_err(failure)?;
        self.finish(
            Method::POST,
            &format!("{}/start", machine.id()),
            response.into_raw_response(),
        )
        .await
    }

    /// Deletes a machine and waits until it is gone; a missing one is gone already.
    ///
    /// # Errors
    /// What ARM said, at once or at the end, but for 404.
    pub async fn delete(&self, machine: &Machine<'_>) -> Result<(), AzureError> {
        let request =
            self.generated
                .virtual_machines_client()
                .delete(machine.resource_group, machine.name, machine.subscription);
        match request.send().await.map_err(failure) {
            Ok(response) => {
                self.finish(Method::DELETE, &machine.id(), response.into_raw_response())
                    .await
            }
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Waits for the end of what a raw reply has started.
    async fn finish(&self, method: Method, id: &str, response: core::Response) -> Result<(), AzureError> {
        let url = self.arm.url(id, API_VERSION, &[])?;
        let (status, headers, body) = response.deconstruct();
        let mut builder = http::Response::builder().status(u16::from(status));
        for (name, value) in headers.iter() {
            builder = builder.header(name.as_str(), value.as_str());
        }
        let body = body.collect().await.map_err(failure)?;
        let response = builder
            .body(body)
            .map_err(|error| AzureError::new(FailureKind::Decode, error.to_string()))?;
        if let lro::Started::Running(operation, pause) = lro::started(&method, &url, response)? {
            operation.wait(self.arm.http(), self.arm.pace(), pause).await?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for ComputeClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ComputeClient")
            .field("arm", &self.arm)
            .finish_non_exhaustive()
    }
}

/// The place of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Machine<'a> {
    /// Subscription id.
    pub subscription: &'a str,
    /// Name of the resource group.
    pub resource_group: &'a str,
    /// Name of the machine.
    pub name: &'a str,
}

impl<'a> Machine<'a> {
    /// Reads the resource id of a machine.
    #[must_use]
    pub fn parse(id: &'a str) -> Option<Self> {
        match id.split('/').collect::<Vec<_>>()[..] {
            ["", s, subscription, g, resource_group, _, _, kind, name]
                if s.eq_ignore_ascii_case("subscriptions")
                    && g.eq_ignore_ascii_case("resourceGroups")
                    && kind.eq_ignore_ascii_case("virtualMachines") =>
            {
                Some(Self {
                    subscription,
                    resource_group,
                    name,
                })
            }
            _ => None,
        }
    }

    /// Its resource id.
    #[must_use]
    pub fn id(&self) -> String {
        let Self {
            subscription,
            resource_group,
            name,
        } = self;
        format!(
            "/subscriptions/{subscription}/resourceGroups/{resource_group}\
             /providers/Microsoft.Compute/virtualMachines/{name}"
        )
    }
}

// === the adapter ===

/// Sends the generated code's requests through our stack.
#[derive(Debug)]
struct Transport(Client);

#[async_trait::async_trait]
impl core::HttpClient for Transport {
    async fn execute_request(&self, request: &core::Request) -> core::Result<core::Response> {
        let refuse = |message: &str| core::Error::message(core::error::ErrorKind::Other, message.to_owned());
        let core::Body::Bytes(body) = request.body() else {
            return Err(refuse("a streamed body cannot be sent again"));
        };
        let method =
            Method::from_bytes(request.method().as_ref().as_bytes()).map_err(|_| refuse("the method is not known"))?;
        let mut ours = json::request::<()>(method, request.url(), &[], None).map_err(core_error)?;
        for (name, value) in request.headers().iter() {
            // The stack writes its own; the one here is empty. The length is the transport's to say.
            if ["authorization", "content-length"]
                .iter()
                .any(|own| name.as_str().eq_ignore_ascii_case(own))
            {
                continue;
            }
            let name = http::HeaderName::try_from(name.as_str()).map_err(|_| refuse("a header name is malformed"))?;
            let value = http::HeaderValue::from_str(value.as_str()).map_err(|_| refuse("a header is malformed"))?;
            ours.headers_mut().insert(name, value);
        }
        *ours.body_mut() = body.clone();
        // An error status becomes an error here, with all that ARM said; the generated code keeps only the number.
        let response = self.0.execute(ours).await.map_err(core_error)?;
        let mut headers = core::headers::Headers::new();
        for (name, value) in response.headers() {
            if let Ok(value) = value.to_str() {
                headers.insert(name.as_str().to_owned(), value.to_owned());
            }
        }
        let status =
            core::StatusCode::try_from(response.status().as_u16()).map_err(|_| refuse("the status is not known"))?;
        let body: Bytes = response.into_body();
        Ok(core::Response::new(status, headers, Box::pin(stream::iter([Ok(body)]))))
    }
}

/// The generated code insists on a token of its own for every request; the stack below writes the real one.
#[derive(Debug)]
struct StackAuthenticates;

#[async_trait::async_trait]
impl core::auth::TokenCredential for StackAuthenticates {
    async fn get_token(&self, _: &[&str]) -> core::Result<core::auth::AccessToken> {
        Ok(core::auth::AccessToken::new(
            String::new(),
            time::OffsetDateTime::now_utc(),
        ))
    }

    async fn clear_cache(&self) -> core::Result<()> {
        Ok(())
    }
}

fn core_error(error: AzureError) -> core::Error {
    core::Error::new(core::error::ErrorKind::Other, error)
}

/// Our own error, which the generated code carries through, or what it found wrong itself.
fn failure(error: core::Error) -> AzureError {
    match error.downcast_ref::<AzureError>() {
        Some(ours) => ours.clone(),
        None => AzureError::new(FailureKind::Decode, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::Machine;

    #[test]
    fn machine_ids() {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/m";
        let machine = Machine::parse(id).unwrap();
        assert_eq!((machine.id().as_str(), machine.name), (id, "m"));
        assert!(Machine::parse("/subscriptions/s/resourceGroups/g").is_none());
        assert!(Machine::parse(&format!("{id}/x/y")).is_none());
    }
}
