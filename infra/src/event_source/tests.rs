use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    env, fs,
    future::pending,
    ops::Range,
    process,
    time::Duration,
};

use anyhow::bail;
use serde_json::{Value, json};
use tokio::{sync::Notify, time::timeout};

use super::{EngineFile, EventSource, Worker, lanes, sequence_number};

fn records(numbers: Range<usize>) -> Vec<Value> {
    numbers.map(|n| record(n, "item")).collect()
}

/// A record that `Worker::Events` wants.
fn record(number: usize, item: &str) -> Value {
    let keys = json!({ "pk": { "S": format!("W#{item}") }, "sk": { "S": "A" } });
    let image = json!({ "o": { "S": "a conversation's newest message" } });
    json!({ "dynamodb": { "SequenceNumber": number.to_string(), "Keys": keys, "NewImage": image } })
}

fn item_of(record: &Value) -> String {
    record["dynamodb"]["Keys"]["pk"]["S"].as_str().unwrap_or_default().to_owned()
}

fn source(name: &str) -> (EventSource, std::path::PathBuf) {
    let folder = env::temp_dir().join(format!("deskless-{name}-{}", process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let source = EventSource {
        retry_delay: Duration::ZERO,
        ..EventSource::new("", &EngineFile::new(&folder), &folder, Worker::Events)
    };
    (source, folder)
}

#[tokio::test]
async fn failing_records_are_saved_and_others_succeed() {
    let (source, folder) = source("source");
    let done = RefCell::new(BTreeSet::new());
    let calls = RefCell::new(0);
    let deliver = async |batch: &[Value]| {
        *calls.borrow_mut() += 1;
        for record in batch {
            match sequence_number(record) {
                // The worker reports record 7 as failed, and crashes on record 21.
                "7" => return Ok(Some("7".to_owned())),
                "21" => bail!("crashed"),
                other => done.borrow_mut().insert(other.to_owned()),
            };
        }
        Ok(None)
    };
    source.deliver_batch(records(0..40), &deliver).await.expect("it ends");
    assert_eq!(done.borrow().len(), 38);
    assert!(*calls.borrow() < 40, "{}", calls.borrow());
    let mut kept: Vec<_> =
        fs::read_dir(&source.failed).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
    kept.sort();
    assert_eq!(kept, ["21.json", "7.json"]);
    fs::remove_dir_all(&folder).expect("it was there");
}

/// Runs the lanes over `stream` until `deliver` notifies `finished`.
async fn run(
    source: &EventSource,
    stream: Vec<Value>,
    finished: &Notify,
    deliver: impl AsyncFn(&[Value]) -> super::BatchResult,
) {
    let mut batches = stream.chunks(100).map(<[Value]>::to_vec).collect::<Vec<_>>().into_iter();
    let next = async || match batches.next() {
        Some(batch) => Ok(batch),
        None => pending().await,
    };
    tokio::select! {
        result = source.run_lanes(next, deliver) => result.expect("no failure"),
        finished = timeout(Duration::from_secs(20), finished.notified()) => finished.expect("every delivery"),
    }
}

#[tokio::test]
async fn hanging_lane_does_not_delay_others() {
    let (source, folder) = source("hanging");
    let slow = lanes::lane_of(&record(0, "slow"));
    // 100 records of the item that hangs come between 900 records of items in other lanes.
    let others: Vec<_> =
        (0..).map(|n| format!("item {n}")).filter(|item| lanes::lane_of(&record(0, item)) != slow).take(30).collect();
    let item = |n: usize| if n % 10 == 3 { "slow" } else { others[n % 30].as_str() };
    let stream: Vec<_> = (0..1000).map(|n| record(n, item(n))).collect();
    let (finished, delivered) = (Notify::new(), RefCell::new(0));
    run(&source, stream, &finished, async |batch| {
        if item_of(&batch[0]) == "W#slow" {
            return pending().await;
        }
        *delivered.borrow_mut() += batch.len();
        if *delivered.borrow() == 900 {
            // The lane saves its checkpoint after this delivery.
            tokio::task::yield_now().await;
            finished.notify_one();
        }
        Ok(None)
    })
    .await;
    assert_eq!(*delivered.borrow(), 900);
    let checkpoint = fs::read_to_string(&source.checkpoint).expect("a checkpoint");
    assert_eq!(checkpoint, "2", "the first record that hangs is number 3");
    fs::remove_dir_all(&folder).expect("it was there");
}

#[tokio::test]
async fn records_of_one_item_stay_in_order() {
    let (source, folder) = source("order");
    let stream: Vec<_> = (0..2000).map(|n| record(n, &format!("item {}", n * n % 23))).collect();
    let finished = Notify::new();
    let seen = RefCell::new(BTreeMap::<String, Vec<usize>>::new());
    let refused = RefCell::new(BTreeSet::new());
    run(&source, stream.clone(), &finished, async |batch| {
        for record in batch {
            tokio::task::yield_now().await;
            let number: usize = sequence_number(record).parse().expect("a number");
            // Every seventh record fails once.
            if number.is_multiple_of(7) && refused.borrow_mut().insert(number) {
                return Ok(Some(number.to_string()));
            }
            seen.borrow_mut().entry(item_of(record)).or_default().push(number);
        }
        if seen.borrow().values().map(Vec::len).sum::<usize>() == stream.len() {
            finished.notify_one();
        }
        Ok(None)
    })
    .await;
    for (item, numbers) in seen.borrow().iter() {
        assert!(numbers.is_sorted(), "{item}: {numbers:?}");
    }
    fs::remove_dir_all(&folder).expect("it was there");
}
