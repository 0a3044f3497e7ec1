use deskless_tests::{World, minimal_conversation};
use serde_json::{Value, json};

const PATH: &str = "/api/v1/conversations";

fn subjects(list: &Value) -> Vec<&str> {
    list["conversations"].as_array().expect("an array").iter().map(|c| c["subject"].as_str().expect("text")).collect()
}

async fn open(world: &World, subject: &str, fields: Value) -> String {
    let mut body = json!({ "subject": subject, "customer": { "id": "cus_1" } });
    body.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
    let made = world.server_key().open(&body).await;
    format!("{PATH}/{}", made["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn empty_workspace_has_empty_list() {
    let world = World::new().await;
    let _ = world.other_workspace().open(&minimal_conversation()).await;
    let list = world.server_key().get(PATH).await.expect(200);
    assert_eq!(list, json!({ "object": "list", "hasMore": false, "nextCursor": null, "conversations": [] }));
}

#[tokio::test]
async fn newest_activity_comes_first_and_asc_reverses() {
    let world = World::new().await;
    let first = open(&world, "first", json!({})).await;
    open(&world, "second", json!({ "status": "waiting" })).await;
    open(&world, "third", json!({ "status": "solved" })).await;
    assert_eq!(subjects(&world.server_key().get(PATH).await.expect(200)), ["third", "second", "first"]);
    let _ = world.server_key().post(&format!("{first}/messages"), &json!({ "body": "Hi" })).await.expect(201);
    assert_eq!(subjects(&world.server_key().get(PATH).await.expect(200)), ["first", "third", "second"]);
    let asc = world.server_key().get("/api/v1/conversations?order=asc").await.expect(200);
    assert_eq!(subjects(&asc), ["second", "third", "first"]);
}

#[tokio::test]
async fn note_does_not_change_order() {
    let world = World::new().await;
    let first = open(&world, "first", json!({})).await;
    open(&world, "second", json!({})).await;
    let note = json!({ "type": "note", "body": "Hm" });
    let _ = world.server_key().post(&format!("{first}/messages"), &note).await.expect(201);
    assert_eq!(subjects(&world.server_key().get(PATH).await.expect(200)), ["second", "first"]);
}

#[tokio::test]
async fn filters_are_combined() {
    let world = World::new().await;
    open(&world, "a", json!({ "channel": "email" })).await;
    open(&world, "b", json!({ "channel": "discord", "status": "waiting" })).await;
    open(&world, "c", json!({ "channel": "discord", "customer": { "id": "cus_2" } })).await;
    open(&world, "d", json!({ "status": "solved", "customer": { "id": "cus_2" } })).await;
    for (query, wanted) in [
        ("status=open", vec!["c", "a"]),
        ("status=waiting", vec!["b"]),
        ("status=solved", vec!["d"]),
        ("channel=discord", vec!["c", "b"]),
        ("channel=discord&status=open", vec!["c"]),
        ("customerId=cus_2", vec!["d", "c"]),
        ("customerId=cus_2&status=solved", vec!["d"]),
        ("customerId=cus_2&channel=discord", vec!["c"]),
        ("customerId=cus_2&channel=discord&status=solved", vec![]),
        ("customerId=nobody", vec![]),
        ("channel=sms", vec![]),
    ] {
        let list = world.server_key().get(&format!("{PATH}?{query}")).await.expect(200);
        assert_eq!(subjects(&list), wanted, "{query}");
        assert_eq!(list["hasMore"], false, "{query}");
    }
}

#[tokio::test]
async fn customer_filter_is_limited_to_workspace() {
    let world = World::new().await;
    let _ = world.other_workspace().open(&minimal_conversation()).await;
    let list = world.server_key().get(&format!("{PATH}?customerId=cus_123")).await.expect(200);
    assert_eq!(list["conversations"], json!([]));
}

#[tokio::test]
async fn pages_follow_limit_and_cursor() {
    let world = World::new().await;
    for subject in ["a", "b", "c", "d", "e"] {
        open(&world, subject, json!({})).await;
    }
    let first = world.server_key().get(&format!("{PATH}?limit=2")).await.expect(200);
    assert_eq!((subjects(&first), &first["hasMore"]), (vec!["e", "d"], &json!(true)));
    let cursor = first["nextCursor"].as_str().expect("a cursor");
    let second = world.server_key().get(&format!("{PATH}?limit=3&cursor={cursor}")).await.expect(200);
    assert_eq!((subjects(&second), &second["hasMore"]), (vec!["c", "b", "a"], &json!(false)));
    assert_eq!(second["nextCursor"], Value::Null);
}

#[tokio::test]
async fn default_limit_is_20() {
    let world = World::new().await;
    for _ in 0..21 {
        let _ = world.server_key().open(&minimal_conversation()).await;
    }
    let page = world.server_key().get(PATH).await.expect(200);
    assert_eq!((page["conversations"].as_array().map(Vec::len), &page["hasMore"]), (Some(20), &json!(true)));
    let page = world.server_key().get(&format!("{PATH}?limit=100")).await.expect(200);
    assert_eq!((page["conversations"].as_array().map(Vec::len), &page["hasMore"]), (Some(21), &json!(false)));
}

#[tokio::test]
async fn ascending_pagination_ends_while_rows_move() {
    let world = World::new().await;
    let mut paths = Vec::new();
    for subject in ["a", "b", "c", "d"] {
        paths.push(open(&world, subject, json!({})).await);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for step in 0.. {
        assert!(step < 10, "pagination never ends: {seen:?}");
        let page = world.server_key().get(&format!("{PATH}?order=asc&limit=1{cursor}")).await.expect(200);
        seen.extend(subjects(&page).into_iter().map(str::to_owned));
        for path in &paths {
            let _ = world.server_key().post(&format!("{path}/messages"), &json!({ "body": "again" })).await.expect(201);
        }
        let Some(next) = page["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, ["a"]);
}

#[tokio::test]
async fn cursor_is_bound_to_its_list() {
    let world = World::new().await;
    for _ in 0..3 {
        let _ = world.server_key().open(&minimal_conversation()).await;
        let _ = world.other_workspace().open(&minimal_conversation()).await;
    }
    let page = world.server_key().get(&format!("{PATH}?limit=1&status=open")).await.expect(200);
    let cursor = page["nextCursor"].as_str().expect("a cursor");
    let ours = world.server_key();
    let _ = ours.get(&format!("{PATH}?limit=2&status=open&cursor={cursor}")).await.expect(200);
    for query in [
        format!("cursor={cursor}"),
        format!("status=waiting&cursor={cursor}"),
        format!("status=open&order=asc&cursor={cursor}"),
        format!("status=open&channel=api&cursor={cursor}"),
        format!("status=open&cursor={cursor}A"),
        format!("status=open&cursor={}", &cursor[1..]),
        "status=open&cursor=".to_owned(),
        "status=open&cursor=%00".to_owned(),
    ] {
        let _ = ours.get(&format!("{PATH}?{query}")).await.expect_problem(400, "invalid_cursor");
    }
    let theirs = world.other_workspace().get(&format!("{PATH}?limit=2&status=open&cursor={cursor}")).await;
    let _ = theirs.expect_problem(400, "invalid_cursor");
}

#[tokio::test]
async fn every_invalid_parameter_is_named() {
    let world = World::new().await;
    let get = async |query: &str| world.server_key().get(&format!("{PATH}?{query}")).await;
    for limit in ["0", "101", "-1", "1.5", "ten", "", "+5", "99999999999999999999"] {
        let _ = get(&format!("limit={limit}")).await.expect_invalid(&["limit"]);
    }
    let _ = get("status=closed&channel=fax&order=up&limit=x")
        .await
        .expect_invalid(&["status", "channel", "order", "limit"]);
    let _ = get("customerId=a%20b").await.expect_invalid(&["customerId"]);
    let _ = get("statsu=open&page=2").await.expect_invalid(&["statsu", "page"]);
    let _ = get("status=open&status=open").await.expect_invalid(&["status"]);
    let body = get("status=closed").await.expect_invalid(&["status"]);
    assert_eq!(body["error"], "`status` must be one of open, waiting, solved.");
}
