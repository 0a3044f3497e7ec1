//! Copies a customer's details to their conversations after an update.

use deskless_domain::{ConversationId, Customer, MessageId};

use super::item::{CustomerAttributes, REFRESHED_TO, REFRESHED_VERSION, is_erasing, refreshed_to, version};
use crate::{
    CustomerKey, StoreError, TenantStore,
    condition::Condition,
    conversation::{attributes, live},
    expression::{Update, number, packed_id, text},
    item::{self, string},
    keys::{BY_CUSTOMER, conversation_of},
    packed::unpack,
};

/// The maximum number of conversations that one step reads.
const STEP: i32 = 100;

/// The attribute for the version of the customer on a conversation. An older version never replaces a newer one.
const CUSTOMER_VERSION: &str = "customerVersion";

/// A customer whose details are copied to their conversations.
#[derive(Debug, Clone)]
pub struct CustomerToCopy {
    /// The customer in this version.
    pub customer: Customer,
    /// The version.
    pub version: u64,
    /// The position up to which their conversations have this version.
    pub refreshed_to: Option<MessageId>,
}

/// A batch of a customer's conversations, oldest activity first.
#[derive(Debug)]
pub struct CustomerCopies {
    /// The conversations with different details.
    pub outdated: Vec<ConversationId>,
    /// The position of the last conversation that was read; `None` if there are no more.
    pub next: Option<MessageId>,
}

impl TenantStore {
    /// AP-45: reads a customer whose details are to be copied.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn customer_to_copy(&self, key: &CustomerKey) -> Result<Option<CustomerToCopy>, StoreError> {
        let stored = self.get(self.keys().customer_by_key(key)).await?.filter(|item| !is_erasing(item));
        let Some(stored) = stored else { return Ok(None) };
        let (version, refreshed_to) = (version(&stored), refreshed_to(&stored).and_then(unpack));
        let customer = item::read::<CustomerAttributes>(stored)?.into();
        Ok(Some(CustomerToCopy { customer, version, refreshed_to }))
    }

    /// AP-45: reads at most 100 conversations of a customer after a position, oldest activity first. A conversation that
    /// gets a reply in the meantime moves to the end and is read later.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn customer_copies(
        &self,
        customer: &Customer,
        after: Option<MessageId>,
    ) -> Result<CustomerCopies, StoreError> {
        let output = self
            .client()
            .query()
            .table_name(self.table())
            .index_name(BY_CUSTOMER.name)
            .key_condition_expression("p2 = :pk AND a > :after")
            .expression_attribute_values(":pk", text(self.keys().by_customer(&customer.id)))
            .expression_attribute_values(":after", packed_id(after.unwrap_or(MessageId::FIRST)))
            .projection_expression("pk, a, c")
            .limit(STEP)
            .send()
            .await
            .map_err(|e| StoreError::from_sdk(&e))?;
        let has_more = output.last_evaluated_key.is_some();
        let items = output.items.unwrap_or_default();
        let copy = attribute(customer)?;
        let outdated = items.iter().filter(|item| item.get(attributes::CUSTOMER) != Some(&copy));
        let outdated = outdated.filter_map(|item| string(item, "pk").and_then(conversation_of)).collect();
        let last = items.last().and_then(|item| string(item, attributes::ACTIVITY)).and_then(unpack);
        Ok(CustomerCopies { outdated, next: last.filter(|_| has_more) })
    }

    /// AP-45: copies a version of a customer to a conversation, unless it has a newer one. `activity` and `updatedAt` stay,
    /// so lists do not change. The conversation's version is incremented, because its `ETag` has to change.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn copy_customer(&self, to: ConversationId, from: &CustomerToCopy) -> Result<(), StoreError> {
        let mut update = Update::default();
        update.set(attributes::CUSTOMER, attribute(&from.customer)?);
        update.set(CUSTOMER_VERSION, number(from.version));
        update.add(attributes::VERSION, 1);
        update.set(attributes::ACTOR, text(self.actor_text()));
        let mut condition = live();
        let (name, value) = (condition.name(CUSTOMER_VERSION), condition.value(number(from.version)));
        let condition = condition.and(format!("(attribute_not_exists({name}) OR {name} < {value})"));
        self.update_if(self.keys().conversation(to), update, condition).await.map(drop)
    }

    /// AP-45: records the position up to which a customer's conversations have their version, which triggers the next step.
    /// Writes nothing if the customer or the progress has changed.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn record_copy_progress(&self, from: &CustomerToCopy, up_to: MessageId) -> Result<(), StoreError> {
        let mut update = Update::default();
        update.set(REFRESHED_TO, packed_id(up_to));
        update.set(REFRESHED_VERSION, number(from.version));
        let current = number(from.version);
        let mut condition = Condition::exists().version_or_first(from.version);
        let condition = if let Some(position) = from.refreshed_to {
            condition.equals(REFRESHED_TO, packed_id(position)).equals(REFRESHED_VERSION, current)
        } else {
            let (name, value) = (condition.name(REFRESHED_VERSION), condition.value(current));
            condition.and(format!("(attribute_not_exists({name}) OR {name} <> {value})"))
        };
        self.update_if(self.keys().customer(&from.customer.id), update, condition).await.map(drop)
    }
}

/// Returns the `customer` attribute of a conversation.
fn attribute(customer: &Customer) -> Result<aws_sdk_dynamodb::types::AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(CustomerAttributes::from(customer.clone()))
        .map_err(|e| StoreError::Internal(format!("a customer cannot be written: {e}")))
}
