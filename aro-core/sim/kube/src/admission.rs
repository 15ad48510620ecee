//! What stands between a request and storage: namespaces that are missing or ending, service accounts, policies, quota.

use serde_json::{Value, json};

use crate::auth::User;
use crate::call::Target;
use crate::meta;
use crate::policy::{self, Asked};
use crate::server::Inner;
use crate::status::Status;
use crate::webhooks::{self, Hooks};
use crate::world::World;

/// What a policy may look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Create,
    Update,
    Delete,
}

impl Operation {
    /// As reviews name it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }

    /// The kind of a request's options.
    pub(crate) fn options(self) -> &'static str {
        match self {
            Self::Create => "CreateOptions",
            Self::Update => "UpdateOptions",
            Self::Delete => "DeleteOptions",
        }
    }
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
    if target.resource.is("certificates.k8s.io", "certificatesigningrequests") {
        object["spec"]["username"] = Value::from(user.name.as_str());
        object["spec"]["groups"] = json!(user.groups);
        if !user.uid.is_empty() {
            object["spec"]["uid"] = Value::from(user.uid.as_str());
        }
        if !user.extra.is_empty() {
            object["spec"]["extra"] = json!(user.extra);
        }
    }
    if target.resource.is_core("pods") {
        pod_account(world, target, object)?;
    }
    Ok(())
}

/// A pod runs under an account that exists.
fn pod_account(world: &World, target: &Target, pod: &Value) -> Result<(), Status> {
    let account = match pod.pointer("/spec/serviceAccountName").and_then(Value::as_str) {
        None | Some("") => "default",
        Some(name) => name,
    };
    let namespace = target.namespace.as_deref().unwrap_or_default();
    let mirror = pod
        .pointer("/metadata/annotations/kubernetes.io~1config.mirror")
        .is_some();
    if mirror
        || world
            .state
            .get("serviceaccounts", &format!("{namespace}/{account}"))
            .is_some()
    {
        return Ok(());
    }
    let why = format!("error looking up service account {namespace}/{account}: serviceaccount \"{account}\" not found");
    Err(Status::forbidden(target.resource.qualified(), meta::name(pod), &why))
}

/// Asks policies and webhooks that judge; returns warnings of policies.
pub(crate) fn validate(world: &World, hooks: &Hooks, asked: &Asked<'_>) -> Result<Vec<String>, Status> {
    let warnings = policy::validate(world, asked)?;
    webhooks::validate(world, hooks, asked)?;
    Ok(warnings)
}

/// Counts a new object against the quotas of its namespace: numbers of objects, by kind.
pub(crate) fn charge_quota(server: &Inner, world: &mut World, target: &Target, object: &Value) -> Result<(), Status> {
    const QUOTAS: &str = "resourcequotas";
    let Some(namespace) = &target.namespace else {
        return Ok(());
    };
    let resource = &target.resource;
    let names = [resource.plural.to_string(), format!("count/{}", resource.qualified())];
    let quotas: Vec<(String, std::sync::Arc<Value>)> = world
        .state
        .scan(QUOTAS, &format!("{namespace}/"))
        .map(|(key, quota)| (key.clone(), std::sync::Arc::clone(quota)))
        .collect();
    let mut charged = Vec::new();
    for (key, quota) in quotas {
        let number =
            |part: &str, name: &str| -> Option<i64> { quota["status"][part].get(name)?.as_str()?.parse().ok() };
        for name in &names {
            let Some(limited) = number("hard", name) else { continue };
            let used = number("used", name).unwrap_or_default();
            if used + 1 > limited {
                let why = format!(
                    "exceeded quota: {}, requested: {name}=1, used: {name}={used}, limited: {name}={limited}",
                    meta::name(&quota)
                );
                return Err(Status::forbidden(resource.qualified(), meta::name(object), &why));
            }
            let mut counted = Value::clone(&quota);
            counted["status"]["used"][name] = Value::from((used + 1).to_string());
            charged.push((key.clone(), counted, std::sync::Arc::clone(&quota)));
        }
    }
    for (key, mut counted, before) in charged {
        if let Some(of) = crate::controllers::target(world, QUOTAS, &before) {
            let manager = crate::types::Manager {
                name: "kube-apiserver",
                part: crate::types::Part::Status,
                now: server.now(),
            };
            let shown = crate::types::show(of.typed(), &before);
            crate::types::track(of.typed(), Some(&shown), &mut counted, &manager);
        }
        world.state.put(QUOTAS, key, counted);
    }
    Ok(())
}
