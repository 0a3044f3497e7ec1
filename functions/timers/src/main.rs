//! The Lambda function `timers`.

fn main() -> Result<(), deskless_runtime::Error> {
    deskless_runtime::run_task(deskless_timers::handle)
}
