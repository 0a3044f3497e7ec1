//! The Lambda function `discovery`.

fn main() -> Result<(), deskless_runtime::Error> {
    deskless_runtime::run_without_table(deskless_discovery::router().into())
}
