use aws_sdk_dynamodb::{
    Client,
    operation::create_table::CreateTableError,
    types::{
        AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndex,
        GlobalSecondaryIndexUpdate, KeySchemaElement, KeyType, Projection, ProjectionType, ScalarAttributeType,
        StreamSpecification, StreamViewType, TableDescription, TimeToLiveSpecification,
    },
};
use serde::Deserialize;

use crate::StoreError;

/// Indexes that came after the current format of items. Earlier items have no place in them, so a table without them can get them.
const LATER_INDEXES: [&str; 1] = ["gsi5"];

/// The table's definition in CloudFormation's form. Local engines and tests create the table from `template.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TableDefinition {
    attribute_definitions: Vec<Attribute>,
    key_schema: Vec<KeyPart>,
    #[serde(default)]
    global_secondary_indexes: Vec<Index>,
    stream_specification: Stream,
    time_to_live_specification: TimeToLive,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    #[serde(rename = "AttributeName")]
    name: String,
    #[serde(rename = "AttributeType")]
    kind: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyPart {
    attribute_name: String,
    key_type: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Index {
    #[serde(rename = "IndexName")]
    name: String,
    key_schema: Vec<KeyPart>,
    projection: IndexProjection,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IndexProjection {
    projection_type: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stream {
    stream_view_type: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TimeToLive {
    attribute_name: String,
    enabled: bool,
}

impl TableDefinition {
    /// Creates the table with on-demand billing. An existing table gets the later indexes that it lacks, and is otherwise
    /// left unchanged.
    ///
    /// # Errors
    /// [`StoreError::EarlierFormat`] when the table was created by an earlier version.
    /// When DynamoDB rejects the definition or does not respond.
    pub async fn create(&self, client: &Client, table: &str) -> Result<(), StoreError> {
        let mut request = client
            .create_table()
            .table_name(table)
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(key_schema(&self.key_schema)?))
            .stream_specification(
                StreamSpecification::builder()
                    .stream_enabled(true)
                    .stream_view_type(StreamViewType::from(self.stream_specification.stream_view_type.as_str()))
                    .build()
                    .map_err(incomplete)?,
            );
        request = request.set_attribute_definitions(Some(self.attributes()?));
        for index in &self.global_secondary_indexes {
            let projection = ProjectionType::from(index.projection.projection_type.as_str());
            request = request.global_secondary_indexes(
                GlobalSecondaryIndex::builder()
                    .index_name(&index.name)
                    .set_key_schema(Some(key_schema(&index.key_schema)?))
                    .projection(Projection::builder().projection_type(projection).build())
                    .build()
                    .map_err(incomplete)?,
            );
        }
        match request.send().await {
            Ok(_) => {}
            Err(e) if e.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) => {
                self.add_later_indexes(client, table).await?;
                return self.check(client, table).await;
            }
            Err(e) => return Err(StoreError::from_sdk(&e)),
        }
        client
            .update_time_to_live()
            .table_name(table)
            .time_to_live_specification(
                TimeToLiveSpecification::builder()
                    .attribute_name(&self.time_to_live_specification.attribute_name)
                    .enabled(self.time_to_live_specification.enabled)
                    .build()
                    .map_err(incomplete)?,
            )
            .send()
            .await
            .map(drop)
            .map_err(|e| StoreError::from_sdk(&e))
    }

    fn attributes(&self) -> Result<Vec<AttributeDefinition>, StoreError> {
        let definition = |attribute: &Attribute| {
            AttributeDefinition::builder()
                .attribute_name(&attribute.name)
                .attribute_type(ScalarAttributeType::from(attribute.kind.as_str()))
                .build()
                .map_err(incomplete)
        };
        self.attribute_definitions.iter().map(definition).collect()
    }

    /// Adds the later indexes to an existing table that lacks them, one by one, as CloudFormation does in AWS.
    async fn add_later_indexes(&self, client: &Client, table: &str) -> Result<(), StoreError> {
        let found = describe(client, table).await?;
        let exists = |name: &str| found.global_secondary_indexes().iter().any(|index| index.index_name() == Some(name));
        let later = self.global_secondary_indexes.iter().filter(|index| LATER_INDEXES.contains(&index.name.as_str()));
        for index in later.filter(|index| !exists(&index.name)) {
            let projection = ProjectionType::from(index.projection.projection_type.as_str());
            let create = CreateGlobalSecondaryIndexAction::builder()
                .index_name(&index.name)
                .set_key_schema(Some(key_schema(&index.key_schema)?))
                .projection(Projection::builder().projection_type(projection).build())
                .build()
                .map_err(incomplete)?;
            client
                .update_table()
                .table_name(table)
                .set_attribute_definitions(Some(self.attributes()?))
                .global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(create).build())
                .send()
                .await
                .map_err(|e| StoreError::from_sdk(&e))?;
        }
        Ok(())
    }

    /// Checks that an existing table has the keys and indexes of this definition.
    ///
    /// # Errors
    /// [`StoreError::EarlierFormat`] when it does not.
    pub async fn check(&self, client: &Client, table: &str) -> Result<(), StoreError> {
        let described = describe(client, table).await?;
        let mut found: Vec<_> = described
            .global_secondary_indexes()
            .iter()
            .map(|index| (index.index_name().unwrap_or_default().to_owned(), index.key_schema().to_vec()))
            .collect();
        let expected = self.global_secondary_indexes.iter();
        let mut expected = expected
            .map(|index| Ok((index.name.clone(), key_schema(&index.key_schema)?)))
            .collect::<Result<Vec<_>, StoreError>>()?;
        found.sort_by(|a, b| a.0.cmp(&b.0));
        expected.sort_by(|a, b| a.0.cmp(&b.0));
        if found != expected || described.key_schema() != key_schema(&self.key_schema)? {
            return Err(StoreError::EarlierFormat);
        }
        Ok(())
    }
}

async fn describe(client: &Client, table: &str) -> Result<TableDescription, StoreError> {
    let described = client.describe_table().table_name(table).send().await;
    let described = described.map_err(|e| StoreError::from_sdk(&e))?.table;
    described.ok_or_else(|| StoreError::Internal("the table has no description".to_owned()))
}

fn key_schema(parts: &[KeyPart]) -> Result<Vec<KeySchemaElement>, StoreError> {
    parts
        .iter()
        .map(|part| {
            KeySchemaElement::builder()
                .attribute_name(&part.attribute_name)
                .key_type(KeyType::from(part.key_type.as_str()))
                .build()
                .map_err(incomplete)
        })
        .collect()
}

#[expect(clippy::needless_pass_by_value, reason = "map_err passes it by value")]
fn incomplete(error: aws_sdk_dynamodb::error::BuildError) -> StoreError {
    StoreError::Internal(format!("the definition of the table is incomplete: {error}"))
}
