//! The live connection end to end: what was committed over HTTP or the socket arrives on sockets.

use base::{PersonId, SessionId, UnixMs};
use serde_json::{Value, json};
use server::auth::socket_token::SocketTokens;

use crate::house::{Client, House};
use crate::socket::Socket;

fn user(client: &Client) -> String {
    format!("user:{}", client.id)
}

fn kind(wanted: &'static str) -> impl Fn(&Value) -> bool {
    move |data| data["kind"] == wanted
}

#[tokio::test]
async fn a_connection_hears_its_own_stream_and_the_place_but_guests_hear_only_themselves() {
    let (house, ada) = House::open().await;
    let guest = house.invite(&ada, "Gus", "guest").await;
    let mut socket = Socket::of(&house, &ada).await;
    assert_eq!(socket.subscriptions, ["place".to_owned(), user(&ada)]);
    let guest_socket = Socket::of(&house, &guest).await;
    assert_eq!(guest_socket.subscriptions, [user(&guest)]);
    let denied = socket.subscribe(&user(&guest)).await.unwrap_err();
    assert_eq!(denied["message"], "not_found");
}

#[tokio::test]
async fn a_post_over_the_socket_reaches_the_room_and_everybodys_own_stream() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let lobby = ada.lobby().await;
    let channel = format!("room:{lobby}");
    let mut from = Socket::of(&house, &ada).await;
    let mut to = Socket::of(&house, &bob).await;
    let subscribed = to.subscribe(&channel).await.unwrap();
    assert_eq!(subscribed["recoverable"], true);
    assert_eq!(subscribed["epoch"], ada.look(&lobby).await["epoch"]);
    let post = json!({"room": lobby, "text": "hi @bob", "client_id": "c-1"});
    let posted = from.rpc("post", post.clone()).await.unwrap();
    let publication = to.published(&channel, kind("message")).await;
    assert_eq!(publication["data"], posted["event"]);
    assert_eq!(publication["offset"], posted["event"]["seq"]);
    let activity = to.published(&user(&bob), kind("activity")).await["data"].clone();
    assert_eq!(activity["seq"], posted["event"]["seq"]);
    assert_eq!(
        (&activity["excerpt"], &activity["mentions"]),
        (&json!("hi @bob"), &json!([bob.id]))
    );
    let again = from.rpc("post", post).await.unwrap();
    assert_eq!(again["duplicate"], true);
}

