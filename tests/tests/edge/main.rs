//! Interfaces to other software: the gateway's events, and the real binaries under `cargo lambda watch`.

mod contract;
mod gateway;
mod kill;
mod local_stack;
mod parity;
mod paths;
mod processes;
mod requests;
mod responses;
mod watch;
