//! How fast posts become durable, and how a place with much history starts.
//!
//! `cargo run --release -p store --example posts -- <directory> [messages]` fills a new directory
//! with a million messages (or as many as said), then tells: bytes of write-ahead log per post,
//! durable posts a second with 1 to 256 in flight through the server's own writer beside raw
//! append + fdatasync on the same disk, and time and memory to open it. Figures in
//! `docs/performance.md` come from here, with their machine.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    dead_code,
    reason = "a bench ends when something fails, and borrows a module of the server whole"
)]

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use base::{Epoch, PersonId, RoomId, Seq, UnixMs};
use domain::auth::{Person, Role};
use domain::chat::{Append, Change, Room, RoomKind};
use store::{Checkpoint, Command, CreateRoom, Options, Outcome, SetUp, Store, Window, Writer};

#[path = "../../server/src/drive/writer.rs"]
mod writer;

const PEOPLE: u64 = 256;
const ROOMS: u64 = 1_000;
const RUN: Duration = Duration::from_secs(4);

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A post into one of the first `rooms` rooms, of 20 to 180 bytes, with a client id.
    fn post(&mut self, rooms: u64) -> Command {
        const WORDS: [&str; 8] = [
            "今天", "hello", "world", "天气", "meeting", "ok", "很好", "later",
        ];
        let length = 20 + usize::try_from(self.below(160)).unwrap();
        let mut text = String::with_capacity(length + 8);
        while text.len() < length {
            text.push_str(WORDS[usize::try_from(self.below(8)).unwrap()]);
            text.push(' ');
        }
        Command::Append(Append {
            room: RoomId(1_000 + self.below(rooms)),
            author: PersonId(1 + self.below(PEOPLE)),
            at: UnixMs(1_800_000_000_000),
            change: Change::Post {
                client_id: Some(format!("{:016x}{:05x}", self.next(), self.below(1 << 20))),
                text,
                reply_to: None,
                files: Vec::new(),
                mentions: Vec::new(),
                mention_all: false,
            },
        })
    }
}

fn person(id: u64) -> Person {
    Person {
        id: PersonId(id),
        name: format!("person{id}"),
        display_name: format!("Person {id}"),
        role: Role::Member,
        avatar: None,
        password_hash: None,
        locale: "en".to_owned(),
        created_at: UnixMs(1),
        deactivated_at: None,
    }
}

fn room(id: u64) -> Room {
    Room {
        id: RoomId(id),
        kind: RoomKind::Open,
        name: format!("room {id}"),
        topic: String::new(),
        created_by: PersonId(1),
        created_at: UnixMs(1),
        archived_at: None,
        speakers: domain::chat::Speakers::Everyone,
        epoch: Epoch(1),
        seq: Seq(0),
        msg_seq: 0,
    }
}

async fn commit(writer: &mut Writer, commands: Vec<Command>) {
    for outcome in writer.commit(commands).await {
        assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    }
}

async fn fill(writer: &mut Writer, random: &mut Random, messages: usize) {
    let set_up = SetUp {
        place_name: "Bench".into(),
        owner: person(1),
        lobby: room(1),
    };
    commit(writer, vec![Command::SetUp(Box::new(set_up))]).await;
    let members: Vec<PersonId> = (2..=PEOPLE).map(PersonId).collect();
    for id in 0..ROOMS {
        let create = CreateRoom {
            room: room(1_000 + id),
            members: members.clone(),
        };
        commit(writer, vec![Command::CreateRoom(Box::new(create))]).await;
    }
    let began = Instant::now();
    let mut left = messages;
    while left > 0 {
        let count = left.min(512);
        commit(writer, (0..count).map(|_| random.post(ROOMS)).collect()).await;
        left -= count;
        if writer.wal_bytes().await.unwrap() > 64 << 20 {
            writer.checkpoint(Checkpoint::Truncate).await.unwrap();
        }
    }
    let rate = messages as f64 / began.elapsed().as_secs_f64();
    println!("filled {messages} messages into {ROOMS} rooms at {rate:.0}/s (batches of 512)");
}

async fn wal_per_post(writer: &mut Writer, random: &mut Random) {
    for rooms in [1, 100, 1_000] {
        for batch in [1usize, 16, 256] {
            writer.checkpoint(Checkpoint::Truncate).await.unwrap();
            let count = batch * (40_960 / 256 / batch).max(20);
            let began = Instant::now();
            for _ in 0..count / batch {
                commit(writer, (0..batch).map(|_| random.post(rooms)).collect()).await;
            }
            let bytes = writer.wal_bytes().await.unwrap() / count as u64;
            let micros = began.elapsed().as_micros() / count as u128;
            println!("wal: {rooms} rooms, batches of {batch}: {bytes} B and {micros} us per post");
        }
    }
    writer.checkpoint(Checkpoint::Truncate).await.unwrap();
}

fn percentile(times: &mut [Duration], of_thousand: usize) -> f64 {
    times.sort_unstable();
    times[(times.len() * of_thousand / 1_000).min(times.len() - 1)].as_secs_f64() * 1_000.0
}

