use deskless_tests::{Upload, World};
use http::Method;
use serde_json::{Value, json};

use super::{automation, conversation, id, run, shown, thread};

#[tokio::test]
async fn each_action_has_its_effect() {
    let world = World::new().await;
    let role = world.server_key();
    let made = async |path: &str, one: &str, body: Value| {
        role.post(&format!("/api/v1/{path}"), &body).await.expect(201)[one].clone()
    };
    let member = made("members", "member", json!({ "name": "Grace", "email": "a@example.com" })).await;
    let assistant = made("assistants", "assistant", json!({ "name": "Robot" })).await;
    let pipeline = made("pipelines", "pipeline", json!({ "name": "a", "stages": [{ "name": "New" }] })).await;
    let content = "Hello {{customer.id}}, {{assignee.name}} will answer.";
    let message = made("predefined-messages", "predefinedMessage", json!({ "title": "a", "content": content })).await;
    let actions = json!([
        { "action": "assign", "assigneeId": member["id"] },
        { "action": "assign_assistant", "assistantId": assistant["id"] },
        { "action": "move", "pipelineId": pipeline["id"], "stageId": pipeline["stages"][0]["id"] },
        tag_both(),
        { "action": "reply", "predefinedMessageId": message["id"] },
        { "action": "note", "body": "Greeted." },
        { "action": "update_status", "status": "waiting" },
    ]);
    let path = automation(&role, "manual", actions).await;
    let conversation = conversation(&world).await;
    let done = run(&world, &path, &conversation).await;
    assert_eq!(done["status"], "succeeded", "{done:#}");
    let now = shown(&world, &conversation).await;
    assert_eq!((&now["assignee"]["name"], &now["assistant"]["name"]), (&json!("Grace"), &json!("Robot")));
    assert_eq!(
        (&now["stage"]["name"], &now["tags"], &now["status"]),
        (&json!("New"), &json!(["new"]), &json!("waiting"))
    );
    let said = thread(&world, &conversation).await;
    let line =
        |message: &Value| ["type", "role", "body"].map(|field| message[field].as_str().expect("text").to_owned());
    assert_eq!(line(&said[0]), ["reply", "assistant", "Hello cus_123, Grace will answer."]);
    assert_eq!(line(&said[1]), ["note", "assistant", "Greeted."]);
    assert_eq!((said.len(), &said[0]["sender"]["name"]), (2, &json!(null)));
    assert_eq!(said[0]["sender"]["id"].as_str(), path.rsplit('/').next());
    world.assert_settled().await;

    let delete = automation(&role, "manual", json!([{ "action": "delete", "reason": "spam" }])).await;
    assert_eq!(run(&world, &delete, &conversation).await["status"], "succeeded");
    let gone = format!("/api/v1/conversations/{conversation}");
    let _ = role.get(&gone).await.expect_problem(404, "not_found");
    world.assert_settled().await;
}

fn tag_both() -> Value {
    json!({ "action": "tag", "add": ["new"], "remove": ["old"] })
}

#[tokio::test]
async fn failed_step_ends_run_with_reason() {
    let world = World::new().await;
    let role = world.server_key();
    let member = json!({ "name": "Grace", "email": "a@example.com" });
    let member = role.post("/api/v1/members", &member).await.expect(201)["member"].clone();
    let message = json!({ "title": "a", "content": "{{customer.email}}" });
    let message = role.post("/api/v1/predefined-messages", &message).await.expect(201)["predefinedMessage"].clone();
    let note = |body: &str| json!({ "action": "note", "body": body });
    let delete = async |path: String| role.ask(Method::DELETE, &path).send().await.expect(204);

    let archived = json!([note("1"), { "action": "assign", "assigneeId": member["id"] }, note("2")]);
    let archived = automation(&role, "manual", archived).await;
    let empty = json!([{ "action": "reply", "predefinedMessageId": message["id"] }]);
    let empty = automation(&role, "manual", empty).await;
    let tags: Vec<_> = (0..20).map(|i| format!("t{i}")).collect();
    let full = json!([{ "action": "tag", "add": tags }, { "action": "tag", "add": ["one more"] }]);
    let full = automation(&role, "manual", full).await;
    let gone = json!([{ "action": "delete" }, note("3")]);
    let gone = automation(&role, "manual", gone).await;
    let _ = delete(format!("/api/v1/members/{}", id(&member))).await;
    world.clock.advance_millis(30_000);

    let conversation = conversation(&world).await;
    for (path, at, code) in [
        (&archived, 1, "reference_not_found"),
        (&empty, 0, "invalid_message"),
        (&full, 1, "too_many_tags"),
        (&gone, 1, "not_found"),
    ] {
        let done = run(&world, path, &conversation).await;
        assert_eq!((&done["status"], &done["reason"]["code"]), (&json!("failed"), &json!("step_failed")), "{done:#}");
        let steps = done["steps"].as_array().expect("steps");
        for (i, step) in steps.iter().enumerate() {
            let wanted = ["succeeded", "failed", "skipped"][usize::from(i >= at) + usize::from(i > at)];
            assert_eq!(step["status"], wanted, "{done:#}");
        }
        assert_eq!(steps[at]["reason"]["code"], code, "{done:#}");
        assert!(steps[at]["reason"]["message"].as_str().is_some_and(|text| text.ends_with('.')));
        if path == &full {
            let bodies: Vec<_> = thread(&world, &conversation).await.iter().map(|m| m["body"].clone()).collect();
            assert_eq!(bodies, ["1"], "steps after a failed one are not done");
        }
    }
    let message = format!("/api/v1/predefined-messages/{}", id(&message));
    let _ = delete(message).await;
    let another = super::conversation(&world).await;
    let done = run(&world, &empty, &another).await;
    assert_eq!(done["steps"][0]["reason"]["code"], "reference_not_found");
    world.assert_settled().await;
}

#[tokio::test]
async fn reply_attaches_file_of_predefined_message() {
    let world = World::new().await;
    let role = world.server_key();
    let signed = role.sign(&Value::Null, "map", "image/png", 5).await.expect(201);
    Upload::of(&signed["upload"], "hello").expect_accepted().await;
    let file = signed["file"]["id"].clone();
    let _ = role.post("/api/v1/files", &json!({ "fileId": file })).await.expect(200);
    let message = json!({ "title": "a", "content": "See here", "messageType": "image", "fileId": file });
    let message = role.post("/api/v1/predefined-messages", &message).await.expect(201)["predefinedMessage"].clone();
    let reply = json!([{ "action": "reply", "predefinedMessageId": message["id"] }]);
    let path = automation(&role, "manual", reply).await;
    let first = conversation(&world).await;
    assert_eq!(run(&world, &path, &first).await["status"], "succeeded");
    assert_eq!(thread(&world, &first).await[0]["attachments"][0]["fileId"], file);
    let deleted = format!("/api/v1/files/{}", file.as_str().expect("an id"));
    let _ = role.ask(Method::DELETE, &deleted).send().await.expect(204);
    let failed = run(&world, &path, &conversation(&world).await).await;
    assert_eq!(failed["steps"][0]["reason"]["code"], "invalid_message", "{failed:#}");
}
