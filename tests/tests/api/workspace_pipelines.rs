use deskless_tests::World;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/pipelines";
const UNKNOWN: &str = "01900000-0000-7000-8000-000000000001";

async fn made(world: &World) -> (String, Vec<Value>) {
    let body = json!({ "name": "Sales", "stages": [{ "name": "New" }, { "name": "Won" }] });
    let made = world.server_key().post(PATH, &body).await.expect(201)["pipeline"].clone();
    let stages = made["stages"].as_array().expect("stages").clone();
    (format!("{PATH}/{}", made["id"].as_str().expect("an id")), stages)
}

#[tokio::test]
async fn renamed_and_moved_stages_keep_their_ids() {
    let world = World::new().await;
    let (path, stages) = made(&world).await;
    assert_eq!((&stages[0]["name"], &stages[1]["name"]), (&json!("New"), &json!("Won")));
    let wanted = json!([{ "id": stages[1]["id"], "name": "Closed" }, { "name": "Lost" }, stages[0]]);
    let changed = world.server_key().patch(&path, &json!({ "stages": wanted })).await.expect(200);
    let now = changed["pipeline"]["stages"].as_array().expect("stages").clone();
    let names: Vec<_> = now.iter().map(|stage| stage["name"].as_str().unwrap_or("?")).collect();
    assert_eq!(names, ["Closed", "Lost", "New"]);
    assert_eq!((&now[0]["id"], &now[2]), (&stages[1]["id"], &stages[0]));
    assert_eq!(world.server_key().get(&path).await.expect(200), changed);
}

#[tokio::test]
async fn omitted_stage_is_archived_and_can_return() {
    let world = World::new().await;
    let (path, stages) = made(&world).await;
    let only = json!({ "stages": [stages[1]] });
    let changed = world.server_key().patch(&path, &only).await.expect(200);
    assert_eq!(changed["pipeline"]["stages"], only["stages"]);
    let both = json!({ "stages": stages });
    let changed = world.server_key().patch(&path, &both).await.expect(200);
    assert_eq!(changed["pipeline"]["stages"], both["stages"]);
    let none = world.server_key().patch(&path, &json!({ "stages": [] })).await.expect(200);
    assert_eq!(none["pipeline"]["stages"], json!([]));
}

#[tokio::test]
async fn foreign_stage_is_refused_with_its_index() {
    let world = World::new().await;
    let (path, stages) = made(&world).await;
    let (_, others) = made(&world).await;
    let role = world.server_key();
    for strange in [json!(UNKNOWN), others[0]["id"].clone(), json!("x")] {
        let change = json!({ "stages": [stages[0], { "id": strange, "name": "a" }] });
        let _ = role.patch(&path, &change).await.expect_invalid(&["stages[1].id"]);
    }
    let twice = json!({ "stages": [stages[0], stages[0]] });
    let _ = role.patch(&path, &twice).await.expect_invalid(&["stages[1].id"]);
    let nameless = json!({ "stages": [{ "name": "" }, {}, { "name": "a", "color": "red" }] });
    let fields = ["stages[0].name", "stages[1].name", "stages[2].color"];
    let _ = role.patch(&path, &nameless).await.expect_invalid(&fields);
    let body = json!({ "name": "a", "stages": [{ "id": UNKNOWN, "name": "a" }] });
    let _ = role.post(PATH, &body).await.expect_invalid(&["stages[0].id"]);
    let many = json!({ "name": "a", "stages": vec![json!({ "name": "a" }); 101] });
    let _ = role.post(PATH, &many).await.expect_invalid(&["stages"]);
    assert_eq!(role.get(&path).await.expect(200)["pipeline"]["stages"], json!(stages));
}

#[tokio::test]
async fn page_ends_at_one_megabyte_and_continues() {
    let world = World::new().await;
    let role = world.server_key();
    let large = json!({ "name": "a", "stages": vec![json!({ "name": "ü".repeat(120) }); 100] });
    for _ in 0..40 {
        let _ = role.post(PATH, &large).await.expect(201);
    }
    let first = role.get(&format!("{PATH}?limit=100")).await.expect(200);
    let rows = first["pipelines"].as_array().map_or(0, Vec::len);
    assert!((1..40).contains(&rows), "{rows} rows");
    let cursor = first["nextCursor"].as_str().expect("a next page");
    let rest = role.get(&format!("{PATH}?limit=100&cursor={cursor}")).await.expect(200);
    assert_eq!(rows + rest["pipelines"].as_array().map_or(0, Vec::len), 40);
}
