use std::fmt::Write;

use deskless_tests::{Role, World, minimal_conversation};
use http::Method;
use proptest::{collection::vec, prelude::*};
use serde_json::{Map, Value, json};

use crate::support::{characters, check};

const CONVERSATIONS: &str = "/api/v1/conversations";

fn strings() -> impl Strategy<Value = String> {
    vec(characters(), 0..12).prop_map(String::from_iter)
}

fn numbers() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(Value::from),
        proptest::sample::select(
            &[
                0.0,
                -0.0,
                0.1,
                1.0,
                -1.0,
                1e21,
                1e-7,
                5e-324,
                f64::MIN_POSITIVE,
                f64::MAX,
                f64::MIN,
                9_007_199_254_740_993.0,
            ][..]
        )
        .prop_map(Value::from),
    ]
}

fn json_values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        numbers(),
        strings().prop_map(Value::String),
    ];
    leaf.prop_recursive(6, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            vec((strings(), inner), 0..4).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Generates metadata within the limits, small and large. Large metadata is stored in its own item.
fn metadata() -> impl Strategy<Value = Value> {
    let members = vec((strings(), json_values()), 0..6).prop_map(Map::from_iter);
    (members, prop_oneof![3 => Just(0_usize), 1 => 900..1100_usize, 1 => 3000..4096_usize]).prop_map(
        |(mut members, fill)| {
            let size = |members: &Map<String, Value>| serde_json::to_vec(members).expect("JSON").len();
            while size(&members) > 3000 {
                let key = members.keys().next().cloned().expect("large metadata has members");
                members.remove(&key);
            }
            let room = fill.saturating_sub(size(&members) + r#","":"""#.len() + "filler".len());
            if room > 0 {
                members.insert("filler".to_owned(), Value::String("x".repeat(room)));
            }
            Value::Object(members)
        },
    )
}

/// Encodes JSON with every character of its strings escaped.
fn escaped(value: &Value) -> String {
    let quoted = |text: &str| {
        let mut quoted = String::from("\"");
        for unit in text.encode_utf16() {
            let _ = write!(quoted, "\\u{unit:04x}");
        }
        quoted + "\""
    };
    match value {
        Value::String(text) => quoted(text),
        Value::Array(entries) => format!("[{}]", entries.iter().map(escaped).collect::<Vec<_>>().join(" ,\n")),
        Value::Object(members) => {
            let members: Vec<_> = members.iter().map(|(k, v)| format!("{} :\t{}", quoted(k), escaped(v))).collect();
            format!("{{{}}}", members.join(","))
        }
        plain => plain.to_string(),
    }
}

/// Returns the conversation's metadata from a GET, and asserts that a list returns the same.
async fn read(role: &Role<'_>, path: &str) -> Value {
    let one = role.get(path).await.expect(200)["conversation"].clone();
    let listed = role.get(&format!("{CONVERSATIONS}?limit=1")).await.expect(200)["conversations"][0].clone();
    assert_eq!(listed, one);
    one["metadata"].clone()
}

#[test]
fn metadata_round_trips() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let world = runtime.block_on(World::new());
    let role = world.server_key();
    check(96, &(metadata(), metadata(), metadata()), |(first, second, third)| {
        runtime.block_on(async {
            let mut body = minimal_conversation();
            body["metadata"] = first.clone();
            body["message"] = json!({ "body": "Hello", "metadata": second });
            let opened = role.post(CONVERSATIONS, &body).await.expect(201)["conversation"].clone();
            assert_eq!(opened["metadata"], first);
            let path = format!("{CONVERSATIONS}/{}", opened["id"].as_str().expect("an id"));
            assert_eq!(read(&role, &path).await, first);
            let messages = role.get(&format!("{path}/messages")).await.expect(200);
            assert_eq!(messages["messages"][0]["metadata"], second);

            // Replaced by other metadata, possibly of the other size class, with another encoding.
            let body = format!("{{\"metadata\":{}}}", escaped(&third));
            let change = role.ask(Method::PATCH, &path).body("application/json", body);
            assert_eq!(change.send().await.expect(200)["conversation"]["metadata"], third);
            assert_eq!(read(&role, &path).await, third);

            let cleared = role.patch(&path, &json!({ "metadata": null })).await.expect(200);
            assert_eq!(cleared["conversation"]["metadata"], json!({}));
            assert_eq!(read(&role, &path).await, json!({}));
        });
    });
    runtime.block_on(world.assert_sound());
}

#[test]
fn metadata_limits_are_exact() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let world = runtime.block_on(World::new());
    let role = world.server_key();
    let keys = |n: usize| (0..n).map(|i| (format!("k{i}"), Value::from(i))).collect::<Map<_, _>>();
    check(24, &(0..4_usize, strings()), |(more, text)| {
        runtime.block_on(async {
            let mut filled = keys(1);
            filled.insert("text".to_owned(), Value::String(text.clone()));
            let size = serde_json::to_vec(&filled).expect("JSON").len();
            filled.insert("filler".to_owned(), Value::String("x".repeat(4096 - size - r#","filler":"""#.len() + more)));
            for metadata in [keys(50 + more), filled] {
                let mut body = minimal_conversation();
                body["metadata"] = Value::Object(metadata);
                let answer = role.post(CONVERSATIONS, &body).await;
                if more == 0 {
                    assert_eq!(answer.expect(201)["conversation"]["metadata"], body["metadata"]);
                } else {
                    let _ = answer.expect_invalid(&["metadata"]);
                }
            }
        });
    });
}
