use deskless_tests::World;
use http::Method;
use serde_json::{Value, json};

use super::{BASE, ask, assert_error, open, user};

const UNKNOWN: &str = "/conv_0197f3a01b6a7e429f711b9a3f3d2a33";

#[tokio::test]
async fn unknown_ids_are_not_found() {
    let world = World::new().await;
    let path = open(&world, &json!({ "items": [user("a")] })).await;
    let metadata = json!({ "metadata": {} });
    let new = json!({ "items": [user("a")] });
    for id in [UNKNOWN, "/conv_123"] {
        for (method, rest, body) in [
            (Method::GET, "", None),
            (Method::POST, "", Some(&metadata)),
            (Method::DELETE, "", None),
            (Method::GET, "/items", None),
            (Method::POST, "/items", Some(&new)),
            (Method::GET, "/items/msg_abc", None),
            (Method::DELETE, "/items/msg_abc", None),
        ] {
            let answer = ask(&world, method, &format!("{id}{rest}"), body).await;
            assert_error(answer, 404, "", "", &format!("Conversation with id '{}' not found.", &id[1..]));
        }
    }
    for method in [Method::GET, Method::DELETE] {
        let answer = ask(&world, method, &format!("{path}/items/msg_abc"), None).await;
        let message = format!("Item with id 'msg_abc' not found in conversation '{}'.", &path[1..]);
        assert_error(answer, 404, "", "", &message);
    }
    let answer = ask(&world, Method::GET, "/123", None).await;
    let message = "Invalid 'conversation_id': '123'. Expected an ID that begins with 'conv'.";
    assert_error(answer, 400, "conversation_id", "invalid_value", message);
}

#[tokio::test]
async fn invalid_bodies_name_the_parameter() {
    let world = World::new().await;
    let path = format!("{}/items", open(&world, &json!({})).await);
    let long = |n: usize| "x".repeat(n);
    let many: serde_json::Map<_, _> = (0..17).map(|i| (i.to_string(), json!("v"))).collect();
    let of_metadata = [
        (
            json!("x"),
            "metadata",
            "invalid_type",
            "Invalid type for 'metadata': expected an object, but got a string instead.",
        ),
        (
            json!({ "k": 1 }),
            "metadata.k",
            "invalid_type",
            "Invalid type for 'metadata.k': expected a string, but got an integer instead.",
        ),
        (
            json!({ "k": null }),
            "metadata.k",
            "invalid_type",
            "Invalid type for 'metadata.k': expected a string, but got null instead.",
        ),
        (
            json!(many),
            "metadata",
            "object_above_max_properties",
            "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with 17 properties instead.",
        ),
        (
            json!({ "k": long(513) }),
            "metadata.k",
            "string_above_max_length",
            "Invalid 'metadata.k': string too long. Expected a string with maximum length 512, but got a string with length 513 instead.",
        ),
        (
            json!({ "customer_id": "a b" }),
            "metadata.customer_id",
            "invalid_value",
            "Invalid 'metadata.customer_id': it names the customer, and must have only letters, digits and ._~:@+=|-; it has ' '.",
        ),
    ];
    for (metadata, param, code, message) in of_metadata {
        let answer = ask(&world, Method::POST, "", Some(&json!({ "metadata": metadata }))).await;
        assert_error(answer, 400, param, code, message);
    }
    let key = long(65);
    let answer = ask(&world, Method::POST, "", Some(&json!({ "metadata": { key.clone(): "v" } }))).await;
    let message = format!(
        "Invalid property name in 'metadata': '{key}' is too long. Expected a string with maximum length 64, but got a string with length 65 instead."
    );
    assert_error(answer, 400, &format!("metadata.{key}"), "property_name_above_max_length", &message);
    let roles = "'unknown', 'user', 'assistant', 'system', 'critic', 'discriminator', 'developer', and 'tool'";
    let of_items = [
        (json!({}), "items", "missing_required_parameter", "Missing required parameter: 'items'.".to_owned()),
        (json!({ "items": [], "x": 1 }), "x", "unknown_parameter", "Unknown parameter: 'x'.".to_owned()),
        (json!({ "items": [] }), "items", "empty_array", "Invalid 'items': empty array. Expected an array with minimum length 1, but got an empty array instead.".to_owned()),
        (json!({ "items": "x" }), "items", "invalid_type", "Invalid type for 'items': expected an array of objects, but got a string instead.".to_owned()),
        (json!({ "items": [1.5] }), "items[0]", "invalid_type", "Invalid type for 'items[0]': expected an object, but got a decimal instead.".to_owned()),
        (json!({ "items": vec![user("a"); 21] }), "items", "array_above_max_length", "Invalid 'items': array too long. Expected an array with maximum length 20, but got an array with length 21 instead.".to_owned()),
        (json!({ "items": [{ "content": "a" }] }), "items[0].type", "missing_required_parameter", "Missing required parameter: 'items[0].type'.".to_owned()),
        (json!({ "items": [{ "type": 1 }] }), "items[0].type", "invalid_type", "Invalid type for 'items[0].type': expected a string, but got an integer instead.".to_owned()),
        (json!({ "items": [{ "type": "item_reference", "id": "msg_1" }] }), "items[0].type", "invalid_value", "Invalid 'items[0].type': 'item_reference' is not supported. Send the item itself.".to_owned()),
        (json!({ "items": [{ "role": "king", "content": "a" }] }), "items[0].role", "invalid_value", format!("Invalid value: 'king'. Supported values are: {roles}.")),
        (json!({ "items": [{ "role": "user", "content": 1 }] }), "items[0].content", "invalid_type", "Invalid type for 'items[0].content': expected a string or an array of objects, but got an integer instead.".to_owned()),
        (json!({ "items": [{ "role": "user", "content": [{}] }] }), "items[0].content[0].type", "missing_required_parameter", "Missing required parameter: 'items[0].content[0].type'.".to_owned()),
        (json!({ "items": [{ "type": "function_call", "name": "f", "arguments": "{}" }] }), "items[0].call_id", "missing_required_parameter", "Missing required parameter: 'items[0].call_id'.".to_owned()),
        (json!({ "items": [{ "type": "reasoning", "id": "rs_1", "summary": [] }, { "type": "reasoning", "id": "rs_1", "summary": [] }] }), "items[1].id", "duplicate_item_id", "Invalid 'items[1].id': an item with id 'rs_1' already exists in this conversation.".to_owned()),
        (json!({ "items": [{ "type": "reasoning", "id": long(65) }] }), "items[0].id", "string_above_max_length", "Invalid 'items[0].id': string too long. Expected a string with maximum length 64, but got a string with length 65 instead.".to_owned()),
    ];
    for (body, param, code, message) in of_items {
        assert_error(ask(&world, Method::POST, &path, Some(&body)).await, 400, param, code, &message);
    }
}

