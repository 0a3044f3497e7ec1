use deskless_domain::{Clock, Scope};
use deskless_tests::KeyOptions;
use http::Method;
use serde_json::json;

use super::{LIST, assert_error, at, create, data, get, inbox};
use crate::rows::{Row, open, row, send};

fn rules() -> Vec<Row> {
    vec![
        row("rule.permission.read", |w| async move {
            let made = open(&w, json!({})).await;
            let key = w.make_key(KeyOptions { scopes: vec![Scope::ReadConversations], ..KeyOptions::default() }).await;
            let role = w.with_key(&key);
            let _ = get(&role, LIST).await.expect(200);
            let _ = data(get(&role, &at(&made)).await, 200);
            let refused = send(&role, Method::PUT, &at(&made), Some(&json!({ "priority": "low" }))).await;
            assert_error(refused, 403, "FORBIDDEN", "write:conversations");
        }),
        row("rule.permission.write", |w| async move {
            let made = open(&w, json!({})).await;
            let key = w.make_key(KeyOptions { scopes: vec![Scope::WriteConversations], ..KeyOptions::default() }).await;
            let role = w.with_key(&key);
            assert_error(get(&role, &at(&made)).await, 403, "FORBIDDEN", "read:conversations");
            let body = json!({ "subject": "Help", "inboxId": inbox(&w).await });
            assert!(role.post(LIST, &body).await.status.is_success());
            assert!(
                send(&role, Method::PUT, &at(&made), Some(&json!({ "priority": "low" }))).await.status.is_success()
            );
            assert!(send(&role, Method::DELETE, &at(&made), None).await.status.is_success());
        }),
        row("rule.base", |w| async move {
            let base = "/dialects/gtateth/api/v1/conversations";
            let body = json!({ "subject": "Help", "inboxId": inbox(&w).await });
            let made = data(w.server_key().post(base, &body).await, 201);
            let one = format!("{base}/{}", made["_id"].as_str().expect("an id"));
            assert_eq!(data(get(&w.server_key(), &one).await, 200), made);
            let _ = data(send(&w.server_key(), Method::PUT, &one, Some(&json!({ "priority": "low" }))).await, 200);
            assert_eq!(get(&w.server_key(), base).await.expect(200)["pagination"]["total"], 1);
            let _ = send(&w.server_key(), Method::DELETE, &one, None).await.expect(200);
        }),
        row("rule.health", |w| async move {
            for path in ["/dialects/gtateth/health", "/dialects/gtateth/api/v1/health"] {
                assert_eq!(get(&w.anon(), path).await.expect(200), json!({ "success": true, "status": "ok" }));
            }
        }),
        row("rule.key", |w| async move {
            let secret = w.key().secret.reveal().to_owned();
            let answer = w.anon().ask(Method::GET, LIST).header("x-api-key", &secret).send().await;
            assert_eq!(answer.expect(200)["success"], true);
        }),
    ]
}

fn errors() -> Vec<Row> {
    vec![
        row("error.AUTH_REQUIRED", |w| async move {
            assert_error(get(&w.anon(), LIST).await, 401, "AUTH_REQUIRED", "no API key");
        }),
        row("error.API_KEY_INVALID", |w| async move {
            assert_error(get(&w.with_secret("sk_live_unknown"), LIST).await, 401, "API_KEY_INVALID", "malformed");
            let key = w.make_key(KeyOptions::default()).await;
            w.revoke(&key).await;
            assert_error(get(&w.with_key(&key), LIST).await, 401, "API_KEY_INVALID", "revoked");
        }),
        row("error.API_KEY_EXPIRED", |w| async move {
            let end = w.clock.now().plus_seconds(1);
            let key = w.make_key(KeyOptions { expires_at: Some(end), ..KeyOptions::default() }).await;
            w.clock.advance_millis(2000);
            assert_error(get(&w.with_key(&key), LIST).await, 401, "API_KEY_EXPIRED", "expired");
        }),
        row("error.FORBIDDEN", |w| async move {
            assert_error(get(&w.client_key(), LIST).await, 403, "FORBIDDEN", "server key");
        }),
        row("error.NOT_FOUND", |w| async move {
            let foreign = w.other_workspace().open(&deskless_tests::minimal_conversation()).await;
            for path in [at(&foreign), format!("{LIST}/64f0c1"), "/dialects/gtateth/users".to_owned()] {
                assert_error(get(&w.server_key(), &path).await, 404, "NOT_FOUND", "");
            }
            let body = json!({ "priority": "low" });
            assert_error(send(&w.server_key(), Method::PUT, &at(&foreign), Some(&body)).await, 404, "NOT_FOUND", "");
            assert_error(send(&w.server_key(), Method::DELETE, &at(&foreign), None).await, 404, "NOT_FOUND", "");
        }),
        row("error.METHOD_NOT_ALLOWED", |w| async move {
            let made = create(&w, json!({})).await;
            let answer = w.server_key().patch(&at(&made), &json!({ "priority": "low" })).await;
            assert_error(answer, 405, "METHOD_NOT_ALLOWED", "PATCH");
        }),
        row("error.INVALID_REQUEST", |w| async move {
            let made = create(&w, json!({})).await;
            let wrong = json!({ "assignedTo": "64f0c1" });
            let wrong = send(&w.server_key(), Method::PUT, &at(&made), Some(&wrong)).await;
            assert_error(wrong, 400, "INVALID_REQUEST", "`assignedTo` must be a UUID");
        }),
    ]
}

pub fn rows() -> Vec<Row> {
    [rules(), errors()].into_iter().flatten().collect()
}
