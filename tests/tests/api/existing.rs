//! What is unique, and what a conflict says about the object that exists.

use deskless_domain::Scope;
use deskless_tests::{KeyOptions, Role, TestResponse, World, minimal_conversation};
use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};

const CONVERSATIONS: &str = "/api/v1/conversations";
const MEMBERS: &str = "/api/v1/members";

fn id(object: &Value) -> &str {
    object["id"].as_str().unwrap_or_else(|| panic!("no id in {object:#}"))
}

/// Asserts a conflict that names an object by its id and its path.
#[track_caller]
fn names(answer: TestResponse, code: &str, path: &str) {
    let location = answer.header("location").map(str::to_owned);
    let problem = answer.expect_problem(409, code);
    assert_eq!(
        (problem["existingId"].as_str(), location.as_deref()),
        (path.rsplit('/').next(), Some(path)),
        "{problem:#}"
    );
}

/// Asserts a conflict that names no object.
#[track_caller]
fn names_nothing(answer: TestResponse, code: &str) {
    assert!(answer.header("location").is_none());
    let problem = answer.expect_problem(409, code);
    assert!(problem.get("existingId").is_none(), "{problem:#}");
}

fn with_session(key: &str) -> Value {
    let mut body = minimal_conversation();
    body["sessionKey"] = json!(key);
    body
}

async fn opened(role: &Role<'_>, body: &Value) -> String {
    format!("{CONVERSATIONS}/{}", id(&role.open(body).await))
}

#[tokio::test]
async fn members_are_unique_by_email() {
    let world = World::new().await;
    let role = world.server_key();
    let member = |email: &str| json!({ "name": "Grace", "email": email });
    let first = role.post(MEMBERS, &member("Grace@Example.com")).await.expect(201);
    let first = format!("{MEMBERS}/{}", id(&first["member"]));
    names(role.post(MEMBERS, &member("grace@example.com")).await, "email_exists", &first);
    let second = role.post(MEMBERS, &member("ada@example.com")).await.expect(201);
    let second = format!("{MEMBERS}/{}", id(&second["member"]));
    names(role.patch(&second, &json!({ "email": "GRACE@example.com" })).await, "email_exists", &first);
    let _ = role.patch(&first, &json!({ "email": "grace@EXAMPLE.com" })).await.expect(200);
    let _ = role.patch(&first, &json!({ "email": "hopper@example.com" })).await.expect(200);
    let _ = role.patch(&second, &json!({ "email": "grace@example.com" })).await.expect(200);
    let _ = role.post(MEMBERS, &member("ada@example.com")).await.expect(201);
    let _ = role.ask(Method::DELETE, &second).send().await.expect(204);
    let ask =
        || role.ask(Method::POST, MEMBERS).header("idempotency-key", "k").json(&member("grace@example.com")).send();
    let third = ask().await.expect(201);
    assert_eq!(ask().await.expect(201), third, "a repeat");
    let _ = world.other_workspace().post(MEMBERS, &member("grace@example.com")).await.expect(201);
    world.assert_sound().await;
}

#[tokio::test]
async fn one_of_many_concurrent_members_wins() {
    let world = World::new().await;
    let role = world.server_key();
    let body = json!({ "name": "Grace", "email": "grace@example.com" });
    let answers = join_all((0..8).map(|_| role.ask(Method::POST, MEMBERS).json(&body).send_now())).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 409).count(), 7);
    world.assert_sound().await;
}

