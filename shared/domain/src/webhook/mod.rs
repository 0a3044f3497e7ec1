//! Webhooks: the URL that is called, the headers and the secret of a call, and what follows from its result.

mod headers;
mod outcome;
mod schedule;
mod secret;
mod url;

pub use headers::WebhookHeaders;
pub use outcome::AttemptOutcome;
pub use schedule::RetrySchedule;
pub use secret::WebhookSecret;
pub use url::{Reach, WebhookUrl};
