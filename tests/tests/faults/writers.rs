use std::sync::{Arc, atomic::Ordering};

use deskless_tests::{Faults, TestClock, World};

use crate::{
    order::{Exchange, assert_commit_order},
    support::all,
};

const WRITERS: usize = 50;
const MESSAGES: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_writers_keep_commit_order_under_conflicts() {
    let _alone = crate::support::ALONE.lock().await;
    let faults = Faults { conflicts_percent: 30, ..Faults::default() };
    let world = Arc::new(World::behind_proxy(faults).await);
    let theirs = world.foreign_rows().await;
    let exchange = Exchange::open(Arc::clone(&world), WRITERS).await;
    let _ = world.proxy().take_meter();
    let readers: Vec<_> = [7, 500]
        .map(|limit| {
            let exchange = Arc::clone(&exchange);
            tokio::spawn(async move { exchange.follow(limit).await })
        })
        .into();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let exchange = Arc::clone(&exchange);
            tokio::spawn(async move { exchange.write(None, writer, MESSAGES).await })
        })
        .collect();
    let mut written = Vec::new();
    for writer in writers {
        written.push(writer.await.expect("the writer ends"));
    }
    let meter = world.proxy().take_meter();
    let transactions = meter.operations.iter().filter(|operation| *operation == "TransactWriteItems").count();
    let unavailable = exchange.unavailable.load(Ordering::SeqCst);
    println!("{transactions} transactions, {} of them disturbed, {unavailable} answers 503", meter.disturbed);

    let thread = all(&world.server_key(), &exchange.messages_path, "messages").await;
    assert_eq!(thread.len(), WRITERS * MESSAGES);
    assert_commit_order(&thread, &written);
    for reader in readers {
        assert_eq!(reader.await.expect("the reader ends"), thread, "a reader that follows sees every message once");
    }
    // The target is one in a thousand on idle cores. Shared cores cause a few more.
    assert!(unavailable * 50 <= WRITERS * MESSAGES, "{unavailable} of {} got 503", WRITERS * MESSAGES);
    assert!(meter.disturbed * 5 > WRITERS * MESSAGES, "the proxy disturbed only {}", meter.disturbed);
    assert_eq!(world.foreign_rows().await, theirs);
    world.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clock_skew_keeps_commit_order() {
    let _alone = crate::support::ALONE.lock().await;
    let world = Arc::new(World::behind_proxy(Faults { conflicts_percent: 10, ..Faults::default() }).await);
    let exchange = Exchange::open(Arc::clone(&world), 8).await;
    let machines: Vec<_> = [-200_000, 0, 200_000, 200_001]
        .into_iter()
        .enumerate()
        .map(|(i, ahead)| {
            let clock = TestClock::new(100 + i as u64);
            clock.advance_millis(ahead);
            Arc::new(world.machine(clock))
        })
        .collect();
    let reader = {
        let exchange = Arc::clone(&exchange);
        tokio::spawn(async move { exchange.follow(3).await })
    };
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let (exchange, machine) = (Arc::clone(&exchange), Arc::clone(&machines[writer % machines.len()]));
            tokio::spawn(async move { exchange.write(Some(&machine), writer, 25).await })
        })
        .collect();
    let mut written = Vec::new();
    for writer in writers {
        written.push(writer.await.expect("the writer ends"));
    }
    let thread = all(&world.server_key(), &exchange.messages_path, "messages").await;
    assert_commit_order(&thread, &written);
    assert_eq!(reader.await.expect("the reader ends"), thread);
    world.assert_sound().await;
}