#[tokio::test]
async fn invalid_queries_name_the_parameter() {
    let world = World::new().await;
    let path = open(&world, &json!({})).await;
    for (query, param, code, message) in [
        (
            "limit=0",
            "limit",
            "integer_below_min_value",
            "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead.",
        ),
        (
            "limit=101",
            "limit",
            "integer_above_max_value",
            "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 instead.",
        ),
        (
            "limit=x",
            "limit",
            "invalid_type",
            "Invalid type for 'limit': expected an integer, but got a string instead.",
        ),
        ("order=up", "order", "invalid_value", "Invalid value: 'up'. Supported values are: 'asc', and 'desc'."),
        ("after=msg_abc", "after", "invalid_value", "Invalid 'after': no item has the ID 'msg_abc'."),
        ("before=msg_abc", "before", "unknown_parameter", "Unknown parameter: 'before'."),
    ] {
        let answer = ask(&world, Method::GET, &format!("{path}/items?{query}"), None).await;
        assert_error(answer, 400, param, code, message);
    }
    let answer = ask(&world, Method::GET, &format!("{path}/items?include[]=all"), None).await;
    assert_eq!(answer.expect(400)["error"]["param"], "include");
    let include =
        "include[]=file_search_call.results&include[]=reasoning.encrypted_content&include=message.output_text.logprobs";
    let _ = ask(&world, Method::GET, &format!("{path}/items?{include}"), None).await.expect(200);
}

#[tokio::test]
async fn keys_and_routes_have_the_service_s_errors() {
    let world = World::new().await;
    let error = |answer: Value| (answer["error"]["type"].clone(), answer["error"]["code"].clone());
    let kind = || json!("invalid_request_error");
    let answer = world.with_secret("sk-wrong").ask(Method::GET, &format!("{BASE}{UNKNOWN}")).send().await;
    assert_eq!(error(answer.expect(401)), (kind(), json!("invalid_api_key")));
    let answer = world.client_key().ask(Method::GET, &format!("{BASE}{UNKNOWN}")).send().await;
    assert_eq!(error(answer.expect(403)), (kind(), json!("insufficient_permissions")));
    let answer = ask(&world, Method::PUT, UNKNOWN, None).await;
    assert_eq!(error(answer.expect(405)), (kind(), json!("method_not_supported")));
    let answer = world.server_key().ask(Method::GET, "/dialects/openai/v1/responses").send().await;
    assert_eq!(error(answer.expect(404)), (kind(), Value::Null));
    let answer = world.server_key().ask(Method::POST, BASE).body("application/json", "{").send().await;
    assert_eq!(error(answer.expect(400)), (kind(), json!("invalid_request")));
    let answer = world.server_key().ask(Method::POST, BASE).body("text/plain", "{}").send().await;
    assert_eq!(error(answer.expect(415)), (kind(), json!("unsupported_content_type")));
    let other = open(&world, &json!({ "items": [user("a")] })).await;
    for rest in ["", "/items"] {
        let answer = world.other_workspace().ask(Method::GET, &format!("{BASE}{other}{rest}")).send().await;
        assert_error(answer, 404, "", "", &format!("Conversation with id '{}' not found.", &other[1..]));
    }
}
