use deskless_tests::World;
use http::Method;
use serde_json::{Value, json};

use super::{add, ask, items, open, own_path, texts, user};

async fn walk(world: &World, path: &str, query: &str) -> Vec<Vec<Value>> {
    let mut pages = Vec::new();
    let mut after = String::new();
    loop {
        let page = ask(world, Method::GET, &format!("{path}/items?{query}{after}"), None).await.expect(200);
        let data = page["data"].as_array().expect("items").clone();
        if let (Some(first), Some(last)) = (data.first(), data.last()) {
            assert_eq!((&page["first_id"], &page["last_id"]), (&first["id"], &last["id"]));
        }
        pages.push(data);
        if page["has_more"] == false {
            return pages;
        }
        after = format!("&after={}", page["last_id"].as_str().expect("an id"));
    }
}

#[tokio::test]
async fn lists_are_newest_first_in_pages_of_twenty() {
    let world = World::new().await;
    let path = open(&world, &json!({})).await;
    let names: Vec<_> = (0..45).map(|i| i.to_string()).collect();
    for names in names.chunks(20) {
        let _ = add(&world, &path, &names.iter().map(|name| user(name)).collect()).await;
    }
    let mut newest_first = names.clone();
    newest_first.reverse();
    for (query, sizes, wanted) in [
        ("", vec![20, 20, 5], &newest_first),
        ("order=desc&limit=45", vec![45], &newest_first),
        ("order=asc&limit=15", vec![15, 15, 15], &names),
        ("order=asc&limit=100", vec![45], &names),
    ] {
        let pages = walk(&world, &path, query).await;
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), sizes, "{query}");
        assert_eq!(texts(&pages.concat()), *wanted, "{query}");
    }
}

#[tokio::test]
async fn notes_of_people_are_neither_shown_nor_counted() {
    let world = World::new().await;
    let path = open(&world, &json!({})).await;
    let own = format!("{}/messages", own_path(&path));
    for i in 0..6 {
        let _ = add(&world, &path, &json!([user(&i.to_string())])).await;
        for _ in 0..3 {
            let note = json!({ "type": "note", "body": "Internal" });
            let note = world.server_key().post(&own, &note).await.expect(201)["message"]["id"].clone();
            let id = format!("msg_{}", note.as_str().expect("an id").replace('-', ""));
            let _ = ask(&world, Method::GET, &format!("{path}/items/{id}"), None).await.expect(404);
            let _ = ask(&world, Method::DELETE, &format!("{path}/items/{id}"), None).await.expect(404);
        }
    }
    for order in ["asc", "desc"] {
        for limit in [1, 2, 4, 100] {
            let pages = walk(&world, &path, &format!("order={order}&limit={limit}")).await;
            let mut all = pages.concat();
            assert!(pages.iter().all(|page| page.len() <= limit), "{pages:?}");
            if order == "desc" {
                all.reverse();
            }
            assert_eq!(texts(&all), ["0", "1", "2", "3", "4", "5"], "{order} {limit}");
        }
    }
}

#[tokio::test]
async fn deleted_item_is_gone_and_still_a_position() {
    let world = World::new().await;
    let path = open(&world, &json!({})).await;
    let list = add(&world, &path, &json!([user("a"), user("b"), user("c")])).await;
    let id = list["data"][1]["id"].as_str().expect("an id").to_owned();
    let item = format!("{path}/items/{id}");
    assert_eq!(ask(&world, Method::GET, &item, None).await.expect(200), list["data"][1]);
    let conversation = ask(&world, Method::GET, &path, None).await.expect(200);
    assert_eq!(ask(&world, Method::DELETE, &item, None).await.expect(200), conversation);
    let _ = ask(&world, Method::DELETE, &item, None).await.expect(404);
    assert_eq!(texts(&items(&world, &path).await), ["a", "c"]);
    let after = ask(&world, Method::GET, &format!("{path}/items?order=asc&after={id}"), None).await.expect(200);
    assert_eq!(texts(after["data"].as_array().expect("items")), ["c"]);
}

#[tokio::test]
async fn repeated_parameters_are_refused() {
    let world = World::new().await;
    let path = open(&world, &json!({ "items": [user("a"), user("b")] })).await;
    for name in ["limit=1&limit=2", "order=asc&order=desc", "after=a&after=b"] {
        let param = name.split('=').next().expect("a name");
        let error = ask(&world, Method::GET, &format!("{path}/items?{name}"), None).await.expect(400);
        assert_eq!((&error["error"]["param"], &error["error"]["code"]), (&json!(param), &json!("invalid_value")));
    }
    let include = "include=reasoning.encrypted_content&include=file_search_call.results";
    let _ = ask(&world, Method::GET, &format!("{path}/items?{include}"), None).await.expect(200);
}
