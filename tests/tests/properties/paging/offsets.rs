//! The pages of a list by offset are the list by cursor.

use deskless_domain::{
    Assigned, Conversation, ConversationFilter, ConversationId, CustomerId, Offset, OffsetPage, Order, Status,
    Timestamp, Total,
};
use deskless_store::{Sort, TenantStore};
use deskless_tests::World;
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};
use serde_json::json;

use super::conversations::{fill, opened};
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
    prop_oneof![3 => vec(one.clone(), 1), 1 => vec(one, 2), 1 => Just(vec![ConversationFilter::default()])]
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
    let statuses = vec(select(&["open", "waiting", "solved"][..]), 1..6);
    let lists = vec((filters(), listed(), 0..400_usize), 3);
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
        for (filters, listed, offset) in lists {
            let listed = Listed { filters, size: listed.size * 20, offset, ..listed };
            assert_pages(&store, &listed).await;
        }
    });
}
