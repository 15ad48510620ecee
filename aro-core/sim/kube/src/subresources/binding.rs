//! Binding: a pod gets its node.

use serde_json::{Value, json};

use crate::call::{Call, Reply, Target};
use crate::clock;
use crate::lifecycle::set_condition;
use crate::meta;
use crate::options;
use crate::server::Inner;
use crate::status::{Qualified, Status};
use crate::verbs::create::success;
use crate::verbs::decode::{self, Wanted};

pub(crate) fn create(server: &Inner, call: &Call, target: &Target) -> Result<Reply, Status> {
    let options = options::write(&call.query, "CreateOptions", false)?;
    let wanted = Wanted::of(target);
    let mut decoded = decode::parse(call, &wanted)?;
    decode::check_kind(server, call, &wanted, &mut decoded.value)?;
    let binding = decoded.value;
    bind(server, target, &binding, options.dry_run)?;
    Ok(Reply::object(201, success(Some(201), None)))
}

/// POST of `bindings`: the body names the pod.
pub(crate) fn create_by_name(server: &Inner, call: &Call, target: &Target) -> Result<Reply, Status> {
    let options = options::write(&call.query, "CreateOptions", false)?;
    let wanted = Wanted::of(target);
    let mut decoded = decode::parse(call, &wanted)?;
    decode::check_kind(server, call, &wanted, &mut decoded.value)?;
    let binding = decoded.value;
    let resource = server
        .world()
        .registry
        .by_plural("", "pods")
        .ok_or_else(Status::no_resource)?;
    let pod = Target {
        resource,
        name: meta::name(&binding).to_owned(),
        ..target.clone()
    };
    bind(server, &pod, &binding, options.dry_run)?;
    Ok(Reply::object(201, success(Some(201), None)))
}

fn bind(server: &Inner, target: &Target, binding: &Value, dry_run: bool) -> Result<(), Status> {
    let text = |name: &str| {
        binding
            .pointer(&format!("/target/{name}"))
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let kind = text("kind");
    if !kind.is_empty() && kind != "Node" {
        return Err(Status::internal(format!(
            "target.kind: Unsupported value: \"{kind}\": supported values: \"Node\", \"<empty>\""
        )));
    }
    if text("name").is_empty() {
        return Err(Status::internal("target.name: Required value"));
    }
    let mut world = server.world();
    let pod = world
        .state
        .get("pods", &target.key())
        .cloned()
        .ok_or_else(|| Status::not_found(target.resource.qualified(), &target.name))?;
    let what = Qualified {
        name: "pods/binding",
        group: "",
    };
    let conflict = |why: &str| Status::conflict(what, &target.name, why);
    if meta::is_deleting(&pod) {
        return Err(conflict(&format!(
            "pod {} is being deleted, cannot be assigned to a host",
            target.name
        )));
    }
    let node = pod
        .pointer("/spec/nodeName")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !node.is_empty() {
        return Err(conflict(&format!(
            "pod {} is already assigned to node \"{node}\"",
            target.name
        )));
    }
    if dry_run {
        return Ok(());
    }
    let mut pod = Value::clone(&pod);
    pod["spec"]["nodeName"] = Value::from(text("name"));
    for (key, value) in binding
        .pointer("/metadata/annotations")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        pod["metadata"]["annotations"][key] = value.clone();
    }
    let condition = json!({
        "type": "PodScheduled",
        "status": "True",
        "lastProbeTime": null,
        "lastTransitionTime": clock::seconds(server.now()),
    });
    set_condition(&mut pod, condition);
    let mut plain = target.clone();
    plain.subresource = None;
    let stored = world.state.put("pods", target.key(), pod);
    server.after_write(&mut world, &plain, &stored);
    Ok(())
}
