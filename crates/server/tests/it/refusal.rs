//! How what may not be, or makes no sense, is told: a stable code, and a sentence that says what to
//! do.

use reqwest::Method;
use serde_json::json;

use crate::house::{Client, House, PASSWORD, Reply};

/// The sentence, for a person.
fn detail(reply: &Reply) -> &str {
    reply.body["detail"].as_str().unwrap_or_default()
}

fn is_problem(reply: &Reply) {
    assert_eq!(reply.header("content-type"), "application/problem+json");
    assert!(reply.body["request_id"].is_string());
}

async fn token(person: &Client) -> String {
    let made = person
        .post("/tokens", &json!({"name": "script"}))
        .await
        .ok();
    made["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_api_token_makes_no_token_changes_no_password_and_ends_no_session() {
    let (house, ada) = House::open().await;
    let bearer = format!("Bearer {}", token(&ada).await);
    let sessions = ada.get("/sessions").await.ok();
    let session = sessions["sessions"][0]["id"].as_str().unwrap().to_owned();
    let script = house.visitor();
    let ask = async |method: Method, path: &str, body: serde_json::Value| {
        let headers = [("authorization", bearer.as_str())];
        script.json(method, path, &body, &headers).await
    };
    ask(Method::GET, "/bootstrap", json!(null)).await.ok();
    let another = ask(Method::POST, "/tokens", json!({"name": "more"})).await;
    another.refused("forbidden");
    assert!(detail(&another).contains("Log in with your password"));
    let change = json!({"current": PASSWORD, "new": "another long one"});
    ask(Method::POST, "/me/password", change)
        .await
        .refused("forbidden");
    let path = format!("/sessions/{session}");
    ask(Method::DELETE, &path, json!(null))
        .await
        .refused("forbidden");
    let path = format!("/people/{}/reset-password", ada.id);
    ask(Method::POST, &path, json!(null))
        .await
        .refused("forbidden");
    let listed = ada.get("/tokens").await.ok();
    let path = format!("/tokens/{}", listed["tokens"][0]["id"].as_str().unwrap());
    ask(Method::DELETE, &path, json!(null))
        .await
        .refused("forbidden");
    // Its use is noted behind the answer.
    let noted = async {
        while !ada.get("/tokens").await.ok()["tokens"][0]["last_used_at"].is_u64() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let deadline = std::time::Duration::from_secs(10);
    tokio::time::timeout(deadline, noted).await.unwrap();
}

#[tokio::test]
async fn a_new_password_ends_the_api_tokens_only_if_asked() {
    let (house, ada) = House::open().await;
    let bearer = format!("Bearer {}", token(&ada).await);
    let works = async || {
        let headers = [("authorization", bearer.as_str())];
        let script = house.visitor();
        script
            .send(Method::GET, "/bootstrap", &headers, Vec::new())
            .await
            .status
            == 200
    };
    let change = json!({"current": PASSWORD, "new": "another long one"});
    ada.post("/me/password", &change).await.ok();
    assert!(works().await);
    let change = json!({"current": "another long one", "new": PASSWORD, "end_tokens": true});
    ada.post("/me/password", &change).await.ok();
    assert!(!works().await);
}

#[tokio::test]
async fn nobody_passes_for_the_owner() {
    let (house, ada) = House::open().await;
    let ben = house.invite(&ada, "Ben", "member").await;
    for alike in ["Ada", "ADA", " a\u{200b}da "] {
        let renamed = ben.patch("/me", &json!({"display_name": alike})).await;
        renamed.refused("name_taken");
        assert_eq!(renamed.body["field"], "display_name");
    }
    let invite = ada.post("/invites", &json!({})).await.ok();
    let path = format!("/invites/{}/accept", invite["code"].as_str().unwrap());
    let body = json!({"display_name": "Ａｄａ", "password": PASSWORD, "locale": "en"});
    let accepted = house.visitor().post(&path, &body).await;
    accepted.refused("name_taken");
    assert_eq!(accepted.body["field"], "display_name");
    assert_eq!(house.log_in("ADA").await.id, ada.id);
}

#[tokio::test]
async fn what_cannot_be_done_to_a_private_talk_is_said_with_the_way_out() {
    let (house, ada) = House::open().await;
    let ben = house.invite(&ada, "Ben", "member").await;
    let cleo = house.invite(&ada, "Cleo", "guest").await;
    let direct = ada.room("direct", "", &[&ben]).await;
    let group = ada.room("group", "", &[&ben, &cleo]).await;
    for room in [&direct, &group] {
        let path = format!("/rooms/{room}/members");
        let added = ada.post(&path, &json!({"users": [cleo.id]})).await;
        added.refused("forbidden");
        assert!(
            detail(&added).contains("Start a new group"),
            "{}",
            added.body
        );
        let renamed = ada
            .patch(&format!("/rooms/{room}"), &json!({"name": "us"}))
            .await;
        renamed.refused("forbidden");
        assert!(detail(&renamed).contains("closed room"), "{}", renamed.body);
    }
    let left = ben
        .post(&format!("/rooms/{direct}/leave"), &json!({}))
        .await;
    left.refused("forbidden");
    assert!(detail(&left).contains("Mute it"), "{}", left.body);
    let invited = cleo.post("/invites", &json!({"role": "guest"})).await;
    invited.refused("forbidden");
    assert!(
        detail(&invited).starts_with("Guests cannot invite"),
        "{}",
        invited.body
    );
}

#[tokio::test]
async fn a_guest_is_not_left_without_a_room() {
    let (house, ada) = House::open().await;
    let cleo = house.invite(&ada, "Cleo", "guest").await;
    let rooms = cleo.get("/bootstrap").await.ok();
    let lobby = rooms["rooms"][0]["id"].as_str().unwrap().to_owned();
    let left = cleo
        .post(&format!("/rooms/{lobby}/leave"), &json!({}))
        .await;
    left.refused("forbidden");
    assert!(detail(&left).contains("Ask a member"), "{}", left.body);
    ada.room("closed", "workshop", &[&cleo]).await;
    cleo.post(&format!("/rooms/{lobby}/leave"), &json!({}))
        .await
        .ok();
}

#[tokio::test]
async fn every_wrong_request_is_told_as_a_problem_in_words_of_ours() {
    let (_house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    let messages = format!("/rooms/{lobby}/messages");
    let json_head = [("content-type", "application/json")];
    let raw = async |path: &str, body: &str| {
        let body = body.as_bytes().to_vec();
        ada.send(Method::POST, path, &json_head, body).await
    };
    let method = ada.put("/place", &json!({})).await;
    method.refused("method_not_allowed");
    assert_eq!(method.status, 405);
    assert!(
        method.header("allow").contains("GET"),
        "{:?}",
        method.headers
    );
    let nowhere = ada.get("/nowhere").await;
    nowhere.refused("not_found");
    assert_eq!(nowhere.status, 404);
    let syntax = raw(&messages, "{nonsense").await;
    syntax.refused("bad_request");
    assert_eq!(detail(&syntax), "This is not JSON.");
    let missing = raw(&messages, "{}").await;
    assert_eq!(missing.body["field"], "text");
    assert_eq!(detail(&missing), "The part text is missing.");
    let unknown = raw(&messages, "{\"text\":\"\",\"txet\":1}").await;
    assert_eq!(unknown.body["field"], "txet");
    let kind = raw(&messages, "{\"text\":[1]}").await;
    kind.refused("bad_request");
    let query = ada.get(&format!("/rooms/{lobby}/events?limit=many")).await;
    query.refused("bad_request");
    let large = raw(&messages, &"x".repeat(2_000_000)).await;
    large.refused("too_large");
    assert_eq!(large.status, 413);
    let heads = [("x-long", "x".repeat(40_000))];
    let heads: Vec<_> = heads
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let heads = ada.send(Method::GET, "/place", &heads, Vec::new()).await;
    heads.refused("headers_too_large");
    assert_eq!(heads.status, 431);
    for reply in [
        &method, &nowhere, &syntax, &missing, &unknown, &kind, &query, &large, &heads,
    ] {
        is_problem(reply);
        for word in [
            "line 1",
            "column",
            "expected",
            "deserialize",
            "invalid type",
        ] {
            assert!(!detail(reply).contains(word), "{}", reply.body);
        }
    }
}

#[tokio::test]
async fn only_languages_that_there_are_can_be_chosen() {
    let (_house, ada) = House::open().await;
    let refused = ada.patch("/me", &json!({"locale": "tlh"})).await;
    refused.refused("bad_request");
    assert_eq!(refused.body["field"], "locale");
    let me = ada.patch("/me", &json!({"locale": "zh-CN"})).await.ok();
    assert_eq!(me["locale"], "zh");
}

#[tokio::test]
async fn a_place_nobody_has_set_up_is_not_claimed_under_a_strangers_name() {
    let house = House::empty().await;
    let body = json!({
        "place_name": "Mine", "display_name": "Eve", "password": PASSWORD, "locale": "en"
    });
    let headers = [("host", "rebound.example")];
    let eve = house.visitor();
    let claimed = eve.json(Method::POST, "/setup", &body, &headers).await;
    claimed.refused("foreign_origin");
    assert!(
        detail(&claimed).contains("http://localhost:8000"),
        "{}",
        claimed.body
    );
    house.set_up().await;
}

#[tokio::test]
async fn the_settings_of_a_room_change_together_or_not_at_all() {
    let (_house, ada) = House::open().await;
    let room = ada.room("open", "garden", &[]).await;
    let change = json!({"name": "orchard", "topic": "apples", "archived": true});
    let changed = ada.patch(&format!("/rooms/{room}"), &change).await.ok();
    assert_eq!(
        (&changed["name"], &changed["archived"]),
        (&json!("orchard"), &json!(true))
    );
    let events = ada.events(&room).await;
    let kinds: Vec<_> = events
        .iter()
        .map(|event| event["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["created", "renamed", "topic", "archived"]);
    let log = ada.get("/audit").await.ok();
    assert!(log["entries"].is_array());
}

#[tokio::test]
async fn a_change_and_the_line_that_notes_it_stand_together() {
    let (house, ada) = House::open().await;
    let ben = house.invite(&ada, "Ben", "member").await;
    let body = json!({"role": "moderator"});
    ada.patch(&format!("/people/{}", ben.id), &body).await.ok();
    ada.patch("/place", &json!({"name": "Our house"}))
        .await
        .ok();
    let log = ada.get("/audit").await.ok();
    let actions: Vec<_> = log["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["action"].clone())
        .collect();
    assert_eq!(actions[..2], [json!("place.rename"), json!("person.role")]);
}
