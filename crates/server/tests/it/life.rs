//! The life of a place: from the wizard to rooms, messages and read marks.

use serde_json::json;

use crate::house::{House, PASSWORD};

#[tokio::test]
async fn a_place_is_set_up_once_and_ends_in_a_room() {
    let house = House::empty().await;
    let visitor = house.visitor();
    let place = visitor.get("/place").await.ok();
    assert_eq!(
        (&place["set_up"], &place["name"]),
        (&json!(false), &json!(""))
    );
    let ada = house.set_up().await;
    let place = visitor.get("/place").await.ok();
    assert_eq!(
        (&place["set_up"], &place["name"]),
        (&json!(true), &json!("Home"))
    );
    let bootstrap = ada.get("/bootstrap").await.ok();
    assert_eq!(bootstrap["me"]["role"], "owner");
    assert_eq!(bootstrap["me"]["has_password"], true);
    assert_eq!(bootstrap["rooms"][0]["name"], "Lobby");
    let again = json!({
        "place_name": "Mine", "display_name": "Eve", "password": PASSWORD, "locale": "en"
    });
    visitor
        .post("/setup", &again)
        .await
        .refused("set_up_already");
}

#[tokio::test]
async fn the_wizard_says_which_answer_is_wrong() {
    let house = House::empty().await;
    let visitor = house.visitor();
    let weak = json!({"place_name": "P", "display_name": "A", "password": "short", "locale": ""});
    let reply = visitor.post("/setup", &weak).await;
    reply.refused("weak_password");
    assert_eq!(reply.body["field"], "password");
    let unnamed = json!({"place_name": " ", "display_name": "A", "password": PASSWORD});
    let reply = visitor.post("/setup", &unnamed).await;
    assert_eq!(reply.body["field"], "place_name");
}

#[tokio::test]
async fn an_invitation_lets_people_in_until_it_is_used_up() {
    let (house, ada) = House::open().await;
    let invite = ada.post("/invites", &json!({"uses_max": 1})).await.ok();
    let path = format!("/invites/{}", invite["code"].as_str().unwrap());
    let shown = house.visitor().get(&path.to_lowercase()).await.ok();
    assert_eq!(shown["place_name"], "Home");
    assert_eq!(shown["invited_by"], "Ada");
    assert_eq!(shown["room_name"], "Lobby");
    let bob = house.accept(&invite, "Bob").await;
    let rooms = bob.get("/bootstrap").await.ok();
    assert_eq!(rooms["rooms"][0]["name"], "Lobby");
    house.visitor().get(&path).await.refused("invite_invalid");
    house
        .visitor()
        .get("/invites/0000-0000")
        .await
        .refused("invite_invalid");
}

#[tokio::test]
async fn an_invitation_that_was_taken_back_lets_nobody_in() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let invite = ada.post("/invites", &json!({})).await.ok();
    let path = format!("/invites/{}", invite["code"].as_str().unwrap());
    bob.delete(&path).await.refused("not_found");
    ada.delete(&path).await.ok();
    house.visitor().get(&path).await.refused("invite_invalid");
}

#[tokio::test]
async fn a_message_is_posted_edited_reacted_to_and_deleted() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let lobby = ada.lobby().await;
    let seq = ada.say(&lobby, "hello @bob").await;
    let message = format!("/rooms/{lobby}/messages/{seq}");
    let edited = ada
        .patch(&message, &json!({"text": "hello all"}))
        .await
        .ok();
    assert_eq!(
        (&edited["text"], &edited["rev"]),
        (&json!("hello all"), &json!(1))
    );
    bob.patch(&message, &json!({"text": "mine now"}))
        .await
        .refused("forbidden");
    bob.put(&format!("{message}/reactions/%F0%9F%91%8D"), &json!({}))
        .await
        .ok();
    let events = ada.events(&lobby).await;
    let shown = events.iter().find(|event| event["seq"] == seq).unwrap();
    assert_eq!(shown["reactions"][0]["emoji"], "👍");
    assert_eq!(shown["reactions"][0]["users"][0], bob.id);
    bob.delete(&format!("{message}/reactions/%F0%9F%91%8D"))
        .await
        .ok();
    bob.delete(&message).await.refused("forbidden");
    ada.delete(&message).await.ok();
    let events = bob.events(&lobby).await;
    let shown = events.iter().find(|event| event["seq"] == seq).unwrap();
    assert_eq!(
        (&shown["deleted"], &shown["text"]),
        (&json!(true), &json!(""))
    );
    assert_eq!(shown["reactions"], json!([]));
}

