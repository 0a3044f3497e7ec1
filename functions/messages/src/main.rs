//! The Lambda function `messages`.

fn main() -> Result<(), deskless_runtime::Error> {
    deskless_runtime::run_with_bucket(deskless_messages::router())
}
