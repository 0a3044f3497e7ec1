use deskless_tests::World;
use http::Method;
use serde_json::{Value, json};

use super::{LEADS, LIST, assert_detail, get};
use crate::rows::{Row, has_keys, open, row};

const LEAD: [&str; 11] = [
    "id",
    "name",
    "phone",
    "email",
    "company",
    "channel",
    "channel_id",
    "status",
    "metadata",
    "created_at",
    "updated_at",
];

fn jane() -> Value {
    json!({
        "name": "Jane Smith", "phone": "+49123456789", "email": "jane@example.com", "company": "Acme", "channel": "whatsapp",
        "channel_id": "49123456789", "status": "qualified", "metadata": { "budget": 1.50 },
    })
}

async fn create(w: &World, body: Value) -> Value {
    w.server_key().post(LEADS, &body).await.expect(201)
}

fn at(lead: &Value) -> String {
    format!("{LEADS}/{}", lead["id"].as_str().expect("an id"))
}

async fn customer(w: &World, lead: &Value) -> Value {
    let path = format!("/api/v1/customers/{}", lead["id"].as_str().expect("an id"));
    w.server_key().get(&path).await.expect(200)["customer"].clone()
}

pub fn rows() -> Vec<Row> {
    vec![
        row("leads.keys", |w| async move {
            let lead = create(&w, jane()).await;
            has_keys(&lead, &LEAD);
            for (field, value) in jane().as_object().expect("an object") {
                assert_eq!(lead[field], *value, "{field}");
            }
            assert_eq!(create(&w, json!({})).await["status"], "new");
        }),
        row("leads.list", |w| async move {
            let (first, second) = (create(&w, json!({ "name": "A" })).await, create(&w, json!({ "name": "B" })).await);
            let list = get(&w.server_key(), LEADS).await.expect(200);
            assert_eq!(list, json!({ "leads": [second, first], "total": 2, "page": 1, "size": 20 }));
            let list = get(&w.server_key(), &format!("{LEADS}?page=2&size=1")).await.expect(200);
            assert_eq!(list, json!({ "leads": [first], "total": 2, "page": 2, "size": 1 }));
            assert_detail(get(&w.server_key(), &format!("{LEADS}?size=101")).await, 400, "`size`");
        }),
        row("leads.list.search", |w| async move {
            let lead = create(&w, jane()).await;
            let _ = create(&w, json!({ "name": "Other" })).await;
            let list = get(&w.server_key(), &format!("{LEADS}?search=Jane@example.com")).await.expect(200);
            assert_eq!((&list["leads"], &list["total"]), (&json!([lead]), &json!(1)));
            let wrong = get(&w.server_key(), &format!("{LEADS}?search=jane")).await;
            assert_detail(wrong, 400, "`search` must be a whole email address");
        }),
        row("leads.list.filters", |w| async move {
            for filter in ["status", "channel"] {
                let wrong = get(&w.server_key(), &format!("{LEADS}?{filter}=web")).await;
                assert_detail(wrong, 400, &format!("`{filter}` is not supported"));
            }
        }),
        row("leads.create", |w| async move {
            let lead = create(&w, jane()).await;
            let again = json!({ "email": "Jane@Example.com", "status": "won", "company": "Initech" });
            let again = w.server_key().post(LEADS, &again).await.expect(200);
            assert_eq!(
                (&again["id"], &again["status"], &again["company"]),
                (&lead["id"], &json!("won"), &json!("Initech"))
            );
            // What the request leaves out stays.
            assert_eq!(
                (&again["name"], &again["channel"], &again["metadata"]),
                (&lead["name"], &lead["channel"], &lead["metadata"])
            );
            assert_detail(w.server_key().post(LEADS, &json!({ "mail": "a@b.c" })).await, 400, "Did you mean `email`?");
            // The lead is the customer of conversations.
            let made = open(&w, json!({ "customer": { "id": lead["id"] } })).await;
            let query = format!("{LIST}?lead_id={}", lead["id"].as_str().expect("an id"));
            assert_eq!(get(&w.server_key(), &query).await.expect(200)["conversations"][0]["id"], made["id"]);
        }),
        row("leads.create.idempotency", |w| async move {
            let body = json!({ "name": "Jane" });
            let ask = || w.server_key().ask(Method::POST, LEADS).header("idempotency-key", "once").json(&body);
            let (first, second) = (ask().send().await, ask().send().await);
            assert_eq!(second.header("idempotent-replayed"), Some("true"));
            assert_eq!(first.expect(201), second.expect(201));
            assert_eq!(get(&w.server_key(), LEADS).await.expect(200)["total"], 1);
        }),
        row("leads.get", |w| async move {
            let lead = create(&w, jane()).await;
            assert_eq!(get(&w.server_key(), &at(&lead)).await.expect(200), lead);
            assert_detail(get(&w.other_workspace(), &at(&lead)).await, 404, "does not exist");
        }),
        row("leads.update", |w| async move {
            let lead = create(&w, jane()).await;
            let change = json!({ "name": "Jane Doe", "status": "won", "company": null, "channel_id": null });
            let updated = w.server_key().patch(&at(&lead), &change).await.expect(200);
            has_keys(&updated, &LEAD);
            assert_eq!((&updated["name"], &updated["status"]), (&json!("Jane Doe"), &json!("won")));
            assert_eq!((&updated["company"], &updated["channel_id"]), (&Value::Null, &Value::Null));
            assert_eq!((&updated["email"], &updated["metadata"]), (&lead["email"], &lead["metadata"]));
            assert_detail(w.server_key().patch(&at(&lead), &json!({})).await, 400, "at least one field");
        }),
        row("leads.metadata", |w| async move {
            let lead = create(&w, jane()).await;
            let here = customer(&w, &lead).await["metadata"].clone();
            assert_eq!(
                here["empfio"],
                json!({ "channel": "whatsapp", "channel_id": "49123456789", "status": "qualified" })
            );
            assert_eq!((&here["budget"], lead["metadata"].get("empfio")), (&json!(1.50), None));
            let updated = w.server_key().patch(&at(&lead), &json!({ "metadata": { "a": 1 } })).await.expect(200);
            assert_eq!((&updated["metadata"], &updated["status"]), (&json!({ "a": 1 }), &json!("qualified")));
            let wrong = w.server_key().patch(&at(&lead), &json!({ "metadata": { "empfio": 1 } })).await;
            assert_detail(wrong, 400, "`metadata` must not have the key `empfio`");
            let long = json!({ "metadata": { "a": "x".repeat(4_080) } });
            assert_detail(w.server_key().patch(&at(&lead), &long).await, 400, "`metadata` must be at most 4096 bytes");
        }),
    ]
}
