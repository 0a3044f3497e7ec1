use crate::Timestamp;

/// The source of time and randomness.
///
/// It is passed in so that tests are deterministic. Clippy forbids the standard library's clock everywhere but in the
/// implementation that a process starts with.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Returns the current time.
    fn now(&self) -> Timestamp;

    /// Fills `bytes` with random bytes from a cryptographically secure source.
    fn fill_random(&self, bytes: &mut [u8]);
}

/// Returns `N` random bytes.
pub(crate) fn random<const N: usize>(clock: &dyn Clock) -> [u8; N] {
    let mut bytes = [0; N];
    clock.fill_random(&mut bytes);
    bytes
}
