//! The cost of lists by offset: of what is skipped and of what is counted.

use deskless_domain::{Channel, ConversationFilter, ConversationId, Offset, Order, Status, Timestamp, Total};
use deskless_store::{Sort, TenantStore, ThreadAt};
use deskless_tests::{Meter, Worker};
use serde_json::json;

use super::fixture::Fixture;

/// The number of conversations: more than are counted.
const CONVERSATIONS: usize = 10_300;

/// The requests that measure lists.
struct Lists<'a>(&'a Fixture);

impl Lists<'_> {
    /// Returns the cost of a page of 20, with the requests that it counts as beside itself.
    async fn conversations(&self, filter: &ConversationFilter, sort: Sort, offset: u64) -> (Meter, u64, Total) {
        // Each request has its own store.
        let store = self.0.world.function_tenant().await;
        let _ = self.0.world.proxy().take_meter();
        let offset = Offset::parse(offset).expect("an offset");
        let page = store.list_conversations_at(std::slice::from_ref(filter), sort, offset, 20).await.expect("a page");
        assert_eq!(page.rows.len(), 20);
        (self.0.world.proxy().take_meter(), store.work().additional_requests(), page.total)
    }
}

/// Returns whether [`list`] measures a row of the document.
pub fn measures(name: &str) -> bool {
    name.starts_with("AP-13") && name.split(' ').next().is_some_and(|number| number.len() > "AP-13".len())
}

/// Measures lists by offset.
pub async fn list(record: &mut impl FnMut(&str, Meter) -> Option<Meter>) {
    let fixture = Fixture::new(false).await;
    let path = fixture.open().await;
    for _ in 0..29 {
        let _ = fixture.open().await;
    }
    let _ = fixture.drained(Worker::Events).await;
    let list = Lists(&fixture);
    let open = ConversationFilter { status: Some(Status::Open), ..ConversationFilter::default() };
    let by_activity = Sort::ByActivity(Order::Desc);
    let by_creation = Sort::ByCreation(Order::Desc);
    let _ = list.conversations(&open, by_activity, 0).await;

    let (meter, requests, total) = list.conversations(&open, by_activity, 0).await;
    assert_eq!(total, Total::exact(30));
    assert!((1..=2).contains(&requests), "{requests} requests");
    let _ = record("AP-130", meter);

    let id = path.rsplit_once('/').expect("a path").1;
    fixture.world.copy_conversation(id, CONVERSATIONS - 30, 1, |_| "open").await;
    set_counters(&fixture, CONVERSATIONS).await;
    let counted = Total { count: 10_300, is_exact: false };

    let (meter, requests, total) = list.conversations(&open, by_activity, 0).await;
    assert_eq!((requests, total), (0, counted));
    let _ = record("AP-130 many", meter);
    for (name, offset) in [("AP-130 at 1,000", 1_000), ("AP-130 at 5,000", 5_000)] {
        let (meter, requests, total) = list.conversations(&open, by_activity, offset).await;
        // Skipped rows count against the rate limits. The engine counts one more for each query that ends at 1 MB.
        assert_eq!(total, counted);
        assert!((offset / 100..=offset / 100 + 1).contains(&requests), "{requests} requests for {offset} rows");
        let _ = record(name, meter);
    }
    let (_, requests, total) = list.conversations(&open, by_activity, 10_000).await;
    assert_eq!(total, counted);
    assert!((100..=101).contains(&requests), "{requests} requests");

    let everything = ConversationFilter::default();
    let (meter, requests, total) = list.conversations(&everything, by_creation, 5_000).await;
    // Ten keys count as one record.
    assert_eq!(total, counted);
    assert!((5..=6).contains(&requests), "{requests} requests");
    let _ = record("AP-131 at 5,000", meter);
    let (meter, requests, total) = list.conversations(&open, by_creation, 0).await;
    assert_eq!(total, counted);
    assert!((1..=2).contains(&requests), "{requests} requests");
    let _ = record("AP-132", meter);
    let (meter, requests, total) = list.conversations(&open, by_creation, 5_000).await;
    assert_eq!(total, Total::exact(10_300));
    assert!((103..=104).contains(&requests), "{requests} requests");
    let _ = record("AP-132 at 5,000", meter);

    let on_api = ConversationFilter { channel: Some(Channel::Api), ..open.clone() };
    let (meter, requests, total) = list.conversations(&on_api, by_activity, 0).await;
    assert!(is_bound(total), "{total:?}");
    assert!((100..=101).contains(&requests), "{requests} requests");
    let _ = record("AP-133", meter);
    let recent = ConversationFilter { created_after: Some(Timestamp::from_millis(0)), ..ConversationFilter::default() };
    let (meter, requests, total) = list.conversations(&recent, by_activity, 0).await;
    assert!(is_bound(total), "{total:?}");
    assert!((10..=11).contains(&requests), "{requests} requests");
    let _ = record("AP-133 keys", meter);

    let store = fixture.world.function_tenant().await;
    let _ = fixture.world.proxy().take_meter();
    let page = store.list_customers_at(Offset::START, 20).await.expect("a page");
    assert_eq!((page.rows.len(), page.total), (1, Total::exact(1)));
    let _ = record("AP-135", fixture.world.proxy().take_meter());
    messages(&fixture, &fixture.world.function_tenant().await, record).await;
}

/// Returns whether a count ended after 10,000 rows. The engine counts one more for each query that ends at 1 MB.
fn is_bound(total: Total) -> bool {
    !total.is_exact && (9_990..=10_000).contains(&total.count)
}

/// Sets the counters, which do not know the copies.
async fn set_counters(fixture: &Fixture, open: usize) {
    let cells: Vec<_> = fixture.world.rows().await.into_iter().filter(|row| row.pk().ends_with("#Z")).collect();
    let mut cell = cells.into_iter().find(|cell| cell.0["open"]["N"] == "30").expect("the cell of all conversations");
    cell.0["open"] = json!({ "N": open.to_string() });
    fixture.world.put(&cell).await;
}

/// Measures a thread of 5,100 messages.
async fn messages(fixture: &Fixture, store: &TenantStore, record: &mut impl FnMut(&str, Meter) -> Option<Meter>) {
    let path = fixture.open().await;
    let id = path.rsplit_once('/').expect("a path").1;
    fixture.world.copy_messages(id, 5_099).await;
    let thread = ThreadAt {
        conversation: ConversationId::parse(id).expect("an ID"),
        order: Order::Asc,
        offset: Offset::parse(5_000).expect("an offset"),
        limit: 20,
    };
    let _ = fixture.world.proxy().take_meter();
    let page = store.list_messages_at(thread).await.expect("a page");
    assert_eq!((page.rows.len(), page.total), (20, Total::exact(5_100)));
    let _ = record("AP-134 at 5,000", fixture.world.proxy().take_meter());
}
