//! The cache of this crate: items that a process has read, for a limited time.

use std::{
    hash::Hash,
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
};

use deskless_domain::Timestamp;
use lru::LruCache;

/// A least-recently-used cache whose entries expire.
///
/// Ages are measured by the wall clock, because the monotonic clock stops while a Lambda function is frozen. An entry from
/// the future counts as expired: the clock was set back after it was cached.
#[derive(Debug)]
pub(crate) struct TtlCache<K: Hash + Eq, V>(Mutex<LruCache<K, (V, Timestamp)>>);

impl<K: Hash + Eq, V: Clone> TtlCache<K, V> {
    /// Creates an empty cache for at most `capacity` entries.
    pub fn new(capacity: NonZeroUsize) -> Self {
        Self(Mutex::new(LruCache::new(capacity)))
    }

    /// Returns the entry if it is younger than `ttl_ms` milliseconds.
    pub fn get(&self, key: &K, now: Timestamp, ttl_ms: i64) -> Option<V> {
        let mut entries = self.lock();
        let (value, read_at) = entries.get(key)?;
        (0..ttl_ms).contains(&(now.as_millis() - read_at.as_millis())).then(|| value.clone())
    }

    /// Caches a value that was read at this time.
    pub fn put(&self, key: K, value: V, read_at: Timestamp) {
        self.lock().put(key, (value, read_at));
    }

    /// Removes an entry.
    pub fn remove(&self, key: &K) {
        self.lock().pop(key);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, LruCache<K, (V, Timestamp)>> {
        // A panic in another thread cannot leave an entry incomplete.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use deskless_domain::Timestamp;

    use super::TtlCache;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn entries_expire() {
        let cache = TtlCache::new(NonZeroUsize::MIN);
        cache.put("a", 1, at(1000));
        assert_eq!(cache.get(&"a", at(1999), 1000), Some(1));
        assert_eq!(cache.get(&"a", at(2000), 1000), None);
        assert_eq!(cache.get(&"a", at(999), 1000), None, "the clock was set back");
    }

    #[test]
    fn least_recently_used_entry_goes_first() {
        let cache = TtlCache::new(NonZeroUsize::MIN);
        cache.put("a", 1, at(0));
        cache.put("b", 2, at(0));
        assert_eq!((cache.get(&"a", at(0), 1000), cache.get(&"b", at(0), 1000)), (None, Some(2)));
        cache.remove(&"b");
        assert_eq!(cache.get(&"b", at(0), 1000), None);
    }
}
