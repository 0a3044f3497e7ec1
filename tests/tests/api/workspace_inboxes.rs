use deskless_tests::World;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/inboxes";

#[tokio::test]
async fn inbox_secrets_are_hidden() {
    let world = World::new().await;
    let settings = json!({
        "phoneNumberId": "1055", "pageId": "77", "accountId": "A1", "from": "+49 30 1234", "maxBodyLength": 1600,
        "replyWindowHours": 24, "accessToken": "EAAG-hunter2", "appSecret": "hunter3",
    });
    let body = json!({ "name": "Support", "channel": "whatsapp", "settings": settings });
    let ask = world.server_key().ask(http::Method::POST, PATH).header("idempotency-key", "k");
    let made = ask.json(&body).send().await.expect(201)["inbox"].clone();
    let wanted = json!({
        "phoneNumberId": "1055", "pageId": "77", "accountId": "A1", "from": "+49 30 1234", "maxBodyLength": 1600,
        "replyWindowHours": 24, "hasAccessToken": true, "hasAppSecret": true,
    });
    assert_eq!(made["settings"], wanted);
    assert_eq!(made["object"], "inbox");
    let path = format!("{PATH}/{}", made["id"].as_str().expect("an id"));
    for answer in [world.server_key().get(&path).await, world.server_key().get(PATH).await] {
        assert!(!answer.expect(200).to_string().contains("hunter"));
    }
}

#[tokio::test]
async fn settings_are_updated_individually() {
    let world = World::new().await;
    let role = world.server_key();
    let body = json!({ "name": "Support", "channel": "sms", "settings": { "from": "A", "accessToken": "t" } });
    let made = role.post(PATH, &body).await.expect(201)["inbox"].clone();
    let path = format!("{PATH}/{}", made["id"].as_str().expect("an id"));
    let changed = async |settings: Value| {
        let change = json!({ "settings": settings });
        role.patch(&path, &change).await.expect(200)["inbox"]["settings"].clone()
    };
    let now = changed(json!({ "pageId": "7" })).await;
    assert_eq!((&now["from"], &now["pageId"], &now["hasAccessToken"]), (&json!("A"), &json!("7"), &json!(true)));
    let now = changed(json!({ "from": null, "accessToken": null, "appSecret": "s" })).await;
    assert_eq!((&now["from"], &now["pageId"]), (&Value::Null, &json!("7")));
    assert_eq!((&now["hasAccessToken"], &now["hasAppSecret"]), (&json!(false), &json!(true)));
    let now = changed(Value::Null).await;
    assert_eq!((&now["pageId"], &now["hasAppSecret"]), (&Value::Null, &json!(false)));
}

#[tokio::test]
async fn invalid_settings_are_named() {
    let world = World::new().await;
    let settings = json!({
        "nonsense": 1, "from": "", "maxBodyLength": 0, "replyWindowHours": 8761, "accessToken": "a b", "pageId": 7,
    });
    let body = json!({ "name": "Support", "channel": "fax", "settings": settings });
    let _ = world.server_key().post(PATH, &body).await.expect_invalid(&[
        "channel",
        "settings.nonsense",
        "settings.from",
        "settings.maxBodyLength",
        "settings.replyWindowHours",
        "settings.accessToken",
        "settings.pageId",
    ]);
    let made = world.server_key().post(PATH, &json!({ "name": "a", "channel": "sms" })).await.expect(201);
    let path = format!("{PATH}/{}", made["inbox"]["id"].as_str().expect("an id"));
    let _ = world.server_key().patch(&path, &json!({ "channel": "email" })).await.expect_invalid(&["channel"]);
}
