//! A write goes through only if nobody else has written since the read it rests on.

use std::future::Future;

use crate::fault::Fault;
use crate::reply::Reply;
use crate::router::App;

/// Runs `attempt` again from its first step, with what is stored by then, for as long as another request was faster.
pub(crate) async fn until_won<F>(app: &App, mut attempt: impl FnMut() -> F) -> Result<Reply, Fault>
where
    F: Future<Output = Result<Reply, Fault>>,
{
    let settings = &app.parts.settings;
    for lost in 1..=settings.write_attempts {
        match attempt().await {
            Err(Fault::Overtaken) => {
                tracing::info!(lost, "another request changed the document first");
                if lost < settings.write_attempts {
                    tokio::time::sleep(settings.write_pause * lost).await;
                }
            }
            done => return done,
        }
    }
    Err(Fault::still_overtaken(settings.retry_after))
}