#[tokio::test]
async fn a_second_post_with_the_same_client_id_returns_the_first_result() {
    let (_house, ada) = House::open().await;
    let path = format!("/rooms/{}/messages", ada.lobby().await);
    let body = json!({"text": "once", "client_id": "c-1"});
    let first = ada.post(&path, &body).await.ok();
    let second = ada.post(&path, &body).await.ok();
    assert_eq!(first["duplicate"], false);
    assert_eq!(second["duplicate"], true);
    assert_eq!(first["event"], second["event"]);
}

#[tokio::test]
async fn a_retried_post_answers_its_first_result_whatever_the_rules_say_by_now() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let den = ada.room("open", "Den", &[&bob]).await;
    let path = format!("/rooms/{den}/messages");
    let asked = ada.say(&den, "what is it?").await;
    let draft = json!({"text": "an apple", "client_id": "c-1", "reply_to": asked});
    let first = bob.post(&path, &draft).await.ok();
    let retried = async |why: &str| {
        let again = bob.post(&path, &draft).await.ok();
        assert_eq!(again["duplicate"], true, "{why}");
        assert_eq!(again["event"]["seq"], first["event"]["seq"], "{why}");
    };
    ada.delete(&format!("{path}/{asked}")).await.ok();
    retried("the answered message is gone").await;
    let block = json!({"pattern": "apple", "kind": "keyword", "action": "block"});
    ada.post("/filter/rules", &block).await.ok();
    retried("a word is blocked").await;
    bob.post(&format!("/rooms/{den}/leave"), &json!({}))
        .await
        .ok();
    retried("the author left").await;
    let archive = json!({"archived": true});
    ada.patch(&format!("/rooms/{den}"), &archive).await.ok();
    retried("the room is archived").await;
    let other = json!({"text": "a pear", "client_id": "c-2"});
    assert_eq!(bob.post(&path, &other).await.body["duplicate"], json!(null));
}

#[tokio::test]
async fn an_answer_quotes_the_message_it_answers() {
    let (_house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    let seq = ada.say(&lobby, "a question").await;
    let path = format!("/rooms/{lobby}/messages");
    let posted = ada
        .post(&path, &json!({"text": "an answer", "reply_to": seq}))
        .await
        .ok();
    assert_eq!(posted["event"]["reply_to"]["excerpt"], "a question");
    ada.post(&path, &json!({"text": "lost", "reply_to": 999}))
        .await
        .refused("bad_request");
}

#[tokio::test]
async fn unread_counts_are_right_on_two_devices() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let lobby = ada.lobby().await;
    ada.say(&lobby, "one").await;
    let two = ada.say(&lobby, "two @bob").await;
    ada.say(&lobby, "three").await;
    bob.say(&lobby, "my own").await;
    let phone = house.log_in("Bob").await;
    let look = phone.look(&lobby).await;
    assert_eq!(
        (&look["me"]["unread"], &look["me"]["mentions"]),
        (&json!(3), &json!(1))
    );
    let read = format!("/rooms/{lobby}/read");
    let mark = bob.put(&read, &json!({"seq": two})).await.ok();
    assert_eq!((&mark["unread"], &mark["mentions"]), (&json!(1), &json!(0)));
    assert_eq!(phone.look(&lobby).await["me"]["unread"], 1);
    let late = phone.put(&read, &json!({"seq": 1})).await.ok();
    assert_eq!(
        late["read_seq"], two,
        "a late mark of another device does not go back"
    );
    let back = phone
        .put(&read, &json!({"seq": 1, "rewind": true}))
        .await
        .ok();
    assert_eq!((&back["unread"], &back["mentions"]), (&json!(3), &json!(1)));
    ada.delete(&format!("/rooms/{lobby}/messages/{two}"))
        .await
        .ok();
    assert_eq!(
        bob.look(&lobby).await["me"]["unread"],
        2,
        "what is gone does not count"
    );
}

