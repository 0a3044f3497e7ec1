//! Contacts.

use deskless_tests::World;
use http::Method;
use serde_json::{Value, json};

use super::{Desk, ours, text};

#[tokio::test]
async fn contact_is_a_customer() {
    let world = World::new().await;
    let desk = Desk::new(&world).await;
    let changes =
        json!({ "role": "lead", "owner_id": 7, "signed_up_at": 1_571_672_154, "custom_attributes": { "n": 1.50 } });
    let contact = desk.ok(Method::PUT, "/contacts/cus_ada", &changes).await;
    assert_eq!(
        (&contact["role"], &contact["owner_id"], &contact["signed_up_at"], &contact["external_id"]),
        (&json!("lead"), &json!("7"), &json!(1_571_672_154), &json!("cus_ada"))
    );
    let customer = ours(&world, Method::GET, "/customers/cus_ada", &Value::Null).await;
    assert_eq!((&customer["customer"]["name"], &customer["customer"]["metadata"]["n"]), (&json!("Ada"), &json!(1.5)));
    let new = json!({ "id": "cus_2", "name": "Bob", "metadata": { "tier": "gold" } });
    ours(&world, Method::POST, "/customers", &new).await;
    let contact = desk.get("/contacts/find_by_external_id/cus_2").await;
    assert_eq!((&contact["name"], &contact["custom_attributes"]), (&json!("Bob"), &json!({ "tier": "gold" })));
    let cleared = json!({ "name": null, "custom_attributes": { "tier": null, "size": 3 } });
    let contact = desk.ok(Method::PUT, "/contacts/cus_2", &cleared).await;
    assert_eq!((&contact["name"], &contact["custom_attributes"]), (&Value::Null, &json!({ "size": 3 })));
}

#[tokio::test]
async fn second_contact_with_the_same_details_is_refused() {
    let world = World::new().await;
    let desk = Desk::new(&world).await;
    for body in
        [json!({ "external_id": "cus_ada", "name": "Eve" }), json!({ "email": "ADA@example.com", "name": "Eve" })]
    {
        let error = desk.fails(Method::POST, "/contacts", &body, 409).await;
        assert_eq!(error["code"], "conflict");
        assert_eq!(error["message"], "A contact matching those details already exists with id=cus_ada");
    }
    assert_eq!(desk.get("/contacts/cus_ada").await["name"], "Ada", "nothing was written");
    let lead = desk.ok(Method::POST, "/contacts", &json!({ "role": "lead", "email": "ada@example.com" })).await;
    assert_ne!(lead["id"], "cus_ada");
    let found = desk
        .ok(
            Method::POST,
            "/contacts/search",
            &json!({ "query": { "field": "email", "operator": "=", "value": "ada@example.com" } }),
        )
        .await;
    assert_eq!((&found["total_count"], found["data"].as_array().map(Vec::len)), (&json!(2), Some(2)));
}

#[tokio::test]
async fn repeated_create_returns_the_first_contact() {
    let world = World::new().await;
    let desk = Desk::new(&world).await;
    let create = async || {
        let ask = world.server_key().ask(Method::POST, "/dialects/intercom/contacts").header("idempotency-key", "k-1");
        ask.json(&json!({ "email": "bob@example.com" })).send_now().await
    };
    let (first, second) = (create().await, create().await);
    assert_eq!((first.status, second.status), (http::StatusCode::OK, http::StatusCode::OK));
    assert_eq!(first.json()["id"], second.json()["id"]);
    assert_eq!(second.header("idempotent-replayed"), Some("true"));
    let _ = desk;
}

