//! What can be found out about a cluster whose operation has failed: what its API server says, what the installer says, its
//! machines and the ends of their consoles. All of it is kept with the operation, as details of its error: bounded in size,
//! and without what looks like a secret. The longer ends of the consoles go to the log, likewise masked.

use aro_api::{CloudErrorBody, Code};
use aro_azure::compute::{ComputeClient, Machine};
use aro_cluster::{
    Identity,
    conditions::{Readiness, look},
};
use futures::{StreamExt, stream};

use super::context::Cx;
use crate::{StepError, failure::quote, masking::Mask};

/// Machines asked at the same time.
const AT_ONCE: usize = 4;
/// Longest end of a console that is logged.
const CONSOLE: usize = 50 * 1024;
/// Longest end of a console that is kept with the operation.
const KEPT_CONSOLE: usize = 1500;
/// Longest text of all details together.
const KEPT: usize = 24 * 1024;

/// All that can be found out, for an installation.
pub(crate) async fn installation(cx: Cx) -> Vec<CloudErrorBody> {
    let mask = mask(&cx);
    let mut found = cluster_facts(&cx, &mask).await;
    found.extend(installer_facts(&cx, &mask).await);
    match machines(&cx, &mask).await {
        Ok(machines) => found.extend(machines),
        Err(error) => tracing::warn!(%error, "the machines could not be listed"),
    }
    bounded(found)
}

/// What the cluster says of itself, for later operations.
pub(crate) async fn cluster(cx: Cx) -> Vec<CloudErrorBody> {
    let mask = mask(&cx);
    bounded(cluster_facts(&cx, &mask).await)
}

/// The cluster's own secrets are masked wherever they appear.
fn mask(cx: &Cx) -> Mask {
    let (sealer, id) = (cx.environment.store.sealer(), cx.document.id.as_str());
    let properties = cx.properties();
    let principal = properties.service_principal_profile.as_ref();
    let known = [
        Some(&properties.kubeadmin_password),
        principal.map(|principal| &principal.client_secret),
        Some(&properties.cluster_profile.pull_secret),
    ];
    Mask::of(
        known
            .into_iter()
            .flatten()
            .filter_map(|secret| secret.open(sealer, id).ok()),
    )
}

fn detail(code: &'static str, target: &str, message: String) -> CloudErrorBody {
    CloudErrorBody {
        code: Code::other(code),
        message,
        target: quote(target),
        details: Vec::new(),
    }
}

/// Details until their texts have reached the limit; what comes first matters most.
fn bounded(found: Vec<CloudErrorBody>) -> Vec<CloudErrorBody> {
    let mut left = KEPT;
    let mut kept = Vec::new();
    for mut one in found {
        one.details
            .retain(|inner| inner.message.len() + one.message.len() <= left);
        let size = one.message.len() + one.details.iter().map(|inner| inner.message.len()).sum::<usize>();
        let Some(rest) = left.checked_sub(size) else { break };
        left = rest;
        kept.push(one);
    }
    kept
}

/// What is not as it should be inside the cluster. A cluster that cannot be reached yet says nothing.
async fn cluster_facts(cx: &Cx, mask: &Mask) -> Vec<CloudErrorBody> {
    let store = &cx.environment.store;
    let reach = &cx.environment.reach;
    let client = reach
        .cluster(cx.properties(), Identity::Service, store.sealer(), &cx.document.id)
        .await;
    let client = match client {
        Ok(client) => client,
        Err(error) => {
            tracing::info!(%error, "the cluster cannot be asked");
            return Vec::new();
        }
    };
    let (version, operators, workers) =
        futures::join!(look::version(&client), look::settled(&client), look::workers(&client),);
    let facts = [
        ("clusterversion", version),
        ("clusteroperators", operators),
        ("nodes", workers),
    ];
    let facts = facts.into_iter().filter_map(|(what, readiness)| match readiness {
        Readiness::Ready => None,
        Readiness::NotYet { reason } | Readiness::Never { reason } => Some((what, quote(&mask.text(&reason)))),
    });
    facts
        .map(|(what, reason)| {
            tracing::warn!(what, reason, "state of the cluster");
            detail("ClusterState", what, reason)
        })
        .collect()
}

