//! How many durable posts a second: through the whole handler, over the socket, with the raw disk
//! measured in the same run, since a figure without its disk says nothing.
//!
//! The client shares the machine with the server and takes its part of the processor; the figures
//! are what both together reach, so the server's own part of it is told beside them.

use std::fmt;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::client::{ANSWER_TIMEOUT, Failure};
use crate::people::{invite, make_room, set_up};
use crate::place::Place;

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
/// How often a few of them are sent.
const TICK: Duration = Duration::from_millis(1);

/// What to measure.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The server.
    pub plaza: PathBuf,
    /// How long each row is measured.
    pub duration: Duration,
    /// Where the data lies: the disk that is measured.
    pub directory: PathBuf,
    /// Posts under way at once, one row of the table each.
    pub in_flight: Vec<usize>,
    /// The row of a fixed rate: posts a second, sent whether or not those before were answered;
    /// 0 leaves the row out.
    pub rate: usize,
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
    /// What the server used of the processor.
    cpu: Duration,
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
            "{:24} {:>10.0} {:>9.3} {:>9.3} {:>11.1} {:>9} {:>11}",
            self.name,
            self.count as f64 / self.took.as_secs_f64(),
            self.quantile_ms(0.5),
            self.quantile_ms(0.99),
            self.cpu.as_secs_f64() * 1e6 / self.count.max(1) as f64,
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
    let lines = connect(place.address()).await?;
    let heads = [
        "",
        "per second",
        "p50 ms",
        "p99 ms",
        "server us",
        "refused",
        "unanswered",
    ];
    let [name, rate, half, most, cpu, refused, unanswered] = heads;
    println!("{name:24} {rate:>10} {half:>9} {most:>9} {cpu:>11} {refused:>9} {unanswered:>11}");
    println!("{}", raw(&plan.directory, plan.duration)?);
    for &in_flight in &plan.in_flight {
        let before = place.cpu()?;
        let mut row = posts(in_flight, plan.duration, &lines).await?;
        row.cpu = place.cpu()?.saturating_sub(before);
        println!("{row}");
        println!("{}", raw(&plan.directory, plan.duration / 4)?);
    }
    if plan.rate > 0 {
        let before = place.cpu()?;
        let mut row = at_a_rate(plan.rate, plan.duration, &lines).await?;
        row.cpu = place.cpu()?.saturating_sub(before);
        println!("{row}");
        println!("{}", raw(&plan.directory, plan.duration)?);
    }
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
        cpu: Duration::ZERO,
    })
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

async fn connect(address: &str) -> Result<Lines, Error> {
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
    let places = people.iter().zip(&rooms).cycle();
    for (number, (person, room)) in places.take(CONNECTIONS).enumerate() {
        let line = Line::connect(address, &person.token, (number, room)).await?;
        lines.push(Arc::new(Mutex::new(line)));
    }
    Ok(lines)
}

type Lines = Vec<Arc<Mutex<Line>>>;

#[derive(Default)]
struct Posted {
    latencies_us: Vec<u64>,
    refused: usize,
    unanswered: usize,
}

impl Posted {
    fn note(&mut self, since: Instant, end: &Result<(), Failure>) {
        match end {
            Ok(()) => self.latencies_us.push(micros(since.elapsed())),
            Err(Failure::Refused { .. }) => self.refused += 1,
            Err(Failure::Unknown(_)) => self.unanswered += 1,
        }
    }

    fn row(mut self, name: String, took: Duration) -> Result<Row, Error> {
        if self.unanswered > UNANSWERED_MAX {
            return Err(Failure::unknown("the server does not answer").into());
        }
        self.latencies_us.sort_unstable();
        Ok(Row {
            name,
            count: self.latencies_us.len(),
            took,
            latencies_us: self.latencies_us,
            refused: self.refused,
            unanswered: self.unanswered,
            cpu: Duration::ZERO,
        })
    }

    async fn gather(mut authors: JoinSet<Self>) -> Result<Self, Error> {
        let mut all = Self::default();
        while let Some(done) = authors.join_next().await {
            let posted = done.map_err(std::io::Error::other)?;
            all.latencies_us.extend(posted.latencies_us);
            all.refused += posted.refused;
            all.unanswered += posted.unanswered;
        }
        Ok(all)
    }
}

async fn posts(in_flight: usize, duration: Duration, lines: &Lines) -> Result<Row, Error> {
    let mut authors = JoinSet::new();
    let began = Instant::now();
    for number in 0..in_flight {
        let mine: Lines = lines
            .iter()
            .skip(number)
            .step_by(in_flight)
            .cloned()
            .collect();
        authors.spawn(async move { author(duration, &mine).await });
    }
    let all = Posted::gather(authors).await?;
    all.row(format!("posts, {in_flight} in flight"), began.elapsed())
}

