//! `bench herd`: everyone connects at once; then the server is killed, messages are posted, and
//! everyone comes back to catch up.
//!
//! The clients arrive in batches that each wait for their slowest, so the times are upper bounds.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};

use crate::dialect::{Account, Dialect, Encoding, Publish, Since};
use crate::error::{BenchError, Doing};
use crate::load::{Crowd, Load};
use crate::process::{self, LOAD_CORE};
use crate::rest::{self, Caller};
use crate::target::{Running, Templates, Workshop, free_port, plaza};

#[derive(Args)]
pub(crate) struct Options {
    /// Clients.
    #[arg(long, default_value_t = 9_000)]
    clients: usize,
    /// Messages that each of them has missed.
    #[arg(long, default_value_t = 20)]
    missed: usize,
    /// Plaza's binary.
    #[arg(long, env = "PLAZA_BIN", default_value = "target/release/plaza")]
    plaza: PathBuf,
    /// Where logs and data go.
    #[arg(long, default_value = "bench/out")]
    out: PathBuf,
}

/// Runs it and prints a table.
pub(crate) fn run(options: &Options) -> Result<(), BenchError> {
    std::fs::create_dir_all(&options.out).doing("create the output folder")?;
    let absolute = |path: &PathBuf| std::path::absolute(path).doing("find the working directory");
    let workshop = Workshop {
        plaza: absolute(&options.plaza)?,
        peers: PathBuf::new(),
        nats: PathBuf::new(),
        centrifugo: None,
        out: absolute(&options.out)?,
        templates: Templates::default(),
    };
    process::pin(LOAD_CORE)?;
    let row = plaza::Row {
        encoding: Encoding::Json,
        publish: Publish::Post,
    };
    let (data, account) = plaza::prepare(row, 1, &workshop)?;
    println!(
        "| {} clients | seconds | CPU s | resident MiB | most MiB |",
        options.clients
    );
    println!("|---|--:|--:|--:|--:|");

    let serve = |account: &Account| {
        let dialect = Dialect::Centrifugo(account.clone());
        plaza::serve(&data, &workshop, free_port()?, dialect)
    };
    let running = serve(&account)?;
    let mut since = None;
    post(&running, &account, 1, &mut since)?;
    arrive("connect and subscribe", &running, options)?;
    // Dropping kills it, with no chance to say goodbye.
    drop(running);

    let start = Instant::now();
    let running = serve(&account)?;
    println!(
        "| start again | {:.2} | | | |",
        start.elapsed().as_secs_f64()
    );
    let known = since.clone();
    post(&running, &account, options.missed, &mut since)?;
    let account = Account {
        since: known.map(|known| Since {
            missed: options.missed,
            ..known
        }),
        ..account
    };
    let running = Running {
        dialect: Dialect::Centrifugo(account),
        ..running
    };
    arrive(
        &format!("come back with {} missed each", options.missed),
        &running,
        options,
    )
}

/// Everyone connects; returns when each has what it is to have.
fn arrive(what: &str, running: &Running, options: &Options) -> Result<(), BenchError> {
    let crowd = Crowd {
        channels: 1,
        subscribers: options.clients,
        stalled: 0,
        publishers: 1,
    };
    let before = running.process.cpu()?;
    let start = Instant::now();
    let load = Load::connect(running.port, &running.dialect, &crowd, 128)?;
    // The last thing that connecting does is to wait until nothing comes any more.
    let elapsed = start.elapsed().saturating_sub(Duration::from_millis(300));
    let mib = |bytes: u64| bytes as f64 / 1024.0 / 1024.0;
    println!(
        "| {what} | {:.2} | {:.2} | {:.0} | {:.0} |",
        elapsed.as_secs_f64(),
        running.process.cpu()?.since(before).total_ns as f64 / 1e9,
        mib(running.process.resident_bytes()?),
        mib(running.process.resident_bytes_max()?),
    );
    drop(load);
    Ok(())
}

/// Posts so many messages; `since` is where the room stands after the last.
fn post(
    running: &Running,
    account: &Account,
    count: usize,
    since: &mut Option<Since>,
) -> Result<(), BenchError> {
    let channel = account.channels.first().map_or("", String::as_str);
    let room = channel.strip_prefix("room:").unwrap_or(channel);
    let token = account.tokens.first().map_or("", String::as_str);
    for _ in 0..count {
        let body = json!({ "text": "x".repeat(128) });
        let path = format!("/api/v1/rooms/{room}/messages");
        let answer = rest::post(running.port, &path, Caller::Token(token), &body)?.json;
        let epoch = answer
            .pointer("/epoch")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let offset = answer
            .pointer("/event/seq")
            .and_then(Value::as_u64)
            .unwrap_or_default();
        *since = Some(Since {
            epoch,
            offset,
            missed: 0,
        });
    }
    Ok(())
}
