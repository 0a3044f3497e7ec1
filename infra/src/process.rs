//! Child processes of the command.

use std::{
    io::ErrorKind,
    process::{ExitStatus, Stdio},
};

use anyhow::{Context, Result, anyhow};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::process::{Child, ChildStdout, Command};

/// A child in its own process group. Ctrl-C at a terminal does not reach it, so we stop it ourselves. Dropping this
/// value kills the group.
pub struct ProcessGroup(Child);

impl ProcessGroup {
    pub fn spawn(command: &mut Command) -> Result<Self> {
        let name = command.as_std().get_program().to_string_lossy().into_owned();
        let child = command.stdin(Stdio::null()).process_group(0).kill_on_drop(true).spawn();
        let child = child.map_err(|e| match e.kind() {
            ErrorKind::NotFound => {
                anyhow!("{name} is not installed")
            }
            _ => anyhow!("cannot start {name}: {e}"),
        })?;
        Ok(Self(child))
    }

    /// Returns the child's standard output, if it is piped.
    pub fn stdout(&mut self) -> Result<ChildStdout> {
        self.0.stdout.take().context("the child's output is not piped")
    }

    /// Waits until the child exits.
    pub async fn wait(&mut self) -> Result<ExitStatus> {
        Ok(self.0.wait().await?)
    }

    /// Returns the exit status, if the child has exited.
    pub fn try_wait(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.0.try_wait()?)
    }

    /// Kills the process group and waits until the child has exited.
    pub async fn stop(mut self) {
        self.kill();
        let _ = self.0.wait().await;
    }

    fn kill(&self) {
        // An exited child has no id, so no other process is killed.
        if let Some(id) = self.0.id().and_then(|id| i32::try_from(id).ok()) {
            let _ = killpg(Pid::from_raw(id), Signal::SIGKILL);
        }
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.kill();
    }
}
