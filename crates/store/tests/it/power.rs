//! Power cuts, failing syncs and full disks.

use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;

use base::{Code, Seq};
use domain::chat::{Change, Event, EventKind};
use faultvfs::{FaultVfs, Picture};
use sqlx::Row as _;
use store::contract::Town;
use store::contract::town::{ANN, LOBBY, text};
use store::{Checkpoint, Command, Done, Options, Outcome, Store, WriterState};
use tempfile::TempDir;

const SEED: u64 = 20_261_121;
const POSTS: usize = 200;

async fn faulty_town(name: &'static str) -> (Town, FaultVfs, TempDir) {
    let vfs = FaultVfs::register(name, SEED).unwrap();
    let dir = TempDir::new().unwrap();
    let options = Options {
        readers: 1,
        vfs: Some(name),
        ballast_bytes: 0,
    };
    vfs.take_pictures(true);
    let (store, writer) = Store::open(dir.path(), options).await.unwrap();
    (Town::found(store, writer).await, vfs, dir)
}

fn seq_of(outcome: &Outcome) -> Seq {
    match outcome {
        Outcome::Done(Done::Appended(appended)) => appended.event.seq,
        other => panic!("not acknowledged: {other:?}"),
    }
}

/// Posts in batches of one to eight with checkpoints between, and notes what was acknowledged.
async fn post_many(town: &mut Town, vfs: &FaultVfs) -> Vec<(Seq, String)> {
    let mut acknowledged: Vec<(Seq, String)> = Vec::new();
    let mut size = 1;
    while acknowledged.len() < POSTS {
        size = size % 8 + 1;
        let words: Vec<String> = (0..size)
            .map(|at| format!("post {} of a run", acknowledged.len() + at))
            .collect();
        let batch = words
            .iter()
            .map(|words| town.by(ANN, LOBBY, text(words)))
            .collect();
        let outcomes = town.writer.commit(batch).await;
        acknowledged.extend(outcomes.iter().map(seq_of).zip(words));
        vfs.note(acknowledged.len() as u64);
        match acknowledged.len() % 11 {
            0 => town.writer.checkpoint(Checkpoint::Truncate).await.unwrap(),
            1 | 2 => town.writer.checkpoint(Checkpoint::Passive).await.unwrap(),
            _ => {}
        }
    }
    acknowledged
}

fn lay_out(picture: &Picture, dir: &Path) {
    for (name, content) in &picture.files {
        std::fs::write(dir.join(name), content).unwrap();
    }
}

async fn holds_together(store: &Store) {
    let url = format!("sqlite://{}", store.dir().join("plaza.db").display());
    let database = sqlx::SqlitePool::connect(&url).await.unwrap();
    let verdict = sqlx::query("PRAGMA integrity_check")
        .fetch_one(&database)
        .await
        .unwrap();
    assert_eq!(verdict.try_get::<String, _>(0).unwrap(), "ok");
    database.close().await;
}

fn texts(events: &[Event]) -> HashMap<Seq, &str> {
    events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Message(message) => Some((event.seq, message.text.as_str())),
            _ => None,
        })
        .collect()
}

/// Opens what a power cut left and compares it with what was acknowledged before.
async fn examine(picture: &Picture, acknowledged: &[(Seq, String)]) {
    let dir = TempDir::new().unwrap();
    lay_out(picture, dir.path());
    let options = Options {
        readers: 1,
        ballast_bytes: 0,
        ..Options::default()
    };
    let (store, writer) = Store::open(dir.path(), options).await.unwrap();
    let noted = usize::try_from(picture.noted).unwrap();
    match store.log_since(LOBBY, Seq(0), 100_000).await.unwrap() {
        None => assert_eq!(noted, 0, "the room is gone"),
        Some(log) => {
            let seqs: Vec<u64> = log.events.iter().map(|event| event.seq.0).collect();
            assert_eq!(seqs, (1..=log.seq.0).collect::<Vec<_>>(), "not dense");
            let texts = texts(&log.events);
            for (seq, words) in &acknowledged[..noted] {
                assert_eq!(
                    texts.get(seq),
                    Some(&words.as_str()),
                    "an acknowledged post is gone"
                );
            }
            let room = store.room(LOBBY).await.unwrap().unwrap();
            assert_eq!(room.msg_seq, texts.len() as u64);
        }
    }
    holds_together(&store).await;
    drop(writer);
    store.close().await;
}

