//! Reads the table's stream as Lambda does. Requests use DynamoDB's JSON protocol directly, because its records are
//! already in the format of a function's event. The local engines do not check signatures.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

/// The batch size in `template.yaml`.
pub const BATCH: usize = 100;

/// A reader of one table's stream on a local engine.
#[derive(Debug)]
pub struct Stream {
    client: reqwest::Client,
    engine: String,
    arn: String,
    /// The shards, each with its next iterator.
    shards: Vec<Shard>,
}

#[derive(Debug)]
struct Shard {
    id: String,
    iterator: Option<String>,
}

impl Stream {
    /// Opens the stream at its oldest record, or after the record with this sequence number.
    ///
    /// # Errors
    /// If the engine does not respond or the table has no stream.
    pub async fn open(engine: &str, table: &str, after: Option<&str>) -> Result<Self> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let mut stream = Self { client, engine: engine.to_owned(), arn: String::new(), shards: Vec::new() };
        // `DescribeTable` would give the ARN too, but the embedded engine counts all items for it.
        let listed = stream.call("DynamoDBStreams_20120810.ListStreams", &json!({ "TableName": table })).await?;
        let streams = listed["Streams"].as_array().into_iter().flatten();
        let latest = streams.max_by_key(|stream| stream["StreamLabel"].as_str().unwrap_or_default());
        let arn = latest.and_then(|latest| latest["StreamArn"].as_str()).context("the table has no stream")?;
        arn.clone_into(&mut stream.arn);
        let described =
            stream.call("DynamoDBStreams_20120810.DescribeStream", &json!({ "StreamArn": stream.arn })).await?;
        for shard in described["StreamDescription"]["Shards"].as_array().into_iter().flatten() {
            let id = shard["ShardId"].as_str().context("a shard has no id")?.to_owned();
            let iterator = stream.iterator(&id, after).await?;
            stream.shards.push(Shard { id, iterator });
        }
        Ok(stream)
    }

    async fn iterator(&self, shard: &str, after: Option<&str>) -> Result<Option<String>> {
        let mut request = json!({ "StreamArn": self.arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
        if let Some(after) = after {
            request["ShardIteratorType"] = json!("AFTER_SEQUENCE_NUMBER");
            request["SequenceNumber"] = json!(after);
        }
        let answer = self.call("DynamoDBStreams_20120810.GetShardIterator", &request).await?;
        Ok(answer["ShardIterator"].as_str().map(str::to_owned))
    }

    /// Returns the next records, at most [`BATCH`]. Returns none if there are no new ones.
    ///
    /// # Errors
    /// If the engine does not respond.
    pub async fn next(&mut self) -> Result<Vec<Value>> {
        for at in 0..self.shards.len() {
            let Some(iterator) = self.shards[at].iterator.clone() else { continue };
            let request = json!({ "ShardIterator": iterator, "Limit": BATCH });
            let mut answer = self
                .call("DynamoDBStreams_20120810.GetRecords", &request)
                .await
                .with_context(|| format!("cannot read shard {}", self.shards[at].id))?;
            self.shards[at].iterator = answer["NextShardIterator"].as_str().map(str::to_owned);
            if let Value::Array(records) = answer["Records"].take()
                && !records.is_empty()
            {
                return Ok(records);
            }
        }
        Ok(Vec::new())
    }

    async fn call(&self, target: &str, body: &Value) -> Result<Value> {
        let answer = self
            .client
            .post(&self.engine)
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-date", "20260628T180000Z")
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=local/20260628/local/dynamodb/aws4_request, \
                 SignedHeaders=host;x-amz-date;x-amz-target, Signature=0",
            )
            .body(body.to_string())
            .send()
            .await?;
        if !answer.status().is_success() {
            bail!("the engine rejected {target}: {}", answer.text().await.unwrap_or_default());
        }
        Ok(answer.json().await?)
    }
}

/// Returns the sequence number of a record.
#[must_use]
pub fn sequence_number(record: &Value) -> &str {
    record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default()
}
