//! The audit: one record for each request but the probes of load balancers, whoever asked and whatever came of it. The
//! names are those of the audit schema of Azure's services.

use std::sync::atomic::{AtomicU64, Ordering};

use aro_api::model::CorrelationData;
use http::{Method, StatusCode};
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::access::{About, Arrived, printable};
use crate::parts::Parts;

/// Numbers the records of one process.
pub(crate) struct Audit {
    epoch: Uuid,
    sequence: AtomicU64,
}

impl Audit {
    pub(crate) fn new() -> Audit {
        Audit {
            epoch: Uuid::new_v4(),
            sequence: AtomicU64::new(0),
        }
    }

    pub(super) fn record(&self, parts: &Parts, ids: &CorrelationData, arrived: &Arrived, status: StatusCode) {
        let settings = &parts.settings;
        let number = self.sequence.fetch_add(1, Ordering::Relaxed) + 1;
        let now = parts.clock.now().format(&Rfc3339).unwrap_or_default();
        let (identity_kind, identity) = match ids.client_principal_name.as_str() {
            "" => ("ApplicationID", arrived.user_agent.clone()),
            name => ("ObjectID", printable(name)),
        };
        let result = if status.as_u16() < 400 { "Success" } else { "Fail" };
        tracing::info!(
            target: "audit",
            logKind = "ifxaudit",
            source = "aro-rp",
            adminOp = arrived.path.starts_with("/admin"),
            env_ver = "2.1",
            env_name = "#Ifx.AuditSchema",
            env_time = now,
            env_epoch = %self.epoch,
            env_seqNum = number,
            env_flags = 257,
            env_appId = "aro-rp",
            env_cv = printable(&ids.correlation_id),
            env_cloud_name = settings.cloud_name,
            env_cloud_environment = settings.cloud_name,
            env_cloud_role = "rp",
            env_cloud_roleInstance = settings.instance,
            env_cloud_location = settings.location,
            env_cloud_ver = "1.0",
            Category = "ResourceManagement",
            OperationName = format!("{} {}", arrived.method, arrived.path),
            operationType = kind(&arrived.method),
            requestId = ids.request_id,
            CallerIdentityType = identity_kind,
            CallerIdentityValue = identity,
            CallerIpAddress = arrived.remote,
            TargetResourceName = arrived.path,
            TargetResourceType = About::of(&arrived.path).kind.unwrap_or_default(),
            ResultType = result,
            ResultDescription = status.as_u16(),
            "audit"
        );
    }
}

/// What a method does to a resource.
fn kind(method: &Method) -> &'static str {
    match *method {
        Method::GET => "Read",
        Method::POST => "Create",
        Method::PUT => "Update",
        Method::DELETE => "Delete",
        _ => "Unknown",
    }
}
