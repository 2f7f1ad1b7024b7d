//! Tests of the writer's loop against a real database in a directory of their own.

use std::sync::mpsc;

use base::{Epoch, PersonId, RoomId, Seq, UnixMs};
use domain::auth::{Person, Role};
use domain::chat::{Append, Change, Room, RoomKind};
use store::{Options, SetUp, Store};
use tempfile::TempDir;

use super::*;

const OWNER: PersonId = PersonId(1);
const LOBBY: RoomId = RoomId(2);

struct Place {
    _dir: TempDir,
    store: Store,
    writer: WriterHandle,
    task: JoinHandle<End>,
    told: mpsc::Receiver<Done>,
}

fn set_up() -> Command {
    let owner = Person {
        id: OWNER,
        name: "owner".to_owned(),
        display_name: "Owner".to_owned(),
        role: Role::Owner,
        avatar: None,
        password_hash: None,
        locale: "en".to_owned(),
        created_at: UnixMs(1),
        deactivated_at: None,
    };
    let lobby = Room {
        id: LOBBY,
        kind: RoomKind::Open,
        name: "lobby".to_owned(),
        topic: String::new(),
        created_by: OWNER,
        created_at: UnixMs(1),
        archived_at: None,
        speakers: domain::chat::Speakers::Everyone,
        epoch: Epoch(1),
        seq: Seq(0),
        msg_seq: 0,
    };
    Command::SetUp(Box::new(SetUp {
        place_name: "Place".to_owned(),
        owner,
        lobby,
    }))
}

fn post(text: &str) -> Command {
    let change = Change::Post {
        client_id: None,
        text: text.to_owned(),
        reply_to: None,
        files: Vec::new(),
        mentions: Vec::new(),
        mention_all: false,
    };
    Command::Append(Append {
        room: LOBBY,
        author: OWNER,
        at: UnixMs(2),
        change,
    })
}

async fn place() -> Place {
    let dir = TempDir::new().unwrap();
    let options = Options {
        ballast_bytes: 0,
        ..Options::default()
    };
    let (store, writer) = Store::open(dir.path(), options).await.unwrap();
    let (sender, told) = mpsc::channel();
    let (writer, task) = start(writer, move |all| {
        for committed in all {
            sender.send(committed.done).unwrap();
        }
    });
    let opened = writer.submit(set_up()).unwrap().await;
    assert!(matches!(opened, Outcome::Done(_)), "{opened:?}");
    told.recv().unwrap();
    Place {
        _dir: dir,
        store,
        writer,
        task,
        told,
    }
}

fn seq_of(done: &Done) -> Seq {
    let Done::Appended(appended) = done else {
        panic!("nothing appended: {done:?}")
    };
    appended.event.seq
}

#[tokio::test]
async fn commands_are_carried_out_and_told_in_the_order_they_came() {
    let place = place().await;
    let tickets: Vec<_> = (0..300)
        .map(|at| place.writer.submit(post(&at.to_string())).unwrap())
        .collect();
    let mut acknowledged = Vec::new();
    for ticket in tickets {
        let Outcome::Done(done) = ticket.await else {
            panic!("a post was refused")
        };
        acknowledged.push(seq_of(&done));
    }
    assert!(acknowledged.is_sorted());
    let told: Vec<_> = place.told.try_iter().map(|done| seq_of(&done)).collect();
    assert_eq!(told, acknowledged);
}

#[tokio::test]
async fn the_sink_hears_of_a_command_before_its_sender() {
    let place = place().await;
    let outcome = place.writer.submit(post("hello")).unwrap().await;
    assert!(matches!(outcome, Outcome::Done(_)));
    assert!(place.told.try_recv().is_ok());
    let refused = Command::RevokeInvite {
        code: "none".to_owned(),
    };
    let outcome = place.writer.submit(refused).unwrap().await;
    assert!(matches!(outcome, Outcome::Refused(Code::NotFound)));
    assert!(
        place.told.try_recv().is_err(),
        "what was refused is not told"
    );
}

