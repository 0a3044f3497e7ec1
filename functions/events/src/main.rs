//! The Lambda function `events`.

fn main() -> Result<(), deskless_runtime::Error> {
    deskless_runtime::run_worker(deskless_events::handle)
}
