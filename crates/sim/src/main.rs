//! `sim`: kills a real server and checks what is left; measures and fills one.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use sim::checker::{Report, check};
use sim::{crash, fill, herd, history, posts, start};

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
    /// Fill a running place with people, rooms and talk.
    Fill {
        /// Host and port of the place, for example 127.0.0.1:8000.
        #[arg(long)]
        plaza: String,
        /// Who logs in, or sets the place up when it is new.
        #[arg(long, default_value = "Olga")]
        owner: String,
        /// Their password.
        #[arg(long, default_value = "a long river walk")]
        password: String,
        /// How many messages in all; the first room gets half of them.
        #[arg(long, default_value_t = 1_000)]
        messages: usize,
        /// In how many rooms.
        #[arg(long, default_value_t = 4)]
        rooms: usize,
        /// How many people talk.
        #[arg(long, default_value_t = 24)]
        people: usize,
        /// What decides who says what.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Measure durable posts a second beside the raw disk.
    Posts {
        /// The server's binary.
        #[arg(long)]
        plaza: PathBuf,
        /// Seconds per row of the table.
        #[arg(long, default_value_t = 5)]
        seconds: u64,
        /// Where the data lies: the disk that is measured. A new directory when there is none.
        #[arg(long)]
        directory: Option<PathBuf>,
        /// Posts under way at once, one row of the table each.
        #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64, 256])]
        in_flight: Vec<usize>,
        /// The last row: posts a second, at a multiple of 1,000; 0 leaves it out.
        #[arg(long, default_value_t = 5_000)]
        rate: usize,
    },
    /// Let many clients come at once after a restart, each with messages missed.
    Herd {
        /// The server's binary.
        #[arg(long)]
        plaza: PathBuf,
        /// How many clients come.
        #[arg(long, default_value_t = 10_000)]
        clients: usize,
        /// How many messages each of them missed.
        #[arg(long, default_value_t = 20)]
        missed: u64,
    },
    /// Measure how long a place takes to be ready, and its memory then.
    Start {
        /// The server's binary.
        #[arg(long)]
        plaza: PathBuf,
        /// A folder in which `data` is the data directory of a place.
        #[arg(long)]
        directory: PathBuf,
        /// How often it is started.
        #[arg(long, default_value_t = 5)]
        starts: usize,
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
        Verb::Fill {
            plaza,
            owner,
            password,
            messages,
            rooms,
            people,
            seed,
        } => {
            let address = plaza
                .trim_start_matches("http://")
                .trim_end_matches('/')
                .to_owned();
            let plan = fill::Plan {
                address,
                owner,
                password,
                messages,
                rooms,
                people,
                seed,
            };
            fill::run(&plan)
                .await
                .map(|()| ExitCode::SUCCESS)
                .map_err(Into::into)
        }
        Verb::Posts {
            plaza,
            seconds,
            directory,
            in_flight,
            rate,
        } => {
            let rows = (in_flight, rate);
            run_posts(plaza, seconds, directory, rows).await
        }
        Verb::Herd {
            plaza,
            clients,
            missed,
        } => run_herd(plaza, clients, missed).await,
        Verb::Start {
            plaza,
            directory,
            starts,
        } => start::run(&start::Plan {
            plaza,
            directory,
            starts,
        })
        .await
        .map(|()| ExitCode::SUCCESS)
        .map_err(Into::into),
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
    let report = outcome?;
    if report.acknowledged == 0 || report.delivered == 0 {
        // Nothing can be lost where nothing happened.
        println!("{report}");
        return Err("nobody posted or nobody heard: this run says nothing".into());
    }
    Ok(judge(&report))
}

async fn run_posts(
    plaza: PathBuf,
    seconds: u64,
    directory: Option<PathBuf>,
    (in_flight, rate): (Vec<usize>, usize),
) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let scratch = tempfile::tempdir()?;
    let directory = directory.unwrap_or_else(|| scratch.path().to_owned());
    let duration = Duration::from_secs(seconds.max(1));
    posts::run(&posts::Plan {
        plaza,
        duration,
        directory,
        in_flight,
        rate,
    })
    .await?;
    Ok(ExitCode::SUCCESS)
}

async fn run_herd(
    plaza: PathBuf,
    clients: usize,
    missed: u64,
) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let scratch = tempfile::tempdir()?;
    let directory = scratch.path().to_owned();
    let is_ok = herd::run(&herd::Plan {
        plaza,
        clients,
        missed,
        directory,
    })
    .await?;
    Ok(if is_ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
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
