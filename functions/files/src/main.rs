//! The Lambda function `files`.

fn main() -> Result<(), deskless_runtime::Error> {
    deskless_runtime::run_with_bucket(deskless_files::router())
}
