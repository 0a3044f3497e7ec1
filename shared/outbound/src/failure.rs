use std::time::Duration;

use deskless_domain::Reason;

/// The reason why a request got no response. Its text is shown to the workspace. The request may have arrived.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The host name has no address.
    #[error("The host name could not be resolved. Check the URL.")]
    HostNotFound,
    /// The host has an address that is not public.
    #[error("The host has an address that is not public. Webhooks are sent to public addresses only.")]
    NotPublic,
    /// None of the addresses accepted a connection.
    #[error("The host did not accept a connection on port {0}.")]
    Unreachable(u16),
    /// The TLS handshake failed.
    #[error("The TLS handshake failed. Check the host's certificate.")]
    TlsFailed,
    /// The request timed out.
    #[error("The host did not respond within {} seconds.", .0.as_secs_f32())]
    Timeout(Duration),
    /// The response was not valid HTTP, or the connection was closed.
    #[error("The host's response was not valid HTTP.")]
    InvalidResponse,
    /// The request could not be built, which is a bug.
    #[error("The request could not be built. This is an error in Deskless.")]
    Internal,
}

impl Failure {
    /// Returns a stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::HostNotFound => "host_not_found",
            Self::NotPublic => "address_not_public",
            Self::Unreachable(_) => "unreachable",
            Self::TlsFailed => "tls_failed",
            Self::Timeout(_) => "timeout",
            Self::InvalidResponse => "bad_answer",
            Self::Internal => "internal_error",
        }
    }
}

impl From<Failure> for Reason {
    fn from(failure: Failure) -> Self {
        Self::new(failure.code(), failure.to_string())
    }
}
