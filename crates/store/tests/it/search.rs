//! Searching what people wrote, and that what was deleted is in no file any more.

use base::{RoomId, Seq};
use domain::chat::{Change, RoomKind};
use store::contract::Town;
use store::contract::town::{ANN, BEN, LOBBY, OWNER, room, text};
use store::search::{Hits, Index, Indexer, Query};
use store::{Checkpoint, Store};

use crate::exam::{options, town};

fn ask(words: &str) -> Query {
    Query {
        text: words.to_owned(),
        rooms: vec![LOBBY],
        from: None,
        before: None,
        cursor: None,
        limit: 50,
    }
}

async fn seqs(index: &Index, words: &str) -> Vec<Seq> {
    let hits = index.find(&ask(words)).await.unwrap();
    hits.hits.into_iter().map(|(_, seq)| seq).collect()
}

async fn searched() -> (Town, Index, Indexer, tempfile::TempDir) {
    let (town, dir) = town().await;
    let (index, indexer) = Index::open(&town.store).await.unwrap();
    (town, index, indexer, dir)
}

#[tokio::test]
async fn words_are_found_newest_first_in_either_script() {
    let (mut town, index, mut indexer, _dir) = searched().await;
    let first = town.say(ANN, "今天天气很好, let us meet").await;
    let second = town.say(BEN, "今天開會 about parseHttpHeader").await;
    assert!(indexer.catch_up().await.unwrap() > 2);
    assert_eq!(indexer.catch_up().await.unwrap(), 0);
    assert_eq!(seqs(&index, "今天").await, vec![second, first]);
    assert_eq!(seqs(&index, "开会").await, vec![second]);
    assert_eq!(seqs(&index, "開會").await, vec![second]);
    assert_eq!(seqs(&index, "好").await, vec![first]);
    assert_eq!(seqs(&index, "会").await, vec![second]);
    assert_eq!(
        seqs(&index, "天开").await,
        vec![second],
        "the pair is there"
    );
    assert_eq!(
        seqs(&index, "气今").await,
        vec![],
        "no pair across messages"
    );
    assert_eq!(seqs(&index, "header").await, vec![second]);
    assert_eq!(seqs(&index, "MEET today").await, vec![]);
    assert_eq!(
        seqs(&index, "us mee").await,
        vec![first],
        "while it is being typed"
    );
    assert_eq!(seqs(&index, "  ").await, vec![]);
}

#[tokio::test]
async fn only_the_rooms_that_may_be_read_are_searched() {
    let (mut town, index, mut indexer, _dir) = searched().await;
    let closed = RoomId(400);
    town.new_room(room(closed, RoomKind::Closed), &[]).await;
    let hidden = town
        .append(OWNER, closed, text("the secret plan"))
        .await
        .event
        .seq;
    let open = town.say(ANN, "no plan").await;
    let late = town.say(BEN, "another plan").await;
    indexer.catch_up().await.unwrap();
    assert_eq!(seqs(&index, "plan").await, vec![late, open]);
    let both = Query {
        rooms: vec![LOBBY, closed],
        ..ask("plan")
    };
    let found = index.find(&both).await.unwrap();
    assert_eq!(
        found.hits,
        vec![(LOBBY, late), (LOBBY, open), (closed, hidden)]
    );
    let none = Query {
        rooms: Vec::new(),
        ..ask("plan")
    };
    assert_eq!(index.find(&none).await.unwrap(), Hits::default());
    let from = Query {
        from: Some(ANN),
        ..ask("plan")
    };
    assert_eq!(index.find(&from).await.unwrap().hits, vec![(LOBBY, open)]);
    let before = Query {
        before: Some(town.now),
        ..ask("plan")
    };
    assert_eq!(index.find(&before).await.unwrap().hits, vec![(LOBBY, open)]);
}

