//! The audit log: what is recorded, for whom, and what is not.

use deskless_domain::{AuditAction, AuditFilter, Clock, RateLimit, Scope};
use deskless_tests::{KeyOptions, Role, World, minimal_conversation, packed, unpacked};
use http::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/audit-log";

/// Returns the entries of a query, newest first.
async fn entries(role: &Role<'_>, query: &str) -> Vec<Value> {
    let page = role.get(&format!("{PATH}?limit=100&{query}")).await.expect(200);
    assert_eq!(page["hasMore"], false);
    page["auditEntries"].as_array().expect("an array").clone()
}

/// Returns one field of each entry.
fn all<'e>(entries: &'e [Value], field: &str) -> Vec<&'e str> {
    entries.iter().map(|entry| entry[field].as_str().unwrap_or_default()).collect()
}

fn id(object: &Value) -> &str {
    object["id"].as_str().unwrap_or_else(|| panic!("no id in {object:#}"))
}

#[tokio::test]
async fn settings_of_every_kind_are_recorded() {
    let world = World::new().await;
    let ours = world.server_key();
    for (path, one, body, patch, ended) in [
        ("inboxes", "inbox", json!({ "name": "a", "channel": "sms" }), json!({ "name": "b" }), "archived"),
        (
            "members",
            "member",
            json!({ "name": "a", "email": "secret@example.com" }),
            json!({ "name": "b" }),
            "archived",
        ),
        ("assistants", "assistant", json!({ "name": "a" }), json!({ "name": "b" }), "archived"),
        (
            "pipelines",
            "pipeline",
            json!({ "name": "a", "stages": [{ "name": "a" }] }),
            json!({ "name": "b" }),
            "archived",
        ),
        ("views", "view", json!({ "name": "a", "filter": {} }), json!({ "name": "b" }), "deleted"),
        (
            "predefined-messages",
            "predefinedMessage",
            json!({ "title": "a", "content": "b" }),
            json!({ "title": "c" }),
            "deleted",
        ),
        (
            "automations",
            "automation",
            json!({ "name": "a", "trigger": "manual", "actions": [{ "action": "note", "body": "a" }] }),
            json!({ "name": "b" }),
            "deleted",
        ),
        (
            "webhook-endpoints",
            "webhookEndpoint",
            json!({ "url": "https://secret.example.com", "headers": { "authorization": "Bearer secret" } }),
            json!({ "description": "secret@example.com" }),
            "deleted",
        ),
    ] {
        let made = ours.post(&format!("/api/v1/{path}"), &body).await.expect(201);
        let object = id(&made[one]).to_owned();
        let item = format!("/api/v1/{path}/{object}");
        let _ = ours.patch(&item, &patch).await.expect(200);
        // Nothing changes.
        let _ = ours.patch(&item, &patch).await.expect(200);
        let ask = ours.ask(Method::PATCH, &item).header("if-match", "\"99\"").json(&patch);
        let _ = ask.send().await.expect_problem(412, "version_mismatch");
        let ask = ours.ask(Method::DELETE, &item).header("x-request-id", "req-1");
        let _ = ask.send().await.expect(204);
        let _ = ours.ask(Method::DELETE, &item).send().await;
        let (name, field) = match one {
            "predefinedMessage" => ("predefined_message", "title"),
            "webhookEndpoint" => ("webhook_endpoint", "description"),
            other => (other, "name"),
        };
        let found = entries(&ours, &format!("objectId={object}")).await;
        let actions = [format!("{name}.{ended}"), format!("{name}.updated"), format!("{name}.created")];
        assert_eq!(all(&found, "action"), actions);
        assert!(found[1]["fields"].as_array().is_some_and(|fields| fields.contains(&json!(field))), "{found:#?}");
        assert_eq!((&found[0]["requestId"], &found[0]["objectType"]), (&json!("req-1"), &json!(name)));
        let key = &world.key().key;
        let actor = json!({ "type": "api_key", "id": key.id, "name": "A key", "keyId": key.id });
        assert_eq!(found[2]["actor"], actor);
    }
    let text = json!(entries(&ours, "").await).to_string();
    assert!(
        !text.contains("secret@example.com") && !text.contains("secret.example.com"),
        "the log has names of fields, no values"
    );
}

#[tokio::test]
async fn api_keys_are_recorded_with_their_scopes() {
    let world = World::new().await;
    let ours = world.server_key();
    let keys = "/api/v1/api-keys";
    let ask = || {
        let body = json!({ "name": "CI", "scopes": ["read:files", "read:keys"] });
        ours.ask(Method::POST, keys).header("idempotency-key", "k").json(&body)
    };
    let made = ask().send().await.expect(201);
    let _ = ask().send().await.expect(201);
    let key = id(&made["apiKey"]).to_owned();
    let path = format!("{keys}/{key}");
    let update = json!({ "name": "CI 2", "scopes": ["read:files", "write:files"], "rateLimit": null });
    let _ = ours.patch(&path, &update).await.expect(200);
    // Nothing changes.
    let _ = ours.patch(&path, &update).await.expect(200);
    for _ in 0..2 {
        let _ = ours.ask(Method::DELETE, &path).send().await.expect(204);
    }
    let found = entries(&ours, &format!("objectId={key}")).await;
    assert_eq!(all(&found, "action"), ["api_key.revoked", "api_key.updated", "api_key.created"]);
    let (updated, created) = (&found[1], &found[2]);
    assert_eq!(created["scopesAdded"], json!(["read:files", "read:keys"]));
    assert_eq!(updated["fields"], json!(["name", "scopes"]));
    assert_eq!((&updated["scopesAdded"], &updated["scopesRemoved"]), (&json!(["write:files"]), &json!(["read:keys"])));
    assert!(!json!(found).to_string().contains(made["secret"].as_str().expect("a secret")));
}

