use utoipa::openapi::{RefOr, Schema};

use crate::{
    AttemptId, Clock, CompanyName, Email, IdentitySource, Invalid, MessageId, Metadata, PersonName, PhoneNumber,
    Timestamp,
    text::{schema, string_type},
};

/// A customer's id in the caller's own system: 1 to 128 characters of `A-Za-z0-9._~:@+=|-`. `.` and `..` are not allowed
/// because URL normalization removes them from a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CustomerId(String);

impl CustomerId {
    /// The most characters.
    pub const MAX: usize = 128;

    /// Checks length and characters.
    ///
    /// # Errors
    /// When the text is empty, too long, `.` or `..`, or has other characters.
    pub fn parse(text: String) -> Result<Self, Invalid> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._~:@+=|-".contains(c);
        match text.len() {
            0 => return Err(Invalid::new("too_short", "must not be empty")),
            1..=Self::MAX => {}
            _ => {
                let message = format!("must be at most {} characters; it has {}", Self::MAX, text.chars().count());
                return Err(Invalid::new("too_long", message));
            }
        }
        if let Some(bad) = text.chars().find(|&c| !allowed(c)) {
            let message = format!("must have only letters, digits and ._~:@+=|-; it has {bad:?}");
            return Err(Invalid::new("invalid", message));
        }
        if text == "." || text == ".." {
            return Err(Invalid::new("invalid", "must not be `.` or `..`"));
        }
        Ok(Self(text))
    }

    /// Generates an id for a customer who has none: a UUID.
    #[must_use]
    pub fn generate(clock: &dyn Clock) -> Self {
        Self(MessageId::generate(clock).to_string())
    }

    /// Generates an id for an anonymous customer: `anon_` and a UUID.
    #[must_use]
    pub fn anonymous(clock: &dyn Clock) -> Self {
        Self(format!("anon_{}", AttemptId::generate(clock)))
    }

    fn schema() -> RefOr<Schema> {
        schema("The customer's id in your own system.", Self::MAX, r"^(?!\.{1,2}$)[A-Za-z0-9._~:@+=|\-]+$")
    }
}

string_type!(CustomerId, schema = CustomerId::schema());

/// The details of a customer.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CustomerDetails {
    /// The display name.
    pub name: Option<PersonName>,
    /// The email address, as it was given.
    pub email: Option<Email>,
    /// The phone number, as it was given.
    pub phone: Option<PhoneNumber>,
    /// The name of the company or account.
    pub company: Option<CompanyName>,
}

impl CustomerDetails {
    /// Returns these details, overwritten by the ones in `newer`.
    #[must_use]
    pub fn refreshed_by(self, newer: Self) -> Self {
        Self {
            name: newer.name.or(self.name),
            email: newer.email.or(self.email),
            phone: newer.phone.or(self.phone),
            company: newer.company.or(self.company),
        }
    }
}

/// A customer, as a conversation shows them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Customer {
    /// The id in the caller's own system.
    pub id: CustomerId,
    /// Name, email address, phone number and company.
    pub details: CustomerDetails,
    /// How the customer was identified.
    pub identity_source: IdentitySource,
    /// Whether the email address was given with a client key and nothing has verified it. Anybody can give any address.
    #[serde(default)]
    pub email_is_unverified: bool,
}

impl Customer {
    /// Returns the customer whom a server key describes.
    #[must_use]
    pub fn of_server(id: CustomerId, details: CustomerDetails) -> Self {
        Self { id, details, identity_source: IdentitySource::Headers, email_is_unverified: false }
    }

    /// Returns the customer of a client key, with contact details that nobody has verified.
    #[must_use]
    pub fn of_client(id: CustomerId, details: CustomerDetails, source: IdentitySource) -> Self {
        let email_is_unverified = details.email.is_some();
        Self { id, details, identity_source: source, email_is_unverified }
    }

    /// Returns the email address, unless it is unverified. Filters that act compare this one.
    #[must_use]
    pub fn verified_email(&self) -> Option<&Email> {
        self.details.email.as_ref().filter(|_| !self.email_is_unverified)
    }

    /// Returns the customer to show on a conversation, from the given details (`self`) and the stored record. Details from
    /// a back end take precedence over the record. A token proves only the id, so the given details only fill in missing
    /// ones, on this conversation.
    #[must_use]
    pub fn shown_with(&self, record: Option<&Self>) -> Self {
        let Some(record) = record else { return self.clone() };
        let (stored, given) = (record.details.clone(), self.details.clone());
        let email_is_unverified = match self.identity_source {
            IdentitySource::Headers => false,
            IdentitySource::Token => self.email_is_unverified && stored.email.is_none(),
            IdentitySource::Anonymous => self.email_is_unverified,
        };
        let details = match self.identity_source {
            IdentitySource::Headers => stored.refreshed_by(given),
            IdentitySource::Token => given.refreshed_by(stored),
            IdentitySource::Anonymous => given,
        };
        Self { details, email_is_unverified, ..self.clone() }
    }
}

/// A customer's record.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct CustomerRecord {
    /// The customer.
    pub customer: Customer,
    /// The caller's own data.
    pub metadata: Metadata,
    /// The position in the list of customers, which contains the time of creation.
    #[serde(rename = "place")]
    pub list_position: MessageId,
    /// The time of the last update.
    pub updated_at: Timestamp,
    /// The version. Each update increments it.
    pub version: u64,
    /// The progress of the erasure, while the customer is being erased.
    pub erasure: Option<Erasure>,
    /// The normalized email address by which the customer is found. It can differ from the normalized form of the address
    /// in the details only while a newer version of Deskless normalizes otherwise.
    #[serde(skip)]
    pub registered_email: Option<String>,
}

/// The progress of the erasure of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Erasure {
    /// The time at which it started.
    pub since: Timestamp,
    /// The number of conversations deleted so far.
    pub conversations: u64,
}

impl CustomerRecord {
    /// Creates a record.
    #[must_use]
    pub fn new(customer: Customer, metadata: Metadata, clock: &dyn Clock) -> Self {
        let list_position = MessageId::generate(clock);
        let updated_at = list_position.time();
        Self { customer, metadata, list_position, updated_at, version: 1, erasure: None, registered_email: None }
    }

    /// Returns the time of creation.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.list_position.time()
    }

    /// Returns the next version of the record with these details and this metadata. Values that are not given stay.
    #[must_use]
    pub fn updated(&self, details: &CustomerDetails, metadata: Option<&Metadata>, clock: &dyn Clock) -> Self {
        let mut next = self.clone();
        next.customer.details = next.customer.details.refreshed_by(details.clone());
        next.metadata = metadata.cloned().unwrap_or(next.metadata);
        next.following(self, clock)
    }

    /// Returns this record as the next version of `before`, or unchanged if it equals `before`.
    #[must_use]
    pub fn following(self, before: &Self, clock: &dyn Clock) -> Self {
        if self == *before {
            return self;
        }
        Self { version: before.version + 1, updated_at: clock.now(), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::CustomerId;

    #[test]
    fn customer_id_has_a_fixed_alphabet() {
        for good in ["cus_123", "a@b.c", "whatsapp:+49", "...", &"x".repeat(128)] {
            assert!(CustomerId::parse(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "a b", "ü", "a#b", &"x".repeat(129)] {
            assert!(CustomerId::parse(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
