//! Plaza itself: the real binary on a real data directory with people, rooms and API tokens.
//!
//! Setting a place up takes a while, so it is done once per number of rooms and copied for each
//! run: every run still starts a fresh server on a fresh directory.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::{Running, Workshop, peers};
use crate::case::Case;
use crate::dialect::{Account, Dialect, Encoding, Publish};
use crate::error::{BenchError, Doing};
use crate::rest::{self, Caller};

/// People that the connections are dealt out to.
const PEOPLE: usize = 50;

/// So that the bench meets the server's speed and not its manners: the load comes from a few
/// addresses, and one connection publishes for a whole crowd.
const LIMITS: &str = "[limits]\nrequests_per_second = 1000000\nrequests_burst = 1000000\n\
    connections_per_prefix_max = 1000000\n\
    commands_per_second = 1000000\ncommands_burst = 1000000\n\
    posts_per_second = 1000000\nposts_burst = 1000000\n\
    post_bytes_per_second = 1000000000\npost_bytes_burst = 1000000000\n\n\
    [log]\nlevel = \"warn\"\n";

/// App channels that keep nothing, for anybody.
const APPS: &str = "[client]\ninsecure = true\n";

/// A place that was set up once.
#[derive(Clone)]
struct Template {
    directory: PathBuf,
    tokens: Vec<String>,
    rooms: Vec<String>,
}

/// The places set up so far, by their number of rooms.
#[derive(Default)]
pub(crate) struct Templates(RefCell<HashMap<usize, Template>>);

pub(super) fn start(
    publish: Publish,
    case: &Case,
    workshop: &Workshop,
    port: u16,
) -> Result<Running, BenchError> {
    let (data, account) = prepare(publish, case.crowd.channels, workshop)?;
    serve(&data, workshop, port, Dialect::Centrifugo(account))
}

/// An empty place whose app channels anybody may use.
pub(super) fn serve_apps(
    case: &Case,
    workshop: &Workshop,
    port: u16,
    (encoding, deflate): (Encoding, bool),
) -> Result<Running, BenchError> {
    let data = workshop.out.join("plaza-data");
    renew(&data)?;
    let account = Account {
        encoding,
        tokens: Vec::new(),
        channels: (0..case.crowd.channels).map(|n| format!("c{n}")).collect(),
        publish: Publish::Command,
        deflate,
        since: None,
    };
    let settings = match deflate {
        true => format!("{APPS}\n[listen]\ndeflate = true\n\n{LIMITS}"),
        false => format!("{APPS}\n{LIMITS}"),
    };
    let dialect = Dialect::Centrifugo(account);
    serve_with(&settings, &data, workshop, (port, dialect))
}

/// A fresh data directory with so many rooms, and who may use it.
pub(crate) fn prepare(
    publish: Publish,
    rooms: usize,
    workshop: &Workshop,
) -> Result<(PathBuf, Account), BenchError> {
    let template = template(rooms, workshop)?;
    let data = workshop.out.join("plaza-data");
    renew(&data)?;
    copy(&template.directory, &data)?;
    let prefix = match publish {
        Publish::Command => "typing",
        Publish::Post => "room",
    };
    let channels = template
        .rooms
        .iter()
        .map(|room| format!("{prefix}:{room}"))
        .collect();
    let account = Account {
        encoding: Encoding::Json,
        tokens: template.tokens,
        channels,
        publish,
        deflate: false,
        since: None,
    };
    Ok((data, account))
}

/// Starts Plaza on a data directory.
pub(crate) fn serve(
    data: &Path,
    workshop: &Workshop,
    port: u16,
    dialect: Dialect,
) -> Result<Running, BenchError> {
    serve_with(LIMITS, data, workshop, (port, dialect))
}

fn serve_with(
    settings: &str,
    data: &Path,
    workshop: &Workshop,
    (port, dialect): (u16, Dialect),
) -> Result<Running, BenchError> {
    let file = workshop.out.join("plaza.toml");
    std::fs::write(&file, settings).doing("write plaza.toml")?;
    let mut command = Command::new(&workshop.plaza);
    command.arg("serve").arg("--config").arg(&file);
    command
        .arg("--data")
        .arg(data)
        .arg("--listen")
        .arg(format!("127.0.0.1:{port}"));
    peers::run(&mut command, &workshop.out.join("plaza.log"), port, dialect)
}

