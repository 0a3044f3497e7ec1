//! What runs in the background runs with the rights that its key has then.

use deskless_domain::{Clock, Scope};
use deskless_tests::{KeyOptions, Role, World};
use http::Method;
use serde_json::{Value, json};

use super::{
    automations::{self, PATH, automation, conversation, executions, settle, shown, tag},
    bulk_actions::{self, opened},
};

const KEYS: &str = "/api/v1/api-keys";

/// Returns a key with the scopes for automations, and these.
async fn maker(world: &World, scopes: &[Scope], expires_in: Option<i64>) -> deskless_store::NewKey {
    let own = [Scope::ReadAutomations, Scope::WriteAutomations];
    let expires_at = expires_in.map(|seconds| world.clock.now().plus_seconds(seconds));
    world.make_key(KeyOptions { scopes: [&own, scopes].concat(), expires_at, ..KeyOptions::default() }).await
}

async fn revoke(world: &World, key: &deskless_store::NewKey) {
    let path = format!("{KEYS}/{}", key.key.id);
    assert_eq!(world.server_key().ask(Method::DELETE, &path).send().await.status.as_u16(), 204);
}

async fn saved(role: &Role<'_>, path: &str) -> Value {
    role.get(path).await.expect(200)["automation"].clone()
}

#[tokio::test]
async fn revoking_a_key_disables_its_automations() {
    let world = World::new().await;
    let ours = world.server_key();
    let key = maker(&world, &[Scope::WriteConversations], None).await;
    let role = world.with_key(&key);
    let made = automation(&role, "conversation.created", json!([tag("made")])).await;
    let taken = automation(&role, "conversation.created", json!([tag("taken")])).await;
    let other = automation(&ours, "conversation.created", json!([tag("other")])).await;
    let id = key.key.id.to_string();
    assert_eq!(saved(&role, &made).await["apiKeyId"], json!(id));
    // Enabling it takes it over. Renaming it does not.
    let _ = ours.patch(&taken, &json!({ "enabled": true })).await.expect(200);
    let _ = ours.patch(&made, &json!({ "name": "renamed", "enabled": true })).await.expect(200);
    let _ = role.patch(&made, &json!({ "trigger": "conversation.created" })).await.expect(200);
    let _ = ours.patch(&made, &json!({ "name": "again" })).await.expect(200);
    let of_key = async |key: &str| {
        let page = ours.get(&format!("{PATH}?apiKeyId={key}")).await.expect(200);
        let names = page["automations"].as_array().expect("an array").iter();
        names.map(|automation| automations::id(automation).to_owned()).collect::<Vec<_>>()
    };
    let last = |path: &str| path.rsplit('/').next().expect("an id").to_owned();
    assert_eq!(of_key(&id).await, [last(&made)]);
    assert_eq!(of_key(&world.key().key.id.to_string()).await, [last(&taken), last(&other)]);
    assert_eq!(of_key("01900000-0000-7000-8000-000000000001").await, Vec::<String>::new());
    let _ = ours.get(&format!("{PATH}?apiKeyId=x")).await.expect_invalid(&["apiKeyId"]);

    revoke(&world, &key).await;
    for (path, enabled) in [(&made, false), (&taken, true), (&other, true)] {
        assert_eq!(saved(&ours, path).await["enabled"], enabled, "{path}");
    }
    settle(&world).await;
    let opened = conversation(&world).await;
    settle(&world).await;
    let tags = shown(&world, &opened).await["tags"].to_string();
    let ran = ["made", "taken", "other"].map(|tag| tags.contains(tag));
    assert_eq!(ran, [false, true, true], "{tags}");
    let _ = ours.patch(&made, &json!({ "enabled": true })).await.expect(200);
    assert_eq!(saved(&ours, &made).await["apiKeyId"], json!(world.key().key.id.to_string()));
}

#[tokio::test]
async fn automation_runs_only_with_current_rights() {
    let world = World::new().await;
    let ours = world.server_key();
    let actions = || json!([tag("a")]);
    let narrowed = maker(&world, &[Scope::WriteConversations], None).await;
    let expiring = maker(&world, &[Scope::WriteConversations], Some(60)).await;
    let revoked = maker(&world, &[Scope::WriteConversations], None).await;
    let mut made = Vec::new();
    for key in [&narrowed, &expiring, &revoked] {
        made.push(automation(&world.with_key(key), "conversation.created", actions()).await);
    }
    let less = json!({ "scopes": ["read:automations"] });
    let _ = ours.patch(&format!("{KEYS}/{}", narrowed.key.id), &less).await.expect(200);
    // Revoked, but not through the API, which would disable the automation as well.
    world.revoke(&revoked).await;
    world.clock.advance_millis(60_000);
    let opened = conversation(&world).await;
    settle(&world).await;
    for (path, code) in made.iter().zip(["api_key_lacks_scope", "api_key_expired", "api_key_revoked"]) {
        let run = executions(&world, path).await.remove(0);
        assert_eq!((&run["status"], &run["reason"]["code"]), (&json!("skipped"), &json!(code)), "{path}");
    }
    assert_eq!(shown(&world, &opened).await["tags"], json!([]));
    // Another key runs it with its own rights.
    assert_eq!(automations::run(&world, &made[0], &opened).await["status"], "succeeded");
    assert_eq!(shown(&world, &opened).await["tags"], json!(["a"]));
}

