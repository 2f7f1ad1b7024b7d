//! Calls of rooms as people meet them over REST: tokens, stages, order, and what a crash leaves.

use base::{CallId, PersonId, RoomId, UnixMs};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::chat::{Append, Change};
use serde_json::{Value, json};
use store::{Command, Done, NoteCall, Outcome, Store};

use crate::house::{self, Client, House};

/// What a token says, not verified: the door does that.
fn claims(ticket: &Value) -> Value {
    let token = ticket["token"].as_str().unwrap();
    let body = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
}

async fn join(client: &Client, room: &str) -> Value {
    let path = format!("/rooms/{room}/call");
    client.post(&path, &json!({})).await.ok()
}

fn seat(room: &str, client: &Client) -> String {
    format!("/rooms/{room}/call/participants/{}", client.id)
}

#[tokio::test]
async fn a_member_is_given_a_token_for_the_call_of_their_room() {
    let (house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    let ticket = join(&ada, &lobby).await;
    let address = house.running.address();
    assert_eq!(ticket["url"], format!("ws://{address}"));
    // Who comes back to a server that began anew makes the call as it was.
    assert_eq!(claims(&ticket)["roomConfig"]["departureTimeout"], 5);
    assert_eq!(
        (&ticket["speak"], &ticket["keep"]),
        (&json!(true), &json!(true))
    );
    let claims = claims(&ticket);
    assert_eq!(
        (&claims["sub"], &claims["name"]),
        (&json!(ada.id), &json!("Ada"))
    );
    let ends_s = ticket["expires_at"].as_u64().unwrap() / 1_000;
    assert_eq!(claims["exp"], ends_s);
    let video = &claims["video"];
    assert_eq!(
        (&video["room"], &video["roomJoin"]),
        (&json!(lobby), &json!(true))
    );
    assert_eq!(video["canPublish"], true);
    assert!(video.get("roomAdmin").is_none() && video.get("roomCreate").is_none());
    let bootstrap = ada.get("/bootstrap").await.ok();
    assert_eq!(bootstrap["place"]["calls"], true);
    // Nobody has come yet.
    assert_eq!(bootstrap["rooms"][0]["call"], Value::Null);
    let shown = ada.get(&format!("/rooms/{lobby}/call")).await.ok();
    assert_eq!(shown, json!({"call": null}));
}

#[tokio::test]
async fn the_token_opens_the_door_for_livekit_clients() {
    let (house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    let ticket = join(&ada, &lobby).await;
    let token = ticket["token"].as_str().unwrap();
    let validate = format!(
        "http://{}/rtc/validate?access_token={token}",
        house.running.address()
    );
    let answer = reqwest::get(&validate).await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    ada.patch(&format!("/rooms/{lobby}"), &json!({"archived": true}))
        .await
        .ok();
    let answer = reqwest::get(&validate).await.unwrap();
    assert!(answer.status().is_client_error(), "{}", answer.status());
}

#[tokio::test]
async fn on_a_stage_only_those_who_were_chosen_may_speak() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let lobby = ada.lobby().await;
    let room = format!("/rooms/{lobby}");
    let stage = json!({"speakers": "chosen"});
    bob.patch(&room, &stage).await.refused("forbidden");
    assert_eq!(ada.patch(&room, &stage).await.ok()["speakers"], "chosen");
    let events = ada.events(&lobby).await;
    let told = events.last().unwrap();
    assert_eq!(
        (&told["kind"], &told["speakers"]),
        (&json!("speakers"), &json!("chosen"))
    );
    assert_eq!(join(&ada, &lobby).await["speak"], true);
    let ticket = join(&bob, &lobby).await;
    assert_eq!(ticket["speak"], false);
    assert_eq!(claims(&ticket)["video"]["canPublish"], false);
    let choose = json!({"may_speak": true});
    let seat = seat(&lobby, &bob);
    bob.put(&seat, &choose).await.refused("forbidden");
    ada.put(&seat, &choose).await.ok();
    assert_eq!(join(&bob, &lobby).await["speak"], true);
    let members = ada.get(&format!("{room}/members")).await.ok();
    let members = members["members"].as_array().unwrap().iter();
    let chosen: Vec<_> = members.filter(|it| it["may_speak"] == true).collect();
    assert_eq!(chosen.len(), 1);
    assert_eq!(chosen[0]["user"], bob.id);
}

#[tokio::test]
async fn a_guest_starts_no_call_and_a_stranger_sees_none() {
    let (house, ada) = House::open().await;
    let room = ada.room("closed", "Plans", &[]).await;
    let invite = json!({"role": "guest", "room": room});
    let invite = ada.post("/invites", &invite).await.ok();
    let guest = house.accept(&invite, "Gus").await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let path = format!("/rooms/{room}/call");
    guest.post(&path, &json!({})).await.refused("forbidden");
    bob.post(&path, &json!({})).await.refused("not_found");
    bob.get(&path).await.refused("not_found");
    assert_eq!(guest.get(&path).await.ok(), json!({"call": null}));
    let lobby = ada.lobby().await;
    bob.post(&format!("/rooms/{lobby}/leave"), &json!({}))
        .await
        .ok();
    bob.post(&format!("/rooms/{lobby}/call"), &json!({}))
        .await
        .refused("forbidden");
}

#[tokio::test]
async fn order_is_kept_by_moderators_and_in_no_private_talk() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let lobby = ada.lobby().await;
    let at_bob = seat(&lobby, &bob);
    ada.put(&at_bob, &json!({"muted": false}))
        .await
        .refused("bad_request");
    ada.put(&at_bob, &json!({"muted": true}))
        .await
        .refused("not_found");
    ada.delete(&at_bob).await.refused("not_found");
    bob.delete(&at_bob).await.refused("forbidden");
    bob.delete(&format!("/rooms/{lobby}/call"))
        .await
        .refused("forbidden");
    let direct = ada.room("direct", "", &[&bob]).await;
    ada.put(&seat(&direct, &bob), &json!({"may_speak": false}))
        .await
        .refused("forbidden");
    ada.patch(&format!("/rooms/{direct}"), &json!({"speakers": "chosen"}))
        .await
        .refused("forbidden");
    let decline = |room: &str| format!("/rooms/{room}/call/decline");
    bob.post(&decline(&direct), &json!({}))
        .await
        .refused("not_found");
    bob.post(&decline(&lobby), &json!({}))
        .await
        .refused("forbidden");
}

