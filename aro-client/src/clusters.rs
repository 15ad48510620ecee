//! Clusters: create, read, change, delete, credentials.

use aro_http::Response;
use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::generated::{self, ResponseValue};
use crate::pager::{Page, Pager};
use crate::place::Place;
use crate::types::{
    OpenShiftCluster, OpenShiftClusterAdminKubeconfig, OpenShiftClusterCredentials, OpenShiftClusterList,
    OpenShiftClusterUpdate,
};
use crate::{Client, Error, Poller, places};

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
        self.poller(Method::DELETE, resource_group, name, reply)
    }

    /// Goes on with a create or an update that this or another process started; `url` is [`Poller::url`].
    ///
    /// # Errors
    /// Where the URL is none of this cloud's.
    pub fn resume(&self, resource_group: &str, name: &str, url: &Url) -> Result<Poller<OpenShiftCluster>, Error> {
        let result = self.url(resource_group, name)?;
        Poller::resumed(self.client, url.clone(), Some(result))
    }

    /// Goes on with a delete that this or another process started; `url` is [`Poller::url`].
    ///
    /// # Errors
    /// Where the URL is none of this cloud's.
    pub fn resume_delete(&self, url: &Url) -> Result<Poller<()>, Error> {
        Poller::resumed(self.client, url.clone(), None)
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
    pub fn list(&self) -> Pager<OpenShiftCluster> {
        self.client.pager(|calls, subscription| async move {
            Ok(calls.open_shift_clusters_list(&subscription).await?.into_inner().into())
        })
    }

    /// All clusters of a resource group.
    pub fn list_by_resource_group(&self, resource_group: impl Into<String>) -> Pager<OpenShiftCluster> {
        let group = resource_group.into();
        self.client.pager(|calls, subscription| async move {
            let reply = calls.open_shift_clusters_list_by_resource_group(&subscription, &group);
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
        let mut response = Response::default();
        *response.status_mut() = reply.status();
        response.headers_mut().clone_from(reply.headers());
        *response.body_mut() = serde_json::to_vec(&reply.into_inner()).map_err(Error::decode)?.into();
        Poller::started(self.client, method, &resource, response)
    }

    /// The cluster's own URL, where the result of an operation is read.
    fn url(&self, resource_group: &str, name: &str) -> Result<Url, Error> {
        let names = [self.subscription(), resource_group, name];
        places::OPEN_SHIFT_CLUSTERS_GET.url(self.client.endpoint(), &names, Place::api_version())
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
