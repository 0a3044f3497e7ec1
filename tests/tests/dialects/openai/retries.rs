use deskless_tests::World;
use http::Method;
use serde_json::{Value, json};

use super::{BASE, items, open, texts, user};

async fn send(world: &World, path: &str, body: &Value, header: (&'static str, &str)) -> deskless_tests::TestResponse {
    world.server_key().ask(Method::POST, &format!("{BASE}{path}")).json(body).header(header.0, header.1).send().await
}

#[tokio::test]
async fn idempotency_key_prevents_a_second_effect() {
    let world = World::new().await;
    let key = ("idempotency-key", "stainless-node-retry-1");
    let path = open(&world, &json!({})).await;
    let long = "x".repeat(20_000);
    let new = json!({ "items": [user("a"), user(&long)], "metadata": { "a": "b" } });
    let added = json!({ "items": [user("a"), user(&long), { "type": "reasoning", "id": "rs_1", "summary": [] }] });
    let metadata = json!({ "metadata": { "c": "d" } });
    for (path, body) in [(String::new(), &new), (format!("{path}/items"), &added), (path.clone(), &metadata)] {
        let first = send(&world, &path, body, key).await;
        assert_eq!(first.header("idempotent-replayed"), None);
        let first = first.expect(200);
        let _ = world.drain_events().await;
        let rows = world.rows().await.len();
        let second = send(&world, &path, body, key).await;
        assert_eq!(second.header("idempotent-replayed"), Some("true"), "{path}");
        assert_eq!(second.expect(200), first);
        // The content that the repeat stored for nothing is removed in the background.
        let _ = world.drain_events().await;
        assert_eq!(world.rows().await.len(), rows, "{path}");
    }
    assert_eq!(items(&world, &path).await.len(), 3);
    let other = send(&world, &format!("{path}/items"), &json!({ "items": [user("b")] }), key).await;
    assert!(other.status.is_client_error(), "{}", other.status);
    let _ = world.drain_events().await;
    world.assert_settled().await;
}

#[tokio::test]
async fn retry_without_a_key_adds_nothing_twice() {
    let world = World::new().await;
    let path = open(&world, &json!({ "items": [user("a")] })).await;
    let body = json!({ "items": [user("a"), { "type": "reasoning", "id": "rs_1", "summary": [] }] });
    let target = format!("{path}/items");
    let first = send(&world, &target, &body, ("x-stainless-retry-count", "0")).await.expect(200);
    assert_eq!(send(&world, &target, &body, ("x-stainless-retry-count", "1")).await.expect(200), first);
    assert_eq!(items(&world, &path).await.len(), 3);
    // A request that is not a retry adds its items again, and so does a retry whose first attempt was not carried out.
    let yes = json!({ "items": [user("Yes")] });
    for count in ["0", "0", "2"] {
        let _ = send(&world, &target, &yes, ("x-stainless-retry-count", count)).await.expect(200);
    }
    let no = json!({ "items": [user("No")] });
    let _ = send(&world, &target, &no, ("x-stainless-retry-count", "1")).await.expect(200);
    assert_eq!(texts(&items(&world, &path).await)[3..], ["Yes", "Yes", "No"]);
}

#[tokio::test]
async fn retry_with_own_ids_is_recognized_behind_other_items() {
    let world = World::new().await;
    let path = open(&world, &json!({})).await;
    let target = format!("{path}/items");
    let body = json!({ "items": [
        { "id": "own_1", "role": "user", "content": "a" }, { "type": "reasoning", "id": "rs_1", "summary": [] },
    ] });
    let first = send(&world, &target, &body, ("x-stainless-retry-count", "0")).await.expect(200);
    let _ = super::add(&world, &path, &json!([user("b")])).await;
    let second = send(&world, &target, &body, ("x-stainless-retry-count", "1")).await;
    assert_eq!(second.header("idempotent-replayed"), Some("true"));
    assert_eq!(second.expect(200), first);
    assert_eq!(items(&world, &path).await.len(), 3);
    let other = json!({ "items": [{ "id": "own_1", "role": "user", "content": "another" }] });
    let _ = send(&world, &target, &other, ("x-stainless-retry-count", "1")).await.expect(400);
    let _ = send(&world, &target, &body, ("x-stainless-retry-count", "0")).await.expect(400);
}

#[tokio::test]
async fn equal_item_of_an_earlier_call_is_not_taken_for_a_retry() {
    let world = World::new().await;
    let path = open(&world, &json!({})).await;
    let target = format!("{path}/items");
    let yes = json!({ "items": [user("Yes")] });
    let mut expected = 1;
    let _ = send(&world, &target, &yes, ("x-stainless-retry-count", "0")).await.expect(200);
    for (count, seconds, is_new) in [("1", 80, false), ("1", 20, true), ("2", 170, false), ("2", 20, true)] {
        world.clock.advance_millis(seconds * 1000);
        let answer = send(&world, &target, &yes, ("x-stainless-retry-count", count)).await;
        assert_eq!(answer.header("idempotent-replayed").is_none(), is_new, "{count}, {seconds}");
        expected += usize::from(is_new);
        assert_eq!(items(&world, &path).await.len(), expected, "{count}, {seconds}");
    }
}