#[tokio::test]
async fn deletions_are_recorded_and_other_writes_are_not() {
    let world = World::new().await;
    let ours = world.server_key();
    let before = entries(&ours, "").await.len();
    let path = ours.open_path().await;
    let thread = format!("{path}/messages");
    let said = ours.post(&thread, &json!({ "body": "Hi" })).await.expect(201);
    let _ = ours.patch(&path, &json!({ "status": "solved" })).await.expect(200);
    let file = ours.upload(&json!(null), "a.txt", "hello").await;
    assert_eq!(entries(&ours, "").await.len(), before);
    let message = id(&said["message"]).to_owned();
    let _ = ours.ask(Method::DELETE, &format!("{thread}/{message}")).send().await.expect(204);
    let _ = ours.ask(Method::DELETE, &format!("/api/v1/files/{}", id(&file))).send().await.expect(204);
    let ask = ours.ask(Method::DELETE, &path).json(&json!({ "reason": "Spam" }));
    let _ = ask.send().await.expect(204);
    let found = entries(&ours, "").await;
    assert_eq!(found.len(), before + 3);
    assert_eq!(all(&found[..3], "action"), ["conversation.deleted", "file.deleted", "message.deleted"]);
    let conversation = path.rsplit('/').next().expect("an id");
    assert_eq!(all(&found[..3], "objectId"), [conversation, id(&file), &message]);
    assert_eq!((&found[0]["reason"], &found[0]["number"]), (&json!("Spam"), &json!(1)));
}

#[tokio::test]
async fn erasure_is_recorded_without_customers_id() {
    let world = World::new().await;
    let ours = world.server_key();
    let customer = json!({ "id": "ada@example.com", "name": "Ada" });
    let _ = ours.open(&json!({ "subject": "a", "customer": customer })).await;
    let _ = ours.ask(Method::DELETE, "/api/v1/customers/ada@example.com").send().await.expect(202);
    let _ = world.drain_events().await;
    let found = entries(&ours, "objectId=ada@example.com").await;
    assert_eq!(all(&found, "action"), ["customer.erased"]);
    let all_of_them = entries(&ours, "").await;
    assert!(!json!(all_of_them).to_string().contains("ada@"), "{all_of_them:#?}");
    let deleted = entries(&ours, "action=conversation.deleted").await;
    assert_eq!(deleted.len(), 1);
    assert_eq!(deleted[0]["actor"], json!({ "type": "system", "id": null, "name": null, "keyId": null }));
}

#[tokio::test]
async fn jobs_are_recorded_as_actors() {
    let world = World::new().await;
    let ours = world.server_key();
    let conversation = ours.open(&minimal_conversation()).await;
    let body = json!({ "action": "delete", "conversationIds": [conversation["id"]], "reason": "spam" });
    let bulk = ours.post("/api/v1/bulk-actions", &body).await.expect(200);
    let by_filter = ours.open(&minimal_conversation()).await;
    let body = json!({ "action": "delete", "filter": { "status": "open" } });
    let later = ours.post("/api/v1/bulk-actions", &body).await.expect(202);
    let _ = world.drain_events().await;
    let key = world.key().key.id.to_string();
    for (deleted, bulk) in [(&conversation, &bulk), (&by_filter, &later)] {
        let found = entries(&ours, &format!("objectId={}", id(deleted))).await;
        let bulk = &bulk["bulkAction"]["id"];
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["actor"], json!({ "type": "bulk_action", "id": bulk, "name": null, "keyId": key }));
    }
    assert_eq!(entries(&ours, "actorType=bulk_action").await.len(), 2);
    assert_eq!(entries(&ours, &format!("actorId={key}&objectType=conversation")).await.len(), 2);
}

#[tokio::test]
async fn operators_are_recorded() {
    let world = World::new().await;
    world.clock.advance_millis(1);
    let secret = world.rotate_identity().await;
    world.clock.advance_millis(1);
    world.limit_workspace(RateLimit::MAX).await;
    world.clock.advance_millis(1);
    let change = world.operator().start_shard_change(world.workspace, 2).await.expect("a change");
    change.finish().await.expect("the change is done");
    world.clock.advance_millis(1);
    let _ = world.operator().start_recount(world.workspace).await.expect("a recount");
    world.clock.advance_millis(1);
    let key = world.make_key(KeyOptions::default()).await;
    world.clock.advance_millis(1);
    world.revoke(&key).await;
    let found = entries(&world.server_key(), "actorType=operator").await;
    let expected = [
        "api_key.revoked",
        "api_key.created",
        "workspace.recounted",
        "workspace.updated",
        "workspace.updated",
        "identity_secret.rotated",
    ];
    assert_eq!(all(&found, "action")[..6], expected);
    assert_eq!((&found[3]["fields"], &found[4]["fields"]), (&json!(["shards"]), &json!(["rateLimit"])));
    assert_eq!(found[5]["objectId"], json!(secret.id));
    assert!(!json!(found).to_string().contains(secret.reveal()));
}

