//! The binary from outside: started, talked to, ended, as an operator does it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that can not go on fails"
)]

mod cli;
mod process;
mod serve;
mod webhooks;
