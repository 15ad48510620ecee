//! Clusters: create, read, change, delete, credentials.

use futures::Stream;
use http::Method;
use progenitor_client::ClientInfo as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::generated::{self, ResponseValue};
use crate::pager::{Page, pages};
use crate::transport::API_VERSION;
use crate::types::{
    OpenShiftCluster, OpenShiftClusterAdminKubeconfig, OpenShiftClusterCredentials, OpenShiftClusterList,
    OpenShiftClusterUpdate,
};
use crate::{Client, Error, Poller};

/// The clusters of a subscription. See [`Client::clusters`].
#[derive(Clone, Copy, Debug)]
pub struct Clusters<'a> {
    pub(crate) client: &'a Client,
}

impl<'a> Clusters<'a> {
    fn calls(&self) -> &'a generated::Client {
        &self.client.inner.calls
    }

    fn subscription(&self) -> &'a str {
        &self.client.inner.subscription
    }

    /// Creates a cluster, or changes one to what is said. The poller's result is the cluster as it then is.
    ///
    /// # Errors
    /// [`Error::Refused`] with target and reason where the service does not accept it.
    pub async fn create_or_update(
        &self,
        resource_group: &str,
        name: &str,
        cluster: &OpenShiftCluster,
    ) -> Result<Poller<OpenShiftCluster>, Error> {
        let reply = self
            .calls()
            .open_shift_clusters_create_or_update(self.subscription(), resource_group, name, cluster)
            .await?;
        self.poller(Method::PUT, resource_group, name, reply)
    }

    /// Changes what is named. The poller's result is the cluster as it then is.
    ///
    /// # Errors
    /// As [`Clusters::create_or_update`].
    pub async fn update(
        &self,
        resource_group: &str,
        name: &str,
        change: &OpenShiftClusterUpdate,
    ) -> Result<Poller<OpenShiftCluster>, Error> {
        let reply = self
            .calls()
            .open_shift_clusters_update(self.subscription(), resource_group, name, change)
            .await?;
        self.poller(Method::PATCH, resource_group, name, reply)
    }

    /// Deletes a cluster. Where there is none, the poller has nothing to wait for.
    ///
    /// # Errors
    /// [`Error::Refused`] while another operation runs.
    pub async fn delete(&self, resource_group: &str, name: &str) -> Result<Poller<()>, Error> {
        let reply = self
            .calls()
            .open_shift_clusters_delete(self.subscription(), resource_group, name)
            .await?;
        let resource = self.url(resource_group, name)?;
        Poller::started(
            self.client,
            Method::DELETE,
            &resource,
            reply.status(),
            reply.headers(),
            Vec::new(),
        )
    }

    /// Goes on with a create or an update that this or another process started; `url` is [`Poller::url`].
    ///
    /// # Errors
    /// Where the URL is none of this cloud's.
    pub fn resume(&self, resource_group: &str, name: &str, url: &Url) -> Result<Poller<OpenShiftCluster>, Error> {
        Poller::resumed(self.client, &Method::PUT, self.url(resource_group, name)?, url.clone())
    }

    /// Goes on with a delete that this or another process started; `url` is [`Poller::url`].
    ///
    /// # Errors
    /// Where the URL is none of this cloud's.
    pub fn resume_delete(&self, url: &Url) -> Result<Poller<()>, Error> {
        Poller::resumed(self.client, &Method::DELETE, url.clone(), url.clone())
    }

    /// Reads a cluster.
    ///
    /// # Errors
    /// [`Error::Refused`] where there is none; see [`Error::is_not_found`].
    pub async fn get(&self, resource_group: &str, name: &str) -> Result<OpenShiftCluster, Error> {
        let reply = self
            .calls()
            .open_shift_clusters_get(self.subscription(), resource_group, name)
            .await?;
        Ok(reply.into_inner())
    }

    /// All clusters of the subscription.
    pub fn list(&self) -> impl Stream<Item = Result<OpenShiftCluster, Error>> + Send + 'a {
        let (calls, subscription) = (self.calls(), self.subscription());
        pages(self.client, async move {
            Ok(calls.open_shift_clusters_list(subscription).await?.into_inner().into())
        })
    }

    /// All clusters of a resource group.
    pub fn list_by_resource_group(
        &self,
        resource_group: impl Into<String>,
    ) -> impl Stream<Item = Result<OpenShiftCluster, Error>> + Send + 'a {
        let (calls, subscription) = (self.calls(), self.subscription());
        let group = resource_group.into();
        pages(self.client, async move {
            let reply = calls.open_shift_clusters_list_by_resource_group(subscription, &group);
            Ok(reply.await?.into_inner().into())
        })
    }

    /// Name and password of the user kubeadmin.
    ///
    /// # Errors
    /// [`Error::Refused`] while the cluster is being created or deleted.
    pub async fn credentials(&self, resource_group: &str, name: &str) -> Result<OpenShiftClusterCredentials, Error> {
        let reply = self
            .calls()
            .open_shift_clusters_list_credentials(self.subscription(), resource_group, name)
            .await?;
        Ok(reply.into_inner())
    }

    /// A kubeconfig of the cluster's administrator.
    ///
    /// # Errors
    /// As [`Clusters::credentials`].
    pub async fn admin_credentials(
        &self,
        resource_group: &str,
        name: &str,
    ) -> Result<OpenShiftClusterAdminKubeconfig, Error> {
        let reply = self
            .calls()
            .open_shift_clusters_list_admin_credentials(self.subscription(), resource_group, name)
            .await?;
        Ok(reply.into_inner())
    }

    fn poller<T: Serialize + DeserializeOwned>(
        &self,
        method: Method,
        resource_group: &str,
        name: &str,
        reply: ResponseValue<T>,
    ) -> Result<Poller<T>, Error> {
        let resource = self.url(resource_group, name)?;
        let (status, headers) = (reply.status(), reply.headers().clone());
        let body = serde_json::to_vec(&reply.into_inner()).map_err(Error::decode)?;
        Poller::started(self.client, method, &resource, status, &headers, body)
    }

    /// The cluster's own URL, where the result of an operation is read.
    fn url(&self, resource_group: &str, name: &str) -> Result<Url, Error> {
        let mut url = self.client.inner.endpoint.clone();
        url.path_segments_mut()
            .map_err(|()| Error::Configuration("the endpoint cannot have a path".to_owned()))?
            .pop_if_empty()
            .extend(["subscriptions", self.subscription()])
            .extend(["resourceGroups", resource_group])
            .extend(["providers", "Microsoft.RedHatOpenShift"])
            .extend(["openShiftClusters", name]);
        url.query_pairs_mut()
            .append_pair(API_VERSION, generated::Client::api_version());
        Ok(url)
    }
}

impl From<OpenShiftClusterList> for Page<OpenShiftCluster> {
    fn from(list: OpenShiftClusterList) -> Self {
        Self {
            value: list.value,
            next_link: list.next_link,
        }
    }
}