#[tokio::test]
async fn session_key_is_unique_among_open_conversations_of_an_inbox() {
    let world = World::new().await;
    let role = world.server_key();
    let body = with_session("whatsapp_+491");
    let answers = join_all((0..6).map(|_| role.ask(Method::POST, CONVERSATIONS).json(&body).send_now())).await;
    let won: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!((won.len(), answers.iter().filter(|answer| answer.status == 409).count()), (1, 5));
    let first = format!("{CONVERSATIONS}/{}", id(&won[0].json()["conversation"]));
    names(role.post(CONVERSATIONS, &body).await, "session_key_exists", &first);
    let _ = role.patch(&first, &json!({ "status": "waiting" })).await.expect(200);
    names(role.post(CONVERSATIONS, &body).await, "session_key_exists", &first);
    world.assert_sound().await;

    // The claim follows the status.
    let _ = role.post(&format!("{first}/resolve"), &json!({})).await.expect(200);
    let second = opened(&role, &body).await;
    world.assert_sound().await;
    for patch in [json!({ "status": "open" }), json!({ "status": "waiting", "metadata": { "k": "x".repeat(2000) } })] {
        names(role.patch(&first, &patch).await, "session_key_exists", &second);
    }
    names(role.post(&format!("{first}/messages"), &json!({ "body": "Hi" })).await, "session_key_exists", &second);
    let note = json!({ "body": "Hi", "type": "note" });
    let _ = role.post(&format!("{first}/messages"), &note).await.expect(201);
    let ask = role.ask(Method::POST, &format!("{second}/resolve")).header("idempotency-key", "k").json(&json!({}));
    let _ = ask.send().await.expect(200);
    let _ = role.post(&format!("{first}/messages"), &json!({ "body": "Hi" })).await.expect(201);
    assert_eq!(role.get(&first).await.expect(200)["conversation"]["status"], "open");
    names(role.post(CONVERSATIONS, &body).await, "session_key_exists", &first);
    world.assert_sound().await;

    // A deletion releases it.
    let _ = role.ask(Method::DELETE, &first).send().await.expect(204);
    let _ = opened(&role, &body).await;
    let _ = world.drain_events().await;
    world.assert_settled().await;
}

#[tokio::test]
async fn session_key_follows_the_inbox() {
    let world = World::new().await;
    let role = world.server_key();
    let made = role.post("/api/v1/inboxes", &json!({ "name": "a", "channel": "api" })).await.expect(201);
    let inbox = made["inbox"]["id"].clone();
    let mut inside = with_session("s");
    inside["inboxId"] = inbox.clone();
    let (outer, inner) = (opened(&role, &with_session("s")).await, opened(&role, &inside).await);
    names(role.post(CONVERSATIONS, &inside).await, "session_key_exists", &inner);
    names(role.patch(&outer, &json!({ "inboxId": inbox })).await, "session_key_exists", &inner);
    let _ = role.patch(&inner, &json!({ "status": "solved" })).await.expect(200);
    let _ = role.patch(&outer, &json!({ "inboxId": inbox })).await.expect(200);
    names(role.patch(&inner, &json!({ "status": "open" })).await, "session_key_exists", &outer);
    let _ = role.patch(&inner, &json!({ "status": "open", "inboxId": null })).await.expect(200);
    world.assert_sound().await;
    let query = format!("{CONVERSATIONS}?sessionKey=s");
    let list = async |more: &str| {
        let page = role.get(&format!("{query}{more}")).await.expect(200);
        let mut ids: Vec<_> =
            page["conversations"].as_array().expect("an array").iter().map(|c| id(c).to_owned()).collect();
        ids.sort_unstable();
        ids
    };
    let ids = |paths: &[&String]| -> Vec<String> {
        let mut ids: Vec<_> = paths.iter().map(|path| path.rsplit('/').next().expect("an id").to_owned()).collect();
        ids.sort_unstable();
        ids
    };
    let of_inbox = format!("&inboxId={}", inbox.as_str().expect("an id"));
    assert_eq!(list("").await, ids(&[&outer, &inner]));
    assert_eq!(list(&of_inbox).await, ids(&[&outer]));
    assert_eq!(list(&format!("{of_inbox}&status=open")).await, ids(&[&outer]));
    assert_eq!(list(&format!("{of_inbox}&status=waiting")).await, ids(&[]));
    let _ = role.patch(&outer, &json!({ "status": "solved" })).await.expect(200);
    assert_eq!(list(&format!("{of_inbox}&status=open")).await, ids(&[]));
    assert_eq!(list(&format!("{of_inbox}&status=solved")).await, ids(&[&outer]));
}

