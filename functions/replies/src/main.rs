//! The Lambda function `replies`.

fn main() -> Result<(), deskless_runtime::Error> {
    deskless_runtime::run(deskless_replies::router())
}
