//! Small rules: ids, names, sizes, versions.

use aro_api::arm_id::{ClusterId, DiskEncryptionSetId, ResourceGroupId, SubnetId, split_subnet};
use aro_api::release::Release;
use aro_api::vm_size::{Role, VmSize};
use aro_api::{grammar, pull_secret};
use serde_json::{Value, json};

use super::internal;

pub(super) fn run(name: &str, value: &Value) -> Result<Value, String> {
    let text = value.as_str().unwrap_or_default();
    let holds = |holds: bool| Ok(json!({ "out": holds }));
    match name {
        "RxClusterID" => holds(ClusterId::parse(text).is_some()),
        "RxDiskEncryptionSetID" => holds(DiskEncryptionSetId::parse(text).is_some()),
        "RxResourceGroupID" => holds(ResourceGroupId::parse(text).is_some()),
        "RxSubnetID" => holds(SubnetId::parse(text).is_some()),
        "RxDomainName" => holds(grammar::is_new_domain(text)),
        "RxDomainNameRFC1123" => holds(grammar::is_domain(text)),
        "uuid.IsValid" => holds(grammar::is_uuid(text)),
        "DiskSizeIsValid" => holds(value.as_i64().is_some_and(aro_api::vm_size::is_worker_disk_size)),
        "VMSize" => Ok(json!({ "out": vm_size(text) })),
        "SupportedVMSizesByRole" => Ok(json!({ "out": supported(text) })),
        "subnet.Split" => Ok(match split_subnet(text) {
            Some((vnet, subnet)) => json!({"out": {"subnet": subnet, "vnet": vnet}, "result": {"ok": true}}),
            None => json!({"out": {"subnet": "", "vnet": ""}, "result": internal("length")}),
        }),
        "pullsecret.Validate" => Ok(match pull_secret::check(text) {
            Ok(()) => json!({"result": {"ok": true}}),
            Err(error) => json!({"result": internal(&error.to_string())}),
        }),
        "version.ParseVersion" => Ok(match text.parse::<Release>() {
            Ok(release) => json!({"out": {"string": release.to_string()}, "result": {"ok": true}}),
            Err(error) => json!({"out": {}, "result": internal(&error.to_string())}),
        }),
        other => Err(format!("nothing runs {other}")),
    }
}

fn vm_size(name: &str) -> Value {
    let found = VmSize::find(name);
    let allowed = |role: Role| found.is_some_and(|size| size.supports(role));
    json!({
        "found": found.is_some(),
        "isMaster=false,requireD2sV3Workers=false": allowed(Role::Worker),
        "isMaster=false,requireD2sV3Workers=true": allowed(Role::DevelopmentWorker),
        "isMaster=true,requireD2sV3Workers=false": allowed(Role::Master),
        "isMaster=true,requireD2sV3Workers=true": allowed(Role::Master),
        "struct": found.map_or_else(|| json!({}), described),
    })
}

fn described(size: &VmSize) -> Value {
    json!({"coreCount": size.cores, "family": size.family})
}

fn supported(role: &str) -> Value {
    let role = match role {
        "master" => Role::Master,
        "worker" => Role::Worker,
        _ => return Value::Null,
    };
    let sizes = VmSize::all().iter().filter(|size| size.supports(role));
    Value::Object(sizes.map(|size| (size.name.to_owned(), described(size))).collect())
}