#[tokio::test]
async fn edits_reactions_and_deletions_travel_as_events() {
    let (house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    let channel = format!("room:{lobby}");
    let mut socket = Socket::of(&house, &ada).await;
    socket.subscribe(&channel).await.unwrap();
    let seq = ada.say(&lobby, "first").await;
    socket
        .rpc("edit", json!({"room": lobby, "seq": seq, "text": "second"}))
        .await
        .unwrap();
    let react = json!({"room": lobby, "seq": seq, "emoji": "🎉", "on": true});
    socket.rpc("react", react).await.unwrap();
    socket
        .rpc("delete", json!({"room": lobby, "seq": seq}))
        .await
        .unwrap();
    let edited = socket.published(&channel, kind("edited")).await;
    assert_eq!(
        (&edited["data"]["target"], &edited["data"]["rev"]),
        (&json!(seq), &json!(1))
    );
    let reacted = socket.published(&channel, kind("reacted")).await;
    assert_eq!(
        (&reacted["data"]["emoji"], &reacted["data"]["on"]),
        (&json!("🎉"), &json!(true))
    );
    let deleted = socket.published(&channel, kind("deleted")).await;
    assert_eq!(deleted["data"]["target"], seq);
    socket
        .published(&user(&ada), kind("activity_deleted"))
        .await;
}

#[tokio::test]
async fn what_was_missed_is_recovered_from_the_log() {
    let (house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    let channel = format!("room:{lobby}");
    let mut socket = Socket::of(&house, &ada).await;
    let first = socket.subscribe(&channel).await.unwrap();
    drop(socket);
    for n in 0..5 {
        ada.say(&lobby, &format!("missed {n}")).await;
    }
    let mut socket = Socket::of(&house, &ada).await;
    let offset = &first["offset"];
    let from = |epoch: &Value| {
        let mut command = json!({"channel": channel, "recover": true, "epoch": epoch});
        command["offset"] = offset.clone();
        command
    };
    let back = socket
        .call("subscribe", from(&first["epoch"]))
        .await
        .unwrap();
    assert_eq!(back["recovered"], true);
    let texts: Vec<&str> = back["publications"]
        .as_array()
        .unwrap()
        .iter()
        .map(|publication| publication["data"]["text"].as_str().unwrap())
        .collect();
    assert_eq!(
        texts,
        ["missed 0", "missed 1", "missed 2", "missed 3", "missed 4"]
    );
    let mut other = Socket::of(&house, &ada).await;
    let lost = other
        .call("subscribe", from(&json!("00000000")))
        .await
        .unwrap();
    assert_ne!(
        lost["recovered"], true,
        "another history is never mistaken for this one"
    );
}

#[tokio::test]
async fn posts_of_one_connection_keep_their_order() {
    let (house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    let mut socket = Socket::of(&house, &ada).await;
    let mut ids = Vec::new();
    for n in 0..50 {
        let data = json!({"room": lobby, "text": format!("{n}"), "client_id": format!("c-{n}")});
        ids.push(
            socket
                .send("rpc", json!({"method": "post", "data": data}))
                .await,
        );
    }
    let mut seqs = Vec::new();
    for id in ids {
        let reply = socket.reply(id).await;
        seqs.push(reply["rpc"]["data"]["event"]["seq"].as_u64().unwrap());
    }
    assert!(
        seqs.windows(2).all(|pair| pair[1] == pair[0] + 1),
        "{seqs:?}"
    );
}

#[tokio::test]
async fn who_is_removed_hears_nothing_after_it() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let den = ada.room("closed", "Den", &[&bob]).await;
    let channel = format!("room:{den}");
    let mut socket = Socket::of(&house, &bob).await;
    socket.subscribe(&channel).await.unwrap();
    socket.subscribe(&format!("typing:{den}")).await.unwrap();
    ada.delete(&format!("/rooms/{den}/members/{}", bob.id))
        .await
        .ok();
    ada.say(&den, "behind his back").await;
    let ended = |push: &Value| push["channel"] == channel && !push["unsubscribe"].is_null();
    socket.push(ended).await;
    socket.published(&user(&bob), kind("room_gone")).await;
    let lobby = ada.lobby().await;
    ada.say(&lobby, "to everybody").await;
    socket.published(&user(&bob), kind("activity")).await;
    let heard = json!(socket.pushed()).to_string();
    assert!(!heard.contains("behind his back"), "{heard}");
    let refused = socket.subscribe(&channel).await.unwrap_err();
    assert_eq!(refused["message"], "not_found");
    let post = socket
        .rpc("post", json!({"room": den, "text": "let me in"}))
        .await;
    assert_eq!(post.unwrap_err(), "not_found");
}

#[tokio::test]
async fn only_members_follow_a_room_and_its_typing() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let open = ada.room("open", "Garden", &[]).await;
    let closed = ada.room("closed", "Den", &[]).await;
    let mut socket = Socket::of(&house, &bob).await;
    for (room, message) in [(&open, "forbidden"), (&closed, "not_found")] {
        for name in ["room", "typing"] {
            let refused = socket
                .subscribe(&format!("{name}:{room}"))
                .await
                .unwrap_err();
            assert_eq!(refused["message"], message, "{name}:{room}");
        }
        let publish = json!({"channel": format!("typing:{room}"), "data": {"on": true}});
        let refused = socket.call("publish", publish).await.unwrap_err();
        assert_eq!(refused["message"], message);
    }
    for channel in ["place:x", "room:r1", "user:u00000000001"] {
        let refused = socket.subscribe(channel).await.unwrap_err();
        assert_eq!(refused["message"], "not_found", "{channel}");
    }
}

#[tokio::test]
async fn typing_is_told_with_the_person_and_kept_nowhere() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let lobby = ada.lobby().await;
    let channel = format!("typing:{lobby}");
    let mut from = Socket::of(&house, &ada).await;
    let mut to = Socket::of(&house, &bob).await;
    from.subscribe(&channel).await.unwrap();
    to.subscribe(&channel).await.unwrap();
    let before = ada.look(&lobby).await["seq"].clone();
    let publish = json!({"channel": channel, "data": {"on": true}});
    from.call("publish", publish).await.unwrap();
    let publication = to.published(&channel, |data| data["on"] == true).await;
    assert_eq!(publication["info"]["user"], ada.id);
    assert_eq!(ada.look(&lobby).await["seq"], before);
    let nonsense = json!({"channel": channel, "data": {"loud": 1}});
    assert_eq!(
        from.call("publish", nonsense).await.unwrap_err()["message"],
        "bad_request"
    );
    let direct = json!({"channel": format!("room:{lobby}"), "data": {}});
    assert!(
        from.call("publish", direct).await.is_err(),
        "a room takes posts, not publications"
    );
}

