//! Every kind of item is kept whole.

use deskless_tests::World;
use http::Method;
use serde_json::{Value, json};

use super::{BASE, add, ask, items, open};

/// Returns items of the kinds of tool calls and their outputs, with all that they can have, and the prefixes of their ids.
fn calls() -> Vec<(&'static str, Value)> {
    vec![
        (
            "fc_",
            json!({ "type": "function_call", "status": "incomplete", "call_id": "call_1", "name": "weather", "namespace": "n", "arguments": "{\"city\":\"Köln\"}" }),
        ),
        (
            "fco_",
            json!({ "type": "function_call_output", "status": "completed", "call_id": "call_1", "output": [{ "type": "input_text", "text": "Rain" }] }),
        ),
        (
            "rs_",
            json!({ "type": "reasoning", "summary": [{ "type": "summary_text", "text": "Think" }], "content": [{ "type": "reasoning_text", "text": "Deeply" }], "encrypted_content": "gAAA==", "status": null }),
        ),
        (
            "fs_",
            json!({ "type": "file_search_call", "status": "completed", "queries": ["a"], "results": [{ "file_id": "file_1", "score": 0.75, "attributes": { "k": true } }] }),
        ),
        (
            "ws_",
            json!({ "type": "web_search_call", "status": "completed", "action": { "type": "search", "query": "q", "sources": [{ "type": "url", "url": "https://example.com" }] } }),
        ),
        (
            "cu_",
            json!({ "type": "computer_call", "status": "completed", "call_id": "c", "action": { "type": "drag", "path": [{ "x": 1, "y": 2 }] }, "pending_safety_checks": [] }),
        ),
        (
            "cuo_",
            json!({ "type": "computer_call_output", "status": "completed", "call_id": "c", "output": { "type": "computer_screenshot", "image_url": "data:image/png;base64,AA==" } }),
        ),
        (
            "ig_",
            json!({ "type": "image_generation_call", "status": "completed", "result": "iVBORw0KGgo=", "revised_prompt": null }),
        ),
        (
            "ci_",
            json!({ "type": "code_interpreter_call", "status": "completed", "container_id": "cntr_1", "code": "1 + 1", "outputs": [{ "type": "logs", "logs": "2" }] }),
        ),
        (
            "lsh_",
            json!({ "type": "local_shell_call", "status": "completed", "call_id": "l", "action": { "type": "exec", "command": ["ls"], "env": {} } }),
        ),
        ("lsho_", json!({ "type": "local_shell_call_output", "output": "{}", "status": "completed" })),
        (
            "sh_",
            json!({ "type": "shell_call", "status": "completed", "call_id": "s", "action": { "commands": ["ls"] }, "environment": null }),
        ),
        (
            "sho_",
            json!({ "type": "shell_call_output", "call_id": "s", "output": [{ "stdout": "", "stderr": "", "outcome": { "type": "exit", "exit_code": 0 } }] }),
        ),
        (
            "apc_",
            json!({ "type": "apply_patch_call", "status": "completed", "call_id": "p", "operation": { "type": "delete_file", "path": "a" } }),
        ),
        ("apco_", json!({ "type": "apply_patch_call_output", "call_id": "p", "status": "failed", "output": "no" })),
        (
            "mcpl_",
            json!({ "type": "mcp_list_tools", "server_label": "s", "tools": [{ "name": "t", "input_schema": { "type": "object" } }] }),
        ),
        ("mcpr_", json!({ "type": "mcp_approval_request", "server_label": "s", "name": "t", "arguments": "{}" })),
        (
            "mcpa_",
            json!({ "type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": true, "reason": null }),
        ),
        (
            "mcp_",
            json!({ "type": "mcp_call", "server_label": "s", "name": "t", "arguments": "{}", "output": "o", "error": null }),
        ),
        ("ctc_", json!({ "type": "custom_tool_call", "call_id": "x", "name": "t", "input": "free text" })),
    ]
}

fn more() -> Vec<(&'static str, Value)> {
    vec![
        ("ctco_", json!({ "type": "custom_tool_call_output", "call_id": "x", "output": "done" })),
        (
            "tsc_",
            json!({ "type": "tool_search_call", "status": "completed", "call_id": null, "execution": "server", "arguments": {} }),
        ),
        (
            "tso_",
            json!({ "type": "tool_search_output", "status": "completed", "call_id": null, "execution": "server", "tools": [] }),
        ),
        ("cmp_", json!({ "type": "compaction", "encrypted_content": "gAAA" })),
        ("item_", json!({ "type": "additional_tools", "role": "developer", "tools": [] })),
        (
            "item_",
            json!({ "type": "kind_of_tomorrow", "deep": { "list": [1, null, { "k": "v" }] }, "content": "text" }),
        ),
    ]
}

