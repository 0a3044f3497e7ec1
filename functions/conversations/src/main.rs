//! The Lambda function `conversations`.

fn main() -> Result<(), deskless_runtime::Error> {
    deskless_runtime::run_with_bucket(deskless_conversations::router())
}
