//! The Lambda function `files`.

fn main() -> Result<(), deskless_runtime::Error> {
    deskless_runtime::run(deskless_files::router())
}