#[tokio::test]
async fn pages_of_hits_follow_each_other() {
    let (mut town, index, mut indexer, _dir) = searched().await;
    let mut said = Vec::new();
    for at in 0..7 {
        said.push((LOBBY, town.say(ANN, &format!("word {at}")).await));
    }
    indexer.catch_up().await.unwrap();
    said.reverse();
    let mut found = Vec::new();
    let mut cursor = None;
    loop {
        let page = index
            .find(&Query {
                cursor,
                limit: 3,
                ..ask("word")
            })
            .await
            .unwrap();
        found.extend(page.hits);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(found, said);
}

/// Whether any file of the data directory holds these bytes.
fn on_disk(store: &Store, bytes: &str) -> Vec<String> {
    let mut holding = Vec::new();
    for entry in std::fs::read_dir(store.dir()).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_file() {
            continue;
        }
        let content = std::fs::read(&path).unwrap();
        if content
            .windows(bytes.len())
            .any(|window| window == bytes.as_bytes())
        {
            holding.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    holding
}

#[tokio::test]
async fn what_was_edited_or_deleted_is_neither_found_nor_in_any_file() {
    let (mut town, index, mut indexer, _dir) = searched().await;
    for at in 0..50 {
        town.say(ANN, &format!("noise {at}")).await;
    }
    let deleted = town.say(ANN, "zebracorn one 独角兽").await;
    let edited = town.say(ANN, "quaggalope two").await;
    indexer.catch_up().await.unwrap();
    assert_eq!(seqs(&index, "zebracorn").await, vec![deleted]);
    assert!(
        !on_disk(&town.store, "zebracorn").is_empty(),
        "or this test can not fail"
    );
    town.append(ANN, LOBBY, Change::Delete { target: deleted })
        .await;
    let new = "mild words".to_owned();
    let edit = Change::Edit {
        target: edited,
        text: new,
        mentions: Vec::new(),
        mention_all: false,
    };
    town.append(ANN, LOBBY, edit).await;
    indexer.catch_up().await.unwrap();
    town.writer.checkpoint(Checkpoint::Truncate).await.unwrap();
    for gone in ["zebracorn", "独角", "quaggalope"] {
        assert_eq!(seqs(&index, gone).await, vec![], "{gone}");
        assert_eq!(on_disk(&town.store, gone), Vec::<String>::new(), "{gone}");
    }
    assert_eq!(seqs(&index, "mild").await, vec![edited]);
}

#[tokio::test]
async fn an_index_that_was_deleted_or_damaged_is_made_anew() {
    let (mut town, index, mut indexer, dir) = searched().await;
    let gone = town.say(ANN, "early word").await;
    let kept = town.say(ANN, "later word").await;
    indexer.catch_up().await.unwrap();
    town.append(ANN, LOBBY, Change::Delete { target: gone })
        .await;
    drop((index, indexer));
    let path = dir.path().join("search.db");
    for content in [
        None,
        Some("this is no database, however long it is".repeat(100)),
    ] {
        match content {
            None => std::fs::remove_file(&path).unwrap(),
            Some(content) => std::fs::write(&path, content).unwrap(),
        }
        let (index, mut indexer) = Index::open(&town.store).await.unwrap();
        indexer.catch_up().await.unwrap();
        assert_eq!(seqs(&index, "word").await, vec![kept]);
    }
}

#[tokio::test]
async fn an_index_goes_on_where_it_stood_after_a_restart() {
    let (mut town, index, mut indexer, dir) = searched().await;
    let first = town.say(ANN, "one word").await;
    indexer.catch_up().await.unwrap();
    let second = town.say(ANN, "two words").await;
    drop((index, indexer));
    town.writer.close().await.unwrap();
    town.store.close().await;
    let (store, _writer) = Store::open(dir.path(), options()).await.unwrap();
    let (index, mut indexer) = Index::open(&store).await.unwrap();
    assert_eq!(indexer.catch_up().await.unwrap(), 1);
    assert_eq!(seqs(&index, "wor").await, vec![second, first]);
}

#[tokio::test]
async fn a_deletion_that_a_reader_holds_back_from_the_index_is_not_forgotten() {
    let (mut town, _index, mut indexer, dir) = searched().await;
    let seq = town.say(ANN, "a word to be deleted").await;
    indexer.catch_up().await.unwrap();
    assert!(!indexer.holds_old_text());
    let path = dir.path().join("search.db");
    let reader = sqlx::SqlitePool::connect(path.to_str().unwrap())
        .await
        .unwrap();
    let mut reading = reader.begin().await.unwrap();
    sqlx::query("SELECT count(*) FROM doc")
        .fetch_one(&mut *reading)
        .await
        .unwrap();
    town.append(ANN, LOBBY, Change::Delete { target: seq })
        .await;
    indexer.catch_up().await.unwrap();
    assert!(indexer.holds_old_text(), "the log could not be cut");
    reading.rollback().await.unwrap();
    indexer.catch_up().await.unwrap();
    assert!(!indexer.holds_old_text());
}