#[tokio::test]
async fn every_acknowledged_post_survives_a_power_cut_at_any_sync() {
    let began = Instant::now();
    let (mut town, vfs, _dir) = faulty_town("power_cut").await;
    let acknowledged = post_many(&mut town, &vfs).await;
    vfs.take_pictures(false);
    let pictures = vfs.pictures();
    assert!(
        pictures.len() >= 60,
        "{} syncs are too few to tell",
        pictures.len()
    );
    let mut with_posts = 0;
    for picture in &pictures {
        with_posts += usize::from(picture.noted > 0);
        examine(picture, &acknowledged).await;
    }
    assert!(with_posts > 40);
    assert!(
        began.elapsed().as_secs() < 60,
        "seed {SEED} took {:?}",
        began.elapsed()
    );
}

/// The test above would see a store that acknowledges before it syncs: a picture that lost what
/// was noted fails the examination.
#[tokio::test]
#[should_panic(expected = "an acknowledged post is gone")]
async fn a_lost_post_is_noticed() {
    let (mut town, vfs, _dir) = faulty_town("lost_post").await;
    let acknowledged = post_many(&mut town, &vfs).await;
    let mut picture = vfs.pictures().swap_remove(40);
    picture.noted = acknowledged.len() as u64;
    examine(&picture, &acknowledged).await;
}

#[tokio::test]
async fn after_a_failed_sync_nothing_is_acknowledged_any_more() {
    let (mut town, vfs, dir) = faulty_town("failed_sync").await;
    let seq = town.say(ANN, "before").await;
    vfs.fail_syncs(true);
    let command = town.by(ANN, LOBBY, text("into the void"));
    assert!(matches!(town.commit(command).await, Outcome::Fault(_)));
    assert_eq!(town.writer.state(), WriterState::Stopped);
    // The disk says that all is well again. What it lost is unknown, so it is not believed.
    vfs.fail_syncs(false);
    for change in [text("again"), Change::Delete { target: seq }] {
        let command = town.by(ANN, LOBBY, change);
        assert!(matches!(town.commit(command).await, Outcome::Fault(_)));
    }
    assert!(town.writer.checkpoint(Checkpoint::Passive).await.is_err());
    assert!(
        town.store.message(LOBBY, seq).await.unwrap().is_some(),
        "reading goes on"
    );
    drop(town);
    let options = Options {
        readers: 1,
        ballast_bytes: 0,
        ..Options::default()
    };
    let (store, _writer) = Store::open(dir.path(), options).await.unwrap();
    let log = store
        .log_since(LOBBY, Seq(0), 1_000)
        .await
        .unwrap()
        .unwrap();
    assert!(
        texts(&log.events)
            .values()
            .all(|words| !words.contains("again"))
    );
    assert!(store.message(LOBBY, seq).await.unwrap().is_some());
}

#[tokio::test]
async fn a_full_disk_takes_deletions_only_until_there_is_room_again() {
    let (mut town, vfs, _dir) = faulty_town("full_disk").await;
    let seq = town.say(ANN, "a text that goes").await;
    town.writer.checkpoint(Checkpoint::Truncate).await.unwrap();
    vfs.leave_room(Some(0));
    let batch: Vec<Command> = (0..3)
        .map(|_| town.by(ANN, LOBBY, text("no room")))
        .collect();
    for outcome in town.writer.commit(batch).await {
        assert!(
            matches!(outcome, Outcome::Refused(Code::ReadOnly)),
            "{outcome:?}"
        );
    }
    assert_eq!(town.writer.state(), WriterState::ReadOnly);
    assert_eq!(town.message(seq).await.text, "a text that goes");
    // What the ballast gives.
    vfs.leave_room(Some(1 << 20));
    let refused = town.append_refused(ANN, LOBBY, text("still not")).await;
    assert_eq!(refused, Code::ReadOnly);
    town.append(ANN, LOBBY, Change::Delete { target: seq })
        .await;
    assert!(town.message(seq).await.deleted);
    vfs.leave_room(None);
    town.writer.probe().await;
    assert_eq!(town.writer.state(), WriterState::Open);
    town.say(ANN, "room at last").await;
    let log = town.log().await;
    assert_eq!(
        log.last().unwrap().seq.0,
        log.len() as u64,
        "dense over all of it"
    );
}
