//! The floor and the peers: one process each, with the settings that suit them best.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::{Running, Workshop};
use crate::case::Case;
use crate::dialect::{Account, Dialect, Encoding, Publish};
use crate::error::{BenchError, Doing};
use crate::process::Process;

/// Starts `command`, waits for its port.
pub(super) fn run(
    command: &mut Command,
    log: &Path,
    port: u16,
    dialect: Dialect,
) -> Result<Running, BenchError> {
    let mut process = Process::start(command, log)?;
    process.await_port(port, log)?;
    Ok(Running {
        process,
        port,
        dialect,
    })
}

/// This very binary in its other role.
pub(super) fn floor(
    case: &Case,
    workshop: &Workshop,
    port: u16,
    cork: bool,
) -> Result<Running, BenchError> {
    let own = std::env::current_exe().doing("find the own binary")?;
    let mut command = Command::new(own);
    command.args(["floor", "--port", &port.to_string()]);
    command.args(["--payload", &case.payload_bytes.to_string()]);
    if cork {
        command.arg("--cork");
    }
    run(
        &mut command,
        &workshop.out.join("floor.log"),
        port,
        Dialect::Floor,
    )
}

/// `bench/peers/<name>.mjs`.
pub(super) fn node(
    name: &str,
    dialect: Dialect,
    workshop: &Workshop,
    port: u16,
) -> Result<Running, BenchError> {
    let mut command = Command::new("node");
    command
        .current_dir(&workshop.peers)
        .arg(format!("{name}.mjs"))
        .arg(port.to_string())
        .args(dialect.deflate().then_some("deflate"));
    command.env("NODE_ENV", "production");
    run(
        &mut command,
        &workshop.out.join(format!("{name}.log")),
        port,
        dialect,
    )
}

/// `bench/peers/socketioxide`, the relay of `socketio.mjs` in Rust.
pub(super) fn socketioxide(workshop: &Workshop, port: u16) -> Result<Running, BenchError> {
    let mut command = Command::new(workshop.built.join("socketioxide-relay"));
    command.arg(port.to_string());
    let log = workshop.out.join("socketioxide.log");
    run(&mut command, &log, port, Dialect::SocketIo)
}

/// nats-server with nothing but its WebSocket listener of interest.
pub(super) fn nats(workshop: &Workshop, port: u16) -> Result<Running, BenchError> {
    let settings = workshop.out.join("nats.conf");
    let text = format!(
        "host: 127.0.0.1\nport: -1\nmax_connections: 65536\n\
         websocket {{ host: 127.0.0.1, port: {port}, no_tls: true, compression: false }}\n"
    );
    std::fs::write(&settings, text).doing("write nats.conf")?;
    let mut command = Command::new(workshop.built.join("nats-server"));
    command.arg("-c").arg(&settings).env("GOMAXPROCS", "1");
    run(
        &mut command,
        &workshop.out.join("nats.log"),
        port,
        Dialect::Nats,
    )
}

/// Centrifugo with one namespace that anybody may use and that keeps nothing.
pub(super) fn centrifugo(
    encoding: Encoding,
    case: &Case,
    workshop: &Workshop,
    port: u16,
) -> Result<Running, BenchError> {
    let binary = workshop
        .centrifugo
        .as_ref()
        .ok_or_else(|| BenchError::Missing("CENTRIFUGO_BIN names no binary".to_owned()))?;
    let settings = workshop.out.join("centrifugo.json");
    let text = json!({
        "http_server": { "address": "127.0.0.1", "port": port.to_string() },
        "log": { "level": "error" },
        "client": { "insecure": true, "allowed_origins": ["*"] },
        "channel": { "without_namespace": {
            "allow_subscribe_for_client": true, "allow_publish_for_client": true,
        } },
    });
    std::fs::write(&settings, text.to_string()).doing("write centrifugo.json")?;
    let mut command = Command::new(binary);
    command.arg("-c").arg(&settings).env("GOMAXPROCS", "1");
    let channels = (0..case.crowd.channels)
        .map(|channel| format!("c{channel}"))
        .collect();
    let account = Account {
        encoding,
        tokens: Vec::new(),
        channels,
        publish: Publish::Command,
        deflate: false,
        since: None,
    };
    let dialect = Dialect::Centrifugo(account);
    run(
        &mut command,
        &workshop.out.join("centrifugo.log"),
        port,
        dialect,
    )
}
