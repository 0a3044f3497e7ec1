//! The pages of a list by offset are the list by cursor.

use deskless_domain::{
    Assigned, Conversation, ConversationFilter, ConversationId, CustomerId, Email, IdentitySource, Offset, OffsetPage,
    Order, Status, Timestamp, Total,
};
use deskless_store::{Sort, StoreError, TenantStore, ThreadAt};
use deskless_tests::World;
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};
use serde_json::json;

use super::{
    conversations::{fill, opened},
    messages::write,
};
use crate::support::check_async;

/// A way to read the list.
#[derive(Debug, Clone)]
struct Listed {
    filters: Vec<ConversationFilter>,
    sort: Sort,
    size: usize,
    offset: usize,
}

fn filters() -> impl Strategy<Value = Vec<ConversationFilter>> {
    let rarely = || proptest::option::weighted(0.25, any::<bool>());
    let status = proptest::option::of(select(Status::ALL));
    let customer = proptest::option::weighted(0.3, select(&["cus_1", "cus_2", "cus_3"][..]));
    let unassigned = proptest::option::weighted(0.2, Just(Assigned::None));
    // The test clock starts at 2026-06-28T18:00:00Z.
    let created = proptest::option::weighted(0.3, 0..40_i64);
    let one = (status, customer, unassigned, rarely(), rarely(), created).prop_map(
        |(status, customer, assignee_id, unread, awaiting_reply, created)| ConversationFilter {
            status,
            customer_id: customer.map(|id| CustomerId::parse(id.to_owned()).expect("an ID")),
            assignee_id,
            unread,
            awaiting_reply,
            created_after: created.map(|millis| Timestamp::from_millis(1_782_669_600_000 + millis)),
            ..ConversationFilter::default()
        },
    );
    // What the counters know.
    let known = (proptest::option::of(select(Status::ALL)), proptest::option::weighted(0.3, Just(Assigned::None)))
        .prop_map(|(status, assignee_id)| ConversationFilter { status, assignee_id, ..ConversationFilter::default() });
    prop_oneof![2 => vec(one.clone(), 1), 1 => vec(one, 2), 2 => vec(known, 1)]
}

fn listed() -> impl Strategy<Value = Listed> {
    let sort = select(
        &[
            Sort::ByActivity(Order::Desc),
            Sort::ByActivity(Order::Asc),
            Sort::ByCreation(Order::Desc),
            Sort::ByCreation(Order::Asc),
        ][..],
    );
    (filters(), sort, 1..12_usize, 0..60_usize).prop_map(|(filters, sort, size, offset)| Listed {
        filters,
        sort,
        size,
        offset,
    })
}

/// Reads the list by cursor to its end.
async fn walk(store: &TenantStore, listed: &Listed) -> Vec<Conversation> {
    let mut all = Vec::new();
    match listed.sort {
        Sort::ByActivity(order) => {
            let mut after = None;
            loop {
                let page = store.list_conversations(&listed.filters, order, after, 50).await.expect("a page");
                all.extend(page.conversations);
                after = page.next;
                if after.is_none() {
                    return all;
                }
            }
        }
        Sort::ByCreation(order) => {
            let mut after = None;
            loop {
                let page =
                    store.list_conversations_by_creation(&listed.filters, order, after, 50).await.expect("a page");
                all.extend(page.conversations);
                after = page.next;
                if after.is_none() {
                    return all;
                }
            }
        }
    }
}

async fn page(store: &TenantStore, listed: &Listed, offset: usize, size: usize) -> OffsetPage<Conversation> {
    let offset = Offset::parse(offset as u64).expect("an offset");
    store.list_conversations_at(&listed.filters, listed.sort, offset, size).await.expect("a page")
}

fn ids(conversations: &[Conversation]) -> Vec<ConversationId> {
    conversations.iter().map(|conversation| conversation.id).collect()
}

/// Asserts that pages by offset are parts of the list by cursor, and that all have its length as the total.
async fn assert_pages(store: &TenantStore, listed: &Listed) {
    let all = walk(store, listed).await;
    let total = Total::exact(all.len() as u64);
    let mut seen = Vec::new();
    loop {
        let OffsetPage { rows, total: found } = page(store, listed, seen.len(), listed.size).await;
        assert_eq!(found, total, "{listed:?} after {}", seen.len());
        assert!(rows.len() == listed.size || seen.len() + rows.len() == all.len(), "a short page: {listed:?}");
        if rows.is_empty() {
            break;
        }
        seen.extend(rows);
    }
    assert_eq!(seen, all, "{listed:?}");
    for (offset, size) in [(listed.offset, listed.size), (all.len(), 1), (all.len() + 100, listed.size), (0, 0)] {
        let OffsetPage { rows, total: found } = page(store, listed, offset, size).await;
        assert_eq!(found, total, "{listed:?} at {offset}");
        let wanted: Vec<_> = all.iter().skip(offset).take(size).cloned().collect();
        assert_eq!(ids(&rows), ids(&wanted), "{listed:?} at {offset}");
    }
}

#[test]
fn offset_pages_are_the_list_by_cursor() {
    let histories = (vec(opened(), 0..40), vec(any::<Index>(), 0..12), vec(listed(), 6));
    check_async(6, &(select(&[1_u8, 8][..]), histories), async |(shards, (opened, replies, lists))| {
        let world = World::new().await;
        world.spread(shards).await;
        let _ = fill(&world.server_key(), &opened, &replies).await;
        let store = world.function_tenant().await;
        for listed in lists {
            assert_pages(&store, &listed).await;
        }
    });
}

