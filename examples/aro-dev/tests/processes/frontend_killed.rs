//! A frontend that dies under load loses nothing that it has acknowledged.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use reqwest::Method;

use crate::estate::{Estate, Wish};
use crate::process::eventually;

#[tokio::test]
async fn every_acknowledged_put_is_there_after_the_frontend_was_killed() {
    let estate = Arc::new(Estate::start(1, 50.0).await);
    let mut frontend = estate.frontend(0, "frontend").await;
    estate.create_group().await;

    let stop = Arc::new(AtomicBool::new(false));
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..8)
        .map(|client| {
            let (estate, stop, count) = (Arc::clone(&estate), Arc::clone(&stop), Arc::clone(&acknowledged));
            tokio::spawn(async move {
                let mut done = Vec::new();
                for number in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    // No worker runs, so nobody asks whether these identities exist.
                    let wish = Wish {
                        name: format!("load-{client}-{number}"),
                        client_id: uuid::Uuid::new_v4().to_string(),
                        ..estate.wish("", 1)
                    };
                    let reply = estate.put(&wish).await;
                    if reply.status == 201 {
                        count.fetch_add(1, Ordering::Relaxed);
                        done.push(wish.name);
                    } else {
                        assert!(reply.status.is_server_error(), "{reply:?}");
                        break;
                    }
                }
                done
            })
        })
        .collect();
    eventually("some clusters are acknowledged", || async {
        (acknowledged.load(Ordering::Relaxed) >= 100).then_some(())
    })
    .await;
    frontend.kill().await;
    stop.store(true, Ordering::Relaxed);
    let mut names = Vec::new();
    for client in clients {
        names.extend(client.await.unwrap());
    }

    let _frontend = estate.frontend(0, "frontend-again").await;
    for name in &names {
        let reply = estate.call(Method::GET, &estate.cluster(name), None).await;
        assert_eq!(reply.status, 200, "{name} was acknowledged and is lost: {reply:?}");
        assert_eq!(reply.body["properties"]["provisioningState"], "Creating");
    }
    println!("{} acknowledged clusters are there", names.len());
}
