//! `bench fanout`: every case with every server, interleaved, and the table that comes of it.
//!
//! A fresh server for each run; the order of the servers is shuffled anew in each repetition; a
//! ratio is taken within a repetition, so that a slow minute of the machine hits both sides.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand::seq::SliceRandom;

use crate::case::{Case, NAMES, Sizes};
use crate::error::{BenchError, Doing};
use crate::load::{Crowd, Load, Pace};
use crate::process::{self, LOAD_CORE};
use crate::report::{Report, Sample};
use crate::target::{Running, Target, Templates, Workshop};

/// Connections that are there before idle ones are counted, so that what a server allocates once
/// is not charged to them.
const IDLE_BEFORE: usize = 200;

#[derive(Args)]
pub(crate) struct Options {
    /// Servers, separated by commas; all when not given. `floor` always runs.
    #[arg(long, value_delimiter = ',')]
    targets: Vec<String>,
    /// Cases, separated by commas; all when not given.
    #[arg(long, value_delimiter = ',')]
    cases: Vec<String>,
    /// Repetitions at most; figures are medians over them.
    #[arg(long, default_value_t = 5)]
    repeat: usize,
    /// No further repetition is begun when it would probably end later than so many minutes after
    /// the start.
    #[arg(long)]
    minutes: Option<f64>,
    /// Time that one run is measured, in seconds.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Time under the same load before that, in seconds.
    #[arg(long, default_value_t = 1.0)]
    warm_up: f64,
    /// Subscribers of the hot channel.
    #[arg(long, default_value_t = 1000)]
    subscribers: usize,
    /// Subscribers of the hot channel in the cases with very many.
    #[arg(long, default_value_t = 10_000)]
    subscribers_many: usize,
    /// Subscribers of the open loop.
    #[arg(long, default_value_t = 100)]
    subscribers_open: usize,
    /// Channels of the case with many.
    #[arg(long, default_value_t = 1000)]
    channels: usize,
    /// Subscribers of each of those.
    #[arg(long, default_value_t = 10)]
    subscribers_per_channel: usize,
    /// Idle connections.
    #[arg(long, default_value_t = 10_000)]
    idle: usize,
    /// Subscribers that never read, in the case that has them.
    #[arg(long, default_value_t = 100)]
    stall: usize,
    /// Connections that publish, in turn; each a person of its own.
    #[arg(long, default_value_t = 1)]
    publishers: usize,
    /// Plaza's binary.
    #[arg(long, env = "PLAZA_BIN", default_value = "target/release/plaza")]
    plaza: PathBuf,
    /// The folder of the Node peers.
    #[arg(long, default_value = "bench/peers")]
    peers: PathBuf,
    /// The folder of the peers that were built.
    #[arg(long, default_value = "target/peers")]
    built: PathBuf,
    /// Centrifugo's binary; its rows are left out without one.
    #[arg(long, env = "CENTRIFUGO_BIN")]
    centrifugo: Option<PathBuf>,
    /// Where logs, samples and the table go.
    #[arg(long, default_value = "bench/out")]
    out: PathBuf,
    /// Seed of the shuffling.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs it all, prints the table and writes it to `fanout.md` in the output folder.
pub(crate) fn run(options: &Options) -> Result<(), BenchError> {
    std::fs::create_dir_all(&options.out).doing("create the output folder")?;
    let workshop = workshop(options)?;
    let targets = targets(options, &workshop)?;
    let cases = cases(options)?;
    process::pin(LOAD_CORE)?;
    let mut report = Report::new(&options.out)?;
    let mut random = SmallRng::seed_from_u64(options.seed);
    let start = Instant::now();
    for repetition in 0..options.repeat {
        let one = start.elapsed().as_secs_f64() / repetition.max(1) as f64;
        let end_s = start.elapsed().as_secs_f64() + one;
        if repetition > 0 && options.minutes.is_some_and(|most| end_s > most * 60.0) {
            break;
        }
        for case in &cases {
            process::steer(case.can_be_steered())?;
            let mut order = targets.clone();
            order.retain(|target| target.runs(case));
            order.shuffle(&mut random);
            for target in order {
                let sample = match run_one(target, case, &workshop, options) {
                    Ok(sample) => Sample {
                        repetition,
                        ..sample
                    },
                    Err(error) => {
                        eprintln!("{} {}: FAILED: {error}", case.name, target.name());
                        continue;
                    }
                };
                report.add(case, target, sample)?;
            }
        }
    }
    let table = report.markdown(&cases, &targets);
    std::fs::write(options.out.join("fanout.md"), &table).doing("write the table")?;
    println!("{table}");
    Ok(())
}

fn workshop(options: &Options) -> Result<Workshop, BenchError> {
    let absolute = |path: &PathBuf| std::path::absolute(path).doing("find the working directory");
    Ok(Workshop {
        plaza: absolute(&options.plaza)?,
        peers: absolute(&options.peers)?,
        built: absolute(&options.built)?,
        centrifugo: options.centrifugo.as_ref().map(absolute).transpose()?,
        out: absolute(&options.out)?,
        templates: Templates::default(),
    })
}

fn targets(options: &Options, workshop: &Workshop) -> Result<Vec<Target>, BenchError> {
    let mut wanted = Target::ALL.to_vec();
    if !options.targets.is_empty() {
        wanted = vec![Target::Floor];
        for name in &options.targets {
            let target = Target::named(name)
                .ok_or_else(|| BenchError::Missing(format!("no server is called {name:?}")))?;
            if !wanted.contains(&target) {
                wanted.push(target);
            }
        }
    }
    wanted.retain(|target| match target.missing(workshop) {
        None => true,
        Some(what) => {
            eprintln!("LEFT OUT: {}: {what}", target.name());
            false
        }
    });
    Ok(wanted)
}

fn cases(options: &Options) -> Result<Vec<Case>, BenchError> {
    let sizes = Sizes {
        subscribers: options.subscribers,
        subscribers_many: options.subscribers_many,
        subscribers_open: options.subscribers_open,
        channels: options.channels,
        subscribers_per_channel: options.subscribers_per_channel,
        idle: options.idle,
        stalled: options.stall,
        publishers: options.publishers,
    };
    let names: Vec<&str> = match options.cases.as_slice() {
        [] => NAMES.to_vec(),
        some => some.iter().map(String::as_str).collect(),
    };
    let case = |name: &str| {
        Case::named(name, sizes).ok_or_else(|| {
            BenchError::Missing(format!("no case is called {name:?}; there are {NAMES:?}"))
        })
    };
    names.into_iter().map(case).collect()
}

fn run_one(
    target: Target,
    case: &Case,
    workshop: &Workshop,
    options: &Options,
) -> Result<Sample, BenchError> {
    let running = target.start(case, workshop)?;
    if case.pace == Pace::Idle {
        return idle(&running, case);
    }
    let mut load = Load::connect(
        running.port,
        &running.dialect,
        &case.crowd,
        case.payload_bytes,
    )?;
    load.learn()?;
    let warm_up = match case.pace {
        // What it manages at most is measured first, which warms it up.
        Pace::HalfOfSaturation => Pace::InFlight(1),
        pace @ (Pace::InFlight(_) | Pace::Rate(_) | Pace::Idle) => pace,
    };
    let warm_up_time = Duration::from_secs_f64(options.warm_up);
    load.measure(warm_up, warm_up_time, &running.process)?;
    let resident_before = running.process.resident_bytes()?;
    let time = Duration::from_secs_f64(options.seconds);
    let dropped_before = process::packets_dropped();
    let measured = load.measure(case.pace, time, &running.process)?;
    let dropped = process::packets_dropped() - dropped_before;
    if dropped > 0 {
        eprintln!(
            "{} {}: {dropped} packets dropped by the kernel",
            case.name,
            target.name()
        );
    }
    Ok(Sample {
        measured,
        resident_bytes: running.process.resident_bytes()?,
        resident_growth: running
            .process
            .resident_bytes()?
            .saturating_sub(resident_before),
        ..Sample::default()
    })
}

/// What one more idle, subscribed connection costs in resident memory.
fn idle(running: &Running, case: &Case) -> Result<Sample, BenchError> {
    let crowd = |subscribers| Crowd {
        subscribers,
        ..case.crowd
    };
    let Running {
        process,
        port,
        dialect,
    } = running;
    let _first = Load::connect(*port, dialect, &crowd(IDLE_BEFORE), case.payload_bytes)?;
    let before = process.resident_bytes()?;
    let rest = case.crowd.subscribers.saturating_sub(IDLE_BEFORE);
    let _rest = Load::connect(*port, dialect, &crowd(rest), case.payload_bytes)?;
    let after = process.resident_bytes()?;
    Ok(Sample {
        resident_bytes: after,
        bytes_per_connection: after.saturating_sub(before) as f64 / (rest + 1) as f64,
        ..Sample::default()
    })
}
