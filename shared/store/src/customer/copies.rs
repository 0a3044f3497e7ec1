//! What conversations show of a customer, after the customer has changed.

use deskless_domain::MessageId;

use super::item::CustomerAttributes;
use crate::{
    CustomerChange, StoreError,
    condition::Condition,
    conversation::{attributes, live},
    expression::{Update, number, text},
    item::{self, Item, integer, string},
    keys::{Key, conversation_of},
};

/// The most conversations that one step looks at.
const STEP: i32 = 100;

/// Up to where the customer's conversations were looked at, and for which version of the customer.
const REFRESHED_TO: &str = "refreshedTo";
const REFRESHED_VERSION: &str = "refreshedVersion";
/// Which version of the customer a conversation shows: an older one never replaces a newer one.
const CUSTOMER_VERSION: &str = "customerVersion";

/// How far the refreshing of a customer's conversations has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refreshed {
    /// There are more: the customer's item says up to where, which calls the next step.
    Goes,
    /// All conversations show the customer as they are.
    Done,
    /// Somebody else has taken this step, or the customer has changed again.
    Passed,
}

impl CustomerChange {
    /// AP-45: one step of refreshing the details of a customer on their conversations, at most 100 of them.
    ///
    /// It walks from the conversation whose activity is longest ago: one that gets a reply meanwhile moves ahead of the
    /// walk and is met there. Lists stay as they are: neither `activity` nor `updatedAt` moves. The version does, since
    /// what a conversation's `ETag` stands for has changed.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn refresh_copies(&self) -> Result<Refreshed, StoreError> {
        let Some(key) = key_of(&self.image) else { return Ok(Refreshed::Passed) };
        let Some(stored) = self.tenant.get(key.clone()).await? else { return Ok(Refreshed::Passed) };
        // The progress counts for the version that it was made for only.
        let reached = |item: &Item| {
            let same = integer(item, REFRESHED_VERSION) == Some(version(item));
            string(item, REFRESHED_TO).filter(|_| same).map(str::to_owned)
        };
        let (from, version) = (reached(&self.image), version(&self.image));
        if version != self::version(&stored) || from != reached(&stored) {
            return Ok(Refreshed::Passed);
        }
        let details: CustomerAttributes = item::read(stored.clone())?;
        let (rows, more) = self.page(&details, from.as_deref()).await?;
        for row in &rows {
            self.refresh(row, &details, version).await?;
        }
        match rows.last().and_then(|row| string(row, attributes::ACTIVITY)).filter(|_| more) {
            None => Ok(Refreshed::Done),
            Some(to) => self.note(key, version, to, from.as_deref()).await,
        }
    }

    async fn page(&self, details: &CustomerAttributes, from: Option<&str>) -> Result<(Vec<Item>, bool), StoreError> {
        let customer = self.tenant.keys().by_customer(details.id());
        let output = self
            .tenant
            .client()
            .query()
            .table_name(self.tenant.table())
            .index_name("gsi2")
            .key_condition_expression("gsi2pk = :pk AND activity > :from")
            .expression_attribute_values(":pk", text(customer))
            .expression_attribute_values(":from", from.map_or_else(|| text(MessageId::FIRST), text))
            .projection_expression("pk, activity, customer")
            .limit(STEP)
            .send()
            .await
            .map_err(|e| StoreError::from_sdk(&e))?;
        let more = output.last_evaluated_key.is_some();
        Ok((output.items.unwrap_or_default(), more))
    }

    async fn refresh(&self, row: &Item, details: &CustomerAttributes, version: i64) -> Result<(), StoreError> {
        let Some(id) = string(row, "pk").and_then(conversation_of) else { return Ok(()) };
        let copy = serde_dynamo::to_attribute_value(details)
            .map_err(|e| StoreError::Internal(format!("a customer cannot be written: {e}")))?;
        if row.get("customer") == Some(&copy) {
            return Ok(());
        }
        let mut update = Update::default();
        update.set("customer", copy);
        update.set(CUSTOMER_VERSION, number(version));
        update.add(attributes::VERSION, 1);
        let mut condition = live();
        let (name, value) = (condition.name(CUSTOMER_VERSION), condition.value(number(version)));
        let condition = condition.and(format!("(attribute_not_exists({name}) OR {name} < {value})"));
        self.tenant.update_if(self.tenant.keys().conversation(id), update, condition).await.map(drop)
    }

    async fn note(&self, key: Key, version: i64, to: &str, from: Option<&str>) -> Result<Refreshed, StoreError> {
        let mut update = Update::default();
        update.set(REFRESHED_TO, text(to));
        update.set(REFRESHED_VERSION, number(version));
        let current = number(version);
        let unchanged = Condition::exists().equals(attributes::VERSION, current.clone());
        let condition = match from {
            Some(from) => unchanged.equals(REFRESHED_TO, text(from)).equals(REFRESHED_VERSION, current),
            None => {
                let mut condition = unchanged;
                let (name, value) = (condition.name(REFRESHED_VERSION), condition.value(current));
                condition.and(format!("(attribute_not_exists({name}) OR {name} <> {value})"))
            }
        };
        let noted = self.tenant.update_if(key, update, condition).await?;
        Ok(if noted { Refreshed::Goes } else { Refreshed::Passed })
    }
}

fn version(item: &Item) -> i64 {
    integer(item, "version").unwrap_or(1)
}

fn key_of(item: &Item) -> Option<Key> {
    Some(Key { pk: string(item, "pk")?.to_owned(), sk: string(item, "sk")?.to_owned() })
}
