//! Rules about control plane and worker machines.

use super::facts::Facts;
use super::text::quoted;
use crate::arm_id::{SubnetId, eq_ignore_case, split_subnet};
use crate::model::{EncryptionAtHost, WorkerProfile};
use crate::vm_size::{Role, SMALLEST_WORKER_DISK_GB, VmSize, is_worker_disk_size};

/// How many workers a new cluster may have.
const WORKERS: std::ops::RangeInclusive<i64> = 2..=50;

fn size(name: &str, role: Role) -> Option<&'static VmSize> {
    VmSize::find(name).filter(|size| size.supports(role))
}

fn is_too_old(f: &Facts<'_>, name: &str, role: Role) -> bool {
    size(name, role).is_some_and(|size| !size.supports_version(&f.properties.cluster_profile.version))
}

fn unsupported(role: Role, name: &str) -> String {
    let choice = match role {
        Role::DevelopmentWorker => "Use 'Standard_D2s_v3', 'Standard_D2s_v4' or 'Standard_D2s_v5'.",
        Role::Master | Role::Worker => "Choose a size that Azure Red Hat OpenShift supports for this role.",
    };
    format!(
        "The provided VM size {} is not supported for {role} machines. {choice}",
        quoted(name)
    )
}

fn too_old(f: &Facts<'_>, name: &str) -> String {
    let minimum = VmSize::find(name)
        .and_then(VmSize::minimum_release)
        .map(|release| release.to_string());
    format!(
        "The provided VM size {} is not supported in OpenShift {}. Choose another size, or version {} or later.",
        quoted(name),
        quoted(&f.properties.cluster_profile.version),
        minimum.unwrap_or_default()
    )
}

fn encryption_unknown(value: &EncryptionAtHost) -> bool {
    !matches!(value, EncryptionAtHost::Disabled | EncryptionAtHost::Enabled)
}

fn encryption(value: &EncryptionAtHost) -> String {
    format!(
        "The provided value {} for 'encryptionAtHost' is invalid. Use 'Enabled' or 'Disabled'.",
        quoted(value.as_str())
    )
}

fn subnet_malformed(id: &str) -> String {
    format!(
        "The provided subnet {} is invalid. Give the id of a subnet, in the form '/subscriptions/<subscription>\
         /resourceGroups/<group>/providers/Microsoft.Network/virtualNetworks/<network>/subnets/<subnet>'.",
        quoted(id)
    )
}

pub(super) fn master_size_unsupported(f: &Facts<'_>) -> bool {
    size(&f.properties.master_profile.vm_size, Role::Master).is_none()
}

pub(super) fn master_size_unsupported_message(f: &Facts<'_>) -> String {
    unsupported(Role::Master, &f.properties.master_profile.vm_size)
}

pub(super) fn master_size_too_new(f: &Facts<'_>) -> bool {
    is_too_old(f, &f.properties.master_profile.vm_size, Role::Master)
}

pub(super) fn master_size_too_new_message(f: &Facts<'_>) -> String {
    too_old(f, &f.properties.master_profile.vm_size)
}

pub(super) fn master_subnet_malformed(f: &Facts<'_>) -> bool {
    f.master_subnet.is_none()
}

pub(super) fn master_subnet_malformed_message(f: &Facts<'_>) -> String {
    subnet_malformed(&f.properties.master_profile.subnet_id)
}

pub(super) fn master_subnet_foreign(f: &Facts<'_>) -> bool {
    f.master_subnet.is_some_and(|id| f.is_foreign(id.subscription_id))
}

pub(super) fn master_subnet_foreign_message(f: &Facts<'_>) -> String {
    format!(
        "The provided subnet {} is in another subscription than the cluster. Give a subnet of the same subscription.",
        quoted(&f.properties.master_profile.subnet_id)
    )
}

pub(super) fn master_encryption_unknown(f: &Facts<'_>) -> bool {
    encryption_unknown(&f.properties.master_profile.encryption_at_host)
}

pub(super) fn master_encryption_message(f: &Facts<'_>) -> String {
    encryption(&f.properties.master_profile.encryption_at_host)
}

pub(super) fn disk_set_malformed(f: &Facts<'_>) -> bool {
    !f.properties.master_profile.disk_encryption_set_id.is_empty() && f.master_disk_encryption_set.is_none()
}

pub(super) fn disk_set_malformed_message(f: &Facts<'_>) -> String {
    format!(
        "The provided disk encryption set {} is invalid. Give the id of a disk encryption set, or leave it out.",
        quoted(&f.properties.master_profile.disk_encryption_set_id)
    )
}

pub(super) fn disk_set_foreign(f: &Facts<'_>) -> bool {
    f.master_disk_encryption_set
        .is_some_and(|id| f.is_foreign(id.subscription_id))
}

pub(super) fn disk_set_foreign_message(f: &Facts<'_>) -> String {
    format!(
        "The provided disk encryption set {} is in another subscription than the cluster. Give one of the same \
         subscription.",
        quoted(&f.properties.master_profile.disk_encryption_set_id)
    )
}

pub(super) fn status_given(f: &Facts<'_>) -> bool {
    !f.properties.worker_profiles_status.is_empty()
}

