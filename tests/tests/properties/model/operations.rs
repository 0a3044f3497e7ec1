use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::{Index, select},
};
use serde_json::{Map, Value, json};

pub const CHANNELS: &[&str] = &["api", "email", "live-chat"];
pub const CUSTOMERS: &[&str] = &["cus_1", "cus_2"];
pub const STATUSES: &[&str] = &["open", "waiting", "solved"];

/// An operation of a caller. Conversations are selected by an index into the existing ones.
#[derive(Debug, Clone)]
pub enum Operation {
    Open {
        body: Map<String, Value>,
        keyed: bool,
    },
    Change {
        which: Index,
        body: Map<String, Value>,
        under: Under,
    },
    Write {
        which: Index,
        body: Map<String, Value>,
        keyed: bool,
    },
    /// Deletes a message of the conversation.
    Delete {
        which: Index,
        message: Index,
    },
    Read {
        which: Index,
    },
    ReadThread {
        which: Index,
        descending: bool,
        limit: usize,
    },
    List {
        filters: Filters,
        limit: usize,
    },
    /// Sends an earlier request again with its key.
    Repeat {
        which: Index,
        with_another_body: bool,
    },
}

/// The value of `If-Match`.
#[derive(Debug, Clone, Copy)]
pub enum Under {
    Nothing,
    Any,
    Current,
    CurrentAmongOthers,
    Stale,
}

#[derive(Debug, Clone, Default)]
pub struct Filters {
    pub status: Option<&'static str>,
    pub channel: Option<&'static str>,
    pub customer: Option<&'static str>,
    pub ascending: bool,
}

fn word(words: &'static [&'static str]) -> impl Strategy<Value = Value> {
    select(words).prop_map(Value::from)
}

fn text() -> impl Strategy<Value = Value> {
    prop_oneof!["[a-z]{1,8}", "x[ -~é😀]{0,20}", "[a-zß-ö😀]{130,160}"].prop_map(Value::from)
}

fn tags() -> impl Strategy<Value = Value> {
    vec(word(&["vip", "billing", "späti"]), 0..4).prop_map(Value::Array)
}

/// Generates no metadata, a little, or enough to be stored in its own item.
fn metadata() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({})),
        text().prop_map(|text| json!({ "text": text, "n": 1.5 })),
        Just(json!({ "large": "x".repeat(1500) }))
    ]
}

fn resolution() -> impl Strategy<Value = Value> {
    word(&["resolved", "completed", "closed", "abandoned"])
}

/// Generates an object that contains each of these fields with this probability.
fn object(members: Vec<(&'static str, f64, BoxedStrategy<Value>)>) -> impl Strategy<Value = Map<String, Value>> {
    let members: Vec<_> = members
        .into_iter()
        .map(|(name, likelihood, value)| {
            let value = if likelihood < 1.0 {
                option::weighted(likelihood, value).boxed()
            } else {
                value.prop_map(Some).boxed()
            };
            value.prop_map(move |value| Some((name.to_owned(), value?)))
        })
        .collect();
    members.prop_map(|members| members.into_iter().flatten().collect())
}

fn message() -> impl Strategy<Value = Map<String, Value>> {
    object(vec![
        ("body", 1.0, text().boxed()),
        ("role", 0.6, word(&["user", "assistant", "system"]).boxed()),
        ("type", 0.4, word(&["reply", "note"]).boxed()),
        ("sender", 0.2, Just(json!({ "id": "agent_1", "name": "Grace" })).boxed()),
        ("externalId", 0.3, word(&["wamid.1", "wamid.2", "wamid.3"]).boxed()),
        ("metadata", 0.2, metadata().boxed()),
    ])
}

fn customer() -> impl Strategy<Value = Value> {
    object(vec![
        ("id", 1.0, word(CUSTOMERS).boxed()),
        ("name", 0.4, word(&["Ada", "Ada Lovelace"]).boxed()),
        ("email", 0.4, word(&["ada@example.com", "Ada@Example.com", "lovelace@example.com"]).boxed()),
        ("company", 0.2, text().boxed()),
    ])
    .prop_map(Value::Object)
}

fn conversation() -> impl Strategy<Value = Map<String, Value>> {
    object(vec![
        ("subject", 1.0, text().boxed()),
        ("customer", 1.0, customer().boxed()),
        ("externalId", 0.3, word(&["ticket_1", "ticket_2", "ticket_3"]).boxed()),
        ("sessionKey", 0.1, text().boxed()),
        ("channel", 0.6, word(CHANNELS).boxed()),
        ("source", 0.2, word(&["widget", "phone", "api", "email"]).boxed()),
        ("status", 0.4, word(STATUSES).boxed()),
        ("resolution", 0.1, resolution().boxed()),
        ("escalated", 0.2, any::<bool>().prop_map(Value::from).boxed()),
        ("priority", 0.2, word(&["low", "high"]).boxed()),
        ("tags", 0.3, tags().boxed()),
        ("metadata", 0.3, metadata().boxed()),
        ("message", 0.4, message().prop_map(Value::Object).boxed()),
    ])
}

fn change() -> impl Strategy<Value = Map<String, Value>> {
    let change = object(vec![
        ("status", 0.5, word(STATUSES).boxed()),
        ("resolution", 0.2, resolution().boxed()),
        ("escalated", 0.2, any::<bool>().prop_map(Value::from).boxed()),
        ("priority", 0.2, word(&["low", "high"]).boxed()),
        ("subject", 0.2, text().boxed()),
        ("tags", 0.2, prop_oneof![3 => tags(), 1 => Just(Value::Null)].boxed()),
        ("metadata", 0.3, prop_oneof![3 => metadata(), 1 => Just(Value::Null)].boxed()),
    ]);
    change.prop_filter("an empty change is refused", |change| !change.is_empty())
}

pub fn filters() -> impl Strategy<Value = Filters> {
    (option::of(select(STATUSES)), option::of(select(CHANNELS)), option::of(select(CUSTOMERS)), any::<bool>())
        .prop_map(|(status, channel, customer, ascending)| Filters { status, channel, customer, ascending })
}

pub fn operations() -> impl Strategy<Value = Operation> {
    let under = select(
        &[Under::Nothing, Under::Nothing, Under::Any, Under::Current, Under::CurrentAmongOthers, Under::Stale][..],
    );
    let which = any::<Index>;
    prop_oneof![
        5 => (conversation(), any::<bool>()).prop_map(|(body, keyed)| Operation::Open { body, keyed }),
        5 => (which(), change(), under).prop_map(|(which, body, under)| Operation::Change { which, body, under }),
        7 => (which(), message(), any::<bool>()).prop_map(|(which, body, keyed)| Operation::Write { which, body, keyed }),
        2 => (which(), which()).prop_map(|(which, message)| Operation::Delete { which, message }),
        1 => which().prop_map(|which| Operation::Read { which }),
        1 => (which(), any::<bool>(), 1..6_usize)
            .prop_map(|(which, descending, limit)| Operation::ReadThread { which, descending, limit }),
        2 => (filters(), 1..6_usize).prop_map(|(filters, limit)| Operation::List { filters, limit }),
        2 => (which(), any::<bool>())
            .prop_map(|(which, with_another_body)| Operation::Repeat { which, with_another_body }),
    ]
}