/// The place with so many rooms; set up when it is asked for the first time.
fn template(rooms: usize, workshop: &Workshop) -> Result<Template, BenchError> {
    if let Some(template) = workshop.templates.0.borrow().get(&rooms) {
        return Ok(template.clone());
    }
    let directory = workshop.out.join(format!("plaza-template-{rooms}"));
    renew(&directory)?;
    let running = serve(&directory, workshop, super::free_port()?, Dialect::Floor)?;
    let (tokens, rooms_made) = furnish(running.port, rooms)?;
    running.process.stop()?;
    let template = Template {
        directory,
        tokens,
        rooms: rooms_made,
    };
    workshop
        .templates
        .0
        .borrow_mut()
        .insert(rooms, template.clone());
    Ok(template)
}

/// Sets the place up: people with a token each, who are members of every room.
fn furnish(port: u16, rooms: usize) -> Result<(Vec<String>, Vec<String>), BenchError> {
    let owner = json!({
        "place_name": "Bench", "display_name": "Owner", "password": "correct horse", "locale": "en",
    });
    let cookie = session(&rest::post(port, "/api/v1/setup", Caller::Anyone, &owner)?)?;
    let owner = token(port, &cookie)?;
    let invite = json!({ "uses_max": PEOPLE, "role": "member" });
    let invite = rest::post(port, "/api/v1/invites", Caller::Token(&owner), &invite)?;
    let accept = format!("/api/v1/invites/{}/accept", text(&invite.json, "/code")?);
    let mut tokens = Vec::with_capacity(PEOPLE);
    let mut people = Vec::with_capacity(PEOPLE);
    for number in 0..PEOPLE {
        let person = json!({
            "display_name": format!("Person {number}"), "password": null, "locale": "en",
        });
        let answer = rest::post(port, &accept, Caller::Anyone, &person)?;
        people.push(text(&answer.json, "/me/id")?);
        tokens.push(token(port, &session(&answer)?)?);
    }
    let mut made = Vec::with_capacity(rooms);
    for number in 0..rooms {
        let room = json!({
            "kind": "closed", "name": format!("room {number}"), "topic": "", "members": people,
        });
        let answer = rest::post(port, "/api/v1/rooms", Caller::Token(&owner), &room)?;
        made.push(text(&answer.json, "/id")?);
    }
    Ok((tokens, made))
}

fn session(answer: &rest::Answer) -> Result<String, BenchError> {
    let cookie = answer.cookie.clone();
    cookie.ok_or_else(|| BenchError::Protocol("no session was started".to_owned()))
}

fn token(port: u16, cookie: &str) -> Result<String, BenchError> {
    let name = json!({ "name": "bench" });
    let answer = rest::post(port, "/api/v1/tokens", Caller::Cookie(cookie), &name)?;
    text(&answer.json, "/token")
}

fn text(value: &Value, pointer: &str) -> Result<String, BenchError> {
    let found = value
        .pointer(pointer)
        .and_then(Value::as_str)
        .map(str::to_owned);
    found.ok_or_else(|| BenchError::Protocol(format!("no {pointer} in {value}")))
}

/// Empties the directory, or makes it.
fn renew(directory: &Path) -> Result<(), BenchError> {
    if directory.exists() {
        std::fs::remove_dir_all(directory).doing(format!("empty {}", directory.display()))?;
    }
    std::fs::create_dir_all(directory).doing(format!("create {}", directory.display()))
}

fn copy(from: &Path, to: &Path) -> Result<(), BenchError> {
    let what = || format!("copy {}", from.display());
    for entry in std::fs::read_dir(from).doing(what())? {
        let entry = entry.doing(what())?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&target).doing(what())?;
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target).doing(what())?;
        }
    }
    Ok(())
}
