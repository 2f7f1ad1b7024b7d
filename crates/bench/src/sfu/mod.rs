//! `bench sfu`: every shape of a call with every server, interleaved, and the table of it.
//!
//! A fresh server for each run; the order of the servers is shuffled anew in each repetition; a
//! ratio is taken within a repetition, so that a slow minute of the machine hits both sides. The
//! rate is that of the call, so what is measured is not how much a server manages at most but what
//! each packet costs it.

mod bare;
pub(crate) mod floor;
mod heard;
mod peer;
mod report;
mod shape;
mod signal;
mod srtp;
mod swarm;
mod target;
mod trace;

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand::seq::SliceRandom;

use self::report::{Report, Sample};
use self::shape::{SHAPES, Shape};
use self::signal::Call;
use self::target::{Running, Target, Workshop};
use self::trace::Layer;
use crate::error::{BenchError, Doing};
use crate::process::{self, LOAD_CORE, SERVER_CORE};

/// A run in which the load fell behind is done again, this often in all.
const ATTEMPTS: usize = 3;

#[derive(Args)]
pub(crate) struct Options {
    /// Servers, separated by commas; all that are there when not given. The floors always run.
    #[arg(long, value_delimiter = ',')]
    targets: Vec<String>,
    /// Shapes, separated by commas; all when not given.
    #[arg(long, value_delimiter = ',')]
    shapes: Vec<String>,
    /// Repetitions; figures are medians over them.
    #[arg(long, default_value_t = 3)]
    repeat: usize,
    /// Time that one run is counted, in seconds.
    #[arg(long, default_value_t = 8.0)]
    seconds: f64,
    /// Time from when everybody hears everybody until the count begins, in seconds: bandwidth
    /// estimates need some of it.
    #[arg(long, default_value_t = 6.0)]
    warm_up: f64,
    /// Address of this machine that media go to. Janus wants another than 127.0.0.1.
    #[arg(long, env = "BENCH_ADDRESS", default_value_t = Ipv4Addr::LOCALHOST)]
    address: Ipv4Addr,
    /// Plaza's binary.
    #[arg(long, env = "PLAZA_BIN", default_value = "target/release/plaza")]
    plaza: PathBuf,
    /// LiveKit's binary; its rows are left out without one.
    #[arg(long, env = "LIVEKIT_BIN")]
    livekit: Option<PathBuf>,
    /// Janus' binary; its rows are left out if it is not there.
    #[arg(long, env = "JANUS_BIN", default_value = "/usr/bin/janus")]
    janus: PathBuf,
    /// Where logs, samples and the table go.
    #[arg(long, default_value = "bench/out")]
    out: PathBuf,
    /// Seed of the shuffling.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs it all, prints the table and writes it to `sfu.md` in the output folder.
pub(crate) fn run(options: &Options) -> Result<(), BenchError> {
    std::fs::create_dir_all(&options.out).doing("create the output folder")?;
    let absolute = |path: &PathBuf| std::path::absolute(path).doing("find the working directory");
    let workshop = Workshop {
        plaza: absolute(&options.plaza)?,
        livekit: options.livekit.as_ref().map(absolute).transpose()?,
        janus: absolute(&options.janus)?,
        media: options.address,
        out: absolute(&options.out)?,
    };
    let targets = targets(options, &workshop)?;
    let shapes = shapes(options)?;
    process::pin(LOAD_CORE)?;
    process::steer(true)?;
    let mut report = Report::new(&options.out)?;
    let mut random = SmallRng::seed_from_u64(options.seed);
    for repetition in 0..options.repeat {
        for &shape in &shapes {
            let mut order = targets.clone();
            order.shuffle(&mut random);
            for target in order {
                match patiently(target, &shape, &workshop, options) {
                    Ok(sample) => {
                        let sample = Sample {
                            repetition,
                            ..sample
                        };
                        report.add(shape, target, sample)?;
                    }
                    Err(error) => {
                        eprintln!("{} {}: FAILED: {error}", shape.name, target.name());
                        report.fail(shape, target);
                    }
                }
            }
        }
    }
    let table = report.markdown(&shapes, &targets);
    std::fs::write(options.out.join("sfu.md"), &table).doing("write the table")?;
    println!("{table}");
    Ok(())
}

/// The servers that are wanted and there; those that are not are named.
fn targets(options: &Options, workshop: &Workshop) -> Result<Vec<Target>, BenchError> {
    let mut wanted = Target::ALL.to_vec();
    if !options.targets.is_empty() {
        wanted = vec![Target::Floor, Target::FloorSrtp];
        for name in &options.targets {
            let found = Target::ALL.into_iter().find(|target| target.name() == name);
            let found = found.ok_or_else(|| {
                let names = Target::ALL.map(Target::name);
                BenchError::Missing(format!("no server is called {name:?}; there are {names:?}"))
            })?;
            if !wanted.contains(&found) {
                wanted.push(found);
            }
        }
    }
    wanted.retain(|target| match target.lacks(workshop) {
        Some(what) => {
            eprintln!("LEFT OUT: {}: {what}", target.name());
            false
        }
        None => true,
    });
    Ok(wanted)
}

fn shapes(options: &Options) -> Result<Vec<Shape>, BenchError> {
    if options.shapes.is_empty() {
        return Ok(SHAPES.to_vec());
    }
    let shape = |name: &String| {
        Shape::named(name).ok_or_else(|| {
            let names = SHAPES.map(|shape| shape.name);
            BenchError::Missing(format!("no shape is called {name:?}; there are {names:?}"))
        })
    };
    options.shapes.iter().map(shape).collect()
}

/// A run in which the load itself could keep up; tried some times.
fn patiently(
    target: Target,
    shape: &Shape,
    workshop: &Workshop,
    options: &Options,
) -> Result<Sample, BenchError> {
    for _ in 0..ATTEMPTS {
        if let Some(sample) = run_one(target, shape, workshop, options)? {
            return Ok(sample);
        }
        eprintln!(
            "{} {}: the load fell behind, once more",
            shape.name,
            target.name()
        );
    }
    let what = "the load could not keep up: too much else goes on at this machine";
    Err(BenchError::Missing(what.to_owned()))
}

/// One run; nothing if the load fell behind in it.
fn run_one(
    target: Target,
    shape: &Shape,
    workshop: &Workshop,
    options: &Options,
) -> Result<Option<Sample>, BenchError> {
    let Running { process, place } = target.start(workshop)?;
    let resident_before = process.resident_bytes()?;
    let mut call = Call::set_up(target.signalling(), place, shape)?;
    call.run(Duration::from_secs_f64(options.warm_up))?;
    let load = std::process::id();
    let dropped_before = process::packets_dropped();
    let (cpu_before, load_before) = (process.cpu()?, process::cpu_of(load)?);
    let busy_before = process::core_busy_ns(SERVER_CORE);
    call.swarm.restart();
    let sent_before = sent(&call, shape);
    let start = Instant::now();
    call.run(Duration::from_secs_f64(options.seconds))?;
    let elapsed = start.elapsed();
    let (cpu, load_cpu) = (process.cpu()?, process::cpu_of(load)?);
    let busy_ns = process::core_busy_ns(SERVER_CORE) - busy_before;
    let dropped = process::packets_dropped() - dropped_before;
    if dropped > 0 {
        eprintln!(
            "{} {}: the kernel dropped {dropped}",
            shape.name,
            target.name()
        );
    }
    let count = call.swarm.count();
    if count.is_late {
        return Ok(None);
    }
    let layer = |layer: Layer| count.layers.get(layer.number()).copied().unwrap_or(0);
    let resident = process.resident_bytes()?;
    let grown = resident.saturating_sub(resident_before) as f64;
    Ok(Some(Sample {
        repetition: 0,
        elapsed,
        cpu: cpu.since(cpu_before),
        load_cpu: load_cpu.since(load_before),
        core_busy_ns: busy_ns,
        forwarded: count.layers.iter().sum(),
        full: layer(Layer::Sound) + layer(Layer::Full),
        wanted: sent(&call, shape).saturating_sub(sent_before),
        missing: count.missing,
        p50_ns: call.swarm.delays().quantile(0.5),
        p99_ns: call.swarm.delays().quantile(0.99),
        bytes_per_participant: grown / shape.participants() as f64,
    }))
}

/// Packets of sound and highest layer sent so far, times those who should get them.
fn sent(call: &Call, shape: &Shape) -> u64 {
    let publishers = call
        .swarm
        .peers()
        .iter()
        .filter_map(|peer| peer.publisher.as_ref());
    let sent: u64 = publishers.map(peer::publisher::Publisher::sent).sum();
    sent * (shape.participants() as u64 - 1)
}
