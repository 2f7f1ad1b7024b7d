//! How many durable posts a second: through the whole handler, over the socket, with the raw disk
//! measured in the same run, since a figure without its disk says nothing.
//!
//! The client shares the machine with the server and takes its part of the processor; the figures
//! are what both together reach.

use std::fmt;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;

use crate::client::{Failure, Socket};
use crate::people::{invite, make_room, set_up};
use crate::place::Place;

/// Posts under way at once, one row of the table each.
const IN_FLIGHT: [usize; 4] = [1, 16, 64, 256];
/// One connection each for the largest row: so no connection meets its own rate limit.
const CONNECTIONS: usize = 256;
/// Everybody posts in a room of their own, so that the fan-out to others is not what is measured.
const PEOPLE: usize = 128;
/// With so many posts unanswered in one row, the server is gone.
const UNANSWERED_MAX: usize = 1_000;
/// What a message has to say, in bytes.
const TEXT_BYTES: usize = 128;
/// What the raw disk is asked to keep each time, in bytes.
const RAW_BYTES: usize = 512;

/// What to measure.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The server.
    pub plaza: PathBuf,
    /// How long each row is measured.
    pub duration: Duration,
    /// Where the data lies: the disk that is measured.
    pub directory: PathBuf,
}

/// A row of the table.
#[derive(Debug, Clone)]
pub struct Row {
    name: String,
    count: usize,
    took: Duration,
    latencies_us: Vec<u64>,
    refused: usize,
    unanswered: usize,
}

impl Row {
    fn quantile_ms(&self, share: f64) -> f64 {
        let at = (self.latencies_us.len() as f64 * share) as usize;
        let last = self.latencies_us.len().saturating_sub(1);
        self.latencies_us
            .get(at.min(last))
            .map_or(0.0, |us| *us as f64 / 1_000.0)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:24} {:>10.0} {:>9.2} {:>9.2} {:>9} {:>11}",
            self.name,
            self.count as f64 / self.took.as_secs_f64(),
            self.quantile_ms(0.5),
            self.quantile_ms(0.99),
            self.refused,
            self.unanswered,
        )
    }
}

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server or the disk.
    #[error(transparent)]
    World(#[from] std::io::Error),
    /// The place.
    #[error(transparent)]
    Place(#[from] Failure),
}

/// Measures and prints the table.
///
/// # Errors
/// [`Error`].
pub async fn run(plan: &Plan) -> Result<(), Error> {
    let mut place = Place::prepare(&plan.plaza, &plan.directory)?;
    place.start().await?;
    let lines = Arc::new(connect(place.address()).await?);
    let heads = [
        "",
        "per second",
        "p50 ms",
        "p99 ms",
        "refused",
        "unanswered",
    ];
    let [name, rate, half, most, refused, unanswered] = heads;
    println!("{name:24} {rate:>10} {half:>9} {most:>9} {refused:>9} {unanswered:>11}");
    println!("{}", raw(&plan.directory, plan.duration)?);
    for in_flight in IN_FLIGHT {
        let row = posts(in_flight, plan.duration, &lines).await?;
        println!("{row}");
    }
    println!("{}", raw(&plan.directory, plan.duration)?);
    place.kill().await?;
    Ok(())
}

/// Appends and syncs, nothing else: what the disk can do for one writer.
fn raw(directory: &Path, duration: Duration) -> std::io::Result<Row> {
    let path = directory.join("raw");
    let mut file = File::create(&path)?;
    let bytes = [b'x'; RAW_BYTES];
    let mut latencies_us = Vec::new();
    let began = Instant::now();
    while began.elapsed() < duration {
        let one = Instant::now();
        file.write_all(&bytes)?;
        file.sync_data()?;
        latencies_us.push(micros(one.elapsed()));
    }
    let took = began.elapsed();
    std::fs::remove_file(path)?;
    latencies_us.sort_unstable();
    let name = "raw append + fdatasync".to_owned();
    Ok(Row {
        name,
        count: latencies_us.len(),
        took,
        latencies_us,
        refused: 0,
        unanswered: 0,
    })
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A connection and the room that its person posts in.
struct Line {
    socket: Socket,
    room: String,
}

async fn connect(address: &str) -> Result<Vec<Line>, Error> {
    let (owner, _) = set_up(address, "Olga", "a long river walk").await?;
    let names: Vec<_> = (1..=PEOPLE)
        .map(|number| format!("Author {number}"))
        .collect();
    let people = invite(address, &owner, &names).await?;
    let mut rooms = Vec::new();
    for person in &people {
        rooms.push(make_room(person, "closed", "diary", &[]).await?);
    }
    let mut lines = Vec::new();
    for (person, room) in people.iter().zip(&rooms).cycle().take(CONNECTIONS) {
        // What is pushed to these people is not read; the channel goes with its receiver.
        let (socket, _) = Socket::connect(address, &person.token).await?;
        lines.push(Line {
            socket,
            room: room.clone(),
        });
    }
    Ok(lines)
}

#[derive(Default)]
struct Posted {
    latencies_us: Vec<u64>,
    refused: usize,
    unanswered: usize,
}

async fn posts(in_flight: usize, duration: Duration, lines: &Arc<Vec<Line>>) -> Result<Row, Error> {
    let mut authors = JoinSet::new();
    let began = Instant::now();
    for number in 0..in_flight {
        let lines = Arc::clone(lines);
        authors.spawn(async move { author((number, in_flight), duration, &lines).await });
    }
    let mut all = Posted::default();
    while let Some(done) = authors.join_next().await {
        let posted = done.map_err(std::io::Error::other)?;
        all.latencies_us.extend(posted.latencies_us);
        all.refused += posted.refused;
        all.unanswered += posted.unanswered;
    }
    if all.unanswered > UNANSWERED_MAX {
        return Err(Failure::unknown("the server does not answer").into());
    }
    all.latencies_us.sort_unstable();
    Ok(Row {
        name: format!("posts, {in_flight} in flight"),
        count: all.latencies_us.len(),
        took: began.elapsed(),
        latencies_us: all.latencies_us,
        refused: all.refused,
        unanswered: all.unanswered,
    })
}

/// One post after the other, each over the next of this author's connections.
async fn author((number, of): (usize, usize), duration: Duration, lines: &[Line]) -> Posted {
    let began = Instant::now();
    let text = "x".repeat(TEXT_BYTES);
    let mut posted = Posted::default();
    for (at, line) in lines.iter().skip(number).step_by(of).cycle().enumerate() {
        if began.elapsed() > duration {
            break;
        }
        let client_id = format!("{of}-{number}-{at}");
        let data = json!({ "room": line.room, "text": text, "client_id": client_id });
        let one = Instant::now();
        match line.socket.rpc("post", &data).await {
            Ok(_) => posted.latencies_us.push(micros(one.elapsed())),
            Err(failure) => {
                match failure {
                    Failure::Refused { .. } => posted.refused += 1,
                    Failure::Unknown(_) => posted.unanswered += 1,
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }
    posted
}