/// Several rounds of queries are needed to skip rows, and partitions have very different sizes.
#[test]
fn long_lists_are_read_by_offset() {
    let statuses = vec(select(&["open", "waiting", "solved"][..]), 2..6);
    let lists = vec((filters(), listed(), 0..400_usize), 2);
    check_async(3, &(select(&[1_u8, 8][..]), statuses, lists), async |(shards, statuses, lists)| {
        let world = World::new().await;
        world.spread(shards).await;
        let model = world.server_key().open(&json!({ "subject": "Hi", "customer": { "id": "cus_1" } })).await;
        world
            .copy_conversation(model["id"].as_str().expect("an ID"), 350, shards, |index| {
                // Long runs of one status.
                statuses[index / 40 % statuses.len()]
            })
            .await;
        let store = world.function_tenant().await;
        // All statuses are merged.
        for order in [Order::Asc, Order::Desc] {
            let filters = vec![ConversationFilter::default()];
            assert_pages(&store, &Listed { filters, sort: Sort::ByActivity(order), size: 50, offset: 333 }).await;
        }
        for (filters, listed, offset) in lists {
            let listed = Listed { filters, size: listed.size * 20, offset, ..listed };
            assert_pages(&store, &listed).await;
        }
    });
}

#[test]
fn thread_pages_by_offset_are_the_thread() {
    check_async(4, &(0..40_usize, 1..12_usize, 0..60_usize), async |(messages, size, offset)| {
        let world = World::new().await;
        let role = world.server_key();
        let opened = role.open(&json!({ "subject": "Hi", "customer": { "id": "cus_1" } })).await;
        let id = opened["id"].as_str().expect("an ID");
        let written =
            write(&role, &format!("/api/v1/conversations/{id}"), (0..messages).map(|i| format!("Message {i}"))).await;
        let store = world.function_tenant().await;
        let customer = CustomerId::parse("cus_1".to_owned()).expect("an ID");
        let own = store.of_customer(customer, IdentitySource::Token);
        let conversation = ConversationId::parse(id).expect("an ID");
        for (order, is_own) in [(Order::Asc, false), (Order::Desc, false), (Order::Asc, true), (Order::Desc, true)] {
            let listed = written.iter().filter(|message| !is_own || message["type"] == "reply");
            let mut all: Vec<_> = listed.map(|message| message["id"].as_str().expect("an ID").to_owned()).collect();
            if order == Order::Desc {
                all.reverse();
            }
            let sizes = [(offset, size), (all.len(), 1), (0, 0)];
            let pages = (0..=all.len()).step_by(size).map(|offset| (offset, size)).chain(sizes);
            for (offset, limit) in pages {
                let thread =
                    ThreadAt { conversation, order, offset: Offset::parse(offset as u64).expect("an offset"), limit };
                let page = if is_own {
                    own.list_messages_at(thread).await.expect("a page")
                } else {
                    store.list_messages_at(thread).await.expect("a page")
                };
                let found: Vec<_> = page.rows.iter().map(|message| message.id.to_string()).collect();
                let wanted: Vec<_> = all.iter().skip(offset).take(limit).cloned().collect();
                assert_eq!((found, page.total), (wanted, Total::exact(all.len() as u64)), "{thread:?}, own: {is_own}");
            }
        }
        let stranger = CustomerId::parse("cus_2".to_owned()).expect("an ID");
        let thread = ThreadAt { conversation, order: Order::Asc, offset: Offset::START, limit: 1 };
        let refused = store.of_customer(stranger, IdentitySource::Token).list_messages_at(thread).await;
        assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
    });
}

#[test]
fn customer_pages_by_offset_are_the_list() {
    check_async(4, &(select(&[1_u8, 8][..]), 1..30_usize, 1..9_usize), async |(shards, count, size)| {
        let world = World::new().await;
        world.spread(shards).await;
        let role = world.server_key();
        let mut all = Vec::new();
        for i in 0..count {
            let email = if i % 3 == 0 { "ada@example.com" } else { "grace@example.com" };
            let body = json!({ "id": format!("cus_{i}"), "email": email });
            let _ = role.post("/api/v1/customers", &body).await;
            all.push((format!("cus_{i}"), email));
        }
        all.reverse();
        let store = world.function_tenant().await;
        for email in [None, Some("ada@example.com")] {
            let listed = all.iter().filter(|(_, own)| email.is_none_or(|email| email == *own));
            let listed: Vec<_> = listed.map(|(id, _)| id.clone()).collect();
            let email = email.map(|email| Email::parse(email.to_owned()).expect("an email"));
            for offset in (0..=listed.len() + size).step_by(size) {
                let at = Offset::parse(offset as u64).expect("an offset");
                let page = match &email {
                    Some(email) => store.list_customers_by_email_at(email, at, size).await.expect("a page"),
                    None => store.list_customers_at(at, size).await.expect("a page"),
                };
                let found: Vec<_> = page.rows.iter().map(|record| record.customer.id.as_str().to_owned()).collect();
                let wanted: Vec<_> = listed.iter().skip(offset).take(size).cloned().collect();
                assert_eq!((found, page.total), (wanted, Total::exact(listed.len() as u64)), "at {offset}");
            }
        }
    });
}
