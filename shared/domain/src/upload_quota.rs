//! How much a customer can upload.

use crate::{FileSize, IdentitySource};

/// The uploads that a customer can sign within an hour of the wall clock. A signature lets the holder store a file, so that a
/// stranger could fill the bucket with requests that are cheap for them. Server keys have no quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadQuota {
    /// The number of files.
    pub files: u32,
    /// The sum of their sizes, in bytes.
    pub bytes: u64,
}

impl UploadQuota {
    /// The quota of a customer whose token the workspace signed: 100 files and 1 GiB.
    pub const OF_CUSTOMER: Self = Self { files: 100, bytes: 1024 * 1024 * 1024 };
    /// The quota of an anonymous customer: 20 files and 100 MiB.
    pub const OF_ANONYMOUS: Self = Self { files: 20, bytes: 100 * 1024 * 1024 };
    /// The window, in seconds.
    pub const WINDOW_SECONDS: i64 = 60 * 60;

    /// Returns the quota of a customer who was identified in this way.
    #[must_use]
    pub const fn of(source: IdentitySource) -> Self {
        match source {
            IdentitySource::Anonymous => Self::OF_ANONYMOUS,
            IdentitySource::Headers | IdentitySource::Token => Self::OF_CUSTOMER,
        }
    }

    /// Returns how many bytes the earlier files can have so that a file of this size still fits.
    #[must_use]
    pub fn room_for(self, size: FileSize) -> u64 {
        self.bytes.saturating_sub(size.bytes())
    }
}
