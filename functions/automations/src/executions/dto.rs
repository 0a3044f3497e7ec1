use deskless_api::{envelope, wire::ExecutionObject};
use deskless_domain::Execution;

envelope!(Execution => ExecutionObject, execution, executions, ExecutionResponse, ExecutionListResponse);
