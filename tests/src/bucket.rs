//! Inspects a world's bucket.

use deskless_infra::s3::{BUCKET, FAILED_EVENTS, Requests};
use serde_json::Value;

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

    /// Returns the parked records.
    #[must_use]
    pub fn parked(&self) -> Vec<Value> {
        let folder = self.objects.path().join(FAILED_EVENTS).join("parked");
        let mut parked = Vec::new();
        for worker in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            for object in std::fs::read_dir(worker.path()).into_iter().flatten().flatten() {
                let text = std::fs::read(object.path()).expect("an object");
                parked.push(serde_json::from_slice(&text).expect("JSON"));
            }
        }
        parked
    }

    /// Where the bucket lies, for what happens to objects past everybody.
    #[must_use]
    pub fn bucket_folder(&self) -> std::path::PathBuf {
        self.objects.path().join(BUCKET)
    }
}