#[tokio::test]
async fn manual_run_ends_with_its_key() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = automation(&ours, "manual", json!([tag("a")])).await;
    let opened = conversation(&world).await;
    let key = maker(&world, &[Scope::WriteConversations], None).await;
    let body = json!({ "conversationId": opened });
    let _ = world.with_key(&key).post(&format!("{path}/executions"), &body).await.expect(202);
    revoke(&world, &key).await;
    settle(&world).await;
    let run = executions(&world, &path).await.remove(0);
    assert_eq!((&run["status"], &run["reason"]["code"]), (&json!("skipped"), &json!("api_key_revoked")));
    assert_eq!(saved(&ours, &path).await["enabled"], true, "the automation is another key's");
}

#[tokio::test]
async fn revoked_key_saves_no_automation_from_the_cache() {
    let world = World::new().await;
    let key = maker(&world, &[Scope::WriteConversations], None).await;
    let role = world.with_key(&key);
    let path = automation(&role, "manual", json!([tag("a")])).await;
    world.revoke(&key).await;
    // The process still has the key as it was.
    let _ = role.get(&path).await.expect(200);
    let body = json!({ "name": "b", "trigger": "manual", "actions": [tag("b")] });
    let _ = role.post(PATH, &body).await.expect_problem(401, "unauthorized");
    let _ = role.patch(&path, &json!({ "name": "b" })).await.expect_problem(401, "unauthorized");
    let run = json!({ "conversationId": conversation(&world).await });
    let _ = role.post(&format!("{path}/executions"), &run).await.expect_problem(401, "unauthorized");
}

#[tokio::test]
async fn race_vouches_for_no_unseen_actions() {
    let world = World::new().await;
    let ours = world.server_key();
    let hook = json!([{ "action": "call_webhook", "url": "https://hooks.example.com/a" }]);
    // This key may vouch for the webhook, and not for the tag.
    let key = maker(&world, &[Scope::ReadConversations], None).await;
    let role = world.with_key(&key);
    for round in 0..30 {
        let path = automation(&ours, "manual", hook.clone()).await;
        let enable = async {
            for _ in 0..round % 8 {
                tokio::task::yield_now().await;
            }
            role.patch(&path, &json!({ "enabled": true })).await
        };
        let tags = json!({ "actions": [tag("a")] });
        let (enabled, updated) = tokio::join!(enable, ours.patch(&path, &tags));
        let _ = updated.expect(200);
        assert!([200, 403].contains(&enabled.status.as_u16()), "{:?}", enabled.bytes);
        let now = saved(&ours, &path).await;
        assert_eq!(now["apiKeyId"], json!(world.key().key.id.to_string()), "round {round}");
        let _ = ours.ask(Method::DELETE, &path).send().await.expect(204);
    }
}

#[tokio::test]
async fn bulk_action_ends_with_its_key() {
    let world = World::new().await;
    let ours = world.server_key();
    let ids = opened(&ours, 3).await;
    let both = vec![Scope::ReadConversations, Scope::WriteConversations];
    for (scopes, is_revoked) in [(both.clone(), true), (both, false)] {
        let key = world.make_key(KeyOptions { scopes, ..KeyOptions::default() }).await;
        let body = json!({ "action": "delete", "filter": { "status": "open" } });
        let begun = world.with_key(&key).post(bulk_actions::PATH, &body).await.expect(202);
        if is_revoked {
            revoke(&world, &key).await;
        } else {
            let less = json!({ "scopes": ["read:conversations"] });
            let _ = ours.patch(&format!("{KEYS}/{}", key.key.id), &less).await.expect(200);
        }
        settle(&world).await;
        let path = format!("{}/{}", bulk_actions::PATH, automations::id(&begun["bulkAction"]));
        let bulk = ours.get(&path).await.expect(200)["bulkAction"].clone();
        assert_eq!((&bulk["status"], &bulk["processedCount"]), (&json!("cancelled"), &json!(0)), "{bulk}");
        assert!(bulk["finishedAt"].is_string());
    }
    assert_eq!(bulk_actions::conversation(&ours, &ids[0]).await["status"], "open");
}
