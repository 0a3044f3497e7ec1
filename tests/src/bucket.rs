//! A world's bucket, looked at from outside.

use deskless_infra::s3::{Asked, BUCKET};

use crate::World;

impl World {
    /// Ends S3, so that nobody reaches it any more.
    pub async fn stop_s3(&self) {
        self.s3.stop().await;
    }

    /// What was asked of S3 since the last time.
    pub fn take_asked_of_s3(&self) -> Asked {
        self.s3.take_asked()
    }

    /// The keys of all objects in the bucket.
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
