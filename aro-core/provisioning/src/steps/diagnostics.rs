//! What can be found out about a cluster whose operation has failed: what its API server says, what the installer says, its
//! machines and the ends of their consoles, how its load balancer was reached. All of it is kept with the operation, as
//! details of its error: bounded in size, and without what looks like a secret. The longer ends of the consoles go to the log,
//! likewise masked.
//!
//! All sources are asked at the same time, each within its own time. One that does not answer is told as such, and does not
//! keep the others from being kept.

use std::time::Duration;

use aro_api::{CloudErrorBody, Code};
use aro_azure::{
    compute::{ComputeClient, Machine},
    metrics,
    network::LoadBalancer,
};
use aro_cluster::{ClusterError, Identity, troubles::Question};
use futures::{FutureExt as _, StreamExt, future::BoxFuture, stream};

use super::context::Cx;
use crate::{Facts, StepError, failure::quote, masking::Mask};

/// Machines asked at the same time.
const AT_ONCE: usize = 4;
/// Longest end of a console that is logged, in bytes.
const CONSOLE: usize = 50 * 1024;
/// Longest end of a console or a log that is kept with the operation, in bytes.
const KEPT_END: usize = 1500;
/// What the load balancer's health is measured by: whether its ports are reached from outside, and whether the machines
/// behind them answer its probes.
const AVAILABILITY: [&str; 2] = ["VipAvailability", "DipAvailability"];

/// All that can be found out, for an installation.
pub(crate) async fn installation(cx: Cx, facts: Facts) {
    gather(&cx, &facts, true).await;
}

/// What the cluster says of itself, for later operations.
pub(crate) async fn cluster(cx: Cx, facts: Facts) {
    gather(&cx, &facts, false).await;
}

type Source<'a> = (String, BoxFuture<'a, Result<Vec<CloudErrorBody>, StepError>>);

async fn gather(cx: &Cx, facts: &Facts, is_installation: bool) {
    let mask = &mask(cx);
    let mut sources: Vec<Source<'_>> = cluster_sources(cx, mask).await;
    if is_installation {
        sources.push(("the installer".to_owned(), installer_facts(cx, mask).boxed()));
        sources.push(("the internal load balancer".to_owned(), load_balancer(cx, mask).boxed()));
        sources.push(("machines".to_owned(), machines(cx, mask).boxed()));
    }
    // What comes at the very end would come too late.
    let patience = facts.limit().mul_f32(0.9);
    let asked = sources
        .into_iter()
        .enumerate()
        .map(|(place, (what, answer))| async move {
            facts.put(place, answered(&what, answer, patience, mask).await);
        });
    futures::future::join_all(asked).await;
}

/// What a source has to say; that it did not answer is a fact, too.
async fn answered(
    what: &str,
    answer: BoxFuture<'_, Result<Vec<CloudErrorBody>, StepError>>,
    patience: Duration,
    mask: &Mask,
) -> Vec<CloudErrorBody> {
    let silent = match tokio::time::timeout(patience, answer).await {
        Ok(Ok(found)) => return found,
        Ok(Err(error)) => quote(&mask.text(&error.to_string())),
        Err(_) => format!("no answer within {} s", patience.as_secs_f32().ceil()),
    };
    tracing::warn!(what, reason = silent, "a source of facts about the failure is silent");
    vec![detail(
        "NotLearned",
        what,
        format!("Nothing could be learned: {silent}"),
    )]
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

/// What is not as it should be inside the cluster, question by question. A cluster whose kubeconfig is not there yet has
/// nothing to say.
async fn cluster_sources<'a>(cx: &'a Cx, mask: &'a Mask) -> Vec<Source<'a>> {
    let sealer = cx.environment.store.sealer();
    let client = cx
        .environment
        .reach
        .cluster(cx.properties(), Identity::Service, sealer, &cx.document.id)
        .await;
    let client = match client {
        Ok(client) => client,
        Err(ClusterError::NoKubeconfig) => return Vec::new(),
        Err(error) => {
            let silent = async move { Err(StepError::from(error)) };
            return vec![("the cluster".to_owned(), silent.boxed())];
        }
    };
    let ask = |question: Question| -> Source<'a> {
        let client = client.clone();
        let answer = async move {
            let troubles = question.ask(&client).await?;
            let told = troubles.into_iter().map(|trouble| {
                let text = quote(end_of(&mask.text(&trouble.text), KEPT_END));
                tracing::warn!(about = trouble.about, text, "state of the cluster");
                detail("ClusterState", &trouble.about, text)
            });
            Ok(told.collect())
        };
        (question.to_string(), answer.boxed())
    };
    Question::ALL.into_iter().map(ask).collect()
}

/// What the installer knows of the installation.
async fn installer_facts(cx: &Cx, mask: &Mask) -> Result<Vec<CloudErrorBody>, StepError> {
    let facts = cx.environment.installer.facts(&cx.document.id, &cx.operation).await?;
    let told = facts.into_iter().map(|(what, seen)| {
        let seen = quote(&mask.text(&seen));
        tracing::warn!(what, seen, "state of the installation");
        detail("InstallerState", &what, seen)
    });
    Ok(told.collect())
}

/// How the internal load balancer, which leads to the API server, was reached in the last hour, port by port.
async fn load_balancer(cx: &Cx, mask: &Mask) -> Result<Vec<CloudErrorBody>, StepError> {
    let Ok(names) = cx.names() else {
        return Ok(Vec::new());
    };
    let name = names.internal_load_balancer();
    let id = cx.managed("Microsoft.Network/loadBalancers", &name)?;
    let arm = cx.arm().await?;
    let Some(balancer) = arm.find::<LoadBalancer>(&id).await? else {
        return Ok(Vec::new());
    };
    if let Ok(text) = serde_json::to_string(&balancer) {
        tracing::info!(name, balancer = mask.text(&text), "the internal load balancer");
    }
    let hour = time::Duration::hours(1);
    let series = metrics::by_dimension(&arm, &id, &AVAILABILITY, "FrontendPort", cx.now, hour).await?;
    let told = series.iter().filter_map(|one| {
        let text = availability(&one.averages)?;
        tracing::info!(
            name,
            metric = one.metric,
            port = one.dimension,
            text,
            "health of the load balancer"
        );
        let target = format!("{name} port {}", one.dimension);
        Some(detail("LoadBalancerHealth", &target, format!("{}: {text}", one.metric)))
    });
    Ok(told.collect())
}

/// A series in words; nothing where nothing was measured.
fn availability(averages: &[f64]) -> Option<String> {
    let last = averages.last()?;
    let lowest = averages.iter().copied().fold(f64::INFINITY, f64::min);
    #[expect(clippy::cast_precision_loss, reason = "there are at most a day's minutes")]
    let mean = averages.iter().sum::<f64>() / averages.len() as f64;
    Some(format!(
        "{last:.0} % at last, {mean:.0} % on average and {lowest:.0} % at least over {} minutes",
        averages.len()
    ))
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
            let end = quote(end_of(&text, KEPT_END));
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
    fn a_series_is_told_in_words() {
        assert_eq!(availability(&[]), None);
        assert_eq!(
            availability(&[100.0, 0.0, 50.0]).unwrap(),
            "50 % at last, 50 % on average and 0 % at least over 3 minutes"
        );
    }
}
