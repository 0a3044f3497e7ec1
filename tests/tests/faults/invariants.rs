//! Tests the invariant checks: a valid table passes, and every planted defect is reported.

use deskless_tests::{Row, World, example_conversation, minimal_conversation, violations};
use serde_json::{Value, json};

/// Returns a table with every kind of item.
async fn sound() -> (World, Vec<Row>) {
    let world = World::new().await;
    let role = world.server_key();
    let mut body = example_conversation();
    body["message"] = json!({ "body": "Hello" });
    body["metadata"] = json!({ "large": "x".repeat(2000) });
    let ask = role.ask(http::Method::POST, "/api/v1/conversations").header("idempotency-key", "key").json(&body);
    let opened = ask.send().await.expect(201)["conversation"].clone();
    let path = format!("/api/v1/conversations/{}", opened["id"].as_str().expect("an id"));
    for (role_name, kind) in [("assistant", "reply"), ("user", "reply"), ("assistant", "note")] {
        let message = json!({ "body": format!("A {kind} of {role_name}"), "role": role_name, "type": kind });
        let _ = role.post(&format!("{path}/messages"), &message).await.expect(201);
    }
    let _ = role.patch(&path, &json!({ "status": "solved" })).await.expect(200);
    let _ = role.open(&minimal_conversation()).await;
    let _ = world.other_workspace().open(&example_conversation()).await;
    let rows = world.rows().await;
    (world, rows)
}

fn position(rows: &[Row], fits: impl Fn(&Row) -> bool) -> usize {
    rows.iter().position(fits).expect("a matching item")
}

/// Returns the index of the item of the conversation that has all fields.
fn conversation(world: &World, rows: &[Row]) -> usize {
    let ours = format!("W#{}#C#", world.workspace);
    position(rows, |row| row.pk().starts_with(&ours) && row.sk() == "A" && row.get("externalId").is_some())
}

/// Returns the index of an item of this kind in our workspace.
fn of_kind(world: &World, rows: &[Row], letter: &str) -> usize {
    let ours = format!("W#{}#{letter}", world.workspace);
    position(rows, |row| row.pk().starts_with(&ours))
}

/// Returns the index of one of its messages, counted from the end: the last is a note, the one before a reply.
fn message(world: &World, rows: &[Row], from_the_end: usize) -> usize {
    let pk = rows[conversation(world, rows)].pk().to_owned();
    let mut messages: Vec<_> =
        (0..rows.len()).filter(|&i| rows[i].pk() == pk && rows[i].sk().starts_with("M#")).collect();
    messages.sort_by_key(|&i| rows[i].sk().to_owned());
    messages[messages.len() - 1 - from_the_end]
}

#[tokio::test]
async fn valid_table_has_no_violations() {
    let (_, rows) = sound().await;
    assert_eq!(violations(&rows), Vec::<String>::new());
}

#[tokio::test]
async fn conversation_fields_are_checked() {
    let (world, rows) = sound().await;
    let wrong = [
        ("messageCount", json!({ "N": "5" }), "counts 5 messages and has 4"),
        ("unreadCount", json!({ "N": "0" }), "counts 0 unread replies and has 2"),
        ("preview", json!({ "S": "Hello" }), "previews Some(\"Hello\")"),
        ("previewMessageId", json!({ "S": "x" }), "shows Some(\"x\")"),
        ("activity", json!({ "S": "0" }), "stands at 0"),
        ("orderMark", json!({ "S": "0" }), "marks 0"),
        ("awaitingReply", json!({ "BOOL": false }), "awaitingReply is not true"),
        ("firstResponseAt", json!({ "N": "9999999999999" }), "was first answered at Some(\"9"),
        ("firstResponseAt", Value::Null, "was first answered at None"),
        ("version", json!({ "N": "3" }), "has version 3 and 4 messages"),
        ("status", json!({ "S": "open" }), "is open but stands in"),
        ("gsi1pk", json!({ "S": format!("W#{}#S#open#0", world.workspace) }), "is solved but stands in"),
        ("gsi1pk", json!({ "S": format!("W#{}#S#solved#0", world.other) }), "gsi1pk points into another workspace"),
        ("gsi2pk", json!({ "S": format!("W#{}#U#x", world.workspace) }), "which is not its customer"),
        ("closedAt", Value::Null, "closedAt and resolution do not go with solved"),
        ("resolution", Value::Null, "closedAt and resolution do not go with solved"),
        ("number", json!({ "N": "2" }), "the number 2 is there twice"),
        ("number", json!({ "N": "9" }), "has the number 9, and the last one given is Some(2)"),
        ("externalId", Value::Null, "1 externalIds name it, not 0"),
        ("attempt", Value::Null, "has no attempt"),
        ("metadata", json!({ "S": "{}" }), "its large metadata is not in its place"),
    ];
    for (attribute, value, told) in wrong {
        let mut rows = rows.clone();
        let at = conversation(&world, &rows);
        match value {
            Value::Null => drop(rows[at].0.as_object_mut().expect("a row").remove(attribute)),
            value => rows[at].0[attribute] = value,
        }
        let broken = violations(&rows);
        assert!(broken.iter().any(|text| text.contains(told)), "{attribute}: {told}: {broken:#?}");
    }
}

