//! The keys of customers, of their email addresses and of idempotency records.

use deskless_domain::{ConversationId, CustomerId, MessageId};

use super::{Key, SELF, TenantKeys, hashed};
use crate::packed::{decode, pack};

/// The sort key of the claim on an email address.
pub(crate) const EMAIL_CLAIM: &str = "!";
/// The start of the sort keys of the items that name the idempotency records of a customer.
pub(crate) const POINTER: &str = "I#";
const EMAIL_ENTRY: &str = "U#";
const IDEMPOTENCY: &str = "I#";

/// A customer in keys: the digest of their id. It remains while they are erased, when nothing else names them any more.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CustomerKey(pub(super) String);

impl CustomerKey {
    /// Returns the key of a customer.
    #[must_use]
    pub fn of(id: &CustomerId) -> Self {
        Self(hashed(id.as_str()))
    }

    /// Returns the digest as 32 hexadecimal digits: the beginning of the SHA-256 of the id.
    #[must_use]
    pub fn hex(&self) -> String {
        data_encoding::HEXLOWER.encode(&decode(&self.0).unwrap_or_default())
    }

    /// Returns the digest.
    pub(crate) fn digest(&self) -> &str {
        &self.0
    }
}

impl TenantKeys {
    /// Returns the key of a customer's own item.
    pub fn customer(self, id: &CustomerId) -> Key {
        self.customer_by_key(&CustomerKey::of(id))
    }

    /// Returns the key of a customer's own item. Its partition is also the one of the index of their conversations.
    pub fn customer_by_key(self, key: &CustomerKey) -> Key {
        Key::new(format!("{}#U#{}", self.prefix(), key.0), SELF)
    }

    /// Returns the partition of the customers who have an email address. `email` is the normalized address.
    pub fn email(self, email: &str) -> String {
        format!("{}#E#{}", self.prefix(), hashed(email))
    }

    /// Returns the key of the claim on an email address, which sorts before its other items.
    pub fn email_claim(self, email: &str) -> Key {
        Key::new(self.email(email), EMAIL_CLAIM)
    }

    /// Returns the key of another customer with an email address, by the customer's position in the list.
    pub fn email_entry(self, email: &str, position: MessageId) -> Key {
        Key::new(self.email(email), format!("{EMAIL_ENTRY}{}", pack(position)))
    }

    /// Returns the end of the items of an email address up to a position, exclusive: the claim and the entries before it.
    pub fn email_entries_end(before: Option<MessageId>) -> String {
        // A position never starts with this character.
        before.map_or_else(|| format!("{EMAIL_ENTRY}~"), |before| format!("{EMAIL_ENTRY}{}", pack(before)))
    }

    /// Returns the key of an idempotency record. `request` must contain everything that tells two requests apart: API key,
    /// customer, method, path and idempotency key.
    pub fn idempotency(self, request: &str) -> Key {
        self.idempotency_by_digest(&hashed(request))
    }

    /// Returns the digest of a request in the key of its idempotency record.
    pub fn digest(request: &str) -> String {
        hashed(request)
    }

    /// Returns the key of an idempotency record, by the digest of the request.
    pub fn idempotency_by_digest(self, digest: &str) -> Key {
        Key::new(format!("{}#I#{digest}", self.prefix()), SELF)
    }

    /// Returns the key of the idempotency record of a command on a conversation.
    pub fn idempotency_of_conversation(self, id: ConversationId, request: &str) -> Key {
        Key::new(self.thread(id), format!("{IDEMPOTENCY}{}", hashed(request)))
    }

    /// Returns the key of the item that names the idempotency record of a command on a customer.
    pub fn idempotency_of_customer(self, id: &CustomerId, digest: &str) -> Key {
        Key::new(self.customer(id).pk, format!("{POINTER}{digest}"))
    }

    /// Returns the partition of the second index that holds a customer's conversations.
    pub fn by_customer(self, id: &CustomerId) -> String {
        self.customer(id).pk
    }

    /// Returns the partition of the first index that lists customers.
    pub fn customer_listing(self, shard: u8) -> String {
        format!("{}#L#{shard}", self.prefix())
    }
}