#[tokio::test]
async fn who_is_removed_types_no_more_although_it_was_just_allowed() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let den = ada.room("closed", "Den", &[&bob]).await;
    let mut socket = Socket::of(&house, &bob).await;
    let publish = |on: bool| json!({"channel": format!("typing:{den}"), "data": {"on": on}});
    socket.call("publish", publish(true)).await.unwrap();
    socket.call("publish", publish(false)).await.unwrap();
    ada.delete(&format!("/rooms/{den}/members/{}", bob.id))
        .await
        .ok();
    socket.published(&user(&bob), kind("room_gone")).await;
    let refused = socket.call("publish", publish(true)).await.unwrap_err();
    assert_eq!(refused["message"], "not_found");
}

#[tokio::test]
async fn reading_on_one_device_clears_the_other() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let lobby = ada.lobby().await;
    let seq = ada.say(&lobby, "hello").await;
    let phone = house.log_in("Bob").await;
    let mut laptop = Socket::of(&house, &bob).await;
    let mut other = Socket::of(&house, &phone).await;
    let mark = other
        .rpc("read", json!({"room": lobby, "seq": seq}))
        .await
        .unwrap();
    assert_eq!(mark["unread"], 0);
    let told = laptop.published(&user(&bob), kind("read")).await["data"].clone();
    assert_eq!(
        (&told["room"], &told["read_seq"]),
        (&json!(lobby), &json!(seq))
    );
}

#[tokio::test]
async fn an_edit_that_changes_whom_it_mentions_tells_their_counts() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let lobby = ada.lobby().await;
    let seq = ada.say(&lobby, "hello").await;
    let mut socket = Socket::of(&house, &bob).await;
    let path = format!("/rooms/{lobby}/messages/{seq}");
    for (text, mentions) in [("hello @bob", 1), ("hello @all", 1), ("hello all", 0)] {
        ada.patch(&path, &json!({"text": text})).await.ok();
        let counted = |data: &Value| data["kind"] == "read" && data["mentions"] == mentions;
        let told = socket.published(&user(&bob), counted).await["data"].clone();
        let me = bob.look(&lobby).await["me"].clone();
        assert_eq!(
            (&told["room"], &told["read_seq"], &told["unread"]),
            (&json!(lobby), &me["read_seq"], &me["unread"]),
            "{text}"
        );
    }
}

#[tokio::test]
async fn being_brought_into_a_room_and_its_changes_arrive() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let mut socket = Socket::of(&house, &bob).await;
    let den = ada.room("closed", "Den", &[&bob]).await;
    let told = socket.published(&user(&bob), kind("room")).await["data"].clone();
    assert_eq!(
        (&told["room"]["id"], &told["room"]["name"]),
        (&json!(den), &json!("Den"))
    );
    assert!(!told["room"]["me"].is_null());
    ada.patch(&format!("/rooms/{den}"), &json!({"name": "Cave"}))
        .await
        .ok();
    let renamed = |data: &Value| data["kind"] == "room" && data["room"]["name"] == "Cave";
    socket.published(&user(&bob), renamed).await;
    let garden = ada.room("open", "Garden", &[]).await;
    let listed = socket.published("place", kind("room_listed")).await["data"].clone();
    assert_eq!(
        (&listed["room"]["id"], &listed["room"]["me"]),
        (&json!(garden), &json!(null))
    );
    let heard = json!(socket.pushed()).to_string();
    assert!(!heard.contains(&format!("\"room_listed\",\"room\":{{\"id\":\"{den}")));
}

#[tokio::test]
async fn newcomers_and_changes_of_people_and_place_are_told() {
    let (house, ada) = House::open().await;
    let mut socket = Socket::of(&house, &ada).await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let new = |data: &Value| data["kind"] == "person" && data["person"]["display_name"] == "Bob";
    socket.published("place", new).await;
    bob.patch("/me", &json!({"display_name": "Robert"}))
        .await
        .ok();
    let named = |data: &Value| data["person"]["display_name"] == "Robert";
    socket.published("place", named).await;
    ada.patch("/place", &json!({"name": "Our home"})).await.ok();
    let place = socket.published("place", kind("place")).await;
    assert_eq!(place["data"]["name"], "Our home");
    assert_eq!(ada.get("/place").await.ok()["name"], "Our home");
    ada.patch("/me", &json!({"locale": "zh"})).await.ok();
    let me = socket.published(&user(&ada), kind("me")).await;
    assert_eq!(me["data"]["me"]["locale"], "zh");
}

#[tokio::test]
async fn presence_is_told_in_batches_and_stands_in_the_bootstrap() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let mut watcher = Socket::of(&house, &ada).await;
    let is = |state: &'static str| {
        let id = bob.id.clone();
        move |data: &Value| {
            let changes = data["changes"].as_array().cloned().unwrap_or_default();
            changes
                .iter()
                .any(|one| one["user"] == id && one["presence"] == state)
        }
    };
    let mut socket = Socket::of(&house, &bob).await;
    watcher.published("place", is("active")).await;
    socket
        .rpc("presence", json!({"state": "away"}))
        .await
        .unwrap();
    watcher.published("place", is("away")).await;
    let people = ada.get("/people").await.ok();
    let shown = people["people"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["id"] == bob.id);
    assert_eq!(shown.unwrap()["presence"], "away");
    drop(socket);
    watcher.published("place", is("offline")).await;
}

