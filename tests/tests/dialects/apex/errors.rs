//! Feathers errors.

use http::Method;
use serde_json::json;

use super::{Row, W, ask_as, expect_error, open, row};

pub fn rows() -> Vec<Row> {
    vec![
        row("errors.BadRequest", |w: W| async move {
            let opened = open(&w, json!({})).await;
            let path = format!("/conversations/{}", super::id(&opened));
            let body = json!({ "status": "done", "stauts": "open" });
            let error =
                expect_error(ask_as(&w.server_key(), Method::PATCH, &path, Some(&body)).await, 400, "BadRequest");
            assert_eq!(error["errors"]["status"], "`status` must be one of open, closed.");
            assert_eq!(error["errors"]["stauts"], "Unknown field `stauts`. Did you mean `status`?");
        }),
        row("errors.NotAuthenticated", |w: W| async move {
            expect_error(ask_as(&w.anon(), Method::GET, "/conversations", None).await, 401, "NotAuthenticated");
        }),
        row("errors.Forbidden", |w: W| async move {
            expect_error(ask_as(&w.client_key(), Method::GET, "/conversations", None).await, 403, "Forbidden");
        }),
        row("errors.NotFound", |w: W| async move {
            let opened = open(&w, json!({})).await;
            for id in [super::id(&opened), "0190a5c4-7e00-7000-8000-00000000000a", "7"] {
                let path = format!("/conversations/{id}");
                expect_error(ask_as(&w.other_workspace(), Method::GET, &path, None).await, 404, "NotFound");
            }
            expect_error(ask_as(&w.server_key(), Method::GET, "/contacts", None).await, 404, "NotFound");
        }),
        row("errors.MethodNotAllowed", |w: W| async move {
            let answer = ask_as(&w.server_key(), Method::POST, "/conversations", Some(&json!({}))).await;
            expect_error(answer, 405, "MethodNotAllowed");
        }),
        row("errors.Unprocessable", |w: W| async move {
            let send = async |title: &str| {
                let ask = w.server_key().ask(Method::POST, "/dialects/apex/conversation-predefined-messages");
                let ask = ask.skip_validation().header("idempotency-key", "once");
                ask.json(&json!({ "title": title, "content": "a" })).send().await
            };
            let first = send("a").await.expect(201);
            assert_eq!(send("a").await.expect(201), first);
            expect_error(send("b").await, 422, "Unprocessable");
        }),
    ]
}