#[tokio::test]
async fn contacts_are_paged_and_archived() {
    let world = World::new().await;
    let desk = Desk::new(&world).await;
    for number in 0..4 {
        desk.ok(Method::POST, "/contacts", &json!({ "external_id": format!("c{number}") })).await;
    }
    let (mut ids, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = desk.get(&format!("/contacts?per_page=2{cursor}")).await;
        pages += 1;
        assert_eq!((&page["pages"]["page"], &page["total_count"]), (&json!(pages), &json!(5)), "{page}");
        ids.extend(page["data"].as_array().expect("a list").iter().map(|one| text(&one["id"])));
        if page["pages"]["next"].is_null() {
            break;
        }
        cursor = format!("&starting_after={}", text(&page["pages"]["next"]["starting_after"]));
    }
    assert_eq!((ids, pages), (["c3", "c2", "c1", "c0", "cus_ada"].map(ToOwned::to_owned).to_vec(), 3));
    let archived = desk.ok(Method::POST, "/contacts/c1/archive", &Value::Null).await;
    assert_eq!(archived, json!({ "type": "contact", "id": "c1", "external_id": "c1", "archived": true }));
    assert_eq!(desk.get("/contacts").await["data"].as_array().map(Vec::len), Some(4));
    assert_eq!(desk.get("/contacts/c1").await["id"], "c1");
    let deleted = desk.ok(Method::DELETE, "/contacts/c1", &Value::Null).await;
    assert_eq!(deleted["deleted"], true);
    assert_eq!(desk.fails(Method::GET, "/contacts/c1", &Value::Null, 404).await["message"], "User Not Found");
}

#[tokio::test]
async fn contacts_are_searched_by_what_is_indexed() {
    let world = World::new().await;
    let desk = Desk::new(&world).await;
    desk.ok(Method::POST, "/contacts", &json!({ "external_id": "b", "name": "Bob", "phone": "+1", "role": "lead" }))
        .await;
    let search = async |query: Value| {
        let found = desk.ok(Method::POST, "/contacts/search", &json!({ "query": query })).await;
        found["data"].as_array().expect("a list").iter().map(|one| text(&one["id"])).collect::<Vec<_>>()
    };
    let is =
        |field: &str, operator: &str, value: Value| json!({ "field": field, "operator": operator, "value": value });
    assert_eq!(search(is("external_id", "=", json!("b"))).await, ["b"]);
    assert_eq!(search(is("id", "IN", json!(["b", "cus_ada", "none"]))).await, ["b", "cus_ada"]);
    let both = |operator: &str, parts: Value| json!({ "operator": operator, "value": parts });
    let either = both("OR", json!([is("email", "=", json!("ada@example.com")), is("id", "=", json!("b"))]));
    assert_eq!(search(either.clone()).await, ["b", "cus_ada"]);
    let leads = both("AND", json!([either, is("role", "=", json!("lead")), is("name", "^", json!("bo"))]));
    assert_eq!(search(leads).await, ["b"]);
    let everything = json!({ "query": is("role", "=", json!("user")) });
    let error = desk.fails(Method::POST, "/contacts/search", &everything, 400).await;
    assert!(text(&error["message"]).contains("email, id or external_id"), "{error}");
    let unknown = json!({ "query": is("last_seen_at", ">", json!(1)) });
    assert_eq!(desk.fails(Method::POST, "/contacts/search", &unknown, 400).await["field"], "last_seen_at");
}

#[tokio::test]
async fn contacts_have_tags() {
    let world = World::new().await;
    let desk = Desk::new(&world).await;
    let tag = text(&desk.ok(Method::POST, "/tags", &json!({ "name": "vip" })).await["id"]);
    desk.ok(Method::POST, "/contacts/cus_ada/tags", &json!({ "id": tag })).await;
    let tags = desk.get("/contacts/cus_ada/tags").await;
    assert_eq!(tags["data"], json!([{ "type": "tag", "id": tag, "name": "vip" }]));
    assert_eq!(desk.get("/contacts/cus_ada").await["tags"]["data"][0]["id"], json!(tag));
    desk.ok(Method::DELETE, &format!("/contacts/cus_ada/tags/{tag}"), &Value::Null).await;
    assert_eq!(desk.get("/contacts/cus_ada/tags").await["data"], json!([]));
    let error = desk.fails(Method::POST, "/contacts/cus_ada/tags", &json!({ "id": "86" }), 404).await;
    assert_eq!(error["code"], "tag_not_found");
}