/// What the disk itself does: 1 KiB appended and made durable, again and again.
fn raw(dir: &Path) -> (f64, f64) {
    let path = dir.join("raw");
    let mut file = std::fs::File::create(&path).unwrap();
    let mut times = Vec::new();
    let began = Instant::now();
    while began.elapsed() < RUN {
        let one = Instant::now();
        file.write_all(&[7; 1_024]).unwrap();
        file.sync_data().unwrap();
        times.push(one.elapsed());
    }
    std::fs::remove_file(path).unwrap();
    (
        times.len() as f64 / began.elapsed().as_secs_f64(),
        percentile(&mut times, 990),
    )
}

async fn in_flight(handle: &writer::WriterHandle, producers: u64) -> (f64, f64, f64) {
    let began = Instant::now();
    let tasks: Vec<_> = (0..producers)
        .map(|at| {
            let handle = handle.clone();
            tokio::spawn(async move {
                let mut random = Random(0x9E37_79B9 + at * 7_919 + producers);
                let mut times = Vec::new();
                while began.elapsed() < RUN {
                    let command = random.post(100);
                    let one = Instant::now();
                    let outcome = handle.submit(command).unwrap().await;
                    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
                    times.push(one.elapsed());
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    let rate = times.len() as f64 / began.elapsed().as_secs_f64();
    (
        rate,
        percentile(&mut times, 500),
        percentile(&mut times, 990),
    )
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or(0)
}

async fn open(dir: &Path) {
    let began = Instant::now();
    let (store, _writer) = Store::open(dir, Options::default()).await.unwrap();
    println!(
        "open: {:?}, {} KiB resident",
        began.elapsed(),
        resident_kib()
    );
    let timed = |name: &'static str, began: Instant| println!("{name}: {:?}", began.elapsed());
    let began = Instant::now();
    let rooms = store.rooms_of(PersonId(7)).await.unwrap();
    println!(
        "rooms_of, {} rooms with 100 unread each: {:?}",
        rooms.len(),
        began.elapsed()
    );
    for name in ["page of 50, first", "page of 50, again"] {
        let began = Instant::now();
        store
            .page(RoomId(1_500), Window::Newest, 50)
            .await
            .unwrap()
            .unwrap();
        timed(name, began);
    }
    let began = Instant::now();
    store
        .log_since(RoomId(1_600), Seq(500), 300)
        .await
        .unwrap()
        .unwrap();
    timed("log of 300", began);
    println!("after reading: {} KiB resident", resident_kib());
}

async fn search(store: &Store) {
    use store::search::{Index, Query};
    let began = Instant::now();
    let (index, mut indexer) = Index::open(store).await.unwrap();
    let opened = began.elapsed();
    let began = Instant::now();
    let events = indexer.catch_up().await.unwrap();
    let rate = events as f64 / began.elapsed().as_secs_f64();
    let size = std::fs::metadata(store.dir().join("search.db"))
        .unwrap()
        .len()
        >> 20;
    println!("search: opened in {opened:?}, {events} events at {rate:.0}/s, {size} MiB");
    let rooms: Vec<RoomId> = (1_000..1_000 + ROOMS).map(RoomId).collect();
    let one = vec![RoomId(1_700)];
    for (text, rooms) in [
        ("天气", &rooms),
        ("meeting world", &rooms),
        ("天", &rooms),
        ("天气", &one),
    ] {
        let query = Query {
            text: text.to_owned(),
            rooms: rooms.clone(),
            from: None,
            before: None,
            cursor: None,
            limit: 50,
        };
        let began = Instant::now();
        let hits = index.find(&query).await.unwrap().hits.len();
        println!(
            "find {text:?} in {} rooms: {hits} hits, {:?}",
            rooms.len(),
            began.elapsed()
        );
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let dir = Path::new(arguments.get(1).map_or("/tmp/plaza-bench", String::as_str));
    if arguments.get(2).is_some_and(|word| word == "open") {
        return open(dir).await;
    }
    let messages = arguments
        .get(2)
        .and_then(|text| text.parse().ok())
        .unwrap_or(1_000_000);
    let (store, mut writer) = Store::open(dir, Options::default()).await.unwrap();
    let mut random = Random(88_172_645_463_325_252);
    fill(&mut writer, &mut random, messages).await;
    wal_per_post(&mut writer, &mut random).await;
    let (handle, task) = writer::start(writer, |_| {});
    for producers in [1, 16, 64, 256] {
        let (raw_rate, raw_p99) = raw(dir);
        let (rate, p50, p99) = in_flight(&handle, producers).await;
        println!(
            "{producers} in flight: {rate:.0} posts/s, p50 {p50:.1} ms, p99 {p99:.1} ms; \
             raw {raw_rate:.0}/s, p99 {raw_p99:.1} ms; rate x {:.2}, p99 x {:.2}",
            rate / raw_rate,
            p99 / raw_p99
        );
    }
    println!("{} KiB resident after posting", resident_kib());
    handle.shut_down();
    task.await.unwrap();
    if std::env::var_os("WITH_SEARCH").is_some() {
        search(&store).await;
    }
    store.close().await;
    let again = std::process::Command::new(&arguments[0])
        .arg(dir)
        .arg("open")
        .status()
        .unwrap();
    assert!(again.success());
}