#[tokio::test]
async fn a_queue_that_is_nearly_full_says_busy_and_gets_through_what_it_took() {
    let place = place().await;
    let mut tickets = Vec::new();
    let busy = loop {
        match place.writer.submit(post("x")) {
            Ok(ticket) => tickets.push(ticket),
            Err(busy) => break busy,
        }
    };
    assert!(matches!(busy, Busy::Full { retry_after_ms } if retry_after_ms > 0));
    // The writer may have taken some of them meanwhile.
    assert!(tickets.len() >= WRITER_QUEUE_COMMANDS_MAX * BUSY_PERCENT / 100);
    for ticket in tickets {
        assert!(matches!(ticket.await, Outcome::Done(_)));
    }
    assert_eq!(place.writer.waiting(), 0);
    assert!(place.writer.submit(post("again")).is_ok());
}

#[tokio::test]
async fn a_ticket_that_is_dropped_does_not_take_its_command_back() {
    let place = place().await;
    drop(place.writer.submit(post("whoever reads this")).unwrap());
    place.writer.submit(post("after")).unwrap().await;
    let room = place.store.room(LOBBY).await.unwrap().unwrap();
    assert_eq!(room.msg_seq, 2);
}

#[tokio::test]
async fn what_waits_at_shutdown_is_written_and_nothing_is_taken_any_more() {
    let place = place().await;
    let tickets: Vec<_> = (0..20)
        .map(|_| place.writer.submit(post("x")).unwrap())
        .collect();
    place.writer.shut_down();
    assert_eq!(
        place.writer.submit(post("late")).unwrap_err(),
        Busy::ShuttingDown
    );
    for ticket in tickets {
        assert!(matches!(ticket.await, Outcome::Done(_)));
    }
    assert!(matches!(place.task.await.unwrap(), End::ShutDown));
}

#[tokio::test]
async fn a_quiet_moment_takes_deleted_text_out_of_the_log() {
    let place = place().await;
    let Outcome::Done(done) = place.writer.submit(post("unsayable words")).unwrap().await else {
        panic!("a post was refused")
    };
    let change = Change::Delete {
        target: seq_of(&done),
    };
    let delete = Append {
        room: LOBBY,
        author: OWNER,
        at: UnixMs(3),
        change,
    };
    place.writer.submit(Command::Append(delete)).unwrap().await;
    let holds = |name: &str| {
        let bytes = std::fs::read(place.store.dir().join(name)).unwrap_or_default();
        bytes.windows(9).any(|window| window == b"unsayable")
    };
    assert!(holds("plaza.db-wal"));
    let patience = Instant::now();
    while holds("plaza.db-wal") || holds("plaza.db") {
        assert!(
            patience.elapsed() < Duration::from_secs(10),
            "the text is still there"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_command_that_waited_too_long_is_dropped_before_it_starts() {
    let place = place().await;
    let (reply, late) = oneshot::channel();
    let age = Duration::from_millis(WRITER_COMMAND_AGE_MS_MAX + 1);
    let since = Instant::now().checked_sub(age).unwrap();
    let command = post("too late");
    place.writer.0.queue().waiting.push_back(Waiting {
        command,
        origin: None,
        size_bytes: 0,
        since,
        reply,
    });
    let in_time = place.writer.submit(post("in time")).unwrap().await;
    assert!(matches!(late.await.unwrap(), Outcome::Refused(Code::Busy)));
    assert!(matches!(in_time, Outcome::Done(_)));
    assert_eq!(place.store.room(LOBBY).await.unwrap().unwrap().msg_seq, 1);
}

#[tokio::test]
async fn when_the_loop_breaks_off_nobody_waits_for_ever() {
    let dir = TempDir::new().unwrap();
    let options = Options {
        ballast_bytes: 0,
        ..Options::default()
    };
    let (_store, writer) = Store::open(dir.path(), options).await.unwrap();
    let (writer, task) = start(writer, |_| panic!("a bug in the sink"));
    let first = writer.submit(set_up()).unwrap();
    let second = writer.submit(post("x")).unwrap();
    assert!(matches!(first.await, Outcome::Fault(_)));
    assert!(matches!(second.await, Outcome::Fault(_)));
    assert!(matches!(task.await.unwrap(), End::Stopped(_)));
    assert_eq!(writer.submit(post("y")).unwrap_err(), Busy::ShuttingDown);
}