/// One post after the other, each over the next of this author's connections.
async fn author(duration: Duration, lines: &Lines) -> Posted {
    let began = Instant::now();
    let mut posted = Posted::default();
    for line in lines.iter().cycle() {
        if began.elapsed() > duration {
            break;
        }
        let mut line = line.lock().await;
        let one = Instant::now();
        let end = line.post().await;
        posted.note(one, &end);
        if end.is_err() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    posted
}

/// So many posts a second, a few each millisecond, whatever became of those before. A post's time
/// runs from when it was due, so a server that falls behind does not look better for it.
async fn at_a_rate(rate: usize, duration: Duration, lines: &Lines) -> Result<Row, Error> {
    let per_tick = rate * TICK.as_micros() as usize / 1_000_000;
    let (due, mut sent) = mpsc::unbounded_channel();
    let pace = std::thread::spawn(move || pace(duration, &due));
    let mut authors = JoinSet::new();
    let mut next = lines.iter().cycle();
    let began = Instant::now();
    while let Some(at) = sent.recv().await {
        for line in next.by_ref().take(per_tick) {
            let line = Arc::clone(line);
            authors.spawn(async move {
                let mut posted = Posted::default();
                let end = line.lock().await.post().await;
                posted.note(at, &end);
                posted
            });
        }
    }
    // A panic there would have ended the channel early; the row shows it.
    let _ = pace.join();
    let all = Posted::gather(authors).await?;
    all.row(format!("posts, {rate} a second"), began.elapsed())
}

/// Says when posts are due. A thread, because it wakes to within a tenth of a millisecond.
fn pace(duration: Duration, due: &mpsc::UnboundedSender<Instant>) {
    let began = Instant::now();
    let mut at = began;
    while at < began + duration {
        std::thread::sleep(at.saturating_duration_since(Instant::now()));
        if due.send(at).is_err() {
            return;
        }
        at += TICK;
    }
}

/// A connection and the room that its person posts in. It asks one thing at a time, so that no task
/// of its own stands between the author and the socket.
struct Line {
    number: usize,
    socket: WebSocketStream<TcpStream>,
    room: String,
    text: String,
    asked: u64,
}

/// As much of a reply as matters.
#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    id: u64,
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    message: String,
}

impl Line {
    async fn connect(
        address: &str,
        token: &str,
        (number, room): (usize, &str),
    ) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address)
            .await
            .map_err(Failure::unknown)?;
        stream.set_nodelay(true).map_err(Failure::unknown)?;
        let url = format!("ws://{address}/connection/websocket");
        let (socket, _) = client_async(url, stream).await.map_err(Failure::unknown)?;
        let mut line = Self {
            number,
            socket,
            room: room.to_owned(),
            text: "x".repeat(TEXT_BYTES),
            asked: 0,
        };
        line.ask(json!({ "connect": { "token": token, "name": "sim" } }))
            .await?;
        Ok(line)
    }

    async fn post(&mut self) -> Result<(), Failure> {
        let client_id = format!("{}-{}", self.number, self.asked);
        let data = json!({ "room": self.room, "text": self.text, "client_id": client_id });
        self.ask(json!({ "rpc": { "method": "post", "data": data } }))
            .await
    }

    async fn ask(&mut self, mut command: Value) -> Result<(), Failure> {
        self.asked += 1;
        command["id"] = json!(self.asked);
        let sent = self.socket.send(Message::text(command.to_string())).await;
        sent.map_err(Failure::unknown)?;
        let answered = tokio::time::timeout(ANSWER_TIMEOUT, self.answer()).await;
        answered.map_err(Failure::unknown)?
    }

    /// The answer to what was asked; what is pushed meanwhile is passed over.
    async fn answer(&mut self) -> Result<(), Failure> {
        loop {
            let frame = self.socket.next().await;
            let frame = frame.ok_or_else(|| Failure::unknown("the connection is closed"))?;
            let Message::Text(text) = frame.map_err(Failure::unknown)? else {
                continue;
            };
            for line in text.lines() {
                let reply: Reply = serde_json::from_str(line).map_err(Failure::unknown)?;
                if line == "{}" {
                    let pong = self.socket.send(Message::text("{}")).await;
                    pong.map_err(Failure::unknown)?;
                } else if reply.id == self.asked {
                    let refused = |error: Refusal| Failure::Refused {
                        code: error.message,
                    };
                    return reply.error.map_or(Ok(()), |error| Err(refused(error)));
                }
            }
        }
    }
}
