use crate::Invalid;

/// How many requests a key may make in a minute, counted by the wall clock's minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct RateLimit(u32);

impl RateLimit {
    /// The most that can be set.
    pub const MAX: Self = Self(1_000_000);
    /// What holds for a key of which nothing else was said: 100 a second.
    pub const DEFAULT: Self = Self(6_000);
    /// In how many seconds.
    pub const WINDOW_SECONDS: u32 = 60;

    /// From 1 to 1,000,000 requests a minute.
    ///
    /// # Errors
    /// When the number lies outside.
    pub fn new(requests: u32) -> Result<Self, Invalid> {
        if (1..=Self::MAX.0).contains(&requests) {
            return Ok(Self(requests));
        }
        Err(Invalid::new("out_of_range", "must be a whole number from 1 to 1000000 requests a minute"))
    }

    /// Reads a number of requests a minute.
    ///
    /// # Errors
    /// When it is none, or lies outside.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::new(text.parse().unwrap_or(0))
    }

    /// The number itself.
    #[must_use]
    pub const fn requests(self) -> u32 {
        self.0
    }

    /// How many of a client key's requests may be one visitor's: a tenth, so that nobody can use it up alone.
    #[must_use]
    pub const fn of_one_visitor(self) -> Self {
        let tenth = self.0 / 10;
        Self(if tenth == 0 { 1 } else { tenth })
    }
}

impl Default for RateLimit {
    fn default() -> Self {
        Self::DEFAULT
    }
}