#[tokio::test]
async fn pages_are_complete_with_and_without_filters() {
    let world = World::new().await;
    let ours = world.server_key();
    let start = world.clock.now();
    for number in 0..12 {
        let (path, body) = match number % 3 {
            0 => ("views", json!({ "name": "a", "filter": {} })),
            _ => ("assistants", json!({ "name": "a" })),
        };
        let _ = ours.post(&format!("/api/v1/{path}"), &body).await.expect(201);
    }
    for query in ["", "action=view.created", "objectType=assistant", &format!("createdAfter={start}")] {
        let whole = entries(&ours, query).await;
        let mut paged = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = ours.get(&format!("{PATH}?limit=3&{query}{cursor}")).await.expect(200);
            paged.extend(page["auditEntries"].as_array().expect("an array").clone());
            let Some(next) = page["nextCursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(paged, whole, "{query}");
        assert!(whole.is_sorted_by(|a, b| a["id"].as_str() > b["id"].as_str()), "{query}");
    }
    assert_eq!(entries(&ours, "action=view.created").await.len(), 4);
    let views = entries(&ours, "objectType=view").await;
    let (newest, oldest) = (&views[0]["createdAt"], &views[3]["createdAt"]);
    let between = format!("objectType=view&createdAfter={oldest}&createdBefore={newest}").replace('"', "");
    assert_eq!(entries(&ours, &between).await, views[1..]);
    // Windows that meet have every entry once.
    let middle = &views[1]["createdAt"];
    let window = |query: String| format!("objectType=view&{query}").replace('"', "");
    let mut met = entries(&ours, &window(format!("createdAfter={middle}"))).await;
    met.extend(entries(&ours, &window(format!("createdBefore={middle}"))).await);
    assert_eq!(met, views);
    let _ = ours.get(&format!("{PATH}?action=view.renamed")).await.expect_invalid(&["action"]);
    let page = ours.get(&format!("{PATH}?limit=3")).await.expect(200);
    let cursor = page["nextCursor"].as_str().expect("a cursor");
    let other = ours.get(&format!("{PATH}?limit=3&objectType=view&cursor={cursor}")).await;
    let _ = other.expect_problem(400, "invalid_cursor");
}

#[tokio::test]
async fn audit_log_needs_its_scope() {
    let world = World::new().await;
    let others: Vec<_> = Scope::ALL.iter().copied().filter(|scope| *scope != Scope::ReadAudit).collect();
    let key = world.make_key(KeyOptions { scopes: others, ..KeyOptions::default() }).await;
    let _ = world.with_key(&key).get(PATH).await.expect_problem(403, "forbidden");
    let _ = world.client_key().get(PATH).await.expect_problem(403, "forbidden");
    let key = world.make_key(KeyOptions { scopes: vec![Scope::ReadAudit], ..KeyOptions::default() }).await;
    let ours = entries(&world.with_key(&key), "actorType=operator").await;
    assert!(ours.iter().any(|entry| entry["objectId"] == json!(key.key.id)));
    let theirs = entries(&world.other_workspace(), "").await;
    assert!(theirs.iter().all(|entry| entry["objectId"] != json!(key.key.id)), "{theirs:#?}");
}

#[tokio::test]
async fn entries_that_do_not_match_count_as_work() {
    let world = World::new().await;
    let _ = world.server_key().post("/api/v1/inboxes", &json!({ "name": "a", "channel": "sms" })).await.expect(201);
    let rows = world.rows().await;
    let is_ours =
        |row: &&deskless_tests::Row| row.0["pk"]["S"].as_str().is_some_and(|pk| pk.starts_with(&world.prefix()));
    let entry = rows.iter().filter(is_ours).find(|row| row.get("actor").is_some()).expect("an entry");
    let id = unpacked(entry.sk()).expect("an id");
    let (time, _) = id.split_at(23);
    let copies = (0..1200).map(|i| {
        let mut copy = entry.clone();
        copy.0["sk"] = json!({ "S": packed(format!("{time}-{i:012x}")) });
        copy
    });
    world.plant(&copies.collect::<Vec<_>>()).await;
    let store = world.tenant().await;
    let erasures = AuditFilter { action: Some(AuditAction::CustomerErased), ..AuditFilter::default() };
    let page = store.list_audit_log(&erasures, None, 10).await.expect("a page");
    assert!(page.entries.is_empty() && page.next.is_none());
    // The first 500 entries are included in the request.
    assert!(store.work().additional_requests() >= 7, "{}", store.work().additional_requests());
}
