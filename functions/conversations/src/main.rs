//! The Lambda function `conversations`.

fn main() -> Result<(), deskless_runtime::Error> {
    deskless_runtime::run(deskless_conversations::router())
}
