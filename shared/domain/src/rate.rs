use crate::Invalid;

/// A rate limit in requests a minute. Each minute of the wall clock starts a new count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct RateLimit(u32);

impl RateLimit {
    /// The highest limit.
    pub const MAX: Self = Self(1_000_000);
    /// The default limit of a key: 6,000 a minute, which is 100 a second.
    pub const DEFAULT: Self = Self(6_000);
    /// The default limit of a workspace: 15,000 a minute, half of what the API accepts from all workspaces together by default.
    pub const DEFAULT_OF_WORKSPACE: Self = Self(15_000);
    /// The window, in seconds.
    pub const WINDOW_SECONDS: u32 = 60;

    /// Creates a limit of 1 to 1,000,000 requests a minute.
    ///
    /// # Errors
    /// When the number is out of range.
    pub fn new(requests: u32) -> Result<Self, Invalid> {
        if (1..=Self::MAX.0).contains(&requests) {
            return Ok(Self(requests));
        }
        Err(Invalid::new("out_of_range", "must be a whole number from 1 to 1000000 requests a minute"))
    }

    /// Parses a number of requests a minute.
    ///
    /// # Errors
    /// When the text is not a number or the number is out of range.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::new(text.parse().unwrap_or(0))
    }

    /// Returns the number of requests a minute.
    #[must_use]
    pub const fn requests(self) -> u32 {
        self.0
    }

    /// Returns the share of a client key's limit that one visitor may use: a tenth, so that no visitor can use up the key.
    #[must_use]
    pub const fn of_one_visitor(self) -> Self {
        self.part(10)
    }

    /// Returns the share of a client key's limit that all anonymous visitors may use together: a half, so that the rest stays
    /// available to customers with a token that the workspace signed.
    #[must_use]
    pub const fn of_anonymous_visitors(self) -> Self {
        self.part(2)
    }

    const fn part(self, divisor: u32) -> Self {
        let part = self.0 / divisor;
        Self(if part == 0 { 1 } else { part })
    }
}

impl Default for RateLimit {
    fn default() -> Self {
        Self::DEFAULT
    }
}