#[tokio::test]
async fn calls_can_be_switched_off() {
    let house = House::with(|config| config.calls.enabled = false).await;
    let ada = house.set_up().await;
    let lobby = ada.lobby().await;
    ada.post(&format!("/rooms/{lobby}/call"), &json!({}))
        .await
        .refused("forbidden");
    let bootstrap = ada.get("/bootstrap").await.ok();
    assert_eq!(bootstrap["place"]["calls"], false);
}

#[tokio::test]
async fn a_call_that_a_crash_cut_off_is_ended_at_the_next_start() {
    let (house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    let House { running, directory } = house;
    running.shut_down().await;
    // What a server leaves behind that was killed during a call.
    let data = directory.path().join("data");
    let options = store::Options::default();
    let (store, mut writer) = Store::open(&data, options).await.unwrap();
    let (room, person): (RoomId, PersonId) = (lobby.parse().unwrap(), ada.id.parse().unwrap());
    let (call, at) = (CallId(77), UnixMs(1_800_000_000_000));
    let start = Command::Append(Append {
        room,
        author: person,
        at,
        change: Change::StartCall { call },
    });
    let note = Command::NoteCalls(vec![NoteCall {
        room,
        call,
        at: UnixMs(at.0 + 45_000),
        participants: vec![person],
    }]);
    let outcomes = writer.commit(vec![start, note]).await;
    assert!(matches!(outcomes[0], Outcome::Done(Done::Appended(_))));
    writer.close().await.unwrap();
    store.close().await;

    let config = house::config(&directory);
    let running = server::Server::start(config).await.unwrap();
    let house = House { running, directory };
    let ada = house.log_in("ada").await;
    let events = ada.events(&lobby).await;
    let last = events.last().unwrap();
    let wanted = json!({
        "kind": "call_ended", "call": call.to_string(), "duration_ms": 45_000,
        "participants": [ada.id]
    });
    for (key, value) in wanted.as_object().unwrap() {
        assert_eq!(&last[key], value, "{key}");
    }
    let room = ada.look(&lobby).await;
    assert_eq!(room["call"], Value::Null);
    assert_eq!(room["last_message"]["call"]["duration_ms"], 45_000);
    assert_eq!(room["last_message"]["excerpt"], "☎");
}
