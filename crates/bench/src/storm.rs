//! `bench storm`: everyone connects at once; then the server is killed, messages are posted, and
//! everyone comes back to catch up.
//!
//! The clients stand on one thread of the other core, so the times are those of the two together.
//! Ends badly when a bound of the design is not kept.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};

use crate::dialect::{Account, Dialect, Publish, Since};
use crate::error::{BenchError, Doing};
use crate::load::{Crowd, Load};
use crate::process::{self, LOAD_CORE};
use crate::rest::{self, Caller};
use crate::target::{Running, Templates, Workshop, free_port, plaza};

/// All are live again and have what they missed within this.
const BACK_WITHIN: Duration = Duration::from_secs(10);
/// The most memory while they come back, over what they take when they are there.
const MEMORY_MAX: f64 = 1.5;
/// The server's counter of the times that it read a stretch of a room's log.
const READS: &str = "plaza_chat_log_reads_total";

#[derive(Args)]
pub(crate) struct Options {
    /// Clients.
    #[arg(long, default_value_t = 10_000)]
    clients: usize,
    /// How many of them are on their way at the same time; all when not given.
    #[arg(long)]
    at_once: Option<usize>,
    /// Messages that each of them has missed.
    #[arg(long, default_value_t = 20)]
    missed: usize,
    /// Plaza's binary.
    #[arg(long, env = "PLAZA_BIN", default_value = "target/release/plaza")]
    plaza: PathBuf,
    /// Where logs and data go, and `storm.md`.
    #[arg(long, default_value = "bench/out")]
    out: PathBuf,
}

/// One way in.
struct Row {
    what: String,
    elapsed: Duration,
    p50: Duration,
    p99: Duration,
    cpu_s: f64,
    resident: u64,
    resident_max: u64,
    reads: u64,
}

/// Runs it, prints a table and writes it to `storm.md` in the output folder.
pub(crate) fn run(options: &Options) -> Result<(), BenchError> {
    std::fs::create_dir_all(&options.out).doing("create the output folder")?;
    let absolute = |path: &PathBuf| std::path::absolute(path).doing("find the working directory");
    let workshop = Workshop {
        plaza: absolute(&options.plaza)?,
        peers: PathBuf::new(),
        built: PathBuf::new(),
        centrifugo: None,
        out: absolute(&options.out)?,
        templates: Templates::default(),
    };
    process::pin(LOAD_CORE)?;
    process::steer(false)?;
    let (data, account) = plaza::prepare(Publish::Post, 1, &workshop)?;
    let serve = |account: &Account| {
        let dialect = Dialect::Centrifugo(account.clone());
        plaza::serve(&data, &workshop, free_port()?, dialect)
    };

    let running = serve(&account)?;
    let known = post(&running, &account, 1)?;
    let (load, first) = arrive("connect and subscribe", &running, options)?;
    // Dropping kills it, with no chance to say goodbye; the clients are told by the kernel.
    let killed = Instant::now();
    drop(running);
    drop(load);
    let running = serve(&account)?;
    let ready = killed.elapsed();
    post(&running, &account, options.missed)?;
    let account = Account {
        since: Some(Since {
            missed: options.missed,
            ..known
        }),
        ..account
    };
    let running = Running {
        dialect: Dialect::Centrifugo(account),
        ..running
    };
    let what = format!("come back with {} missed each", options.missed);
    let (mut load, back) = arrive(&what, &running, options)?;
    // Live is who hears what is said now.
    let start = Instant::now();
    load.learn()?;
    let live = start.elapsed();
    tell(options, [&first, &back], ready, live)
}

/// Everyone connects; returns when each has what it is to have.
fn arrive(what: &str, running: &Running, options: &Options) -> Result<(Load, Row), BenchError> {
    let crowd = Crowd {
        channels: 1,
        subscribers: options.clients,
        stalled: 0,
        publishers: 1,
    };
    let at_once = options.at_once.unwrap_or(options.clients);
    let before = running.process.cpu()?;
    let reads_before = reads(running)?;
    let start = Instant::now();
    let load = Load::arrive(running.port, &running.dialect, &crowd, (128, at_once))?;
    let elapsed = start.elapsed();
    let cpu = running.process.cpu()?.since(before);
    let mut times = load.times().to_vec();
    times.sort_unstable();
    let quantile = |share: f64| {
        let position = (times.len() as f64 * share) as usize;
        times.get(position).copied().unwrap_or_default()
    };
    let row = Row {
        what: what.to_owned(),
        elapsed,
        p50: quantile(0.5),
        p99: quantile(0.99),
        cpu_s: cpu.total_ns as f64 / 1e9,
        resident: running.process.resident_bytes()?,
        resident_max: running.process.resident_bytes_max()?,
        reads: reads(running)?.saturating_sub(reads_before),
    };
    Ok((load, row))
}