#[tokio::test]
async fn reactions_edits_and_joins_never_make_a_room_unread() {
    let (house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    let seq = ada.say(&lobby, "hello").await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let head = bob.look(&lobby).await["seq"].as_u64().unwrap();
    bob.put(&format!("/rooms/{lobby}/read"), &json!({"seq": head}))
        .await
        .ok();
    let message = format!("/rooms/{lobby}/messages/{seq}");
    ada.patch(&message, &json!({"text": "hello!"})).await.ok();
    ada.put(&format!("{message}/reactions/%F0%9F%91%8D"), &json!({}))
        .await
        .ok();
    house.invite(&ada, "Cyd", "member").await;
    assert_eq!(bob.look(&lobby).await["me"]["unread"], 0);
}

#[tokio::test]
async fn pages_of_history_meet_without_gaps() {
    let (_house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    for n in 0..25 {
        ada.say(&lobby, &format!("message {n}")).await;
    }
    let mut before = None;
    let mut seqs: Vec<u64> = Vec::new();
    loop {
        let at = before
            .map(|seq: u64| format!("&before={seq}"))
            .unwrap_or_default();
        let page = ada
            .get(&format!("/rooms/{lobby}/events?limit=10{at}"))
            .await
            .ok();
        let page_seqs: Vec<u64> = page["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["seq"].as_u64().unwrap())
            .collect();
        seqs.splice(0..0, page_seqs);
        before = seqs.first().copied();
        if page["has_before"] == false {
            break;
        }
    }
    assert_eq!(seqs, (1..=26).collect::<Vec<u64>>());
    let around = ada
        .get(&format!("/rooms/{lobby}/events?around=13&limit=5"))
        .await
        .ok();
    assert!(
        around["events"]
            .as_array()
            .unwrap()
            .iter()
            .any(|event| event["seq"] == 13)
    );
    assert_eq!(
        (&around["has_before"], &around["has_after"]),
        (&json!(true), &json!(true))
    );
    let both = ada
        .get(&format!("/rooms/{lobby}/events?before=5&after=1"))
        .await;
    both.refused("bad_request");
}

#[tokio::test]
async fn a_direct_room_of_the_same_people_is_found_again() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let first = ada.room("direct", "", &[&bob]).await;
    assert_eq!(bob.room("direct", "", &[&ada]).await, first);
    let look = ada.look(&first).await;
    assert_eq!(
        (&look["name"], &look["peers"]),
        (&json!(""), &json!([bob.id]))
    );
    bob.post(&format!("/rooms/{first}/leave"), &json!({}))
        .await
        .refused("forbidden");
}

#[tokio::test]
async fn a_room_is_renamed_archived_and_taken_out_of_the_archive() {
    let (house, ada) = House::open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let room = ada.room("open", "Garden", &[]).await;
    let path = format!("/rooms/{room}");
    let change = json!({"name": "花园", "topic": "plants"});
    let changed = ada.patch(&path, &change).await.ok();
    assert_eq!(
        (&changed["name"], &changed["pinyin"]),
        (&json!("花园"), &json!("hua yuan"))
    );
    bob.patch(&path, &json!({"name": "Mine"}))
        .await
        .refused("forbidden");
    bob.post(&format!("{path}/join"), &json!({})).await.ok();
    ada.patch(&path, &json!({"archived": true})).await.ok();
    let post = bob
        .post(&format!("{path}/messages"), &json!({"text": "too late"}))
        .await;
    post.refused("room_archived");
    ada.patch(&path, &json!({"archived": false})).await.ok();
    bob.say(&room, "in time").await;
    let kinds: Vec<String> = ada
        .events(&room)
        .await
        .iter()
        .map(|event| event["kind"].as_str().unwrap().to_owned())
        .collect();
    let wanted = [
        "created",
        "renamed",
        "topic",
        "joined",
        "archived",
        "unarchived",
        "message",
    ];
    assert_eq!(kinds, wanted);
}

#[tokio::test]
async fn pins_and_notification_wishes_are_kept() {
    let (_house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    let path = format!("/rooms/{lobby}/preferences");
    ada.put(&path, &json!({"pinned": true})).await.ok();
    ada.put(&path, &json!({"notify": "mentions"})).await.ok();
    let me = &ada.look(&lobby).await["me"];
    assert_eq!(
        (&me["pinned"], &me["notify"]),
        (&json!(true), &json!("mentions"))
    );
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let (house, ada) = House::open().await;
    let lobby = ada.lobby().await;
    ada.say(&lobby, "remember me").await;
    let House { running, directory } = house;
    running.shut_down().await;
    let running = server::Server::start(crate::house::config(&directory))
        .await
        .unwrap();
    assert!(!running.is_fresh());
    let house = House { running, directory };
    let ada = house.log_in("ada").await;
    let events = ada.events(&lobby).await;
    assert!(events.iter().any(|event| event["text"] == "remember me"));
}

#[tokio::test]
async fn who_posts_or_edits_too_fast_is_told_how_long_to_wait() {
    let house = House::with(|config| {
        config.limits.posts_burst = 3;
        config.limits.posts_per_second = 1;
    })
    .await;
    let ada = house.set_up().await;
    let lobby = ada.lobby().await;
    let seq = ada.say(&lobby, "one").await;
    let path = format!("/rooms/{lobby}/messages");
    let edit = format!("{path}/{seq}");
    ada.patch(&edit, &json!({"text": "two"})).await.ok();
    let mut refused = None;
    for n in 0..100 {
        let posted = ada.post(&path, &json!({"text": format!("{n}")})).await;
        if posted.status != 200 {
            refused = Some(posted);
            break;
        }
    }
    let refused = refused.unwrap();
    refused.refused("rate_limited");
    assert!(refused.body["retry_after_ms"].as_u64().unwrap() > 0);
    let again = ada.patch(&edit, &json!({"text": "three"})).await;
    again.refused("rate_limited");
}