/// What the installer knows of the installation.
async fn installer_facts(cx: &Cx, mask: &Mask) -> Vec<CloudErrorBody> {
    match cx.environment.installer.facts(&cx.document.id, &cx.operation).await {
        Ok(facts) => facts
            .into_iter()
            .map(|(what, seen)| {
                let seen = quote(&mask.text(&seen));
                tracing::warn!(what, seen, "state of the installation");
                detail("InstallerState", &what, seen)
            })
            .collect(),
        Err(error) => {
            tracing::warn!(%error, "the installer could not be asked");
            Vec::new()
        }
    }
}

/// The state of every machine with the end of its console. What cannot be had is logged and left out.
async fn machines(cx: &Cx, mask: &Mask) -> Result<Vec<CloudErrorBody>, StepError> {
    // Before the names are chosen there is nothing that could have a machine.
    if cx.names().is_err() {
        return Ok(Vec::new());
    }
    let compute = cx.compute().await?;
    let listed = compute.machines(cx.subscription()?, cx.managed_group_name()?).await;
    let ids = match listed {
        Err(error) if error.is_not_found() => return Ok(Vec::new()),
        listed => listed?,
    };
    let mut found: Vec<CloudErrorBody> = stream::iter(ids)
        .map(|id| {
            let compute = compute.clone();
            async move { one(cx, &compute, &id, mask).await }
        })
        .buffer_unordered(AT_ONCE)
        .filter_map(|detail| async move { detail })
        .collect()
        .await;
    found.sort_by(|one, other| one.target.cmp(&other.target));
    Ok(found)
}

async fn one(cx: &Cx, compute: &ComputeClient, id: &str, mask: &Mask) -> Option<CloudErrorBody> {
    let machine = Machine::parse(id)?;
    let states = match compute.instance_view(&machine).await {
        Ok(view) => {
            let codes = view.statuses.into_iter().filter_map(|status| status.code);
            codes.collect::<Vec<_>>().join(", ")
        }
        Err(error) => {
            tracing::warn!(machine = machine.name, %error, "the state of a machine could not be read");
            return None;
        }
    };
    let message = format!("The machine is in state {}.", quote(&states));
    let mut state = detail("MachineState", machine.name, message);
    match compute
        .serial_console(&machine, &cx.environment.azure.anonymous(&cx.operation))
        .await
    {
        Ok(text) => {
            let text = distinct(&mask.text(end_of(&text, CONSOLE)));
            for line in text.lines() {
                tracing::info!(machine = machine.name, line, "serial console");
            }
            let end = quote(end_of(&text, KEPT_CONSOLE));
            if !end.is_empty() {
                state.details.push(detail("SerialConsole", machine.name, end));
            }
        }
        Err(error) => tracing::warn!(machine = machine.name, %error, "the serial console could not be read"),
    }
    Some(state)
}

/// The last part of a text, from the start of a line.
fn end_of(text: &str, longest: usize) -> &str {
    let mut start = text.len().saturating_sub(longest);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let tail = &text[start..];
    match tail.split_once('\n') {
        Some((_, whole_lines)) if start > 0 => whole_lines,
        _ => tail,
    }
}

/// The text without lines that repeat the one before.
fn distinct(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.dedup();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_console_begins_with_a_line() {
        assert_eq!(end_of("short", CONSOLE), "short");
        let long = format!("{}\nlast line ö", "ö".repeat(CONSOLE));
        assert_eq!(end_of(&long, CONSOLE), "last line ö");
        assert_eq!(distinct("a\na\nb\na"), "a\nb\na");
    }

    #[test]
    fn details_have_a_limit() {
        let one = |length: usize| {
            let mut one = detail("MachineState", "m", "m".repeat(10));
            one.details.push(detail("SerialConsole", "m", "c".repeat(length)));
            one
        };
        let kept = bounded(vec![one(100), one(KEPT), one(100)]);
        let consoles: Vec<usize> = kept.iter().map(|one| one.details.len()).collect();
        assert_eq!(
            consoles,
            [1, 0, 1],
            "a console that is too long is left out, not its machine"
        );
        assert!(bounded(vec![detail("x", "y", "z".repeat(KEPT + 1)), one(1)]).is_empty());
    }
}