#[tokio::test]
async fn a_device_that_is_gone_keeps_nobody_active() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let mut watcher = Socket::of(&house, &ada).await;
    let mut laptop = Socket::of(&house, &bob).await;
    let mut phone = Socket::of(&house, &bob).await;
    laptop
        .rpc("presence", json!({"state": "active"}))
        .await
        .unwrap();
    phone
        .rpc("presence", json!({"state": "away"}))
        .await
        .unwrap();
    let is = |state: &'static str| {
        let id = bob.id.clone();
        move |data: &Value| {
            let changes = data["changes"].as_array().cloned().unwrap_or_default();
            changes
                .iter()
                .any(|one| one["user"] == id && one["presence"] == state)
        }
    };
    watcher.published("place", is("active")).await;
    drop(laptop);
    watcher.published("place", is("away")).await;
    drop(phone);
    watcher.published("place", is("offline")).await;
}

#[tokio::test]
async fn ending_a_session_closes_its_sockets_and_no_others() {
    let (house, ada) = House::open().await;
    let phone = house.log_in("ada").await;
    let mut laptop = Socket::of(&house, &ada).await;
    let mut lost = Socket::of(&house, &phone).await;
    let sessions = ada.get("/sessions").await.ok();
    let sessions = sessions["sessions"].as_array().unwrap();
    let other = sessions
        .iter()
        .find(|session| session["current"] == false)
        .unwrap();
    ada.delete(&format!("/sessions/{}", other["id"].as_str().unwrap()))
        .await
        .ok();
    assert_eq!(lost.closed().await, 3503);
    laptop
        .rpc("presence", json!({"state": "active"}))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_locked_account_loses_its_sockets() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let mut socket = Socket::of(&house, &bob).await;
    let person = format!("/people/{}", bob.id);
    ada.patch(&person, &json!({"deactivated": true})).await.ok();
    assert_eq!(socket.closed().await, 3503);
}

#[tokio::test]
async fn an_api_token_connects_until_it_is_revoked() {
    let (house, ada) = House::open().await;
    let made = ada.post("/tokens", &json!({"name": "bot"})).await.ok();
    let token = made["token"].as_str().unwrap();
    let mut bot = Socket::open(&house).await;
    let connected = bot.connect(token).await.unwrap();
    assert_ne!(connected["expires"], true);
    let lobby = ada.lobby().await;
    bot.rpc(
        "post",
        json!({"room": lobby, "text": "beep", "client_id": "b"}),
    )
    .await
    .unwrap();
    ada.delete(&format!("/tokens/{}", made["id"].as_str().unwrap()))
        .await
        .ok();
    bot.closed().await;
    let mut again = Socket::open(&house).await;
    again.send("connect", json!({"token": token})).await;
    assert_eq!(again.closed().await, 3500);
}

#[tokio::test]
async fn forged_tokens_are_turned_away_and_old_ones_told_to_be_renewed() {
    let (house, ada) = House::open().await;
    let mut forged = Socket::open(&house).await;
    forged.send("connect", json!({"token": "a.b.c"})).await;
    assert_eq!(forged.closed().await, 3500);
    let mut nobody = Socket::open(&house).await;
    nobody.send("connect", json!({})).await;
    assert_eq!(nobody.closed().await, 3500);
    let secret = std::fs::read(house.running.data().join("secret")).unwrap();
    let signer = SocketTokens::new(&secret.try_into().unwrap());
    let person: PersonId = ada.id.parse().unwrap();
    let (old, _) = signer
        .sign(person, SessionId(7), UnixMs(1_700_000_000_000))
        .unwrap();
    let mut late = Socket::open(&house).await;
    let error = late.connect(&old).await.unwrap_err();
    assert_eq!(error["code"], 109);
    let now = server::clock::now();
    let (unknown, _) = signer.sign(person, SessionId(7), now).unwrap();
    let mut ended = Socket::open(&house).await;
    ended.send("connect", json!({"token": unknown})).await;
    assert_eq!(
        ended.closed().await,
        3500,
        "the session of this token is not open"
    );
}

#[tokio::test]
async fn going_down_tells_sockets_to_come_back() {
    let (house, ada) = House::open().await;
    let mut socket = Socket::of(&house, &ada).await;
    let House { running, directory } = house;
    let ended = tokio::spawn(running.shut_down());
    assert_eq!(socket.closed().await, 3001);
    ended.await.unwrap();
    drop(directory);
}
