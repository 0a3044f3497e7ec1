//! The Lambda function `automations`.

fn main() -> Result<(), deskless_runtime::Error> {
    deskless_runtime::run(deskless_automations::router())
}
