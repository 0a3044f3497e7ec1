//! A table and items that an earlier version has written are refused, with what to do.

use deskless_domain::ConversationId;
use deskless_infra::template;
use deskless_runtime::local_client;
use deskless_store::StoreError;
use deskless_tests::{World, minimal_conversation};
use serde_json::{Value, json};

fn refused<T: std::fmt::Debug>(result: Result<T, StoreError>) {
    let Err(error @ StoreError::EarlierFormat) = result else { panic!("{result:?}") };
    let text = error.to_string();
    for part in ["earlier version", "make dev-reset", "export"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// Returns a request that creates a table with these partition keys of the indexes.
fn table(name: &str, keys: &[(&str, &str)], sort: &str) -> Value {
    let part = |name: &str, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
    let indexes: Vec<_> = keys
        .iter()
        .map(|(index, key)| {
            let sort = if *index == "gsi4" { "pk" } else { sort };
            json!({
                "IndexName": index,
                "KeySchema": [part(key, "HASH"), part(sort, "RANGE")],
                "Projection": { "ProjectionType": if *index == "gsi4" { "KEYS_ONLY" } else { "ALL" } },
            })
        })
        .collect();
    let attributes: Vec<_> = ["pk", "sk", sort]
        .into_iter()
        .chain(keys.iter().map(|(_, key)| *key))
        .map(|name| json!({ "AttributeName": name, "AttributeType": "S" }))
        .collect();
    json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes,
        "KeySchema": [part("pk", "HASH"), part("sk", "RANGE")],
        "GlobalSecondaryIndexes": indexes,
    })
}

#[tokio::test]
async fn table_of_an_earlier_format_is_refused() {
    let world = World::new().await;
    let client = local_client(world.engine_url());
    let definition = template::table().expect("the template has a table");
    let earlier = [("gsi1", "gsi1pk"), ("gsi2", "gsi2pk"), ("gsi3", "gsi3pk")];
    let current = [("gsi1", "p1"), ("gsi2", "p2"), ("gsi3", "p3"), ("gsi4", "p4")];
    world.create_table(&table("earlier", &earlier, "activity")).await;
    refused(definition.create(&client, "earlier").await);
    refused(definition.check(&client, "earlier").await);
    world.create_table(&table("three-indexes", &current[..3], "a")).await;
    refused(definition.create(&client, "three-indexes").await);
    world.create_table(&table("four-indexes", &current, "a")).await;
    refused(definition.check(&client, "four-indexes").await);
    definition.create(&client, "four-indexes").await.expect("it gets the index of what is due");
    definition.check(&client, "four-indexes").await.expect("it has the same keys now");
    definition.create(&client, world.table_name()).await.expect("an existing table is left as it is");
}

#[tokio::test]
async fn item_of_an_earlier_format_is_refused() {
    let world = World::new().await;
    let opened = world.server_key().open(&minimal_conversation()).await;
    let id = opened["id"].as_str().expect("an id");
    let row = world.conversation_row(id).await.expect("the conversation");
    let tenant = world.tenant().await;
    let get = async || tenant.get_conversation(ConversationId::parse(id).expect("an id")).await;
    let _ = get().await.expect("the conversation");
    for format in [json!(null), json!({ "N": "0" }), json!({ "N": "1" })] {
        let mut earlier = row.clone();
        earlier.set("format", format);
        world.put(&earlier).await;
        refused(get().await);
    }
    let mut later = row.clone();
    later.set("format", json!({ "N": "3" }));
    world.put(&later).await;
    let later = get().await;
    let Err(StoreError::Internal(text)) = later else { panic!("{later:?}") };
    assert!(text.contains("format 3"), "{text}");
}
