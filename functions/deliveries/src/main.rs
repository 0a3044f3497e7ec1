//! The Lambda function `deliveries`.

fn main() -> Result<(), deskless_runtime::Error> {
    deskless_runtime::run_retried_task(deskless_deliveries::handle)
}