pub(super) fn status_given_message(_: &Facts<'_>) -> String {
    "The status of worker profiles is read-only. Leave 'workerProfilesStatus' out.".to_owned()
}

pub(super) fn not_one_worker_profile(f: &Facts<'_>) -> bool {
    f.properties.worker_profiles.len() != 1
}

pub(super) fn not_one_worker_profile_message(f: &Facts<'_>) -> String {
    format!(
        "A new cluster has exactly one worker profile, but {} were given.",
        f.properties.worker_profiles.len()
    )
}

pub(super) fn worker_name_wrong(_: &Facts<'_>, worker: &WorkerProfile) -> bool {
    worker.name != "worker"
}

pub(super) fn worker_name_message(_: &Facts<'_>, worker: &WorkerProfile) -> String {
    format!(
        "The provided worker name {} is invalid. Use 'worker'.",
        quoted(&worker.name)
    )
}

fn worker_role(f: &Facts<'_>) -> Role {
    Role::worker(f.subject.require_d2s_workers)
}

pub(super) fn worker_size_unsupported(f: &Facts<'_>, worker: &WorkerProfile) -> bool {
    size(&worker.vm_size, worker_role(f)).is_none()
}

pub(super) fn worker_size_unsupported_message(f: &Facts<'_>, worker: &WorkerProfile) -> String {
    unsupported(worker_role(f), &worker.vm_size)
}

pub(super) fn worker_size_too_new(f: &Facts<'_>, worker: &WorkerProfile) -> bool {
    is_too_old(f, &worker.vm_size, worker_role(f))
}

pub(super) fn worker_size_too_new_message(f: &Facts<'_>, worker: &WorkerProfile) -> String {
    too_old(f, &worker.vm_size)
}

pub(super) fn worker_disk_too_small(_: &Facts<'_>, worker: &WorkerProfile) -> bool {
    !is_worker_disk_size(worker.disk_size_gb)
}

pub(super) fn worker_disk_message(_: &Facts<'_>, worker: &WorkerProfile) -> String {
    format!(
        "The provided disk size of {} GB is invalid. Give at least {SMALLEST_WORKER_DISK_GB} GB.",
        worker.disk_size_gb
    )
}

pub(super) fn worker_subnet_malformed(_: &Facts<'_>, worker: &WorkerProfile) -> bool {
    SubnetId::parse(&worker.subnet_id).is_none()
}

pub(super) fn worker_subnet_malformed_message(_: &Facts<'_>, worker: &WorkerProfile) -> String {
    subnet_malformed(&worker.subnet_id)
}

pub(super) fn worker_encryption_unknown(_: &Facts<'_>, worker: &WorkerProfile) -> bool {
    encryption_unknown(&worker.encryption_at_host)
}

pub(super) fn worker_encryption_message(_: &Facts<'_>, worker: &WorkerProfile) -> String {
    encryption(&worker.encryption_at_host)
}

pub(super) fn worker_in_other_vnet(f: &Facts<'_>, worker: &WorkerProfile) -> bool {
    match (f.master_subnet, split_subnet(&worker.subnet_id)) {
        (Some(master), Some((vnet, _))) => !eq_ignore_case(master.vnet_id, vnet),
        _ => false,
    }
}

pub(super) fn worker_in_other_vnet_message(f: &Facts<'_>, worker: &WorkerProfile) -> String {
    format!(
        "The worker subnet {} is not in the virtual network of the master subnet {}. Give two subnets of one network.",
        quoted(&worker.subnet_id),
        quoted(&f.properties.master_profile.subnet_id)
    )
}

pub(super) fn worker_in_master_subnet(f: &Facts<'_>, worker: &WorkerProfile) -> bool {
    eq_ignore_case(&worker.subnet_id, &f.properties.master_profile.subnet_id)
}

pub(super) fn worker_in_master_subnet_message(_: &Facts<'_>, worker: &WorkerProfile) -> String {
    format!(
        "The worker subnet {} is the master subnet as well. Give two subnets.",
        quoted(&worker.subnet_id)
    )
}

pub(super) fn worker_count_out_of_range(_: &Facts<'_>, worker: &WorkerProfile) -> bool {
    !WORKERS.contains(&worker.count)
}

pub(super) fn worker_count_message(_: &Facts<'_>, worker: &WorkerProfile) -> String {
    format!(
        "The provided number of workers {} is invalid. Use {} to {}.",
        worker.count,
        WORKERS.start(),
        WORKERS.end()
    )
}

pub(super) fn worker_disk_set_differs(f: &Facts<'_>, worker: &WorkerProfile) -> bool {
    !eq_ignore_case(
        &worker.disk_encryption_set_id,
        &f.properties.master_profile.disk_encryption_set_id,
    )
}

pub(super) fn worker_disk_set_message(f: &Facts<'_>, worker: &WorkerProfile) -> String {
    format!(
        "The disk encryption set {} of the workers is not that of the masters, {}. Give the same for both.",
        quoted(&worker.disk_encryption_set_id),
        quoted(&f.properties.master_profile.disk_encryption_set_id)
    )
}
