//! The Lambda function `jobs`.

fn main() -> Result<(), deskless_runtime::Error> {
    deskless_runtime::run_worker_with_bucket(deskless_jobs::handle)
}
