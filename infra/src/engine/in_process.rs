//! A DynamoDB client that calls the engine in this process, without HTTP.
//!
//! A request to the engine's server is parsed three times, compressed into a checksum, and sent through a socket. That
//! takes longer than most operations.

use std::fmt;

use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use deskless_runtime::local_client;
use dynoxide::{Database, DynoxideError, actions::transact_write_items::TransactWriteItemsRequest};
use serde::{Serialize, de::DeserializeOwned};

/// Returns a client for the engine with this database. It has the same settings as a client for the engine's URL.
pub(super) fn client(database: &Database, url: &str) -> Client {
    let connector = SharedHttpConnector::new(InProcess(database.clone()));
    let config = local_client(url).config().to_builder();
    Client::from_conf(config.http_client(http_client_fn(move |_, _| connector.clone())).build())
}

struct InProcess(Database);

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(self.respond(&request))
    }
}

impl InProcess {
    fn respond(&self, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        let body = request.body().bytes().ok_or_else(|| ConnectorError::user("the body is a stream".into()))?;
        let (status, body) = match run(&self.0, operation, body, Tokens::Ignored) {
            Ok(body) => (200, body),
            Err(error) => (error.status_code(), error.to_json()),
        };
        let status = StatusCode::try_from(status).map_err(|error| ConnectorError::other(error.into(), None))?;
        let mut response = HttpResponse::new(status, SdkBody::from(body));
        response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
        Ok(response)
    }
}

/// Whether the request tokens of transactions are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tokens {
    /// A repeat with the same token succeeds and changes nothing.
    Checked,
    /// A token is for retries after a lost response, and no response is lost in one process. The engine checks the age of
    /// every token of the last ten minutes on each transaction.
    Ignored,
}

/// Runs one operation.
pub(super) fn run(database: &Database, operation: &str, body: &[u8], tokens: Tokens) -> Result<String, DynoxideError> {
    match operation {
        "GetItem" => call(body, |request| database.get_item(request)),
        "PutItem" => call(body, |request| database.put_item(request)),
        "UpdateItem" => call(body, |request| database.update_item(request)),
        "DeleteItem" => call(body, |request| database.delete_item(request)),
        "Query" => call(body, |request| database.query(request)),
        "Scan" => call(body, |request| database.scan(request)),
        "BatchGetItem" => call(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => call(body, |request| database.batch_write_item(request)),
        "TransactWriteItems" => call(body, |request: TransactWriteItemsRequest| {
            let token = request.client_request_token.clone().filter(|_| tokens == Tokens::Checked);
            database.transact_write_items(TransactWriteItemsRequest { client_request_token: token, ..request })
        }),
        "TransactGetItems" => call(body, |request| database.transact_get_items(request)),
        "CreateTable" => call(body, |request| database.create_table(request)),
        "UpdateTable" => call(body, |request| database.update_table(request)),
        "DeleteTable" => call(body, |request| database.delete_table(request)),
        "DescribeTable" => call(body, |request| database.describe_table(request)),
        "ListTables" => call(body, |request| database.list_tables(request)),
        "UpdateTimeToLive" => call(body, |request| database.update_time_to_live(request)),
        "DescribeTimeToLive" => call(body, |request| database.describe_time_to_live(request)),
        "ListStreams" => call(body, |request| database.list_streams(request)),
        "DescribeStream" => call(body, |request| database.describe_stream(request)),
        "GetShardIterator" => call(body, |request| database.get_shard_iterator(request)),
        "GetRecords" => call(body, |request| database.get_records(request)),
        other => Err(DynoxideError::ValidationException(format!("the local engine has no operation {other}"))),
    }
}

fn call<I: DeserializeOwned, O: Serialize>(
    body: &[u8],
    run: impl FnOnce(I) -> Result<O, DynoxideError>,
) -> Result<String, DynoxideError> {
    let request = serde_json::from_slice(body).map_err(|e| DynoxideError::SerializationException(e.to_string()))?;
    serde_json::to_string(&run(request)?).map_err(|e| DynoxideError::InternalServerError(e.to_string()))
}
