//! Direct access to the items of the table, without the store and the proxy.

use deskless_domain::{Channel, ConversationId, MessageId, WorkspaceId};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use crate::{Row, World, invariants, packed, table};

/// Sets the number of index shards of a workspace.
pub(super) async fn set_shards(engine: &str, table: &str, workspace: WorkspaceId, shards: u8) {
    let body = json!({
        "TableName": table,
        "Key": { "pk": { "S": format!("W#{}", packed(workspace)) }, "sk": { "S": "A" } },
        "UpdateExpression": "SET readShards = :shards, writeShards = :shards",
        "ConditionExpression": "attribute_exists(pk)",
        "ExpressionAttributeValues": { ":shards": { "N": shards.to_string() } },
    });
    let _ = table::call(engine, "UpdateItem", &body).await;
}

impl World {
    /// Sets the number of index shards of both workspaces. A process sees the change when its cached settings have
    /// expired, after 20 seconds.
    pub async fn spread(&self, shards: u8) {
        for workspace in [self.workspace, self.other] {
            set_shards(&self.direct, &self.table, workspace, shards).await;
        }
    }

    /// Returns the start of the partition keys of our workspace.
    #[must_use]
    pub fn prefix(&self) -> String {
        format!("W#{}", packed(self.workspace))
    }

    /// Returns the partition key of a resource of our workspace, by the letter of its kind and its ID.
    #[must_use]
    pub fn pk(&self, letter: &str, id: &str) -> String {
        format!("{}#{letter}#{}", self.prefix(), packed(id))
    }

    /// Returns the own item of a conversation of our workspace.
    pub async fn conversation_row(&self, id: &str) -> Option<Row> {
        self.row(&self.pk("C", id), "A").await
    }

    /// Writes items directly to the table.
    pub async fn plant(&self, rows: &[Row]) {
        let client = reqwest::Client::new();
        let write = async |batch: &[Row]| {
            let requests: Vec<_> = batch.iter().map(|row| json!({ "PutRequest": { "Item": row.0 } })).collect();
            let body = json!({ "RequestItems": { self.table.as_str(): requests } });
            let _ = table::call_with(&client, &self.direct, "BatchWriteItem", &body).await;
        };
        stream::iter(rows.chunks(25)).for_each_concurrent(4, write).await;
    }

    /// Writes copies of a conversation of our workspace directly to the table, each with a new ID and activity, a millisecond after the
    /// one before, on `shards` shards. `status` returns the status of each by its index. The counters do not include them.
    ///
    /// # Panics
    /// If there is no such conversation.
    pub async fn copy_conversation(&self, id: &str, copies: usize, shards: u8, status: impl Fn(usize) -> &'static str) {
        let model = self.conversation_row(id).await.expect("the conversation exists");
        let copy = |index: usize| {
            self.clock.advance_millis(1);
            let id = ConversationId::on(Channel::Api, &*self.clock);
            let shard = id.as_bytes()[14] % shards;
            let mut copy = model.clone();
            let texts = [
                ("pk", self.pk("C", &id.to_string())),
                ("a", packed(id)),
                ("o", packed(id)),
                ("s", status(index).to_owned()),
                ("p1", format!("{}#S#{}#{shard}", self.prefix(), status(index))),
                ("p4", format!("{}#T#{shard}", self.prefix())),
            ];
            for (attribute, text) in texts {
                copy.0[attribute] = json!({ "S": text });
            }
            copy
        };
        let copies: Vec<_> = (0..copies).map(copy).collect();
        self.plant(&copies).await;
    }

    /// Writes copies of the newest message of a conversation of our workspace directly to the table, each a millisecond after the one
    /// before, and counts them on the conversation.
    ///
    /// # Panics
    /// If there is no such conversation, or it has no message.
    pub async fn copy_messages(&self, id: &str, copies: usize) {
        let mut conversation = self.conversation_row(id).await.expect("the conversation exists");
        let newest = format!("M#{}", conversation.0["o"]["S"].as_str().expect("a newest message"));
        let model = self.row(conversation.pk(), &newest).await.expect("the message exists");
        let copy = |_| {
            self.clock.advance_millis(1);
            let mut copy = model.clone();
            copy.0["sk"] = json!({ "S": format!("M#{}", packed(MessageId::generate(&*self.clock))) });
            copy
        };
        let messages: Vec<_> = (0..copies).map(copy).collect();
        self.plant(&messages).await;
        let count = conversation.number("messageCount") + copies as u64;
        conversation.0["mc"] = json!({ "N": count.to_string() });
        self.put(&conversation).await;
    }

    /// Returns an item, read directly from the table.
    pub async fn row(&self, pk: &str, sk: &str) -> Option<Row> {
        let body = json!({
            "TableName": self.table,
            "Key": { "pk": { "S": pk }, "sk": { "S": sk } },
            "ConsistentRead": true,
        });
        let mut answer = table::call(&self.direct, "GetItem", &body).await;
        Some(answer["Item"].take()).filter(Value::is_object).map(Row)
    }

    /// Deletes an item directly, like DynamoDB's TTL.
    pub async fn expire(&self, row: &Row) {
        let key = json!({ "pk": row.0["pk"], "sk": row.0["sk"] });
        let body = json!({ "TableName": self.table, "Key": key });
        let _ = table::call(&self.direct, "DeleteItem", &body).await;
    }

    /// Returns every item of the table, except the short-lived rate limit counters, which any request may write.
    pub async fn rows(&self) -> Vec<Row> {
        self.all_rows().await.into_iter().filter(|row| !row.pk().contains("#R#")).collect()
    }

    /// Returns every item of the table, in no particular order.
    pub async fn all_rows(&self) -> Vec<Row> {
        table::scan(&self.direct, &self.table).await
    }

    /// Writes an item directly to the table.
    pub async fn put(&self, row: &Row) {
        let _ = table::call(&self.direct, "PutItem", &json!({ "TableName": self.table, "Item": row.0 })).await;
    }

    /// Returns every item of the other workspace, in a fixed order. Requests in our workspace must not change them.
    pub async fn foreign_rows(&self) -> Vec<Value> {
        let own = format!("W#{}", packed(self.other));
        let mut rows: Vec<_> = self.rows().await.into_iter().filter(|row| row.pk().starts_with(&own)).collect();
        rows.sort_by_key(|row| (row.pk().to_owned(), row.sk().to_owned()));
        rows.into_iter().map(|row| row.0).collect()
    }

    /// Creates another table in the engine.
    pub async fn create_table(&self, request: &Value) {
        let _ = table::call(&self.direct, "CreateTable", request).await;
    }

    /// Returns the engine's description of the table.
    pub async fn describe_table(&self) -> serde_json::Value {
        table::describe(&self.direct, &self.table).await
    }

    /// Asserts that the table and the bucket satisfy all invariants.
    pub async fn assert_sound(&self) {
        let rows = self.all_rows().await;
        let mut broken = invariants::violations(&rows);
        broken.extend(invariants::orphans(&rows, &self.objects()));
        broken.extend(self.leaks(&rows));
        assert!(broken.is_empty(), "{}", broken.join("\n"));
    }

    /// Asserts all invariants, and that the workers have processed the whole stream.
    pub async fn assert_settled(&self) {
        let rows = self.rows().await;
        let mut broken = invariants::violations(&rows);
        broken.extend(invariants::unsettled(&rows));
        broken.extend(invariants::orphans(&rows, &self.objects()));
        broken.extend(self.leaks(&rows));
        assert!(broken.is_empty(), "{}", broken.join("\n"));
    }
}
