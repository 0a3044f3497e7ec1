//! The Lambda function `jobs`.

fn main() -> Result<(), deskless_runtime::Error> {
    deskless_runtime::run_worker(deskless_jobs::handle)
}
