//! `sim`: kills a real server and checks what is left; measures and fills one.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sim::checker::{Report, check};
use sim::{crash, history};

/// Drives a real Plaza server on loopback. For development only.
#[derive(Debug, Parser)]
#[command(name = "sim")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Kill a server again and again under load, then check that nothing acknowledged was lost.
    Crash {
        /// How often it is killed.
        #[arg(long, default_value_t = 40)]
        rounds: u64,
        /// The server's binary.
        #[arg(long)]
        plaza: PathBuf,
        /// What decides; a random one is taken and printed when there is none.
        #[arg(long)]
        seed: Option<u64>,
        /// Where data, log and history go; a new directory that is removed again when all is well.
        #[arg(long)]
        directory: Option<PathBuf>,
    },
    /// Judge a history that was written before.
    Check {
        /// The file.
        history: PathBuf,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Arguments::parse().verb {
        Verb::Crash {
            rounds,
            plaza,
            seed,
            directory,
        } => {
            let seed = seed.unwrap_or_else(rand::random);
            run_crash(rounds, plaza, seed, directory).await
        }
        Verb::Check { history } => history::read(&history)
            .map(|entries| judge(&check(&entries)))
            .map_err(Into::into),
    };
    done.unwrap_or_else(|error: Box<dyn std::error::Error>| {
        eprintln!("{error}");
        ExitCode::from(2)
    })
}

async fn run_crash(
    rounds: u64,
    plaza: PathBuf,
    seed: u64,
    directory: Option<PathBuf>,
) -> Result<ExitCode, Box<dyn std::error::Error>> {
    println!("seed {seed}");
    let scratch = tempfile::tempdir()?;
    let kept = directory.is_some();
    let directory = directory.unwrap_or_else(|| scratch.path().to_owned());
    std::fs::create_dir_all(&directory)?;
    let plan = crash::Plan {
        plaza,
        rounds,
        seed,
        directory: directory.clone(),
    };
    let outcome = crash::run(&plan).await;
    let is_ok = outcome
        .as_ref()
        .is_ok_and(|report| report.violations.is_empty());
    if !is_ok && !kept {
        println!("kept in {}", scratch.keep().display());
    }
    Ok(judge(&outcome?))
}

fn judge(report: &Report) -> ExitCode {
    println!("{report}");
    for violation in report.violations.iter().take(50) {
        println!("{violation}");
    }
    if report.violations.is_empty() {
        println!("ok");
        ExitCode::SUCCESS
    } else {
        println!("{} violations", report.violations.len());
        ExitCode::FAILURE
    }
}
