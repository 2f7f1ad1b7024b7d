//! Backups: made while the server writes, checked, brought back under new epochs.

use std::path::Path;

use base::{SessionId, UnixMs};
use store::backup::{self, BackupError};
use store::contract::town::{ANN, BEN, LOBBY, text};
use store::{Command, Outcome, Remembered, StartSession, Store};
use tempfile::TempDir;

use crate::exam::{options, town};

fn write_blob(dir: &Path, name: &str, content: &str) {
    let folder = dir.join("blobs").join(&name[..2]);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), content).unwrap();
}

#[tokio::test]
async fn a_backup_made_under_load_comes_back_whole_and_under_new_epochs() {
    let (mut town, dir) = town().await;
    write_blob(dir.path(), "abcd", "a picture");
    for at in 0..200 {
        town.say(ANN, &format!("before {at}")).await;
    }
    let target = TempDir::new().unwrap();
    let to = target.path().join("backup");
    let store = town.store.clone();
    let writing = async {
        for at in 0..100 {
            let batch: Vec<Command> = (0..5)
                .map(|_| town.by(BEN, LOBBY, text(&format!("during {at}"))))
                .collect();
            let outcomes = town.writer.commit(batch).await;
            assert!(
                outcomes
                    .iter()
                    .all(|outcome| matches!(outcome, Outcome::Done(_)))
            );
        }
    };
    let (report, ()) = tokio::join!(backup::backup(&store, &to, UnixMs(77)), writing);
    let report = report.unwrap();
    assert_eq!((report.people, report.rooms, report.blobs), (4, 1, 1));
    assert!((200..=700).contains(&report.messages));
    assert_eq!(store.last_backup_at(), Some(UnixMs(77)));
    assert_eq!(backup::verify(&to).await.unwrap(), report);

    let home = target.path().join("home");
    assert_eq!(backup::restore(&to, &home).await.unwrap(), report);
    let before = store.room(LOBBY).await.unwrap().unwrap();
    let (restored, _writer) = Store::open(&home, options()).await.unwrap();
    let after = restored.room(LOBBY).await.unwrap().unwrap();
    assert_ne!(after.epoch, before.epoch);
    assert_eq!(after.msg_seq, report.messages);
    let log = restored
        .log_since(LOBBY, base::Seq(0), 10_000)
        .await
        .unwrap()
        .unwrap();
    assert!(log.complete);
    let whole = town.log().await;
    assert_eq!(log.events[..], whole[..log.events.len()]);
    assert_eq!(
        std::fs::read_to_string(home.join("blobs/ab/abcd")).unwrap(),
        "a picture"
    );
}

#[tokio::test]
async fn nothing_is_overwritten() {
    let (town, dir) = town().await;
    let target = TempDir::new().unwrap();
    let to = target.path().join("backup");
    backup::backup(&town.store, &to, UnixMs(1)).await.unwrap();
    let again = backup::backup(&town.store, &to, UnixMs(2))
        .await
        .unwrap_err();
    assert!(matches!(again, BackupError::NotEmpty(_)));
    let over = backup::restore(&to, dir.path()).await.unwrap_err();
    assert!(matches!(over, BackupError::NotEmpty(_)));
}

#[tokio::test]
async fn a_damaged_or_unfinished_backup_is_told_and_not_brought_back() {
    let (mut town, dir) = town().await;
    write_blob(dir.path(), "abcd", "a picture");
    town.say(ANN, "words").await;
    let target = TempDir::new().unwrap();
    let to = target.path().join("backup");
    backup::backup(&town.store, &to, UnixMs(1)).await.unwrap();
    let blob = to.join("blobs/ab/abcd");
    std::fs::write(&blob, "a pichure").unwrap();
    let told = backup::verify(&to).await.unwrap_err().to_string();
    assert!(told.contains("blobs/ab/abcd"), "{told}");
    std::fs::remove_file(&blob).unwrap();
    assert!(
        backup::verify(&to)
            .await
            .unwrap_err()
            .to_string()
            .contains("missing")
    );
    std::fs::write(&blob, "a picture").unwrap();
    backup::verify(&to).await.unwrap();
    let database = to.join("plaza.db");
    let mut bytes = std::fs::read(&database).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&database, &bytes).unwrap();
    let home = target.path().join("home");
    let refused = backup::restore(&to, &home).await.unwrap_err();
    assert!(matches!(refused, BackupError::Damaged(_)));
    assert!(!home.exists());
    std::fs::remove_file(to.join("manifest.json")).unwrap();
    assert!(matches!(
        backup::verify(&to).await.unwrap_err(),
        BackupError::NoBackup(_)
    ));
}

/// Everything below a folder that others than its owner may read.
fn open_to_others(dir: &Path) -> Vec<std::path::PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let mut found = Vec::new();
    let mut waiting = vec![dir.to_owned()];
    while let Some(path) = waiting.pop() {
        let metadata = std::fs::metadata(&path).unwrap();
        if metadata.permissions().mode() & 0o077 != 0 {
            found.push(path.clone());
        }
        if metadata.is_dir() {
            let entries = std::fs::read_dir(&path).unwrap();
            waiting.extend(entries.map(|entry| entry.unwrap().path()));
        }
    }
    found
}

#[tokio::test]
async fn backups_and_what_is_brought_back_are_for_their_owner_alone() {
    let (town, dir) = town().await;
    write_blob(dir.path(), "abcd", "a picture");
    let target = TempDir::new().unwrap();
    let (to, home) = (target.path().join("backup"), target.path().join("home"));
    backup::backup(&town.store, &to, UnixMs(1)).await.unwrap();
    assert_eq!(open_to_others(&to), Vec::<std::path::PathBuf>::new());
    backup::restore(&to, &home).await.unwrap();
    assert_eq!(open_to_others(&home), Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn sessions_and_remembered_answers_are_not_brought_back() {
    let (mut town, _dir) = town().await;
    let session = domain::auth::Session {
        id: SessionId(1),
        secret_hash: [1; 32],
        person: ANN,
        created_at: UnixMs(1_000),
        last_seen_at: UnixMs(1_000),
        expires_at: UnixMs(9_000),
        user_agent: String::new(),
        address: String::new(),
    };
    let password_hash = Some("hash".to_owned());
    let start = StartSession {
        session,
        password_hash,
    };
    town.done(Command::StartSession(Box::new(start))).await;
    let remembered = Remembered {
        person: ANN,
        key: "k".to_owned(),
        request_hash: [0; 32],
        status: 200,
        body: "{}".to_owned(),
        at: UnixMs(1_000),
    };
    town.done(Command::Remember(Box::new(remembered))).await;
    let target = TempDir::new().unwrap();
    let (to, home) = (target.path().join("backup"), target.path().join("home"));
    backup::backup(&town.store, &to, UnixMs(1)).await.unwrap();
    backup::restore(&to, &home).await.unwrap();
    let (restored, _writer) = Store::open(&home, options()).await.unwrap();
    assert_eq!(restored.sessions_of(ANN).await.unwrap(), vec![]);
    assert_eq!(restored.remembered(ANN, "k").await.unwrap(), None);
    assert_eq!(town.store.sessions_of(ANN).await.unwrap().len(), 1);
}
