use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use deskless_domain::{Clock, Timestamp};

/// A clock that moves only when told to, with a deterministic random generator.
#[derive(Debug)]
pub struct TestClock {
    millis: AtomicI64,
    seed: AtomicU64,
}

impl TestClock {
    /// Creates a clock at 2026-06-28T18:00:00.000Z with this random seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { millis: AtomicI64::new(1_782_669_600_000), seed: AtomicU64::new(seed) }
    }

    /// Sets the time.
    pub fn set(&self, time: Timestamp) {
        self.millis.store(time.as_millis(), Ordering::SeqCst);
    }

    /// Advances the time, or moves it back if `millis` is negative.
    pub fn advance_millis(&self, millis: i64) {
        self.millis.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.millis.load(Ordering::SeqCst))
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            // SplitMix64.
            let mut z = self.seed.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            chunk.copy_from_slice(&z.to_le_bytes()[..chunk.len()]);
        }
    }
}
