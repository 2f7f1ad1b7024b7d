//! The bench: Plaza's real-time core beside its peers and beside the least that the kernel allows.
//!
//! For developers only: nothing depends on it and it is never shipped. It talks to loopback only.
//! `bench/fanout.sh` installs the peers and prepares the machine, then runs `bench fanout`;
//! `bench/sfu.sh` does the same for calls and runs `bench sfu`.

mod case;
mod dialect;
mod error;
mod fanout;
mod floor;
mod histogram;
mod load;
mod process;
mod report;
mod rest;
mod sfu;
mod storm;
mod target;

use clap::{Parser, Subcommand};

use crate::error::BenchError;

#[derive(Parser)]
#[command(about = "Measures Plaza beside its peers.")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Fan-out: CPU, latency and memory of one message to many sockets.
    Fanout(Box<fanout::Options>),
    /// A storm of connects, and the return of everyone after a SIGKILL with messages missed.
    Storm(Box<storm::Options>),
    /// The floor: a bare epoll loop with one send per delivery. Started by `fanout` itself.
    Floor(floor::Options),
    /// Calls: CPU, loss, delay and memory of media servers that forward packets.
    Sfu(Box<sfu::Options>),
    /// The floor of `sfu`: a bare fan-out over UDP. Started by `sfu` itself.
    SfuFloor(sfu::floor::Options),
}

fn main() -> std::process::ExitCode {
    let run = |verb| match verb {
        Verb::Fanout(options) => fanout::run(&options),
        Verb::Storm(options) => storm::run(&options),
        Verb::Floor(options) => floor::serve(&options),
        Verb::Sfu(options) => sfu::run(&options),
        Verb::SfuFloor(options) => sfu::floor::serve(&options),
    };
    let outcome: Result<(), BenchError> =
        process::raise_descriptors().and_then(|()| run(Cli::parse().verb));
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}
