//! A worker that dies while a call is under way, at every call of the create plan (every third in a default run): whoever
//! goes on ends where an undisturbed worker does.

use std::time::Duration;

use aro_http::CancellationToken;
use aro_provisioning::{Holding, Outcome};
use aro_sim::{Effect, FaultRule, Match};
use futures::{StreamExt, stream};

use crate::house::{House, every};

/// Runs a create whose worker dies at call number `nth`; false when the plan makes fewer calls.
async fn dies_at(nth: u64, effect: Effect, calm: &[String]) -> bool {
    let house = House::build().await;
    let rule = FaultRule {
        id: None,
        matches: Match {
            nth: Some(nth),
            ..Match::default()
        },
        effect,
        times: None,
    };
    let rules = house.world.add_faults(vec![rule]);
    house.put(house.document()).await;
    let leased = house.take().await;
    let over = CancellationToken::new();
    let killed = tokio::select! {
        outcome = house.run(&leased, &over) => {
            assert!(matches!(outcome, Outcome::Finished), "{nth}: {outcome:?}");
            false
        }
        held = house.world.wait_until_held(&rules[0], Duration::from_secs(60)) => held,
    };
    if killed {
        let recorded = leased.document().progress.clone().unwrap_or_default().done;
        // The call of the dead worker has its effect while the next one is already at work.
        house.world.release_fault(&rules[0], true);
        let outcome = house.run(&leased, &over).await;
        assert!(
            matches!(outcome, Outcome::Finished),
            "{nth} after {recorded:?}: {outcome:?}"
        );
        let done = leased.document().progress.clone().unwrap_or_default().done;
        assert_eq!(done[..recorded.len()], recorded, "{nth}");
    }
    assert_eq!(house.inventory(), calm, "{nth}");
    house.world.shutdown().await;
    killed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_at_every_call_of_create() {
    let calm = House::build().await;
    calm.put(calm.document()).await;
    calm.complete().await;
    let (inventory, calls) = (calm.inventory(), calm.world.calls(0).len() as u64);
    assert!(calls > 40, "{calls}");
    // An odd distance: both effects have their turns.
    let apart = every(3);
    let killed = stream::iter((1..=calls).step_by(apart))
        .map(|nth| {
            let inventory = inventory.clone();
            let effect = if nth % 2 == 0 { Effect::Hold } else { Effect::HoldReply };
            tokio::spawn(async move { dies_at(nth, effect, &inventory).await })
        })
        .buffer_unordered(4)
        .filter_map(|result| async move { result.unwrap().then_some(()) })
        .count()
        .await;
    // Polls come and go with time; most calls are the same in every run.
    assert!(killed * apart > 40, "{killed} of {calls}");
}
