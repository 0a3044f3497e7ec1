//! The customers who have an email address.
//!
//! The first customer with an address holds the claim on it. Others get an entry beside the claim. When the address of the
//! claim's holder changes, the claim passes to the customer who was created first, in the same transaction. So a customer is
//! listed under one address at a time: the one on their record.

use std::cmp::Reverse;

use deskless_domain::{CustomerId, CustomerRecord, Email, MessageId};
use serde::{Deserialize, Serialize};

use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::text,
    item::{self, string},
    keys::{EMAIL_CLAIM, TenantKeys},
    packed,
    transaction::{Transaction, WriteIndex},
};

/// A customer who has an email address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EmailHolder {
    /// The customer.
    pub customer_id: CustomerId,
    /// The customer's position in the list of customers.
    #[serde(rename = "a", with = "packed")]
    pub position: MessageId,
}

impl EmailHolder {
    /// Returns the customer of a record.
    #[must_use]
    pub fn of(record: &CustomerRecord) -> Self {
        Self { customer_id: record.customer.id.clone(), position: record.list_position }
    }
}

/// Where a customer is listed under an address that they give up.
#[derive(Debug, Clone)]
enum Place {
    /// They hold the claim. It passes to the successor.
    Claim { successor: Option<EmailHolder> },
    /// They have an entry beside the claim.
    Entry,
}

/// The writes that a change of a customer's email address needs.
#[derive(Debug, Clone, Default)]
pub struct EmailChange {
    released: Option<(String, Place)>,
    /// The address, and whether another customer holds the claim.
    taken: Option<(String, bool)>,
}

/// The first customer with an email address, as it was read.
#[derive(Debug, Clone)]
pub struct EmailClaim {
    first: Option<EmailHolder>,
    is_claimed: bool,
}

impl EmailClaim {
    /// Returns the customer whom the address finds.
    #[must_use]
    pub fn customer(&self) -> Option<&CustomerId> {
        self.first.as_ref().map(|first| &first.customer_id)
    }
}

impl EmailChange {
    /// Returns whether nothing has to be written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.released.is_none() && self.taken.is_none()
    }
}

