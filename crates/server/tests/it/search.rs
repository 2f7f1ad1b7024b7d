//! Searching over HTTP: the index follows the log.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::house::{Client, House};

/// Searches until so many hits are there: the index follows the log, a moment later.
async fn found(client: &Client, query: &str, count: usize) -> Value {
    let since = Instant::now();
    loop {
        let answer = client.get(&format!("/search?{query}")).await.ok();
        if answer["hits"].as_array().unwrap().len() == count {
            return answer;
        }
        assert!(
            since.elapsed() < Duration::from_secs(10),
            "{query}: {answer}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn words_in_both_scripts_are_found_newest_first() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let lobby = ada.lobby().await;
    ada.say(&lobby, "the garden is green").await;
    bob.say(&lobby, "我们的花园很漂亮").await;
    ada.say(&lobby, "a second garden").await;
    let answer = found(&bob, "q=garden", 2).await;
    assert_eq!(answer["hits"][0]["event"]["text"], "a second garden");
    assert_eq!(answer["hits"][0]["room"], lobby);
    found(&ada, "q=%E8%8A%B1%E5%9B%AD", 1).await;
    found(&ada, &format!("q=garden&from={}", ada.id), 2).await;
    found(&ada, &format!("q=garden&from={}", bob.id), 0).await;
    found(&ada, &format!("q=garden&room={lobby}&before=1"), 0).await;
    let first = found(&ada, "q=garden&limit=1", 1).await;
    let next = first["next"].as_str().unwrap();
    let second = found(&ada, &format!("q=garden&limit=1&cursor={next}"), 1).await;
    assert_eq!(second["hits"][0]["event"]["text"], "the garden is green");
}

#[tokio::test]
async fn a_deleted_message_is_not_found_and_an_edited_one_by_its_new_words() {
    let (_house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    let gone = ada.say(&lobby, "remove the pineapple").await;
    let changed = ada.say(&lobby, "an apricot").await;
    found(&ada, "q=pineapple", 1).await;
    ada.delete(&format!("/rooms/{lobby}/messages/{gone}"))
        .await
        .ok();
    let message = format!("/rooms/{lobby}/messages/{changed}");
    ada.patch(&message, &json!({"text": "a blueberry"}))
        .await
        .ok();
    found(&ada, "q=pineapple", 0).await;
    found(&ada, "q=blueberry", 1).await;
    found(&ada, "q=apricot", 0).await;
}

#[tokio::test]
async fn an_endless_query_is_refused() {
    let (_house, ada) = House::open().await;
    ada.get(&format!("/search?q={}", "x".repeat(201)))
        .await
        .refused("too_long");
    assert_eq!(ada.get("/search?q=").await.ok()["hits"], json!([]));
}
