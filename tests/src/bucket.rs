//! Inspects a world's bucket.

use deskless_infra::s3::{BUCKET, Requests};

use crate::World;

impl World {
    /// Stops S3. Later requests to it fail.
    pub async fn stop_s3(&self) {
        self.s3.stop().await;
    }

    /// Returns the requests that S3 received since the last call.
    pub fn take_asked_of_s3(&self) -> Requests {
        self.s3.take_requests()
    }

    /// Returns the keys of all objects in the bucket.
    #[must_use]
    pub fn objects(&self) -> Vec<String> {
        let root = self.objects.path().join(BUCKET);
        let mut folders = vec![root.clone()];
        let mut keys = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let key = path.strip_prefix(&root).expect("in the bucket").to_str().expect("text");
                    keys.push(key.to_owned());
                }
            }
        }
        keys.sort_unstable();
        keys
    }

    /// Where the bucket lies, for what happens to objects past everybody.
    #[must_use]
    pub fn bucket_folder(&self) -> std::path::PathBuf {
        self.objects.path().join(BUCKET)
    }
}