impl TenantStore {
    /// AP-25: reads what a change of a customer's address has to write. `before` is the normalized address under which they
    /// are listed. Reads nothing if the address stays the same. `claim` is the claim on the next address, if it was read
    /// before.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn email_change(
        &self,
        holder: &EmailHolder,
        before: Option<&str>,
        after: Option<&Email>,
        claim: Option<EmailClaim>,
    ) -> Result<EmailChange, StoreError> {
        let email = after.map(Email::normalized);
        if before == email.as_deref() {
            return Ok(EmailChange::default());
        }
        let released = async {
            let Some(email) = before else { return Ok(None) };
            Ok::<_, StoreError>(self.place(holder, email).await?.map(|place| (email.to_owned(), place)))
        };
        let taken = async {
            let (Some(after), Some(email)) = (after, email) else { return Ok(None) };
            let claim = match claim {
                Some(claim) => claim,
                None => self.email_claim(after, true).await?,
            };
            let is_own = claim.is_claimed && claim.first.as_ref() == Some(holder);
            Ok((!is_own).then_some((email, claim.is_claimed)))
        };
        let (released, taken) = tokio::try_join!(released, taken)?;
        Ok(EmailChange { released, taken })
    }

    /// Returns where a customer is listed under an address.
    async fn place(&self, holder: &EmailHolder, email: &str) -> Result<Option<Place>, StoreError> {
        if let Some(claim) = self.held_claim(holder, email).await? {
            return Ok(Some(claim));
        }
        if self.get(self.keys().email_entry(email, holder.position)).await?.is_some() {
            return Ok(Some(Place::Entry));
        }
        // The claim has passed to the customer between both reads, or they are not listed.
        self.held_claim(holder, email).await
    }

    async fn held_claim(&self, holder: &EmailHolder, email: &str) -> Result<Option<Place>, StoreError> {
        let mut first = self.email_page(email, 2, true).await?;
        let is_own = first.first().is_some_and(|(sk, first)| sk == EMAIL_CLAIM && first == holder);
        Ok(is_own.then(|| Place::Claim { successor: first.drain(1..).next().map(|(_, next)| next) }))
    }

    /// Adds the writes of a change of a customer's address. Returns their positions: if one of them fails, read the change
    /// again and retry.
    pub(super) fn add_email_change(
        &self,
        transaction: &mut Transaction,
        holder: &EmailHolder,
        change: &EmailChange,
    ) -> Result<Vec<WriteIndex>, StoreError> {
        let keys = self.keys();
        let mut writes = Vec::new();
        if let Some((email, place)) = &change.released {
            let mut is_own = Condition::exists();
            let customer = is_own.value(text(&holder.customer_id));
            let is_own = is_own.and(format!("customerId = {customer}"));
            match place {
                Place::Claim { successor: None } => {
                    writes.push(transaction.delete(self, keys.email_claim(email), is_own)?);
                }
                Place::Claim { successor: Some(next) } => {
                    writes.push(transaction.put(self, item::write(keys.email_claim(email), next)?, is_own)?);
                    let entry = keys.email_entry(email, next.position);
                    writes.push(transaction.delete(self, entry, Condition::exists())?);
                }
                Place::Entry => {
                    let entry = keys.email_entry(email, holder.position);
                    writes.push(transaction.delete(self, entry, Condition::exists())?);
                }
            }
        }
        match &change.taken {
            Some((email, true)) => {
                let entry = item::write(keys.email_entry(email, holder.position), holder)?;
                writes.push(transaction.put(self, entry, Condition::none())?);
            }
            Some((email, false)) => {
                writes.push(transaction.put_new(self, item::write(keys.email_claim(email), holder)?)?);
            }
            None => {}
        }
        Ok(writes)
    }

    /// AP-24: reads the customer whom an email address finds: the one who holds the claim. An eventually consistent read that
    /// is out of date costs one retry.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn email_claim(&self, email: &Email, consistent: bool) -> Result<EmailClaim, StoreError> {
        let first = self.email_page(&email.normalized(), 1, consistent).await?;
        let is_claimed = first.first().is_some_and(|(sk, _)| sk == EMAIL_CLAIM);
        Ok(EmailClaim { first: first.into_iter().next().map(|(_, first)| first), is_claimed })
    }

    /// AP-05: reads at most `limit` of the customers who have an email address. The one who holds the claim is first, the others
    /// follow in the order of their creation.
    ///
    /// # Errors
    /// When the table does not respond.
    pub(crate) async fn email_holders(&self, email: &Email, limit: i32) -> Result<Vec<EmailHolder>, StoreError> {
        let page = self.email_page(&email.normalized(), limit, false).await?;
        if page.len() > 1 {
            self.work().read(page.len());
        }
        Ok(page.into_iter().map(|(_, holder)| holder).collect())
    }

    /// AP-22: reads customers who have an email address, newest first, strongly consistent: at most `limit`, which must be at
    /// least 1. The one who holds the claim can have any position among them.
    pub(super) async fn newest_holders(
        &self,
        email: &Email,
        after: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<EmailHolder>, StoreError> {
        let email = email.normalized();
        let is_listed = |holder: &EmailHolder| after.is_none_or(|after| holder.position < after);
        let output = self
            .client()
            .query()
            .table_name(self.table())
            .key_condition_expression("pk = :pk AND sk < :end")
            .expression_attribute_values(":pk", text(self.keys().email(&email)))
            .expression_attribute_values(":end", text(TenantKeys::email_entries_end(after)))
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|e| StoreError::from_sdk(&e))?;
        // The claim is the last item.
        let has_claim = output.last_evaluated_key.is_none();
        let items = output.items.unwrap_or_default();
        self.work().read(items.len());
        let mut holders = items.into_iter().map(item::read).collect::<Result<Vec<EmailHolder>, _>>()?;
        if !has_claim && let Some(claim) = self.get(self.keys().email_claim(&email)).await? {
            let claim: EmailHolder = item::read(claim)?;
            // It may have passed to one of the others since they were read, or be the last of them.
            if !holders.contains(&claim) {
                holders.push(claim);
            }
        }
        holders.retain(is_listed);
        holders.sort_by_key(|holder| Reverse(holder.position));
        holders.truncate(limit);
        Ok(holders)
    }

    async fn email_page(
        &self,
        email: &str,
        limit: i32,
        consistent: bool,
    ) -> Result<Vec<(String, EmailHolder)>, StoreError> {
        let request = self.client().query().table_name(self.table()).key_condition_expression("pk = :pk");
        let output = request
            .expression_attribute_values(":pk", text(self.keys().email(email)))
            .consistent_read(consistent)
            .limit(limit)
            .send()
            .await
            .map_err(|e| StoreError::from_sdk(&e))?;
        let items = output.items.unwrap_or_default().into_iter().map(|item| {
            let sk = string(&item, "sk").unwrap_or_default().to_owned();
            Ok((sk, item::read(item)?))
        });
        items.collect()
    }
}
