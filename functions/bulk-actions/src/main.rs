//! The Lambda function `bulk-actions`.

fn main() -> Result<(), deskless_runtime::Error> {
    deskless_runtime::run(deskless_bulk_actions::router())
}