#[tokio::test]
async fn missing_items_are_reported() {
    let (world, rows) = sound().await;
    let missing = [
        (conversation(&world, &rows), "lie under a conversation that is gone"),
        (conversation(&world, &rows), "an externalId of a conversation that is not there"),
        (message(&world, &rows, 0), "counts 4 messages and has 3"),
        (message(&world, &rows, 1), "and the newest reply is"),
        (of_kind(&world, &rows, "X"), "0 externalIds name it, not 1"),
        (of_kind(&world, &rows, "U"), "which is not its customer"),
        (of_kind(&world, &rows, "U"), "who is not there"),
        (of_kind(&world, &rows, "N"), "the last one given is None"),
        (position(&rows, |row| row.sk() == "D"), "its large metadata is not in its place"),
        (position(&rows, |row| row.pk().starts_with("K#")), "the key and its listing differ"),
        (position(&rows, |row| row.pk() == "WS"), "belongs to a workspace that is not there"),
    ];
    for (at, told) in missing {
        let mut rows = rows.clone();
        let gone = rows.remove(at);
        let broken = violations(&rows);
        assert!(broken.iter().any(|text| text.contains(told)), "{gone:?}: {told}: {broken:#?}");
    }
}

#[tokio::test]
async fn misplaced_items_are_reported() {
    let (world, rows) = sound().await;
    let (ours, theirs) = (format!("W#{}", world.workspace), format!("W#{}", world.other));
    let again = |at: usize, attribute: &str, value: String| {
        let mut row = rows[at].clone();
        row.0[attribute] = json!({ "S": value });
        row
    };
    let thread = conversation(&world, &rows);
    let last = message(&world, &rows, 0);
    let uuid = "019f0f63-6500-7232-afd6-d36c005d2ee1";
    let ghost = |pk: String, sk: &str| Row(json!({ "pk": { "S": pk }, "sk": { "S": sk } }));
    let planted = [
        (again(last, "sk", format!("M#f{}", &rows[last].sk()[3..])), "counts 4 messages and has 5"),
        (again(last, "sk", format!("M#{uuid}")), "has a message from before it was opened"),
        (again(last, "sk", "M#1".to_owned()), "is of no known kind"),
        (again(last, "pk", format!("{ours}#C#{uuid}")), "lie under a conversation that is gone"),
        (again(last, "gsi1pk", format!("{ours}#S#open#0")), "stands in an index where it does not belong"),
        (again(thread, "pk", format!("{ours}#C#{uuid}")), "the number 1 is there twice"),
        (again(thread, "pk", format!("{ours}#C#{uuid}")), "the externalId Some(\"ticket_123\") is there twice"),
        (again(thread, "pk", format!("{theirs}#C#{uuid}")), "points into another workspace"),
        (
            again(of_kind(&world, &rows, "X"), "pk", format!("{ours}#X#{}", "A".repeat(26))),
            "2 externalIds name it, not 1",
        ),
        (again(of_kind(&world, &rows, "X"), "conversationId", uuid.to_owned()), "a conversation that is not there"),
        (again(of_kind(&world, &rows, "X"), "pk", format!("{ours}#X#ticket_123")), "is of no known kind"),
        (again(of_kind(&world, &rows, "E"), "customerId", "nobody".to_owned()), "who is not there"),
        (again(of_kind(&world, &rows, "N"), "pk", format!("W#{uuid}#N")), "belongs to a workspace that is not there"),
        (ghost(format!("{ours}#C#{uuid}"), "A"), "has no customer"),
        (ghost(format!("{ours}#I#{}", "A".repeat(26)), "A"), "is no complete idempotency record"),
        (ghost(ours.clone(), &format!("K#{uuid}")), "the key and its listing differ"),
        (ghost("anything".to_owned(), "A"), "is of no known kind"),
    ];
    for (row, told) in planted {
        let mut rows = rows.clone();
        rows.retain(|known| (known.pk(), known.sk()) != (row.pk(), row.sk()));
        rows.push(row.clone());
        let broken = violations(&rows);
        assert!(broken.iter().any(|text| text.contains(told)), "{row:?}: {told}: {broken:#?}");
    }
}
