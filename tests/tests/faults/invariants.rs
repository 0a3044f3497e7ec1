//! Tests the invariant checks: a valid table passes, and every planted defect is reported.

use deskless_tests::{Row, World, example_conversation, minimal_conversation, packed, violations};
use serde_json::{Value, json};

/// Returns a table with every kind of item.
async fn valid_table() -> (World, Vec<Row>) {
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
    let ours = format!("{}#C#", world.prefix());
    position(rows, |row| row.pk().starts_with(&ours) && row.sk() == "A" && row.get("externalId").is_some())
}

/// Returns the index of an item of this kind in our workspace.
fn of_kind(world: &World, rows: &[Row], letter: &str) -> usize {
    let ours = format!("{}#{letter}", world.prefix());
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
    let (_, rows) = valid_table().await;
    assert_eq!(violations(&rows), Vec::<String>::new());
}

#[tokio::test]
async fn conversation_fields_are_checked() {
    let (world, rows) = valid_table().await;
    let wrong = [
        ("messageCount", json!({ "N": "5" }), "counts 5 messages but has 4"),
        ("unreadCount", json!({ "N": "0" }), "counts 0 unread replies but has 2"),
        ("preview", json!({ "S": "Hello" }), "previews Some(\"Hello\")"),
        ("previewMessageId", json!({ "S": "x" }), "shows Some(\"x\")"),
        ("activity", json!({ "S": "-" }), "is sorted by -,"),
        ("orderMark", json!({ "S": "-" }), "has the order mark -,"),
        ("awaitingReply", json!({ "BOOL": false }), "awaitingReply is not true"),
        ("firstResponseAt", json!({ "N": "9999999999999" }), "has the first response time Some(\"9"),
        ("firstResponseAt", Value::Null, "has the first response time None"),
        ("version", json!({ "N": "0" }), "has version 0 but 4 messages"),
        ("status", json!({ "S": "open" }), "is open but indexed in"),
        ("p1", json!({ "S": format!("{}#S#open#0", world.prefix()) }), "is solved but indexed in"),
        ("p1", json!({ "S": format!("W#{}#S#solved#0", packed(world.other)) }), "p1 refers to another workspace"),
        ("p2", json!({ "S": format!("{}#U#x", world.prefix()) }), "which is not its customer"),
        ("closedAt", Value::Null, "closedAt and resolution do not match solved"),
        ("resolution", Value::Null, "closedAt and resolution do not match solved"),
        ("number", json!({ "N": "2" }), "the number 2 is used twice"),
        ("number", json!({ "N": "9" }), "has the number 9, but the last number is Some(2)"),
        ("externalId", Value::Null, "1 externalIds refer to it, not 0"),
        ("attempt", Value::Null, "has no attempt"),
        ("metadata", json!({ "S": "{}" }), "its large metadata is misplaced"),
    ];
    for (attribute, value, expected) in wrong {
        let mut rows = rows.clone();
        let at = conversation(&world, &rows);
        rows[at].set(attribute, value);
        let broken = violations(&rows);
        assert!(broken.iter().any(|text| text.contains(expected)), "{attribute}: {expected}: {broken:#?}");
    }
}

#[tokio::test]
async fn missing_items_are_reported() {
    let (world, rows) = valid_table().await;
    let missing = [
        (conversation(&world, &rows), "belong to a deleted conversation"),
        (conversation(&world, &rows), "an externalId of an unknown conversation"),
        (message(&world, &rows, 0), "counts 4 messages but has 3"),
        (message(&world, &rows, 1), "but the newest reply is"),
        (of_kind(&world, &rows, "X"), "0 externalIds refer to it, not 1"),
        (of_kind(&world, &rows, "U"), "which is not its customer"),
        (of_kind(&world, &rows, "U"), "has the email None, and is listed at Some"),
        (of_kind(&world, &rows, "N"), "the last number is None"),
        (position(&rows, |row| row.sk() == "D"), "its large metadata is misplaced"),
        (position(&rows, |row| row.pk().starts_with("K#")), "the key and its listing differ"),
        (position(&rows, |row| row.pk() == "WS"), "belongs to an unknown workspace"),
    ];
    for (at, expected) in missing {
        let mut rows = rows.clone();
        let gone = rows.remove(at);
        let broken = violations(&rows);
        assert!(broken.iter().any(|text| text.contains(expected)), "{gone:?}: {expected}: {broken:#?}");
    }
}

#[tokio::test]
async fn misplaced_items_are_reported() {
    let (world, rows) = valid_table().await;
    let (ours, theirs) = (world.prefix(), format!("W#{}", packed(world.other)));
    let again = |at: usize, attribute: &str, value: String| {
        let mut row = rows[at].clone();
        row.set(attribute, json!({ "S": value }));
        row
    };
    let thread = conversation(&world, &rows);
    let last = message(&world, &rows, 0);
    let id = packed("019f0f63-6500-7232-afd6-d36c005d2ee1");
    let incomplete = |pk: String, sk: &str| Row(json!({ "pk": { "S": pk }, "sk": { "S": sk } }));
    let planted = [
        (again(last, "sk", format!("M#k{}", &rows[last].sk()[3..])), "counts 4 messages but has 5"),
        (again(last, "sk", format!("M#{id}")), "has a message older than itself"),
        (again(last, "sk", "M#1".to_owned()), "unknown kind"),
        (again(last, "pk", format!("{ours}#C#{id}")), "belong to a deleted conversation"),
        (again(last, "p1", format!("{ours}#S#open#0")), "is in the wrong index"),
        (again(thread, "pk", format!("{ours}#C#{id}")), "the number 1 is used twice"),
        (again(thread, "pk", format!("{ours}#C#{id}")), "the externalId Some(\"ticket_123\") is used twice"),
        (again(thread, "pk", format!("{theirs}#C#{id}")), "refers to another workspace"),
        (
            again(of_kind(&world, &rows, "X"), "pk", format!("{ours}#X#{}", "-".repeat(22))),
            "2 externalIds refer to it, not 1",
        ),
        (again(of_kind(&world, &rows, "X"), "conversationId", id.clone()), "an unknown conversation"),
        (again(of_kind(&world, &rows, "X"), "pk", format!("{ours}#X#ticket_123")), "unknown kind"),
        (
            again(of_kind(&world, &rows, "E"), "customerId", "nobody".to_owned()),
            "\"nobody\"): has the email None, and is listed at Some",
        ),
        (again(of_kind(&world, &rows, "N"), "pk", format!("W#{id}#N")), "belongs to an unknown workspace"),
        (incomplete(format!("{ours}#C#{id}"), "A"), "has no customer"),
        (incomplete(format!("{ours}#I#{}", "-".repeat(22)), "A"), "is an incomplete idempotency record"),
        (incomplete(ours.clone(), &format!("K#{id}")), "the key and its listing differ"),
        (incomplete("anything".to_owned(), "A"), "unknown kind"),
    ];
    for (row, expected) in planted {
        let mut rows = rows.clone();
        rows.retain(|known| (known.pk(), known.sk()) != (row.pk(), row.sk()));
        rows.push(row.clone());
        let broken = violations(&rows);
        assert!(broken.iter().any(|text| text.contains(expected)), "{row:?}: {expected}: {broken:#?}");
    }
}
