//! Opening a data directory: who may, and what they are told when they may not.

use store::contract::town::{ANN, LOBBY};
use store::{OpenError, Options, Store};
use tempfile::TempDir;

use crate::exam::{options, town};

#[tokio::test]
async fn a_second_process_is_told_who_has_the_directory_and_what_to_do() {
    let (town, dir) = town().await;
    let refused = Store::open(dir.path(), options()).await.unwrap_err();
    assert!(matches!(refused, OpenError::InUse { .. }));
    let told = refused.to_string();
    assert!(told.contains(&dir.path().display().to_string()), "{told}");
    assert!(told.contains("Stop that one first"), "{told}");
    drop(town);
    Store::open(dir.path(), options()).await.unwrap();
}

#[tokio::test]
async fn readers_open_beside_a_running_server_and_see_what_is_committed() {
    let (mut town, dir) = town().await;
    let beside = Store::open_readers(dir.path()).await.unwrap();
    let seq = town.say(ANN, "hello").await;
    assert!(beside.message(LOBBY, seq).await.unwrap().is_some());
    let empty = TempDir::new().unwrap();
    let refused = Store::open_readers(empty.path()).await.unwrap_err();
    assert!(matches!(refused, OpenError::Missing { .. }));
}

#[tokio::test]
async fn data_of_a_newer_version_is_left_alone() {
    let (town, dir) = town().await;
    town.writer.close().await.unwrap();
    town.store.close().await;
    let url = format!("sqlite://{}", dir.path().join("plaza.db").display());
    let database = sqlx::SqlitePool::connect(&url).await.unwrap();
    sqlx::query("INSERT INTO seaql_migrations VALUES ('m9999_far_future', 1)")
        .execute(&database)
        .await
        .unwrap();
    database.close().await;
    let refused = Store::open(dir.path(), options()).await.unwrap_err();
    assert!(matches!(&refused, OpenError::NewerData { migration, .. } if migration.contains("m9")));
    assert!(refused.to_string().contains("newer version"));
}

#[tokio::test]
async fn a_place_that_is_no_directory_is_told() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let refused = Store::open(&file, options()).await.unwrap_err();
    assert!(matches!(refused, OpenError::Directory { .. }));
}

#[tokio::test]
async fn the_ballast_stands_while_the_disk_has_room() {
    let dir = TempDir::new().unwrap();
    let options = Options {
        ballast_bytes: 3 << 20,
        ..options()
    };
    let (_store, _writer) = Store::open(dir.path(), options).await.unwrap();
    assert_eq!(
        std::fs::metadata(dir.path().join("ballast")).unwrap().len(),
        3 << 20
    );
}
