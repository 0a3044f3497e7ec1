//! The Lambda function `workspace`.

fn main() -> Result<(), deskless_runtime::Error> {
    deskless_runtime::run(deskless_workspace::router())
}
