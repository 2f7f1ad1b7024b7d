//! `plaza`: the one binary. Reads arguments, hands them to a verb, ends with its exit code.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
