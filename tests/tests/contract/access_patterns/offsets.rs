//! The cost of lists by offset: of what is skipped and of what is counted.

use deskless_domain::{Channel, ConversationFilter, ConversationId, Offset, Order, Status, Timestamp, Total};
use deskless_store::{Sort, TenantStore, ThreadAt};
use deskless_tests::{Meter, Worker};
use serde_json::json;

use super::fixture::Fixture;

/// The number of conversations: more than are counted.
const CONVERSATIONS: usize = 10_300;

/// A list to measure.
struct Measured<'a> {
    fixture: &'a Fixture,
    store: TenantStore,
}

impl Measured<'_> {
    async fn conversations(&self, filter: &ConversationFilter, sort: Sort, offset: u64) -> (Meter, usize, Total) {
        let _ = self.fixture.world.proxy().take_meter();
        let offset = Offset::parse(offset).expect("an offset");
        let filters = std::slice::from_ref(filter);
        let page = self.store.list_conversations_at(filters, sort, offset, 20).await.expect("a page");
        (self.fixture.world.proxy().take_meter(), page.rows.len(), page.total)
    }
}

/// Measures lists by offset.
pub async fn list(record: &mut impl FnMut(&str, Meter) -> Option<Meter>) {
    let fixture = Fixture::new(false).await;
    let path = fixture.open().await;
    for _ in 0..29 {
        let _ = fixture.open().await;
    }
    let _ = fixture.drained(Worker::Events).await;
    let list = Measured { store: fixture.world.function_tenant().await, fixture: &fixture };
    let open = ConversationFilter { status: Some(Status::Open), ..ConversationFilter::default() };
    let by_activity = Sort::ByActivity(Order::Desc);
    let by_creation = Sort::ByCreation(Order::Desc);
    let _ = list.conversations(&open, by_activity, 0).await;

    let (meter, rows, total) = list.conversations(&open, by_activity, 0).await;
    assert_eq!((rows, total), (20, Total::exact(30)));
    let _ = record("AP-130", meter);

    let id = path.rsplit_once('/').expect("a path").1;
    fixture.world.copy_conversation(id, CONVERSATIONS - 30, 1, |_| "open").await;
    set_counters(&fixture, CONVERSATIONS).await;
    let counted = Total { count: 10_300, is_exact: false };

    let (meter, rows, total) = list.conversations(&open, by_activity, 0).await;
    assert_eq!((rows, total), (20, counted));
    let _ = record("AP-130 many", meter);
    for (name, offset) in [("AP-130 at 1,000", 1_000), ("AP-130 at 5,000", 5_000)] {
        let before = list.store.work().additional_requests();
        let (meter, rows, total) = list.conversations(&open, by_activity, offset).await;
        assert_eq!((rows, total), (20, counted));
        let _ = record(name, meter);
        // Skipped rows count against the rate limits.
        assert_eq!(list.store.work().additional_requests() - before, offset / 100);
    }
    let (_, rows, total) = list.conversations(&open, by_activity, 10_000).await;
    assert_eq!((rows, total), (20, counted));

    let everything = ConversationFilter::default();
    let (meter, rows, total) = list.conversations(&everything, by_creation, 5_000).await;
    assert_eq!((rows, total), (20, counted));
    let _ = record("AP-131 at 5,000", meter);
    let (meter, rows, total) = list.conversations(&open, by_creation, 0).await;
    assert_eq!((rows, total), (20, counted));
    let _ = record("AP-132", meter);
    let (meter, rows, total) = list.conversations(&open, by_creation, 5_000).await;
    assert_eq!((rows, total), (20, Total::exact(10_300)));
    let _ = record("AP-132 at 5,000", meter);

    let on_api = ConversationFilter { channel: Some(Channel::Api), ..open.clone() };
    let (meter, rows, total) = list.conversations(&on_api, by_activity, 0).await;
    assert_eq!((rows, total), (20, Total { count: 10_000, is_exact: false }));
    let _ = record("AP-133", meter);
    let recent = ConversationFilter { created_after: Some(Timestamp::from_millis(0)), ..ConversationFilter::default() };
    let (meter, rows, total) = list.conversations(&recent, by_activity, 0).await;
    assert_eq!((rows, total), (20, Total { count: 10_000, is_exact: false }));
    let _ = record("AP-133 keys", meter);

    messages(&fixture, &list.store, record).await;
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
