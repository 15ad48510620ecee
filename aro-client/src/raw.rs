//! Calls in the JSON of the service, for any api-version.

use std::fmt;
use std::marker::PhantomData;

use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::pager::{self, Pager};
use crate::place::Place;
use crate::poller::parsed;
use crate::{Client, Error, Poller, places};

/// The calls of [`Clusters`](crate::Clusters) and of the catalogues in the JSON of one api-version, members that nobody
/// here knows included. Made by [`Client::raw`].
///
/// Documents are read as `D`: [`serde_json::Value`], a boxed [`serde_json::value::RawValue`] (the text as it came), or
/// a type of yours; they are sent as whatever serializes. Pollers, pagers, errors, retries and tokens are those of the
/// typed calls.
pub struct Raw<D> {
    client: Client,
    api_version: String,
    document: PhantomData<fn() -> D>,
}

impl<D: DeserializeOwned + Send + 'static> Raw<D> {
    pub(crate) fn new(client: Client, api_version: String) -> Self {
        Self {
            client,
            api_version,
            document: PhantomData,
        }
    }

    /// The api-version that is spoken.
    #[must_use]
    pub fn api_version(&self) -> &str {
        &self.api_version
    }

    /// Creates a cluster, or changes one to what is said. The poller's result is the cluster as it then is.
    ///
    /// # Errors
    /// [`Error::Refused`] with target and reason where the service does not accept it.
    pub async fn create_or_update<B: Serialize + ?Sized>(
        &self,
        resource_group: &str,
        name: &str,
        cluster: &B,
    ) -> Result<Poller<D>, Error> {
        let place = places::OPEN_SHIFT_CLUSTERS_CREATE_OR_UPDATE;
        self.begin(Method::PUT, place, &[resource_group, name], Some(cluster))
            .await
    }

    /// Changes what is named. The poller's result is the cluster as it then is.
    ///
    /// # Errors
    /// As [`Raw::create_or_update`].
    pub async fn update<B: Serialize + ?Sized>(
        &self,
        resource_group: &str,
        name: &str,
        change: &B,
    ) -> Result<Poller<D>, Error> {
        let place = places::OPEN_SHIFT_CLUSTERS_UPDATE;
        self.begin(Method::PATCH, place, &[resource_group, name], Some(change))
            .await
    }

    /// Deletes a cluster. Where there is none, the poller has nothing to wait for.
    ///
    /// # Errors
    /// [`Error::Refused`] while another operation runs.
    pub async fn delete(&self, resource_group: &str, name: &str) -> Result<Poller<()>, Error> {
        let place = places::OPEN_SHIFT_CLUSTERS_DELETE;
        self.begin::<(), ()>(Method::DELETE, place, &[resource_group, name], None)
            .await
    }

    /// Goes on with an operation that this or another process started; `url` is [`Poller::url`]. The result is the
    /// cluster, or none after a delete: the service keeps it beside the status.
    ///
    /// # Errors
    /// [`Error::Configuration`] where the URL is none of this cloud's, or of no operation's status.
    pub fn resume(&self, url: &Url) -> Result<Poller<Option<D>>, Error> {
        let mut result = url.clone();
        let path = url.path().replacen("/operationsstatus/", "/operationresults/", 1);
        if path == url.path() {
            let message = format!("{path} is no operation's status: use the url of a poller");
            return Err(Error::Configuration(message));
        }
        result.set_path(&path);
        Poller::resumed(&self.client, url.clone(), Some(result))
    }

    /// Reads a cluster.
    ///
    /// # Errors
    /// [`Error::Refused`] where there is none; see [`Error::is_not_found`].
    pub async fn get(&self, resource_group: &str, name: &str) -> Result<D, Error> {
        self.read(places::OPEN_SHIFT_CLUSTERS_GET, &[resource_group, name])
            .await
    }

    /// All clusters of the subscription.
    pub fn list(&self) -> Pager<D> {
        self.pager(self.url(places::OPEN_SHIFT_CLUSTERS_LIST, &[]))
    }

    /// All clusters of a resource group.
    pub fn list_by_resource_group(&self, resource_group: &str) -> Pager<D> {
        self.pager(self.url(places::OPEN_SHIFT_CLUSTERS_LIST_BY_RESOURCE_GROUP, &[resource_group]))
    }

    /// Name and password of the user kubeadmin.
    ///
    /// # Errors
    /// [`Error::Refused`] while the cluster is being created or deleted.
    pub async fn credentials(&self, resource_group: &str, name: &str) -> Result<D, Error> {
        self.ask(places::OPEN_SHIFT_CLUSTERS_LIST_CREDENTIALS, &[resource_group, name])
            .await
    }

    /// A kubeconfig of the cluster's administrator.
    ///
    /// # Errors
    /// As [`Raw::credentials`].
    pub async fn admin_credentials(&self, resource_group: &str, name: &str) -> Result<D, Error> {
        self.ask(
            places::OPEN_SHIFT_CLUSTERS_LIST_ADMIN_CREDENTIALS,
            &[resource_group, name],
        )
        .await
    }

    /// The OpenShift versions that can be installed in a location.
    pub fn openshift_versions(&self, location: &str) -> Pager<D> {
        self.pager(self.url(places::OPEN_SHIFT_VERSIONS_LIST, &[location]))
    }

    /// An OpenShift version that can be installed in a location.
    ///
    /// # Errors
    /// [`Error::Refused`] where it cannot.
    pub async fn openshift_version(&self, location: &str, version: &str) -> Result<D, Error> {
        self.read(places::OPEN_SHIFT_VERSIONS_GET, &[location, version]).await
    }

    /// The identities and roles that the operators of each OpenShift minor version need.
    pub fn role_sets(&self, location: &str) -> Pager<D> {
        self.pager(self.url(places::PLATFORM_WORKLOAD_IDENTITY_ROLE_SETS_LIST, &[location]))
    }

    /// The identities and roles that the operators of an OpenShift minor version need.
    ///
    /// # Errors
    /// [`Error::Refused`] where the minor version has none.
    pub async fn role_set(&self, location: &str, minor: &str) -> Result<D, Error> {
        self.read(places::PLATFORM_WORKLOAD_IDENTITY_ROLE_SET_GET, &[location, minor])
            .await
    }

    /// The operations that Azure roles can allow.
    pub fn operations(&self) -> Pager<D> {
        self.pager(places::OPERATIONS_LIST.url(self.client.endpoint(), &[], &self.api_version))
    }

    /// The URL of an operation in the subscription.
    fn url(&self, place: Place, names: &[&str]) -> Result<Url, Error> {
        let names = [&[self.client.subscription()], names].concat();
        place.url(self.client.endpoint(), &names, &self.api_version)
    }

    async fn read(&self, place: Place, names: &[&str]) -> Result<D, Error> {
        parsed(self.client.get(&self.url(place, names)?).await?.body())
    }

    async fn ask(&self, place: Place, names: &[&str]) -> Result<D, Error> {
        let url = self.url(place, names)?;
        parsed(self.client.call::<()>(Method::POST, &url, None).await?.body())
    }

    async fn begin<B: Serialize + ?Sized, T: DeserializeOwned>(
        &self,
        method: Method,
        place: Place,
        names: &[&str],
        body: Option<&B>,
    ) -> Result<Poller<T>, Error> {
        let url = self.url(place, names)?;
        let reply = self.client.call(method.clone(), &url, body).await?;
        Poller::started(&self.client, method, &url, reply)
    }

    fn pager(&self, url: Result<Url, Error>) -> Pager<D> {
        let client = self.client.clone();
        Pager::new(self.client.clone(), async move { pager::read(&client, &url?).await })
    }
}

impl<D> Clone for Raw<D> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            api_version: self.api_version.clone(),
            document: PhantomData,
        }
    }
}

impl<D> fmt::Debug for Raw<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Raw")
            .field("client", &self.client)
            .field("api_version", &self.api_version)
            .finish()
    }
}
