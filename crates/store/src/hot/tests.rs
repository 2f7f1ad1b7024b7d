//! Every statement that runs often finds its rows by an index: the plans say so.

use tempfile::TempDir;

use super::*;
use crate::sql::Database as _;
use crate::{Options, Store};

/// What SQLite says it will do, one step per line.
async fn plan(store: &Store, mut explained: Statement) -> Vec<String> {
    explained.sql = format!("EXPLAIN QUERY PLAN {}", explained.sql);
    let rows = store.readers.query_all_raw(explained).await.unwrap();
    rows.iter()
        .map(|row| crate::sql::column(row, "detail").unwrap())
        .collect()
}

async fn store() -> (TempDir, Store) {
    let dir = TempDir::new().unwrap();
    let options = Options {
        readers: 1,
        ballast_bytes: 0,
        ..Options::default()
    };
    let (store, _writer) = Store::open(dir.path(), options).await.unwrap();
    (dir, store)
}

/// A step that reads a whole table of ours. Lists that a statement brings along are read whole.
fn reads_a_whole_table(step: &str) -> bool {
    let name = step
        .strip_prefix("SCAN ")
        .and_then(|rest| rest.split(' ').next());
    name.is_some_and(|name| {
        name.chars().all(|letter| letter.is_ascii_lowercase()) && !name.is_empty()
    })
}

fn all() -> Vec<(&'static str, Statement)> {
    let (room, person, seq) = (RoomId(1), PersonId(2), Seq(3));
    let keys = [(room, seq), (room, seq.next()), (RoomId(2), seq)];
    vec![
        ("heads", heads(&[room, RoomId(2)])),
        (
            "memberships",
            memberships(&[(room, person), (RoomId(2), person)]),
        ),
        ("client_keys", client_keys(&[1, 2, 3])),
        ("events_at", events_at(&keys)),
        ("reactions_on", reactions_on(&keys)),
        ("mentions_in", mentions_in(&keys)),
        ("files_of", files_of(&keys)),
        ("timeline_before", timeline_before(room, seq, 50)),
        ("timeline_after", timeline_after(room, seq, 50)),
        ("log_after", log_after(room, seq, 50)),
        ("committed_after", committed_after(1, 50)),
        ("rooms_of", rooms_of(person)),
        ("open_rooms", open_rooms(person)),
        ("room_of", room_of(room, person)),
        ("people_in", people_in(&[room, RoomId(2)])),
        ("standing", standing(room, person)),
        ("unposted", unposted(person, FileId(4))),
    ]
}

#[tokio::test]
async fn no_hot_statement_reads_a_whole_table() {
    let (_dir, store) = store().await;
    for (name, statement) in all() {
        let plan = plan(&store, statement).await;
        assert!(!plan.is_empty(), "{name}");
        let whole: Vec<_> = plan
            .iter()
            .filter(|step| reads_a_whole_table(step))
            .collect();
        assert!(whole.is_empty(), "{name}: {plan:#?}");
    }
}

#[tokio::test]
async fn a_page_of_history_is_read_in_its_order_without_sorting() {
    let (_dir, store) = store().await;
    let (room, seq) = (RoomId(1), Seq(3));
    for statement in [
        timeline_before(room, seq, 50),
        timeline_after(room, seq, 50),
        log_after(room, seq, 50),
    ] {
        let plan = plan(&store, statement).await;
        assert_eq!(plan.len(), 1, "{plan:?}");
        assert!(plan[0].starts_with("SEARCH event USING INDEX event_seq (room_id=? AND seq"));
    }
    let newest = plan(&store, newest_messages(50)).await;
    assert_eq!(
        newest,
        ["SCAN event"],
        "by the order of commits, until there are enough"
    );
}

#[tokio::test]
async fn the_plans_are_told_apart() {
    let (_dir, store) = store().await;
    let scan = statement("SELECT * FROM event WHERE text = ?", vec!["x".into()]);
    assert!(
        plan(&store, scan)
            .await
            .iter()
            .any(|step| reads_a_whole_table(step))
    );
}

#[test]
fn inserts_of_any_length_are_cut_into_few_kinds_of_statements() {
    let mut kinds = std::collections::HashSet::new();
    for length in 1..=512usize {
        let rows: Vec<[Value; 4]> = (0..length as u64)
            .map(|at| [at.bind(), at.bind(), at.bind(), at.bind()])
            .collect();
        let statements = insert_mentions(rows);
        let bound = statements
            .iter()
            .flat_map(|statement| &statement.values.as_ref().unwrap().0)
            .filter(|value| **value != Value::BigInt(None))
            .count();
        assert_eq!(bound, length * 4);
        kinds.extend(statements.into_iter().map(|statement| statement.sql));
    }
    // 1, 2, 4 to 128 rows, and those from 4 on also filled up.
    assert_eq!(kinds.len(), 8 + 6);
}

#[tokio::test]
async fn rows_that_only_fill_up_an_insert_are_passed_over() {
    let dir = TempDir::new().unwrap();
    let options = Options {
        readers: 1,
        ballast_bytes: 0,
        ..Options::default()
    };
    let (store, _writer) = Store::open(dir.path(), options).await.unwrap();
    let rows: Vec<[Value; 4]> = (1..=131u64)
        .map(|at| [1u64.bind(), at.bind(), 2u64.bind(), 3u64.bind()])
        .collect();
    let writer = crate::open::connect_alone(&dir.path().join("plaza.db"))
        .await
        .unwrap();
    for statement in insert_mentions(rows) {
        writer.execute_raw(statement).await.unwrap();
    }
    let count = statement("SELECT count(*) FROM mention", Vec::new());
    assert_eq!(crate::sql::count(&store.readers, count).await.unwrap(), 131);
}
