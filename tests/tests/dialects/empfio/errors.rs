use deskless_domain::{Clock, Scope};
use deskless_tests::KeyOptions;
use http::Method;
use serde_json::json;

use super::{LEADS, LIST, assert_detail, at, get};
use crate::rows::{Row, open, row, send};

pub fn rows() -> Vec<Row> {
    vec![
        row("rule.bearer", |w| async move {
            let made = open(&w, json!({})).await;
            for path in [LIST.to_owned(), at(&made, ""), at(&made, "/messages"), LEADS.to_owned()] {
                assert_detail(get(&w.anon(), &path).await, 401, "no API key");
                let _ = get(&w.server_key(), &path).await.expect(200);
            }
            let answer = w.anon().patch(&at(&made, ""), &json!({ "status": "completed" })).await;
            assert_detail(answer, 401, "no API key");
        }),
        row("error.401", |w| async move {
            assert_detail(get(&w.with_secret("unknown"), LIST).await, 401, "malformed");
            let end = w.clock.now().plus_seconds(1);
            let key = w.make_key(KeyOptions { expires_at: Some(end), ..KeyOptions::default() }).await;
            w.clock.advance_millis(2000);
            assert_detail(get(&w.with_key(&key), LIST).await, 401, "expired");
        }),
        row("error.403", |w| async move {
            let key = w.make_key(KeyOptions { scopes: vec![Scope::ReadConversations], ..KeyOptions::default() }).await;
            let made = open(&w, json!({})).await;
            let answer = w.with_key(&key).patch(&at(&made, ""), &json!({ "status": "completed" })).await;
            assert_detail(answer, 403, "write:conversations");
            assert_detail(get(&w.with_key(&key), LEADS).await, 403, "read:customers");
            assert_detail(get(&w.client_key(), LIST).await, 403, "server key");
        }),
        row("error.404", |w| async move {
            let foreign = w.other_workspace().open(&deskless_tests::minimal_conversation()).await;
            for path in [at(&foreign, ""), at(&foreign, "/messages"), format!("{LIST}/x"), format!("{LEADS}/nobody")] {
                assert_detail(get(&w.server_key(), &path).await, 404, "does not exist");
            }
            let answer = w.server_key().patch(&at(&foreign, ""), &json!({ "status": "completed" })).await;
            assert_detail(answer, 404, "does not exist");
            assert_detail(get(&w.server_key(), "/dialects/empfio/api/v1/bookings").await, 404, "No such route");
        }),
        row("error.405", |w| async move {
            let made = open(&w, json!({})).await;
            assert_detail(send(&w.server_key(), Method::DELETE, &at(&made, ""), None).await, 405, "DELETE");
            assert_detail(w.server_key().post(LIST, &json!({})).await, 405, "POST");
        }),
        row("error.400", |w| async move {
            let made = open(&w, json!({})).await;
            let answer = w.server_key().ask(Method::PATCH, &at(&made, "")).body("application/json", "[]").send().await;
            assert_detail(answer, 400, "The body must be an object");
            assert_detail(get(&w.server_key(), &format!("{LIST}?size=x&page=x")).await, 400, "There is 1 more error.");
        }),
    ]
}
