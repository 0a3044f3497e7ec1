//! The problem documents of denials.

use deskless_domain::{
    Invalid, RateLimit,
    authorization::{Denial, Excess},
};

use crate::{Code, InvalidRequest, Problem};

impl From<Denial> for Problem {
    fn from(denial: Denial) -> Self {
        let forbidden = |detail: String| Self::new(Code::Forbidden, detail);
        match denial {
            // The same text as for an unknown key.
            Denial::Revoked => Self::new(Code::Unauthorized, "The API key is unknown or revoked."),
            Denial::Expired => Self::new(Code::KeyExpired, "The API key has expired. Create a new one."),
            Denial::ClientKey => {
                Self::new(Code::Forbidden, "Client keys cannot call this operation. Use a server key.")
            }
            Denial::TokenWithServerKey => {
                let message =
                    "cannot be sent with a server key, which acts for the workspace. Leave it out, or use a client key";
                InvalidRequest::one("X-Customer-Token", &Invalid::new("invalid", message)).into()
            }
            Denial::NoToken => forbidden(
                "This operation needs a customer token when you use a client key. Send it as `X-Customer-Token`."
                    .into(),
            ),
            Denial::Origin(Some(origin)) => forbidden(format!(
                "The API key cannot be used from the origin {origin}. Add it to the key's `allowedOrigins`."
            )),
            Denial::Origin(None) => forbidden(
                "The API key can be used only from its `allowedOrigins`, and the request has no `Origin` header."
                    .into(),
            ),
            Denial::MissingScope(scope) => forbidden(format!("The API key does not have the scope `{scope}`.")),
            Denial::Grant(excess) => forbidden(describe(&excess)),
        }
    }
}

/// Returns what an API key would give away that it does not have: the field, the problem and the fix.
fn describe(excess: &Excess) -> String {
    match excess {
        Excess::Lifetime(end) => {
            format!(
                "`expiresAt` must not be later than the expiry of your own API key, {end}. Send that time or an earlier one."
            )
        }
        Excess::Origins => {
            "`allowedOrigins` must name at least one origin, and only origins that your own API key allows.".to_owned()
        }
        Excess::RateLimit(limit) => format!(
            "`rateLimit` must be at most {}, the limit of your own API key. `null` stands for {}.",
            limit.requests(),
            RateLimit::DEFAULT.requests()
        ),
        Excess::LifetimeOf(scope) => format!(
            "`expiresAt` cannot be later than it is, because the API key has the scope `{scope}`, which your own does not have."
        ),
        Excess::OriginsOf(scope) => format!(
            "`allowedOrigins` cannot be extended, because the API key has the scope `{scope}`, which your own does not have."
        ),
        Excess::RateLimitOf(scope) => format!(
            "`rateLimit` cannot be raised, because the API key has the scope `{scope}`, which your own does not have."
        ),
    }
}
