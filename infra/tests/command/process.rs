//! Programs that run while a test looks at their output.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// A busy machine needs much less for any step of a test.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running program. Dropping it kills the program.
pub struct Process {
    child: Child,
    lines: Receiver<String>,
    notes: Receiver<String>,
}

impl Process {
    pub fn start(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let lines = forward(child.stdout.take().expect("a pipe"));
        let notes = forward(child.stderr.take().expect("a pipe"));
        Self { child, lines, notes }
    }

    /// Returns the next line of standard output.
    pub fn line(&self) -> String {
        self.lines
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|_| panic!("no line; errors: {:?}", self.notes.try_iter().collect::<Vec<_>>()))
    }

    /// Waits for a line of standard error that contains a text.
    pub fn wait_for_note(&self, text: &str) {
        loop {
            let note = self.notes.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no note with {text:?}"));
            if note.contains(text) {
                return;
            }
        }
    }

    /// Sends Ctrl-C, and returns how the program ended, and the lines that were not read yet.
    pub fn interrupt(self) -> Ended {
        kill(Pid::from_raw(i32::try_from(self.child.id()).expect("an id")), Signal::SIGINT).expect("it runs");
        self.end()
    }

    /// Waits for the end.
    pub fn end(mut self) -> Ended {
        let out = self.lines.iter().collect();
        let err = self.notes.iter().collect();
        Ended { out, err, status: self.child.wait().expect("a status") }
    }

    /// Kills the program, which has no time for anything.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a program has left behind.
#[derive(Debug)]
pub struct Ended {
    pub out: Vec<String>,
    pub err: Vec<String>,
    pub status: ExitStatus,
}

fn forward(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    receiver
}
