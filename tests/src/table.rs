//! The whole table, looked at from outside, and what must hold in it.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value, json};

/// One row, as DynamoDB's own JSON has it.
#[derive(Debug, Clone)]
pub struct Row(pub Value);

impl Row {
    /// A string or number attribute, as text.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|value| value["S"].as_str().or_else(|| value["N"].as_str()))
    }

    /// The partition key.
    #[must_use]
    pub fn pk(&self) -> &str {
        self.get("pk").unwrap_or_default()
    }

    /// The sort key.
    #[must_use]
    pub fn sk(&self) -> &str {
        self.get("sk").unwrap_or_default()
    }

    fn number(&self, name: &str) -> u64 {
        self.get(name).and_then(|n| n.parse().ok()).unwrap_or(0)
    }

    fn is_conversation(&self) -> bool {
        self.sk() == "A" && self.pk().rsplit_once("#C#").is_some_and(|(_, id)| id.len() == 36)
    }

    fn is_message(&self) -> bool {
        self.sk().starts_with("M#")
    }
}

/// Every row, read page by page. Only tests scan.
pub(crate) async fn scan(engine: &str, table: &str) -> Vec<Row> {
    let client = reqwest::Client::new();
    let mut rows = Vec::new();
    let mut start = Value::Null;
    loop {
        let mut body = json!({ "TableName": table, "ConsistentRead": true });
        if !start.is_null() {
            body["ExclusiveStartKey"] = start;
        }
        let request = client
            .post(engine)
            .header("x-amz-target", "DynamoDB_20120810.Scan")
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-date", "20260628T180000Z")
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=local/20260628/local/dynamodb/aws4_request, \
                 SignedHeaders=host;x-amz-date;x-amz-target, Signature=0",
            )
            .body(body.to_string());
        let answer: Value = request.send().await.expect("the engine answers").json().await.expect("JSON");
        rows.extend(answer["Items"].as_array().expect("items").iter().cloned().map(Row));
        start = answer["LastEvaluatedKey"].clone();
        if start.is_null() {
            return rows;
        }
    }
}

/// Every invariant that these rows break, in words.
#[must_use]
pub fn violations(rows: &[Row]) -> Vec<String> {
    let mut broken = Vec::new();
    let mut messages: HashMap<&str, BTreeMap<&str, &Row>> = HashMap::new();
    for row in rows.iter().filter(|row| row.is_message()) {
        messages.entry(row.pk()).or_default().insert(row.sk(), row);
    }
    let conversations: HashMap<&str, &Row> =
        rows.iter().filter(|row| row.is_conversation()).map(|row| (row.pk(), row)).collect();

    for pk in messages.keys().filter(|pk| !conversations.contains_key(**pk)) {
        broken.push(format!("{pk}: messages lie under a conversation that is not there"));
    }
    let (mut numbers, mut external_ids) = (HashSet::new(), HashSet::new());
    for (pk, row) in &conversations {
        let none = BTreeMap::new();
        let thread = messages.get(pk).unwrap_or(&none);
        check_thread(&mut broken, pk, row, thread);
        let workspace = pk.split("#C#").next().unwrap_or_default();
        if !numbers.insert((workspace, row.number("number"))) {
            broken.push(format!("{pk}: the number {} is there twice", row.number("number")));
        }
        if let Some(id) = row.get("externalId")
            && !external_ids.insert((workspace, id))
        {
            broken.push(format!("{pk}: the externalId {id} is there twice"));
        }
        let status = row.get("status").unwrap_or_default();
        let wanted = format!("{workspace}#S#{status}#");
        if !row.get("gsi1pk").is_some_and(|partition| partition.starts_with(&wanted)) {
            broken.push(format!("{pk}: is {status} but stands in {:?}", row.get("gsi1pk")));
        }
        let solved = status == "solved";
        if solved != row.get("closedAt").is_some() || solved != row.get("resolution").is_some() {
            broken.push(format!("{pk}: closedAt and resolution do not go with {status}"));
        }
    }
    broken.extend(orphans(rows, &conversations));
    broken
}

fn check_thread(broken: &mut Vec<String>, pk: &str, row: &Row, thread: &BTreeMap<&str, &Row>) {
    if row.number("messageCount") != thread.len() as u64 {
        broken.push(format!("{pk}: counts {} messages and has {}", row.number("messageCount"), thread.len()));
    }
    let newest = thread.iter().rev().find(|(_, message)| message.get("type") == Some("reply"));
    let newest_id = newest.map(|(sk, _)| sk.trim_start_matches("M#"));
    if row.get("previewMessageId") != newest_id {
        broken.push(format!("{pk}: shows {:?} and the newest reply is {newest_id:?}", row.get("previewMessageId")));
    }
    let preview: Option<String> = newest.and_then(|(_, m)| Some(m.get("body")?.chars().take(140).collect()));
    if row.get("preview") != preview.as_deref() {
        broken.push(format!("{pk}: previews {:?}, not {preview:?}", row.get("preview")));
    }
    if let Some(id) = newest_id
        && row.get("activity") != Some(id)
    {
        broken.push(format!("{pk}: stands at {:?}, not at its newest reply {id}", row.get("activity")));
    }
    let last = thread.keys().next_back().map(|sk| sk.trim_start_matches("M#"));
    if let Some(last) = last
        && row.get("orderMark") != Some(last)
    {
        broken.push(format!("{pk}: marks {:?}, not its last message {last}", row.get("orderMark")));
    }
    let waiting = newest.is_some_and(|(_, message)| message.get("role") == Some("user"));
    if row.0["awaitingReply"]["BOOL"] != waiting {
        broken.push(format!("{pk}: awaitingReply is not {waiting}"));
    }
}

fn orphans(rows: &[Row], conversations: &HashMap<&str, &Row>) -> Vec<String> {
    let mut broken = Vec::new();
    for row in rows {
        if let Some((workspace, _)) = row.pk().split_once("#X#") {
            let id = row.get("conversationId").unwrap_or_default();
            if !conversations.contains_key(format!("{workspace}#C#{id}").as_str()) {
                broken.push(format!("{}: an externalId of a conversation that is not there", row.pk()));
            }
        }
    }
    broken
}
