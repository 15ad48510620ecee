//! GET /admin/providers/…/openShiftClusters: every cluster of the region.

use aro_api::ApiVersion;
use aro_store::ClusterScope;

use crate::controllers::clusters::list;
use crate::fault::Fault;
use crate::reply::Reply;
use crate::request::Call;

/// GET /admin/providers/Microsoft.RedHatOpenShift/openShiftClusters
pub(crate) async fn get(call: Call) -> Result<Reply, Fault> {
    list::page(&call, ClusterScope::All, ApiVersion::admin()).await
}
