//! The Lambda function `predefined-messages`.

fn main() -> Result<(), deskless_runtime::Error> {
    deskless_runtime::run(deskless_predefined_messages::router())
}
