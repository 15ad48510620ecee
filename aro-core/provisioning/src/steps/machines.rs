//! Machines of the cluster.

use aro_azure::compute::{ComputeClient, Machine};
use futures::{StreamExt, TryStreamExt, stream};

use super::context::Cx;
use crate::{Change, StepError, Verdict};

/// Calls made at the same time.
const AT_ONCE: usize = 8;

/// Starts the machines that do not run.
pub(crate) async fn start(cx: Cx) -> Result<Verdict, StepError> {
    let compute = cx.compute().await?;
    let machines = compute.machines(cx.subscription()?, cx.managed_group_name()?).await?;
    stream::iter(machines)
        .map(|id| {
            let compute = compute.clone();
            async move { start_one(&compute, &id).await }
        })
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<()>>()
        .await?;
    Ok(Change::none().into())
}

async fn start_one(compute: &ComputeClient, id: &str) -> Result<(), StepError> {
    let machine =
        Machine::parse(id).ok_or_else(|| StepError::Unexpected(format!("{id} is no id of a virtual machine")))?;
    let view = match compute.instance_view(&machine).await {
        Ok(view) => view,
        // Gone since the list was made.
        Err(error) if error.is_not_found() => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let stopped = view
        .statuses
        .iter()
        .filter_map(|status| status.code.as_deref())
        .any(|code| matches!(code, "PowerState/deallocated" | "PowerState/stopped"));
    if stopped {
        compute.start(&machine).await?;
    }
    Ok(())
}
