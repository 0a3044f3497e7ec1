use crate::Timestamp;

/// The only source of time and randomness.
///
/// It is passed in, so that tests are exact; the ambient ones are forbidden by clippy everywhere but in the one
/// implementation that a process starts with.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The wall clock's time.
    fn now(&self) -> Timestamp;

    /// Fills `bytes` with unpredictable bytes, good enough for secrets.
    fn fill_random(&self, bytes: &mut [u8]);
}

/// `N` random bytes from `clock`.
pub(crate) fn random<const N: usize>(clock: &dyn Clock) -> [u8; N] {
    let mut bytes = [0; N];
    clock.fill_random(&mut bytes);
    bytes
}
