use deskless_tests::World;
use serde_json::{Value, json};

fn bodies(list: &Value) -> Vec<&str> {
    list["messages"].as_array().expect("an array").iter().map(|m| m["body"].as_str().expect("text")).collect()
}

async fn thread(world: &World, said: &[&str]) -> String {
    let path = format!("{}/messages", world.server_key().open_path().await);
    for body in said {
        let _ = world.server_key().post(&path, &json!({ "body": body })).await.expect(201);
    }
    path
}

#[tokio::test]
async fn messages_are_oldest_first_and_desc_reverses() {
    let world = World::new().await;
    let path = thread(&world, &["a", "b", "c"]).await;
    let list = world.server_key().get(&path).await.expect(200);
    assert_eq!((bodies(&list), &list["hasMore"]), (vec!["a", "b", "c"], &json!(false)));
    let list = world.server_key().get(&format!("{path}?order=desc&limit=2")).await.expect(200);
    assert_eq!((bodies(&list), &list["hasMore"]), (vec!["c", "b"], &json!(true)));
    let cursor = list["nextCursor"].as_str().expect("a cursor");
    let list = world.server_key().get(&format!("{path}?order=desc&limit=2&cursor={cursor}")).await.expect(200);
    assert_eq!((bodies(&list), &list["hasMore"]), (vec!["a"], &json!(false)));
}

#[tokio::test]
async fn polling_cursor_returns_new_messages() {
    let world = World::new().await;
    let path = thread(&world, &[]).await;
    let empty = world.server_key().get(&path).await.expect(200);
    assert_eq!((bodies(&empty).len(), &empty["hasMore"]), (0, &json!(false)));
    let mut cursor = empty["nextCursor"].as_str().expect("never null").to_owned();
    for round in ["a", "b"] {
        let _ = world.server_key().post(&path, &json!({ "body": round })).await.expect(201);
        let list = world.server_key().get(&format!("{path}?cursor={cursor}")).await.expect(200);
        assert_eq!(bodies(&list), [round]);
        list["nextCursor"].as_str().expect("never null").clone_into(&mut cursor);
        let nothing = world.server_key().get(&format!("{path}?cursor={cursor}")).await.expect(200);
        assert_eq!((bodies(&nothing).len(), nothing["nextCursor"].as_str()), (0, Some(cursor.as_str())));
    }
}

#[tokio::test]
async fn page_ends_at_limit() {
    let world = World::new().await;
    let path = thread(&world, &["a", "b", "c"]).await;
    for (limit, wanted, more) in [(1, 1, true), (2, 2, true), (3, 3, false), (500, 3, false)] {
        let list = world.server_key().get(&format!("{path}?limit={limit}")).await.expect(200);
        assert_eq!((bodies(&list).len(), &list["hasMore"]), (wanted, &json!(more)), "{limit}");
    }
    for limit in ["0", "501", "x"] {
        let _ = world.server_key().get(&format!("{path}?limit={limit}")).await.expect_invalid(&["limit"]);
    }
    let _ = world.server_key().get(&format!("{path}?offset=3")).await.expect_invalid(&["offset"]);
}

#[tokio::test]
async fn foreign_cursor_is_refused() {
    let world = World::new().await;
    let one = thread(&world, &["a"]).await;
    let two = thread(&world, &["b"]).await;
    let list = world.server_key().get(&one).await.expect(200);
    let cursor = list["nextCursor"].as_str().expect("a cursor");
    for path in [format!("{two}?cursor={cursor}"), format!("{one}?order=desc&cursor={cursor}")] {
        let _ = world.server_key().get(&path).await.expect_problem(400, "invalid_cursor");
    }
}

#[tokio::test]
async fn unknown_conversation_is_404() {
    let world = World::new().await;
    let theirs = world.other_workspace().open_path().await;
    let said = world.other_workspace().post(&format!("{theirs}/messages"), &json!({ "body": "secret" })).await;
    let id = said.expect(201)["message"]["id"].as_str().expect("an id").to_owned();
    let ours = world.server_key().open_path().await;
    for path in [
        format!("{theirs}/messages"),
        format!("{theirs}/messages/{id}"),
        format!("{ours}/messages/{id}"),
        format!("{ours}/messages/x"),
        "/api/v1/conversations/x/messages".to_owned(),
    ] {
        let _ = world.server_key().get(&path).await.expect_problem(404, "not_found");
    }
}
