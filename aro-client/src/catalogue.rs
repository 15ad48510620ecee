//! What can be installed where, and what roles may allow.

use crate::pager::{Page, Pager};
use crate::types::{
    OpenShiftVersion, OpenShiftVersionList, Operation, OperationList, PlatformWorkloadIdentityRoleSet,
    PlatformWorkloadIdentityRoleSetList,
};
use crate::{Client, Error, generated};

impl Client {
    /// The OpenShift versions that can be installed in a location.
    pub fn openshift_versions(&self, location: impl Into<String>) -> Pager<OpenShiftVersion> {
        let location = location.into();
        self.pager(|calls, subscription| async move {
            let reply = calls.open_shift_versions_list(&subscription, &location);
            Ok(reply.await?.into_inner().into())
        })
    }

    /// An OpenShift version that can be installed in a location.
    ///
    /// # Errors
    /// [`Error::Refused`] where it cannot.
    pub async fn openshift_version(&self, location: &str, version: &str) -> Result<OpenShiftVersion, Error> {
        let calls = &self.inner.calls;
        let reply = calls
            .open_shift_versions_get(self.subscription(), location, version)
            .await?;
        Ok(reply.into_inner())
    }

    /// The identities and roles that the operators of each OpenShift minor version need.
    pub fn role_sets(&self, location: impl Into<String>) -> Pager<PlatformWorkloadIdentityRoleSet> {
        let location = location.into();
        self.pager(|calls, subscription| async move {
            let reply = calls.platform_workload_identity_role_sets_list(&subscription, &location);
            Ok(reply.await?.into_inner().into())
        })
    }

    /// The identities and roles that the operators of an OpenShift minor version need.
    ///
    /// # Errors
    /// [`Error::Refused`] where the minor version has none.
    pub async fn role_set(&self, location: &str, minor: &str) -> Result<PlatformWorkloadIdentityRoleSet, Error> {
        let calls = &self.inner.calls;
        let reply = calls.platform_workload_identity_role_set_get(self.subscription(), location, minor);
        Ok(reply.await?.into_inner())
    }

    /// The operations that Azure roles can allow.
    pub fn operations(&self) -> Pager<Operation> {
        self.pager(|calls, _| async move { Ok(calls.operations_list().await?.into_inner().into()) })
    }

    /// A list whose first page is read with a generated call, for which there are the calls and the subscription.
    pub(crate) fn pager<T, F>(&self, first: impl FnOnce(generated::Client, String) -> F) -> Pager<T>
    where
        T: serde::de::DeserializeOwned + Send + 'static,
        F: Future<Output = Result<Page<T>, Error>> + Send + 'static,
    {
        let first = first(self.inner.calls.clone(), self.subscription().to_owned());
        Pager::new(self.clone(), first)
    }
}

macro_rules! page {
    ($($list:ident => $element:ident),+) => {$(
        impl From<$list> for Page<$element> {
            fn from(list: $list) -> Self {
                Self { value: list.value, next_link: list.next_link }
            }
        }
    )+};
}

page!(
    OpenShiftVersionList => OpenShiftVersion,
    PlatformWorkloadIdentityRoleSetList => PlatformWorkloadIdentityRoleSet,
    OperationList => Operation
);