/// Returns messages with content parts of every kind.
fn messages() -> Vec<(&'static str, Value)> {
    let parts = json!([
        { "type": "input_text", "text": "Look" },
        { "type": "input_image", "detail": "auto", "image_url": "https://example.com/a.png", "file_id": null },
        { "type": "input_file", "file_id": "file_1", "filename": "a.pdf" },
        { "type": "input_audio", "input_audio": { "data": "AA==", "format": "mp3" } },
        { "type": "part_of_tomorrow", "x": 1 },
    ]);
    let answer = json!([
        { "type": "output_text", "text": "Here", "annotations": [{ "type": "url_citation", "url": "https://example.com", "title": "t", "start_index": 0, "end_index": 4 }], "logprobs": [{ "token": "Here", "logprob": -0.5, "bytes": [72], "top_logprobs": [] }] },
        { "type": "refusal", "refusal": "No" },
    ]);
    let message = |role: &str, content: &Value| json!({ "type": "message", "status": "completed", "role": role, "content": content });
    let mut messages: Vec<_> = ["user", "system", "developer", "tool", "unknown", "critic", "discriminator"]
        .map(|role| ("msg_", message(role, &parts)))
        .into();
    let mut final_answer = message("assistant", &answer);
    final_answer["phase"] = json!("final_answer");
    messages.push(("msg_", final_answer));
    messages.push(("msg_", json!({ "type": "message", "status": "in_progress", "role": "assistant", "content": [] })));
    // A text that a body cannot have is kept in the item.
    messages.push(("msg_", message("user", &json!([{ "type": "input_text", "text": "a\u{0}\u{7}b\r\n" }]))));
    messages.push(("msg_", message("user", &json!([{ "type": "input_text", "text": "" }]))));
    messages
}

#[tokio::test]
async fn every_kind_is_kept_whole() {
    let world = World::new().await;
    let path = open(&world, &json!({})).await;
    let kinds: Vec<_> = [calls(), more(), messages()].concat();
    let mut added = Vec::new();
    for kinds in kinds.chunks(20) {
        let list = add(&world, &path, &kinds.iter().map(|(_, item)| item.clone()).collect()).await;
        added.extend(list["data"].as_array().expect("items").clone());
    }
    assert_eq!(items(&world, &path).await, added);
    for ((prefix, sent), item) in kinds.iter().zip(&added) {
        let id = item["id"].as_str().expect("an id");
        assert!(id.starts_with(prefix) && id.len() == prefix.len() + 32, "{id} {sent}");
        let mut without_id = item.clone();
        let _ = without_id.as_object_mut().expect("an object").remove("id");
        assert_eq!(without_id, *sent);
        assert_eq!(ask(&world, Method::GET, &format!("{path}/items/{id}"), None).await.expect(200), *item);
    }
    world.assert_sound().await;
}

#[tokio::test]
async fn numbers_and_the_order_of_members_are_kept() {
    let world = World::new().await;
    let path = open(&world, &json!({})).await;
    let members = r#""z":1.50,"big":89490200001234567890,"a":{"y":-0,"x":1e2},"text":"é\n\\""#;
    let body = format!(r#"{{"items":[{{"type":"kind",{members}}}]}}"#);
    let url = format!("{BASE}{path}/items");
    let added = world.server_key().ask(Method::POST, &url).body("application/json", body).send().await;
    let listed = world.server_key().ask(Method::GET, &url).send().await;
    for answer in [added, listed] {
        let text = String::from_utf8_lossy(&answer.bytes);
        assert!(text.contains(members), "{text}");
    }
}

#[tokio::test]
async fn short_forms_become_items() {
    let world = World::new().await;
    let path = open(&world, &json!({})).await;
    let short = json!([
        { "role": "user", "content": "a" },
        { "role": "assistant", "content": "b" },
        { "type": null, "role": "developer", "content": "c", "status": null, "id": null },
        { "type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}" },
    ]);
    let list = add(&world, &path, &short).await;
    let mut items = list["data"].as_array().expect("items").clone();
    for item in &mut items {
        let _ = item.as_object_mut().expect("an object").remove("id");
    }
    let message =
        |role: &str, part: Value| json!({ "type": "message", "status": "completed", "role": role, "content": [part] });
    assert_eq!(
        items,
        [
            message("user", json!({ "type": "input_text", "text": "a" })),
            message("assistant", json!({ "type": "output_text", "text": "b", "annotations": [], "logprobs": [] })),
            message("developer", json!({ "type": "input_text", "text": "c" })),
            json!({ "type": "function_call", "status": "completed", "call_id": "call_1", "name": "f", "arguments": "{}" }),
        ]
    );
}
