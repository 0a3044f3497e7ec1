//! The Lambda function `integrations`.

fn main() -> Result<(), deskless_runtime::Error> {
    deskless_runtime::run(deskless_integrations::router())
}
