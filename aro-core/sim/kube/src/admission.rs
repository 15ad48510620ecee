//! What stands between a request and storage: namespaces that are missing or ending, service accounts, policies, quota.

use serde_json::{Value, json};

use crate::auth::User;
use crate::call::Target;
use crate::meta;
use crate::server::Inner;
use crate::status::Status;
use crate::world::World;

/// What a policy may look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Create,
    Update,
    Delete,
}

/// Namespaces that are always there.
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

/// Refuses new content in a namespace that does not exist or ends.
pub(crate) fn namespace_exists(world: &World, target: &Target, name: &str) -> Result<(), Status> {
    let Some(namespace) = &target.namespace else {
        return Ok(());
    };
    if target.resource.is_core("namespaces") || target.resource.group == "authorization.k8s.io" {
        return Ok(());
    }
    let namespaces = crate::status::Qualified {
        name: "namespaces",
        group: "",
    };
    let Some(found) = world.state.get("namespaces", namespace) else {
        return Err(Status::not_found(namespaces, namespace));
    };
    if meta::is_deleting(found) {
        let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
        let mut status = Status::forbidden(target.resource.qualified(), name, &why);
        if let Some(details) = status.details.as_mut() {
            details["causes"] = json!([{
                "reason": "NamespaceTerminating",
                "message": format!("namespace {namespace} is being terminated"),
                "field": "metadata.namespace",
            }]);
        }
        return Err(status);
    }
    Ok(())
}

/// Refuses the deletion of what must stay.
pub(crate) fn may_delete(target: &Target) -> Result<(), Status> {
    if target.resource.is_core("namespaces") && IMMORTAL.contains(&target.name.as_str()) {
        let why = "this namespace may not be deleted";
        return Err(Status::forbidden(target.resource.qualified(), &target.name, why));
    }
    Ok(())
}

/// Changes a new object as admission does.
pub(crate) fn mutate(world: &World, target: &Target, object: &mut Value, user: &User) -> Result<(), Status> {
    let _ = (world, target, object, user);
    Ok(())
}

/// Changes an updated object as admission does.
pub(crate) fn mutate_update(
    world: &World,
    target: &Target,
    object: &mut Value,
    current: &Value,
    user: &User,
) -> Result<(), Status> {
    let _ = (world, target, object, current, user);
    Ok(())
}

/// Asks the policies; returns warnings.
#[expect(clippy::too_many_arguments, reason = "what a policy may look at")]
pub(crate) fn validate(
    server: &Inner,
    world: &World,
    target: &Target,
    operation: Operation,
    object: Option<&Value>,
    current: Option<&Value>,
    user: &User,
    dry_run: bool,
) -> Result<Vec<String>, Status> {
    let _ = (server, world, target, operation, object, current, user, dry_run);
    Ok(Vec::new())
}

/// Counts a new object against the quotas of its namespace.
pub(crate) fn charge_quota(world: &mut World, target: &Target, object: &Value) -> Result<(), Status> {
    let _ = (world, target, object);
    Ok(())
}