fn tell(
    options: &Options,
    rows: [&Row; 2],
    ready: Duration,
    live: Duration,
) -> Result<(), BenchError> {
    let clients = options.clients;
    let mut page = crate::report::machine();
    page.push_str(&format!(
        "\n| {clients} clients, {} at once | seconds | a second | p50 s | p99 s | CPU ms each | \
         resident MiB | most MiB | log reads |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        options.at_once.unwrap_or(clients)
    ));
    const MIB: f64 = 1024.0 * 1024.0;
    for row in rows {
        page.push_str(&format!(
            "| {} | {:.2} | {:.0} | {:.2} | {:.2} | {:.3} | {:.0} | {:.0} | {} |\n",
            row.what,
            row.elapsed.as_secs_f64(),
            clients as f64 / row.elapsed.as_secs_f64(),
            row.p50.as_secs_f64(),
            row.p99.as_secs_f64(),
            row.cpu_s * 1e3 / clients as f64,
            row.resident as f64 / MIB,
            row.resident_max as f64 / MIB,
            row.reads,
        ));
    }
    let [_, back] = rows;
    let memory = back.resident_max as f64 / back.resident.max(1) as f64;
    let bounds = [
        (
            format!(
                "ready {:.2} s after the SIGKILL, all caught up {:.2} s later, all hear a new \
                 message (bound {} s)",
                ready.as_secs_f64(),
                back.elapsed.as_secs_f64(),
                BACK_WITHIN.as_secs()
            ),
            ready + back.elapsed <= BACK_WITHIN,
        ),
        (
            format!("most memory {memory:.2} times the memory after it (bound {MEMORY_MAX})"),
            memory <= MEMORY_MAX,
        ),
        (
            format!(
                "the one page of history was read {} times (bound 1)",
                back.reads
            ),
            back.reads == 1,
        ),
    ];
    page.push('\n');
    for (text, is_kept) in &bounds {
        let word = if *is_kept { "kept" } else { "MISSED" };
        page.push_str(&format!("- {word}: {text}\n"));
    }
    page.push_str(&format!(
        "- a message to all of them then took {:.2} s, of which 0.6 s are waiting for silence\n",
        live.as_secs_f64()
    ));
    std::fs::write(options.out.join("storm.md"), &page).doing("write the table")?;
    println!("{page}");
    match bounds.iter().all(|(_, is_kept)| *is_kept) {
        true => Ok(()),
        false => Err(BenchError::Missed),
    }
}

/// How often the server has read a stretch of a log so far.
fn reads(running: &Running) -> Result<u64, BenchError> {
    let text = rest::get(running.port, "/metrics")?;
    let line = text.lines().find_map(|line| line.strip_prefix(READS));
    let count = line.and_then(|rest| rest.trim().parse().ok());
    Ok(count.unwrap_or(0))
}

/// Posts so many messages; gives where the room stands after the last.
fn post(running: &Running, account: &Account, count: usize) -> Result<Since, BenchError> {
    let channel = account.channels.first().map_or("", String::as_str);
    let room = channel.strip_prefix("room:").unwrap_or(channel);
    let token = account.tokens.first().map_or("", String::as_str);
    let mut answer = Value::Null;
    for _ in 0..count {
        let body = json!({ "text": "x".repeat(128) });
        let path = format!("/api/v1/rooms/{room}/messages");
        answer = rest::post(running.port, &path, Caller::Token(token), &body)?.json;
    }
    let epoch = answer.pointer("/epoch").and_then(Value::as_str);
    let offset = answer.pointer("/event/seq").and_then(Value::as_u64);
    Ok(Since {
        epoch: epoch.unwrap_or_default().to_owned(),
        offset: offset.unwrap_or_default(),
        missed: 0,
    })
}
