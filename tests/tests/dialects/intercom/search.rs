//! The query language of searches.

use deskless_tests::World;
use http::Method;
use serde_json::{Value, json};

use super::{Desk, ours, text};

fn is(field: &str, operator: &str, value: impl Into<Value>) -> Value {
    json!({ "field": field, "operator": operator, "value": value.into() })
}

fn both(operator: &str, parts: &[Value]) -> Value {
    json!({ "operator": operator, "value": parts })
}

#[tokio::test]
async fn every_field_is_searched_exactly() {
    let world = World::new().await;
    let desk = Desk::new(&world).await;
    let open = desk.conversation("Open question").await;
    let closed = desk.conversation("Closed question").await;
    let snoozed = desk.conversation("Snoozed question").await;
    let waiting = json!({
        "subject": "Waiting", "status": "waiting", "priority": "urgent", "tags": ["vip"],
        "customer": { "id": "cus_bob", "email": "bob@example.com" }, "message": { "role": "assistant", "body": "Hi" },
    });
    let waiting = text(&ours(&world, Method::POST, "/conversations", &waiting).await["conversation"]["id"]);
    desk.manage(&closed, json!({ "message_type": "close", "type": "admin" })).await;
    desk.manage(&snoozed, json!({ "message_type": "snoozed", "snoozed_until": 4_000_000_000_u64 })).await;
    let assign = json!({ "message_type": "assignment", "type": "admin", "assignee_id": desk.admin });
    desk.manage(&open, assign).await;
    desk.ok(Method::PUT, &format!("/conversations/{closed}"), &json!({ "read": true })).await;
    let tag = text(&desk.ok(Method::POST, "/tags", &json!({ "name": "vip" })).await["id"]);
    let created = desk.get(&format!("/conversations/{closed}")).await["created_at"].as_i64().expect("a time");
    let [a, b, c, d] = [&open, &closed, &snoozed, &waiting];
    for (query, wanted) in [
        (is("id", "=", open.as_str()), vec![a]),
        (is("id", "IN", json!([open, closed])), vec![a, b]),
        (is("id", "NIN", json!([open, closed])), vec![c, d]),
        (is("state", "=", "open"), vec![a, d]),
        (is("state", "=", "closed"), vec![b]),
        (is("state", "!=", "closed"), vec![a, c, d]),
        (is("state", "IN", json!(["closed", "snoozed"])), vec![b, c]),
        (is("open", "=", true), vec![a, c, d]),
        (is("open", "=", false), vec![b]),
        (is("open", "!=", false), vec![a, c, d]),
        (is("read", "=", false), vec![a, c]),
        (is("read", "=", true), vec![b, d]),
        (is("priority", "=", "priority"), vec![d]),
        (is("priority", "=", "not_priority"), vec![a, b, c]),
        (is("admin_assignee_id", "=", desk.admin.as_str()), vec![a]),
        (is("admin_assignee_id", "!=", desk.admin.as_str()), vec![b, c, d]),
        (is("admin_assignee_id", "=", 0), vec![b, c, d]),
        (is("admin_assignee_id", "=", Value::Null), vec![b, c, d]),
        (is("contact_ids", "=", "cus_bob"), vec![d]),
        (is("contact_ids", "!=", "cus_bob"), vec![a, b, c]),
        (is("contact_ids", "=", "no such id!"), vec![]),
        (is("source.author.email", "=", "BOB@example.com"), vec![d]),
        (is("tag_ids", "=", tag.as_str()), vec![d]),
        (is("tag_ids", "NIN", json!([tag])), vec![a, b, c]),
        (is("title", "~", "QUESTION"), vec![a, b, c]),
        (is("title", "^", "closed"), vec![b]),
        (is("title", "$", "ing"), vec![d]),
        (is("title", "!~", "question"), vec![d]),
        (is("snoozed_until", ">", 3_999_999_999_u64), vec![c]),
        (is("created_at", ">", created - 3600), vec![a, b, c, d]),
        (is("created_at", "<", created - 3600), vec![]),
        (is("updated_at", ">=", created), vec![a, b, c, d]),
        (is("waiting_since", ">", 0), vec![a, b, c]),
        (both("AND", &[is("state", "=", "open"), is("contact_ids", "=", "cus_ada")]), vec![a]),
        (both("OR", &[is("state", "=", "closed"), is("tag_ids", "=", tag.as_str())]), vec![b, d]),
        (
            both(
                "AND",
                &[
                    both("OR", &[is("state", "=", "open"), is("state", "=", "snoozed")]),
                    both("OR", &[is("contact_ids", "=", "cus_bob"), is("title", "~", "snoozed")]),
                ],
            ),
            vec![c, d],
        ),
    ] {
        let mut found = desk.search(&query).await;
        found.sort();
        let mut wanted: Vec<String> = wanted.into_iter().cloned().collect();
        wanted.sort();
        assert_eq!(found, wanted, "{query}");
    }
}

