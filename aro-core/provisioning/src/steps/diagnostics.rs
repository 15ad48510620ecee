//! What can be found out about a cluster whose creation has failed: its machines and what they wrote on their consoles.
//! The states go with the error, the consoles to the log: they may hold more than the customer's error should.

use aro_api::{CloudErrorBody, Code};
use aro_azure::compute::{ComputeClient, Machine};
use futures::{StreamExt, stream};

use super::context::Cx;
use crate::{StepError, failure::quote};

/// Machines asked at the same time.
const AT_ONCE: usize = 4;
/// Longest end of a console that is kept.
const CONSOLE: usize = 50 * 1024;

/// The state of every machine, as details of an error. What cannot be had is logged and left out.
pub(crate) async fn machines(cx: Cx) -> Vec<CloudErrorBody> {
    match all(&cx).await {
        Ok(found) => found,
        Err(error) => {
            tracing::warn!(%error, "the machines could not be listed");
            Vec::new()
        }
    }
}

async fn all(cx: &Cx) -> Result<Vec<CloudErrorBody>, StepError> {
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
            async move { one(cx, &compute, &id).await }
        })
        .buffer_unordered(AT_ONCE)
        .filter_map(|detail| async move { detail })
        .collect()
        .await;
    found.sort_by(|one, other| one.target.cmp(&other.target));
    Ok(found)
}

async fn one(cx: &Cx, compute: &ComputeClient, id: &str) -> Option<CloudErrorBody> {
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
    match compute
        .serial_console(&machine, &cx.environment.azure.anonymous(&cx.operation))
        .await
    {
        Ok(text) => {
            for line in end_of(&text).lines() {
                tracing::info!(machine = machine.name, line, "serial console");
            }
        }
        Err(error) => tracing::warn!(machine = machine.name, %error, "the serial console could not be read"),
    }
    Some(CloudErrorBody {
        code: Code::other("MachineState"),
        message: format!("The machine is in state {}.", quote(&states)),
        target: quote(machine.name),
        details: Vec::new(),
    })
}

/// The last part of a console, from the start of a line.
fn end_of(text: &str) -> &str {
    let mut start = text.len().saturating_sub(CONSOLE);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let tail = &text[start..];
    match tail.split_once('\n') {
        Some((_, whole_lines)) if start > 0 => whole_lines,
        _ => tail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_console_begins_with_a_line() {
        assert_eq!(end_of("short"), "short");
        let long = format!("{}\nlast line ö", "ö".repeat(CONSOLE));
        assert_eq!(end_of(&long), "last line ö");
    }
}
