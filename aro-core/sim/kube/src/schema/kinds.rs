//! The built-in kinds.

use k8s_openapi::api::{
    admissionregistration::v1 as admissionregistration, apps::v1 as apps, authentication::v1 as authentication,
    authorization::v1 as authorization, autoscaling::v1 as autoscaling, autoscaling::v2 as autoscaling2,
    batch::v1 as batch, certificates::v1 as certificates, coordination::v1 as coordination, core::v1 as core,
    discovery::v1 as discovery, events::v1 as events, flowcontrol::v1 as flowcontrol, networking::v1 as networking,
    node::v1 as node, policy::v1 as policy, rbac::v1 as rbac, scheduling::v1 as scheduling, storage::v1 as storage,
};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1 as apiextensions;
use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1 as apiregistration;
use k8s_openapi::schemars::{JsonSchema, SchemaGenerator};

/// Group, version and kind with the published name of their type.
pub(super) type Named = ((&'static str, &'static str, &'static str), String);

macro_rules! kinds {
    ($generator:ident: $($module:ident :: $kind:ident),+ $(,)?) => {
        vec![$({
            type Kind = $module::$kind;
            let _ = $generator.subschema_for::<Kind>();
            (
                (
                    <Kind as k8s_openapi::Resource>::GROUP,
                    <Kind as k8s_openapi::Resource>::VERSION,
                    <Kind as k8s_openapi::Resource>::KIND,
                ),
                <Kind as JsonSchema>::schema_name().into_owned(),
            )
        }),+]
    };
}

/// Registers the schemas of all built-in kinds.
pub(super) fn register(generator: &mut SchemaGenerator) -> Vec<Named> {
    let mut kinds = kinds!(generator:
        admissionregistration::MutatingWebhookConfiguration, admissionregistration::ValidatingAdmissionPolicy,
        admissionregistration::ValidatingAdmissionPolicyBinding, admissionregistration::ValidatingWebhookConfiguration,
        apiextensions::CustomResourceDefinition, apiregistration::APIService,
        apps::ControllerRevision, apps::DaemonSet, apps::Deployment, apps::ReplicaSet, apps::StatefulSet,
        authentication::SelfSubjectReview, authentication::TokenRequest, authentication::TokenReview,
        authorization::LocalSubjectAccessReview, authorization::SelfSubjectAccessReview,
        authorization::SelfSubjectRulesReview, authorization::SubjectAccessReview,
        autoscaling::HorizontalPodAutoscaler, autoscaling::Scale, autoscaling2::HorizontalPodAutoscaler,
        batch::CronJob, batch::Job, certificates::CertificateSigningRequest, coordination::Lease,
        core::Binding, core::ComponentStatus, core::ConfigMap, core::Endpoints, core::Event, core::LimitRange,
        core::Namespace, core::Node, core::PersistentVolume, core::PersistentVolumeClaim, core::Pod,
        core::PodTemplate, core::ReplicationController, core::ResourceQuota, core::Secret, core::Service,
        core::ServiceAccount, discovery::EndpointSlice, events::Event,
        flowcontrol::FlowSchema, flowcontrol::PriorityLevelConfiguration,
        networking::IPAddress, networking::Ingress, networking::IngressClass, networking::NetworkPolicy,
        networking::ServiceCIDR, node::RuntimeClass, policy::Eviction, policy::PodDisruptionBudget,
        rbac::ClusterRole, rbac::ClusterRoleBinding, rbac::Role, rbac::RoleBinding, scheduling::PriorityClass,
        storage::CSIDriver, storage::CSINode, storage::CSIStorageCapacity, storage::StorageClass,
        storage::VolumeAttachment,
    );
    let _ = generator.subschema_for::<meta::DeleteOptions>();
    kinds.push((
        ("", "v1", "DeleteOptions"),
        meta::DeleteOptions::schema_name().into_owned(),
    ));
    kinds
}
