use utoipa::openapi::{RefOr, Schema};

use crate::{
    AttemptId, Clock, CompanyName, IdentitySource, Invalid, MessageId, Metadata, PersonName, PhoneNumber, Timestamp,
    text::{schema, string_type},
};

/// The caller's own id of a customer: 1 to 128 of `A-Za-z0-9._~:@+=|-`, but neither `.` nor `..`, which would vanish
/// from a URL.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CustomerId(String);

impl CustomerId {
    /// The most characters it holds.
    pub const MAX: usize = 128;

    /// Checks length and characters.
    ///
    /// # Errors
    /// When the text is empty, too long, `.`, `..` or holds other characters.
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
            let message = format!("may hold letters, digits and ._~:@+=|- only; it has {bad:?}");
            return Err(Invalid::new("invalid", message));
        }
        if text == "." || text == ".." {
            return Err(Invalid::new("invalid", "must not be . or .."));
        }
        Ok(Self(text))
    }

    /// A new id, for a customer who comes without one.
    #[must_use]
    pub fn generate(clock: &dyn Clock) -> Self {
        Self(MessageId::generate(clock).to_string())
    }

    /// A new id for somebody who said nothing of who they are: `anon_` and a UUID.
    #[must_use]
    pub fn anonymous(clock: &dyn Clock) -> Self {
        Self(format!("anon_{}", AttemptId::generate(clock)))
    }

    fn schema() -> RefOr<Schema> {
        schema(
            "Your own id of the customer: 1 to 128 of A-Z a-z 0-9 . _ ~ : @ + = | -, but neither \".\" nor \"..\".",
            Self::MAX,
            r"^(?!\.{1,2}$)[A-Za-z0-9._~:@+=|\-]+$",
        )
    }
}

string_type!(CustomerId, schema = CustomerId::schema());

/// An email address: something, an `@`, something; at most 254 characters (RFC 5321). Only mail itself can tell
/// whether it works.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// The most characters of an address.
    pub const MAX: usize = 254;

    /// Checks the shape and cuts off white space around it.
    ///
    /// # Errors
    /// When it is too long or no address.
    #[expect(clippy::needless_pass_by_value, reason = "all our texts are parsed from what they are made of")]
    pub fn parse(text: String) -> Result<Self, Invalid> {
        let trimmed = text.trim();
        let length = trimmed.chars().count();
        if length > Self::MAX {
            let message = format!("must be at most {} characters; it has {length}", Self::MAX);
            return Err(Invalid::new("too_long", message));
        }
        let plain = |part: &str| {
            !part.is_empty()
                && !part.contains(|c: char| c == '@' || c == '\u{feff}' || c.is_whitespace() || c.is_control())
        };
        match trimmed.split_once('@') {
            Some((local, domain)) if plain(local) && plain(domain) => Ok(Self(trimmed.to_owned())),
            _ => Err(Invalid::new("invalid", "must be an email address, such as ada@example.com")),
        }
    }

    /// The form by which addresses are compared: in lower case.
    #[must_use]
    pub fn normalized(&self) -> String {
        self.0.to_lowercase()
    }

    fn schema() -> RefOr<Schema> {
        schema(
            "An email address. Case does not matter when addresses are compared.",
            Self::MAX,
            r"^[^@\s\u0000-\u001f\u007f-\u009f]+@[^@\s\u0000-\u001f\u007f-\u009f]+$",
        )
    }
}

string_type!(Email, schema = Email::schema());

/// What is known of a customer besides the id.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CustomerDetails {
    /// The name as it is shown.
    pub name: Option<PersonName>,
    /// The address, as it was written.
    pub email: Option<Email>,
    /// The telephone number, as it was written.
    pub phone: Option<PhoneNumber>,
    /// The company or account.
    pub company: Option<CompanyName>,
}

impl CustomerDetails {
    /// These details, with what `newer` says put over them; what it does not say stays.
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

/// Somebody who talks with a workspace, as a conversation shows them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Customer {
    /// The caller's own id.
    pub id: CustomerId,
    /// Name and addresses.
    pub details: CustomerDetails,
    /// How we know who it is.
    pub identity_source: IdentitySource,
}

impl Customer {
    /// Returns the customer as a conversation shows them, given what the caller says (`self`) and the stored record. What a
    /// back end says updates the record. A token proves the id only: what comes with it fills gaps, on this conversation.
    #[must_use]
    pub fn shown_beside(&self, record: Option<&Self>) -> Self {
        let Some(record) = record else { return self.clone() };
        let (stored, said) = (record.details.clone(), self.details.clone());
        let details = match self.identity_source {
            IdentitySource::Headers => stored.refreshed_by(said),
            IdentitySource::Token => said.refreshed_by(stored),
            IdentitySource::Anonymous => said,
        };
        Self { details, ..self.clone() }
    }
}

/// A customer's own record.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct CustomerRecord {
    /// Who it is.
    pub customer: Customer,
    /// Data of the caller's own.
    pub metadata: Metadata,
    /// Where they stand in the list of customers; it holds the time of their creation.
    pub place: MessageId,
    /// When the record was last changed.
    pub updated_at: Timestamp,
    /// Rises by one with each change.
    pub version: u64,
    /// How far their erasure has come, if they are being erased.
    pub erasure: Option<Erasure>,
}

/// How far the erasure of a customer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Erasure {
    /// When it began.
    pub since: Timestamp,
    /// How many conversations it has deleted.
    pub conversations: u64,
}

impl CustomerRecord {
    /// A new record.
    #[must_use]
    pub fn new(customer: Customer, metadata: Metadata, clock: &dyn Clock) -> Self {
        let place = MessageId::generate(clock);
        Self { customer, metadata, place, updated_at: place.time(), version: 1, erasure: None }
    }

    /// When it was made.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.place.time()
    }

    /// This record as the next version of `before`, or `before` itself where nothing is different.
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
    use super::{CustomerId, Email};

    #[test]
    fn customer_ids_have_their_alphabet() {
        for good in ["cus_123", "a@b.c", "whatsapp:+49", "...", &"x".repeat(128)] {
            assert!(CustomerId::parse(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "a b", "ü", "a#b", &"x".repeat(129)] {
            assert!(CustomerId::parse(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses_are_compared_without_case_and_surrounding_space() {
        let email = Email::parse(" Ada@Example.com ".to_owned()).expect("an address");
        assert_eq!(email.as_str(), "Ada@Example.com");
        assert_eq!(email.normalized(), "ada@example.com");
        for bad in ["", "ada", "@", "a@", "@b", "a@b@c", "a b@c"] {
            assert!(Email::parse(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
