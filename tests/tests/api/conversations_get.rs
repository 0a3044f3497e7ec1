use deskless_tests::{World, minimal_conversation};
use serde_json::json;

#[tokio::test]
async fn get_is_strongly_consistent() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let _ = world.server_key().patch(&path, &json!({ "priority": "high" })).await.expect(200);
    assert_eq!(world.server_key().get(&path).await.expect(200)["conversation"]["priority"], "high");
}

#[tokio::test]
async fn unknown_and_malformed_ids_return_same_404() {
    let world = World::new().await;
    let theirs = world.other_workspace().open(&minimal_conversation()).await;
    let theirs = theirs["id"].as_str().expect("an id");
    let ids = [
        theirs,
        "01900000-0000-7000-8000-000000000001",
        "6f6b6f9a-1b6a-4e42-9f71-1b9a3f3d2a33",
        "nonsense",
        "%20",
        "6f6b6f9a1b6a4e429f711b9a3f3d2a33",
    ];
    let mut answers = Vec::new();
    for id in ids {
        let mut body =
            world.server_key().get(&format!("/api/v1/conversations/{id}")).await.expect_problem(404, "not_found");
        body["requestId"].take();
        answers.push(body);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
}

#[tokio::test]
async fn id_is_case_insensitive() {
    let world = World::new().await;
    let made = world.server_key().open(&minimal_conversation()).await;
    let path = format!("/api/v1/conversations/{}", made["id"].as_str().expect("an id").to_uppercase());
    assert_eq!(world.server_key().get(&path).await.expect(200)["conversation"], made);
}
