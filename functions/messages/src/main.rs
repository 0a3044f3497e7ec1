//! The Lambda function `messages`.

fn main() -> Result<(), deskless_runtime::Error> {
    deskless_runtime::run(deskless_messages::router())
}
