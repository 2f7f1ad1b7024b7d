//! The word filter over HTTP.

use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn a_rule_holds_from_the_moment_it_is_made_until_it_is_deleted() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let lobby = ada.lobby().await;
    let block = json!({"pattern": "forbidden", "kind": "keyword", "action": "block",
        "ignore_separators": false, "whole_word": false, "enabled": true, "note": ""});
    let rule = ada.post("/filter/rules", &block).await.ok();
    let mask = json!({"pattern": "secret", "kind": "keyword", "action": "mask",
        "ignore_separators": true, "whole_word": false, "enabled": true, "note": ""});
    ada.post("/filter/rules", &mask).await.ok();
    let path = format!("/rooms/{lobby}/messages");
    bob.post(&path, &json!({"text": "a FORBIDDEN word"}))
        .await
        .refused("blocked_words");
    let posted = bob
        .post(&path, &json!({"text": "my s e c r e t!"}))
        .await
        .ok();
    assert_eq!(posted["event"]["text"], "my ***********!");
    bob.post("/rooms", &json!({"kind": "open", "name": "forbidden"}))
        .await
        .refused("blocked_words");
    let audit = ada.get("/audit").await.ok().to_string();
    assert!(
        audit.contains("filter.block") && audit.contains("filter.mask"),
        "{audit}"
    );
    let id = rule["id"].as_str().unwrap();
    ada.delete(&format!("/filter/rules/{id}")).await.ok();
    bob.post(&path, &json!({"text": "a forbidden word"}))
        .await
        .ok();
}

#[tokio::test]
async fn a_rule_is_changed_in_parts_and_counts_what_it_met() {
    let (_house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    let rule = ada
        .post("/filter/rules", &json!({"pattern": "x+y", "kind": "regex"}))
        .await
        .ok();
    let path = format!("/filter/rules/{}", rule["id"].as_str().unwrap());
    ada.say(&lobby, "xxy and xy").await;
    let listed = ada.get("/filter/rules").await.ok();
    assert_eq!(listed["rules"][0]["hits"], 2, "{listed}");
    let changed = ada
        .patch(&path, &json!({"enabled": false, "note": "off"}))
        .await
        .ok();
    assert_eq!(
        (&changed["pattern"], &changed["enabled"]),
        (&json!("x+y"), &json!(false))
    );
    let posted = ada
        .post(&format!("/rooms/{lobby}/messages"), &json!({"text": "xy"}))
        .await
        .ok();
    assert_eq!(posted["event"]["text"], "xy");
}

#[tokio::test]
async fn every_rule_of_a_crowd_of_changes_is_in_force_once_it_is_acknowledged() {
    let (_house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    let mut making = tokio::task::JoinSet::new();
    for n in 0..12 {
        let ada = ada.clone();
        making.spawn(async move {
            let rule =
                json!({"pattern": format!("word{n}x"), "kind": "keyword", "action": "block"});
            ada.post("/filter/rules", &rule).await.ok();
        });
    }
    making.join_all().await;
    let path = format!("/rooms/{lobby}/messages");
    for n in 0..12 {
        let text = format!("word{n}x");
        let reply = ada.post(&path, &json!({"text": text})).await;
        reply.refused("blocked_words");
    }
}

#[tokio::test]
async fn a_pattern_that_can_not_be_used_is_refused_and_the_filter_stays() {
    let (_house, ada) = House::open().await;
    let broken = json!({"pattern": "(", "kind": "regex", "action": "block"});
    let reply = ada.post("/filter/rules", &broken).await;
    reply.refused("bad_request");
    assert_eq!(reply.body["field"], "pattern");
    assert_eq!(ada.get("/filter/rules").await.ok()["rules"], json!([]));
}

#[tokio::test]
async fn a_draft_can_be_tried_on_a_text_and_on_what_was_said() {
    let (house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    ada.say(&lobby, "an apple a day").await;
    ada.say(&lobby, "nothing here").await;
    let draft = json!({"pattern": "apple", "kind": "keyword", "action": "mask"});
    let tried = ada
        .post(
            "/filter/try",
            &json!({"text": "äpple? apple!", "rule": draft}),
        )
        .await
        .ok();
    assert_eq!(tried["action"], "mask");
    let run = ada
        .post("/filter/dry-run", &json!({"rule": draft}))
        .await
        .ok();
    assert_eq!((&run["examined"], &run["matched"]), (&json!(2), &json!(1)));
    assert_eq!(run["samples"][0]["event"]["text"], "an apple a day");
    assert_eq!(
        run["samples"][0]["hits"][0],
        json!({"rule": null, "start": 3, "end": 8})
    );
    let bob = house.invite(&ada, "Bob", "member").await;
    let cid = house.invite(&ada, "Cid", "member").await;
    let talk = bob.room("direct", "", &[&cid]).await;
    bob.say(&talk, "an apple between us").await;
    let run = ada
        .post("/filter/dry-run", &json!({"rule": draft}))
        .await
        .ok();
    assert_eq!(
        (&run["examined"], &run["matched"]),
        (&json!(2), &json!(1)),
        "a private talk is not looked at"
    );
    let nothing = ada
        .post("/filter/try", &json!({"text": "apple"}))
        .await
        .ok();
    assert_eq!(nothing["action"], "none");
}