#[tokio::test]
async fn jobs_do_not_reopen_beside_another_session() {
    let world = World::new().await;
    let role = world.server_key();
    let first = opened(&role, &with_session("s")).await;
    let _ = role.patch(&first, &json!({ "status": "solved" })).await.expect(200);
    let _second = opened(&role, &with_session("s")).await;
    let ids = [first.rsplit('/').next().expect("an id")];
    let body = json!({ "action": "update_status", "status": "open", "conversationIds": ids });
    let bulk = role.post("/api/v1/bulk-actions", &body).await.expect(200)["bulkAction"].clone();
    assert_eq!((&bulk["status"], &bulk["results"][0]["code"]), (&json!("succeeded"), &json!("session_key_exists")));
    let automation = json!({
        "name": "a", "trigger": "manual", "actions": [{ "action": "update_status", "status": "open" }],
    });
    let made = role.post("/api/v1/automations", &automation).await.expect(201);
    let runs = format!("/api/v1/automations/{}/executions", id(&made["automation"]));
    let _ = role.post(&runs, &json!({ "conversationId": ids[0] })).await.expect(202);
    let _ = world.drain_events().await;
    let run = role.get(&runs).await.expect(200)["executions"][0].clone();
    assert_eq!(run["steps"][0]["reason"]["code"], "session_key_exists", "{run:#}");
    world.assert_settled().await;
}

#[tokio::test]
async fn concurrent_changes_keep_session_claims() {
    let world = World::new().await;
    let role = world.server_key();
    let mut paths = Vec::new();
    for _ in 0..3 {
        let path = opened(&role, &with_session("s")).await;
        let _ = role.patch(&path, &json!({ "status": "solved" })).await.expect(200);
        paths.push(path);
    }
    for round in 0..10 {
        let requests = paths.iter().enumerate().flat_map(|(at, path)| {
            let status = if (round + at) % 3 == 0 { "solved" } else { "open" };
            let patch = role.ask(Method::PATCH, path).json(&json!({ "status": status })).send_now();
            let reply = role.ask(Method::POST, &format!("{path}/messages")).json(&json!({ "body": "Hi" })).send_now();
            [Box::pin(patch) as std::pin::Pin<Box<dyn Future<Output = TestResponse>>>, Box::pin(reply)]
        });
        for answer in join_all(requests).await {
            assert!(answer.status.is_success() || answer.status == 409, "{answer:?}");
        }
        world.assert_sound().await;
    }
}

#[tokio::test]
async fn conflict_names_the_existing_object_to_those_who_may_read_it() {
    let world = World::new().await;
    let role = world.server_key();
    let mut body = with_session("s");
    body["externalId"] = json!("ticket_1");
    let conversation = opened(&role, &body).await;
    let blind = world
        .make_key(KeyOptions {
            scopes: vec![Scope::WriteConversations, Scope::WriteWorkspace],
            ..KeyOptions::default()
        })
        .await;
    let blind = world.with_key(&blind);
    names(role.post(CONVERSATIONS, &body).await, "external_id_exists", &conversation);
    names_nothing(blind.post(CONVERSATIONS, &body).await, "external_id_exists");
    names_nothing(blind.post(CONVERSATIONS, &with_session("s")).await, "session_key_exists");
    let member = json!({ "name": "Grace", "email": "grace@example.com" });
    let _ = role.post(MEMBERS, &member).await.expect(201);
    names_nothing(blind.post(MEMBERS, &member).await, "email_exists");

    let thread = format!("{conversation}/messages");
    let message = |external: &str| json!({ "body": "Hi", "externalId": external });
    let first = role.post(&thread, &message("wamid.1")).await.expect(201);
    let second = role.post(&thread, &message("wamid.2")).await.expect(201);
    let (first, second) =
        (format!("{thread}/{}", id(&first["message"])), format!("{thread}/{}", id(&second["message"])));
    names(role.patch(&second, &json!({ "externalId": "wamid.1" })).await, "conflict", &first);
    names_nothing(blind.patch(&second, &json!({ "externalId": "wamid.1" })).await, "conflict");
    let _ = role.ask(Method::DELETE, &first).send().await.expect(204);
    names_nothing(role.patch(&second, &json!({ "externalId": "wamid.1" })).await, "conflict");
}
