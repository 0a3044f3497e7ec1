//! Children of the command, each with whatever it starts in turn.

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

/// A child in a process group of its own: Ctrl-C at a terminal reaches us alone, and we end the child. Whatever is in
/// the group ends with this value.
pub struct Group(Child);

impl Group {
    pub fn spawn(command: &mut Command) -> Result<Self> {
        let name = command.as_std().get_program().to_string_lossy().into_owned();
        let child = command.stdin(Stdio::null()).process_group(0).kill_on_drop(true).spawn();
        let child = child.map_err(|e| match e.kind() {
            ErrorKind::NotFound => {
                anyhow!("{name} is not installed: start the local stack with `make dev`, which installs it")
            }
            _ => anyhow!("{name} does not start: {e}"),
        })?;
        Ok(Self(child))
    }

    /// The child's output, if a pipe was asked for.
    pub fn stdout(&mut self) -> Result<ChildStdout> {
        self.0.stdout.take().context("the child has no pipe")
    }

    /// Waits until the child ends.
    pub async fn ended(&mut self) -> Result<ExitStatus> {
        Ok(self.0.wait().await?)
    }

    /// How the child ended, if it has.
    pub fn has_ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.0.try_wait()?)
    }

    /// Ends the child at once, and waits until it is gone.
    pub async fn stop(mut self) {
        self.kill();
        let _ = self.0.wait().await;
    }

    fn kill(&self) {
        // A child that has ended has no id any more, so this hits nobody else.
        if let Some(id) = self.0.id().and_then(|id| i32::try_from(id).ok()) {
            let _ = killpg(Pid::from_raw(id), Signal::SIGKILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}