#[tokio::test]
async fn unsupported_conditions_are_refused() {
    let world = World::new().await;
    let desk = Desk::new(&world).await;
    let deep = both("AND", &[both("OR", &[both("AND", &[both("OR", &[is("open", "=", true)])])])]);
    for (query, field) in [
        (is("source.body", "~", "x"), "source.body"),
        (is("team_assignee_id", "=", 1), "team_assignee_id"),
        (is("state", "~", "op"), "state"),
        (is("created_at", "~", 1), "created_at"),
        (is("created_at", ">", "yesterday"), "created_at"),
        (is("open", "=", "maybe"), "open"),
        (is("id", "IN", "x"), "id"),
        (is("id", "LIKE", "x"), "query.operator"),
        (json!({ "operator": "=", "value": 1 }), "query.field"),
        (json!({ "field": "open", "value": true }), "query.operator"),
        (json!({ "field": "open", "operator": "=" }), "query.value"),
        (json!({ "field": "open", "operator": "=", "value": true, "not": 1 }), "query.not"),
        (both("AND", &[]), "query.value"),
        (both("AND", &vec![is("open", "=", true); 16]), "query.value"),
        (json!({ "operator": "AND", "value": "x" }), "query.value"),
        (both("AND", &[is("open", "=", true), is("rating", "=", 1)]), "rating"),
        (deep, "query.value[0].value[0].value[0].value"),
        (json!([]), "query"),
    ] {
        let error = desk.fails(Method::POST, "/conversations/search", &json!({ "query": query }), 400).await;
        assert_eq!(error["field"], field, "{query}: {error}");
    }
    let sorted = json!({ "query": is("open", "=", true), "sort": { "field": "created_at" } });
    assert_eq!(desk.fails(Method::POST, "/conversations/search", &sorted, 400).await["field"], "sort");
}

#[tokio::test]
async fn search_is_paged() {
    let world = World::new().await;
    let desk = Desk::new(&world).await;
    let mut wanted = Vec::new();
    for number in 0..7 {
        let id = desk.conversation(&format!("Question {number}")).await;
        if number % 2 == 0 {
            wanted.push(id);
        } else {
            desk.manage(&id, json!({ "message_type": "close", "type": "admin" })).await;
        }
    }
    wanted.reverse();
    for query in
        [is("state", "=", "open"), is("open", "!=", false), both("OR", &[is("state", "=", "open"), is("id", "=", "x")])]
    {
        let (mut found, mut cursor) = (Vec::new(), Value::Null);
        loop {
            let body = json!({ "query": query, "pagination": { "per_page": 3, "starting_after": cursor } });
            let page = desk.ok(Method::POST, "/conversations/search", &body).await;
            found.extend(page["conversations"].as_array().expect("a list").iter().map(|one| text(&one["id"])));
            assert!(page["total_count"].as_u64().is_some_and(|total| total >= found.len() as u64), "{page}");
            cursor = page["pages"]["next"]["starting_after"].clone();
            if cursor.is_null() {
                assert_eq!(page["total_count"], 4);
                break;
            }
        }
        assert_eq!(found, wanted, "{query}");
    }
    let counted = json!({ "query": is("open", "=", false), "pagination": { "per_page": 2 } });
    let first = desk.ask(Method::POST, "/conversations/search", &counted).await;
    assert_eq!((&first.json()["total_count"], first.header("x-total-exact")), (&json!(3), None));
    let bounded = json!({ "query": is("state", "=", "open"), "pagination": { "per_page": 2 } });
    let first = desk.ask(Method::POST, "/conversations/search", &bounded).await;
    assert_eq!((&first.json()["total_count"], first.header("x-total-exact")), (&json!(3), Some("false")));
}
