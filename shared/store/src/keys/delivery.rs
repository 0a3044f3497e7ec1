//! The keys of deliveries to webhook endpoints: one partition for each endpoint.

use deskless_domain::{AttemptId, DeliverySubject, WebhookEndpointId};

use super::{Key, SELF, TenantKeys};
use crate::packed::{pack, unpack};

/// The events of one subject that wait.
pub(crate) const HOLD: &str = "H#";
/// An event that was given up.
const GIVEN_UP: &str = "G#";
/// The attempts of one run.
const ATTEMPTS: &str = "T#";

/// The number of digits of a sequence, so that keys sort as the numbers do. A sequence is less than 2^53.
const DIGITS: usize = 16;

impl TenantKeys {
    /// Returns the partition of an endpoint's deliveries.
    pub fn deliveries(self, endpoint: WebhookEndpointId) -> String {
        format!("{}#V#N#{}", self.prefix(), pack(endpoint))
    }

    /// Returns the key of the item that says how an endpoint's deliveries stand.
    pub fn delivery_state(self, endpoint: WebhookEndpointId) -> Key {
        Key::new(self.deliveries(endpoint), SELF)
    }

    /// Returns the key of the events of one subject that wait.
    pub fn hold(self, endpoint: WebhookEndpointId, subject: &DeliverySubject) -> Key {
        Key::new(self.deliveries(endpoint), format!("{HOLD}{}", subject.as_str()))
    }

    /// Returns the key of an event that was given up.
    pub fn given_up(self, endpoint: WebhookEndpointId, sequence: u64) -> Key {
        Key::new(self.deliveries(endpoint), format!("{GIVEN_UP}{sequence:0DIGITS$}"))
    }

    /// Returns the range of sort keys of the events that were given up, of those before `before`.
    pub fn given_up_before(before: Option<u64>) -> [String; 2] {
        let end = before.map_or("~".to_owned(), |before| format!("{:0DIGITS$}", before.saturating_sub(1)));
        [GIVEN_UP.to_owned(), format!("{GIVEN_UP}{end}")]
    }

    /// Returns the key of the attempts of a run.
    pub fn attempts(self, endpoint: WebhookEndpointId, run: AttemptId) -> Key {
        Key::new(self.deliveries(endpoint), format!("{ATTEMPTS}{}", pack(run)))
    }

    /// Returns the range of sort keys of the attempts of all runs up to and including this one.
    pub fn attempts_to(run: Option<AttemptId>) -> [String; 2] {
        [ATTEMPTS.to_owned(), format!("{ATTEMPTS}{}", run.map_or("~".to_owned(), pack))]
    }
}

/// Parses the sort key of events that wait.
pub(crate) fn hold_of_sk(sk: &str) -> Option<DeliverySubject> {
    sk.strip_prefix(HOLD).map(|subject| DeliverySubject::stored(subject.to_owned()))
}

/// Parses the sort key of an event that was given up.
pub(crate) fn given_up_of_sk(sk: &str) -> Option<u64> {
    sk.strip_prefix(GIVEN_UP).and_then(|sequence| sequence.parse().ok())
}

/// Parses the sort key of the attempts of a run.
pub(crate) fn run_of_sk(sk: &str) -> Option<AttemptId> {
    sk.strip_prefix(ATTEMPTS).and_then(unpack)
}
