use deskless_store::{BulkJob, BulkStep, StoreError};

/// Takes the step of a bulk action that its item calls for.
pub(crate) async fn step(job: &BulkJob) -> Result<(), StoreError> {
    if let BulkStep::Failed(why) = job.tenant.bulk_step(job.id, job.step).await? {
        tracing::error!(consumer = "bulk", bulk_action = %job.id, step = job.step, error = why, "it cannot go on");
    }
    Ok(())
}
